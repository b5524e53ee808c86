package superoffice

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/operation"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// version is this module's, as the default User-Agent tells it.
const version = "0.1.0"

const userAgent = "superoffice-go/" + version

// defaultMaxBytes is how much of an answer is read if the client does not
// say: 64 MiB.
const defaultMaxBytes = 64 << 20

// Client speaks to one SuperOffice installation or Online tenant. Make one
// with [NewClient] and share it: it never changes and is safe for any number of
// goroutines. Its calls are those of its Agents, such as
// client.Contact.GetContactEntity.
type Client struct {
	Agents

	agent agent
	// setup returns what the client was made with. It is a function because
	// fmt walks through every struct, unexported fields included, but not into
	// a function.
	setup func() *setup
}

// setup is what a client was made with: it never changes.
type setup struct {
	config   config
	endpoint *endpoint // nil if a Locator tells it
	core     *core
}

// core is what a client shares with those derived from it: the way to the
// network and the measure of how much it may be burdened. It holds nothing of
// a single user.
type core struct {
	send        step
	idle        func() // closes idle connections
	replays     bool   // nothing but net/http sees the requests
	budget      budget
	credentials credentials
}

// agent is what every agent type is: a view on its client.
type agent struct{ client *Client }

// NewClient returns a client for the API at baseURL: the address of the
// installation or tenant, with or without "/api" and "/api/v1" behind it, such
// as "https://crm.example.com/SuperOffice" or
// "https://online3.superoffice.com/Cust12345/api". Plain http is taken for
// loopback addresses only, unless [WithInsecureHTTP] says otherwise.
//
// A tenant that may move has no lasting address: give an empty baseURL and
// [WithLocator].
//
// Nothing is sent. A bad address or option is an [ErrInvalidArgument] that names
// it.
func NewClient(baseURL string, opts ...ClientOption) (*Client, error) {
	s := &setup{config: config{settings: settings{retry: RetryPolicy{}.withDefaults()}, maxBytes: defaultMaxBytes}}
	if err := s.config.apply(opts); err != nil {
		return nil, err
	}
	var err error
	if s.endpoint, err = s.config.address(baseURL); err != nil {
		return nil, err
	}
	s.core = newCore(s.config.httpClient)
	return s.client(), nil
}

// address reads the base URL of a client, which has one unless it asks a
// Locator.
func (c *config) address(baseURL string) (*endpoint, error) {
	if c.location == nil {
		return parseEndpoint(baseURL, c.insecure)
	}
	if baseURL != "" {
		return nil, invalid("baseURL", "is given beside WithLocator, which tells the address; leave one of them out")
	}
	return nil, nil
}

// With returns a client for the same server that differs by opts. It shares
// the connections and the retry budget of c, and nothing that belongs to a
// user; c does not change. With [WithHTTPClient] it has connections of its own.
func (c *Client) With(opts ...ClientOption) (*Client, error) {
	if err := c.usable(); err != nil {
		return nil, err
	}
	derived := *c.setup()
	if err := derived.config.apply(opts); err != nil {
		return nil, err
	}
	switch base := c.setup(); {
	case derived.config.httpClient != base.config.httpClient:
		derived.core = newCore(derived.config.httpClient)
	case derived.config.location != base.config.location:
		derived.core = &core{send: base.core.send, idle: base.core.idle, replays: base.core.replays}
	}
	if derived.config.location != nil {
		derived.endpoint = nil
	}
	return derived.client(), nil
}

// TimeZoneCode returns the zone that a call with the options would ask for: what
// [WithTimeZone] said last, or an empty code.
func (c *Client) TimeZoneCode(opts ...CallOption) (code string, err error) {
	if err := c.usable(); err != nil {
		return "", err
	}
	chosen, err := c.setup().config.configure(opts)
	if err != nil {
		return "", err
	}
	return chosen.zone, nil
}

func (c *config) apply(opts []ClientOption) error {
	for i, opt := range opts {
		if opt == nil {
			return invalid("options", fmt.Sprintf("hold a nil at position %d", i+1))
		}
		if err := opt.applyToClient(c); err != nil {
			return err
		}
	}
	return nil
}

// client returns the client that is set up so, with its agents.
func (s *setup) client() *Client {
	c := &Client{setup: func() *setup { return s }}
	c.agent.client = c
	c.Agents = newAgents(&c.agent)
	return c
}

// newCore builds the pipeline below a call. The order of its steps, from the
// call to the network: renew, locate, authenticate and retry, redirect
// (net/http), attempt.
func newCore(given *http.Client) *core {
	client := newHTTPClient(given)
	_, plain := client.Transport.(*attempts).next.(*http.Transport)
	return &core{
		send:    renewing(locating(retrying(newRetryer(client)))),
		idle:    (&http.Client{Transport: client.Transport.(*attempts).next}).CloseIdleConnections,
		replays: plain,
	}
}

// CloseIdleConnections closes the connections that no call uses at present. A
// program that is done with its clients calls it to leave nothing behind; a
// client still works afterwards.
func (c *Client) CloseIdleConnections() {
	if c.usable() == nil {
		c.setup().core.idle()
	}
}

// Format prints where the client points, never what it holds.
func (c Client) Format(f fmt.State, verb rune) {
	text := "superoffice.Client{}"
	if c.usable() == nil {
		text = "superoffice.Client{" + c.setup().where() + "}"
	}
	formatText(f, verb, text)
}

// where is the address of the API, as far as it is known.
func (s *setup) where() string {
	at := s.endpoint
	if at == nil {
		last := s.config.location.last.Load()
		if last == nil {
			return ""
		}
		at = last.endpoint
	}
	return at.origin.String() + at.path
}

func (c *Client) usable() error {
	if c == nil || c.setup == nil {
		return invalid("Client", "was not made with NewClient")
	}
	return nil
}

// Call sends a request to any endpoint below the API folder, such as
// "v1/Agents/User/GetUser", through the same pipeline as every other call.
//
// For GET, HEAD and DELETE, in is the query: a struct with url tags (see
// go-querystring), a url.Values, or nil. For other methods it is the body: a
// carrier or any value that encodes to JSON, or nil; bytes and an io.Reader are
// the body as it is. A reader is sent while it is read, with its length if it
// knows it (an io.Seeker, or an io.LimitedReader that must give just as much)
// and as application/octet-stream unless [WithContentType] says otherwise; only
// an io.Seeker can be sent again. One inside another value is refused, since
// JSON would say {} for it. The result is decoded into out, a non-nil pointer; a
// nil out drops it,
// a *[]byte takes the body as it came, and a *Stream as it arrives. path may carry a query of its own.
//
// GET, HEAD and OPTIONS count as reads. Other methods count as writes unless
// the call is [Idempotent].
func (c *Client) Call(ctx context.Context, method, path string, in, out any, opts ...CallOption) error {
	spec, err := parseCall(method, path)
	if err != nil {
		return err
	}
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return invalid("out", "must be nil or a non-nil pointer")
	}
	spec.in, spec.out = in, out
	switch spec.op.Method {
	case http.MethodGet, http.MethodHead, http.MethodDelete:
		values, err := encodeQuery(in)
		if err != nil {
			return err
		}
		spec.query, spec.in = joinQuery(spec.query, values), nil
	default:
		if err := checkBody(in); err != nil {
			return err
		}
	}
	return c.do(ctx, spec, opts)
}

// checkBody refuses a value that holds a reader, of which nothing would be sent.
func checkBody(in any) error {
	if _, alone := in.(io.Reader); alone {
		return nil
	}
	if err := wire.HoldsReader(in); err != nil {
		return invalid("in", "cannot be sent: "+err.Error())
	}
	return nil
}

// parseCall checks the address of a Call and takes its query off.
func parseCall(method, path string) (spec callSpec, err error) {
	method = strings.ToUpper(method)
	if !isToken(method) {
		return spec, invalid("method", "is not an HTTP method")
	}
	path, rawQuery, _ := strings.Cut(path, "?")
	u, err := url.Parse(belowAPI(path))
	switch {
	case err != nil:
		return spec, invalid("path", "cannot be read; escape what is special in it with url.PathEscape")
	case u.Scheme != "" || u.Host != "" || strings.HasPrefix(u.Path, "/"):
		return spec, invalid("path", `must lie below the API folder, such as "v1/Agents/User/GetUser"`)
	case strings.ContainsRune(path, '#') || strings.ContainsRune(rawQuery, '#'):
		return spec, invalid("path", "has a fragment; write %23 for a # that belongs to it")
	case hasDotElement(u.Path):
		return spec, invalid("path", `has a "." or ".." element`)
	}
	op := &operation.Operation{Method: method, Route: u.EscapedPath(), Conditions: operation.IfUnmodifiedSince, Codecs: &wire.All}
	op.SecretResult = slices.ContainsFunc(secretRoutes, func(route string) bool { return matchesRoute(u.Path, route) })
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		op.Class, op.Conditions = operation.Read, operation.IfModifiedSince
	}
	return callSpec{op: op, path: op.Route, query: escapeQuery(rawQuery), generic: true}, nil
}

// matchesRoute reports whether a path is one of a route, in which parameters
// stand in braces. Servers tell no capitals from small letters.
func matchesRoute(path, route string) bool {
	path = strings.TrimRight(path, "/")
	for {
		part, rest, more := strings.Cut(path, "/")
		want, restWanted, moreWanted := strings.Cut(route, "/")
		if !strings.HasPrefix(want, "{") && !strings.EqualFold(part, want) || more != moreWanted {
			return false
		}
		if !more {
			return true
		}
		path, route = rest, restWanted
	}
}

// belowAPI takes off what callers may or may not write in front of a path: a
// slash, and the API folder.
func belowAPI(path string) string {
	path = strings.TrimPrefix(path, "/")
	const folder = "api/"
	if len(path) > len(folder) && strings.EqualFold(path[:len(folder)], folder) {
		return path[len(folder):]
	}
	return path
}

// encodeQuery writes a query struct through go-querystring.
func encodeQuery(in any) (string, error) {
	if _, ok := in.(io.Reader); ok {
		return "", invalid("in", "is a reader, which can be a body but not the query of a GET, HEAD or DELETE")
	}
	query, err := operation.Query(in)
	if err == nil {
		err = wire.HoldsReader(in)
	}
	if err != nil {
		return "", invalid("in", "cannot be a query: "+err.Error())
	}
	return query, nil
}

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// Version asks the server which versions it runs (GET {base}/api).
func (c *Client) Version(ctx context.Context, opts ...CallOption) (*APIVersion, error) {
	out := new(APIVersion)
	if err := c.do(ctx, callSpec{op: &versionOperation, out: out}, opts); err != nil {
		return nil, err
	}
	return out, nil
}

var versionOperation = operation.Operation{Method: http.MethodGet, Class: operation.Read}
