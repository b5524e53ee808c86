package superofficetest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// samplePatch is a change that fits any entity.
func samplePatch() rest.Patch {
	return must(rest.ParsePatch([]byte(`[{"op":"add","path":"/TheChange","value":"the changes text"}]`)))
}

// leftToArchive are the calls that answer with rows and are no lists: From sends
// long queries by POST, and Columns tells what the metadata does.
var leftToArchive = []string{"POST v1/Archive/{archiveProviderName}", "GET v1/Archive/{archiveProviderName}/$metadata"}

// Every call of the entities, through its Go method, on the test server: the
// request says what the definition makes of the arguments, and the result says
// what the server said.
func TestEveryEntityCall(t *testing.T) {
	t.Parallel()
	d, err := definition()
	require.NoError(t, err)
	calls := make(map[string]*apidef.Call)
	for _, c := range d.EntityCalls() {
		calls[c.Method+" "+c.Route] = c
	}
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithRecordLimit(1))
	client := server.Client()
	entities := rest.New(client)
	made := make(map[string]bool)
	for _, name := range deletesOfEntitiesLast(slices.Collect(maps.Keys(everyEntityCall))) {
		c := calls[name]
		require.NotNil(t, c, name)
		for round := range c.Rounds() {
			result, err := everyEntityCall[name](t.Context(), entities, round)
			require.NoError(t, err, name)
			request := server.Requests()[0]
			entityCallArrived(t, c, d.Samples(c, round), request)
			returned(t, name, result, request)
		}
		made[name] = true
	}
	for _, c := range d.EntityCalls() {
		if name := c.Method + " " + c.Route; c.Result == "rows" && !slices.Contains(leftToArchive, name) {
			rowsArrive(t, server, client, c)
			made[name] = true
		}
	}
	_, err = entities.Project.Image.SetInfo(t.Context(), 5, &superoffice.BlobEntity{Description: "text"})
	require.NoError(t, err)
	assert.Equal(t, "projectId=5", server.Requests()[0].RawQuery, "which its document wants in the query")
	made["PUT v1/Project/{id}/ImageInfo"] = true
	for name := range calls {
		assert.True(t, made[name] || slices.Contains(leftToArchive, name), name)
	}
	assert.Empty(t, server.Mismatches())
	t.Logf("%d of the %d calls of entities; left to others: %s, and the merge of tickets", len(made), len(calls)+1, strings.Join(leftToArchive, ", "))
}

func deletesOfEntitiesLast(calls []string) []string {
	slices.SortFunc(calls, func(a, b string) int {
		deletesA, deletesB := strings.HasPrefix(a, http.MethodDelete), strings.HasPrefix(b, http.MethodDelete)
		switch {
		case deletesA && !deletesB:
			return 1
		case deletesB && !deletesA:
			return -1
		}
		return strings.Compare(a, b)
	})
	return calls
}

// entityCallArrived compares a request with what was to be sent.
func entityCallArrived(t *testing.T, c *apidef.Call, samples map[string]any, request superofficetest.RecordedRequest) {
	t.Helper()
	about := c.Method + " " + c.Route
	path, query := c.Route, url.Values{}
	var body *apidef.Param
	for i := range c.Params {
		p := &c.Params[i]
		switch c.In(p) {
		case "path":
			path = strings.Replace(path, "{"+p.Name+"}", queryText(samples[p.Name])[0], 1)
		case "query":
			query[p.Name] = queryText(samples[p.Name])
		default:
			body = p
		}
	}
	require.Equal(t, c.Method, request.Method, about)
	require.True(t, strings.EqualFold(path, strings.TrimPrefix(request.Path, "/SuperOffice/api/")), "%s: %s", about, request.Path)
	sent, err := url.ParseQuery(request.RawQuery)
	require.NoError(t, err)
	require.Equal(t, query, sent, about)
	switch {
	case body == nil:
		require.Empty(t, string(request.Body), about)
	case body.Form:
		require.Contains(t, string(request.Body), "the image bytes", about)
	case body.Type == "stream":
		require.Equal(t, string(sampleBytes(samples[body.Name].(string))), string(request.Body), about)
	case body.Type == "patch":
		require.JSONEq(t, `[{"op":"add","path":"/TheChange","value":"the changes text"}]`, string(request.Body), about)
	default:
		for _, wrong := range differences("", samples[body.Name], decodeTree(t, request.Body)) {
			t.Errorf("%s:%s", about, wrong)
		}
	}
}

// queryText is a sample as it stands in an address.
func queryText(sample any) (texts []string) {
	if list, ok := sample.([]any); ok {
		for _, one := range list {
			texts = append(texts, queryText(one)...)
		}
		return texts
	}
	if b, ok := sample.(bool); ok {
		return []string{map[bool]string{true: "true", false: "false"}[b]}
	}
	return []string{strings.Trim(string(must(jsonText(sample))), `"`)}
}

// rowsArrive reads a list of rows with package archive.
func rowsArrive(t *testing.T, server *superofficetest.Server, client *superoffice.Client, c *apidef.Call) {
	t.Helper()
	parts := strings.Split(c.Route, "/")
	var query archive.Query[archive.Row]
	switch {
	case c.Entity == "Archive":
		query = archive.From[archive.Row](client, archive.FindContact)
	case len(parts) == 2:
		query = archive.Of[archive.Row](client, parts[1])
	default:
		query = archive.Below[archive.Row](client, parts[1], 5, parts[3])
	}
	_, err := query.Limit(1).Collect(t.Context())
	require.NoError(t, err, c.Route)
	request := server.Requests()[0]
	want := strings.NewReplacer("{id}", "5", "{selectionId}", "5", "{archiveProviderName}", archive.FindContact).Replace(c.Route)
	assert.Equal(t, "/SuperOffice/api/"+want, request.Path)
	assert.Equal(t, c.Method, request.Method)
}

func jsonText(v any) ([]byte, error) { return json.Marshal(v) }
