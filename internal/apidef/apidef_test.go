package apidef_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

const sample = `# Companies.
agent Contact online request

delete DropThing "v1/Thing/{id}" (id int)  again

get FindThing "v1/Thing/{id}/Items/{name}" (id int, name string, flat bool query) Thing

# returns one.
# Or none.
read GetThing query(thingId int) Thing  slow 2000

write SaveThing body(entity Thing) Thing  whole

post SearchThings body "v1/Thing/Search" (entity Thing) []Thing  read

write SetKey(Name string required, Key string as id own secret, Kinds map[string][]Kind)

carrier MailStep of Step when Mail hand {
	To  []string
}

carrier Step by Type any AnyStep {
	Type  Kind
}

# is a thing.
carrier Thing as Item {
	ThingId  int                                # primary key
	Values   map[string]value as All own newer
	Secret   string secret old                  # nobody's
}

enum Kind as Sort prefix Kind flags hand {
	None 0
	Mail 1
}
`

func read(text string) (*apidef.Definition, error) {
	return apidef.Read(fstest.MapFS{"contact.api": {Data: []byte(text)}})
}

func TestDefinitionsAreRead(t *testing.T) {
	t.Parallel()
	d, err := read(sample)
	require.NoError(t, err)
	assert.Equal(t, "request", d.Agent("Contact").Online)
	assert.Nil(t, d.Agent("Nobody"))
	calls := d.Calls()
	require.Len(t, calls, 6)
	assert.Equal(t, &apidef.Call{
		Agent: "Contact", Name: "DropThing", Method: "DELETE", Route: "v1/Thing/{id}", Write: true, Again: true, Params: []apidef.Param{{Name: "id", Type: "int"}},
	}, calls[0])
	find := calls[1]
	assert.Equal(t, []string{"GET", "v1/Thing/{id}/Items/{name}", "path", "path", "query"},
		[]string{find.Verb(), find.Path(), find.In(&find.Params[0]), find.In(&find.Params[1]), find.In(&find.Params[2])})
	assert.False(t, find.Write)
	search := calls[4]
	assert.Equal(t, []string{"POST", "v1/Thing/Search", "body"}, []string{search.Verb(), search.Path(), search.In(&search.Params[0])})
	assert.False(t, search.Write)
	calls = slices.Delete(slices.Delete(calls, 4, 5), 0, 2)
	assert.Equal(t, &apidef.Call{
		Agent: "Contact", Name: "GetThing", Doc: "returns one.\nOr none.", Shape: apidef.ShapeQuery,
		Params: []apidef.Param{{Name: "thingId", Type: "int"}}, Result: "Thing", Slow: 2000,
	}, calls[0])
	assert.Equal(t, "v1/Agents/Contact/SaveThing", calls[1].Path())
	assert.True(t, calls[1].Write && calls[1].Whole)
	assert.Equal(t, []apidef.Param{
		{Name: "Name", Type: "string", Required: true}, {Name: "Key", Type: "string", As: "id", Own: true, Secret: true}, {Name: "Kinds", Type: "map[string][]Kind"},
	}, calls[2].Params)
	assert.Equal(t, apidef.Type("Kind"), calls[2].Params[2].Type.Innermost())
	thing := d.Carrier("Thing")
	assert.Equal(t, apidef.Member{Name: "ThingId", Type: "int", Doc: "primary key"}, thing.Members[0])
	assert.Equal(t, apidef.Member{Name: "Values", Type: "map[string]value", As: "All", Own: true, Newer: true}, thing.Members[1])
	assert.Equal(t, "contact", thing.File)
	require.Len(t, d.Subtypes("Step"), 1)
	assert.Empty(t, d.Subtypes(""))
	kind := d.Enum("Kind")
	assert.True(t, kind.Flags && kind.Hand)
	assert.Equal(t, []apidef.EnumMember{{Name: "None"}, {Name: "Mail", Value: 1}}, kind.Members)
}

// What is written is what was read, byte for byte: a sample, and all of api/.
func TestDefinitionsAreWrittenAsTheyWere(t *testing.T) {
	t.Parallel()
	d, err := read(sample)
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "gone.api"), nil, 0o600))
	require.NoError(t, d.Write(folder))
	text, err := os.ReadFile(filepath.Join(folder, "contact.api"))
	require.NoError(t, err)
	assert.Equal(t, sample, string(text))
	assert.NoFileExists(t, filepath.Join(folder, "gone.api"))

	const real = "../../api"
	d, err = apidef.Read(os.DirFS(real))
	require.NoError(t, err)
	folder = t.TempDir()
	require.NoError(t, d.Write(folder))
	files, err := filepath.Glob(filepath.Join(real, "*.api"))
	require.NoError(t, err)
	for _, path := range files {
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(folder, filepath.Base(path)))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s is not in its standard form; run: go -C internal/apigen run . fmt", path)
	}
}

func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"what Thing":                        `contact.api:1: "what" begins no definition`,
		"\n\nagent":                         "contact.api:3:",
		"agent":                             "an agent without a name",
		"agent A big":                       `"big" is not known here`,
		"agent A online":                    "lacks its value",
		"read Get()":                        "below its agent",
		"agent A\nread Get":                 "a call is written",
		"agent A\nread Get a b()":           "a call is written",
		"agent A\nread Get(x)":              "a parameter is written",
		"agent A\nread Get() slow much":     `not "much"`,
		"agent A\nread Get() slow":          "lacks its value",
		"agent A\nread Get query()":         "takes one parameter",
		"agent A\nread Get() Thing":         `there is no type "Thing"`,
		"agent A\nread Get(x Thing)":        `there is no type "Thing"`,
		"carrier Thing":                     "a carrier is written",
		"carrier {":                         "a carrier is written",
		"carrier Thing {":                   "not closed",
		"carrier Thing {\nName\n}":          "a member is written",
		"carrier Thing {\nA B\n}":           `Thing.A: there is no type "B"`,
		"carrier Thing of Base {\n}":        "of and when go together",
		"carrier Thing of Base when X {\n}": `there is no base "Base"`,
		"carrier Base {\n}\ncarrier Thing of Base when X {\n}": "api/contact.api:3: Thing: the base Base has no by",
		"carrier Thing by Kind any AnyThing {\n}":              `api/contact.api:1: Thing: there is no member "Kind"`,
		"carrier Thing by Kind {\nKind string\n}":              "by and any go together",
		"carrier Thing {\nA int\na int\n}":                     `api/contact.api:3: Thing has two members "a"`,
		"carrier Thing {\n}\n\ncarrier Thing {\n}":             `two types "Thing"`,
		"carrier Thing {\n}\nenum Thing {\nA 1\n}":             `two types "Thing"`,
		"carrier int {\n}":                                     `two types "int"`,
		"enum E {\nA 1\nA 2\n}":                                `E has two members "A"`,
		"enum E {\n}":                                          "E has no members",
		"agent A\nagent a":                                     `api/contact.api:2: there are two agents "a"`,
		"agent A\nread Get()\nread get()":                      `api/contact.api:3: the agent A has two calls "get"`,
		"agent A\nread Get(x int, X int)":                      `two parameters "X"`,
		"agent A\nread Get where(x int)":                       `"where" is not where parameters go`,
		"agent A\nread Get() []map[string]Thing":               `api/contact.api:2: Get: there is no type "Thing": it is no carrier, no enum, and none of int, long, double`,
		"agent A\nread Get() int fast":                         `"fast" is not known here, or lacks its value; what goes here is slow <value>, newer, secret, whole`,
		"}":                                                    `"}" begins no definition`,
		"# of nothing\n\nagent A":                              "api/contact.api:2: a comment belongs to",
		"agent A\n# of nothing":                                "a comment belongs to",
		"carrier Thing {\n# of the next\nA int\n}":             "a comment belongs to",
		"entity A B":                                           "an entity is written",
		"entity A\nentity A":                                   `two entities "A"`,
		"entity A\nread Get()":                                 "a call is written",
		"entity A\nget X \"v1/A\" ()\nget x \"v1/A/b\" ()":     `api/contact.api:3: the entity A has two calls "x"`,
		"entity A\nget X \"v1/A\" ()\nget Y \"v1/A\" ()":       "two at GET v1/A",
		"entity A\nget X \"v1/A\" () int  twin B/C":            `no call "B/C" of an agent`,
		"list X of Thing":                                      "a list is written",
		"entity A\nlist X of Thing":                            `there is no type "Thing"`,
		"entity A\nlist X of int\nlist X of int":               `two lists "X"`,
		"entity A\nget X \"v1/A/{of}\" (of double)":            "no enum",
		"enum E":           "an enum is written",
		"enum {":           "an enum is written",
		"enum E {\nA\n}":   "a member of an enum is written",
		"enum E {\nA b\n}": `"b" is no number`,
	} {
		_, err := read(text)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := read("agent A\nread Get() Thing\nread Set(x Other)")
	assert.EqualError(t, err, strings.Join([]string{
		`api/contact.api:2: Get: there is no type "Thing": it is no carrier, no enum, and none of int, long, double, bool, string, time, date, span, bytes, stream, value, any, patch, rows`,
		`api/contact.api:3: Set: there is no type "Other": it is no carrier, no enum, and none of int, long, double, bool, string, time, date, span, bytes, stream, value, any, patch, rows`,
	}, "\n"), "all that does not fit is told")
}

// FuzzRead reads any text; what it takes is written in a form that reads the
// same.
func FuzzRead(f *testing.F) {
	f.Add(sample)
	f.Add("agent A\nread Get(x string, y []map[string]int required) time secret whole slow 5")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := read(text)
		if err != nil {
			return
		}
		for _, a := range d.Agents {
			if apidef.FileOf(a.Name) != strings.ToLower(a.Name) || strings.ContainsAny(a.Name, "/\\\x00") || len(a.Name) > 50 {
				return
			}
		}
		folder := t.TempDir()
		require.NoError(t, d.Write(folder))
		again, err := apidef.Read(os.DirFS(folder))
		require.NoError(t, err)
		assert.Len(t, again.Calls(), len(d.Calls()))
		assert.Len(t, again.Carriers, len(d.Carriers))
		assert.Len(t, again.Enums, len(d.Enums))
	})
}
