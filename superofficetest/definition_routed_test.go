package superofficetest

import (
	"encoding/json"
	"net/url"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// routedAPI is a definition of calls with routes of their own.
func routedAPI(t *testing.T) *definition {
	t.Helper()
	read, err := apidef.Read(fstest.MapFS{"thing.api": {Data: []byte(`agent Thing
get Default "v1/Thing/default" () Thing
get One "v1/Thing/{id}" (id int, flat bool query, fk string query) Thing
put Replace body "v1/Thing/{id}" (id int, entity Thing) Thing
delete Drop "v1/Thing/{id}" (id int)  again
get Item "v1/Thing/{id}/Items/{name}" (id int, name string) Thing
post Merge "v1/Thing/{id}/Merge" (id int, Into int, Note string) Thing
carrier Thing {
	Id int
}
`)}})
	require.NoError(t, err)
	return newDefinition(read)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	d := routedAPI(t)
	for _, c := range []struct {
		method, path, call string
		values             map[string]string
	}{
		{"GET", "v1/Thing/5", "One", map[string]string{"id": "5"}},
		{"HEAD", "v1/thing/5", "One", map[string]string{"id": "5"}},
		{"GET", "v1/Thing/default", "Default", map[string]string{}},
		{"PUT", "v1/Thing/5", "Replace", map[string]string{"id": "5"}},
		{"DELETE", "v1/Thing/-5", "Drop", map[string]string{"id": "-5"}},
		{"GET", "v1/Thing/5/Items/a b", "Item", map[string]string{"id": "5", "name": "a b"}},
		{"POST", "v1/Thing/5/Merge", "Merge", map[string]string{"id": "5"}},
	} {
		call, values, _ := d.route(c.method, c.path)
		require.NotNil(t, call, c.path)
		assert.Equal(t, c.call, call.Name)
		assert.Equal(t, c.values, values)
	}
	call, _, allowed := d.route("PATCH", "v1/Thing/5")
	assert.Nil(t, call)
	assert.Equal(t, []string{"DELETE", "GET", "PUT"}, allowed)
	for _, path := range []string{"v1/Thing", "v1/Thing/x", "v1/Thing/5/Items", "v1/Other/5", ""} {
		call, _, allowed := d.route("GET", path)
		assert.Nil(t, call, path)
		assert.Empty(t, allowed, path)
	}
}

func TestRoutedCallsAreChecked(t *testing.T) {
	t.Parallel()
	d := routedAPI(t)
	for _, c := range []struct{ call, query, body, want string }{
		{"one", "flat=true&fk=app&$select=Id", "", ""},
		{"one", "flat=perhaps", "", "query flat: is a text, where a boolean was due"},
		{"one", "id=5", "", "query id: the call takes no such parameter"},
		{"one", "other=5", "", "query other: the call takes no such parameter"},
		{"one", "", `{"Id":5}`, "body: the call takes none"},
		{"replace", "", `{"Id":5}`, ""},
		{"replace", "", `{"Id":"x"}`, "body/Id: is a text, where a whole number was due"},
		{"replace", "", "", "body: is missing"},
		{"merge", "", `{"Into":7,"Note":"x"}`, ""},
		{"merge", "", `{"id":7}`, "body/id: the call takes no such parameter; it takes id, Into, Note"},
	} {
		query, err := url.ParseQuery(c.query)
		require.NoError(t, err)
		var body any
		if c.body != "" {
			body, err = decodeJSON([]byte(c.body))
			require.NoError(t, err)
		}
		k := checker{definition: d}
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		assert.Equal(t, want, k.call(d.calls["thing/"+c.call], query, body, c.body != ""), c)
	}
	assert.Equal(t, json.Number("5"), queryValue("int", []string{"5"}))
}
