package superofficetest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/api"
	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// definition reads api/ once for all tests.
var definition = sync.OnceValues(func() (*apidef.Definition, error) { return apidef.Read(api.Files()) })

// everyDefinition returns the definition, and its calls by their names, which
// are those that everyCall makes.
func everyDefinition(t *testing.T) (*apidef.Definition, map[string]*apidef.Call) {
	t.Helper()
	d, err := definition()
	require.NoError(t, err)
	calls := make(map[string]*apidef.Call)
	for _, c := range d.Calls() {
		calls[c.Agent+"/"+c.Name] = c
	}
	require.NotEmpty(t, calls)
	require.Equal(t, slices.Sorted(maps.Keys(calls)), slices.Sorted(maps.Keys(everyCall)))
	return d, calls
}

// must returns a sample that cannot be wrong.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// The samples that Go has no literals for, from their text on the wire.
func sampleTime(text string) superoffice.DateTime { return must(superoffice.ParseDateTime(text)) }
func sampleSpan(text string) superoffice.TimeSpan { return must(superoffice.ParseTimeSpan(text)) }
func sampleBytes(text string) []byte              { return must(base64.StdEncoding.DecodeString(text)) }
func sampleFile(text string) io.Reader            { return bytes.NewReader(sampleBytes(text)) }

// tokenKey is the sample for the one argument by which the server finds what a
// test has put there.
const tokenKey = "the Key text"

// deletesLast sorts calls so that nothing is gone before it was asked for.
func deletesLast(calls []string) []string {
	slices.SortFunc(calls, func(a, b string) int {
		deletesA, deletesB := strings.Contains(a, "/Delete"), strings.Contains(b, "/Delete")
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

// Every call of the API, through its Go method, on the test server: the request
// says what the definition makes of the arguments, and the result says what the
// server said.
func TestEveryCall(t *testing.T) {
	t.Parallel()
	d, calls := everyDefinition(t)
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithRecordLimit(1))
	server.PutExternalTokens(tokenKey, superoffice.TokenManagementInfo{Provider: "p"})
	client := server.Client()
	for _, name := range deletesLast(slices.Collect(maps.Keys(everyCall))) {
		for round := range calls[name].Rounds() {
			result, err := everyCall[name](t.Context(), client, round)
			require.NoError(t, err, name)
			request := server.Requests()[0]
			require.Equal(t, name, request.Operation)
			arrived(t, calls[name], d.Samples(calls[name], round), request)
			returned(t, name, result, request)
		}
	}
	assert.Empty(t, server.Mismatches())
	t.Logf("%d calls", len(everyCall))
}

// arrived compares a request with what was to be sent.
func arrived(t *testing.T, c *apidef.Call, samples map[string]any, request superofficetest.RecordedRequest) {
	t.Helper()
	query, body := url.Values{}, any(nil)
	switch {
	case c.Shape == apidef.ShapeQuery:
		query.Set(c.Params[0].Name, fmt.Sprint(samples[c.Params[0].Name]))
	case c.Shape == apidef.ShapeBody:
		body = samples[c.Params[0].Name]
	case len(c.Params) > 0:
		body = samples
	}
	assert.Equal(t, query.Encode(), request.RawQuery, request.Operation)
	if body == nil {
		assert.Empty(t, string(request.Body), request.Operation)
		return
	}
	sent := decodeTree(t, request.Body)
	for _, wrong := range differences("", body, sent) {
		t.Errorf("%s:%s", request.Operation, wrong)
	}
	if object, ok := sent.(map[string]any); ok && c.Shape == apidef.ShapeMembers {
		assert.Len(t, object, len(c.Params), request.Operation)
	}
}

// differences tells where a value is not as wanted. What is wanted of an object
// are some members; the others say nothing.
func differences(path string, want, got any) (all []string) {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			break
		}
		for name, inner := range object {
			if wanted, ok := want[name]; ok {
				all = append(all, differences(path+" "+name, wanted, inner)...)
			} else if !saysNothing(inner) && (name != "IsActive" || inner != true) { // a restriction is active unless told
				all = append(all, fmt.Sprintf("%s %s is %v, and was not given", path, name, inner))
			}
		}
		for name := range want {
			if _, ok := object[name]; !ok {
				all = append(all, fmt.Sprintf("%s %s is missing", path, name))
			}
		}
		return all
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			break
		}
		for i := range want {
			all = append(all, differences(fmt.Sprint(path, " ", i), want[i], list[i])...)
		}
		return all
	default:
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %v, want %v", path, got, want)}
}

// saysNothing reports whether a value is what a member without one is sent as.
func saysNothing(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, inner := range value {
			if !saysNothing(inner) {
				return false
			}
		}
		return true
	case []any:
		return len(value) == 0
	case json.Number:
		return value == "0"
	case string:
		return value == "" || value == "0001-01-01T00:00:00" || value == "00:00:00"
	}
	return value == nil || value == false
}

// returned compares a result with the answer that it is made of.
func returned(t *testing.T, name string, result any, request superofficetest.RecordedRequest) {
	t.Helper()
	if file, ok := result.(*superoffice.Stream); ok {
		content, err := io.ReadAll(file)
		require.NoError(t, err, name)
		require.NoError(t, file.Close())
		assert.Equal(t, string(request.Answer), string(content), name)
		return
	}
	if len(request.Answer) == 0 {
		require.Nil(t, result, name)
		return
	}
	text, err := json.Marshal(result)
	require.NoError(t, err, name)
	require.JSONEq(t, string(request.Answer), string(text), name)
}

// Every call goes in XML too, both ways. XML leaves out what is null, so the
// results are compared without it.
func TestEveryCallInXML(t *testing.T) {
	t.Parallel()
	results := make(map[superoffice.ContentType]map[string]any)
	for _, media := range []superoffice.ContentType{superoffice.ContentTypeJSON, superoffice.ContentTypeXML} {
		server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithRecordLimit(0), superofficetest.XMLDictionaryEntries())
		server.PutExternalTokens(tokenKey, superoffice.TokenManagementInfo{Provider: "p"})
		client := server.Client(superoffice.WithContentType(media), superoffice.WithAccept(media))
		results[media] = make(map[string]any)
		for _, name := range deletesLast(slices.Collect(maps.Keys(everyCall))) {
			result, err := everyCall[name](t.Context(), client, 0)
			require.NoError(t, err, name)
			if file, ok := result.(*superoffice.Stream); ok {
				content, err := io.ReadAll(file)
				require.NoError(t, err, name)
				require.NoError(t, file.Close())
				result = content
			}
			text, err := json.Marshal(result)
			require.NoError(t, err, name)
			results[media][name] = withoutNulls(decodeTree(t, text))
		}
	}
	for name, result := range results[superoffice.ContentTypeJSON] {
		require.Equal(t, result, results[superoffice.ContentTypeXML][name], name)
	}
}

func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if inner == nil {
				delete(value, name)
			} else {
				value[name] = withoutNulls(inner)
			}
		}
	case []any:
		for i := range value {
			value[i] = withoutNulls(value[i])
		}
	}
	return value
}
