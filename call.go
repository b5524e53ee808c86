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
	in      any    // what is sent, also for the secrets in it
	form    string // what is sent as a form instead
	generic bool   // made by Client.Call, which may drop a result and send a reader
	started time.Time
}

// call is one call on its way. It belongs to one goroutine.
type call struct {
	callSpec
	client   *setup
	settings *settings

	// The request, which each attempt renews.
	ctx        context.Context
	cancel     context.CancelFunc // of ctx, if the call has a timeout
	own        callContext        // what requests carry: ctx and the way back to the call
	endpoint   *endpoint          // where the call goes; nil until a Locator has told it
	baseURL    string             // what a Locator called it
	credential *credential        // nil if the call goes without
	use        *credentialUse     // of credential, if calls share it
	url        url.URL
	body       []byte
	upload     *upload     // what the body is made of, if it is not held in memory
	sends      ContentType // of body; empty if there is none
	ownType    bool        // sends stands, whatever options say
	request    retryablehttp.Request
	values     [10]string       // backs the header values of the first attempt
	streaming  bool             // the result is a Stream
	reader     operation.Reader // the result, if it reads the answer itself

	progress progress
	last     lastAttempt
}

// lastAttempt is what an attempt leaves to the steps above it.
type lastAttempt struct {
	generation uint64           // of the credential, as it was applied
	trace      *connectionTrace // of a write
	watch      *watch           // of an attempt that moves a file
	reply      []byte           // the body of the answer
	arriving   *arriving        // the body of the answer, if the caller is to read it
	read       bool             // whether call.reader has read the body
	unread     error            // why it did not make a result of it
}

// callContext is the context of a call's requests. The hooks of the retry loop
// and of net/http see nothing else of the call.
type callContext struct {
	context.Context
	call *call
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
func (c *Client) do(ctx context.Context, spec callSpec, out any, opts []CallOption) error {
	if err := c.usable(); err != nil {
		return err
	}
	k := &call{callSpec: spec, client: c.setup(), endpoint: c.setup().endpoint, ctx: ctx}
	k.started = time.Now()
	if err := k.configure(opts); err != nil {
		return err
	}
	defer k.release()
	if err := k.prepare(out); err != nil {
		return err
	}
	k.observeStart()
	resp, err := k.client.core.send(k) //nolint:bodyclose // it is read, or left to the caller as a Stream
	err = k.settle(resp, err, out)
	k.finish(resp, err, out)
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
	return c.do(ctx, callSpec{op: op, path: path, query: in.Query, in: in.Body, form: in.Form}, out, opts)
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
func (c *call) finish(resp *http.Response, err error, out any) {
	took := time.Since(c.started)
	p := &c.progress
	if into := c.settings.capture; into != nil {
		*into = Response{Attempts: p.attempts, Waited: p.waited, Duration: took, Cause: p.cause}
		if resp != nil {
			into.StatusCode, into.Header = resp.StatusCode, resp.Header
		}
	}
	if c.settings.observer != nil {
		c.observeEnd(resp, err, took, out)
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

// log tells that a call takes longer than one attempt.
func (c *call) log(text string, attrs ...slog.Attr) { c.logAt(slog.LevelInfo, text, attrs...) }

func (c *call) logAt(level slog.Level, text string, attrs ...slog.Attr) {
	if log := c.client.config.log; log != nil {
		log(c.ctx, level, text, append(attrs, slog.String("operation", c.name()))...)
	}
}
