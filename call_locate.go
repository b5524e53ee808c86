package superoffice

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
)

// Locator finds out where the API of a tenant is at present. A client that was
// made with [WithLocator] asks it before every call, and again when the server
// at that address turns out to be the wrong one: it answered 421, or no
// connection to it came about. The call is then sent to the new address, also
// if it writes, since the wrong server has done nothing. A call that ends
// with 503 has it asked as well, whose error then tells why the tenant is
// unavailable, if it knows.
//
// Package online has a Locator for the tenants of SuperOffice Online.
type Locator interface {
	// Locate returns the base URL of the API, as [NewClient] takes it. It is
	// called by many goroutines at once and for every call, so it should
	// answer from memory.
	//
	// rejected is empty, or a base URL that Locate returned and that is the
	// wrong one by now. The answer must then be newer than that finding. If
	// it still is rejected, the call is sent there once more, since a tenant may
	// have come back meanwhile. An error ends the call.
	Locate(ctx context.Context, rejected string) (baseURL string, err error)
}

// WithLocator has the client ask l for the server's address before every call,
// and follow a tenant that moves. NewClient takes it instead of a base URL;
// with [Client.With] it replaces the address. Each such client has a retry
// budget of its own, since it speaks to a server of its own.
func WithLocator(l Locator) ClientOption {
	return clientOption(func(c *config) error {
		if l == nil {
			return invalid("WithLocator", "got a nil Locator; give NewClient a base URL instead")
		}
		c.location = &location{locator: l}
		return nil
	})
}

// mostMoves bounds how often one call follows its tenant, should two servers
// each name the other.
const mostMoves = 3

// location is where a client finds the server of a tenant that may move.
type location struct {
	locator Locator
	last    atomic.Pointer[resolved] // spares reading the same address for every call
}

// resolved is an address as the Locator gave it and as it is used.
type resolved struct {
	baseURL  string
	endpoint *endpoint
}

// parse reads a Locator's answer.
func (p *location) parse(baseURL string, insecure bool) (*resolved, error) {
	if last := p.last.Load(); last != nil && last.baseURL == baseURL {
		return last, nil
	}
	e, err := parseEndpoint(baseURL, insecure)
	if err != nil {
		return nil, err
	}
	found := &resolved{baseURL, e}
	p.last.Store(found)
	return found, nil
}

// locating points a call to where its tenant is, and asks after a tenant that
// turned out to be unavailable.
func locating(next step) step {
	return func(c *call) (*http.Response, error) {
		if c.target.endpoint == nil {
			if _, err := c.target.locate(c.ctx.Context, &c.client.config, ""); err != nil {
				return nil, err
			}
			c.request.aim(c.target.endpoint, c.path)
		}
		resp, err := next(c)
		if at := c.target.baseURL; err == nil && resp.StatusCode == http.StatusServiceUnavailable && at != "" {
			_, err = c.target.locate(c.ctx.Context, &c.client.config, at)
		}
		return resp, err
	}
}

// target is where a call goes.
type target struct {
	endpoint *endpoint // nil until a Locator has told it
	baseURL  string    // what a Locator called it
}

// locate asks where the tenant is. moved reports whether that is another address
// than the rejected one.
func (t *target) locate(ctx context.Context, c *config, rejected string) (moved bool, err error) {
	baseURL, err := c.location.locator.Locate(ctx, rejected)
	if err != nil {
		return false, &stepError{"finding the tenant", err}
	}
	found, err := c.location.parse(baseURL, c.insecure)
	if err != nil {
		return false, &stepError{"finding the tenant", err}
	}
	if baseURL == rejected {
		return false, nil
	}
	t.endpoint, t.baseURL = found.endpoint, baseURL
	return true, nil
}

// follow asks where the tenant is, if an attempt went to the wrong server, and
// points the call there. again reports whether it is to be sent.
func (c *call) follow(resp *http.Response, err error) (again bool, failure error) {
	if c.target.baseURL == "" || c.progress.moves == mostMoves || !isElsewhere(&c.ctx, resp, err) {
		return false, nil
	}
	cause := c.failureOf(resp, err)
	moved, failure := c.target.locate(c.ctx.Context, &c.client.config, c.target.baseURL)
	switch {
	case failure != nil:
		return false, failure
	case !moved && c.progress.stayed:
		c.progress.stop("not sent again: the tenant is still said to be at this address")
		return false, nil
	case !moved && resp == nil: // if nobody listens, that is for the retries, which wait
		return false, nil
	case !c.stopUnlessRepeatable():
		return false, nil
	}
	// The attempt that is over may still be read by the transport, so this one
	// has an address of its own.
	c.request.URL = &url.URL{RawQuery: c.request.URL.RawQuery}
	c.request.aim(c.target.endpoint, c.path)
	c.progress.moved(cause, !moved)
	c.logAt(slog.LevelInfo, "following the tenant")
	return true, nil
}

// isElsewhere reports whether an attempt ended so because the tenant does not
// live at the address: the server said it, or there is none. A call that was
// given up meanwhile keeps the end that it has.
func isElsewhere(ctx context.Context, resp *http.Response, err error) bool {
	switch {
	case ctx.Err() != nil:
		return false
	case err == nil:
		return resp.StatusCode == http.StatusMisdirectedRequest
	}
	var dial *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &dns)
}
