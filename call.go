package superoffice

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// class says what sending an operation twice could do.
type class int

const (
	// write is the careful zero value: the server changes something.
	write class = iota
	// read changes nothing and may be sent again.
	read
)

// agentPath is where the agents' calls lie below the API folder.
const agentPath = "v1/Agents/"

// operation is what the client knows of one call of the API before it is
// made. Each agent method names one.
type operation struct {
	method string // HTTP's; POST where nothing is said, as for every agent call
	path   string // below the API folder, escaped
	class  class
	// query names the one parameter that goes into the address instead of the
	// body, where a call has such a one.
	query string
	// whole marks a call that takes no $select.
	whole bool
	// restricted names the agent where SuperOffice Online does not offer it
	// to every application.
	restricted string
	// slow is the vendor's mark of a slow call; 0 means none.
	slow time.Duration
	// free marks an operation of Client.Call, which may drop a result and send a
	// reader.
	free bool
	// secretResult marks a call whose result is a secret.
	secretResult bool
	// codecs take the types that a Call sends and gets; nil for all other
	// calls, which do with wire.Own. They are named by Call alone, for the sake
	// of programs that do not use it.
	codecs *wire.Codecs
}

// types are the codecs of what the operation sends and answers.
func (o *operation) types() *wire.Codecs {
	if o.codecs == nil {
		return &wire.Own
	}
	return o.codecs
}

// name is what errors and logs call the operation, such as
// "User/GetExternalTokens". It holds no ids on agent calls.
func (o *operation) name() string {
	if o.path == "" {
		return "Version"
	}
	return strings.TrimPrefix(o.path, agentPath)
}

func (o *operation) verb() string {
	if o.method == "" {
		return http.MethodPost
	}
	return o.method
}

// step is one step of the pipeline: it brings a call closer to its answer.
type step func(*call) (*http.Response, error)

// call is one call on its way. It belongs to one goroutine.
type call struct {
	client     *setup
	endpoint   *endpoint // where the call goes; nil until a Locator has told it
	baseURL    string    // what a Locator called it
	op         *operation
	settings   *settings
	credential *credential    // nil where the call goes without
	use        *credentialUse // of credential, where calls share it
	in         any            // what is sent, for the secrets in it
	started    time.Time

	ctx     context.Context
	cancel  context.CancelFunc // of ctx, where the call has a timeout
	own     callContext        // what requests carry: ctx and the way back to the call
	url     url.URL
	body    []byte
	upload  *upload     // what the body is made of, where it is not held in memory
	sends   ContentType // of body; empty where there is none
	request retryablehttp.Request
	values  [10]string // backs the header values of the first attempt

	streaming bool      // the result is a Stream
	watch     *watch    // over the last attempt, where it moves a file
	arriving  *arriving // the last answer's body, where the caller is to read it

	generation uint64 // of the credential, as it was applied last
	trace      *connectionTrace
	reply      []byte        // the last answer's body
	attempts   int           // sent so far
	tries      int           // of these, since the credentials were renewed
	waited     time.Duration // between attempts
	cause      error         // why the last further attempt was made
	note       string        // why there was no further one
	moves      int           // how often the call followed its tenant
	stayed     bool          // and the last time to where it was
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

// stepError is a failure on this side of the network that no further attempt
// can mend.
type stepError struct {
	doing string
	cause error
}

func (e *stepError) Error() string { return e.doing + ": " + e.cause.Error() }
func (e *stepError) Unwrap() error { return e.cause }

// authenticate puts the credential, as it is now, on the next attempt.
func (c *call) authenticate() error {
	if c.credential == nil {
		return nil
	}
	c.generation = c.credential.current()
	if err := c.credential.auth.Apply(c.ctx, c.request.Request); err != nil {
		return &stepError{"applying the credentials", err}
	}
	return nil
}

// finish books what the call has cost and tells those who asked.
func (c *call) finish(resp *http.Response, err error) {
	took := time.Since(c.started)
	if into := c.settings.capture; into != nil {
		*into = Response{Attempts: c.attempts, Waited: c.waited, Duration: took, Cause: c.cause}
		if resp != nil {
			into.StatusCode, into.Header = resp.StatusCode, resp.Header
		}
	}
	if c.client.config.log != nil {
		c.logEnd(resp, err, took)
	}
}

func (c *call) logEnd(resp *http.Response, err error, took time.Duration) {
	status := 0
	if resp != nil {
		status = resp.StatusCode
	}
	attrs := []slog.Attr{
		slog.Int("status", status), slog.Int("attempts", c.attempts),
		slog.Duration("duration", took), slog.Duration("waited", c.waited),
	}
	failed := err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNotModified)
	if failed {
		attrs = append(attrs, slog.Any("error", err))
	}
	level, text := slog.LevelDebug, "call"
	switch {
	case c.op.slow > 0 && took-c.waited > c.op.slow:
		level, text = slog.LevelWarn, "slow call"
		attrs = append(attrs, slog.Duration("threshold", c.op.slow))
	case failed:
		level, text = slog.LevelWarn, "call failed"
	case c.attempts > 1:
		level = slog.LevelInfo
	}
	c.logAt(level, text, attrs...)
}

// log tells that a call takes longer than one attempt.
func (c *call) log(text string, attrs ...slog.Attr) { c.logAt(slog.LevelInfo, text, attrs...) }

func (c *call) logAt(level slog.Level, text string, attrs ...slog.Attr) {
	if log := c.client.config.log; log != nil {
		log(c.ctx, level, text, append(attrs, slog.String("operation", c.op.name()))...)
	}
}
