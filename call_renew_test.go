package superoffice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
)

// rotating is a credential that can be renewed: its tokens are token-0,
// token-1 and so on.
type rotating struct {
	mu      sync.Mutex
	token   int
	renews  int
	applies int
	before  func(ctx context.Context, rejected *http.Request) error // of a renewal; nil lets it be
}

func (a *rotating) Apply(_ context.Context, r *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.applies++
	r.Header.Set("Authorization", fmt.Sprint("Bearer token-", a.token))
	return nil
}

func (a *rotating) Renew(ctx context.Context, rejected *http.Request) error {
	a.mu.Lock()
	a.renews++
	a.mu.Unlock()
	if a.before != nil {
		if err := a.before(ctx, rejected); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token++
	return nil
}

func (a *rotating) renewed() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.renews
}

// guarded is a server in memory that takes one token only, and lets a call
// pass its doors before it is answered.
func guarded(t testing.TB, token string, doors ...func(*http.Request)) *Client {
	t.Helper()
	return over(t, fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
		for _, door := range doors {
			door(r)
		}
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		if r.Header.Get("Authorization") != "Bearer "+token {
			return answerOf(401), nil
		}
		return answerOf(200), nil
	}))
}

func with(t testing.TB, c *Client, opts ...ClientOption) *Client {
	t.Helper()
	derived, err := c.With(opts...)
	require.NoError(t, err)
	return derived
}

// until waits for something that other goroutines bring about, without a clock.
func until(t testing.TB, condition func() bool) {
	t.Helper()
	for began := time.Now(); !condition(); runtime.Gosched() {
		require.Less(t, time.Since(began), 20*time.Second, "waited in vain")
	}
}

// waiters is how many calls wait for a renewal of c.
func waiters(c *Client) int {
	credential := c.setup().config.credential
	credential.mu.Lock()
	defer credential.mu.Unlock()
	if credential.flight == nil {
		return 0
	}
	return credential.flight.waiting
}

// crowd makes calls from many goroutines at once.
func crowd(callers int, call func(i int)) {
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { call(i) })
	}
	group.Wait()
}

const many = 1000

// The case that matters most: a thousand goroutines, one credential, and it has
// run out.
func TestOneRenewalForAThousandGoroutines(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]func(*http.Request){
		"all refused before one renews": func() func(*http.Request) {
			all := newGate(many)
			return func(r *http.Request) {
				if r.Header.Get("Authorization") == "Bearer token-0" {
					all.pass(r.Context())
				}
			}
		}(),
		"as they come": func(*http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := &rotating{}
			client := with(t, guarded(t, "token-1", together), WithAuth(auth))
			var resent atomic.Int64
			crowd(many, func(i int) {
				var got Response
				err := send(t.Context(), client, class(i%2), CaptureResponse(&got))
				assert.NoError(t, err)
				assert.LessOrEqual(t, got.Attempts, 2)
				if got.Attempts == 2 {
					resent.Add(1)
					assert.ErrorIs(t, got.Cause, ErrUnauthorized)
				}
			})
			assert.Equal(t, 1, auth.renewed())
			assert.Equal(t, many+int(resent.Load()), auth.applies)
			if name != "as they come" {
				assert.EqualValues(t, many, resent.Load())
			}
		})
	}
}

func TestOneRenewalOverTheNetwork(t *testing.T) {
	t.Parallel()
	server, opened := counted(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"Provider":"p"}`)
	})
	require.NoError(t, send(t.Context(), clientOf(t, server.URL, WithAuth(&rotating{})), write))
	assert.EqualValues(t, 1, opened.Load(), "a refusal costs no connection")
	auth := &rotating{}
	client := clientOf(t, server.URL, WithAuth(auth))
	crowd(64, func(int) { assert.NoError(t, send(t.Context(), client, read)) })
	assert.Equal(t, 1, auth.renewed())
}

// A call that was slow to be refused finds that the renewal is done: it is sent
// again with what is there.
func TestALateRefusalRenewsNothing(t *testing.T) {
	t.Parallel()
	auth := &rotating{}
	arrived, let := make(chan struct{}), make(chan struct{})
	client := with(t, guarded(t, "token-1", func(r *http.Request) {
		if r.Header.Get(headerAsk) == "slow" && r.Header.Get("Authorization") == "Bearer token-0" {
			close(arrived)
			<-let
		}
	}), WithAuth(auth))
	slow := make(chan error)
	go func() { slow <- send(t.Context(), client, read, ask("slow")) }()
	<-arrived
	require.NoError(t, send(t.Context(), client, read))
	require.Equal(t, 1, auth.renewed())
	close(let)
	require.NoError(t, <-slow)
	assert.Equal(t, 1, auth.renewed())
}

func TestASecondRefusalStands(t *testing.T) {
	t.Parallel()
	auth := &rotating{}
	client := with(t, guarded(t, "token-that-nobody-has"), WithAuth(auth))
	var got Response
	err := send(t.Context(), client, read, CaptureResponse(&got))
	require.ErrorIs(t, err, ErrUnauthorized)
	failure := failureOfCall(t, err)
	assert.Equal(t, []int{401, 2, 1}, []int{failure.StatusCode, failure.Attempts, auth.renewed()})
	require.NoError(t, errors.Unwrap(failure))
	require.ErrorIs(t, got.Cause, ErrUnauthorized)

	require.ErrorIs(t, send(t.Context(), client, read), ErrUnauthorized)
	assert.Equal(t, 2, auth.renewed(), "once for each call")
}

func TestWithoutARenewerARefusalStands(t *testing.T) {
	t.Parallel()
	client := guarded(t, "token-1")
	for _, c := range []*Client{client, with(t, client, WithAuth(BearerAuth("token-0")))} {
		failure := failureOfCall(t, send(t.Context(), c, read))
		assert.Equal(t, []int{401, 1}, []int{failure.StatusCode, failure.Attempts})
	}
	assert.NoError(t, send(t.Context(), client, read, WithAuth(BearerAuth("token-1"))))
}

// All who were refused with the same credential share a renewal that fails,
// those who are told late included: a sign-in is not hammered. The next call
// starts another.
func TestAFailedRenewalIsShared(t *testing.T) {
	t.Parallel()
	down := &url.Error{Op: "Post", URL: "https://login.example.com/tokens?client_secret=s3cr3t", Err: errors.New("no route")}
	mine := errors.New("cannot sign in")
	auth := &rotating{before: func(context.Context, *http.Request) error { return fmt.Errorf("%w: %w", mine, down) }}
	all, arrived, let := newGate(many), make(chan struct{}), make(chan struct{})
	client := with(t, guarded(t, "token-1", func(r *http.Request) {
		if r.Header.Get(headerAsk) == "slow" {
			close(arrived)
			<-let
			return
		}
		all.pass(r.Context())
	}), WithAuth(auth))
	slow := make(chan error)
	go func() { slow <- send(t.Context(), client, read, ask("slow")) }()
	<-arrived
	check := func(err error) {
		assert.ErrorIs(t, err, ErrUnauthorized)
		assert.ErrorIs(t, err, mine)
		assert.ErrorIs(t, err, down)
		assert.ErrorContains(t, err, `renewing the credentials: cannot sign in: Post "https://login.example.com": no route`)
		assert.Equal(t, 1, failureOfCall(t, err).Attempts)
	}
	crowd(many, func(int) { check(send(t.Context(), client, read)) })
	assert.Equal(t, 1, auth.renewed())
	close(let)
	check(<-slow)
	assert.Equal(t, 1, auth.renewed())

	all.size, auth.before = 1, nil
	require.NoError(t, send(t.Context(), client, read))
	assert.Equal(t, 2, auth.renewed())
}

// A Renewer that breaks does not take the program with it, nor hold the calls.
func TestARenewerThatBreaks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(context.Context, *http.Request) error
		text   string
	}{
		"panic":            {func(context.Context, *http.Request) error { panic("s3cr3t") }, "renewing the credentials: the Renewer panicked with a string"},
		"end of goroutine": {func(context.Context, *http.Request) error { runtime.Goexit(); return nil }, "renewing the credentials: the Renewer did not return"},
	} {
		auth := &rotating{before: c.before}
		client := with(t, guarded(t, "token-1"), WithAuth(auth))
		err := send(t.Context(), client, read)
		require.ErrorIs(t, err, ErrUnauthorized, name)
		assert.ErrorContains(t, err, c.text)
		assert.NotContains(t, err.Error(), "s3cr3t")
		auth.before = nil
		require.NoError(t, send(t.Context(), client, read), "the next one has its chance")
	}
}

// Who waits for a renewal can leave; the others get through, and the renewal
// itself goes on until the last has left.
func TestWaitersLeaveOneByOne(t *testing.T) {
	t.Parallel()
	type key struct{}
	started, let := make(chan context.Context, 2), make(chan struct{})
	auth := &rotating{}
	auth.before = func(ctx context.Context, _ *http.Request) error {
		started <- ctx
		select {
		case <-let:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	client := with(t, guarded(t, "token-1"), WithAuth(auth))
	first, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "of the first"))
	errs := make(chan error)
	go func() { errs <- send(first, client, read) }()
	renewal := <-started
	assert.Equal(t, "of the first", renewal.Value(key{}))
	second := make(chan error)
	go func() { second <- send(t.Context(), client, read) }()
	until(t, func() bool { return waiters(client) == 2 })

	leave()
	err := <-errs
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, ErrUnauthorized, "the last answer")
	require.NoError(t, renewal.Err(), "somebody still waits")
	close(let)
	require.NoError(t, <-second)
	assert.Equal(t, 1, auth.renewed())
	<-renewal.Done() // released when it is over
}

func TestARenewalThatEverybodyLeftIsCancelled(t *testing.T) {
	t.Parallel()
	started, over := make(chan context.Context, 1), make(chan struct{})
	auth := &rotating{}
	auth.before = func(ctx context.Context, _ *http.Request) error {
		started <- ctx
		<-ctx.Done()
		<-over // it takes its time to notice
		return ctx.Err()
	}
	client := with(t, guarded(t, "token-1"), WithAuth(auth))
	ctx, leave := context.WithCancel(t.Context())
	errs := make(chan error, 3)
	for range 3 {
		go func() { errs <- send(ctx, client, read) }()
	}
	renewal := <-started
	until(t, func() bool { return waiters(client) == 3 })
	require.NoError(t, renewal.Err())
	credential := client.setup().config.credential
	credential.mu.Lock()
	flight := credential.flight
	credential.mu.Unlock()
	leave()
	for range 3 {
		require.ErrorIs(t, <-errs, context.Canceled)
	}
	<-renewal.Done()
	require.ErrorIs(t, renewal.Err(), context.Canceled)

	// The next call waits for no one who has been given up.
	auth.mu.Lock()
	auth.before = nil
	auth.mu.Unlock()
	require.NoError(t, send(t.Context(), client, read))
	require.Equal(t, 2, auth.renewed())
	close(over)
	<-flight.done
	require.ErrorIs(t, flight.err, context.Canceled)
	assert.EqualValues(t, 1, credential.current(), "the one that was given up changes nothing")
}

// A renewal that everybody left may work in the end. That counts: who is
// refused later is sent again with what it brought.
func TestARenewalThatEverybodyLeftMayWork(t *testing.T) {
	t.Parallel()
	started, noticed := make(chan struct{}, 1), make(chan struct{})
	auth := &rotating{before: func(ctx context.Context, _ *http.Request) error {
		started <- struct{}{}
		<-ctx.Done()
		<-noticed
		return nil
	}}
	arrived, let := make(chan struct{}), make(chan struct{})
	client := with(t, guarded(t, "token-1", func(r *http.Request) {
		if r.Header.Get(headerAsk) == "slow" && r.Header.Get("Authorization") == "Bearer token-0" {
			close(arrived)
			<-let
		}
	}), WithAuth(auth))
	slow := make(chan error)
	go func() { slow <- send(t.Context(), client, read, ask("slow")) }()
	<-arrived
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- send(ctx, client, read) }()
	<-started
	leave()
	require.ErrorIs(t, <-gone, context.Canceled)
	close(noticed)
	until(t, func() bool { return client.setup().config.credential.current() == 1 })
	close(let)
	require.NoError(t, <-slow)
	assert.Equal(t, 1, auth.renewed())
}

// Calls that bring the same credential along renew it together.
func TestCredentialsOfSingleCallsRenewTogether(t *testing.T) {
	t.Parallel()
	auth, all := &rotating{}, newGate(many)
	client := guarded(t, "token-1", func(r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer token-0" {
			all.pass(r.Context())
		}
	})
	derived := with(t, client, WithLanguage("en"))
	crowd(many, func(i int) {
		assert.NoError(t, send(t.Context(), []*Client{client, derived}[i%2], read, WithAuth(auth)))
	})
	assert.Equal(t, 1, auth.renewed())
	assertUnused(t, client)
}

// So do clients that were given the same credential one by one, and a call that
// brings its client's own.
func TestCredentialsOfDerivedClientsRenewTogether(t *testing.T) {
	t.Parallel()
	auth, all := &rotating{}, newGate(many)
	root := guarded(t, "token-1", func(r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer token-0" {
			all.pass(r.Context())
		}
	})
	clients := make([]*Client, 20)
	for i := range clients {
		clients[i] = with(t, root, WithAuth(auth))
	}
	crowd(many, func(i int) {
		var opts []CallOption
		if i%3 == 0 {
			opts = append(opts, WithAuth(auth))
		}
		assert.NoError(t, send(t.Context(), clients[i%len(clients)], read, opts...))
	})
	assert.Equal(t, 1, auth.renewed())
	assertUnused(t, root)
}

// assertUnused has a client at rest keep nothing of its calls' credentials.
func assertUnused(t *testing.T, c *Client) {
	t.Helper()
	all := &c.setup().core.credentials
	assert.Zero(t, all.first)
	assert.Empty(t, all.others)
}

// The first of several credentials may be given back while others are in use,
// which stay the same ones.
func TestCredentialsInUse(t *testing.T) {
	t.Parallel()
	var all credentials
	auths := []Auth{&rotating{}, &rotating{}, &rotating{}}
	acquire := func(i int) *credentialUse { return all.acquire(newCredential(auths[i])) }
	a, b := acquire(0), acquire(1)
	assert.NotSame(t, a, b)
	assert.Same(t, a, acquire(0))
	assert.Same(t, b, acquire(1))
	all.release(a)
	assert.Same(t, a, acquire(0), "it was still in use")
	all.release(a)
	all.release(a)
	assert.Same(t, b, acquire(1))
	c := acquire(2)
	assert.Same(t, a, c, "the first place is free again")
	assert.Same(t, auths[2], c.credential.auth)
	assert.NotSame(t, c, acquire(0))
	assert.Same(t, b, acquire(1))
}

// byValue and byContent are credentials of types that no map takes as a key;
// the second shows it only at run time.
type (
	byValue struct {
		tokens []string
		*rotating
	}
	byContent struct {
		any any
		*rotating
	}
)

func TestCredentialsThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	for _, auth := range []Auth{byValue{[]string{"a"}, &rotating{}}, byContent{[]string{"a"}, &rotating{}}} {
		client := guarded(t, "token-1")
		require.NotPanics(t, func() {
			require.NoError(t, send(t.Context(), client, read, WithAuth(auth)))
			require.NoError(t, send(t.Context(), with(t, client, WithAuth(auth)), read))
		})
		option := WithAuth(auth)
		crowd(16, func(int) { assert.NoError(t, send(t.Context(), client, read, option)) })
	}
	uncalled := AuthFunc(func(context.Context, *http.Request) error { return nil })
	require.ErrorIs(t, send(t.Context(), guarded(t, "token-1"), read, WithAuth(uncalled)), ErrUnauthorized, "functions cannot be compared either")
}

// What is sent after the renewal is what was sent before, the credential apart.
func TestTheBodyIsSentAgainWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 100_000)
	for name, pass := range map[string]func(io.Reader) int64{
		"read by the server":     func(r io.Reader) int64 { n, _ := io.Copy(io.Discard, r); return n },
		"not read by the server": func(io.Reader) int64 { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := &rotating{}
			var refused, taken []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "Bearer token-0" {
					pass(r.Body)
					refused = append(refused, r.Header.Get("Authorization"))
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				body, _ := io.ReadAll(r.Body)
				taken = append(taken, string(body), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.Header.Get("X-Mine"))
			}))
			t.Cleanup(server.Close)
			client := clientOf(t, server.URL, WithAuth(auth), WithHeader("X-Mine", "1"))
			require.NoError(t, client.Call(t.Context(), http.MethodPost, "v1/x", map[string]string{"a": long}, nil))
			assert.Equal(t, []string{"Bearer token-0"}, refused)
			assert.Equal(t, []string{`{"a":"` + long + `"}`, "Bearer token-1", "application/json", "1"}, taken)
		})
	}
}

func TestWhatRenewIsShown(t *testing.T) {
	t.Parallel()
	auth := &rotating{}
	auth.before = func(ctx context.Context, r *http.Request) error {
		assert.Equal(t, "Bearer token-0", r.Header.Get("Authorization"))
		assert.Equal(t, "https://crm.example.com/api/v1/Agents/User/Write", r.URL.String())
		assert.Nil(t, r.Body)
		assert.Nil(t, r.GetBody)
		assert.Zero(t, r.ContentLength)
		assert.Nil(t, ctx.Value(callKey{}))
		r.Header.Set("Authorization", "scribbled over")
		r.URL.Host = "evil.example.com"
		return nil
	}
	client := with(t, guarded(t, "token-1", func(r *http.Request) {
		assert.Equal(t, "crm.example.com", r.URL.Host)
		assert.NotEqual(t, "scribbled over", r.Header.Get("Authorization"))
	}), WithAuth(auth))
	require.NoError(t, send(t.Context(), client, write))
	assert.Equal(t, 1, auth.renewed())
}

// Attempts are counted anew after a renewal, for retries before and after it.
func TestRetriesAroundARenewal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answers  []func() (*http.Response, error)
		attempts int
		status   int
	}{
		{[]func() (*http.Response, error){says(401), says(503), fails(io.EOF), says(200)}, 4, 200},
		{[]func() (*http.Response, error){says(503), says(503), says(503), says(401), says(503), says(503), says(503), says(200)}, 8, 200},
		{[]func() (*http.Response, error){says(503), says(401), says(503)}, 6, 503},
		{[]func() (*http.Response, error){says(503), says(401), says(503), says(401), says(200)}, 4, 401},
	} {
		auth, server := &rotating{}, scripted(c.answers...)
		client := over(t, server, WithAuth(auth))
		var got Response
		err := send(t.Context(), client, read, CaptureResponse(&got))
		assert.Equal(t, c.status == 200, err == nil)
		assert.Equal(t, []int{c.status, c.attempts, c.attempts, 1}, []int{got.StatusCode, got.Attempts, server.sent(), auth.renewed()})
		assert.Equal(t, c.attempts, auth.applies)
	}
	server := scripted(says(401), says(200))
	once := over(t, server, WithAuth(&rotating{}), WithRetry(RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, send(t.Context(), once, write), "a renewal is not a retry")
}

// Where the renewed call does not get out again, the refusal is still the last
// answer, and it is that one's credential that must not show.
func TestARenewedCallThatIsNotSentAgain(t *testing.T) {
	t.Parallel()
	lost := errors.New("key store is gone")
	for name, c := range map[string]struct{ apply, is error }{
		"Apply fails":      {lost, lost},
		"cancelled before": {nil, context.Canceled},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		auth := &failsLater{rotating: &rotating{}, then: c.apply}
		auth.before = func(context.Context, *http.Request) error {
			if c.apply == nil {
				cancel()
			}
			return nil
		}
		server := scripted(func() (*http.Response, error) {
			resp := answerOf(401)
			resp.Body = io.NopCloser(strings.NewReader(`{"ErrorMessage":"token-0 has run out"}`))
			return resp, nil
		})
		err := send(ctx, over(t, server, WithAuth(auth)), read)
		require.ErrorIs(t, err, c.is, name)
		require.ErrorIs(t, err, ErrUnauthorized, name)
		failure := failureOfCall(t, err)
		assert.Equal(t, []int{401, 1, 1}, []int{failure.StatusCode, failure.Attempts, server.sent()})
		assert.Contains(t, string(failure.Body), "REDACTED has run out")
		assert.NotContains(t, err.Error()+string(failure.Body), "token-0")
	}
}

// failsLater is a credential that cannot be applied a second time.
type failsLater struct {
	*rotating
	then error
}

func (a *failsLater) Apply(ctx context.Context, r *http.Request) error {
	if a.renewed() > 0 && a.then != nil {
		return a.then
	}
	return a.rotating.Apply(ctx, r)
}

// curious is a Renewer that wants to know of renewals in vain.
type curious struct {
	rotating
	vain []string
}

func (a *curious) RenewedInVain(rejected *http.Request) {
	a.vain = append(a.vain, rejected.Header.Get("Authorization"))
}

func TestRenewalInVainIsTold(t *testing.T) {
	t.Parallel()
	for token, want := range map[string][]string{"token-1": nil, "token-2": {"Bearer token-1"}} {
		auth := new(curious)
		err := send(t.Context(), with(t, guarded(t, token), WithAuth(auth)), read)
		assert.Equal(t, want != nil, errors.Is(err, ErrUnauthorized))
		assert.Equal(t, want, auth.vain)
	}
}
