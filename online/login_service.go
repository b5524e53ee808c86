package online

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/steady"
)

// loginService is the way to the login service for what is not of SuperOffice's API:
// OAuth and the keys. No request and no redirect leaves the environment's
// origin, so that no code, secret or refresh token does, and no answer is read
// for ever.
type loginService struct {
	client *http.Client
}

// mostLoginBytes is how much of an answer of the login service is read.
const mostLoginBytes = 1 << 20

const loginTimeout = 20 * time.Second // of one request to the login service

func newLoginService(env Environment, given *http.Client) *loginService {
	return &loginService{&http.Client{
		Transport: &ownOrigin{home: env.issuer(), next: given.Transport},
		Timeout:   loginTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// ownOrigin lets nothing out that is not for the environment, and has answers
// that give nothing end.
type ownOrigin struct {
	home string
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g *ownOrigin) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.String(), g.home+"/") {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errors.New("the request does not go to " + g.home)
	}
	resp, err := g.next.RoundTrip(req)
	if err == nil && resp.Body != nil {
		resp.Body = steady.Body(resp.Body)
	}
	return resp, err
}

// oauth lets x/oauth2 go through the loginService.
func (d *loginService) oauth(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, d.client)
}

// get reads what is at an address.
func (d *loginService) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	return d.send(req)
}

// post sends a form.
func (d *loginService) post(ctx context.Context, address string, form url.Values) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Content-Type", string(superoffice.ContentTypeForm))
	return d.send(req)
}

func (d *loginService) send(req *http.Request) ([]byte, error) {
	req.Header.Set("Accept", string(superoffice.ContentTypeJSON))
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, bare(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostLoginBytes))
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, readOAuthError(resp.StatusCode, body)
	case err != nil:
		return nil, fmt.Errorf("reading the answer of the login service: %w", err)
	}
	return body, nil
}

// bare removes the *url.Error that net/http wraps around an error of the
// transport: it repeats the address.
func bare(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// mostTries bounds how often something harmless is asked of the login service.
const mostTries = 4

// again does f until it does not fail for a reason that passes. Only what can
// be done twice without harm comes here.
func (a *App) again(ctx context.Context, f func() error) error {
	wait := 250 * time.Millisecond
	for try := 1; ; try++ {
		err := f()
		if err == nil || try == mostTries || ctx.Err() != nil || !passes(err) {
			return err
		}
		if a.sleep(ctx, rand.N(wait)+1) != nil {
			return err
		}
		wait *= 2
	}
}

// passes reports whether an error of the login service may be gone the next
// time: no answer, or one that says that the server has a problem.
func passes(err error) bool {
	var refusal *OAuthError
	if errors.As(err, &refusal) {
		return refusal.StatusCode == http.StatusTooManyRequests || refusal.StatusCode >= 500
	}
	return true
}
