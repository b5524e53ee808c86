package filter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/filter"
)

var (
	noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC) // a Wednesday
	row  = map[string]any{
		"name": "Oslo", "n": int64(5), "amount": 1.5, "stop": true, "date": noon, "category": filter.Item{ID: 3, Text: "Vendor"},
		"user": filter.Item{ID: 1, Text: "KN"}, "tags": []int64{1, 2}, "none": nil, "udef": "7", "a.(b->c).d": int64(1),
	}
	columnKinds = map[string]filter.Kind{
		"name": filter.String, "n": filter.Int, "amount": filter.Decimal, "stop": filter.Bool, "date": filter.DateTime, "category": filter.ListAny,
		"user": filter.Associate, "tags": filter.IntArray, "none": filter.String, "udef": filter.Any, "a.(b->c).d": filter.Int,
	}
)

func kindOf(column string) (filter.Kind, bool) {
	k, ok := columnKinds[column]
	return k, ok
}

func match(t *testing.T, text string) bool {
	t.Helper()
	f, err := filter.Parse(text)
	require.NoError(t, err, text)
	require.NoError(t, f.Check(kindOf), text)
	env := &filter.Env{Zone: time.UTC, Now: noon.AddDate(0, 0, 1), Associate: 1}
	return f.Match(env, func(column string) any { return row[column] })
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "name is 'oslo'", "name isNot 'a'", "name begins 'Os'", "name begins Os", "name notBegins 'x'", "name contains 'sl'", "contains(name,'sl')",
		"substringof('sl',name)", "startswith(name,'O') and endswith(name,'o')", "name in ('a','OSLO')", "name between ('A','S')", "name equals 'oslo'",
		"n eq 5", "n = 5", "n gt 4", "n < 6", "n != 4", "n between (5,5)", "n in (4,5)", "n set", "amount less 2", "amount between (1.5,2)",
		"stop set true", "stop set", "date date '2026-05-20'", "date before '2026-05-21'", "date after '2026-05-19'", "date beforeTime '2026-05-20T12:00:01'",
		"date afterTime '2026-05-20T11:59:59'", "date dateTime '2026-05-20T12:00:00'", "date between ('2026-05-20','2026-05-20')", "date beforeOrEqual '2026.5.20'",
		"date thisPeriod (2)", "date thisPeriod ('month')", "date previousPeriod (1,1)", "date thisAndPrevious (1,'days')", "date thisPreviousAndNext (4)", "date thisAndNext (1,6)",
		"category oneOf (3,4)", "category notOneOf (4)", "category in (3)", "user currentAssociate", "user associateIsOneOf (1)", "user associateIsNotOneOf (2)",
		"tags intArrayAllOf (1,2)", "tags intArrayOneOf (2,9)", "tags intArrayNotAnyOf (9)", "tags intArrayNotAllOf (1,9)", "none isNull", "name isNotNull", "udef eq 7",
		"getAllRows=true", "n eq 1 or n eq 5", "(n eq 1 or n eq 5) and stop set", "n eq 5 or n eq 1 and n eq 2", "((n eq 5))", "a.(b->c).d eq 1",
	} {
		assert.True(t, match(t, text), text)
	}
	for _, text := range []string{
		"name is 'a'", "n lt 5", "stop set false", "date thisPeriod (1)", "date nextPeriod (1,1)", "category oneOf (4)", "tags intArrayAllOf (1,9)", "none isNotNull",
		"getNoRows=true", "n eq 5 and n eq 1", "(n eq 5 or n eq 1) and n eq 2", "none is 'a'", "user associateIsOneOf (2)",
	} {
		assert.False(t, match(t, text), text)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"n le 5", "n ge 5", "name gt 5", "other eq 1", "name notEnds 'a'", "stop is 'a'", "category oneOf ('a')", "n between (1)", "date thisPeriod (1,2)", "name is ('a','b')", "user currentAssociate (1)",
	} {
		f, err := filter.Parse(text)
		require.NoError(t, err, text)
		require.ErrorIs(t, f.Check(kindOf), filter.ErrRefused, text)
	}
	for _, text := range []string{
		"name", "name is 'a", "(n eq 1", "n eq 1)", "n eq 1 n", "and", "n eq 1 and", "'a' eq 1", "n in (1,", "n in (1 2)", "contains(name)", strings.Repeat("(", 300), "n eq 1 or or n eq 1", ",", "n (1)",
	} {
		_, err := filter.Parse(text)
		require.Error(t, err, text)
	}
}

// Whatever stands in quotes comes back as it was, and is one value.
func FuzzParse(f *testing.F) {
	f.Add("a", "n eq 1")
	f.Add(`'\' or`, "(a in ('b')")
	f.Fuzz(func(t *testing.T, value, text string) {
		if parsed, err := filter.Parse(text); err == nil {
			_ = parsed.Check(kindOf)
		}
		quoted := "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
		parsed, err := filter.Parse("name is " + quoted + " and name is " + quoted)
		if err != nil {
			t.Fatal(err)
		}
		if !parsed.Match(&filter.Env{Zone: time.UTC}, func(string) any { return value }) {
			t.Fatalf("%q is not itself", value)
		}
	})
}
