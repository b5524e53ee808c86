package superoffice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice/internal/steady"
	"github.com/superoffice-go/superoffice/internal/transport"
)

// attempts is the last step before the network: one request out, its whole
// answer in. It bounds the attempt in time and the answer in size, and refuses a
// request, whoever built or changed it, that would go to another origin than the
// call's. It also hides from the retry loop that the
// transport can close its idle connections: the loop would do so after every
// cancelled or failed call, whoever else uses them.
type attempts struct {
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper. The answer's body is left in the
// call and the connection is free again when it returns; only the body of a
// stream stays open, for the caller to read.
func (a *attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	c.last.clear()
	if req.URL.User != nil {
		closeBody(req.Body)
		return nil, &stepError{"checking the address", errors.New("the request holds a user name or password in its URL, which would be sent in place of the credentials")}
	}
	if target := originOf(req.URL); target != c.target.endpoint.origin {
		closeBody(req.Body)
		return nil, &stepError{"checking the address", fmt.Errorf("the request points to %s; credentials go to %s only", target, c.target.endpoint.origin)}
	}
	ctx, cancel := c.attemptContext(req.Context())
	defer func() { cancel() }()
	resp, err := a.next.RoundTrip(req.WithContext(ctx))
	if err == nil && resp == nil {
		err = errNoAnswer
	}
	if err != nil {
		return nil, c.ctx.attemptError(ctx, err)
	}
	if c.streams() && isStream(resp) {
		c.last.arriving = &arriving{body: resp.Body, due: resp.ContentLength, call: c, ctx: ctx, cancel: cancel}
		c.payload.upload.end()
		resp.Body, cancel = c.last.arriving, func() {}
		return resp, nil
	}
	if c.readsArriving(resp) {
		err = c.last.readArriving(c.reader(), resp, c.client.config.maxBytes)
	} else {
		c.last.reply, err = readBody(resp, c.client.config.maxBytes)
	}
	if err != nil && resp.StatusCode < 300 {
		c.last.reply = nil
		return nil, c.ctx.attemptError(ctx, err)
	}
	// A failure counts as answered even if its explanation is cut short.
	resp.Body = http.NoBody
	return resp, nil
}

// clear forgets the answer of the attempt before.
func (l *lastAttempt) clear() {
	l.reply, l.arriving = nil, nil
	l.read, l.unread = false, nil
}

func closeBody(body io.Closer) {
	if body != nil {
		_ = body.Close()
	}
}

// errNoAnswer is a transport of the caller's that breaks its contract.
var errNoAnswer = errors.New("the transport returned neither an answer nor an error")

// errAttemptTimeout is the cause of an attempt's own deadline.
var errAttemptTimeout = fmt.Errorf("the attempt took longer than RetryPolicy.AttemptTimeout: %w", context.DeadlineExceeded)

// errStalled is the cause of the end of an attempt that moved a file.
var errStalled = fmt.Errorf("nothing was sent or received for as long as RetryPolicy.AttemptTimeout allows: %w", context.DeadlineExceeded)

// attemptContext bounds one attempt, and for a write watches whether a
// connection came about. An attempt that moves a file is bounded in the time
// in which nothing moves.
func (c *call) attemptContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if !c.op.Class.Repeatable() {
		trace := new(connectionTrace)
		c.last.trace = trace
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn: func(string) { trace.wanted.Store(true) },
			GotConn: func(httptrace.GotConnInfo) { trace.got.Store(true) },
		})
	}
	limit := c.settings.retry.AttemptTimeout
	switch {
	case c.streams() || c.payload.upload != nil:
		return c.last.watchedContext(ctx, limit, c.payload.upload)
	case limit > 0:
		return context.WithTimeoutCause(ctx, limit, errAttemptTimeout)
	}
	return ctx, func() {}
}

// watchedContext is a context that ends if nothing moves within limit. u is nil
// if nothing is uploaded.
func (l *lastAttempt) watchedContext(ctx context.Context, limit time.Duration, u *upload) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := &watch{limit: limit}
	if limit > 0 {
		over.timer = time.AfterFunc(limit, func() { cancel(errStalled) })
	}
	l.watch = over
	u.begin(ctx, over)
	return ctx, func() {
		u.end()
		over.pause()
		cancel(nil)
	}
}

// watch is a limit in time that begins anew whenever something moves.
type watch struct {
	limit time.Duration
	timer *time.Timer // nil if there is no limit
}

// moved begins the limit anew.
func (w *watch) moved() {
	if w.timer != nil {
		w.timer.Reset(w.limit)
	}
}

// pause holds the limit until something moves again.
func (w *watch) pause() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

// connectionTrace reports whether an attempt got as far as having a connection.
// A transport that does not report its connections leaves both false.
type connectionTrace struct {
	wanted, got atomic.Bool
}

// unsent reports whether the server cannot have seen the last attempt: the
// transport reported that it looked for a connection and never had one.
func (l *lastAttempt) unsent() bool {
	trace := l.trace
	return trace != nil && trace.wanted.Load() && !trace.got.Load()
}

// attemptError says whose end it was, if the attempt's or the call's context
// ended it: net/http tells the cause that the caller gave, and nothing else.
func (c *callContext) attemptError(attempt context.Context, err error) error {
	cause := context.Cause(attempt)
	switch given := c.Err(); {
	case given == nil && (errors.Is(cause, errAttemptTimeout) || errors.Is(cause, errStalled)):
		return cause
	case given != nil && !errors.Is(err, given):
		return fmt.Errorf("%w: %w", given, err)
	}
	return err
}

// sizeError is an answer that is larger than the client may read.
type sizeError struct{ most int64 }

func (e *sizeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d bytes; see WithMaxResponseBytes", e.most)
}

// readBody reads the whole body. A body that is cut short or too large is an
// error, beside what was read of it. An answer to HEAD has none, whatever
// length it tells, and a transport of the caller's may leave it nil.
func readBody(resp *http.Response, most int64) ([]byte, error) {
	if resp.Body == nil || resp.Body == http.NoBody {
		return nil, nil
	}
	defer closeBody(resp.Body)
	if resp.ContentLength > most {
		return nil, &sizeError{most}
	}
	const unknown, trusted = 512, 1 << 20
	size := int64(unknown)
	if resp.ContentLength >= 0 {
		size = min(resp.ContentLength, trusted) + 1
	}
	body := make([]byte, 0, size)
	var reads steady.Reads
	for {
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body, err = body[:len(body)+n], reads.Check(n, err)
		switch {
		case int64(len(body)) > most:
			return body, &sizeError{most}
		//nolint:errorlint // the contract of io.Reader is io.EOF itself
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, fmt.Errorf("reading the answer: %w", err)
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}

// checkRedirect follows a redirect only if it changes neither the origin
// nor the method. Any other is left as the answer, and so becomes an error.
func checkRedirect(users func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		const most = 10
		c := callOf(req.Context())
		target, home := originOf(req.URL), c.target.endpoint.origin
		switch {
		case target != home:
			c.progress.stop("not followed: the redirect leads to another origin, " + target.String())
		case req.URL.User != nil:
			c.progress.stop("not followed: the redirect holds a user name or password")
		case req.Method != via[0].Method:
			c.progress.stop("not followed: the redirect would turn " + via[0].Method + " into " + req.Method)
		case len(via) >= most:
			c.progress.stop(fmt.Sprintf("not followed: already %d redirects", most))
		case users != nil:
			return usersRedirect(users(req, via))
		default:
			return nil
		}
		return http.ErrUseLastResponse
	}
}

// usersRedirect marks what the caller's CheckRedirect says no with: it would
// say so again.
func usersRedirect(err error) error {
	if err == nil || errors.Is(err, http.ErrUseLastResponse) {
		return err
	}
	return &stepError{"following a redirect", err}
}

// newHTTPClient puts the client's rules around the caller's http.Client or
// the default one. given is not changed.
func newHTTPClient(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	if client.Transport == nil {
		client.Transport = transport.New()
	}
	client.Transport = &attempts{next: client.Transport}
	client.CheckRedirect = checkRedirect(client.CheckRedirect)
	return client
}

// bare removes the *url.Error that net/http wraps around a transport error:
// it repeats the method and the whole URL, query included. One further inside,
// such as that of a sign-in, keeps its place in the chain; of its URL only the
// origin is told.
func bare(err error) error {
	//nolint:errorlint // only the outermost is net/http's own
	if outer, ok := err.(*url.Error); ok {
		err = outer.Err
	}
	var inner *url.Error
	if !errors.As(err, &inner) || inner.URL == "" {
		return err
	}
	origin := "elsewhere"
	if u, problem := url.Parse(inner.URL); problem == nil && u.Host != "" {
		origin = originOf(u).String()
	}
	return redacted(err, strings.NewReplacer(strconv.Quote(inner.URL), strconv.Quote(origin), inner.URL, origin))
}
