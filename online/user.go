package online

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/secret"
)

const (
	// refreshEarly is how long before its end an access token is refreshed,
	// and refreshSpread how much earlier at random, so that tokens that came
	// together do not go together.
	refreshEarly  = 4 * time.Minute
	refreshSpread = 2 * time.Minute
	// refreshAgain is when it is tried again after it failed, while the token
	// at hand is still good.
	refreshAgain = 30 * time.Second
	// refreshPatience is how long a call waits for a refresh ahead of time.
	refreshPatience = 5 * time.Second
	// refreshLate is how long before its end a token is not used any more.
	refreshLate = 10 * time.Second
)

// User is a person who has signed in. It is a [superoffice.Auth] that sends the
// person's access token, refreshes it a few minutes before it runs out, and
// when the server rejects it: once, for all goroutines and for all processes
// with the same [Store].
type User struct {
	token credential
	soon  atomic.Pointer[due]
}

// due is when a token is to be refreshed ahead of time.
type due struct {
	token *storedCredential
	at    atomic.Int64 // in Unix nanoseconds
}

// User returns the person with the given id (Claims.AssociateID) in a tenant,
// who has signed in to this application before. Nothing is sent. Calls of
// somebody whose tokens the [Store] does not have fail with [ErrSignInRequired].
func (a *App) User(tenant string, associateID int) (*User, error) {
	if err := checkTenant("tenant", tenant); err != nil {
		return nil, err
	}
	if associateID <= 0 {
		return nil, invalid("associateID", "is not the id of an associate")
	}
	u := new(User)
	u.token = credential{app: a, tenant: tenant, user: strconv.Itoa(associateID), holder: u}
	return u, nil
}

// UserClient returns a client for a tenant as a person who has signed in. It
// follows the tenant, and nothing is sent before its first call.
func (a *App) UserClient(tenant string, associateID int, opts ...superoffice.ClientOption) (*superoffice.Client, error) {
	user, err := a.User(tenant, associateID)
	if err != nil {
		return nil, err
	}
	return a.Client(tenant, user, opts...)
}

// ttl implements holder: a refresh token serves until it is revoked.
func (u *User) ttl() time.Duration { return 0 }

// lasts implements holder.
func (u *User) lasts(k *storedCredential, now time.Time) bool {
	late := refreshLate
	if !k.Used.IsZero() { // a token that lives for seconds is good for most of them
		late = min(late, k.Expires.Sub(k.Used)/4)
	}
	return now.Before(k.Expires.Add(-late))
}

// RenewedInVain is told of tokens that are rejected although they are new; see
// [superoffice.Renewer].
func (u *User) RenewedInVain(rejected *http.Request) {
	u.token.allowance().rejected(sentWith(rejected))
}

// Found reports whether a token is another process's; see [superoffice.Renewer].
func (u *User) Found(rejected *http.Request) bool { return u.token.wasFound(rejected) }

// Apply implements [superoffice.Auth].
func (u *User) Apply(ctx context.Context, req *http.Request) error {
	k := u.token.last.Load()
	if !u.token.good(k, "") {
		var err error
		if k, err = u.token.get(ctx, ""); err != nil {
			return err
		}
	}
	if u.isDue(k) {
		k = u.ahead(ctx, k)
	}
	req.Header.Set("Authorization", "Bearer "+k.Secret)
	return nil
}

// Renew implements [superoffice.Renewer].
func (u *User) Renew(ctx context.Context, rejected *http.Request) error {
	_, err := u.token.get(ctx, sentWith(rejected))
	return err
}

// isDue tells one caller, and no other, that it is time to refresh k.
func (u *User) isDue(k *storedCredential) bool {
	soon := u.soon.Load()
	if soon == nil || soon.token != k {
		next := &due{token: k}
		early := refreshEarly + rand.N(refreshSpread)
		early = min(early, k.Expires.Sub(u.token.app.now())/2) // one that lives briefly is used for half of that
		next.at.Store(k.Expires.Add(-early).UnixNano())
		if !u.soon.CompareAndSwap(soon, next) {
			return false // somebody else looks at it
		}
		soon = next
	}
	now, at := u.token.app.now(), soon.at.Load()
	return now.UnixNano() >= at && soon.at.CompareAndSwap(at, now.Add(refreshAgain).UnixNano())
}

// ahead refreshes a token that is still good, and makes do with it if that
// fails, or takes long: it then goes on by itself, and the call has half of its
// time left at least.
func (u *User) ahead(ctx context.Context, k *storedCredential) *storedCredential {
	patience := refreshPatience
	if deadline, bounded := ctx.Deadline(); bounded {
		patience = min(patience, time.Until(deadline)/2)
	}
	brief, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fresh, err := u.token.get(brief, k.Secret)
	if err == nil {
		return fresh
	}
	u.token.app.warn(ctx, "could not refresh an access token ahead of time", slog.String("tenant", u.token.tenant), slog.Any("error", err))
	return k
}

// replaceable implements holder: an entry that cannot be read now may hold the
// refresh token, without which the person has to sign in again.
func (u *User) replaceable() bool { return false }

// fetch implements holder: it gets a new access token for the refresh token. The login service
// normally sends no new refresh token along; the old one then goes on to serve.
func (u *User) fetch(ctx context.Context, old storedCredential) (storedCredential, error) {
	a := u.token.app
	if old.Refresh == "" {
		return storedCredential{}, fmt.Errorf("online: user %s of %s: %w", u.token.user, u.token.tenant, ErrSignInRequired)
	}
	if err := u.token.spentAllowance(); err != nil {
		return storedCredential{}, err
	}
	var token *oauth2.Token
	err := a.exchanges.do(ctx, func() error {
		return a.again(ctx, func() (err error) {
			token, err = a.oauth(a.config().RedirectURL).TokenSource(a.loginService.oauth(ctx), &oauth2.Token{RefreshToken: old.Refresh}).Token()
			if err != nil {
				return oauthError(err, secret.NewRedactor(old.Refresh, a.config().ClientSecret).Replace)
			}
			return nil
		})
	})
	if err != nil {
		return storedCredential{}, fmt.Errorf("online: refreshing the access token of user %s of %s: %w", u.token.user, u.token.tenant, err)
	}
	return a.keep(token), nil
}

// defaultTokenLife is how long an access token lives if the login service
// does not say.
const defaultTokenLife = time.Hour

// keep makes of a token what goes into the Store.
func (a *App) keep(token *oauth2.Token) storedCredential {
	life := time.Duration(token.ExpiresIn) * time.Second
	if life <= 0 {
		life = defaultTokenLife
	}
	return storedCredential{Secret: token.AccessToken, Refresh: token.RefreshToken, Expires: a.now().Add(life), Used: a.now()}
}

// oauth is the application as x/oauth2 knows it.
func (a *App) oauth(redirectURL string) *oauth2.Config {
	c := a.config()
	return &oauth2.Config{
		ClientID:     c.ClientID,
		ClientSecret: c.ClientSecret,
		RedirectURL:  redirectURL,
		Scopes:       []string{"openid"},
		Endpoint: oauth2.Endpoint{
			AuthURL:   c.Environment.url(authorizePath),
			TokenURL:  c.Environment.url(tokensPath),
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// SignOut forgets the tokens of a person, and has the login service forget
// them too. They are the same wherever the person signed in: calls for other
// sessions of the same person then fail with [ErrSignInRequired]. What the Store
// does not have is no error.
func (a *App) SignOut(ctx context.Context, tenant string, associateID int) error {
	user, err := a.User(tenant, associateID)
	if err != nil {
		return err
	}
	var k storedCredential
	err = user.token.change(ctx, func(there *storedCredential) *storedCredential {
		k = *there
		return nil
	})
	if err != nil {
		return err
	}
	if k.Refresh != "" {
		err = a.revoke(ctx, k.Refresh, "refresh_token")
	}
	if k.Secret != "" {
		err = errors.Join(err, a.revoke(ctx, k.Secret, "access_token"))
	}
	return err
}

// revoke ends a token (RFC 7009). It can be done twice without harm.
func (a *App) revoke(ctx context.Context, token, kind string) error {
	c := a.config()
	form := url.Values{"token": {token}, "token_type_hint": {kind}, "client_id": {c.ClientID}}
	if c.ClientSecret != "" {
		form.Set("client_secret", c.ClientSecret)
	}
	err := a.again(ctx, func() error {
		_, err := a.loginService.post(ctx, c.Environment.url(revokePath), form)
		return err
	})
	if err != nil {
		return fmt.Errorf("online: revoking a token: %w", oauthError(err, secret.NewRedactor(token, c.ClientSecret).Replace))
	}
	return nil
}

// Format prints whose tokens it is about, and none of them.
func (u *User) Format(f fmt.State, verb rune) {
	secret.Format(f, verb, "online.User{"+u.token.user+" in "+u.token.tenant+"}")
}
