package superoffice

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/superoffice-go/superoffice/internal/operation"
)

// callSpec is what a call was asked to do. It does not change.
type callSpec struct {
	op      *operation.Operation
	path    string // below the API folder, escaped
	query   string // escaped
	in      any    // what is sent
	form    string // what is sent as a form instead
	out     any    // a pointer to the result; nil if there is none
	generic bool   // made by Client.Call, which may drop a result and send a reader
	started time.Time
}

// call is one call on its way. It belongs to one goroutine. Each part has what
// one step of the pipeline works with; the methods of the call are those that
// need several parts.
type call struct {
	callSpec
	client   *setup
	settings *settings
	ctx      callContext
	target   target
	auth     callAuth
	payload  payload
	request  outgoing
	progress progress
	last     lastAttempt
}

// outgoing is the request of a call, which each attempt renews. What the first
// attempt needs is allocated with the call.
type outgoing struct {
	retryablehttp.Request
	url    url.URL    // of the first attempt
	values [10]string // backs the header values of the first attempt
}

// lastAttempt is what an attempt leaves to the steps above it.
type lastAttempt struct {
	trace    *connectionTrace // of a write
	watch    *watch           // of an attempt that moves a file
	reply    []byte           // the body of the answer
	arriving *arriving        // the body of the answer, if the caller is to read it
	read     bool             // whether an operation.Reader has read the body
	unread   error            // why it did not make a result of it
}

// callContext is the context of a call's requests. The hooks of the retry loop
// and of net/http see nothing else of the call.
type callContext struct {
	context.Context                    // the caller's, with the timeout of the call
	cancel          context.CancelFunc // of the timeout, if there is one
	call            *call
}

type callKey struct{}

// Value implements context.Context.
func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return c.call
	}
	return c.Context.Value(key)
}

// callOf returns the call that a request belongs to.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// step is one step of the pipeline: it brings a call closer to its answer.
type step func(*call) (*http.Response, error)

// stepError is a failure on this side of the network that no further attempt
// can mend.
type stepError struct {
	doing string
	cause error
}

func (e *stepError) Error() string { return e.doing + ": " + e.cause.Error() }
func (e *stepError) Unwrap() error { return e.cause }

// do is the one way of every call: prepare, send, settle.
func (c *Client) do(ctx context.Context, spec callSpec, opts []CallOption) error {
	if err := c.usable(); err != nil {
		return err
	}
	spec.started = time.Now()
	s := c.setup()
	chosen, err := s.config.configure(opts)
	if err != nil {
		return err
	}
	k := &call{callSpec: spec, client: s, settings: chosen, target: target{endpoint: s.endpoint}}
	k.ctx = callContext{Context: ctx, call: k}
	defer k.release()
	if err := k.prepare(); err != nil {
		return err
	}
	k.observeStart()
	resp, err := s.core.send(k) //nolint:bodyclose // it is read, or left to the caller as a Stream
	err = k.settle(resp, err)
	k.finish(resp, err)
	return err
}

// Perform makes a call that a package beside this one describes: the one way
// in for the packages of this module, and no other can name its types. The
// result is decoded into out, a non-nil pointer to a type of the SDK's, or by
// out, if that is an [operation.Reader]; a nil out has none.
func (c *Client) Perform(ctx context.Context, op *operation.Operation, in operation.Input, out any, opts ...CallOption) error {
	path, err := op.Fill(in.Path)
	if err != nil {
		return invalid("path", err.Error())
	}
	if v := reflect.ValueOf(in.Body); v.Kind() == reflect.Pointer && v.IsNil() {
		return required("entity", false)
	}
	return c.do(ctx, callSpec{op: op, path: path, query: in.Query, in: in.Body, form: in.Form, out: out}, opts)
}

// callCarrier makes an agent's call whose result is one carrier.
func callCarrier[T any](ctx context.Context, a *agent, op *operation.Operation, in any, opts []CallOption) (*T, error) {
	out := new(T)
	if err := a.do(ctx, op, in, out, opts); err != nil {
		return nil, err
	}
	return out, nil
}

// callValue makes an agent's call whose result is a scalar, a list or a dictionary.
func callValue[T any](ctx context.Context, a *agent, op *operation.Operation, in any, opts []CallOption) (T, error) {
	var out T
	err := a.do(ctx, op, in, &out, opts)
	return out, err
}

// callStream makes an agent's call whose result is a file.
func callStream(ctx context.Context, a *agent, op *operation.Operation, in any, opts []CallOption) (*Stream, error) {
	return callCarrier[Stream](ctx, a, op, in, opts)
}

// callNone makes an agent's call that has no result.
func callNone(ctx context.Context, a *agent, op *operation.Operation, in any, opts []CallOption) error {
	return a.do(ctx, op, in, nil, opts)
}

// queryID is the input of a call whose one parameter goes into the address.
type queryID int

// items is the input of a call whose body is a list. The server has no use for
// null there, so nil is the empty list.
func items[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (a *agent) do(ctx context.Context, op *operation.Operation, in, out any, opts []CallOption) error {
	if a == nil {
		return invalid("Client", "was not made with NewClient")
	}
	input, routed := in.(operation.Input)
	switch id, inQuery := in.(queryID); {
	case inQuery:
		input = operation.Input{Query: op.Query + "=" + operation.ID(int(id))}
	case !routed:
		input = operation.Input{Body: in}
	}
	return a.client.Perform(ctx, op, input, out, opts...)
}

// name is what errors and logs call the call's operation. It holds no ids, but
// for Client.Call, where it is the path.
func (s *callSpec) name() string {
	if s.generic && s.path != "" {
		return strings.TrimPrefix(s.path, operation.AgentPath)
	}
	return s.op.Name()
}

// finish fills in the Response that was asked for, and tells the log and the
// observer how the call ended.
func (c *call) finish(resp *http.Response, err error) {
	took := time.Since(c.started)
	p := &c.progress
	if into := c.settings.capture; into != nil {
		*into = Response{Attempts: p.attempts, Waited: p.waited, Duration: took, Cause: p.cause}
		if resp != nil {
			into.StatusCode, into.Header = resp.StatusCode, resp.Header
		}
	}
	if c.settings.observer != nil {
		c.observeEnd(resp, err, took)
	}
	if c.client.config.log != nil {
		c.logEnd(resp, err, took)
	}
}

func (c *call) logEnd(resp *http.Response, err error, took time.Duration) {
	p := &c.progress
	attrs := []slog.Attr{
		slog.Int("status", statusOf(resp)), slog.Int("attempts", p.attempts),
		slog.Duration("duration", took), slog.Duration("waited", p.waited),
	}
	failed := err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNotModified)
	if failed {
		attrs = append(attrs, slog.Any("error", err))
	}
	level, text := slog.LevelDebug, "call"
	switch {
	case c.op.Slow > 0 && took-p.waited > c.op.Slow:
		level, text = slog.LevelWarn, "slow call"
		attrs = append(attrs, slog.Duration("threshold", c.op.Slow))
	case failed:
		level, text = slog.LevelWarn, "call failed"
	case p.attempts > 1:
		level = slog.LevelInfo
	}
	c.logAt(level, text, attrs...)
}

// statusOf is the status of an answer, or 0 without one.
func statusOf(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
}

func (c *call) logAt(level slog.Level, text string, attrs ...slog.Attr) {
	if log := c.client.config.log; log != nil {
		log(c.ctx.Context, level, text, append(attrs, slog.String("operation", c.name()))...)
	}
}
