package superofficetest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
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

// What the generated calls pass if they need a time.
func sampleTime(n int) superoffice.DateTime {
	return superoffice.DateTimeOf(time.Date(2026, time.May, n, 12, 30, 0, 0, time.UTC))
}

func sampleSpan(n int) superoffice.TimeSpan {
	return superoffice.TimeSpanOf(time.Duration(n) * time.Minute)
}

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

// theAPI is the definition of the API.
func theAPI(t *testing.T) *apidef.Definition {
	t.Helper()
	d, err := apidef.Read(api.Files())
	require.NoError(t, err)
	return d
}

// callsOf are the calls of a definition by their names.
func callsOf(d *apidef.Definition) map[string]*apidef.Call {
	calls := make(map[string]*apidef.Call)
	for _, c := range d.Calls() {
		calls[c.Agent+"/"+c.Name] = c
	}
	return calls
}

// samples says what the arguments of the generated calls are on the wire, from
// api/ alone, and which of their texts are secrets.
type samples struct {
	*apidef.Definition
	secrets, texts []string
}

func (s *samples) secret(text string) string {
	s.secrets = append(s.secrets, text)
	return text
}

func (s *samples) text(text string) string {
	s.texts = append(s.texts, text)
	return text
}

// argument is the n-th argument of a call, of which a carrier is only what was
// set.
func (s *samples) argument(p apidef.Param, n int) any {
	if p.Secret {
		return s.secret("secret of " + p.Name)
	}
	return s.value(p.Type, p.Name, n)
}

func (s *samples) value(t apidef.Type, name string, n int) any {
	if element, ok := t.List(); ok {
		return []any{s.value(element, name+" 1", n), s.value(element, name+" 2", n+1)}
	}
	if inner, ok := t.Dictionary(); ok {
		return map[string]any{name + " key": s.value(inner, name, n)}
	}
	if e := s.Enum(t); e != nil {
		return e.Members[len(e.Members)-1-n%len(e.Members)].Name
	}
	if c := s.Carrier(t); c != nil {
		if c.Any != "" {
			c = s.Subtypes(c.Name)[0]
		}
		return s.carrier(c, name, n, nil)
	}
	return s.basic(t, name, n)
}

func (s *samples) basic(t apidef.Type, name string, n int) any {
	switch t {
	case "int", "long":
		return json.Number(strconv.Itoa(11 * n))
	case "double":
		return json.Number(strconv.Itoa(11*n) + ".5")
	case "bool":
		return n%2 == 1
	case "value":
		return fmt.Sprintf("[I:%d]", 11*n)
	case "bytes", "stream":
		return base64.StdEncoding.EncodeToString([]byte(name + " bytes"))
	case "time":
		return fmt.Sprintf("2026-05-%02dT12:30:00Z", n)
	case "date":
		return fmt.Sprintf("1970-05-%02d", n)
	case "span":
		return fmt.Sprintf("00:%02d:00", n)
	}
	return s.text(name + " text")
}

// carrier has the first text or number of a carrier set, and all secrets.
func (s *samples) carrier(c *apidef.Carrier, name string, n int, around []string) map[string]any {
	object := make(map[string]any)
	around = append(around, c.Name)
	first := func(t apidef.Type) int {
		return slices.IndexFunc(c.Members, func(m apidef.Member) bool { return m.Type == t && !m.Secret })
	}
	if i := first("string"); i >= 0 {
		object[c.Members[i].Name] = s.text(name + " text")
	} else if i := first("int"); i >= 0 {
		object[c.Members[i].Name] = json.Number(strconv.Itoa(11 * n))
	}
	for _, m := range c.Members {
		inner := s.Carrier(m.Type.Innermost())
		switch {
		case m.Secret:
			object[m.Name] = s.secret("secret of " + name + "." + m.Name)
		case inner != nil && inner.Any == "" && !slices.Contains(around, inner.Name) && s.holdsSecret(inner, nil):
			object[m.Name] = s.around(m.Type, s.carrier(inner, name+"."+m.Name, n, around))
		}
	}
	return object
}

func (s *samples) around(t apidef.Type, object map[string]any) any {
	if element, ok := t.List(); ok {
		return []any{s.around(element, object)}
	}
	if inner, ok := t.Dictionary(); ok {
		return map[string]any{"key": s.around(inner, object)}
	}
	return object
}

func (s *samples) holdsSecret(c *apidef.Carrier, around []string) bool {
	if c == nil || slices.Contains(around, c.Name) {
		return false
	}
	around = append(around, c.Name)
	for _, one := range append([]*apidef.Carrier{c}, s.Subtypes(c.Name)...) {
		for _, m := range one.Members {
			if m.Secret || s.holdsSecret(s.Carrier(m.Type.Innermost()), around) {
				return true
			}
		}
	}
	return false
}

// lacks says where got has not what want has, or nothing. An object may have
// more members, as a carrier has.
func lacks(want, got any, path string) string {
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for name, value := range want {
			if problem := lacks(value, object[name], path+"/"+name); problem != "" {
				return problem
			}
		}
		return ""
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return fmt.Sprintf("%s: %v instead of %v", path, got, want)
		}
		for i := range want {
			if problem := lacks(want[i], list[i], fmt.Sprintf("%s/%d", path, i)); problem != "" {
				return problem
			}
		}
		return ""
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Sprintf("%s: %v instead of %v", path, got, want)
	}
	return ""
}

// checkArrived makes sure that each argument of a call arrived as the parameter
// that it was named for.
func checkArrived(t *testing.T, d *apidef.Definition, c *apidef.Call, request superofficetest.RecordedRequest) {
	t.Helper()
	s := samples{Definition: d}
	query, err := url.ParseQuery(request.RawQuery)
	require.NoError(t, err)
	var body any
	if len(request.Body) > 0 {
		body = decodeTree(t, request.Body)
	}
	switch {
	case c.Shape == apidef.ShapeQuery:
		require.Equal(t, url.Values{c.Params[0].Name: {fmt.Sprint(s.argument(c.Params[0], 1))}}, query, c.Name)
	case c.Shape == apidef.ShapeBody:
		require.Empty(t, lacks(s.argument(c.Params[0], 1), body, c.Agent+"/"+c.Name))
	default:
		want := make(map[string]any)
		for i, p := range c.Params {
			want[p.Name] = s.argument(p, i+1)
		}
		require.Empty(t, lacks(want, body, c.Agent+"/"+c.Name))
		members, _ := body.(map[string]any)
		require.Len(t, members, len(want), c.Name)
	}
}

// Every call of the API, through its Go method, on the test server: the request
// is one that the API takes, and the result says what the server said.
func TestEveryCall(t *testing.T) {
	t.Parallel()
	d := theAPI(t)
	calls := callsOf(d)
	require.ElementsMatch(t, slices.Collect(maps.Keys(calls)), slices.Collect(maps.Keys(everyCall)))
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithRecordLimit(1))
	server.PutExternalTokens("Key text", superoffice.TokenManagementInfo{Provider: "p"})
	client := server.Client()
	for _, name := range deletesLast(slices.Collect(maps.Keys(everyCall))) {
		result, err := everyCall[name](t.Context(), client)
		require.NoError(t, err, name)
		request := server.Requests()[0]
		require.Equal(t, name, request.Operation)
		checkArrived(t, d, calls[name], request)
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

// echo answers each request with a failure that repeats all of it: the address,
// the header and the body.
type echo struct{ contentType string }

func (e echo) RoundTrip(r *http.Request) (*http.Response, error) {
	var request strings.Builder
	fmt.Fprintln(&request, r.URL.RequestURI())
	if err := r.Header.Write(&request); err != nil {
		return nil, err
	}
	if r.Body != nil {
		if _, err := io.Copy(&request, r.Body); err != nil {
			return nil, err
		}
	}
	text := []byte(request.String())
	if strings.HasSuffix(e.contentType, "json") {
		var err error
		if text, err = json.Marshal(map[string]any{"Error": true, "ErrorType": "Echo", "Message": request.String()}); err != nil {
			return nil, err
		}
	}
	line := strings.NewReplacer("\r", " ", "\n", " ").Replace(request.String())
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {e.contentType}, "X-Echo": {line}},
		Body: io.NopCloser(bytes.NewReader(text)), Request: r,
	}, nil
}

// Every call fails as one should: with an *Error that names it and holds none
// of the secrets that were sent, although the server repeats them, but all else
// that the server repeats.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	d := theAPI(t)
	calls := callsOf(d)
	for _, contentType := range []string{"application/json", "text/plain"} {
		var log bytes.Buffer
		client, err := superoffice.NewClient("http://127.0.0.1", superoffice.WithHTTPClient(&http.Client{Transport: echo{contentType}}),
			superoffice.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		require.NoError(t, err)
		secrets := 0
		for name, call := range everyCall {
			log.Reset()
			_, err := call(t.Context(), client)
			var failure *superoffice.Error
			require.ErrorAs(t, err, &failure, name)
			require.Equal(t, name, failure.Operation)
			s := samples{Definition: d}
			for i, p := range calls[name].Params {
				s.argument(p, i+1)
			}
			secrets += len(s.secrets)
			shown := fmt.Sprintf("%v %+v %#v %s %v", err, err, failure.Message, failure.Body, failure.Header) + log.String()
			for _, secret := range s.secrets {
				require.NotContains(t, shown, secret, name)
			}
			for _, text := range s.texts {
				require.Contains(t, string(failure.Body), text, name)
				require.Contains(t, failure.Header.Get("X-Echo"), text, name)
			}
		}
		assert.Greater(t, secrets, 40)
	}
}

// always answers each request with the same.
type always struct {
	status int
	body   string
}

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

// failAlways makes every call on a server that always answers the same, and
// returns how each failed.
func failAlways(t *testing.T, answer always) map[string]*superoffice.Error {
	t.Helper()
	failures := make(map[string]*superoffice.Error)
	for name, call := range everyCall {
		// Each call has a client of its own, and with it a budget for retries.
		client, err := superoffice.NewClient("http://127.0.0.1", superoffice.WithHTTPClient(&http.Client{Transport: answer}),
			superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 2, Sleep: func(context.Context, time.Duration) error { return nil }}))
		require.NoError(t, err)
		if _, err := call(t.Context(), client); err != nil {
			var failure *superoffice.Error
			require.ErrorAs(t, err, &failure, name)
			failures[name] = failure
		}
	}
	return failures
}

// Every read is sent again after a failure that leaves open whether it was
// done, and no write is.
func TestEveryCallIsOfItsClass(t *testing.T) {
	t.Parallel()
	failures := failAlways(t, always{http.StatusBadGateway, ""})
	for name, c := range callsOf(theAPI(t)) {
		require.Contains(t, failures, name)
		want := 2
		if c.Write {
			want = 1
		}
		assert.Equal(t, want, failures[name].Attempts, name)
	}
}

// The body of an answer that cannot be read is kept, unless the result of the
// call is a secret.
func TestEverySecretResultIsKeptOut(t *testing.T) {
	t.Parallel()
	d := theAPI(t)
	s := samples{Definition: d}
	secrets := 0
	failures := failAlways(t, always{http.StatusOK, `{"hush-hush`})
	for name, c := range callsOf(d) {
		if c.Result == "" || c.Result == "stream" {
			continue
		}
		require.Contains(t, failures, name)
		if c.Secret || s.holdsSecret(s.Carrier(c.Result.Innermost()), nil) {
			secrets++
			assert.NotContains(t, string(failures[name].Body), "hush", name)
		} else {
			assert.Contains(t, string(failures[name].Body), "hush", name)
		}
	}
	assert.Greater(t, secrets, 20)
}

// Every call goes in XML too, both ways. XML leaves out what is null, so the
// results are compared without it.
func TestEveryCallInXML(t *testing.T) {
	t.Parallel()
	results := make(map[superoffice.ContentType]map[string]any)
	for _, media := range []superoffice.ContentType{superoffice.ContentTypeJSON, superoffice.ContentTypeXML} {
		server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithRecordLimit(0), superofficetest.XMLDictionaryEntries())
		server.PutExternalTokens("Key text", superoffice.TokenManagementInfo{Provider: "p"})
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
