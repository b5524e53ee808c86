package superoffice

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice/internal/guard"
	"github.com/superoffice-go/superoffice/internal/secret"
)

// Auth puts credentials on a request. Apply is called for every attempt, from
// many goroutines at once, and may set headers of req; it must not keep req,
// change its body or send it elsewhere. An error from Apply ends the call
// before anything is sent.
//
// The credentials reach the client's own server only: a request that Apply or
// a redirect points to another origin is not sent.
type Auth interface {
	Apply(ctx context.Context, req *http.Request) error
}

// Renewer is an [Auth] that can get new credentials. When the server answers
// 401, Renew is called once, however many calls were refused at the same time;
// the calls wait for it and are then sent once more. The request that was
// rejected is passed without its body, so that Renew can see which credential
// it carried. ctx lives for as long as a call waits for the renewal; a Renew
// that goes on when all have left may meet the next one. A Renew that fails
// fails the calls that were refused by then, and the next refusal tries again.
//
// A Renewer may be a [RenewalWatcher] and a [SharedRenewer] too.
type Renewer interface {
	Renew(ctx context.Context, rejected *http.Request) error
}

// RenewalWatcher is a [Renewer] that is told when renewing was of no use, so
// that one whose credentials cost something can stop getting them.
type RenewalWatcher interface {
	// RenewedInVain is called for each call whose credential was renewed and
	// then rejected all the same, with the request that carried it, without its
	// body.
	RenewedInVain(rejected *http.Request)
}

// SharedRenewer is a [Renewer] whose Renew may return a credential that another
// process has got, from a store that they share for instance. Such a one may
// have run out too, so it is renewed once more if it is rejected.
type SharedRenewer interface {
	// Found reports whether the credential that the request carried was found
	// and not got by this process.
	Found(rejected *http.Request) bool
}

// AuthFunc is a function as an [Auth].
type AuthFunc func(ctx context.Context, req *http.Request) error

// Apply calls f.
func (f AuthFunc) Apply(ctx context.Context, req *http.Request) error { return f(ctx, req) }

// BasicAuth sends user and password with every request (Authorization:
// Basic). On site only: SuperOffice Online never accepts a password.
func BasicAuth(user, password string) Auth {
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	auth := &staticAuth{argument: "BasicAuth", value: secret.Hide("Basic " + basic)}
	switch {
	case user == "":
		auth.problem = "has no user"
	case strings.Contains(user, ":"):
		auth.problem = "has a colon in its user, which the scheme cannot carry"
	}
	return auth
}

// TicketAuth sends a ticket, such as 7T:..., as it is (Authorization:
// SOTicket). SuperOffice Online demands [WithAppToken] beside it. A ticket lives
// for six hours after its last use.
func TicketAuth(ticket string) Auth {
	return opaqueAuth("TicketAuth", "SOTicket ", ticket)
}

// BearerAuth sends an access token, such as 8A:Cust12345..., that somebody
// else keeps fresh (Authorization: Bearer). For tokens that run out, see
// [TokenSourceAuth].
func BearerAuth(token string) Auth {
	return opaqueAuth("BearerAuth", "Bearer ", token)
}

// staticAuth is an Authorization header that never changes.
type staticAuth struct {
	argument string // the constructor, for messages
	value    secret.Text
	problem  string
}

func opaqueAuth(argument, scheme, opaque string) *staticAuth {
	auth := &staticAuth{argument: argument, value: secret.Hide(scheme + opaque)}
	switch {
	case opaque == "":
		auth.problem = "got an empty value"
	case strings.ContainsFunc(opaque, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		auth.problem = "got a value with a blank or control character (a line break at the end, perhaps)"
	}
	return auth
}

func (a *staticAuth) check() error {
	if a.problem != "" {
		return invalid(a.argument, a.problem)
	}
	return nil
}

func (a *staticAuth) Apply(_ context.Context, req *http.Request) error {
	req.Header[headerAuthorization] = []string{a.value()}
	return nil
}

func (a *staticAuth) Format(f fmt.State, verb rune) {
	formatText(f, verb, "superoffice."+a.argument+"("+secret.Redacted+")")
}

// TokenSourceAuth sends the access token of src (Authorization: Bearer). src
// is asked for every attempt and is expected to keep its token until it is
// about to run out, as oauth2.ReuseTokenSource does. A call that is cancelled
// while src works returns at once; calls that come meanwhile wait for the same
// answer. A panic of src is an error of the calls that wait.
//
// Of an *oauth2.RetrieveError only the status and the error code are told,
// since its text repeats what the login service sent. errors.As finds it whole.
func TokenSourceAuth(src oauth2.TokenSource) Auth {
	if src == nil {
		return &tokenSourceAuth{}
	}
	return &tokenSourceAuth{fresh: src.Token}
}

// tokenSourceAuth holds the source's method only, which prints as an address.
type tokenSourceAuth struct {
	fresh func() (*oauth2.Token, error)

	mu     sync.Mutex
	asking *tokenAnswer // under way, or nil
}

// tokenAnswer is what a token source says.
type tokenAnswer struct {
	done  chan struct{}
	token *oauth2.Token // valid after done
	err   error
}

func (a *tokenSourceAuth) check() error {
	if a.fresh == nil {
		return invalid("TokenSourceAuth", "got a nil TokenSource")
	}
	return nil
}

func (a *tokenSourceAuth) Apply(ctx context.Context, req *http.Request) error {
	token, err := a.token(ctx)
	if err != nil {
		return fmt.Errorf("getting an access token: %w", withoutBody(err))
	}
	if token == nil || token.AccessToken == "" {
		return invalid("TokenSourceAuth", "got no access token from its TokenSource")
	}
	if err := checkHeaderValue("TokenSourceAuth", token.AccessToken); err != nil {
		return err
	}
	req.Header[headerAuthorization] = []string{"Bearer " + token.AccessToken}
	return nil
}

// withoutBody takes the body of the answer out of the text of an error that
// holds an oauth2.RetrieveError.
func withoutBody(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return err
	}
	text := "the login service refused it"
	if refused.Response != nil {
		text += ": " + refused.Response.Status
	}
	if refused.ErrorCode != "" {
		text += ": " + refused.ErrorCode
	}
	return &redactedError{text, err}
}

// token asks the source beside the call, since a TokenSource knows no context
// and may go to the network. One that hangs is asked once, however many calls
// come and go.
func (a *tokenSourceAuth) token(ctx context.Context) (*oauth2.Token, error) {
	if ctx.Done() == nil {
		return a.guardedFresh()
	}
	asked := a.ask()
	select {
	case <-asked.done:
		return asked.token, asked.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask returns the answer that is under way, or asks for one.
func (a *tokenSourceAuth) ask() *tokenAnswer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asking != nil {
		return a.asking
	}
	asking := &tokenAnswer{done: make(chan struct{}), err: errSourceLeft}
	a.asking = asking
	go func() {
		defer a.answered(asking)
		asking.token, asking.err = a.guardedFresh()
	}()
	return asking
}

var errSourceLeft = errors.New("the TokenSource did not return")

func (a *tokenSourceAuth) answered(asking *tokenAnswer) {
	a.mu.Lock()
	a.asking = nil
	a.mu.Unlock()
	close(asking.done)
}

// guardedFresh asks the caller's TokenSource, on a goroutine of ours.
func (a *tokenSourceAuth) guardedFresh() (token *oauth2.Token, err error) {
	err = guard.Call("the TokenSource", func() (err error) {
		token, err = a.fresh()
		return err
	})
	if err != nil {
		return nil, err
	}
	return token, nil
}

func (a *tokenSourceAuth) Format(f fmt.State, verb rune) {
	formatText(f, verb, "superoffice.TokenSourceAuth("+secret.Redacted+")")
}

// SessionAuth rides on the session of a signed-in browser: xsrfToken goes in
// X-XSRF-TOKEN, the cookies (ASP.NET_SessionId among them) in Cookie, and no
// Authorization is sent, since the server heeds a session only without one.
func SessionAuth(xsrfToken string, cookies ...*http.Cookie) Auth {
	auth := &sessionAuth{token: secret.Hide(xsrfToken)}
	var own []*http.Cookie
	for _, cookie := range cookies {
		if cookie == nil {
			auth.problem = "got a nil cookie"
			continue
		}
		own = append(own, &http.Cookie{Name: cookie.Name, Value: cookie.Value, Quoted: cookie.Quoted})
	}
	auth.cookies = func() []*http.Cookie { return own }
	return auth
}

type sessionAuth struct {
	token   secret.Text
	cookies func() []*http.Cookie
	problem string
}

func (a *sessionAuth) check() error {
	if a.problem != "" {
		return invalid("SessionAuth", a.problem)
	}
	if a.token() == "" {
		return invalid("SessionAuth", "got an empty XSRF token: the server refuses a session without one")
	}
	if err := checkHeaderValue("SessionAuth", a.token()); err != nil {
		return err
	}
	for _, cookie := range a.cookies() {
		if cookie.Valid() != nil {
			return invalid("SessionAuth", "got a cookie with a name or value that no Cookie header can carry")
		}
	}
	return nil
}

// Apply leaves an X-XSRF-TOKEN that the call set for itself.
func (a *sessionAuth) Apply(_ context.Context, req *http.Request) error {
	if _, set := req.Header[headerXSRF]; !set {
		req.Header[headerXSRF] = []string{a.token()}
	}
	for _, cookie := range a.cookies() {
		req.AddCookie(cookie)
	}
	return nil
}

func (a *sessionAuth) Format(f fmt.State, verb rune) {
	formatText(f, verb, "superoffice.SessionAuth("+secret.Redacted+")")
}
