package rowtag_test

import (
	"database/sql"
	"encoding"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/rowtag"
)

func isValue(t reflect.Type) bool {
	_, isText := reflect.New(t).Interface().(encoding.TextUnmarshaler)
	return isText || rowtag.IsNullable(t)
}

func columns(t *testing.T, of reflect.Type) (all []string) {
	t.Helper()
	fields, err := rowtag.Fields(of, isValue)
	require.NoError(t, err)
	for _, f := range fields {
		all = append(all, f.Name+"="+f.Column)
	}
	return all
}

type (
	stamped struct {
		time.Time
		By int `so:"by"`
	}
	nested struct{ stamped }
	marked struct {
		sql.NullString
		Mark int `so:"mark"`
	}
	// hidden is like a type of database/sql, and its value cannot be set.
	hidden struct {
		v     int
		Valid bool
	}
)

func (h *hidden) Scan(any) error { h.v = 1; return nil }

// A struct that is embedded for its fields is a group, whatever methods come with it.
func TestEmbeddedStructs(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"stamped.By=by", "A=a"}, columns(t, reflect.TypeFor[struct {
		stamped
		A int `so:"a"`
	}]()))
	assert.Equal(t, []string{"A=a", "nested.stamped.By=by", "marked.Mark=mark"}, columns(t, reflect.TypeFor[struct {
		A int `so:"a"`
		nested
		marked
	}]()))
	assert.Equal(t, []string{"A=a"}, columns(t, reflect.TypeFor[struct {
		time.Time
		sql.NullString
		stamped `so:"-"`
		A       int `so:"a"`
	}]()), "a value without a tag has no column")
	assert.Equal(t, []string{"At=at"}, columns(t, reflect.TypeFor[struct {
		At stamped `so:"at"`
	}]()), "one with a tag is the value of its column")
}

func TestIsNullable(t *testing.T) {
	t.Parallel()
	for of, want := range map[reflect.Type]bool{
		reflect.TypeFor[sql.NullString](): true, reflect.TypeFor[sql.Null[int]](): true, reflect.TypeFor[hidden](): false, reflect.TypeFor[time.Time](): false, reflect.TypeFor[marked](): false,
	} {
		assert.Equal(t, want, rowtag.IsNullable(of), of)
	}
}

// A struct that is neither a value nor has columns would be left out without a word.
func TestStructsWithoutColumns(t *testing.T) {
	t.Parallel()
	_, err := rowtag.Fields(reflect.TypeFor[struct {
		A int    `so:"a"`
		H hidden `so:"h"`
	}](), isValue)
	require.ErrorContains(t, err, "the field H is of the type rowtag_test.hidden, which is no value of a column, and has no field with a tag")
}

func TestTag(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]bool{
		"a": true, "SuperOffice:2": true, "a b": true, "GroupBy(stage):Header,Footer": true, "a`\"\nb": true,
		"": false, "-": false, "a,b": false, "a,key": false, "a,": false, "a:b,key": false, "a:b,": false, " a": false, "a\t": false,
	} {
		tag, ok := rowtag.Tag(column, false)
		assert.Equal(t, want, ok, "%q", column)
		if ok {
			assert.Equal(t, column, tag)
		}
	}
	tag, ok := rowtag.Tag("id", true)
	assert.True(t, ok)
	assert.Equal(t, "id,key", tag)
	_, ok = rowtag.Tag("a:b,c_id", true)
	assert.False(t, ok)
	tag, ok = rowtag.Tag("-", true)
	assert.True(t, ok)
	assert.Equal(t, "-,key", tag)
}
