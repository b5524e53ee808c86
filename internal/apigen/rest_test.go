package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

func TestEntitiesAreRead(t *testing.T) {
	t.Parallel()
	d, err := readVendor("testdata/rest")
	require.NoError(t, err)
	calls := make(map[string]*apidef.Call)
	for _, c := range d.Entity("Box").Calls {
		calls[c.Name] = c
	}
	id := apidef.Param{Name: "id", Type: "int"}
	for name, want := range map[string]*apidef.Call{
		"All":     {Method: "GET", Route: "v1/Box", Whole: true, Result: "rows"},
		"Create":  {Method: "POST", Route: "v1/Box", Write: true, Shape: apidef.ShapeBody, Params: []apidef.Param{{Name: "entity", Type: "Box", Required: true}}, Result: "Box", Twin: "Box/SaveBox"},
		"Get":     {Method: "GET", Route: "v1/Box/{id}", Params: []apidef.Param{id, {Name: "flat", Type: "bool", Query: true}}, Result: "Box", Slow: 2000, Modified: true, Twin: "Box/GetBox"},
		"Patch":   {Method: "PATCH", Route: "v1/Box/{id}", Write: true, Whole: true, Shape: apidef.ShapeBody, Params: []apidef.Param{id, {Name: "changes", Type: "patch"}}, Result: "Box", Unmodified: true},
		"Delete":  {Method: "DELETE", Route: "v1/Box/{id}", Write: true, Again: true, Whole: true, Params: []apidef.Param{id}},
		"ByName":  {Method: "GET", Route: "v1/Box/{name}", Whole: true, Params: []apidef.Param{{Name: "name", Type: "string"}}, Result: "Box"},
		"Current": {Method: "GET", Route: "v1/Box/current", Whole: true, Result: "Box"},
		"SaveImage": {Method: "PUT", Route: "v1/Box/{boxId}/Image", Write: true, Whole: true, Shape: apidef.ShapeBody, Params: []apidef.Param{
			{Name: "boxId", Type: "int"}, {Name: "image", Type: "stream", Form: true},
		}, Result: "int"},
	} {
		want.Entity, want.Name = "Box", name
		assert.Equal(t, want, calls[name])
	}
	assert.Len(t, calls, 8)
	assert.Equal(t, []*apidef.List{{Name: "Color", Of: "Lid", Shown: true}}, d.Entity("List").Lists)
}

func TestEntitiesAreGenerated(t *testing.T) {
	t.Parallel()
	d, err := readVendor("testdata/rest")
	require.NoError(t, err)
	d.Entity("List").Lists = nil // whose carriers are not in the small one
	root := t.TempDir()
	for _, folder := range []string{"superofficetest", "docs", "rest"} {
		require.NoError(t, os.Mkdir(filepath.Join(root, folder), 0o700))
	}
	_, changes := merge(d, d)
	assert.Empty(t, changes)
	require.NoError(t, newGenerator(d).generate(root))
	code, err := os.ReadFile(filepath.Join(root, "rest", "box_entity.go"))
	require.NoError(t, err)
	for _, want := range []string{
		`operation.Operation{Method: "GET", Route: "v1/Box/{id}", Class: operation.Read, Slow: 2 * time.Second, Parameters: []string{"flat"}, Conditions: operation.IfModifiedSince}`,
		`Taken: []operation.Taken{{Param: "name", Words: []string{"current"}, Numbers: true}}`,
		"func (e *Box) Get(ctx context.Context, id int, opts ...superoffice.CallOption) (*superoffice.Box, error) {",
		"func (e *Box) Change(ctx context.Context, id int, edit func(*superoffice.Box) error, opts ...superoffice.CallOption) (*superoffice.Box, error) {",
		`operation.Input{Path: operation.Values{operation.ID(id)}, Body: changes.body()}`,
		"//	Read. $select: yes. If-Modified-Since: yes. Agent: Box/GetBox. Option: WithFlat. GET v1/Box/{id}",
	} {
		assert.Contains(t, string(code), want)
	}
	agent, err := os.ReadFile(filepath.Join(root, "box_agent.go"))
	require.NoError(t, err)
	assert.Contains(t, string(agent), "REST: rest.Box.Get.")
}
