package superoffice_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

// arrived is what a server saw of a request.
type arrived struct {
	line, contentType, body string
	length                  int64
}

// recording returns a client of a server on a socket that keeps what arrives
// and answers null.
func recording(t *testing.T, opts ...superoffice.ClientOption) (*superoffice.Client, *arrived) {
	t.Helper()
	seen := new(arrived)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*seen = arrived{r.Method + " " + r.RequestURI, r.Header.Get("Content-Type"), string(body), r.ContentLength}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "null")
	}))
	t.Cleanup(server.Close)
	client, err := superoffice.NewClient(server.URL, opts...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client, seen
}

func TestCallSendsAReaderAsItIs(t *testing.T) {
	t.Parallel()
	client, seen := recording(t)
	long := strings.Repeat("0123456789", 10_000)
	for name, c := range map[string]struct {
		in     io.Reader
		body   string
		length int64
	}{
		"a string":        {strings.NewReader("hello"), "hello", 5},
		"a buffer":        {bytes.NewBufferString("hello"), "hello", 5},
		"cannot go back":  {io.MultiReader(strings.NewReader(long)), long, -1},
		"of a told size":  {io.LimitReader(io.MultiReader(strings.NewReader(long)), 7), "0123456", 7},
		"a part of more":  {io.NewSectionReader(strings.NewReader(long), 3, 4), "3456", 4},
		"longer than any": {strings.NewReader(long), long, int64(len(long))},
	} {
		require.NoError(t, client.Call(t.Context(), "PUT", "v1/Document/5/Content", c.in, nil), name)
		assert.Equal(t, arrived{"PUT /api/v1/Document/5/Content", "application/octet-stream", c.body, c.length}, *seen, name)
	}
	require.NoError(t, client.Call(t.Context(), "PUT", "v1/x", strings.NewReader("%PDF"), nil, superoffice.WithContentType("application/pdf")))
	assert.Equal(t, "application/pdf", seen.contentType)
	require.NoError(t, client.Call(t.Context(), "PUT", "v1/x", []byte("%PDF"), nil, superoffice.WithContentType("application/pdf")))
	assert.Equal(t, arrived{"PUT /api/v1/x", "application/pdf", "%PDF", 4}, *seen)
}

func TestCallRefusesReadersThatDoNotFit(t *testing.T) {
	t.Parallel()
	client, seen := recording(t)
	for name, err := range map[string]error{
		"as a query":    client.Call(t.Context(), "GET", "v1/x", strings.NewReader("hello"), nil),
		"nil":           client.Call(t.Context(), "PUT", "v1/x", (*strings.Reader)(nil), nil),
		"odd type":      client.Call(t.Context(), "PUT", "v1/x", map[string]int{"a": 1}, nil, superoffice.WithContentType("application/pdf")),
		"with a client": func() error { _, err := client.With(superoffice.WithContentType("application/pdf")); return err }(),
	} {
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
	}
	assert.Empty(t, seen.line)

	client, mock := mocked(t)
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return nil, err
	})
	err := client.Call(t.Context(), "PUT", "v1/x", io.LimitReader(strings.NewReader("short"), 9), nil)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "less than it tells")
}

func TestCallEscapesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	client, seen := recording(t)
	for path, want := range map[string]string{
		"v1/Contact?$filter=name begins 'Super'":       "/api/v1/Contact?$filter=name%20begins%20'Super'",
		"v1/Contact?$filter=name%20begins 'Sø'&a=1%2B": "/api/v1/Contact?$filter=name%20begins%20'S%C3%B8'&a=1%2B",
		"v1/Contact?a=100%&b=%zz":                      "/api/v1/Contact?a=100%25&b=%25zz",
		"v1/Contact?a=\"<>\\^`{|}":                     "/api/v1/Contact?a=%22%3C%3E%5C%5E%60%7B%7C%7D",
		"v1/Contact?a=b?c/d":                           "/api/v1/Contact?a=b?c/d",
		"/v1/Contact/5":                                "/api/v1/Contact/5",
		"/api/v1/Contact/5":                            "/api/v1/Contact/5",
		"api/v1/Contact/5":                             "/api/v1/Contact/5",
		"API/v1/Contact/5":                             "/api/v1/Contact/5",
		"v1/List/a b":                                  "/api/v1/List/a%20b",
	} {
		require.NoError(t, client.Call(t.Context(), "GET", path, nil, nil), path)
		assert.Equal(t, "GET "+want, seen.line, path)
	}
	query := struct {
		Filter string `url:"$filter"`
	}{"a b+c"}
	require.NoError(t, client.Call(t.Context(), "GET", "v1/x", query, nil))
	assert.Equal(t, "GET /api/v1/x?%24filter=a%20b%2Bc", seen.line)
	for _, path := range []string{`v1/..%5cx`, `v1/..\x`, "v1/%2e%2e/x", "v1/%252e%252e/x", `v1/.%5C`, "v1/x#y", "v1/x?a#b", "//evil.example/x"} {
		assert.ErrorIs(t, client.Call(t.Context(), "GET", path, nil, nil), superoffice.ErrInvalidArgument, path)
	}
}

func TestRedirectWithUserIsNotFollowed(t *testing.T) {
	t.Parallel()
	var authorizations []string
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorizations = append(authorizations, r.Header.Get("Authorization"))
		http.Redirect(w, r, "http://hugo:secret@"+server.Listener.Addr().String()+"/api/v1/there", http.StatusTemporaryRedirect)
	})
	server.Start()
	t.Cleanup(server.Close)
	client, err := superoffice.NewClient(server.URL, superoffice.WithAuth(superoffice.SessionAuth("xsrf", &http.Cookie{Name: "a", Value: "b"})))
	require.NoError(t, err)
	err = client.Call(t.Context(), "GET", "v1/here", nil, nil)
	assert.ErrorContains(t, err, "user name or password")
	assert.Equal(t, []string{""}, authorizations)
	client.CloseIdleConnections()
}

func TestOptionsAreOne(t *testing.T) {
	t.Parallel()
	many := []superoffice.Option{superoffice.WithLanguage("en"), superoffice.WithHeader("X-A", "1")}
	one := superoffice.Options(many...)
	many[0] = nil // they were copied
	var seen http.Header
	reply := func(r *http.Request) (*http.Response, error) {
		seen = r.Header
		return answer(200, "application/json", `{"Provider":"p"}`)(r)
	}
	client, mock := mocked(t, one)
	mock.RegisterNoResponder(reply)
	_, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.Options(superoffice.WithHeader("X-A", "2"), superoffice.Options()))
	require.NoError(t, err)
	assert.Equal(t, []string{"en", "2"}, []string{seen.Get("SO-Language"), seen.Get("X-A")})
	_, err = client.User.GetExternalTokens(t.Context(), "quos", superoffice.Options(nil))
	assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	_, err = superoffice.NewClient(base, superoffice.Options(superoffice.WithLanguage("en"), nil))
	assert.ErrorContains(t, err, "position 2")
}

func TestRetryPolicyOfOneCall(t *testing.T) {
	t.Parallel()
	calls := 0
	client, mock := mocked(t)
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		if calls++; calls < 3 {
			return answer(503, "", "")(r)
		}
		return answer(200, "application/json", `{"Provider":"p"}`)(r)
	})
	_, err := client.User.GetExternalTokens(t.Context(), "quos")
	assert.ErrorIs(t, err, superoffice.ErrUnavailable, "the client sends once")
	at := superoffice.WithRetry(superoffice.RetryPolicy{Sleep: func(context.Context, time.Duration) error { return nil }})
	_, err = client.User.GetExternalTokens(t.Context(), "quos", at)
	require.NoError(t, err)
	assert.Equal(t, 3, calls)

	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	_, err = client.User.GetExternalTokens(t.Context(), "quos", superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1, AttemptTimeout: time.Nanosecond}))
	assert.ErrorContains(t, err, "AttemptTimeout")
	_, err = client.User.GetExternalTokens(t.Context(), "quos", superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: -1}))
	assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

func TestFailedCallsAreLoggedWherePeopleSee(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	client, mock := mocked(t, superoffice.WithLogger(slog.New(slog.NewJSONHandler(&out, nil))))
	for name, c := range map[string]struct {
		status  int
		body    string
		err     error
		level   string
		message string
	}{
		"refused":     {400, `{"ErrorMessage":"no"}`, nil, "WARN", "call failed"},
		"no answer":   {0, "", errors.New("cable cut"), "WARN", "call failed"},
		"not found":   {404, "", nil, "", ""},
		"not changed": {304, "", nil, "", ""},
	} {
		out.Reset()
		mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
			if c.err != nil {
				return nil, c.err
			}
			return answer(c.status, "application/json", c.body)(r)
		})
		_, err := client.Contact.GetContactEntity(t.Context(), 5)
		require.Error(t, err)
		records := logged(t, out.Bytes())
		if c.level == "" {
			assert.Empty(t, records, name)
			continue
		}
		require.Len(t, records, 1, name)
		assert.Equal(t, []any{c.level, c.message}, []any{records[0]["level"], records[0]["msg"]}, name)
	}
}

// TestCallNeverEncodesAReader has readers come where {} would be sent for them,
// which would wipe a document.
func TestCallNeverEncodesAReader(t *testing.T) {
	t.Parallel()
	client, seen := recording(t)
	var reader io.Reader = strings.NewReader("hello")
	builder := new(strings.Builder)
	builder.WriteString("hello")
	type inner struct{ Content any }
	values := map[string]any{
		"a buffer by value":       *bytes.NewBufferString("hello"),
		"a pointer to a reader":   &reader,
		"a pointer to a pointer":  func() any { b := bytes.NewBufferString("hello"); return &b }(),
		"a builder":               builder,
		"a builder by value":      strings.Builder{},
		"a reader by value":       *strings.NewReader("hello"),
		"a part by value":         io.LimitedReader{R: reader, N: 1},
		"a Stream by value":       superoffice.Stream{},
		"in a dictionary":         map[string]any{"Content": reader},
		"in a list":               []any{1, reader},
		"in a struct":             struct{ Content io.Reader }{reader},
		"deep inside":             map[string]any{"a": []inner{{}, {map[string]*inner{"b": {builder}}}}},
		"a Stream inside":         map[string]any{"Content": &superoffice.Stream{}},
		"in a promoted member":    struct{ inner }{inner{reader}},
		"a struct of no exported": struct{ content string }{"hello"},
	}
	for name, in := range values {
		for _, opts := range [][]superoffice.CallOption{nil, {superoffice.WithContentType(superoffice.ContentTypeXML)}, {superoffice.WithContentType(superoffice.ContentTypeForm)}} {
			*seen = arrived{}
			err := client.Call(t.Context(), "PUT", "v1/Document/5/Content", in, nil, opts...)
			assert.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
			assert.ErrorContains(t, err, "pass a reader alone", name)
			assert.Equal(t, arrived{}, *seen, name)
		}
	}
	err := client.Webhook.SignalEvent(t.Context(), "x", 5, map[string]any{"a": reader})
	assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.ErrorContains(t, client.Call(t.Context(), "GET", "v1/x", struct{ A io.Reader }{reader}, nil), "a *strings.Reader")
	assert.Equal(t, arrived{}, *seen)
}

// TestCallEncodesAllElse has values come that look like such, and hold themselves.
func TestCallEncodesAllElse(t *testing.T) {
	t.Parallel()
	client, seen := recording(t)
	type loop struct {
		Next *loop
		Any  any
	}
	at := time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC)
	for want, in := range map[string]any{
		`{}`:                           struct{}{},
		`{"A":null}`:                   struct{ A io.Reader }{},
		`{"A":"2026-05-04T00:00:00Z"}`: struct{ A any }{at},
		`{"A":5}`:                      map[string]any{"A": big.NewInt(5)},
		`{"A":1}`: struct {
			A int
			b strings.Builder
			C io.Reader `json:"-"`
		}{A: 1, C: strings.NewReader("x")},
		`{"Next":{"Next":null,"Any":1},"Any":[1]}`: loop{&loop{Any: 1}, []any{1}},
	} {
		require.NoError(t, client.Call(t.Context(), "PUT", "v1/x", in, nil), want)
		assert.Equal(t, want, seen.body)
	}
	round := map[string]any{}
	round["a"] = round
	assert.ErrorIs(t, client.Call(t.Context(), "PUT", "v1/x", round, nil), superoffice.ErrInvalidArgument)
}

// A condition that is not active is dropped from its query, so that Go's zero
// value would widen it.
func TestConditionMadeInGoIsActive(t *testing.T) {
	t.Parallel()
	written, err := superoffice.ArchiveRestrictionInfo{Name: "orgNr", Operator: "=", Values: []string{"5"}}.MarshalJSON()
	require.NoError(t, err)
	assert.Contains(t, string(written), `"IsActive":true`)
	for _, came := range []string{"true", "false"} {
		var read superoffice.ArchiveRestrictionInfo
		require.NoError(t, read.UnmarshalJSON([]byte(`{"Name":"a","IsActive":`+came+`}`)))
		written, err = read.MarshalJSON()
		require.NoError(t, err)
		assert.Contains(t, string(written), `"IsActive":`+came)
		read.IsActive = false
		written, err = read.MarshalJSON()
		require.NoError(t, err)
		assert.Contains(t, string(written), `"IsActive":false`, "switched off by the program")
	}
}

// TestAMissingResponderIsNotTriedAgain has a test forget a responder.
func TestAMissingResponderIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	client, _ := mocked(t, superoffice.WithRetry(superoffice.RetryPolicy{}))
	_, err := client.Contact.GetContactEntity(t.Context(), 5)
	require.ErrorContains(t, err, "no responder found")
	var failure *superoffice.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, 1, failure.Attempts)
}

// TestTransportsOfTheCallerSeeNoEmptyHeader has one look at the first value of
// every header.
func TestTransportsOfTheCallerSeeNoEmptyHeader(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		for name, values := range r.Header {
			assert.NotEmpty(t, values, name)
		}
		return answer(200, "application/json", `{"ContactId":5}`)(r)
	})
	_, err := client.Contact.GetContactEntity(t.Context(), 5)
	require.NoError(t, err)
}

// TestSecretResultsDoNotShow has calls whose result is a secret get an answer
// of another type.
func TestSecretResultsDoNotShow(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", `{"Key":"`+marked+`"}`))
	for name, call := range map[string]func() (string, error){
		"GetEncryptionKey":     func() (string, error) { return client.Associate.GetEncryptionKey(t.Context()) },
		"GetAccessToken":       func() (string, error) { return client.User.GetAccessToken(t.Context(), "app", false) },
		"SetGeneratedPassword": func() (string, error) { return client.User.SetGeneratedPassword(t.Context(), 5) },
	} {
		_, err := call()
		var failure *superoffice.Error
		require.ErrorAs(t, err, &failure, name)
		assert.Empty(t, failure.Body, name)
		assert.NotContains(t, err.Error(), marked, name)
	}
	mock.RegisterNoResponder(answer(500, "application/json", `{"ErrorMessage":"no session `+marked+`"}`))
	_, err := client.CustomerService.SessionIsValid(t.Context(), marked)
	assert.ErrorContains(t, err, "no session REDACTED")
	_, err = client.CustomerService.ReportSessionActive(t.Context(), marked)
	assert.ErrorContains(t, err, "no session REDACTED")
}

// TestCallKeepsNoSecretAnswer has Call, which knows of its call nothing but the
// route, get answers that cannot be read.
func TestCallKeepsNoSecretAnswer(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(200, "application/json", `{"Key":"`+marked+`","Other":7}`))
	d, err := definition()
	require.NoError(t, err)
	parameter := regexp.MustCompile(`\{[^{}]*\}`)
	secret := 0
	for _, c := range slices.Concat(d.Calls(), d.EntityCalls()) {
		path := parameter.ReplaceAllString(c.Path(), "7")
		for _, path := range []string{path, "/api/" + strings.ToLower(path) + "/?a=b"} {
			for _, out := range []any{new(string), new(superoffice.Stream), new([]string)} {
				var failure *superoffice.Error
				require.ErrorAs(t, client.Call(t.Context(), c.Verb(), path, nil, out, superoffice.WithAccept("application/json")), &failure, path)
				if c.Secret || d.HoldsSecret(c.Result) {
					assert.Empty(t, failure.Body, "%s %s into %T", c.Verb(), path, out)
					secret++
				} else if c.Entity == "" {
					assert.NotEmpty(t, failure.Body, "%s %s into %T", c.Verb(), path, out)
				}
			}
		}
	}
	assert.Greater(t, secret, 600)
	mock.RegisterNoResponder(answer(200, "text/plain; charset=ebcdic", marked))
	var failure *superoffice.Error
	require.ErrorAs(t, client.Call(t.Context(), "POST", "v1/Agents/User/GetAccessToken", nil, nil), &failure)
	assert.Empty(t, failure.Body)
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		resp, err := answer(200, "application/json", "")(r)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(marked), iotest.ErrReader(io.ErrUnexpectedEOF)))
		return resp, err
	})
	_, err = client.User.GetAccessToken(t.Context(), "app", false)
	require.ErrorAs(t, err, &failure)
	assert.Empty(t, failure.Body, "cut short")
}
