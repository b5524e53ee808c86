package superoffice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/internal/wait"
)

// naps stands in for the clock: it keeps each wait and takes no time.
type naps struct {
	mu    sync.Mutex
	taken []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = append(n.taken, d)
	return ctx.Err()
}

// hurried is the default policy without its waits.
func hurried() RetryPolicy { return RetryPolicy{Sleep: new(naps).sleep} }

// over returns a client above a transport, for a server that does not exist.
func over(t testing.TB, transport http.RoundTripper, opts ...ClientOption) *Client {
	t.Helper()
	opts = append([]ClientOption{WithHTTPClient(&http.Client{Transport: transport}), WithRetry(hurried())}, opts...)
	client, err := NewClient("https://crm.example.com", opts...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// send makes a call of the class. Both are a POST, as all agent calls are.
func send(ctx context.Context, c *Client, kind class, opts ...CallOption) error {
	if kind == read {
		_, err := c.User.GetExternalTokens(ctx, "quos", opts...)
		return err
	}
	return c.Call(ctx, http.MethodPost, "v1/Agents/User/Write", map[string]string{"Some": "thing"}, nil, opts...)
}

// answerOf is an answer with a status and pairs of header name and value.
func answerOf(status int, pairs ...string) *http.Response {
	body := `{"ErrorMessage":"no luck"}`
	if status == http.StatusOK {
		body = `{"Provider":"nesciunt","DocumentId":1}` // a result of the calls that tests make
	}
	resp := &http.Response{StatusCode: status, Header: http.Header{headerContentType: {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
	for i := 0; i < len(pairs); i += 2 {
		resp.Header.Set(pairs[i], pairs[i+1])
	}
	return resp
}

// script is a transport that gives one answer after the other, the last one
// from then on, and keeps the requests.
type script struct {
	mu      sync.Mutex
	answers []func() (*http.Response, error)
	seen    []*http.Request
	bodies  []string
}

func says(status int, pairs ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return answerOf(status, pairs...), nil }
}

func fails(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

func scripted(answers ...func() (*http.Response, error)) *script { return &script{answers: answers} }

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.answers[min(len(s.seen), len(s.answers)-1)]
	s.seen, s.bodies = append(s.seen, r), append(s.bodies, string(body))
	return next()
}

func (s *script) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// failureOfCall is the *Error that a failed call is bound to give.
func failureOfCall(t *testing.T, err error) *Error {
	t.Helper()
	var failure *Error
	require.ErrorAs(t, err, &failure)
	return failure
}

func TestWhatIsSentAgain(t *testing.T) {
	t.Parallel()
	after := []string{"Retry-After", "1"}
	for _, c := range []struct {
		status          int
		header          []string
		onRead, onWrite int
	}{
		{408, nil, 4, 1}, {429, nil, 4, 1}, {429, after, 4, 4}, {500, nil, 4, 1}, {500, after, 4, 1}, {501, nil, 1, 1},
		{502, nil, 4, 1}, {502, after, 4, 1}, {503, nil, 4, 1}, {503, after, 4, 4}, {504, nil, 4, 1},
		{400, nil, 1, 1}, {401, nil, 1, 1}, {403, nil, 1, 1}, {404, nil, 1, 1}, {404, after, 1, 1},
		{409, nil, 1, 1}, {412, nil, 1, 1}, {421, nil, 1, 1}, {304, nil, 1, 1},
	} {
		for _, call := range []struct {
			kind class
			want int
			opts []CallOption
		}{{read, c.onRead, nil}, {write, c.onWrite, nil}, {write, c.onRead, []CallOption{Idempotent()}}} {
			t.Run(fmt.Sprint(c.status, c.header, call.kind, len(call.opts)), func(t *testing.T) {
				t.Parallel()
				server := scripted(says(c.status, c.header...))
				err := send(t.Context(), over(t, server), call.kind, call.opts...)
				failure := failureOfCall(t, err)
				assert.Equal(t, c.status, failure.StatusCode)
				assert.Equal(t, call.want, failure.Attempts)
				assert.Equal(t, call.want, server.sent())
				if call.want == 1 {
					return
				}
				server = scripted(says(c.status, c.header...), says(200))
				var got Response
				require.NoError(t, send(t.Context(), over(t, server), call.kind, append(call.opts, CaptureResponse(&got))...))
				assert.Equal(t, []int{2, 200}, []int{got.Attempts, got.StatusCode})
				assert.Positive(t, got.Waited)
				assert.EqualError(t, got.Cause, fmt.Sprintf("the server answered %d %s", c.status, http.StatusText(c.status)))
			})
		}
	}
}

// The hook of the retry loop has neither request nor response when the network
// fails: the class of the call decides all the same.
func TestNetworkErrorsByClass(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset by peer")
	for _, c := range []struct {
		kind class
		want int
		opts []CallOption
	}{{read, 4, nil}, {write, 1, nil}, {write, 4, []CallOption{Idempotent()}}} {
		server := scripted(fails(broken))
		failure := failureOfCall(t, send(t.Context(), over(t, server), c.kind, c.opts...))
		require.ErrorIs(t, failure, broken)
		assert.Equal(t, []int{c.want, c.want, 0}, []int{failure.Attempts, server.sent(), failure.StatusCode}, c)
	}
	server := scripted(fails(broken), says(200))
	var got Response
	require.NoError(t, send(t.Context(), over(t, server), read, CaptureResponse(&got)))
	assert.Equal(t, 2, got.Attempts)
	assert.Equal(t, broken, got.Cause, "without the URL around it")
}

// A transport that repeats what it was to send does not have it in the log.
func TestTheCauseOfARetryShowsNoCredential(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	broken := errors.New("cable cut")
	calls := 0
	client := over(t, fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
		if calls++; calls > 1 {
			return answerOf(200), nil
		}
		return nil, fmt.Errorf("cannot send %v: %w", r.Header, broken)
	}), WithAuth(TicketAuth("7T:s3cr3t")), WithAppToken("s3cr3t-app"), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	var got Response
	require.NoError(t, send(t.Context(), client, read, CaptureResponse(&got)))
	require.ErrorIs(t, got.Cause, broken)
	assert.Contains(t, got.Cause.Error(), "So-Apptoken:[REDACTED]")
	assert.Contains(t, log.String(), "cannot send")
	assert.NotContains(t, got.Cause.Error()+log.String(), "s3cr3t")
}

func TestTheCauseIsASentinelToo(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{401: ErrUnauthorized, 429: ErrThrottled, 503: ErrUnavailable} {
		assert.ErrorIs(t, statusError(status), want)
		assert.NotErrorIs(t, statusError(status), ErrNotFound)
	}
	assert.NotErrorIs(t, statusError(500), ErrUnavailable)
}

func TestRetryPolicyDefaultsAndLimits(t *testing.T) {
	t.Parallel()
	p := RetryPolicy{}.withDefaults()
	assert.NotNil(t, p.Sleep)
	p.Sleep = nil
	assert.Equal(t, RetryPolicy{MaxAttempts: 4, MinWait: 250 * time.Millisecond, MaxWait: 10 * time.Second, MaxRetryAfter: time.Minute, AttemptTimeout: time.Minute}, p)
	own := RetryPolicy{MaxAttempts: 1, MinWait: 2, MaxWait: 3, MaxRetryAfter: 4, AttemptTimeout: -1}
	p = own.withDefaults()
	p.Sleep = nil
	assert.Equal(t, own, p, "what is set stays")

	for field, bad := range map[string]RetryPolicy{
		"MaxAttempts": {MaxAttempts: -1}, "MinWait": {MinWait: -1}, "MaxWait": {MaxWait: -1}, "MaxRetryAfter": {MaxRetryAfter: -1},
	} {
		_, err := NewClient("https://crm.example.com", WithRetry(bad))
		require.ErrorIs(t, err, ErrInvalidArgument)
		assert.ErrorContains(t, err, "RetryPolicy."+field)
	}

	client, err := NewClient("https://crm.example.com")
	require.NoError(t, err)
	assert.Equal(t, 4, client.setup().config.retry.MaxAttempts, "the default without WithRetry")
}

func TestMaxAttemptsBoundsTheCall(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 2, 7} {
		waits := new(naps)
		server := scripted(says(503))
		err := send(t.Context(), over(t, server, WithRetry(RetryPolicy{MaxAttempts: most, Sleep: waits.sleep})), read)
		failure := failureOfCall(t, err)
		assert.Equal(t, []int{most, most}, []int{failure.Attempts, server.sent()})
		assert.Len(t, waits.taken, most-1, "no wait after the last attempt")
		assert.NotContains(t, err.Error(), "not tried again", "nothing but the policy")
	}
}

func TestBackoffHasFullJitter(t *testing.T) {
	t.Parallel()
	p := RetryPolicy{MinWait: 8, MaxWait: 100}
	for attempt, bound := range map[int]time.Duration{1: 8, 2: 16, 3: 32, 4: 64, 5: 100, 6: 100, 62: 100, 63: 100, 64: 100, 1000: 100, math.MaxInt: 100} {
		var least, most time.Duration = math.MaxInt64, 0
		for range 5000 {
			wait := p.backoff(attempt)
			least, most = min(least, wait), max(most, wait)
		}
		assert.Equal(t, []time.Duration{1, bound}, []time.Duration{least, most}, "attempt %d takes all of it", attempt)
	}
	wide := RetryPolicy{MinWait: math.MaxInt64, MaxWait: math.MaxInt64}
	narrow := RetryPolicy{MinWait: time.Hour, MaxWait: 1}
	for attempt := 1; attempt < 200; attempt++ {
		assert.Positive(t, wide.backoff(attempt))
		assert.Equal(t, time.Duration(1), narrow.backoff(attempt), "MaxWait counts over MinWait")
	}
}

func TestWaitsOfACall(t *testing.T) {
	t.Parallel()
	waits := new(naps)
	client := over(t, scripted(says(503)), WithRetry(RetryPolicy{MaxAttempts: 6, MinWait: 2, MaxWait: 9, Sleep: waits.sleep}))
	failure := failureOfCall(t, send(t.Context(), client, read))
	require.Len(t, waits.taken, 5)
	var sum time.Duration
	for i, bound := range []time.Duration{2, 4, 8, 9, 9} {
		assert.LessOrEqual(t, waits.taken[i], bound)
		assert.Positive(t, waits.taken[i])
		sum += waits.taken[i]
	}
	assert.Equal(t, sum, failure.Waited)

	waits = new(naps)
	client = over(t, scripted(says(429, "Retry-After", "30")), WithRetry(RetryPolicy{MaxAttempts: 200, Sleep: waits.sleep}))
	failureOfCall(t, send(t.Context(), client, write))
	require.Len(t, waits.taken, 199)
	assert.GreaterOrEqual(t, slices.Min(waits.taken), 30*time.Second, "never less than what the server asks")
	assert.Less(t, slices.Max(waits.taken), 33*time.Second, "nor much more")
	assert.NotEqual(t, slices.Min(waits.taken), slices.Max(waits.taken), "not everybody comes back at once")

	waits = new(naps)
	client = over(t, scripted(says(503, "Retry-After", "0"), says(200)), WithRetry(RetryPolicy{MinWait: 5, MaxWait: 5, Sleep: waits.sleep}))
	require.NoError(t, send(t.Context(), client, write), "0 is a request to come back as well")
	require.Len(t, waits.taken, 1)
	assert.LessOrEqual(t, waits.taken[0], time.Duration(5), "at the client's own pace")
	assert.Positive(t, waits.taken[0])
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	const none = -1
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"0", "", 0}, {"7", "", 7 * time.Second}, {" 7 ", "", 7 * time.Second}, {"007", "", 7 * time.Second},
		{"0.5", "", time.Second}, {"1.01", "", 2 * time.Second}, {"2.", "", 2 * time.Second}, {".1", "", time.Second},
		{"1743379200", "", 1743379200 * time.Second},
		{"9223372036", "", 9223372036 * time.Second}, {"9223372037", "", math.MaxInt64},
		{"99999999999999999999", "", math.MaxInt64}, {strings.Repeat("9", 400), "", math.MaxInt64},
		{"Sun, 25 Oct 2026 01:30:10 GMT", "", 10 * time.Second},
		{"Sunday, 25-Oct-26 01:30:10 GMT", "", 10 * time.Second},
		{"Sun Oct 25 01:30:10 2026", "", 10 * time.Second},
		{"Sun, 25 Oct 2026 01:29:00 GMT", "", 0},
		{"Thu, 01 Jan 1970 00:00:00 GMT", "", 0},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", math.MaxInt64},
		{"Sun, 25 Oct 2026 09:00:10 GMT", "Sun, 25 Oct 2026 09:00:00 GMT", 10 * time.Second},
		{"Sun, 25 Oct 2026 01:30:10 GMT", "nonsense", 10 * time.Second},
		{"", "", none}, {"-1", "", none}, {"-0", "", none}, {"+5", "", none}, {"soon", "", none}, {"5 seconds", "", none}, {"5,6", "", none},
		{"NaN", "", none}, {"inf", "", none}, {"Infinity", "", none}, {"0x10", "", none}, {"1e3", "", none}, {"1e999", "", none},
		{".", "", none}, {"1.2.3", "", none}, {"2026-10-25T01:30:10Z", "", none}, {"Sun, 25 Oct 2026 01:30:10 CET", "", none}, {"\x00", "", none},
	} {
		t.Run(c.value+" "+c.date, func(t *testing.T) {
			t.Parallel()
			wait, ok := parseRetryAfter(http.Header{"Retry-After": {c.value}, "Date": {c.date}}, now)
			assert.Equal(t, c.want != none, ok)
			assert.Equal(t, max(c.want, 0), wait)
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"1", "0.5", "-1", "1e9", "99999999999999999999", "NaN", "Sun, 25 Oct 2026 01:30:10 GMT", "Sunday, 25-Oct-26 01:30:10 GMT", "Sun Oct 25 01:30:10 2026", "soon", ""} {
		f.Add(seed, "")
		f.Add(seed, "Sun, 25 Oct 2026 01:30:00 GMT")
	}
	now := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value, date string) {
		wait, ok := parseRetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		if wait < 0 || !ok && wait != 0 {
			t.Errorf("%q asks for %s", value, wait)
		}
		value = strings.TrimSpace(value)
		_, notDate := http.ParseTime(value)
		digits := strings.ContainsAny(value, "0123456789") && strings.Trim(value, "0123456789.") == "" && strings.Count(value, ".") < 2
		if ok != (digits || notDate == nil) {
			t.Errorf("%q: understood is %t", value, ok)
		}
		if ok && digits && wait%time.Second != 0 && wait != math.MaxInt64 {
			t.Errorf("%q is %s, part of a second", value, wait)
		}
	})
}

// A wait that nobody would sit out is not begun.
func TestWaitsThatAreTooLong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer  func() (*http.Response, error)
		timeout time.Duration
		policy  RetryPolicy
		is      error
		text    string
	}{
		"beyond the deadline": {says(429, "Retry-After", "50"), 30 * time.Second, RetryPolicy{}, ErrThrottled, `50s would outlive the call's deadline, (30|29\.\d+)s away`},
		"backoff beyond it":   {says(503), 2 * time.Minute, RetryPolicy{MinWait: 1 << 62, MaxWait: 1 << 62}, ErrUnavailable, `would outlive the call's deadline, (2m0|1m59\.\d+)s away`},
		"no answer, backoff":  {fails(io.ErrUnexpectedEOF), 2 * time.Minute, RetryPolicy{MinWait: 1 << 62, MaxWait: 1 << 62}, io.ErrUnexpectedEOF, `would outlive the call's deadline`},
		"more than allowed":   {says(503, "Retry-After", "61"), 0, RetryPolicy{}, ErrUnavailable, `the server asks to wait 1m1s, longer than RetryPolicy\.MaxRetryAfter \(1m0s\)`},
		"a Unix timestamp":    {says(429, "Retry-After", "1743379200"), 0, RetryPolicy{}, ErrThrottled, `the server asks to wait 484272h0m0s`},
		"beyond counting":     {says(429, "Retry-After", strings.Repeat("9", 400)), 0, RetryPolicy{MaxRetryAfter: 1<<63 - 2}, ErrThrottled, `longer than RetryPolicy\.MaxRetryAfter`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			waits := new(naps)
			c.policy.Sleep = waits.sleep
			server := scripted(c.answer)
			client := over(t, server, WithRetry(c.policy), WithTimeout(c.timeout))
			// A random backoff of 2^62 ns falls below 2 minutes once in 38 million runs.
			err := send(t.Context(), client, read)
			require.ErrorIs(t, err, c.is)
			assert.Regexp(t, "; not tried again: .*"+c.text, err.Error())
			assert.Empty(t, waits.taken)
			assert.Equal(t, 1, server.sent())
		})
	}
}

func TestAnAnswerAfterTheDeadlineIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	waits := new(naps)
	late := fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return answerOf(503), nil
	})
	client := over(t, late, WithRetry(RetryPolicy{Sleep: waits.sleep}), WithTimeout(time.Millisecond))
	err := send(t.Context(), client, read)
	require.ErrorIs(t, err, ErrUnavailable)
	assert.ErrorContains(t, err, "deadline, 0s away")
	assert.Empty(t, waits.taken)
}

func TestRetryAfterFitsTheDeadlineWithItsSpread(t *testing.T) {
	t.Parallel()
	waits := new(naps)
	client := over(t, scripted(says(429, "Retry-After", "59")), WithRetry(RetryPolicy{MaxAttempts: 100, Sleep: waits.sleep}), WithTimeout(time.Minute))
	failureOfCall(t, send(t.Context(), client, read))
	require.Len(t, waits.taken, 99)
	assert.Less(t, slices.Max(waits.taken), time.Minute, "what is spread on top stays within the deadline")
	assert.Zero(t, spread(0))
}

// A call that is given up in its wait ends there, and still tells what the
// server said.
func TestCancelledInTheWait(t *testing.T) {
	t.Parallel()
	for name, nap := range map[string]func(context.Context) error{
		"on the clock":             func(ctx context.Context) error { return wait.Sleep(ctx, time.Hour) },
		"by a Sleep without sense": func(context.Context) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := scripted(says(503, "X-Why", "maintenance"))
			var got Response
			client := over(t, server, WithRetry(RetryPolicy{Sleep: func(ctx context.Context, _ time.Duration) error {
				cancel()
				return nap(ctx)
			}}))
			err := send(ctx, client, read, CaptureResponse(&got))
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, ErrUnavailable)
			failure := failureOfCall(t, err)
			assert.Equal(t, []int{503, 1, 1}, []int{failure.StatusCode, failure.Attempts, server.sent()})
			assert.Equal(t, "maintenance", failure.Header.Get("X-Why"))
			assert.Contains(t, string(failure.Body), "no luck")
			assert.ErrorContains(t, err, "waiting to try again: context canceled")
			assert.Equal(t, 503, got.StatusCode)
		})
	}
}

func TestSleepOnTheClock(t *testing.T) {
	t.Parallel()
	server := scripted(says(503), says(200))
	client := over(t, server, WithRetry(RetryPolicy{MinWait: 1, MaxWait: 1}))
	require.NoError(t, send(t.Context(), client, read))
	assert.Equal(t, 2, server.sent())
}

func TestACancelAfterTheAnswerKeepsIt(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 404, 503} {
		ctx, cancel := context.WithCancel(t.Context())
		client := over(t, fakehttp.Transport(func(*http.Request) (*http.Response, error) {
			cancel()
			return answerOf(status), nil
		}))
		info, err := client.User.GetExternalTokens(ctx, "quos")
		switch status {
		case 200:
			require.NoError(t, err)
			assert.Equal(t, "nesciunt", info.Provider)
		case 404:
			require.ErrorIs(t, err, ErrNotFound)
			assert.NotErrorIs(t, err, context.Canceled, "the answer stands for itself")
		case 503:
			require.ErrorIs(t, err, ErrUnavailable)
			require.ErrorIs(t, err, context.Canceled, "why there was no further attempt")
		}
	}
}

func TestACancelledCallIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	sent := 0
	client := over(t, fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
		sent++
		cancel()
		return nil, r.Context().Err()
	}))
	require.ErrorIs(t, send(ctx, client, read), context.Canceled)
	require.ErrorIs(t, send(ctx, client, read), context.Canceled)
	assert.Equal(t, 1, sent, "and one that is cancelled before is not sent")
}

// The last answer is there when the attempts are used up.
func TestTheLastAnswerSurvives(t *testing.T) {
	t.Parallel()
	waits := new(naps)
	server := scripted(says(500), fails(io.EOF), says(429), says(503, "X-Try", "4"))
	var got Response
	err := send(t.Context(), over(t, server, WithRetry(RetryPolicy{Sleep: waits.sleep})), read, CaptureResponse(&got))
	require.ErrorIs(t, err, ErrUnavailable)
	failure := failureOfCall(t, err)
	assert.Equal(t, 503, failure.StatusCode)
	assert.Equal(t, "no luck", failure.Message)
	assert.JSONEq(t, `{"ErrorMessage":"no luck"}`, string(failure.Body))
	assert.Equal(t, "4", failure.Header.Get("X-Try"))
	assert.Equal(t, 4, failure.Attempts)
	var waited time.Duration
	for _, wait := range waits.taken {
		waited += wait
	}
	assert.Equal(t, waited, failure.Waited)
	assert.ErrorContains(t, err, "(4 attempts, ")
	assert.Equal(t, []any{503, "4", 4, waited}, []any{got.StatusCode, got.Header.Get("X-Try"), got.Attempts, got.Waited})
	assert.GreaterOrEqual(t, got.Duration, time.Duration(0))
	assert.ErrorIs(t, got.Cause, ErrThrottled, "what the last attempt was made for")
}

// Every attempt has a header of its own and is authenticated anew; the body is
// the same.
func TestAttemptsDoNotShareTheirHeader(t *testing.T) {
	t.Parallel()
	applied := 0
	auth := AuthFunc(func(_ context.Context, r *http.Request) error {
		applied++
		r.Header.Set("Authorization", fmt.Sprint("Bearer ", applied))
		r.Header.Add("X-Grows", "+")
		r.Header[headerUserAgent][0] += " and company"
		return nil
	})
	server := scripted(says(503), fails(io.EOF), says(500), says(200))
	client := over(t, server, WithAuth(auth), WithHeader("X-Mine", "1"))
	require.NoError(t, send(t.Context(), client, read))
	require.Len(t, server.seen, 4)
	maps := map[uintptr]bool{}
	for i, req := range server.seen {
		assert.Equal(t, fmt.Sprint("Bearer ", i+1), req.Header.Get("Authorization"))
		assert.Equal(t, []string{"+"}, req.Header["X-Grows"])
		assert.Equal(t, userAgent+" and company", req.Header.Get("User-Agent"))
		assert.Equal(t, "1", req.Header.Get("X-Mine"))
		assert.NotContains(t, req.Header, headerIdempotencyKey, "a transport of the caller's sees no header without values")
		assert.Equal(t, `{"Key":"quos"}`, server.bodies[i])
		assert.EqualValues(t, len(`{"Key":"quos"}`), req.ContentLength)
		maps[reflect.ValueOf(req.Header).Pointer()] = true
	}
	assert.Len(t, maps, 4)
	require.NoError(t, send(t.Context(), client, write))
	assert.NotContains(t, server.seen[4].Header, headerIdempotencyKey, "a write is never replayed")
	require.NoError(t, send(t.Context(), client, write, Idempotent(), WithHeader("Idempotency-Key", "mine")))
	assert.Equal(t, "mine", server.seen[5].Header.Get("Idempotency-Key"), "the caller's own stays")
}

func TestAnAuthThatFailsOnARetryEndsTheCall(t *testing.T) {
	t.Parallel()
	lost := errors.New("key store is gone")
	applied := 0
	auth := AuthFunc(func(_ context.Context, r *http.Request) error {
		applied++
		if applied > 1 {
			return lost
		}
		r.Header.Set("X-Token", "s3cr3t-token")
		return nil
	})
	server := scripted(func() (*http.Response, error) {
		resp := answerOf(503)
		resp.Body = io.NopCloser(strings.NewReader(`{"ErrorMessage":"not with s3cr3t-token"}`))
		return resp, nil
	})
	err := send(t.Context(), over(t, server, WithAuth(auth)), read)
	require.ErrorIs(t, err, lost)
	require.ErrorIs(t, err, ErrUnavailable, "the last answer")
	failure := failureOfCall(t, err)
	assert.Equal(t, []int{1, 1, 2}, []int{failure.Attempts, server.sent(), applied})
	assert.ErrorContains(t, err, "applying the credentials: key store is gone")
	assert.NotContains(t, err.Error()+string(failure.Body), "s3cr3t", "what was sent is redacted, though the next header lacks it")

	server = scripted(says(200))
	err = send(t.Context(), over(t, server, WithAuth(auth)), read)
	require.ErrorIs(t, err, lost)
	assert.Zero(t, server.sent(), "nor is anything sent where the first Apply fails")
}

// budgetCalls is how many calls with one retry each empty a budget.
const budgetCalls = budgetSize / budgetRetry

func TestBudgetStopsRetries(t *testing.T) {
	t.Parallel()
	server := scripted(says(503, "Retry-After", "1"))
	twice := WithRetry(RetryPolicy{MaxAttempts: 2, Sleep: new(naps).sleep})
	client := over(t, server, twice)
	derived, err := client.With(WithLanguage("en"))
	require.NoError(t, err)
	for i := range budgetCalls {
		require.Equal(t, 2, failureOfCall(t, send(t.Context(), []*Client{client, derived}[i%2], class(i%2))).Attempts, i)
	}
	for _, c := range []*Client{client, derived} {
		err := send(t.Context(), c, read)
		require.ErrorIs(t, err, ErrUnavailable, "what the server said")
		assert.Equal(t, 1, failureOfCall(t, err).Attempts)
		assert.ErrorContains(t, err, "; not tried again: this client's retry budget is used up", "whose decision it was")
	}
	other := over(t, server, twice)
	assert.Equal(t, 2, failureOfCall(t, send(t.Context(), other, read)).Attempts, "another client has its own")

	// Ten good answers earn one retry.
	good := true
	server.mu.Lock()
	server.answers = []func() (*http.Response, error){func() (*http.Response, error) {
		if good {
			return answerOf(200), nil
		}
		return answerOf(503), nil
	}}
	server.mu.Unlock()
	for range budgetRetry / budgetIncome {
		good = false
		require.Equal(t, 1, failureOfCall(t, send(t.Context(), client, read)).Attempts, "not yet")
		good = true
		require.NoError(t, send(t.Context(), client, read))
	}
	good = false
	assert.Equal(t, 2, failureOfCall(t, send(t.Context(), client, read)).Attempts)
	assert.Equal(t, 1, failureOfCall(t, send(t.Context(), client, read)).Attempts)
}

// A call that ends well pays its retries back, whatever good means: a 404 is an
// answer of a server in health.
func TestBudgetIsRefunded(t *testing.T) {
	t.Parallel()
	for _, last := range []int{200, 404, 400, 401} {
		server := &script{}
		for range budgetCalls + 50 {
			server.answers = append(server.answers, says(503), fails(io.EOF), says(last))
		}
		client := over(t, server)
		for range budgetCalls + 50 {
			var got Response
			if err := send(t.Context(), client, read, CaptureResponse(&got)); last != 200 {
				require.Equal(t, last, failureOfCall(t, err).StatusCode)
			}
			require.Equal(t, 3, got.Attempts)
		}
		assert.Zero(t, client.setup().core.budget.spent, "and no more than it had")
	}
}

func TestAWaitThatIsCancelledCostsNoBudget(t *testing.T) {
	t.Parallel()
	client := over(t, scripted(says(503)), WithRetry(RetryPolicy{Sleep: func(context.Context, time.Duration) error { return context.Canceled }}))
	for range budgetCalls + 1 {
		require.NotContains(t, send(t.Context(), client, read).Error(), "budget")
	}
	assert.Zero(t, client.setup().core.budget.spent)
}

func TestBudgetIsOneForManyGoroutines(t *testing.T) {
	t.Parallel()
	const callers, calls = 32, 20
	server := scripted(fails(io.EOF))
	base := over(t, server, WithRetry(RetryPolicy{MaxAttempts: 3, Sleep: new(naps).sleep}))
	var group sync.WaitGroup
	for range callers {
		client, err := base.With()
		require.NoError(t, err)
		group.Go(func() {
			for range calls {
				assert.Error(t, send(t.Context(), client, read))
			}
		})
	}
	group.Wait()
	assert.Equal(t, callers*calls+budgetCalls, server.sent(), "one attempt each, and the budget")
	assert.False(t, base.setup().core.budget.take())
}

// What the policy says depends on the outcome alone.
func TestDecisions(t *testing.T) {
	t.Parallel()
	policy := RetryPolicy{}.withDefaults()
	reset := errors.New("connection reset")
	const s = time.Second
	for name, c := range map[string]struct {
		o    outcome
		want decision
	}{
		"an answer":                          {outcome{status: 200, repeatable: true}, decision{}},
		"an answer that says no":             {outcome{status: 400, repeatable: true}, decision{}},
		"a read that failed":                 {outcome{status: 500, repeatable: true}, decision{again: true, wait: s, overloaded: true}},
		"a write that failed":                {outcome{status: 500}, decision{overloaded: true}},
		"a write that is to come back":       {outcome{status: 503, asked: true, after: 20 * s}, decision{again: true, wait: 20 * s, spread: 2 * s, overloaded: true}},
		"at once":                            {outcome{status: 429, asked: true}, decision{again: true, wait: s, overloaded: true}},
		"a write that is not":                {outcome{status: 503}, decision{overloaded: true}},
		"a read without an answer":           {outcome{err: reset, repeatable: true}, decision{again: true, wait: s, overloaded: true}},
		"a write without an answer":          {outcome{err: reset}, decision{overloaded: true}},
		"a write that was not sent":          {outcome{err: reset, unsent: true}, decision{again: true, wait: s, overloaded: true}},
		"a failure that stays":               {outcome{err: &sizeError{1}, repeatable: true}, decision{overloaded: true}},
		"a caller who has left":              {outcome{err: reset, repeatable: true, givenUp: true}, decision{overloaded: true}},
		"an answer after that":               {outcome{status: 500, repeatable: true, givenUp: true}, decision{again: true, wait: s, overloaded: true}},
		"the last try":                       {outcome{status: 500, repeatable: true, tries: 4}, decision{overloaded: true}},
		"a body that is gone":                {outcome{status: 500, repeatable: true, bodyGone: true}, decision{overloaded: true, note: noteBodyGone}},
		"a deadline beyond the wait":         {outcome{status: 500, repeatable: true, bounded: true, left: 2 * s}, decision{again: true, wait: s, overloaded: true}},
		"a deadline within the spread":       {outcome{status: 503, asked: true, after: 20 * s, bounded: true, left: 21 * s}, decision{again: true, wait: 20 * s, spread: s, overloaded: true}},
		"a deadline before the wait":         {outcome{status: 500, repeatable: true, bounded: true, left: s}, decision{overloaded: true, note: "not tried again: the wait of 1s would outlive the call's deadline, 1s away"}},
		"a wait that is longer than allowed": {outcome{status: 503, asked: true, after: 61 * s}, decision{overloaded: true, note: "not tried again: the server asks to wait 1m1s, longer than RetryPolicy.MaxRetryAfter (1m0s)"}},
	} {
		c.o.policy, c.o.backoff = &policy, s
		assert.Equal(t, c.want, decide(c.o), name)
		assert.Equal(t, c.want, decide(c.o), "%s, once more", name)
	}
}
