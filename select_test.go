package superoffice

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSelectPaths(t *testing.T) {
	t.Parallel()
	tokens := reflect.TypeFor[TokenManagementInfo]()
	for _, path := range []string{
		"Provider", "provider", "TABLERIGHT/mask", "TableRight", "FieldProperties", "FieldProperties/any/thing/at all", "FieldProperties/SuperOffice:1/FieldRight",
	} {
		assert.NoError(t, checkSelect([]string{path}, tokens), path)
	}
	for path, want := range map[string]string{
		"Provide":         `"Provide"; did you mean "Provider"?`,
		"TableRight/Maks": `"Maks"; did you mean "Mask"?`,
		"acesstoken":      `did you mean "AccessToken"?`,
		"Provider/Name":   `nothing below "Provider"`,
		"":                "empty path",
		"TableRight/":     "empty name",
		"/Provider":       "empty name",
		"Pro\nvider":      "control character",
	} {
		err := checkSelect([]string{"Claims", path}, tokens)
		require.ErrorIs(t, err, ErrInvalidArgument, path)
		assert.ErrorContains(t, err, "Select", path)
		assert.ErrorContains(t, err, want, path)
	}
	assert.NoError(t, checkSelect([]string{"Mask"}, reflect.TypeFor[[]TableRight]()), "a list is selected from by its elements")
	assert.NoError(t, checkSelect([]string{"Anything"}, reflect.TypeFor[any]()))
	assert.ErrorContains(t, checkSelect([]string{"x"}, reflect.TypeFor[string]()), "no members")
	assert.ErrorContains(t, checkSelect([]string{"x"}, nil), "no result")
	assert.NoError(t, checkSelect(nil, nil))
}

func TestSelectQuery(t *testing.T) {
	t.Parallel()
	for want, paths := range map[string][]string{
		"$select=Provider,TableRight/Mask":           {"Provider", "TableRight/Mask"},
		"$select=FieldProperties/a%20b%26c%3D%2B%23": {"FieldProperties/a b&c=+#"},
		"$select=FieldProperties/SuperOffice%3A1":    {"FieldProperties/SuperOffice:1"},
	} {
		got := selectQuery(paths)
		assert.Equal(t, want, got)
		values, err := url.ParseQuery(got)
		require.NoError(t, err)
		assert.Equal(t, strings.Join(paths, ","), values.Get("$select"))
	}
}

func FuzzSelect(f *testing.F) {
	for _, seed := range []string{"Provider", "TableRight/Mask", "FieldProperties/a/b", "//", "a,b", "é", "%2F&x=1#"} {
		f.Add(seed)
	}
	tokens := reflect.TypeFor[TokenManagementInfo]()
	f.Fuzz(func(t *testing.T, path string) {
		var s settings
		require.NoError(t, Select(path).applyToCall(&s))
		if err := checkSelect(s.selected, tokens); err != nil {
			require.ErrorIs(t, err, ErrInvalidArgument)
			return
		}
		raw := selectQuery(s.selected)
		values, err := url.ParseQuery(raw)
		require.NoError(t, err)
		assert.Len(t, values, 1, "nothing of a path becomes another parameter")
		assert.Equal(t, strings.Join(s.selected, ","), values.Get("$select"))
		_, err = url.Parse("https://x/?" + raw)
		assert.NoError(t, err)
	})
}
