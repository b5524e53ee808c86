package main

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

func vendorSample(t *testing.T) *apidef.Definition {
	t.Helper()
	d, err := readVendor("testdata/vendor")
	require.NoError(t, err)
	return d
}

func TestTheVendorsDocumentsAreRead(t *testing.T) {
	t.Parallel()
	d := vendorSample(t)
	require.Len(t, d.Agents, 1)
	assert.Equal(t, "experimental", d.Agents[0].Online, "the last that is said")
	calls := make(map[string]*apidef.Call)
	for _, c := range d.Calls() {
		calls[c.Name] = c
	}
	assert.Equal(t, &apidef.Call{Agent: "Box", Name: "Burn", Write: true, Whole: true}, calls["Burn"])
	assert.Equal(t, &apidef.Call{
		Agent: "Box", Name: "GetBox", Shape: apidef.ShapeQuery, Params: []apidef.Param{{Name: "boxId", Type: "int"}}, Result: "Box", Slow: 2000,
	}, calls["GetBox"])
	assert.Equal(t, []apidef.Param{{Name: "entity", Type: "Box", Required: true}}, calls["SaveBox"].Params)
	assert.True(t, calls["SaveBox"].Write)
	assert.Equal(t, []apidef.Param{{Name: "boxIds", Type: "[]int"}}, calls["GetBoxes"].Params)
	assert.Equal(t, apidef.ShapeBody, calls["GetBoxes"].Shape)
	assert.Equal(t, []apidef.Param{
		{Name: "Password", Type: "string", Secret: true}, {Name: "Photo", Type: "stream"}, {Name: "Lid", Type: "Lid"},
	}, calls["GetLid"].Params, "in the vendor's order")
	assert.Equal(t, apidef.Type("stream"), calls["GetLid"].Result)

	types := make(map[string]apidef.Type)
	for _, m := range d.Carrier("Box").Members {
		types[m.Name] = m.Type
	}
	assert.Equal(t, map[string]apidef.Type{
		"BoxId": "int", "Weight": "double", "Count": "long", "Open": "bool", "Made": "time", "Color": "BoxColor", "Odd": "string", "Lid": "Lid",
		"Parts": "map[string]Lid", "Loose": "map[string]any", "CustomFields": "map[string]value", "Photo": "bytes", "Old": "string",
	}, types)
	assert.Equal(t, apidef.Member{Name: "ExtraFields", Type: "[]string"}, d.Carrier("Lid").Members[1], "the document's type, whatever the name")
	last := d.Carrier("Box").Members[len(types)-1]
	assert.True(t, last.Old)
	assert.True(t, d.Enum("BoxColor").Flags)
}

// What a new release brings is told, and what we know ourselves stays.
func TestImportKeepsOurOwnKnowledge(t *testing.T) {
	t.Parallel()
	current, changes := merge(new(apidef.Definition), vendorSample(t))
	assert.Contains(t, changes, "added   agent Box, 5 calls")
	assert.Contains(t, changes, "added   carrier Lid")
	assert.Contains(t, changes, "added   enum BoxSize")

	box := current.Carrier("Box")
	box.Doc, box.File = "is a box.", "elsewhere"
	box.Members[0].Doc, box.Members[0].Secret = "the number", true
	box.Members[1].Type, box.Members[1].Own = "span", true
	box.Members = append(box.Members, apidef.Member{Name: "Gone", Type: "int"})
	current.Agent("Box").Doc = "boxes."
	save := current.Agent("Box").Calls[4]
	save.Doc, save.Write, save.Slow = "saves.", false, 7
	save.Params[0].As = "box"
	current.Enum("BoxSize").Members = []apidef.EnumMember{{Name: "Small", Value: 3}, {Name: "Large", Value: 4}}
	current.Carriers = append(current.Carriers, &apidef.Carrier{Name: "RoundBox", Of: "Box", When: "Round"}, &apidef.Carrier{Name: "Lost"}, &apidef.Carrier{Name: "Ours", Hand: true})
	current.Sort()

	merged, changes := merge(current, vendorSample(t))
	slices.Sort(changes)
	assert.Equal(t, []string{
		"changed Box/SaveBox, slow: 0, was 7",
		"changed BoxSize Small: 0, was 3",
		"removed BoxSize Large",
		"removed carrier Lost",
		"removed member Box.Gone",
	}, changes)
	box = merged.Carrier("Box")
	assert.Equal(t, "is a box.", box.Doc)
	assert.Equal(t, "elsewhere", box.File)
	assert.Equal(t, apidef.Member{Name: "BoxId", Type: "int", Doc: "the number", Secret: true}, box.Members[0])
	assert.Equal(t, apidef.Type("span"), box.Members[1].Type)
	assert.NotNil(t, merged.Carrier("RoundBox"))
	assert.NotNil(t, merged.Carrier("Ours"))
	save = merged.Agent("Box").Calls[4]
	assert.Equal(t, "saves.", save.Doc)
	assert.False(t, save.Write)
	assert.Equal(t, "box", save.Params[0].As)
	assert.Equal(t, "boxes.", merged.Agent("Box").Doc)

	_, changes = merge(merged, vendorSample(t))
	assert.Empty(t, changes, "nothing new the second time")
}

func TestClassesOfCalls(t *testing.T) {
	t.Parallel()
	for call, write := range map[string]bool{
		"Contact/GetContact": false, "Contact/FindIt": false, "Contact/CreateDefaultContactEntity": false, "Contact/SaveContactEntity": true,
		"Contact/Getaway": true, "Ticket/GetNextInQueue": true, "Ticket/Html2Text": false, "Find/Find": false, "Contact/CreateNewEntry": true,
		"Configuration/GetLandingPage": true,
	} {
		agent, name, _ := strings.Cut(call, "/")
		assert.Equal(t, write, isWrite(agent, name), call)
	}
	d, err := apidef.Read(os.DirFS("../../api"))
	require.NoError(t, err)
	known := make(map[string]*apidef.Call)
	for _, c := range d.Calls() {
		known[c.Agent+"/"+c.Name] = c
	}
	for _, exceptions := range []map[string]bool{reads, writes} {
		for call := range exceptions {
			require.NotNil(t, known[call], "there is no call %s", call)
			assert.Equal(t, writes[call], known[call].Write, "%s in api/", call)
		}
	}
}

func TestGenerateRemovesWhatItNoLongerWrites(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, folder := range []string{"superofficetest", "docs"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, folder), 0o700))
	}
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	write("lost_agent.go", banner+"\n\npackage superoffice\n")
	write("client.go", "package superoffice\n")
	d := vendorSample(t)
	assignFiles(d)
	require.NoError(t, newGenerator(d).generate(root))
	assert.NoFileExists(t, filepath.Join(root, "lost_agent.go"))
	assert.FileExists(t, filepath.Join(root, "client.go"))
	code, err := os.ReadFile(filepath.Join(root, "box_agent.go"))
	require.NoError(t, err)
	assert.Contains(t, string(code), "func (a *BoxAgent) GetBox(ctx context.Context, boxID int, opts ...CallOption) (*Box, error) {\n"+
		"\treturn callCarrier[Box](ctx, (*agent)(a), &opBoxGetBox, queryID(boxID), opts)\n}")
	page, err := os.ReadFile(filepath.Join(root, "docs", "calls.md"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "| [Box](#box) | 5 |")
	assert.Contains(t, string(page), "| <a id=\"box-getbox\"></a>`GetBox(boxID int) (*Box, error)` | read | ")
}

func TestRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "api"), 0o700))
	said := func(code int, args ...string) string {
		var out strings.Builder
		assert.Equal(t, code, command(append([]string{"-root", root}, args...), &out, &out), "%q: %s", args, &out)
		return out.String()
	}
	assert.Contains(t, said(0, "import", "testdata/vendor"), " changes\n")
	box := filepath.Join(root, "api", "box.api")
	standard, err := os.ReadFile(box)
	require.NoError(t, err)

	// Whatever the order and the blanks, fmt writes the same.
	text := strings.ReplaceAll(string(standard), "\n\n", "\n\n\n")
	text = strings.ReplaceAll(text, "\t", "   ")
	require.NoError(t, os.WriteFile(box, []byte(text), 0o600))
	assert.Empty(t, said(0, "fmt"))
	again, err := os.ReadFile(box)
	require.NoError(t, err)
	assert.Equal(t, string(standard), string(again))

	assert.Contains(t, said(1, "import", "nowhere"), "nowhere")
	assert.Contains(t, said(1, "generate"), "no such file")
	require.NoError(t, os.WriteFile(box, append(standard, "\nread GetThing() Thing\n"...), 0o600))
	assert.Regexp(t, `^api/box.api:\d+: GetThing: there is no type "Thing"`, said(1, "generate"))

	for _, args := range [][]string{{}, {"make"}, {"import"}, {"fmt", "api"}, {"-unknown"}} {
		assert.Contains(t, said(2, args...), "generate          do the same", args)
	}
	help := said(0, "-h")
	for _, basic := range apidef.BasicTypes {
		assert.Contains(t, help, "  "+string(basic.Name)+" ")
	}
	assert.Contains(t, help, "import <folder>")
}

// Calls with a method and a route of their own become methods like all others.
func TestRoutedCalls(t *testing.T) {
	t.Parallel()
	d, err := apidef.Read(fstest.MapFS{"thing.api": {Data: []byte(`agent Thing
# returns one thing.
get One "v1/Thing/{id}" (id int, flat bool query) Thing
put Replace body "v1/Thing/{id}" (id int, entity Thing) Thing  again
get Item "v1/Thing/{name}/Items/{id}" (id int, name string)
post Merge "v1/Thing/{id}/Merge" (id int, Into int, Note string)
carrier Thing {
	Id int
}
`)}})
	require.NoError(t, err)
	root := t.TempDir()
	for _, folder := range []string{"superofficetest", "docs"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, folder), 0o700))
	}
	require.NoError(t, newGenerator(d).generate(root))
	code, err := os.ReadFile(filepath.Join(root, "thing_agent.go"))
	require.NoError(t, err)
	for _, want := range []string{
		`operation.Operation{Method: "GET", Route: "v1/Thing/{id}", Class: operation.Read}`,
		`operation.Operation{Method: "PUT", Route: "v1/Thing/{id}", Class: operation.IdempotentWrite}`,
		`operation.Operation{Method: "POST", Route: "v1/Thing/{id}/Merge"}`,
		"func (a *ThingAgent) One(ctx context.Context, id int, flat bool, opts ...CallOption) (*Thing, error) {\n" +
			"\treturn callCarrier[Thing](ctx, (*agent)(a), &opThingOne, operation.Input{Path: operation.Values{operation.ID(id)}, Query: operation.Pairs(\"flat\", flat)}, opts)",
		`operation.Input{Path: operation.Values{operation.ID(id)}, Body: entity}`,
		`operation.Input{Path: operation.Values{name, operation.ID(id)}}`,
		`operation.Input{Path: operation.Values{operation.ID(id)}, Body: &thingMergeRequest{into, note}}`,
		"//\tRead. $select: yes. GET v1/Thing/{id}",
	} {
		assert.Contains(t, string(code), want)
	}
}
