package superoffice

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/superoffice-go/superoffice/internal/secret"
)

// UserTokenAuth asks for a token of the user once, with the credentials of
// signIn (GET v1/User/currentToken), and sends that with every call
// (Authorization: Bearer), which spares the server to check a password each
// time. When the server rejects the token it asks for another. For servers on
// site:
//
//	basic, err := superoffice.NewClient(baseURL, superoffice.WithAuth(superoffice.BasicAuth(user, password)))
//	...
//	client, err := basic.With(superoffice.WithAuth(superoffice.UserTokenAuth(basic)))
//
// signIn must be a client for the same server: the token is of use there only.
func UserTokenAuth(signIn *Client) Auth {
	return &userTokenAuth{signIn: signIn}
}

type userTokenAuth struct {
	signIn *Client
	own    credential // has the first calls, too, share one sign-in
	token  atomic.Pointer[secret.Text]
}

// userToken is a token on the wire.
type userToken string

func (t *userToken) secrets() []string { return []string{string(*t)} }

func (a *userTokenAuth) check() error {
	if a.signIn.usable() != nil {
		return invalid("UserTokenAuth", "got a Client that was not made with NewClient")
	}
	return nil
}

func (a *userTokenAuth) Apply(ctx context.Context, req *http.Request) error {
	generation := a.own.current()
	if a.token.Load() == nil {
		if err := a.own.renew(ctx, a, req, generation); err != nil {
			return err
		}
	}
	req.Header[headerAuthorization] = []string{a.bearer()}
	return nil
}

// bearer is the header's value, as it is now.
func (a *userTokenAuth) bearer() string {
	token := a.token.Load()
	if token == nil {
		return ""
	}
	return "Bearer " + (*token)()
}

// Renew implements [Renewer].
func (a *userTokenAuth) Renew(ctx context.Context, rejected *http.Request) error {
	if now := a.bearer(); now != "" && now != rejected.Header.Get(headerAuthorization) {
		return nil // it was replaced since
	}
	var token userToken
	if err := a.signIn.Call(ctx, http.MethodGet, "v1/User/currentToken", nil, &token); err != nil {
		return fmt.Errorf("getting a token of the user: %w", err)
	}
	if err := opaqueAuth("the token of the user", "", string(token)).check(); err != nil {
		return errors.New("the server gave a token of the user that no header can carry")
	}
	hidden := secret.Hide(string(token))
	a.token.Store(&hidden)
	return nil
}

func (a *userTokenAuth) Format(f fmt.State, verb rune) {
	formatText(f, verb, "superoffice.UserTokenAuth("+secret.Redacted+")")
}
