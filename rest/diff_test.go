package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
)

const company = `{"ContactId":5,"Name":"Ann's","Department":"","Number1":null,"Associate":{"AssociateId":3,"Name":"ANN","TableRight":null},
	"Country":null,"Category":{"Id":2,"Value":"Customer"},"Phones":[{"Value":"1","StrippedValue":"1","Description":""}],"Emails":[],
	"Interests":[{"Id":1,"Name":"Golf","Selected":false},{"Id":2,"Name":"Skis","Selected":true}],
	"CustomFields":{"SuperOffice:1":"[I:7]","odd/~key":"x"},"UpdatedDate":"2026-01-02T03:04:05","TableRight":{"Mask":"Select","Reason":""},
	"Brand":{"new":[1,2]},"_Links":{"Self":"x"}}`

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*superoffice.ContactEntity)
		want string
	}{
		"nothing":         {func(*superoffice.ContactEntity) {}, `[]`},
		"a text":          {func(c *superoffice.ContactEntity) { c.Name = `Bo "B"` }, `[{"op":"replace","path":"/Name","value":"Bo \"B\""}]`},
		"an empty text":   {func(c *superoffice.ContactEntity) { c.Name = "" }, `[{"op":"replace","path":"/Name","value":""}]`},
		"null to a text":  {func(c *superoffice.ContactEntity) { c.Number1 = "x" }, `[{"op":"replace","path":"/Number1","value":"x"}]`},
		"a missing one":   {func(c *superoffice.ContactEntity) { c.Number2 = "x" }, `[{"op":"add","path":"/Number2","value":"x"}]`},
		"a member inside": {func(c *superoffice.ContactEntity) { c.Associate.Name = "BO" }, `[{"op":"replace","path":"/Associate/Name","value":"BO"}]`},
		"an id inside":    {func(c *superoffice.ContactEntity) { c.Category.ID = 3 }, `[{"op":"replace","path":"/Category/Id","value":3}]`},
		"a carrier gone":  {func(c *superoffice.ContactEntity) { c.Category = nil }, `[{"op":"replace","path":"/Category","value":null}]`},
		"a right inside": {func(c *superoffice.ContactEntity) {
			c.Associate.TableRight = &superoffice.TableRight{Reason: "x"}
		}, `[]`},
		"an element's member": {
			func(c *superoffice.ContactEntity) { c.Interests[1].Selected = false },
			`[{"op":"replace","path":"/Interests/1/Selected","value":false}]`,
		},
		"an element's id": {
			func(c *superoffice.ContactEntity) { c.Interests[1].ID = 9 },
			`[{"op":"replace","path":"/Interests","value":[{"Id":1,"Name":"Golf","Selected":false},{"Id":9,"Name":"Skis","Selected":true}]}]`,
		},
		"an element less": {
			func(c *superoffice.ContactEntity) { c.Interests = c.Interests[:1] },
			`[{"op":"replace","path":"/Interests","value":[{"Id":1,"Name":"Golf","Selected":false}]}]`,
		},
		"elements without ids": {
			func(c *superoffice.ContactEntity) { c.Phones[0].Value = "2" },
			`[{"op":"replace","path":"/Phones","value":[{"Value":"2","StrippedValue":"1","Description":""}]}]`,
		},
		"a custom field":     {func(c *superoffice.ContactEntity) { c.CustomFields.Set("SuperOffice:1", superoffice.IntValue(8)) }, `[{"op":"replace","path":"/CustomFields/SuperOffice:1","value":"[I:8]"}]`},
		"a new one":          {func(c *superoffice.ContactEntity) { c.CustomFields.Set("SuperOffice:9", "x") }, `[{"op":"add","path":"/CustomFields/SuperOffice:9","value":"x"}]`},
		"one with odd signs": {func(c *superoffice.ContactEntity) { c.CustomFields.Set("odd/~key", "y") }, `[{"op":"replace","path":"/CustomFields/odd~1~0key","value":"y"}]`},
		"one less":           {func(c *superoffice.ContactEntity) { delete(c.CustomFields, "odd/~key") }, `[{"op":"remove","path":"/CustomFields/odd~1~0key"}]`},
		"two members": {
			func(c *superoffice.ContactEntity) { c.Department, c.Name = "d", "n" },
			`[{"op":"replace","path":"/Name","value":"n"},{"op":"replace","path":"/Department","value":"d"}]`,
		},
	} {
		before := read[superoffice.ContactEntity](t, company)
		after := rest.Clone(before)
		c.edit(after)
		p, err := rest.Diff(before, after)
		require.NoError(t, err, name)
		var want, got []any
		require.NoError(t, json.Unmarshal([]byte(c.want), &want))
		require.NoError(t, json.Unmarshal([]byte(text(t, p)), &got))
		assert.ElementsMatch(t, want, got, "%s: %s", name, text(t, p))
		assert.Equal(t, len(want) == 0, p.Empty(), name)
	}
}

// What the server computes stays as it came.
func TestComputedMembersStay(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*superoffice.ContactEntity){
		"TableRight": func(c *superoffice.ContactEntity) { c.TableRight = nil },
		"UpdatedDate": func(c *superoffice.ContactEntity) {
			c.UpdatedDate = superoffice.Forever()
		},
		"ContactId": func(c *superoffice.ContactEntity) { c.ContactID = 6 },
		"FieldProperties": func(c *superoffice.ContactEntity) {
			c.FieldProperties = superoffice.FieldProperties{"a": {FieldLength: 1}}
		},
	} {
		before := read[superoffice.ContactEntity](t, company)
		after := rest.Clone(before)
		edit(after)
		_, err := rest.Diff(before, after)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
		require.ErrorContains(t, err, name)
	}
	_, err := rest.Diff[superoffice.ContactEntity](nil, nil)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	n := 5
	_, err = rest.Diff(&n, &n)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

func TestGuarded(t *testing.T) {
	t.Parallel()
	before := read[superoffice.ContactEntity](t, company)
	after := rest.Clone(before)
	after.Name, after.Number2, after.Interests[1].Selected = "B", "new", false
	after.CustomFields.Set("SuperOffice:1", superoffice.IntValue(8))
	p, err := rest.Diff(before, after)
	require.NoError(t, err)
	guarded := p.Guarded(before)
	var steps []struct{ Op, Path string }
	require.NoError(t, json.Unmarshal([]byte(text(t, guarded)), &steps))
	var tests []string
	for i, s := range steps {
		if s.Op == "test" {
			tests = append(tests, s.Path)
			assert.Len(t, tests, i+1, "tests come first")
		}
	}
	assert.ElementsMatch(t, []string{"/Name", "/Interests/1/Id", "/Interests/1/Selected", "/CustomFields/SuperOffice:1"}, tests)
	assert.Contains(t, text(t, guarded), `{"op":"test","path":"/Name","value":"Ann's"}`)
	assert.Equal(t, rest.Patch{}, rest.Patch{}.Guarded(before))
}

// A patch of one change of a large record is small.
func TestAPatchIsSmall(t *testing.T) {
	t.Parallel()
	large := strings.Replace(company, `"Brand":{"new":[1,2]}`, `"Brand":"`+strings.Repeat("x", 10<<10)+`"`, 1)
	before := read[superoffice.ContactEntity](t, large)
	after := rest.Clone(before)
	after.Name = "Another"
	p, err := rest.Diff(before, after)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(text(t, p)), 200)
	assert.LessOrEqual(t, len(text(t, p.Guarded(before))), 200)
}

func TestParsePatch(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`[{"op":"add","path":"Phones/-","value":{"Value":"1"}}]`: `[{"op":"add","path":"/Phones/-","value":{"Value":"1"}}]`,
		`[ {"op":"remove", "path":"/A"} ]`:                       `[{"op":"remove","path":"/A"}]`,
		`[{"op":"test","path":"/A","value":null}]`:               `[{"op":"test","path":"/A","value":null}]`,
		`{ "Name" : "B" }`:                                       `{"Name":"B"}`,
		`[]`:                                                     `[]`,
	} {
		p, err := rest.ParsePatch([]byte(in))
		require.NoError(t, err, in)
		assert.Equal(t, want, text(t, p))
		var again rest.Patch
		require.NoError(t, json.Unmarshal([]byte(want), &again))
		assert.Equal(t, want, text(t, again))
	}
	for _, in := range []string{
		``, `5`, `{`, `[5]`, `[{"op":"move","from":"/A","path":"/B"}]`, `[{"op":"copy","path":"/B"}]`, `[{"op":"add","path":"/A"}]`,
		`[{"op":"remove","path":"/A","value":1}]`, `[{"op":"add","value":1}]`, `[{"op":"add","path":"","value":1}]`,
	} {
		_, err := rest.ParsePatch([]byte(in))
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, in)
	}
	merge, err := rest.ParsePatch([]byte(`{"Name":"secret"}`))
	require.NoError(t, err)
	assert.Equal(t, "a merge patch", fmt.Sprint(merge))
	steps, err := rest.ParsePatch([]byte(`[{"op":"add","path":"/Name","value":"secret"},{"op":"remove","path":"/B"}]`))
	require.NoError(t, err)
	assert.Equal(t, "add /Name, remove /B", fmt.Sprint(steps))
	assert.NotContains(t, fmt.Sprintf("%#v %+v", steps, merge), "secret")
}

func FuzzParsePatch(f *testing.F) {
	for _, in := range []string{`[{"op":"add","path":"/a/~1~0","value":[{"b":1e5}]}]`, `{"a":null}`, `[{"op":"test","path":"x","value":"\ud83d"}]`, company} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		p, err := rest.ParsePatch([]byte(in))
		if err != nil {
			return
		}
		again, err := rest.ParsePatch([]byte(text(t, p)))
		require.NoError(t, err)
		assert.Equal(t, text(t, p), text(t, again))
	})
}

func TestClone(t *testing.T) {
	t.Parallel()
	before := read[superoffice.ContactEntity](t, company)
	was, err := json.Marshal(before)
	require.NoError(t, err)
	clone := rest.Clone(before)
	same, err := json.Marshal(clone)
	require.NoError(t, err)
	assert.JSONEq(t, string(was), string(same), "unknown members and nulls too")
	clone.Associate.Name, clone.Interests[0].Name, clone.Phones[0].Value = "x", "x", "x"
	clone.CustomFields.Set("SuperOffice:1", "x")
	clone.Category.ID = 99
	still, err := json.Marshal(before)
	require.NoError(t, err)
	assert.Equal(t, string(was), string(still))
	assert.Nil(t, rest.Clone[superoffice.ContactEntity](nil))
}
