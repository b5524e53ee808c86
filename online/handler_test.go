package online

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

// site is a web service with the sign-in mounted, and a browser before it.
type site struct {
	*world
	url     string
	browser *http.Client
	who     *SignedIn
	err     error
}

func newSite(t *testing.T, changes ...func(*Config)) *site {
	t.Helper()
	s := &site{}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	s.world = newWorld(t, append(changes, func(c *Config) { c.RedirectURL = server.URL + "/callback" })...)
	s.RegisterRedirect(server.URL + "/callback")
	mux.Handle("/login", s.app.LoginHandler())
	mux.Handle("/callback", s.app.CallbackHandler(func(w http.ResponseWriter, r *http.Request, who *SignedIn) {
		s.who = who
		http.Redirect(w, r, who.ReturnTo, http.StatusSeeOther)
	}, func(w http.ResponseWriter, _ *http.Request, err error) {
		s.err = err
		w.WriteHeader(http.StatusForbidden)
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, "at "+r.URL.String()) })
	s.browser = newBrowser(t)
	return s
}

// newBrowser keeps cookies and follows redirects.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport}
}

// open visits an address and tells where that ended and with what.
func (s *site) open(browser *http.Client, address string) (at *url.URL, status int) {
	s.t.Helper()
	resp, err := browser.Get(address)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	return resp.Request.URL, resp.StatusCode
}

func TestWebSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.AddTenant("Cust12345")
	s.AddTenant("Cust54321")
	at, status := s.open(s.browser, s.url+"/login?return=/customers?id=7&tenant=Cust54321")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, s.url+"/customers?id=7", at.String())
	assert.Equal(t, "Cust54321", s.who.Tenant)
	client, err := s.app.UserClient(s.who.Tenant, s.who.AssociateID)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), client))
	home, err := url.Parse(s.url)
	require.NoError(t, err)
	assert.Empty(t, s.browser.Jar.Cookies(home), "the sign-in's cookie is gone")
}

func TestWebSignInsSideBySide(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.AddTenant("Cust12345")
	stop := *s.browser
	stop.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if req.URL.Path == "/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	var callbacks []string
	for range 2 {
		resp, err := stop.Get(s.url + "/login?return=/second")
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		callbacks = append(callbacks, resp.Header.Get("Location"))
	}
	for _, callback := range callbacks {
		at, status := s.open(s.browser, callback)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, "/second", at.Path)
	}
	require.NoError(t, s.err)
	for _, callback := range callbacks { // once more
		_, status := s.open(s.browser, callback)
		assert.Equal(t, http.StatusForbidden, status)
		require.ErrorContains(t, s.err, "belongs to no sign-in of this browser")
	}
}

// TestCallbacksThatAreForged tries to sign somebody in who did not want to.
func TestCallbacksThatAreForged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.AddTenant("Cust12345")
	var set []*http.Cookie
	thief := newBrowser(t)
	thief.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) == 1 {
			set = req.Response.Cookies()
		}
		if req.URL.Path == "/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := thief.Get(s.url + "/login")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	callback := resp.Header.Get("Location")

	_, status := s.open(s.browser, callback)
	assert.Equal(t, http.StatusForbidden, status, "in the victim's browser")
	require.ErrorContains(t, s.err, "belongs to no sign-in of this browser")

	require.Len(t, set, 1)
	cookie := set[0]
	assert.True(t, cookie.HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	assert.False(t, cookie.Secure, "the site is plain http on this machine")
	for name, value := range map[string]string{
		"changed":     flip(cookie.Value),
		"not base64":  "!",
		"empty":       "",
		"cut":         cookie.Value[:len(cookie.Value)/2],
		"another app": sealElsewhere(t, cookie.Name),
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, callback, nil)
		require.NoError(t, err)
		req.AddCookie(&http.Cookie{Name: cookie.Name, Value: value})
		resp, err := newBrowser(t).Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusForbidden, resp.StatusCode, name)
		require.ErrorIs(t, s.err, errBadSeal, name)
	}

	// A cookie that was copied serves once, whoever comes first.
	for i, want := range []int{http.StatusOK, http.StatusForbidden} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, callback, nil)
		require.NoError(t, err)
		req.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
		resp, err := newBrowser(t).Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, want, resp.StatusCode, i)
	}
	require.ErrorContains(t, s.err, "was finished before")
}

func flip(text string) string {
	if text[0] == 'A' {
		return "B" + text[1:]
	}
	return "A" + text[1:]
}

func sealElsewhere(t testing.TB, name string) string {
	t.Helper()
	seal, err := newSealer("another secret")
	require.NoError(t, err)
	in, err := (&App{config: func() *Config { return &Config{Environment: Development, RedirectURL: "https://x.example.com"} }, now: newClock().now}).BeginSignIn(SignInOptions{})
	require.NoError(t, err)
	value, err := seal.close(name, in, "/")
	require.NoError(t, err)
	return value
}

func TestAnotherReplicaFinishesTheSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	s, err := w.app.BeginSignIn(SignInOptions{Tenant: "Cust12345"})
	require.NoError(t, err)
	cookie, err := w.app.seal.close("name", s, "/x")
	require.NoError(t, err)
	again, returnTo, err := w.another().seal.open("name", cookie)
	require.NoError(t, err)
	assert.Equal(t, "/x", returnTo)
	assert.Equal(t, s.state(), again.state())
	assert.Equal(t, s.verifier(), again.verifier())
	assert.True(t, s.begun.Equal(again.begun))
	_, _, err = w.app.seal.open("another name", cookie)
	require.ErrorIs(t, err, errBadSeal)
	_, _, err = w.another(func(c *Config) { c.ClientSecret = "" }).seal.open("name", cookie)
	require.ErrorIs(t, err, errBadSeal)
}

func TestReturnStaysOnTheSite(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"":                        "/",
		"/":                       "/",
		"/customers?id=7#top":     "/customers?id=7#top",
		"customers":               "/",
		"//evil.example.com":      "/",
		"///evil.example.com":     "/",
		`/\evil.example.com`:      "/",
		`\\evil.example.com`:      "/",
		"/\t/evil.example.com":    "/",
		"/\n/evil.example.com":    "/",
		" //evil.example.com":     "/",
		"https://evil.com":        "/",
		"https:evil.com":          "/",
		"javascript:alert(1)":     "/",
		"/%zz":                    "/",
		"/a//evil.example.com":    "/a//evil.example.com",
		"/%2f/evil.example.com":   "/%2f/evil.example.com",
		"/%5cevil.example.com":    "/%5cevil.example.com",
		"/x?to=https://evil.com/": "/x?to=https://evil.com/",
		"/søk?æ=ø":                "/søk?æ=ø",
		"/\x80":                   "/",
	} {
		assert.Equal(t, want, localPath(path), path)
	}
	s := newSite(t)
	s.AddTenant("Cust12345")
	at, status := s.open(s.browser, s.url+"/login?return="+url.QueryEscape("//evil.example.com/"))
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, s.url+"/", at.String())
}

func FuzzLocalPath(f *testing.F) {
	for _, path := range []string{"/x", "//x", `/\x`, "/\t/x", "/%2f%2fx", "/;//x"} {
		f.Add(path)
	}
	base, err := url.Parse("https://site.example.com/callback")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path string) {
		got := localPath(path)
		// As browsers read it: a backslash is a slash, tabs and breaks are nothing.
		read := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(got)
		at, err := base.Parse(read)
		require.NoError(t, err)
		require.Equal(t, base.Host, at.Host)
		require.Equal(t, base.Scheme, at.Scheme)
	})
}

func TestHandlersByThemselves(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.RedirectURL = "https://site.example.com/callback"
	})
	login, callback := w.app.LoginHandler(), w.app.CallbackHandler(nil, nil)
	ask := func(h http.Handler, method, target string) *http.Response {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), method, target, nil))
		return answer.Result()
	}
	for _, h := range []http.Handler{login, callback} {
		resp := ask(h, http.MethodPost, "/")
		assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
		assert.Equal(t, "GET", resp.Header.Get("Allow"))
	}
	resp := ask(login, http.MethodGet, "/login")
	assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
	assert.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	require.Len(t, resp.Cookies(), 1)
	assert.True(t, resp.Cookies()[0].Secure)
	assert.Equal(t, "/", resp.Cookies()[0].Path)
	assert.True(t, strings.HasPrefix(resp.Cookies()[0].Name, "__Host-"))

	resp = ask(login, http.MethodGet, "/login?tenant=/")
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.Contains(t, log.String(), "SignInOptions.Tenant")
	resp = ask(callback, http.MethodGet, "/callback?state=x&code=secret-code")
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	assert.Equal(t, "no-referrer", resp.Header.Get("Referrer-Policy"))
	assert.NotContains(t, log.String(), "secret-code")

	_, err := w.app.BeginSignIn(SignInOptions{Tenant: "/"})
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

// TestCookieIsOneThatBrowsersKeep has a place to return to that no cookie can
// hold, and a callback at the root of its site.
func TestCookieIsOneThatBrowsersKeep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.RedirectURL = "https://site.example.com" })
	answer := httptest.NewRecorder()
	place := "/auth/login?return=" + url.QueryEscape("/list?"+strings.Repeat("id=7&", 300))
	w.app.LoginHandler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, place, nil))
	result := answer.Result()
	require.NoError(t, result.Body.Close())
	require.Len(t, result.Cookies(), 1)
	cookie := result.Cookies()[0]
	assert.LessOrEqual(t, len(cookie.Name)+len(cookie.Value), 4096)
	assert.Equal(t, "/", cookie.Path)
	_, returnTo, err := w.app.seal.open(cookie.Name, cookie.Value)
	require.NoError(t, err)
	assert.Equal(t, "/", returnTo)
}

// TestCookieIsSmallWhateverIsInIt has places to return to that take more bytes
// in a cookie than they have. Those that fit come back as they were.
func TestCookieIsSmallWhateverIsInIt(t *testing.T) {
	t.Parallel()
	const most = mostReturnBytes
	for place, kept := range map[string]bool{
		"/?" + strings.Repeat("&", most-2):      true,
		"/?" + strings.Repeat("<", most-2):      true,
		"/?" + strings.Repeat("a=1&", 127):      true,
		"/?" + strings.Repeat("\u00f8", 255):    true,
		"/?" + strings.Repeat(`"`, most-2):      false,
		"/?" + strings.Repeat("\u2028", 170):    false,
		"/" + strings.Repeat("\x80", most-1):    false,
		"/" + strings.Repeat("\xe2\x80", 255):   false,
		"/" + strings.Repeat("x", most):         false,
		"/\u00f8" + strings.Repeat("\x80", 509): false,
	} {
		w := newWorld(t, func(c *Config) { c.RedirectURL = "https://site.example.com/superoffice/callback" })
		answer := httptest.NewRecorder()
		w.app.LoginHandler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet,
			"/login?tenant="+strings.Repeat("C", 64)+"&return="+url.QueryEscape(place), nil))
		result := answer.Result()
		require.NoError(t, result.Body.Close())
		require.Len(t, result.Cookies(), 1)
		cookie := result.Cookies()[0]
		assert.LessOrEqual(t, mostSignIns*len(cookie.String()), 8<<10, "%.9q", place)
		_, returnTo, err := w.app.seal.open(cookie.Name, cookie.Value)
		require.NoError(t, err)
		if !kept {
			place = "/"
		}
		assert.Equal(t, place, returnTo)
	}
}

// TestRedirectThatNoCookieHolds is told at once: the browser would drop the
// cookie, and no sign-in could end.
func TestRedirectThatNoCookieHolds(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(c *Config) {
		c.RedirectURL = "https://site.example.com/" + strings.Repeat("x", mostCookieBytes)
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	answer := httptest.NewRecorder()
	w.app.LoginHandler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login", nil))
	assert.Equal(t, http.StatusBadRequest, answer.Code)
	assert.Empty(t, answer.Header()["Set-Cookie"])
	assert.Contains(t, log.String(), "Config.RedirectURL")
}

// TestManySignInsLeaveFewCookies has somebody go to the login again and again.
func TestManySignInsLeaveFewCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.RedirectURL = "https://site.example.com/callback" })
	site, err := url.Parse("https://site.example.com/login")
	require.NoError(t, err)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	var last string
	for range 40 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://site.example.com/login?return=/"+strings.Repeat("x", mostReturnBytes-1), nil)
		for _, cookie := range jar.Cookies(site) {
			r.AddCookie(cookie)
		}
		answer := httptest.NewRecorder()
		w.app.LoginHandler().ServeHTTP(answer, r)
		result := answer.Result()
		require.NoError(t, result.Body.Close())
		jar.SetCookies(site, result.Cookies())
		last = result.Cookies()[len(result.Cookies())-1].Name
	}
	total, kept := 0, false
	for _, cookie := range jar.Cookies(site) {
		total += len(cookie.String())
		kept = kept || cookie.Name == last
	}
	assert.Len(t, jar.Cookies(site), mostSignIns)
	assert.Less(t, total, 7<<10)
	assert.True(t, kept, "the one that was begun last")
}

// TestCookieOfAStrangerBesideItsOwn has a neighbour set a cookie of the same
// name.
func TestCookieOfAStrangerBesideItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signIn, err := w.app.BeginSignIn(SignInOptions{})
	require.NoError(t, err)
	name := w.app.cookieName(signIn.state())
	value, err := w.app.seal.close(name, signIn, "/list")
	require.NoError(t, err)
	for _, values := range [][]string{{"forged", value}, {value, "forged"}} {
		_, returnTo, err := w.app.openAny(name, []*http.Cookie{{Name: name, Value: values[0]}, {Name: name, Value: values[1]}})
		require.NoError(t, err)
		assert.Equal(t, "/list", returnTo)
	}
	_, _, err = w.app.openAny(name, []*http.Cookie{{Name: name, Value: "forged"}})
	assert.ErrorIs(t, err, ErrStaleSignIn)
}
