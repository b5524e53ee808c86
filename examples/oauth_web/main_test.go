package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// configure sets the environment that the program reads, and nothing else of
// it.
func configure(t *testing.T, values map[string]string) {
	t.Helper()
	for _, name := range []string{"ENVIRONMENT", "CLIENT_ID", "CLIENT_SECRET", "PRIVATE_KEY", "REDIRECT_URL", "TENANTS"} {
		t.Setenv("SUPEROFFICE_"+name, values[name])
	}
}

func TestVisitsItself(t *testing.T) {
	configure(t, nil)
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &stdout, &stderr))
	assert.Empty(t, stderr.String())
	said := stdout.String()
	assert.True(t, strings.HasPrefix(said, "SUPEROFFICE_ENVIRONMENT is not set"), said)
	for _, line := range []string{"Name Sandra Alder", "Company Company of Cust12345", "Tenant Cust12345", "Nordic Timber & Sons Trondheim +47 73 00 00 12"} {
		assert.Contains(t, said, "  "+line+"\n")
	}
}

func TestServesUntilItIsStopped(t *testing.T) {
	configure(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-serve"}, in, io.Discard)
		_ = in.Close()
	}()
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	require.True(t, lines.Scan())
	address, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "Listening on "), ". ")
	b := newBrowser(t, address)
	assert.Contains(t, b.visit(http.MethodGet, "/login", http.StatusOK), "Sandra Alder")
	b.CloseIdleConnections()
	stop()
	require.NoError(t, <-ended)
}

func TestServesAnEnvironment(t *testing.T) {
	configure(t, map[string]string{
		"ENVIRONMENT": "sod", "CLIENT_ID": "id", "CLIENT_SECRET": "secret", "REDIRECT_URL": "https://app.example.com/callback",
	})
	ctx, stop := context.WithCancel(t.Context())
	stop() // it starts, and stops at once
	var stdout bytes.Buffer
	require.NoError(t, run(ctx, nil, &stdout, io.Discard))
	assert.True(t, strings.HasPrefix(stdout.String(), "Listening on http://127.0.0.1:"), stdout.String())
}

func TestListensWhereTheRedirectLeads(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "localhost:3000", listenOn("", "http://localhost:3000/callback"))
	assert.Equal(t, "127.0.0.1:0", listenOn("", "https://app.example.com/callback"))
	assert.Equal(t, "127.0.0.1:8080", listenOn("127.0.0.1:8080", "http://localhost:3000/callback"))
}

func TestRefusesWhatCannotWork(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		args []string
		says string
	}{
		"flag":        {nil, []string{"-nonsense"}, "nonsense"},
		"address":     {nil, []string{"-addr", "nowhere"}, "nowhere"},
		"application": {map[string]string{"ENVIRONMENT": "sod"}, nil, "set SUPEROFFICE_CLIENT_ID"},
		"redirect":    {map[string]string{"ENVIRONMENT": "sod", "CLIENT_ID": "id"}, nil, "set SUPEROFFICE_REDIRECT_URL to where /callback"},
		"environment": {map[string]string{"ENVIRONMENT": "sd", "CLIENT_ID": "id", "REDIRECT_URL": "https://app.example.com/callback"}, nil, "Config.Environment"},
	} {
		t.Run(name, func(t *testing.T) {
			configure(t, tt.env)
			require.ErrorContains(t, run(t.Context(), tt.args, io.Discard, io.Discard), tt.says)
		})
	}
}

// world is the site, the stand-in behind it, and what the site has logged.
type world struct {
	address string
	tenant  *superofficetest.Tenant
	log     *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	configure(t, nil)
	setup, err := connect.Online(io.Discard)
	require.NoError(t, err)
	t.Cleanup(func() {
		setup.Close()
		assert.Empty(t, setup.StandIn.Violations())
	})
	w := &world{log: new(bytes.Buffer)}
	server := httptest.NewUnstartedServer(nil)
	w.address = "http://" + server.Listener.Addr().String()
	furnish(setup, w.address+callbackPath)
	server.Config.Handler, err = newHandler(setup.Config, slog.New(slog.NewTextHandler(w.log, nil)))
	require.NoError(t, err)
	server.Start()
	t.Cleanup(server.Close)
	w.tenant = setup.StandIn.Tenant("Cust12345")
	return w
}

// browser keeps cookies and follows redirects.
type browser struct {
	*http.Client
	t       *testing.T
	address string
}

func newBrowser(t *testing.T, address string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	b := &browser{&http.Client{Jar: jar, Transport: &http.Transport{}}, t, address}
	t.Cleanup(b.CloseIdleConnections)
	return b
}

// visit returns the page to which a path leads.
func (b *browser) visit(method, path string, status int) string {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.address+path, nil)
	require.NoError(b.t, err)
	return b.send(req, status)
}

func (b *browser) send(req *http.Request, status int) string {
	b.t.Helper()
	resp, err := b.Do(req)
	require.NoError(b.t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	assert.Equal(b.t, status, resp.StatusCode, "%s", body)
	assert.Equal(b.t, "no-store", resp.Header.Get("Cache-Control"))
	assert.Contains(b.t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	return string(body)
}

// signIn signs in without a look at what the tenant has.
func (b *browser) signIn() {
	b.t.Helper()
	b.visit(http.MethodGet, "/login?return=/style.css", http.StatusOK)
}

func TestShowsNothingToStrangers(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.address)
	for method, path := range map[string]string{http.MethodGet: "/", http.MethodPost: "/sign-out"} {
		assert.Contains(t, b.visit(method, path, http.StatusOK), "Sign in with SuperOffice")
	}
	b.Jar.SetCookies(parse(t, w.address), []*http.Cookie{{Name: "session", Value: "guessed"}})
	assert.Contains(t, b.visit(http.MethodGet, "/", http.StatusOK), "Sign in with SuperOffice")
	assert.Contains(t, b.visit(http.MethodGet, "/nowhere", http.StatusNotFound), "There is no such page")
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}

func TestNoOtherSiteSignsPeopleOut(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.address)
	b.signIn()
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.com"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.address+"/sign-out", nil)
		require.NoError(t, err)
		req.Header.Set(name, value)
		assert.Contains(t, b.send(req, http.StatusForbidden), "That came from another site")
	}
	b.visit(http.MethodGet, "/sign-out", http.StatusNotFound)
	assert.Contains(t, b.visit(http.MethodGet, "/", http.StatusOK), "Sandra Alder")
}

func TestTellsWhyASignInFailed(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(t, w.address)
	text := b.visit(http.MethodGet, "/callback?state=x&error=access_denied&error_description=s3cret", http.StatusForbidden)
	assert.Contains(t, text, "in the browser that began it")
	assert.NotContains(t, text, "s3cret")
	assert.Contains(t, b.visit(http.MethodGet, "/login?tenant=Cust404", http.StatusForbidden), "did not let you in")
	assert.Equal(t, 2, strings.Count(w.log.String(), "a sign-in failed"), w.log)
}

func TestTellsWhyThereIsNothingToSee(t *testing.T) {
	t.Run("offline", func(t *testing.T) {
		w := newWorld(t)
		b := newBrowser(t, w.address)
		b.signIn()
		w.tenant.SetState("OfflineMaintenance")
		assert.Contains(t, b.visit(http.MethodGet, "/", http.StatusServiceUnavailable), "Back soon")
	})
	t.Run("failing", func(t *testing.T) {
		w := newWorld(t)
		b := newBrowser(t, w.address)
		b.signIn()
		w.tenant.InjectOn("Contact/GetMyContacts", 1, superofficetest.Status(http.StatusForbidden, "SoSentryException", "s3cret"))
		text := b.visit(http.MethodGet, "/", http.StatusBadGateway)
		assert.Contains(t, text, "Please try again")
		assert.NotContains(t, text, "s3cret")
		assert.Contains(t, w.log.String(), "asking for companies")
	})
	t.Run("signed out elsewhere", func(t *testing.T) {
		w := newWorld(t)
		b, other := newBrowser(t, w.address), newBrowser(t, w.address)
		b.signIn()
		other.signIn()
		other.visit(http.MethodPost, "/sign-out", http.StatusOK)
		assert.Contains(t, b.visit(http.MethodGet, "/", http.StatusForbidden), "Please sign in again")
		assert.Contains(t, b.visit(http.MethodGet, "/", http.StatusOK), "Welcome")
	})
}

func TestCookieHoldsNothingButAnID(t *testing.T) {
	t.Parallel()
	who := person{"Cust12345", 5, "Company of Cust12345", "sandra.alder@cust12345.example"}
	for _, secure := range []bool{true, false} {
		s := newSessions(secure)
		first := begin(s, who, nil)
		assert.Equal(t, secure, first.Secure)
		assert.Equal(t, secure, first.Name == "__Host-session")
		assert.True(t, first.HttpOnly)
		assert.Equal(t, http.SameSiteLaxMode, first.SameSite)
		assert.Regexp(t, `^[A-Z2-7]{26}$`, first.Value)

		second := begin(s, who, first)
		assert.NotEqual(t, first.Value, second.Value, "an id from before the sign-in counts no more")
		assert.Nil(t, s.find(with(first)))
		assert.Equal(t, &who, s.find(with(second)))
		assert.Equal(t, &who, s.end(httptest.NewRecorder(), with(second)))
		assert.Nil(t, s.find(with(second)))
		assert.Empty(t, s.byID)
	}
}

// begin begins a session for a browser that may have a cookie already.
func begin(s *sessions, who person, cookie *http.Cookie) *http.Cookie {
	w := httptest.NewRecorder()
	s.begin(w, with(cookie), who)
	return w.Result().Cookies()[0]
}

// with is a request that carries a cookie.
func with(cookie *http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	return r
}

func TestHTTPSStaysHTTPS(t *testing.T) {
	t.Parallel()
	handler, err := newHandler(online.Config{
		Environment: online.Development, ClientID: "id", ClientSecret: "secret", RedirectURL: "https://app.example.com/callback",
	}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/login", nil))
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.NotEmpty(t, w.Header().Get("Strict-Transport-Security"))
	for _, cookie := range w.Result().Cookies() {
		assert.True(t, cookie.Secure, cookie.Name)
	}
}
