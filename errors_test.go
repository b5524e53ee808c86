package superoffice_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

var sentinels = map[string]error{
	"ErrNotFound": superoffice.ErrNotFound, "ErrUnauthorized": superoffice.ErrUnauthorized, "ErrForbidden": superoffice.ErrForbidden,
	"ErrConflict": superoffice.ErrConflict, "ErrPreconditionFailed": superoffice.ErrPreconditionFailed, "ErrMisdirected": superoffice.ErrMisdirected,
	"ErrThrottled": superoffice.ErrThrottled, "ErrUnavailable": superoffice.ErrUnavailable, "ErrInvalidArgument": superoffice.ErrInvalidArgument,
}

// failing makes a call that is answered so, and returns its error.
func failing(t *testing.T, status int, contentType, body string) *superoffice.Error {
	t.Helper()
	client, mock := mocked(t)
	mock.RegisterNoResponder(answer(status, contentType, body))
	info, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.Select("Provider"))
	require.Nil(t, info)
	var failure *superoffice.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, status, failure.StatusCode)
	assert.Equal(t, "POST", failure.Method)
	assert.Equal(t, "/SuperOffice/api/v1/Agents/User/GetExternalTokens", failure.Path, "without the query")
	assert.Equal(t, "User/GetExternalTokens", failure.Operation)
	assert.Equal(t, 1, failure.Attempts)
	assert.NotContains(t, failure.Error(), "\n")
	return failure
}

// The status of the answer says that it is an error, so the body need not, and
// each reason is told once.
func TestEveryReasonIsTold(t *testing.T) {
	t.Parallel()
	const json, xml = "application/json", "application/xml"
	for _, c := range []struct{ contentType, body, message, detail string }{
		{json, `{"title":"No way"}`, "No way", ""},
		{"application/problem+json", `{"type":"about:blank","title":"Bad","detail":"why"}`, "Bad", "why"},
		{json, `{"detail":"why"}`, "why", ""},
		{json, `{"MessageDetail":"why"}`, "why", ""},
		{json, `{"code":7,"description":"why"}`, "why", ""},
		{json, `{"errors":{"Name":["too long"]}}`, "Name: too long", ""},
		{json, `{"errors":{"Title":"too long","Name":"odd"}}`, "Name: odd; Title: too long", ""},
		{json, `{"errors":["too long","too long","odd"]}`, "too long; odd", ""},
		{json, `{"errors":[{"Message":"too long"},{"field":"Name","defaultMessage":"odd"},{"detail":"bad","pointer":"#/Age"}]}`, "too long; Name: odd; #/Age: bad", ""},
		{json, `{"errors":{"Name":[{"errorMessage":"too long"}]}}`, "Name: too long", ""},
		{json, `{"errors":"too long"}`, "too long", ""},
		{json, `{"Messages":{"Name":"too long"}}`, "Name: too long", ""},
		{json, `{"error":["too long"]}`, "too long", ""},
		{json, `{"statusCode":400,"message":["a","b"],"error":"Bad Request"}`, "Bad Request", "a; b"},
		{json, `{"error":{"code":"x","message":"m","details":[{"target":"Name","message":"too long"}]}}`, "m", "Name: too long"},
		{json, `["too long",{"message":"odd"}]`, "too long; odd", ""},
		{json, `{"title":"T","status":400,"detail":"D","errors":{"Name":["too long"]}}`, "T", "D; Name: too long"},
		{json, `{"title":"T","detail":"T","errors":["T","D"]}`, "T", "T; D"},
		{json, `{"Message":"m","MessageDetail":"d","ModelState":{"a.Name":["too long","odd"],"b":["odd"]}}`, "m", "d; a.Name: too long, odd; b: odd"},
		{json, `{"Error":true,"ErrorType":"X","ErrorMessage":"m","errors":{"Name":["too long"]}}`, "m", "Name: too long"},
		{xml, `<Error><Message>m</Message><ModelState><Name><string>a</string><string>b</string></Name></ModelState></Error>`, "m", "Name: a, b"},
		{xml, `<problem><title>T</title><detail>D</detail></problem>`, "T", "D"},
		{json, `{"errors":[],"a":1}`, "the server gave no reason", ""},
	} {
		err := failing(t, 400, c.contentType, c.body)
		assert.Equal(t, []string{c.message, c.detail}, []string{err.Message, err.Detail}, c.body)
	}
	many := failing(t, 400, json, `{"errors":[`+strings.Repeat(`"x",`, 50)+`"0","1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17","18","19","20","21"]}`)
	assert.Equal(t, 18, strings.Count(many.Message, "; "), many.Message)
}

func TestStatusesAreSentinels(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		400: "", 401: "ErrUnauthorized", 403: "ErrForbidden", 404: "ErrNotFound", 409: "ErrConflict", 412: "ErrPreconditionFailed",
		421: "ErrMisdirected", 429: "ErrThrottled", 500: "", 502: "ErrUnavailable", 503: "ErrUnavailable", 504: "ErrUnavailable", 418: "",
	} {
		err := failing(t, status, "", "")
		for name, sentinel := range sentinels {
			assert.Equal(t, name == want, errors.Is(fmt.Errorf("wrapped: %w", err), sentinel), "%d %s", status, name)
		}
		assert.NotEmpty(t, err.Message)
	}
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                          string
		status                        int
		contentType, file             string
		kind, message, detail, source string
		is                            error
	}{
		{"ErrorMessage", 404, "application/json", "error_not_found.json", "SoNotFoundException", "Nothing here by that key", "", "SuperOffice.Services.Implementation", superoffice.ErrNotFound},
		{"not found as 500", 500, "text/json", "error_not_found.json", "SoNotFoundException", "Nothing here by that key", "", "SuperOffice.Services.Implementation", superoffice.ErrNotFound},
		{"Message", 400, "application/json; charset=utf-8", "error_argument.json", "ArgumentException", "The key is not usable", "", "SuperOffice.Services.Implementation", nil},
		{"MessageDetail", 400, "application/json", "error_binding.json", "", "The request is invalid.", "The parameter 'key' has no value.", "", nil},
		{"exception inside", 500, "application/json", "error_nested.json", "SoLicenseException", "The licence has run out", "", "Licensing", nil},
		{"session", 500, "application/json", "error_session.json", "SoSessionException", "The session is over", "", "", superoffice.ErrUnauthorized},
		{"XML", 400, "application/xml", "error.xml", "SoSentryException", "You may not see tokens", "", "Sentry", superoffice.ErrForbidden},
		{"HTML", 404, "text/html; charset=utf-8", "login.html", "", "the answer is an HTML page: Sign in to SuperOffice", "", "", superoffice.ErrNotFound},
		{"HTML, unsaid", 502, "", "login.html", "", "the answer is an HTML page: Sign in to SuperOffice", "", "", superoffice.ErrUnavailable},
		{"200, an error", 200, "application/json", "error_argument.json", "ArgumentException", "The key is not usable", "", "SuperOffice.Services.Implementation", nil},
		{"200, a binding error", 200, "application/json", "error_binding.json", "", "The request is invalid.", "The parameter 'key' has no value.", "", nil},
		{"200, not found", 200, "application/json", "error_not_found.json", "SoNotFoundException", "Nothing here by that key", "", "SuperOffice.Services.Implementation", superoffice.ErrNotFound},
		{"200, XML", 200, "application/xml", "error.xml", "SoSentryException", "You may not see tokens", "", "Sentry", superoffice.ErrForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, c.file)
			err := failing(t, c.status, c.contentType, body)
			assert.Equal(t, []string{c.kind, c.message, c.detail, c.source}, []string{err.Type, err.Message, err.Detail, err.Source})
			assert.Equal(t, body, string(err.Body))
			assert.Equal(t, c.contentType, err.Header.Get("Content-Type"))
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
		})
	}
	for body, want := range map[string]string{
		`"just text"`:                     "just text",
		`{"error":"invalid_client"}`:      "invalid_client",
		`{"error_description":"gone"}`:    "gone",
		`{"Unknown":{"a":1}}`:             "the server gave no reason",
		`{broken`:                         "the server gave no reason",
		`[1]`:                             "the server gave no reason",
		``:                                "the server gave no reason",
		"{\"Message\":\"a\\r\\nb\"}":      "a\r\nb",
		`{"ERRORMESSAGE":"case apart"}`:   "case apart",
		`{"Message":"m","Message":"two"}`: "two",
	} {
		assert.Equal(t, want, failing(t, 400, "application/json", body).Message, body)
	}
	assert.Equal(t, "plain words on lines", failing(t, 500, "text/css", "plain\n words\ton   lines").Message)
	assert.Equal(t, "the server gave no reason", failing(t, 500, "application/xml", "<a><b></a>").Message)
	assert.Equal(t, "the answer is a redirect", failing(t, 302, "", "").Message)
	assert.ErrorIs(t, failing(t, 304, "", ""), superoffice.ErrNotModified)
	assert.Equal(t, "für alle", failing(t, 500, "application/json; charset=iso-8859-1", "{\"Message\":\"f\xfcr alle\"}").Message)
	assert.Equal(t, "breit", failing(t, 500, "application/json; charset=utf-16be", "\x00\"\x00b\x00r\x00e\x00i\x00t\x00\"").Message)
	assert.Contains(t, failing(t, 500, "text/plain; charset=ebcdic", "{}").Message, "{}", "a charset nobody reads")
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ contentType, body, want string }{
		{"text/html", "<html><title>Login</title></html>", "HTML page"},
		{"application/xhtml+xml", "<html/>", "HTML page"},
		{"", "<!DOCTYPE HTML><html>", "HTML page"},
		{"application/json", `<html>`, "JSON is broken"},
		{"application/json", `{"Provider":"ne`, "ends too early"},
		{"application/json", `{"Provider":"x"}{}`, "follows the end"},
		{"application/json", `{"Provider":{"deep":1}}`, "member Provider is an object where a string was due"},
		{"application/json", `{"FieldProperties":{"f":{"FieldLength":"many"}}}`, "member FieldProperties/f/FieldLength is a string where a whole number"},
		{"application/json", `"text"`, "the answer is a string where an object was due"},
		{"application/json", `[]`, "a list where an object was due"},
		{"application/xml", `<TokenManagementInfo><Provider>`, "XML ends too early"},
		{"application/xml", `<a/><b/>`, "more than one root"},
		{"text/csv", `a;b`, `type "text/csv"`},
		{"application/json; charset=ebcdic", `{}`, `charset "ebcdic"`},
	} {
		err := failing(t, 200, c.contentType, c.body)
		assert.ErrorContains(t, err, c.want, c.body)
		assert.Error(t, errors.Unwrap(err), "the cause is there to unwrap")
	}
	err := failing(t, 200, "application/json", `{"Provider":"x","AccessToken":"very-secret`)
	assert.Empty(t, err.Body, "half an answer may hold half a secret")
	assert.NotContains(t, err.Error(), "very-secret")
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Contains(t, string(failing(t, 200, "text/html", "<html>page</html>").Body), "page", "a page is worth seeing")
}

func TestErrorOnACallWithoutResult(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	for _, c := range []struct{ contentType, body string }{
		{"text/html", "<html></html>"}, {"application/json", `{"Error":true,"ErrorMessage":"no"}`}, {"application/json", `{"Message":"a","MessageDetail":"b"}`},
	} {
		mock.RegisterNoResponder(answer(200, c.contentType, c.body))
		var failure *superoffice.Error
		assert.ErrorAs(t, client.Call(t.Context(), "POST", "v1/x", nil, nil), &failure, c.body)
	}
	mock.RegisterNoResponder(answer(200, "application/json", `{"Error":false,"ErrorMessage":""}`))
	assert.NoError(t, client.Call(t.Context(), "POST", "v1/x", nil, nil))
	mock.RegisterNoResponder(answer(200, "application/json", `{"Success":false,"Message":"rows are locked"}`))
	var result map[string]any
	assert.NoError(t, client.Call(t.Context(), "POST", "v1/x", nil, &result), "a result that has a message is no error")
	assert.Len(t, result, 2)
	mock.RegisterNoResponder(answer(200, "application/json", `{"Error":true,"ErrorMessage":"no"}`))
	result = nil
	assert.ErrorContains(t, client.Call(t.Context(), "POST", "v1/x", nil, &result), "no")
	assert.Nil(t, result)
}

func TestRestrictedAgentSaysSo(t *testing.T) {
	t.Parallel()
	for status, sentinel := range map[int]error{401: superoffice.ErrUnauthorized, 403: superoffice.ErrForbidden} {
		err := failing(t, status, "application/json", `{"ErrorMessage":"denied"}`)
		assert.ErrorIs(t, err, sentinel)
		assert.ErrorContains(t, err, "User agent is restricted in SuperOffice Online")
	}
	assert.NotContains(t, failing(t, 404, "", "").Error(), "restricted")
}

func TestErrorStaysOnOneLineWithinBounds(t *testing.T) {
	t.Parallel()
	err := failing(t, 500, "application/json", `{"Message":"a\nFAKE LOG LINE\u001b[2J`+strings.Repeat("x", 5000)+`"}`)
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), "\x1b")
	assert.Less(t, len(err.Error()), 800)
	assert.Contains(t, err.Message, "\n", "the member is what the server said")
	long := failing(t, 500, "text/plain", strings.Repeat("y", 200_000))
	assert.Len(t, long.Body, 64<<10)

	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.Equal(t, err.Error(), fmt.Sprintf(verb, err))
	}
	assert.Equal(t, fmt.Sprintf("%q", err.Error()), fmt.Sprintf("%q", err))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "err", err)
	assert.Contains(t, log.String(), `"status":500`)
	assert.Contains(t, log.String(), `"operation":"User/GetExternalTokens"`)
}

func TestTransportErrors(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	cut := errors.New("cable cut")
	mock.RegisterNoResponder(func(*http.Request) (*http.Response, error) { return nil, cut })
	_, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.Select("Provider"))
	require.ErrorIs(t, err, cut)
	var failure *superoffice.Error
	require.ErrorAs(t, err, &failure)
	assert.Zero(t, failure.StatusCode)
	assert.Equal(t, "superoffice: POST /SuperOffice/api/v1/Agents/User/GetExternalTokens: cable cut", err.Error(), "no URL, no query")

	broken := superoffice.AuthFunc(func(context.Context, *http.Request) error { return errors.New("no key today") })
	_, err = client.User.GetExternalTokens(t.Context(), "quos", superoffice.WithAuth(broken))
	require.ErrorContains(t, err, "applying the credentials: no key today")
}

func FuzzErrorBody(f *testing.F) {
	for _, name := range []string{"error_not_found.json", "error_argument.json", "error_binding.json", "error_nested.json", "error.xml", "login.html"} {
		f.Add(500, "application/json", fixture(f, name))
		f.Add(200, "", fixture(f, name))
	}
	f.Add(400, "application/xml; charset=utf-16", "\xff\xfe<\x00a\x00/\x00>\x00")
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		if status < 200 || status > 599 {
			status = 500
		}
		client, mock := mocked(t)
		mock.RegisterNoResponder(answer(status, contentType, body))
		info, err := client.User.GetExternalTokens(t.Context(), "quos")
		if err == nil {
			require.NotNil(t, info)
			require.Less(t, status, 300)
			return
		}
		var failure *superoffice.Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, status, failure.StatusCode)
		assert.NotContains(t, err.Error(), "\n")
		assert.LessOrEqual(t, len(failure.Body), 64<<10)
	})
}
