package online

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func asError[T error](err error, target *T) bool { return errors.As(err, target) }

// signIn signs the user of the tenant in.
func (w *world) signIn(opts SignInOptions) (*Claims, error) {
	w.t.Helper()
	s, err := w.app.BeginSignIn(opts)
	require.NoError(w.t, err)
	return w.app.FinishSignIn(w.t.Context(), s, w.browse(s.URL()).Query())
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	w.AddTenant("Cust54321")
	claims, err := w.signIn(SignInOptions{Tenant: "Cust12345", LoginHint: "somebody@example.com"})
	require.NoError(t, err)
	assert.Equal(t, "Cust12345", claims.Tenant)
	assert.Equal(t, tenant.SystemUserToken, claims.SystemUserToken())
	assert.Positive(t, claims.AssociateID)
	assert.Equal(t, strings.TrimSuffix(tenant.BaseURL(), "/"), strings.TrimSuffix(claims.WebAPIURL, "/"))
	assert.NotEmpty(t, claims.UserName)
	assert.NotEmpty(t, claims.Serial)
	assert.NotEmpty(t, claims.NetServerURL)
	assert.WithinDuration(t, time.Now(), claims.IssuedAt, time.Minute)
	assert.Equal(t, 300*time.Second, claims.Expires.Sub(claims.IssuedAt))
	assert.Equal(t, w.URL, claims.Claim("iss"))
	assert.Empty(t, claims.Claim("no such claim"))
	assert.Empty(t, new(Claims).Claim("ctx"))

	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), client))
	sent := tenant.Requests()[0].Header
	assert.Regexp(t, "^Bearer 8A:Cust12345", sent.Get("Authorization"))
	assert.Empty(t, sent.Get("SO-AppToken"))

	authorize := w.LoginRequests()[0]
	query, err := url.ParseQuery(authorize.RawQuery)
	require.NoError(t, err)
	assert.Equal(t, "code", query.Get("response_type"))
	assert.Equal(t, "openid", query.Get("scope"))
	assert.Equal(t, "S256", query.Get("code_challenge_method"))
	assert.Equal(t, "tenant:Cust12345", query.Get("acr_values"))
	assert.Equal(t, "somebody@example.com", query.Get("login_hint"))
}

func TestAccessTokenIsRefreshed(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]bool{"the refresh token stays": false, "the refresh token changes": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.RotateRefreshTokens(rotate)
			tenant := w.AddTenant("Cust12345")
			claims, err := w.signIn(SignInOptions{})
			require.NoError(t, err)
			client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
			require.NoError(t, err)
			everybody := func() {
				var group sync.WaitGroup
				for range 100 {
					group.Go(func() { assert.NoError(t, read(t.Context(), client)) })
				}
				group.Wait()
			}
			everybody()
			assert.Equal(t, 1, w.TokenRequests())
			w.pass(time.Hour - refreshEarly + time.Second) // early
			everybody()
			assert.Equal(t, 2, w.TokenRequests())
			w.pass(2 * time.Hour) // late
			everybody()
			assert.Equal(t, 3, w.TokenRequests())
			refused := 0
			for _, r := range tenant.Requests() {
				if r.Status != http.StatusOK {
					refused++
				}
			}
			assert.Zero(t, refused)
			tenant.ExpireAccessTokens() // and rejected
			everybody()
			assert.Equal(t, 4, w.TokenRequests())
		})
	}
}

func TestEarlyRefreshThatFailsCostsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	claims, err := w.signIn(SignInOptions{})
	require.NoError(t, err)
	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), client))
	w.pass(time.Hour - refreshEarly + time.Second)
	before := w.arrived("tokens")
	w.InjectLogin(mostTries, superofficetest.Unavailable(""))
	for range 10 {
		require.NoError(t, read(t.Context(), client))
	}
	assert.Equal(t, before+mostTries, w.arrived("tokens"), "it is not tried again at once")
	w.pass(refreshAgain)
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 2, w.TokenRequests())
}

func TestRefreshOutlivesAShortFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	claims, err := w.signIn(SignInOptions{})
	require.NoError(t, err)
	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	tenant.ExpireAccessTokens()
	w.InjectLogin(mostTries-1, superofficetest.Unavailable(""))
	require.NoError(t, read(t.Context(), client))
}

func TestPersonWhoMustSignInAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	stranger, err := w.app.UserClient("Cust12345", 77)
	require.NoError(t, err)
	require.ErrorIs(t, read(t.Context(), stranger), ErrSignInRequired)

	claims, err := w.signIn(SignInOptions{})
	require.NoError(t, err)
	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), client))
	user, err := w.app.User(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	k, _, err := user.token.load(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.app.revoke(t.Context(), k.Refresh, "refresh_token"))
	w.pass(2 * time.Hour)
	err = read(t.Context(), client)
	require.ErrorIs(t, err, ErrSignInRequired)
	var said *OAuthError
	require.ErrorAs(t, err, &said)
	assert.Equal(t, "invalid_grant", said.Code)
	assert.NotContains(t, err.Error(), k.Refresh)
	before := w.arrived("tokens")
	require.ErrorIs(t, read(t.Context(), client), ErrSignInRequired)
	assert.Equal(t, before, w.arrived("tokens"), "a refresh token that is dead is not tried again")

	_, err = w.app.User("Cust/1", 5)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	_, err = w.app.UserClient("Cust1", 0)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	claims, err := w.signIn(SignInOptions{})
	require.NoError(t, err)
	user, err := w.app.User(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	k, _, err := user.token.load(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.app.SignOut(t.Context(), claims.Tenant, claims.AssociateID))
	require.NoError(t, w.app.SignOut(t.Context(), claims.Tenant, claims.AssociateID), "twice is no error")
	require.Error(t, w.app.SignOut(t.Context(), "", 1))

	late, err := superoffice.NewClient(tenant.BaseURL(), superoffice.WithAuth(superoffice.BearerAuth(k.Secret)))
	require.NoError(t, err)
	t.Cleanup(late.CloseIdleConnections)
	require.ErrorIs(t, read(t.Context(), late), superoffice.ErrUnauthorized, "the access token is revoked")
	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	require.ErrorIs(t, read(t.Context(), client), ErrSignInRequired)
}

func TestRevocationThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	claims, err := w.signIn(SignInOptions{})
	require.NoError(t, err)
	w.InjectLogin(2*mostTries, superofficetest.Unavailable(""))
	err = w.app.SignOut(t.Context(), claims.Tenant, claims.AssociateID)
	var said *OAuthError
	require.ErrorAs(t, err, &said)
	assert.Equal(t, 503, said.StatusCode)
	w.InjectLogin(1, superofficetest.Respond(400, "application/json", `{"error":"no the-token","error_description":"of the-token"}`))
	assert.EqualError(t, w.app.revoke(t.Context(), "the-token", "access_token"),
		"online: revoking a token: online: the login service answered 400 Bad Request: no REDACTED: of REDACTED")
	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	require.ErrorIs(t, read(t.Context(), client), ErrSignInRequired, "they are forgotten all the same")
}

func TestCallbackThatIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	begin := func() (*SignIn, url.Values) {
		s, err := w.app.BeginSignIn(SignInOptions{})
		require.NoError(t, err)
		return s, w.browse(s.URL()).Query()
	}
	finish := func(s *SignIn, callback url.Values) error {
		_, err := w.app.FinishSignIn(t.Context(), s, callback)
		return err
	}
	t.Run("another state", func(t *testing.T) {
		s, _ := begin()
		_, other := begin()
		require.ErrorContains(t, finish(s, other), "its state is not the one that was sent")
		require.ErrorContains(t, finish(s, url.Values{"code": other["code"]}), "its state is not the one that was sent")
	})
	t.Run("another verifier", func(t *testing.T) {
		s, callback := begin()
		other, _ := begin()
		s.verifier = other.verifier
		var said *OAuthError
		require.ErrorAs(t, finish(s, callback), &said)
		assert.Equal(t, "invalid_grant", said.Code)
	})
	t.Run("another nonce", func(t *testing.T) {
		s, callback := begin()
		other, _ := begin()
		s.nonce = other.nonce
		require.ErrorContains(t, finish(s, callback), "its nonce is not the one that was sent")
	})
	t.Run("a replay", func(t *testing.T) {
		s, callback := begin()
		require.NoError(t, finish(s, callback))
		before := w.TokenRequests()
		require.ErrorContains(t, finish(s, callback), "was finished before")
		assert.Equal(t, before, w.TokenRequests())
	})
	t.Run("too late", func(t *testing.T) {
		s, callback := begin()
		s.begun = s.begun.Add(-signInLife - time.Second)
		require.ErrorContains(t, finish(s, callback), "must begin anew")
	})
	t.Run("a refusal", func(t *testing.T) {
		s, callback := begin()
		var said *OAuthError
		require.ErrorAs(t, finish(s, url.Values{"state": callback["state"], "error": {"access_denied"}, "error_description": {"forged\nline"}}), &said)
		assert.Equal(t, "online: the login service says no: access_denied: forged\\nline", said.Error())
	})
	t.Run("no code", func(t *testing.T) {
		s, callback := begin()
		require.ErrorContains(t, finish(s, url.Values{"state": callback["state"]}), "no code")
	})
	t.Run("no sign-in", func(t *testing.T) {
		_, callback := begin()
		require.ErrorIs(t, finish(nil, callback), superoffice.ErrInvalidArgument)
		require.ErrorIs(t, finish(&SignIn{}, callback), superoffice.ErrInvalidArgument)
	})
	t.Run("another tenant", func(t *testing.T) {
		s, callback := begin()
		s.tenant = "Cust54321"
		require.ErrorContains(t, finish(s, callback), "signed in to Cust12345, not to Cust54321")
	})
	t.Run("a login service that is down", func(t *testing.T) {
		s, callback := begin()
		w.InjectLogin(1, superofficetest.Unavailable(""))
		err := finish(s, callback)
		var said *OAuthError
		require.ErrorAs(t, err, &said)
		assert.Equal(t, 503, said.StatusCode)
		assert.NotContains(t, err.Error(), callback.Get("code"))
	})
	t.Run("no id token", func(t *testing.T) {
		s, callback := begin()
		w.InjectLogin(1, superofficetest.Respond(200, "application/json", `{"access_token":"8A:Cust12345.x","token_type":"Bearer","expires_in":3600}`))
		require.ErrorContains(t, finish(s, callback), "no id token")
	})
	t.Run("a redirect", func(t *testing.T) {
		s, callback := begin()
		w.InjectLogin(1, superofficetest.Handler(http.RedirectHandler("https://evil.example.com/", http.StatusTemporaryRedirect)))
		var said *OAuthError
		require.ErrorAs(t, finish(s, callback), &said)
		assert.Equal(t, 307, said.StatusCode)
	})
}

func TestSignInThatCannotBegin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.RedirectURL = "" })
	_, err := w.app.BeginSignIn(SignInOptions{})
	require.ErrorContains(t, err, "Config.RedirectURL")
	_, err = w.app.BeginSignIn(SignInOptions{RedirectURL: "http://127.0.0.1/callback", Tenant: "Cust 1"})
	require.ErrorContains(t, err, "SignInOptions.Tenant")
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

// TestDoorLeadsToTheLoginServiceOnly tries to get elsewhere.
func TestDoorLeadsToTheLoginServiceOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, address := range []string{"http://127.0.0.1:1/x", strings.Replace(w.URL, "http://", "http://evil.example.com/?", 1) + "/x", strings.Replace(w.URL, "http", "https", 1) + "/x"} {
		_, err := w.app.loginService.post(t.Context(), address, url.Values{"refresh_token": {"secret"}})
		require.ErrorContains(t, err, "does not go to "+w.URL, address)
	}
	_, err := w.app.loginService.get(t.Context(), "%")
	require.Error(t, err)
	_, err = w.app.loginService.post(t.Context(), "%", nil)
	require.Error(t, err)
}

// idleBody gives nothing, up to a bound so that the test ends.
type idleBody struct{ reads atomic.Int64 }

func (*idleBody) Close() error { return nil }

func (b *idleBody) Read([]byte) (int, error) {
	if b.reads.Add(1) > 100_000 {
		return 0, io.EOF
	}
	return 0, nil
}

// TestAnswersThatGiveNothingEnd has a transport whose bodies give neither bytes
// nor an end, in all that an App asks for.
func TestAnswersThatGiveNothingEnd(t *testing.T) {
	t.Parallel()
	var body *idleBody
	w := newWorld(t, func(c *Config) {
		c.HTTPClient = fakehttp.Client(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: body, ContentLength: -1, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}, nil
		})
	})
	user, err := w.app.User("Cust12345", 5)
	require.NoError(t, err)
	for name, ask := range map[string]func() error{
		"refresh":    func() error { _, err := user.fetch(t.Context(), storedCredential{Refresh: "r"}); return err },
		"code":       func() error { _, err := w.app.exchangeCode(t.Context(), mustBegin(t, w.app), "code"); return err },
		"revocation": func() error { return w.app.revoke(t.Context(), "token", "refresh_token") },
		"keys":       func() error { _, err := w.app.keys.fetch(t.Context()); return err },
		"state":      func() error { _, err := w.app.Status(t.Context(), "Cust12345"); return err },
		"ticket":     func() error { _, err := w.app.exchange(t.Context(), "Cust12345", "token"); return err },
		"notification": func() error {
			_, err := w.app.readNotification(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body))
			return err
		},
	} {
		body = new(idleBody)
		require.ErrorContains(t, ask(), io.ErrNoProgress.Error(), name)
		assert.LessOrEqual(t, body.reads.Load(), int64(100*lookupAttempts), name)
	}
}

func mustBegin(t *testing.T, a *App) *SignIn {
	t.Helper()
	s, err := a.BeginSignIn(SignInOptions{})
	require.NoError(t, err)
	return s
}

func TestNativeSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.ClientSecret, c.PrivateKeys, c.RedirectURL = "", nil, "" })
	native := w.NativeApp()
	app := w.another(func(c *Config) {
		c.ClientID, c.ClientSecret, c.PrivateKeys, c.RedirectURL = native.ClientID, "", nil, ""
	})
	tenant := w.AddTenant("Cust12345")
	var page string
	claims, err := app.SignInNative(t.Context(), SignInOptions{Tenant: "Cust12345"}, func(address string) error {
		back := w.browse(address)
		assert.Equal(t, "/callback", back.Path)
		forged := *back
		forged.RawQuery = "state=forged&code=stolen"
		assert.Contains(t, w.visit(forged.String()), "no answer to the sign-in")
		page = w.visit(back.String())
		w.visit(back.String()) // again, which does nothing
		return nil
	})
	require.NoError(t, err)
	assert.Contains(t, page, "You can close this window")
	assert.Equal(t, "Cust12345", claims.Tenant)
	client, err := app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	tenant.ExpireAccessTokens()
	require.NoError(t, read(t.Context(), client), "refreshed without a secret")

	broken := errors.New("there is no browser")
	_, err = app.SignInNative(t.Context(), SignInOptions{}, func(string) error { return broken })
	require.ErrorIs(t, err, broken)
	_, err = app.SignInNative(t.Context(), SignInOptions{Tenant: "/"}, func(string) error { return nil })
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	ctx, leave := cancelled(t)
	_, err = app.SignInNative(ctx, SignInOptions{}, func(string) error { leave(); return nil })
	require.ErrorContains(t, err, "context canceled")
}

func TestSecretsOfASignInDoNotShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, err := w.app.BeginSignIn(SignInOptions{})
	require.NoError(t, err)
	shown := fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s)
	for _, hidden := range []string{s.state(), s.nonce(), s.verifier()} {
		assert.NotContains(t, shown, hidden)
	}
}

// TestFreshTokenIsDueToNobody has many be the first to look at a token.
func TestFreshTokenIsDueToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fresh := &storedCredential{Secret: "token", Expires: w.clock.now().Add(time.Hour)}
	for range 3000 {
		user, err := w.app.User("Cust12345", 5)
		require.NoError(t, err)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() { assert.False(t, user.isDue(fresh)) })
		}
		group.Wait()
	}
}

// TestCredentialThatNoHeaderCarries is not kept: the next one may be good.
func TestCredentialThatNoHeaderCarries(t *testing.T) {
	t.Parallel()
	const odd = `{"access_token":"8A:Cust12345.x\r\nX-Evil: 1","token_type":"Bearer","expires_in":3600}`
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	claims, err := w.signIn(SignInOptions{})
	require.NoError(t, err)
	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	tenant.ExpireAccessTokens()
	w.InjectLogin(1, superofficetest.Respond(200, "application/json", odd))
	err = read(t.Context(), client)
	require.ErrorContains(t, err, "no header can carry")
	assert.NotContains(t, err.Error(), "X-Evil")
	require.NoError(t, read(t.Context(), client))
}

// TestEarlyRefreshThatHangsCostsNoCall has the login service not answer while
// the token at hand is still good.
func TestEarlyRefreshThatHangsCostsNoCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app, err := NewApp(Config{Environment: Production, ClientID: "app", HTTPClient: &http.Client{
			Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}),
		}})
		require.NoError(t, err)
		user, err := app.User("Cust12345", 7)
		require.NoError(t, err)
		_, _, err = user.token.swap(t.Context(), "", &storedCredential{Secret: "8A:Cust12345.x", Refresh: "refresh", Expires: time.Now().Add(time.Minute)})
		require.NoError(t, err)
		for wait, most := range map[time.Duration]time.Duration{time.Second: time.Second / 2, time.Hour: refreshPatience} {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
			require.NoError(t, user.Apply(ctx, req))
			require.NoError(t, ctx.Err())
			assert.LessOrEqual(t, time.Since(began), most)
			assert.Equal(t, "Bearer 8A:Cust12345.x", req.Header.Get("Authorization"))
			cancel()
			user.soon.Store(nil) // as after refreshAgain
		}
		time.Sleep(obtainTimeout + keepTimeout) // until the refresh has given up
	})
}
