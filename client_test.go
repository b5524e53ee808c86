package superoffice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
)

// headersOf makes a call with opts and returns the header that arrived.
func headersOf(t *testing.T, clientOpts []superoffice.ClientOption, opts ...superoffice.CallOption) http.Header {
	t.Helper()
	client, mock := mocked(t, clientOpts...)
	var (
		req  http.Request
		body string
	)
	mock.RegisterResponder("POST", getTokensURL, keep(&req, &body, answer(200, "application/json", fixture(t, "external_tokens.json"))))
	_, err := client.User.GetExternalTokens(t.Context(), "quos", opts...)
	require.NoError(t, err)
	return req.Header
}

func TestNoHeaderUnlessAskedFor(t *testing.T) {
	t.Parallel()
	h := headersOf(t, nil)
	for _, name := range []string{"Authorization", "X-XSRF-TOKEN", "Accept-Language", "SO-Language", "SO-Culture", "SO-TimeZone", "SO-AppToken", "Cookie"} {
		assert.NotContains(t, h, http.CanonicalHeaderKey(name))
	}
	assert.Equal(t, "application/json", h.Get("Content-Type"), "a body says what it is")
	assert.Equal(t, "application/json", h.Get("Accept"))
	assert.Regexp(t, `^superoffice-go/`, h.Get("User-Agent"))
}

func TestEveryHeaderOnClientAndCall(t *testing.T) {
	t.Parallel()
	type both = superoffice.Option
	for _, c := range []struct {
		header      string
		onClient    both
		want        string
		onCall      both
		wantOnCall  string
		empty       both
		wantOnEmpty []string
	}{
		{"SO-Language", superoffice.WithLanguage("en"), "en", superoffice.WithLanguage(superoffice.NoTranslation), "*", superoffice.WithLanguage(""), []string{""}},
		{"Accept-Language", superoffice.WithAcceptLanguage("nb, en;q=0.5"), "nb, en;q=0.5", superoffice.WithAcceptLanguage("de"), "de", superoffice.WithAcceptLanguage(""), []string{""}},
		{"SO-TimeZone", superoffice.WithTimeZone("NO"), "NO", superoffice.WithTimeZoneOffsets(), "NO, includeTZOffset", superoffice.WithTimeZone(""), []string{""}},
		{"SO-AppToken", superoffice.WithAppToken("app-1"), "app-1", superoffice.WithAppToken("app-2"), "app-2", superoffice.WithAppToken(""), []string{""}},
		{"Content-Type", superoffice.WithContentType(superoffice.ContentTypeTextJSON), "text/json", superoffice.WithContentType(superoffice.ContentTypeForm), "application/x-www-form-urlencoded", superoffice.WithContentType(""), []string{""}},
		{"Accept", superoffice.WithAccept(superoffice.ContentTypeXML), "application/xml", superoffice.WithAccept(superoffice.ContentTypeTextJSON), "text/json", superoffice.WithAccept(""), []string{""}},
		{"Authorization", superoffice.WithAuth(superoffice.TicketAuth("7T:abc")), "SOTicket 7T:abc", superoffice.WithAuth(superoffice.BearerAuth("8A:Cust1.x")), "Bearer 8A:Cust1.x", superoffice.WithHeader("authorization", ""), []string{""}},
		{"X-XSRF-TOKEN", superoffice.WithAuth(superoffice.SessionAuth("x1")), "x1", superoffice.WithHeader("X-XSRF-TOKEN", "x2"), "x2", superoffice.WithHeader("x-xsrf-token", ""), []string{""}},
		{"X-Custom", superoffice.WithHeader("x-custom", "1"), "1", superoffice.WithHeader("X-Custom", "2"), "2", superoffice.WithHeader("X-Custom", ""), []string{""}},
	} {
		t.Run(c.header, func(t *testing.T) {
			t.Parallel()
			name := http.CanonicalHeaderKey(c.header)
			client := []superoffice.ClientOption{c.onClient}
			assert.Equal(t, []string{c.want}, headersOf(t, client)[name], "from the client")
			assert.Equal(t, []string{c.want}, headersOf(t, nil, c.onClient)[name], "from the call")
			assert.Equal(t, []string{c.wantOnCall}, headersOf(t, client, c.onCall)[name], "the call overrides")
			assert.Equal(t, c.wantOnEmpty, headersOf(t, client, c.empty)[name], "down to empty")
		})
	}
	h := headersOf(t, []superoffice.ClientOption{superoffice.WithCulture("nb-NO")}, superoffice.WithLanguage("no"))
	assert.Equal(t, "nb-NO", h.Get("SO-Culture"), "the client's culture with the call's language")
	cultured := []superoffice.ClientOption{superoffice.WithLanguage("no"), superoffice.WithCulture("nb-NO")}
	assert.Equal(t, []string{"nn-NO"}, headersOf(t, cultured, superoffice.WithCulture("nn-NO"))["So-Culture"], "the call overrides")
	assert.Equal(t, []string{""}, headersOf(t, cultured, superoffice.WithCulture(""))["So-Culture"], "down to empty")
	assert.Equal(t, "includeTZOffset", headersOf(t, nil, superoffice.WithTimeZoneOffsets()).Get("SO-TimeZone"))
	assert.Equal(t, "UTC, includeTZOffset", headersOf(t, nil, superoffice.WithTimeZoneOffsets(), superoffice.WithTimeZone("UTC")).Get("SO-TimeZone"))
	assert.Equal(t, "UTC,includeTZOffset", headersOf(t, nil, superoffice.WithHeader("SO-TimeZone", "UTC,includeTZOffset")).Get("SO-TimeZone"))
	assert.Equal(t, "sync/2", headersOf(t, []superoffice.ClientOption{superoffice.WithUserAgent("sync/2")}).Get("User-Agent"))
	assert.Equal(t, "text/json", headersOf(t, nil, superoffice.WithHeader("content-type", "text/json")).Get("Content-Type"))
	assert.Equal(t, "text/xml", headersOf(t, nil, superoffice.WithHeader("accept", "text/xml")).Get("Accept"))
}

func TestAuthStrategies(t *testing.T) {
	t.Parallel()
	cookie := &http.Cookie{Name: "ASP.NET_SessionId", Value: "s1", Path: "/", HttpOnly: true}
	for name, c := range map[string]struct {
		auth superoffice.Auth
		want map[string]string
	}{
		"basic":   {superoffice.BasicAuth("hugo", "pä:ss"), map[string]string{"Authorization": "Basic aHVnbzpww6Q6c3M="}},
		"ticket":  {superoffice.TicketAuth("7T:abc=="), map[string]string{"Authorization": "SOTicket 7T:abc=="}},
		"bearer":  {superoffice.BearerAuth("8A:Cust1.x"), map[string]string{"Authorization": "Bearer 8A:Cust1.x"}},
		"source":  {superoffice.TokenSourceAuth(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "8A:Cust2.y"})), map[string]string{"Authorization": "Bearer 8A:Cust2.y"}},
		"session": {superoffice.SessionAuth("x1", cookie), map[string]string{"X-XSRF-TOKEN": "x1", "Cookie": "ASP.NET_SessionId=s1", "Authorization": ""}},
		"own": {superoffice.AuthFunc(func(_ context.Context, r *http.Request) error {
			r.Header.Set("X-Own", "yes")
			return nil
		}), map[string]string{"X-Own": "yes", "Authorization": ""}},
	} {
		h := headersOf(t, []superoffice.ClientOption{superoffice.WithAuth(c.auth), superoffice.WithAppToken("app")})
		assert.Equal(t, "app", h.Get("SO-AppToken"), "goes with any")
		for key, want := range c.want {
			assert.Equal(t, want, h.Get(key), name)
			if want == "" {
				assert.NotContains(t, h, key, name)
			}
		}
	}
	h := headersOf(t, []superoffice.ClientOption{superoffice.WithHeader("Cookie", "affinity=1"), superoffice.WithAuth(superoffice.SessionAuth("x1", cookie))})
	assert.Equal(t, "affinity=1; ASP.NET_SessionId=s1", h.Get("Cookie"), "cookies add up")
	h = headersOf(t, []superoffice.ClientOption{superoffice.WithHeader("Authorization", "Negotiate abc")}, superoffice.WithAuth(superoffice.TicketAuth("7T:x")))
	assert.Equal(t, "SOTicket 7T:x", h.Get("Authorization"), "the later one counts")
}

type tokenSource func() (*oauth2.Token, error)

func (f tokenSource) Token() (*oauth2.Token, error) { return f() }

func TestTokenSources(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterResponder("POST", getTokensURL, answer(200, "application/json", fixture(t, "external_tokens.json")))
	call := func(ctx context.Context, source tokenSource) error {
		_, err := client.User.GetExternalTokens(ctx, "quos", superoffice.WithAuth(superoffice.TokenSourceAuth(source)))
		return err
	}
	broken := errors.New("no token today")
	require.ErrorIs(t, call(t.Context(), func() (*oauth2.Token, error) { return nil, broken }), broken)
	require.ErrorIs(t, call(context.WithoutCancel(t.Context()), func() (*oauth2.Token, error) { return nil, broken }), broken)
	require.ErrorContains(t, call(t.Context(), func() (*oauth2.Token, error) { return &oauth2.Token{}, nil }), "no access token")
	require.ErrorContains(t, call(t.Context(), func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: "secret\n"}, nil }), "control character")
	assert.Zero(t, mock.GetTotalCallCount())

	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	err := call(ctx, func() (*oauth2.Token, error) {
		cancel()
		<-release
		return nil, nil
	})
	require.ErrorIs(t, err, context.Canceled, "a source that hangs does not hold the call")
}

// Two users from one base: neither sends the other's credential.
func TestDerivedClientsDoNotShareCredentials(t *testing.T) {
	t.Parallel()
	var headers []http.Header
	baseClient, mock := mocked(t, superoffice.WithLanguage("en"), superoffice.WithAppToken("app"))
	mock.RegisterResponder("POST", getTokensURL, func(r *http.Request) (*http.Response, error) {
		headers = append(headers, r.Header.Clone())
		return answer(200, "application/json", fixture(t, "external_tokens.json"))(r)
	})
	anna, err := baseClient.With(superoffice.WithAuth(superoffice.TicketAuth("7T:anna")), superoffice.WithHeader("X-User", "anna"))
	require.NoError(t, err)
	bert, err := baseClient.With(superoffice.WithAuth(superoffice.TicketAuth("7T:bert")), superoffice.WithLanguage("de"))
	require.NoError(t, err)
	carl, err := anna.With(superoffice.WithAuth(superoffice.SessionAuth("xsrf-carl")))
	require.NoError(t, err)
	for range 3 {
		for _, client := range []*superoffice.Client{anna, bert, carl, baseClient} {
			_, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.WithHeader("X-Call", "1"))
			require.NoError(t, err)
		}
	}
	for i := range 3 {
		a, b, c, none := headers[4*i], headers[4*i+1], headers[4*i+2], headers[4*i+3]
		assert.Equal(t, "SOTicket 7T:anna", a.Get("Authorization"))
		assert.Equal(t, "SOTicket 7T:bert", b.Get("Authorization"))
		assert.Equal(t, []string{"en", "de", "en", "en"}, []string{a.Get("SO-Language"), b.Get("SO-Language"), c.Get("SO-Language"), none.Get("SO-Language")})
		assert.Equal(t, "anna", a.Get("X-User"))
		assert.NotContains(t, b, "X-User")
		assert.NotContains(t, c, "Authorization")
		assert.Equal(t, "xsrf-carl", c.Get("X-XSRF-TOKEN"))
		assert.NotContains(t, none, "Authorization")
		assert.Equal(t, "app", none.Get("SO-AppToken"))
	}
}

func TestClientsOwnTheirSettings(t *testing.T) {
	t.Parallel()
	given := &http.Client{Timeout: time.Minute}
	client, err := superoffice.NewClient(base, superoffice.WithHTTPClient(given))
	require.NoError(t, err)
	assert.Nil(t, given.Transport, "the caller's http.Client stays as it was")
	assert.Nil(t, given.CheckRedirect)
	other, err := client.With(superoffice.WithHTTPClient(&http.Client{}))
	require.NoError(t, err)
	client.CloseIdleConnections()
	other.CloseIdleConnections()

	_, err = client.With(superoffice.WithUserAgent("a\nb"))
	assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	for _, opt := range []superoffice.ClientOption{
		nil, superoffice.WithHTTPClient(nil), superoffice.WithMaxResponseBytes(0), superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: -1}),
		superoffice.WithAuth(superoffice.BearerAuth(" ")),
	} {
		_, err := superoffice.NewClient(base, opt)
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	}
}

func TestZeroClientSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	var zero superoffice.Client
	assert.ErrorContains(t, zero.Call(t.Context(), "GET", "v1/x", nil, nil), "NewClient")
	_, err := zero.With()
	assert.ErrorContains(t, err, "NewClient")
	_, err = zero.User.GetExternalTokens(t.Context(), "x")
	assert.ErrorContains(t, err, "NewClient")
	_, err = zero.Version(t.Context())
	assert.ErrorContains(t, err, "NewClient")
	zero.CloseIdleConnections()
	assert.Equal(t, "superoffice.Client{}", fmt.Sprint(&zero))
}

func TestVersion(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterResponder("GET", base+"/api", answer(200, "application/json", fixture(t, "version.json")))
	v, err := client.Version(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "https://crm.example.com/SuperOffice/api/v1/", v.V1)
	assert.Equal(t, "12.2.1024.0", v.NetServerVersion)
	back, err := json.Marshal(v)
	require.NoError(t, err)
	assert.JSONEq(t, fixture(t, "version.json"), string(back))
	var again superoffice.APIVersion
	require.NoError(t, json.Unmarshal(back, &again))
	assert.Equal(t, *v, again)

	mock.RegisterResponder("GET", base+"/api", answer(200, "text/html", "<html><title>WebAPI</title></html>"))
	_, err = client.Version(t.Context())
	var failure *superoffice.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, "Version", failure.Operation)
}

// caller is a client whose server gives one answer, and what arrived there.
type caller struct {
	*superoffice.Client
	req  http.Request
	body string
}

func newCaller(t *testing.T, contentType, text string) *caller {
	t.Helper()
	client, mock := mocked(t)
	c := &caller{Client: client}
	mock.RegisterNoResponder(keep(&c.req, &c.body, answer(200, contentType, text)))
	return c
}

// individual is a carrier of a caller's own.
type individual struct {
	ID   int    `json:"PersonId"`
	Name string `json:"FullName,omitempty"`
}

func TestCallDecodesTheAnswer(t *testing.T) {
	t.Parallel()
	client := newCaller(t, "application/json", `{"PersonId":5,"FullName":"Anna","Else":1}`)
	var got individual
	require.NoError(t, client.Call(t.Context(), "POST", "v1/Agents/Person/GetPerson?personId=5", nil, &got))
	assert.Equal(t, individual{5, "Anna"}, got)
	assert.Equal(t, "POST /SuperOffice/api/v1/Agents/Person/GetPerson?personId=5", client.req.Method+" "+client.req.URL.RequestURI())
	assert.Empty(t, client.body)
	assert.NotContains(t, client.req.Header, "Content-Type")

	client = newCaller(t, "application/json", `[1,2]`)
	var anything any
	require.NoError(t, client.Call(t.Context(), "POST", "v1/x", nil, &anything))
	assert.Equal(t, []any{1.0, 2.0}, anything)
}

func TestCallSendsAQuery(t *testing.T) {
	t.Parallel()
	client := newCaller(t, "application/xml", `<x><PersonId>7</PersonId><FullName>Bert</FullName></x>`)
	var got individual
	require.NoError(t, client.Call(t.Context(), "GET", "v1/Person/7?a=b", struct {
		Top int `url:"$top"`
	}{2}, &got))
	assert.Equal(t, individual{7, "Bert"}, got)
	assert.Equal(t, "2", client.req.URL.Query().Get("$top"))
	assert.Equal(t, "b", client.req.URL.Query().Get("a"))
	require.NoError(t, client.Call(t.Context(), "DELETE", "v1/Person/7", url.Values{"x": {"y z"}}, nil))
	assert.Equal(t, "x=y%20z", client.req.URL.RawQuery)
}

func TestCallSendsABody(t *testing.T) {
	t.Parallel()
	client := newCaller(t, "application/json", `[1,2]`)
	require.NoError(t, client.Call(t.Context(), "put", "v1/Person/5", individual{ID: 5}, nil))
	assert.Equal(t, `{"PersonId":5}`, client.body)
	assert.Equal(t, "PUT", client.req.Method)

	var list []int
	require.NoError(t, client.Call(t.Context(), "POST", "v1/x", []int{3}, &list, superoffice.WithContentType(superoffice.ContentTypeXML)))
	assert.Equal(t, []int{1, 2}, list)
	assert.Equal(t, "<ArrayOfint><int>3</int></ArrayOfint>", client.body)
}

func TestCallMovesBytesAsTheyAre(t *testing.T) {
	t.Parallel()
	client := newCaller(t, "application/octet-stream", "\x00raw")
	var raw []byte
	require.NoError(t, client.Call(t.Context(), "POST", "v1/x", []byte("as it is"), &raw))
	assert.Equal(t, "as it is", client.body)
	assert.Equal(t, "\x00raw", string(raw))
}

func TestCallRefuses(t *testing.T) {
	t.Parallel()
	client, ctx := newCaller(t, "application/json", `{}`), t.Context()
	for argument, err := range map[string]error{
		"method":            client.Call(ctx, "", "v1/x", nil, nil),
		"path":              client.Call(ctx, "GET", "https://evil.example/", nil, nil),
		"out":               client.Call(ctx, "GET", "v1/x", nil, individual{}),
		"non-nil pointer":   client.Call(ctx, "GET", "v1/x", nil, (*individual)(nil)),
		"in cannot":         client.Call(ctx, "GET", "v1/x", 5, nil),
		"cannot be encoded": client.Call(ctx, "POST", "v1/x", func() {}, nil),
		"form":              client.Call(ctx, "POST", "v1/x", []int{1}, nil, superoffice.WithContentType(superoffice.ContentTypeForm)),
	} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
			assert.ErrorContains(t, err, argument)
		})
	}
	assert.Empty(t, client.req.Method, "nothing was sent")
}

func TestNothing(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	for _, c := range []struct {
		status      int
		contentType string
		body        string
	}{
		{200, "application/json", "null"}, {200, "application/json", " \r\nnull\n"}, {200, "application/json", ""}, {204, "", ""}, {200, "", "\ufeff"},
		{200, "text/json", "\xff\xfen\x00u\x00l\x00l\x00"}, {200, "text/json; charset=utf-16be", "\x00n\x00u\x00l\x00l"},
		{200, "application/xml", `<TokenManagementInfo xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" />`},
	} {
		mock.RegisterNoResponder(answer(c.status, c.contentType, c.body))
		info, err := client.User.GetExternalTokens(t.Context(), "quos")
		require.ErrorIs(t, err, superoffice.ErrNotFound, c)
		assert.Nil(t, info)
		var failure *superoffice.Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, c.status, failure.StatusCode)
		assert.Equal(t, "/SuperOffice/api/v1/Agents/User/GetExternalTokens", failure.Path)

		list := []int{9}
		require.NoError(t, client.Call(t.Context(), "POST", "v1/x", nil, &list), c)
		assert.Equal(t, []int{}, list, "an empty list, not a missing one")
		dictionary := map[string]string{"a": "b"}
		require.NoError(t, client.Call(t.Context(), "POST", "v1/x", nil, &dictionary))
		assert.Equal(t, map[string]string{}, dictionary)
		require.NoError(t, client.Call(t.Context(), "POST", "v1/x", nil, nil), "nothing is due")
		var raw []byte
		assert.ErrorIs(t, client.Call(t.Context(), "POST", "v1/x", nil, &raw), superoffice.ErrNotFound)
	}
}

func TestCaptureResponse(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t)
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		resp, err := answer(404, "application/json", fixture(t, "error_not_found.json"))(r)
		resp.Header.Set("X-Db-Stats", "Calls=3")
		return resp, err
	})
	var captured superoffice.Response
	_, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.CaptureResponse(&captured))
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	assert.Equal(t, 404, captured.StatusCode)
	assert.Equal(t, "Calls=3", captured.Header.Get("X-DB-Stats"))
	assert.Equal(t, 1, captured.Attempts)
	assert.Positive(t, captured.Duration)
	assert.NoError(t, captured.Cause)

	mock.RegisterNoResponder(func(*http.Request) (*http.Response, error) { return nil, errors.New("cable cut") })
	_, err = client.User.GetExternalTokens(t.Context(), "quos", superoffice.CaptureResponse(&captured))
	require.ErrorContains(t, err, "cable cut")
	assert.Zero(t, captured.StatusCode)
	assert.Nil(t, captured.Header)
	assert.Equal(t, 1, captured.Attempts)

	_, err = client.User.GetExternalTokens(t.Context(), "", superoffice.CaptureResponse(&captured))
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.Equal(t, superoffice.Response{}, captured, "nothing of the call before")
}

func TestTimeoutBoundsTheCall(t *testing.T) {
	t.Parallel()
	client, mock := mocked(t, superoffice.WithTimeout(time.Hour))
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	_, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.WithTimeout(time.Millisecond))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.User.GetExternalTokens(ctx, "quos")
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, mock.GetTotalCallCount(), "a call that is cancelled already is not sent")
}
