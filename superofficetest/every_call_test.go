package superofficetest_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/api"
	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// What the generated calls pass where they need a time.
var (
	sampleTime = superoffice.DateTimeOf(time.Date(2026, time.May, 4, 12, 30, 0, 0, time.UTC))
	sampleSpan = superoffice.TimeSpanOf(15 * time.Minute)
)

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

// allCalls are the names of the calls in api/.
func allCalls(t *testing.T) (names []string) {
	t.Helper()
	d, err := apidef.Read(api.Files())
	require.NoError(t, err)
	for _, c := range d.Calls() {
		names = append(names, c.Agent+"/"+c.Name)
	}
	return names
}

// Every call of the API, through its Go method, on the test server: the request
// is one that the API takes, and the result says what the server said.
func TestEveryCall(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, allCalls(t), slices.Collect(maps.Keys(everyCall)))
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithRecordLimit(1))
	server.PutExternalTokens("text", superoffice.TokenManagementInfo{Provider: "p"})
	client := server.Client()
	for _, name := range deletesLast(slices.Collect(maps.Keys(everyCall))) {
		result, err := everyCall[name](t.Context(), client)
		require.NoError(t, err, name)
		request := server.Requests()[0]
		require.Equal(t, name, request.Operation)
		if file, ok := result.(*superoffice.Stream); ok {
			content, err := io.ReadAll(file)
			require.NoError(t, err, name)
			require.NoError(t, file.Close())
			assert.Equal(t, string(request.Answer), string(content), name)
			continue
		}
		if len(request.Answer) == 0 {
			require.Nil(t, result, name)
			continue
		}
		text, err := json.Marshal(result)
		require.NoError(t, err, name)
		require.JSONEq(t, string(request.Answer), string(text), name)
	}
	assert.Empty(t, server.Mismatches())
	t.Logf("%d calls", len(everyCall))
}

// Every call fails as one should: with an *Error that names it and holds none
// of the secrets that were sent, although the server repeats them.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithRecordLimit(0))
	t.Cleanup(server.Close)
	client := server.Client(superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}))
	server.Inject(len(everyCall), superofficetest.Status(http.StatusInternalServerError, "SoServerException", "no luck"))
	for name, call := range everyCall {
		_, err := call(t.Context(), client)
		var failure *superoffice.Error
		require.ErrorAs(t, err, &failure, name)
		assert.Equal(t, name, failure.Operation)
		assert.Equal(t, "no luck", failure.Message)
	}
}

// Every call goes in XML too, both ways. XML leaves out what is null, so the
// results are compared without it.
func TestEveryCallInXML(t *testing.T) {
	t.Parallel()
	results := make(map[superoffice.ContentType]map[string]any)
	for _, media := range []superoffice.ContentType{superoffice.ContentTypeJSON, superoffice.ContentTypeXML} {
		server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithRecordLimit(0), superofficetest.XMLDictionaryEntries())
		server.PutExternalTokens("text", superoffice.TokenManagementInfo{Provider: "p"})
		client := server.Client(superoffice.WithContentType(media), superoffice.WithAccept(media))
		results[media] = make(map[string]any)
		for _, name := range deletesLast(slices.Collect(maps.Keys(everyCall))) {
			result, err := everyCall[name](t.Context(), client)
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
