package online

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice/internal/secret"
)

// ErrStaleSignIn means that a callback belongs to no sign-in that is under way:
// it took too long, was finished before, or began in another browser. Nothing
// is wrong but that the sign-in must begin anew.
var ErrStaleSignIn = errors.New("online: the sign-in must begin anew")

func stale(why string) error { return fmt.Errorf("%w: %s", ErrStaleSignIn, why) }

// signInLife is how long a person may take to sign in.
const signInLife = 10 * time.Minute

// SignInOptions say how a person is to sign in. All are optional.
type SignInOptions struct {
	// Tenant is the tenant to sign in to, such as "Cust12345"; the person is
	// then not asked, and a sign-in to another tenant fails.
	Tenant string
	// LoginHint is the name that the person signs in with.
	LoginHint string
	// RedirectURL is the callback, if it is not Config.RedirectURL.
	RedirectURL string
}

// SignIn is a sign-in under way (authorization code with PKCE). Programs that
// serve the web have [App.LoginHandler] and [App.CallbackHandler]; native ones have
// [App.SignInNative].
type SignIn struct {
	url                    secret.Text // with the state and the nonce in it
	tenant, redirectURL    string
	state, nonce, verifier secret.Text
	begun                  time.Time
}

// BeginSignIn makes a sign-in for one person. Nothing is sent.
func (a *App) BeginSignIn(opts SignInOptions) (*SignIn, error) {
	s := &SignIn{
		tenant: opts.Tenant, redirectURL: opts.RedirectURL, begun: a.now(),
		state: secret.Hide(rand.Text()), nonce: secret.Hide(rand.Text()), verifier: secret.Hide(oauth2.GenerateVerifier()),
	}
	if s.redirectURL == "" {
		s.redirectURL = a.config().RedirectURL
	}
	if s.redirectURL == "" {
		return nil, invalid("Config.RedirectURL", "is empty, and SignInOptions.RedirectURL too; a sign-in needs one")
	}
	if s.tenant != "" {
		if err := checkTenant("SignInOptions.Tenant", s.tenant); err != nil {
			return nil, err
		}
	}
	params := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(s.verifier()),
		oauth2.SetAuthURLParam("nonce", s.nonce()),
		oauth2.SetAuthURLParam("response_mode", "query"),
	}
	if s.tenant != "" {
		params = append(params, oauth2.SetAuthURLParam("acr_values", "tenant:"+s.tenant))
	}
	if opts.LoginHint != "" {
		params = append(params, oauth2.SetAuthURLParam("login_hint", opts.LoginHint))
	}
	s.url = secret.Hide(a.oauth(s.redirectURL).AuthCodeURL(s.state(), params...))
	return s, nil
}

// URL is where the person's browser is to go.
func (s *SignIn) URL() string { return s.url() }

// FinishSignIn takes the query with which the person's browser came back to
// the callback, exchanges its code, verifies who it is, and keeps the tokens in
// the [Store] for [App.UserClient]. A sign-in can be finished once; a callback that
// fits none under way is an [ErrStaleSignIn]. An *OAuthError is what the login
// service, or the person, said in place of a code or a token. Any other error
// is a token that is not to be trusted, or no answer.
func (a *App) FinishSignIn(ctx context.Context, s *SignIn, callback url.Values) (*Claims, error) {
	switch {
	case s == nil || s.state == nil:
		return nil, invalid("the SignIn", "was not made with BeginSignIn")
	case subtle.ConstantTimeCompare([]byte(callback.Get("state")), []byte(s.state())) != 1:
		return nil, stale("the callback belongs to another sign-in: its state is not the one that was sent")
	case a.now().Sub(s.begun) > signInLife:
		return nil, stale(fmt.Sprintf("the sign-in took longer than %s", signInLife))
	case callback.Get("error") != "":
		return nil, &OAuthError{Code: callback.Get("error"), Description: callback.Get("error_description")}
	case callback.Get("code") == "":
		return nil, errors.New("online: the callback brings no code")
	}
	if err := a.useOnce(ctx, s); err != nil {
		return nil, err
	}
	return a.exchangeCode(ctx, s, callback.Get("code"))
}

// useOnce takes the sign-in out of use, for all processes with the same Store.
func (a *App) useOnce(ctx context.Context, s *SignIn) error {
	used := sha256.Sum256([]byte(s.state()))
	key := a.key("", "sign-in "+hex.EncodeToString(used[:]))
	first, err := a.store.Swap(ctx, key, "", Entry{Version: "used", Value: []byte("{}")}, signInLife)
	switch {
	case err != nil:
		return fmt.Errorf("online: noting that a sign-in is used: %w", err)
	case !first:
		return stale("the sign-in was finished before")
	}
	return nil
}

// exchangeCode gets the tokens for a code. A code serves once, so there is no
// second try.
func (a *App) exchangeCode(ctx context.Context, s *SignIn, code string) (*Claims, error) {
	var token *oauth2.Token
	err := a.exchanges.do(ctx, func() (err error) {
		token, err = a.oauth(s.redirectURL).Exchange(a.loginService.oauth(ctx), code, oauth2.VerifierOption(s.verifier()))
		return err
	})
	if err != nil {
		redact := secret.NewRedactor(code, s.verifier(), a.config().ClientSecret).Replace
		return nil, fmt.Errorf("online: exchanging the code of a sign-in: %w", oauthError(err, redact))
	}
	idToken, _ := token.Extra("id_token").(string)
	if idToken == "" {
		return nil, errors.New("online: the login service sent no id token")
	}
	claims, err := a.verifyIDToken(ctx, idToken, s.nonce())
	switch {
	case err != nil:
		return nil, err
	case s.tenant != "" && !strings.EqualFold(claims.Tenant, s.tenant):
		return nil, fmt.Errorf("online: the person signed in to %s, not to %s", claims.Tenant, s.tenant)
	case claims.AssociateID <= 0:
		return nil, errors.New("online: the id token does not say which associate it is")
	}
	return claims, a.keepTokens(ctx, claims, token)
}

// keepTokens puts a person's tokens into the Store.
func (a *App) keepTokens(ctx context.Context, claims *Claims, token *oauth2.Token) error {
	user, err := a.User(claims.Tenant, claims.AssociateID)
	if err != nil {
		return err
	}
	fresh := a.keep(token)
	if err := fresh.check(); err != nil {
		return err
	}
	err = user.token.change(ctx, func(old *storedCredential) *storedCredential {
		next := fresh
		if next.Refresh == "" {
			next.Refresh = old.Refresh
		}
		return &next
	})
	if logger := a.config().Logger; logger != nil && err == nil {
		logger.InfoContext(ctx, "somebody signed in", slog.String("tenant", claims.Tenant), slog.String("associate", strconv.Itoa(claims.AssociateID)))
	}
	return err
}

// Format prints that it is a sign-in, and nothing with which one could be
// taken over.
func (s *SignIn) Format(f fmt.State, verb rune) { secret.Format(f, verb, "online.SignIn{}") }
