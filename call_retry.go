package superoffice

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/superoffice-go/superoffice/internal/wait"
)

// RetryPolicy says when and how a failed call is sent again. The zero value is
// the default policy, and every zero field takes its default.
//
// A read is sent again after a network error and after 408, 429, 500, 502, 503
// and 504. A write is sent again only if the server cannot have seen it (no
// connection came about) or asked for it (429 or 503 with Retry-After), unless
// the call is [Idempotent]. Certificates that do not verify and names that do
// not exist are not tried again.
//
// Waits grow exponentially with full jitter; a Retry-After of the server, in
// seconds or as a date, counts instead and is never undercut. A call whose
// next wait would outlive its deadline fails at once with the server's answer.
// All calls of a client and of those derived from it share a budget: a server
// that keeps failing soon sees hardly more than one attempt per call.
type RetryPolicy struct {
	// MaxAttempts bounds how often a call is sent, the first time included.
	// 1 switches retries off. The default is 4.
	MaxAttempts int
	// MinWait bounds the first wait; each further bound is twice the one
	// before it. The default is 250 ms.
	MinWait time.Duration
	// MaxWait bounds every wait that the server did not ask for. The default
	// is 10 s.
	MaxWait time.Duration
	// MaxRetryAfter is the longest wait that the server may ask for; when it
	// asks for more the call fails at once. The default is 60 s.
	MaxRetryAfter time.Duration
	// AttemptTimeout bounds one attempt, from the connection to the last byte
	// of the answer, inside the call's own deadline. The default is 60 s; a
	// negative value sets no bound. Calls that send or return a file may take
	// longer: for them it bounds every time in which no byte moves.
	AttemptTimeout time.Duration
	// Sleep waits for d, or until ctx is done and then returns its error. It
	// is there for tests, which pass a function that returns at once. nil
	// waits on the clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// check refuses what makes no sense.
func (p RetryPolicy) check() error {
	switch {
	case p.MaxAttempts < 0:
		return invalid("RetryPolicy.MaxAttempts", "is negative; 1 switches retries off")
	case p.MinWait < 0:
		return invalid("RetryPolicy.MinWait", "is negative")
	case p.MaxWait < 0:
		return invalid("RetryPolicy.MaxWait", "is negative")
	case p.MaxRetryAfter < 0:
		return invalid("RetryPolicy.MaxRetryAfter", "is negative")
	}
	return nil
}

func (p RetryPolicy) withDefaults() RetryPolicy {
	setDefault(&p.MaxAttempts, 4)
	setDefault(&p.MinWait, 250*time.Millisecond)
	setDefault(&p.MaxWait, 10*time.Second)
	setDefault(&p.MaxRetryAfter, time.Minute)
	setDefault(&p.AttemptTimeout, time.Minute)
	if p.Sleep == nil {
		p.Sleep = wait.Sleep
	}
	return p
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// backoff is the wait before the attempt after the given one, the first being
// 1: anything up to a bound that doubles, so that clients which failed
// together do not come back together.
func (p *RetryPolicy) backoff(attempt int) time.Duration {
	bound := p.MaxWait
	if doublings := attempt - 1; p.MinWait <= p.MaxWait>>doublings {
		bound = p.MinWait << doublings
	}
	return rand.N(bound) + 1
}

// newRetryer returns the retry loop of a client: go-retryablehttp's, with the
// policy here. What the loop does for us: it rewinds the body for each attempt,
// drains and closes the answers between them, and holds to the contract of
// net/http in both. What a call allows travels in its context, since the hooks see
// no request. The loop's own wait is nothing: checkRetry has waited already,
// where it knows the deadline, can be cancelled and can be tested.
func newRetryer(client *http.Client) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   client,
		Logger:       nil,
		RetryMax:     math.MaxInt,
		CheckRetry:   checkRetry,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		PrepareRetry: prepareRetry,
	}
}

// retrying sends a call through the retry loop.
func retrying(loop *retryablehttp.Client) step {
	return func(c *call) (*http.Response, error) {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
		if c.progress.attempts > 0 {
			again := *c.request.Request.Request
			c.request.Request.Request = &again
			c.renewHeader()
		}
		if err := c.authenticate(); err != nil {
			return nil, err
		}
		resp, err := loop.Do(&c.request.Request)
		if resp != nil && c.last.arriving == nil {
			closeBody(resp.Body) // it is read, but net/http's own timer waits for this
		}
		return resp, err
	}
}

// authenticate puts the credential, as it is now, on the next attempt.
func (c *call) authenticate() error {
	return c.auth.apply(c.ctx.Context, c.request.Request.Request)
}

// prepareRetry gives a further attempt a header of its own and the credential
// as it is by now. If that fails, the header that was sent last is put back:
// it tells what to redact in the last answer.
func prepareRetry(req *http.Request) error {
	c := callOf(req.Context())
	sent := c.request.Header
	c.renewHeader()
	if err := c.authenticate(); err != nil {
		c.request.Header = sent
		return err
	}
	return nil
}

// checkRetry looks at an attempt that is over: it follows a tenant that has
// moved, decides whether there is another attempt, and waits for it. It looks at
// the answer before the context: an answer that came counts, even if the caller
// gave up the moment after.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	c := callOf(ctx)
	c.progress.sent()
	if again, failure := c.follow(resp, err); again || failure != nil {
		return again, failure
	}
	var d decision // an answer that is no failure needs no more
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		d = decide(c.outcome(resp, err))
	}
	budget := &c.client.core.budget
	if !d.overloaded {
		budget.refund(budgetIncome + (c.progress.tries-1)*budgetRetry)
	}
	switch {
	case d.again && !budget.take():
		d = decision{note: "not tried again: this client's retry budget is used up, since too many of its calls failed lately"}
		fallthrough
	case !d.again:
		if d.note != "" {
			c.progress.stop(d.note)
		}
		return false, nil
	}
	if err := c.waitToRetry(ctx, c.failureOf(resp, err), d.wait+spread(d.spread)); err != nil {
		budget.refund(budgetRetry)
		return false, &stepError{"waiting to try again", err}
	}
	return true, nil
}

// waitToRetry waits as the policy says. A call that was given up meanwhile goes
// no further, whether Sleep noticed or not.
func (c *call) waitToRetry(ctx context.Context, cause error, wait time.Duration) error {
	c.progress.retry(cause)
	c.logAt(slog.LevelInfo, "retrying", slog.Int("attempt", c.progress.attempts), slog.Duration("wait", wait), slog.Any("cause", cause))
	if err := c.settings.retry.Sleep(ctx, wait); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.progress.wait(wait)
	return nil
}

// outcome is how an attempt ended, and all else that decides about another one.
type outcome struct {
	status     int   // of the answer, or 0 without one
	err        error // why there is none
	repeatable bool  // the call may reach the server twice
	unsent     bool  // the server cannot have seen the attempt
	bodyGone   bool  // the body cannot be sent once more
	givenUp    bool  // the caller's context is done
	tries      int   // attempts so far, this one included
	asked      bool  // the server says when to come back
	after      time.Duration
	backoff    time.Duration // the wait if the server does not say
	bounded    bool          // the call has a deadline
	left       time.Duration // until then
	policy     *RetryPolicy
}

// decision is whether there is another attempt.
type decision struct {
	again      bool
	wait       time.Duration // before it
	spread     time.Duration // and up to how much longer
	note       string        // why there is none, unless the attempts are simply used up
	overloaded bool          // the end was of the kind that more calls make worse
}

func (c *call) outcome(resp *http.Response, err error) outcome {
	o := outcome{
		status: statusOf(resp), err: err, repeatable: c.class(c.settings).Repeatable(), unsent: c.last.unsent(), bodyGone: !c.payload.upload.isRepeatable(),
		givenUp: c.ctx.Err() != nil, tries: c.progress.tries, policy: &c.settings.retry,
	}
	o.backoff = o.policy.backoff(o.tries)
	if resp != nil {
		o.after, o.asked = parseRetryAfter(resp.Header, time.Now())
	}
	if deadline, bounded := c.ctx.Deadline(); bounded {
		o.bounded, o.left = true, time.Until(deadline)
	}
	return o
}

// decide is what the retry policy says to an outcome. It has no side effects.
func decide(o outcome) decision {
	retry, overloaded := o.verdict()
	d := decision{overloaded: overloaded}
	switch {
	case !retry:
		return d
	case o.bodyGone:
		d.note = noteBodyGone
		return d
	case o.tries >= o.policy.MaxAttempts:
		return d
	case o.asked && o.after > o.policy.MaxRetryAfter:
		d.note = fmt.Sprintf("not tried again: the server asks to wait %s, longer than RetryPolicy.MaxRetryAfter (%s)", o.after.Round(time.Second), o.policy.MaxRetryAfter)
		return d
	}
	wait, spread := o.backoff, time.Duration(0)
	if o.asked && o.after > 0 {
		wait, spread = o.after, o.after/10
	}
	if o.bounded && wait >= o.left {
		d.note = fmt.Sprintf("not tried again: the wait of %s would outlive the call's deadline, %s away", wait.Round(time.Millisecond), max(o.left, 0).Round(time.Millisecond))
		return d
	}
	if o.bounded {
		spread = min(spread, o.left-wait)
	}
	d.again, d.wait, d.spread = true, wait, spread
	return d
}

// verdict reports whether an attempt that ended so may be followed by another,
// and whether its end was of the kind of failure that more calls make worse.
func (o *outcome) verdict() (retry, overloaded bool) {
	if o.err != nil {
		return !o.givenUp && !isPermanent(o.err) && (o.repeatable || o.unsent), true
	}
	switch o.status {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return o.repeatable, true
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return o.repeatable || o.asked, true
	}
	return false, false
}

// isPermanent recognises failures that another attempt would only meet again.
func isPermanent(err error) bool {
	var (
		refused   *stepError
		tooLarge  *sizeError
		dns       *net.DNSError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		cert      x509.CertificateInvalidError
		notTLS    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &refused), errors.As(err, &tooLarge), errors.Is(err, http.ErrSchemeMismatch):
		return true
	case errors.As(err, &dns) && dns.IsNotFound:
		return true
	case strings.Contains(err.Error(), noResponder):
		return true
	case errors.As(err, &verify), errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &cert), errors.As(err, &notTLS):
		return true
	}
	return false
}

// noResponder is what httpmock says to a request that its test has forgotten,
// which no attempt mends. It is known by its text, since only tests import
// httpmock.
const noResponder = "no responder found"

// spread is a little time on top of a wait that the server asked of everybody,
// so that not everybody comes back in the same moment.
func spread(bound time.Duration) time.Duration {
	if bound <= 0 {
		return 0
	}
	return rand.N(bound)
}

// parseRetryAfter reads a Retry-After header, in seconds or as one of HTTP's
// three date forms. Part of a second counts as a whole one. A date counts from
// the server's own clock if it sent one, and a date in the past means now.
// Anything else is no Retry-After.
func parseRetryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789.") == "" {
		return secondsToWait(value)
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if server, err := http.ParseTime(h.Get("Date")); err == nil {
		now = server
	}
	return max(date.Sub(now), 0), true
}

func secondsToWait(value string) (time.Duration, bool) {
	const most = float64(math.MaxInt64 / int64(time.Second))
	seconds, err := strconv.ParseFloat(value, 64)
	switch {
	case seconds > most: // with an error if it is beyond a float64, too
		return math.MaxInt64, true
	case err != nil:
		return 0, false
	}
	return time.Duration(math.Ceil(seconds)) * time.Second, true
}

// failureOf names what ended an attempt, for Response and for logs: without
// the credentials that a transport may repeat.
func (c *call) failureOf(resp *http.Response, err error) error {
	if err != nil {
		return redacted(bare(err), c.redactor())
	}
	return statusError(resp.StatusCode)
}

// statusError is an answer that led to another attempt.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("the server answered %d %s", int(s), http.StatusText(int(s)))
}

// Is reports whether target is the sentinel of the status, which errors.Is then
// sees in Response.Cause.
func (s statusError) Is(target error) bool { return (&Error{StatusCode: int(s)}).kind() == target }

// errRejected is why a call was sent again after its credentials were renewed.
var errRejected error = statusError(http.StatusUnauthorized)

// The retry budget: a client may retry budgetSize times in a burst; each call
// that ends well earns a tenth of a retry, and pays back its own.
const (
	budgetSize   = 500 * budgetRetry
	budgetRetry  = 10
	budgetIncome = 1
)

// budget is the token bucket that keeps a failing server from being
// multiplied. The zero value is full.
type budget struct {
	mu    sync.Mutex
	spent int
}

// take asks for one retry.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+budgetRetry > budgetSize {
		return false
	}
	b.spent += budgetRetry
	return true
}

// refund gives back what a call has earned or did not use.
func (b *budget) refund(amount int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(0, b.spent-amount)
}
