package superofficetest_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

const (
	authorizePath = "/login/common/oauth/authorize"
	tokensPath    = "/login/common/oauth/tokens"
	revokePath    = "/login/common/oauth/Revoke"
	loopback      = "http://127.0.0.1:4321/callback"
)

func TestDiscovery(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	got := e.send(t, http.MethodGet, e.URL+"/LOGIN/.well-known/openid-configuration", "")
	require.Equal(t, 200, got.status)
	document := got.object(t)
	assert.Equal(t, e.URL, document["issuer"], "without /login")
	assert.Equal(t, e.URL+authorizePath, document["authorization_endpoint"])
	assert.Equal(t, e.URL+tokensPath, document["token_endpoint"])
	assert.Equal(t, e.URL+"/login/.well-known/jwks", document["jwks_uri"])
	assert.Equal(t, []any{"RS256"}, document["id_token_signing_alg_values_supported"])
	assert.NotContains(t, document, "userinfo_endpoint")
	assert.Equal(t, 404, e.send(t, http.MethodGet, e.URL+"/.well-known/openid-configuration", "").status)
	assert.Equal(t, "discovery", e.LoginRequests()[0].Operation)
}

// challengeOf is the S256 challenge of a verifier.
func challengeOf(verifier string) string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

func newVerifier() string { return rand.Text() + rand.Text() }

// webRequest is a good request for authorization of the web application.
func (e *environment) webRequest() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {e.App().ClientID}, "redirect_uri": {superofficetest.DefaultRedirectURL},
		"scope": {"openid"}, "state": {"a state & more"}, "nonce": {"n-1"},
	}
}

// nativeRequest is one of the native application, with S256.
func (e *environment) nativeRequest(verifier string) url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {e.NativeApp().ClientID}, "redirect_uri": {loopback}, "scope": {"openid"},
		"code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"},
	}
}

func (e *environment) authorize(t *testing.T, request url.Values) answer {
	t.Helper()
	return e.send(t, http.MethodGet, e.URL+authorizePath+"?"+request.Encode(), "")
}

// sentBack authorizes and returns what the browser is sent back with.
func (e *environment) sentBack(t *testing.T, request url.Values) url.Values {
	t.Helper()
	got := e.authorize(t, request)
	require.Equal(t, http.StatusFound, got.status, "%s", got.body)
	u, err := url.Parse(got.header.Get("Location"))
	require.NoError(t, err)
	back := u.Query()
	u.RawQuery = ""
	assert.Equal(t, request.Get("redirect_uri"), u.String())
	return back
}

func (e *environment) code(t *testing.T, request url.Values) string {
	t.Helper()
	back := e.sentBack(t, request)
	require.NotEmpty(t, back.Get("code"), "%v", back)
	return back.Get("code")
}

// redemption is a good request of the web application for tokens.
func (e *environment) redemption(code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {superofficetest.DefaultRedirectURL},
		"client_id": {e.App().ClientID}, "client_secret": {e.App().ClientSecret},
	}
}

func TestCodeFlow(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1").SetState("Suspended")
	tenant := e.AddTenant("Cust2")
	back := e.sentBack(t, e.webRequest())
	assert.Equal(t, "a state & more", back.Get("state"))
	got := e.form(t, tokensPath, e.redemption(back.Get("code")))
	require.Equal(t, 200, got.status, "%s", got.body)
	assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	tokens := got.object(t)
	assert.Equal(t, "Bearer", tokens["token_type"])
	assert.EqualValues(t, 3600, tokens["expires_in"])
	assert.NotEmpty(t, tokens["refresh_token"])
	access := tokens["access_token"].(string)
	assert.True(t, strings.HasPrefix(access, "8A:Cust2."), "of the first tenant that runs: %s", access)
	assert.Equal(t, 200, e.me(t, tenant, authorization("Bearer "+access)))

	_, claims := e.jwt(t, tokens["id_token"].(string))
	assert.Equal(t, e.URL, claims["iss"])
	assert.Equal(t, e.App().ClientID, claims["aud"])
	assert.Equal(t, "n-1", claims["nonce"])
	assert.Equal(t, claims[claim+"upn"], claims["sub"])
	assert.Equal(t, "Cust2", claims[claim+"ctx"])
	assert.Equal(t, tenant.SystemUserToken, claims[claim+"system_token"])
	assert.Equal(t, "True", claims[claim+"is_administrator"])
	iat, err := strconv.ParseFloat(claims["iat"].(string), 64)
	require.NoError(t, err, "iat is text")
	assert.Equal(t, iat+300, claims["exp"])
	assert.Equal(t, iat-60, claims["nbf"])
	assert.Equal(t, 1, e.TokenRequests())
	assert.Empty(t, e.Violations())
}

func TestTokensTakesParametersInTheQueryAndBasic(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	params := e.redemption(e.code(t, e.webRequest()))
	got := e.send(t, http.MethodPost, e.URL+"/Login/Common/OAuth/Tokens?"+params.Encode(), "")
	assert.Equal(t, 200, got.status, "%s", got.body)

	params = e.redemption(e.code(t, e.webRequest()))
	params.Del("client_id")
	params.Del("client_secret")
	got = e.form(t, tokensPath, params, basic(e.App().ClientID, e.App().ClientSecret))
	assert.Equal(t, 200, got.status, "%s", got.body)
	assert.Empty(t, e.Violations())
}

func TestNativeApplication(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	for _, redirect := range []string{loopback, "http://[::1]:99/x/y"} {
		verifier := newVerifier()
		request := e.nativeRequest(verifier)
		request.Set("redirect_uri", redirect)
		got := e.form(t, tokensPath, url.Values{
			"grant_type": {"authorization_code"}, "client_id": {e.NativeApp().ClientID}, "redirect_uri": {redirect},
			"code": {e.code(t, request)}, "code_verifier": {verifier},
		})
		require.Equal(t, 200, got.status, "%s", got.body)
		assert.Equal(t, 200, e.me(t, tenant, authorization("Bearer "+got.object(t)["access_token"].(string))))
		_, claims := e.jwt(t, got.object(t)["id_token"].(string))
		assert.Equal(t, e.NativeApp().ClientID, claims["aud"])
		assert.NotContains(t, claims, claim+"system_token")
	}
}

func TestPlainChallengeIsTheDefault(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	verifier := newVerifier()
	request := e.webRequest()
	request.Set("code_challenge", verifier)
	params := e.redemption(e.code(t, request))
	params.Set("code_verifier", verifier)
	assert.Equal(t, 200, e.form(t, tokensPath, params).status)
}

func TestAuthorizationThatIsRefusedOnAPage(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	web, native := e.webRequest(), e.nativeRequest(newVerifier())
	for _, tt := range []struct {
		request     url.Values
		name, value string
	}{
		{web, "client_id", "wrong"},
		{web, "redirect_uri", superofficetest.DefaultRedirectURL + "/more"},
		{web, "redirect_uri", loopback},
		{web, "redirect_uri", ""},
		{native, "redirect_uri", "http://localhost:4321/callback"},
		{native, "redirect_uri", "https://127.0.0.1:4321/callback"},
		{native, "redirect_uri", "http://user@127.0.0.1/callback"},
		{native, "redirect_uri", "http://192.0.2.1/callback"},
		{native, "redirect_uri", superofficetest.DefaultRedirectURL},
	} {
		request := url.Values{}
		for name := range tt.request {
			request.Set(name, tt.request.Get(name))
		}
		request.Set(tt.name, tt.value)
		got := e.authorize(t, request)
		assert.Equal(t, 400, got.status, "%s=%s", tt.name, tt.value)
		assert.Empty(t, got.header.Get("Location"), "nobody is sent to an address that is not known")
	}
	e.RegisterRedirect(loopback)
	web.Set("redirect_uri", loopback)
	assert.NotEmpty(t, e.code(t, web))
}

func TestAuthorizationThatIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	e.AddTenant("Down").SetState("Suspended")
	for _, tt := range []struct{ name, value, want string }{
		{"response_type", "token", "unsupported_response_type"},
		{"response_mode", "form_data", "invalid_request"},
		{"code_challenge", "", "invalid_request"},
		{"code_challenge", "short", "invalid_request"},
		{"code_challenge_method", "S512", "invalid_request"},
		{"acr_values", "tenant:Cust9", "access_denied"},
		{"acr_values", "x tenant:Down", "access_denied"},
	} {
		request := e.nativeRequest(newVerifier())
		request.Set(tt.name, tt.value)
		request.Set("state", "s")
		back := e.sentBack(t, request)
		assert.Equal(t, tt.want, back.Get("error"), "%s=%s", tt.name, tt.value)
		assert.Equal(t, "s", back.Get("state"))
		assert.Empty(t, back.Get("code"))
	}
}

func TestTheTenantIsChosenByAcrValues(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	e.AddTenant("Cust2")
	request := e.webRequest()
	request.Set("acr_values", "tenant:Cust2")
	got := e.form(t, tokensPath, e.redemption(e.code(t, request)))
	assert.Contains(t, got.object(t)["access_token"], "8A:Cust2.")
}

func TestResponseModes(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	request := e.webRequest()
	request.Set("response_mode", "form_post")
	page := e.authorize(t, request)
	require.Equal(t, 200, page.status)
	assert.Contains(t, page.body, `<form method="post" action="`+superofficetest.DefaultRedirectURL+`">`)
	fields := make(map[string]string)
	for _, field := range regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		fields[field[1]] = html.UnescapeString(field[2])
	}
	assert.Equal(t, "a state & more", fields["state"])
	assert.Equal(t, 200, e.form(t, tokensPath, e.redemption(fields["code"])).status)

	request.Set("response_mode", "fragment")
	_, fragment, _ := strings.Cut(e.authorize(t, request).header.Get("Location"), "#")
	back, err := url.ParseQuery(fragment)
	require.NoError(t, err)
	assert.Equal(t, 200, e.form(t, tokensPath, e.redemption(back.Get("code"))).status)

	e.RegisterRedirect("https://app.example.com/?a=b")
	request.Set("response_mode", "query")
	request.Set("redirect_uri", "https://app.example.com/?a=b")
	assert.Contains(t, e.authorize(t, request).header.Get("Location"), "https://app.example.com/?a=b&code=")
}

func TestRedemptionThatIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	verifier := newVerifier()
	tests := map[string]struct {
		params map[string]string
		status int
		want   string
	}{
		"another verifier":     {map[string]string{"code_verifier": newVerifier()}, 400, "invalid_grant"},
		"no verifier":          {map[string]string{"code_verifier": ""}, 400, "invalid_grant"},
		"another redirect":     {map[string]string{"redirect_uri": loopback}, 400, "invalid_grant"},
		"another code":         {map[string]string{"code": "wrong"}, 400, "invalid_grant"},
		"wrong secret":         {map[string]string{"client_secret": "wrong"}, 401, "invalid_client"},
		"no secret":            {map[string]string{"client_secret": ""}, 401, "invalid_client"},
		"unknown application":  {map[string]string{"client_id": "wrong"}, 401, "invalid_client"},
		"another application":  {map[string]string{"client_id": e.NativeApp().ClientID, "client_secret": ""}, 400, "invalid_grant"},
		"no grant type":        {map[string]string{"grant_type": ""}, 400, "invalid_request"},
		"password":             {map[string]string{"grant_type": "password"}, 400, "unsupported_grant_type"},
		"client credentials":   {map[string]string{"grant_type": "client_credentials"}, 400, "unsupported_grant_type"},
		"code as refreshToken": {map[string]string{"grant_type": "refresh_token"}, 400, "invalid_grant"},
	}
	for name, tt := range tests {
		request := e.webRequest()
		request.Set("code_challenge", challengeOf(verifier))
		request.Set("code_challenge_method", "S256")
		params := e.redemption(e.code(t, request))
		params.Set("code_verifier", verifier)
		for key, value := range tt.params {
			params.Set(key, value)
		}
		got := e.form(t, tokensPath, params)
		assert.Equal(t, tt.status, got.status, name)
		assert.Equal(t, tt.want, got.object(t)["error"], name)
		assert.NotEmpty(t, got.object(t)["error_description"], name)
	}
	assert.Zero(t, e.TokenRequests())
}

func TestTokenRequestsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	for name, got := range map[string]answer{
		"twice":     e.form(t, tokensPath+"?grant_type=x", url.Values{"grant_type": {"x"}}),
		"JSON":      e.send(t, http.MethodPost, e.URL+tokensPath, "{}", header("Content-Type", "application/json")),
		"bad query": e.send(t, http.MethodPost, e.URL+tokensPath+"?a=%zz", ""),
		"bad form":  e.send(t, http.MethodPost, e.URL+tokensPath, "a=%zz", header("Content-Type", "application/x-www-form-urlencoded")),
	} {
		assert.Equal(t, 400, got.status, name)
		assert.Equal(t, "invalid_request", got.object(t)["error"], name)
	}
	basicRefused := e.form(t, tokensPath, nil, basic("x", "y"))
	assert.Equal(t, 401, basicRefused.status)
	assert.Contains(t, basicRefused.header.Get("WWW-Authenticate"), "Basic")
	assert.Equal(t, 405, e.send(t, http.MethodGet, e.URL+tokensPath, "").status)
}

func TestACodeIsUsedOnceWithinTenMinutes(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	params := e.redemption(e.code(t, e.webRequest()))
	assert.Equal(t, 200, e.form(t, tokensPath, params).status)
	assert.Equal(t, "invalid_grant", e.form(t, tokensPath, params).object(t)["error"])

	params = e.redemption(e.code(t, e.webRequest()))
	e.Advance(10 * time.Minute)
	assert.Equal(t, "invalid_grant", e.form(t, tokensPath, params).object(t)["error"])
}

func TestAVerifierWithoutAChallengeIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	params := e.redemption(e.code(t, e.webRequest()))
	params.Set("code_verifier", newVerifier())
	assert.Equal(t, "invalid_grant", e.form(t, tokensPath, params).object(t)["error"])
}

// signIn goes through the code flow and returns the answer.
func (e *environment) signIn(t *testing.T) map[string]any {
	t.Helper()
	got := e.form(t, tokensPath, e.redemption(e.code(t, e.webRequest())))
	require.Equal(t, 200, got.status, "%s", got.body)
	return got.object(t)
}

// refreshing is a good request of the web application for new tokens.
func (e *environment) refreshing(refreshToken any) url.Values {
	return url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refreshToken.(string)},
		"client_id": {e.App().ClientID}, "client_secret": {e.App().ClientSecret},
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	tokens := e.signIn(t)
	e.Advance(time.Hour)
	assert.Equal(t, 401, e.me(t, tenant, authorization("Bearer "+tokens["access_token"].(string))), "it has expired")
	for range 2 {
		got := e.form(t, tokensPath, e.refreshing(tokens["refresh_token"]))
		require.Equal(t, 200, got.status, "%s", got.body)
		assert.NotContains(t, got.object(t), "refresh_token")
		assert.EqualValues(t, 3600, got.object(t)["expires_in"])
		assert.Equal(t, 200, e.me(t, tenant, authorization("Bearer "+got.object(t)["access_token"].(string))))
		_, claims := e.jwt(t, got.object(t)["id_token"].(string))
		assert.NotContains(t, claims, "nonce")
	}
	params := e.refreshing(tokens["refresh_token"])
	params.Set("client_id", e.NativeApp().ClientID)
	params.Del("client_secret")
	assert.Equal(t, "invalid_grant", e.form(t, tokensPath, params).object(t)["error"], "of another application")
	assert.Equal(t, 3, e.TokenRequests())
}

func TestRotateRefreshTokens(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	old := e.signIn(t)["refresh_token"]
	e.RotateRefreshTokens(true)
	next := e.form(t, tokensPath, e.refreshing(old)).object(t)["refresh_token"]
	require.NotEmpty(t, next)
	require.NotEqual(t, old, next)
	assert.Equal(t, "invalid_grant", e.form(t, tokensPath, e.refreshing(old)).object(t)["error"])
	assert.Equal(t, 200, e.form(t, tokensPath, e.refreshing(next)).status)
}

func TestWhatIsUsedOnceIsUsedOnceAtATime(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	e.RotateRefreshTokens(true)
	refreshing := e.refreshing(e.signIn(t)["refresh_token"])
	for _, params := range []url.Values{e.redemption(e.code(t, e.webRequest())), refreshing} {
		before := e.TokenRequests()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, err := e.try(t, http.MethodPost, e.URL+tokensPath+"?"+params.Encode(), "")
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		assert.Equal(t, before+1, e.TokenRequests(), params.Get("grant_type"))
	}
}

func TestAuthorizationWithoutATenant(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	assert.Equal(t, "access_denied", e.sentBack(t, e.webRequest()).Get("error"))
	e.AddTenant("Cust1").SetState("Deleted")
	assert.Equal(t, "access_denied", e.sentBack(t, e.webRequest()).Get("error"))
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	revoke := func(token any) int {
		return e.form(t, revokePath, url.Values{
			"token": {token.(string)}, "client_id": {e.App().ClientID}, "client_secret": {e.App().ClientSecret},
		}).status
	}
	tokens := e.signIn(t)
	bearer := func(tokens map[string]any) edit { return authorization("Bearer " + tokens["access_token"].(string)) }
	assert.Equal(t, 200, revoke("nobody's"))
	assert.Equal(t, 400, revoke(""))
	assert.Equal(t, 200, e.me(t, tenant, bearer(tokens)))
	assert.Equal(t, 200, revoke(tokens["access_token"]))
	assert.Equal(t, 401, e.me(t, tenant, bearer(tokens)))
	again := e.form(t, tokensPath, e.refreshing(tokens["refresh_token"])).object(t)
	assert.Equal(t, 200, e.me(t, tenant, bearer(again)))
	assert.Equal(t, 200, revoke(tokens["refresh_token"]))
	assert.Equal(t, 401, e.me(t, tenant, bearer(again)), "access tokens go with their refresh token")
	assert.Equal(t, "invalid_grant", e.form(t, tokensPath, e.refreshing(tokens["refresh_token"])).object(t)["error"])
	assert.Equal(t, 401, e.form(t, revokePath, url.Values{"token": {"x"}}).status, "nobody revokes anonymously")
	assert.Empty(t, e.Violations())
}
