package redisstore_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/online/redisstore"
	"github.com/superoffice-go/superoffice/webhook"
)

const event = "cust12345/d3c0"

// testLease is a lease that a busy machine does not miss.
const testLease = time.Minute

// newReplicas returns a Seen for each of n processes, which share what they remember, and
// another client and their prefix.
func newReplicas(t *testing.T, n int) ([]*redisstore.Seen, *redis.Client, string) {
	t.Helper()
	prefix := rand.Text() + ":"
	all := make([]*redisstore.Seen, n)
	for i := range all {
		all[i] = redisstore.NewSeen(newClient(t), redisstore.WithPrefix(prefix)).Paced(testLease, redisstore.ExtendEvery, redisstore.BusyFor)
	}
	return all, newClient(t), prefix
}

// begin begins an event, whose lease is extended until the end of the test at the latest.
func begin(t *testing.T, seen *redisstore.Seen, key string) webhook.State {
	t.Helper()
	state, err := seen.Begin(t.Context(), key)
	require.NoError(t, err)
	t.Cleanup(func() { _ = seen.End(t.Context(), key, false) })
	return state
}

func finish(t *testing.T, seen *redisstore.Seen, key string, handled bool) {
	t.Helper()
	require.NoError(t, seen.End(t.Context(), key, handled))
}

func TestSeen(t *testing.T) {
	t.Parallel()
	all, _, _ := newReplicas(t, 2)
	one, other := all[0], all[1]
	assert.Equal(t, webhook.Fresh, begin(t, one, event))
	assert.Equal(t, webhook.Busy, begin(t, one, event))
	assert.Equal(t, webhook.Busy, begin(t, other, event))
	assert.Equal(t, webhook.Fresh, begin(t, other, event+"1"), "another event")

	finish(t, one, event, false)
	assert.Equal(t, webhook.Fresh, begin(t, other, event))
	assert.Equal(t, webhook.Busy, begin(t, one, event))

	finish(t, other, event, true)
	assert.Equal(t, webhook.Handled, begin(t, one, event))
	assert.Equal(t, webhook.Handled, begin(t, other, event))
	assert.Equal(t, webhook.Busy, begin(t, one, event+"1"))

	finish(t, one, event, false)
	assert.Equal(t, webhook.Handled, begin(t, one, event), "who has not begun ends nothing")
	assert.Zero(t, one.Open())
	assert.Equal(t, 1, other.Open())
}

func TestSeenNames(t *testing.T) {
	t.Parallel()
	client, key := newClient(t), "cust12345/"+rand.Text()
	seen, name := redisstore.NewSeen(client), "superoffice:seen:"+key
	begin(t, seen, key)
	token, err := client.Get(t.Context(), name).Result()
	require.NoError(t, err)
	assert.NotEqual(t, "handled", token)
	assert.LessOrEqual(t, client.PTTL(t.Context(), name).Val(), redisstore.LeaseFor)
	assert.Positive(t, client.PTTL(t.Context(), name).Val())
	finish(t, seen, key, true)
	assert.Equal(t, "handled", client.Get(t.Context(), name).Val())
	assert.InDelta(t, (24 * time.Hour).Seconds(), client.TTL(t.Context(), name).Val().Seconds(), 30)
}

// The documentation names the commands that an access list has to allow.
func TestSeenNeedsFewCommands(t *testing.T) {
	t.Parallel()
	user, admin := rand.Text(), newClient(t)
	setUser := []any{"ACL", "SETUSER", user, "on", ">" + user, "~superoffice:*", "-@all", "+get", "+set", "+del", "+pexpire", "+eval", "+evalsha"}
	require.NoError(t, admin.Do(t.Context(), setUser...).Err())
	client, extensions := newClient(t, func(opts *redis.Options) { opts.Username, opts.Password = user, user }), make(beats)
	client.AddHook(extensions)
	seen := redisstore.NewSeen(client).Paced(testLease, testBeat, redisstore.BusyFor)
	for _, handled := range []bool{false, true} {
		assert.Equal(t, webhook.Fresh, begin(t, seen, user))
		extensions.succeeded(t)
		finish(t, seen, user, handled)
	}
	assert.Equal(t, webhook.Handled, begin(t, seen, user))
}

func TestSeenRace(t *testing.T) {
	t.Parallel()
	all, _, _ := newReplicas(t, 2)
	const callers, rounds = 100, 20
	for round := range rounds {
		var states [3]atomic.Int32
		var group sync.WaitGroup
		start, key := make(chan struct{}), event+strconv.Itoa(round)
		for i := range callers {
			group.Go(func() {
				<-start
				state, err := all[i%len(all)].Begin(t.Context(), key)
				assert.NoError(t, err)
				states[state].Add(1)
			})
		}
		close(start)
		group.Wait()
		assert.EqualValues(t, 1, states[webhook.Fresh].Load())
		assert.EqualValues(t, callers-1, states[webhook.Busy].Load())
		for _, seen := range all {
			finish(t, seen, key, false)
			assert.Zero(t, seen.Open())
		}
	}
}

func TestSeenExpiry(t *testing.T) {
	t.Parallel()
	all, client, prefix := newReplicas(t, 2)
	one, other := all[0].Paced(testLease, never, redisstore.BusyFor), all[1]
	begin(t, one, event)
	shorten(t, client, prefix, testLease/2)
	assert.Equal(t, webhook.Busy, begin(t, other, event))
	shorten(t, client, prefix, testLease/2)
	assert.Equal(t, webhook.Fresh, begin(t, other, event), "its process has died")
	finish(t, other, event, true)
	shorten(t, client, prefix, 23*time.Hour)
	assert.Equal(t, webhook.Handled, begin(t, other, event))
	shorten(t, client, prefix, 2*time.Hour)
	assert.Equal(t, webhook.Fresh, begin(t, other, event), "a day later")
}

// One that took so long that it is Busy no more ends when somebody else is at it.
func TestSeenLateEnd(t *testing.T) {
	t.Parallel()
	for name, replicas := range map[string]int{"of another process": 2, "of the same process": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, client, prefix := newReplicas(t, replicas+1)
			late, next, third := all[0], all[replicas-1], all[replicas]
			again := func(key string) {
				require.Equal(t, webhook.Fresh, begin(t, late, key))
				shorten(t, client, prefix, testLease)
				require.Equal(t, webhook.Fresh, begin(t, next, key))
			}
			again("fails")
			finish(t, late, "fails", false)
			assert.Equal(t, webhook.Busy, begin(t, third, "fails"), "the other is at it")
			finish(t, next, "fails", false)
			assert.Equal(t, webhook.Fresh, begin(t, third, "fails"))

			again("succeeds")
			finish(t, late, "succeeds", true)
			assert.Equal(t, webhook.Handled, begin(t, third, "succeeds"))
			finish(t, next, "succeeds", false)
			assert.Equal(t, webhook.Handled, begin(t, third, "succeeds"), "by the late one")

			again("was handled by now")
			finish(t, next, "was handled by now", true)
			finish(t, late, "was handled by now", false)
			assert.Equal(t, webhook.Handled, begin(t, third, "was handled by now"))

			require.Equal(t, webhook.Fresh, begin(t, late, "alone"))
			shorten(t, client, prefix, testLease)
			finish(t, late, "alone", true)
			assert.Equal(t, webhook.Handled, begin(t, third, "alone"))
			assert.Zero(t, late.Open())
			assert.Zero(t, next.Open())
		})
	}
}

func TestSeenForgetsWhatIsNotEnded(t *testing.T) {
	t.Parallel()
	all, client, prefix := newReplicas(t, 1)
	all[0].Paced(testLease, never, redisstore.BusyFor)
	var group sync.WaitGroup
	const callers, more = 10, 50
	for i := range callers {
		group.Go(func() {
			for j := range (redisstore.MostOpen + more) / callers {
				_, err := all[0].Begin(t.Context(), fmt.Sprint(i, "/", j))
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
	assert.Equal(t, redisstore.MostOpen, all[0].Open())
	for i := range callers {
		for j := range (redisstore.MostOpen + more) / callers {
			finish(t, all[0], fmt.Sprint(i, "/", j), false)
		}
	}
	assert.Zero(t, all[0].Open())
	names, err := client.Keys(t.Context(), prefix+"*").Result()
	require.NoError(t, err)
	assert.Len(t, names, more, "which expire")
}

// A client sends a command again when it gets no answer. The event that was Fresh then
// is its own.
func TestSeenWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	prefix := rand.Text() + ":"
	seen := redisstore.NewSeen(newClient(t, func(opts *redis.Options) { opts.Dialer = losing(&armed) }), redisstore.WithPrefix(prefix))
	other := redisstore.NewSeen(newClient(t), redisstore.WithPrefix(prefix))
	begin(t, seen, "other")
	finish(t, seen, "other", false) // and the scripts are known from now on

	armed.Store(true)
	assert.Equal(t, webhook.Fresh, begin(t, seen, event))
	assert.False(t, armed.Load(), "an answer was lost")
	assert.Equal(t, webhook.Busy, begin(t, other, event))
	armed.Store(true)
	finish(t, seen, event, false)
	assert.False(t, armed.Load())
	assert.Equal(t, webhook.Fresh, begin(t, seen, event))
	armed.Store(true)
	finish(t, seen, event, true)
	assert.False(t, armed.Load())
	assert.Equal(t, webhook.Handled, begin(t, other, event))
}

// ended tells of scripts that a client is through with.
type ended chan error

func (ended) DialHook(next redis.DialHook) redis.DialHook { return next }

func (ended) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (e ended) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if cmd.Name() == "evalsha" { // and not what a new connection begins with
			e <- err
		}
		return err
	}
}

// Who gets no answer from Begin does not End, so the event must not stay Busy.
func TestSeenBeginThatFailsLeavesNothingBusy(t *testing.T) {
	t.Parallel()
	for name, gate := range map[string]*gate{
		"the connection breaks": {breaks: true},
		"the caller leaves":     {reached: make(chan struct{}), passes: make(chan struct{})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prefix, scripts := rand.Text()+":", make(ended, 8)
			client := newClient(t, func(opts *redis.Options) { opts.Dialer, opts.MaxRetries = gate.dial, -1 })
			seen := redisstore.NewSeen(client, redisstore.WithPrefix(prefix))
			other := redisstore.NewSeen(newClient(t), redisstore.WithPrefix(prefix))
			begin(t, seen, "other")
			finish(t, seen, "other", false) // and the scripts are known from now on
			client.AddHook(scripts)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			gate.armed.Store(true)
			if gate.breaks {
				_, err := seen.Begin(ctx, event)
				require.Error(t, err)
				assert.False(t, gate.armed.Load(), "an answer was lost")
			} else {
				go func() {
					<-gate.reached // the script has run
					cancel()
				}()
				_, err := seen.Begin(ctx, event)
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, webhook.Busy, begin(t, other, event))
				close(gate.passes)
			}
			<-scripts
			assert.NoError(t, <-scripts, "of the release")
			assert.Equal(t, webhook.Fresh, begin(t, other, event))
			assert.Zero(t, seen.Open())
		})
	}
}

// gate holds back or loses the next answer when armed.
type gate struct {
	armed           atomic.Bool
	breaks          bool
	reached, passes chan struct{}
}

func (g *gate) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	return &gatedConn{conn, g}, err
}

type gatedConn struct {
	net.Conn
	*gate
}

func (c *gatedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil || !c.armed.CompareAndSwap(true, false) {
		return n, err
	}
	if c.breaks {
		_ = c.Close()
		return 0, io.EOF
	}
	close(c.reached)
	<-c.passes
	return n, nil
}

// A server that takes connections and says nothing.
func TestSeenIsLeftAtOnce(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	const clientTakes = time.Minute
	client := redis.NewClient(&redis.Options{Addr: listener.Addr().String(), ReadTimeout: clientTakes})
	t.Cleanup(func() {
		_ = client.Close()
		_ = listener.Close()
	})
	seen := redisstore.NewSeen(client)
	for name, call := range map[string]func(context.Context) error{
		"Begin": func(ctx context.Context) error { _, err := seen.Begin(ctx, event); return err },
		"End":   func(ctx context.Context) error { return seen.End(ctx, event, true) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		returned := make(chan error, 1)
		go func() { returned <- call(ctx) }()
		conn, err := listener.Accept() // the call is under way
		require.NoError(t, err)
		canceled := time.Now()
		cancel()
		assert.ErrorIs(t, <-returned, context.Canceled, name)
		assert.Less(t, time.Since(canceled), clientTakes/2, name)
		require.NoError(t, conn.Close())
		assert.ErrorIs(t, call(ctx), context.Canceled, name)
	}
}

func TestSeenErrors(t *testing.T) {
	t.Parallel()
	all, client, prefix := newReplicas(t, 1)
	seen := all[0]
	begin(t, seen, "begun")
	for _, key := range []string{event, "begun"} {
		require.NoError(t, client.Del(t.Context(), prefix+"seen:"+key).Err())
		require.NoError(t, client.HSet(t.Context(), prefix+"seen:"+key, "secret", "7T:secret").Err())
	}
	_, beginErr := seen.Begin(t.Context(), event)
	endErr := seen.End(t.Context(), "begun", false)
	for about, err := range map[string]error{`beginning event "` + event: beginErr, `releasing event "begun`: endErr} {
		var refusal redis.Error
		require.ErrorAs(t, err, &refusal)
		assert.ErrorContains(t, err, "redisstore: "+about+`" in Redis: `)
		assert.ErrorContains(t, err, "WRONGTYPE")
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestSeenErrorsRepeatNoValue(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{})
	t.Cleanup(func() { _ = client.Close() })
	client.AddHook(unknowing{})
	seen := redisstore.NewSeen(client)
	_, err := seen.Begin(t.Context(), event)
	require.ErrorContains(t, err, "ERR unknown command 'evalsha'")
	for _, err := range []error{err, seen.End(t.Context(), event, true)} {
		for ; err != nil; err = errors.Unwrap(err) {
			assert.NotContains(t, err.Error(), "secret")
		}
	}
}

const webhookSecret = "tops3cret"

// receive posts an event, as SuperOffice does, and returns the status.
func receive(h http.Handler, id string) int {
	body := fmt.Sprintf(`{"EventId":%q,"Timestamp":%q,"Event":"contact.changed","PrimaryKey":5,"Entity":"contact","ContextIdentifier":"Cust12345"}`,
		id, time.Now().UTC().Format(time.RFC3339))
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-SuperOffice-Signature", webhook.Sign(webhookSecret, []byte(body)))
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder.Code
}

func TestSeenOfReplicas(t *testing.T) {
	t.Parallel()
	all, _, _ := newReplicas(t, 2)
	var handled atomic.Int32
	entered, leave := make(chan struct{}), make(chan error)
	handlers := make([]http.Handler, len(all))
	for i, seen := range all {
		handlers[i] = webhook.Handler(func(context.Context, *webhook.Event) error {
			handled.Add(1)
			entered <- struct{}{}
			return <-leave
		}, webhook.Secret(webhookSecret), webhook.SeenBy(seen))
	}
	for _, fails := range []error{errors.New("not yet"), nil} {
		status := make(chan int)
		go func() { status <- receive(handlers[0], "d3c0") }()
		<-entered
		assert.Equal(t, http.StatusServiceUnavailable, receive(handlers[1], "d3c0"))
		leave <- fails
		if fails != nil {
			assert.Equal(t, http.StatusInternalServerError, <-status)
		} else {
			assert.Equal(t, http.StatusOK, <-status)
		}
	}
	assert.Equal(t, http.StatusOK, receive(handlers[1], "D3C0"))
	assert.EqualValues(t, 2, handled.Load(), "it failed once and succeeded once")
}

// revenant is a server that is killed and comes back, without what it knew, at another
// address, to which the client's connections follow it.
type revenant struct {
	redisServer
	program string
}

func (r *revenant) restart(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	const tries = 5 // another program may take the port that was free
	var err error
	for range tries {
		if err = r.startOn(t, r.program, freePort(t)); err == nil {
			return
		}
		r.kill()
	}
	require.NoError(t, err)
}

func (r *revenant) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	r.mu.Lock()
	addr := r.addr
	r.mu.Unlock()
	return new(net.Dialer).DialContext(ctx, network, addr)
}

func (r *revenant) die() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kill()
}

// Twice is better than never: a server that is killed has no event lost.
func TestSeenWithoutServer(t *testing.T) {
	t.Parallel()
	var server revenant
	t.Cleanup(server.stop)
	server.address(t)
	server.program, _ = exec.LookPath("redis-server") // it has just been found
	client := redis.NewClient(&redis.Options{Dialer: server.dial, MaxRetries: -1, DialerRetries: 1})
	t.Cleanup(func() { _ = client.Close() })
	seen := redisstore.NewSeen(client)

	var log bytes.Buffer
	handled, during := 0, func() {}
	h := webhook.Handler(func(context.Context, *webhook.Event) error {
		handled++
		during()
		return nil
	}, webhook.Secret(webhookSecret), webhook.SeenBy(seen), webhook.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	assert.Equal(t, http.StatusOK, receive(h, "one"))
	assert.Equal(t, http.StatusOK, receive(h, "one"))
	require.Equal(t, 1, handled)
	require.Empty(t, log.String())

	during = server.die
	assert.Equal(t, http.StatusOK, receive(h, "two"))
	assert.Equal(t, 2, handled)
	assert.Contains(t, log.String(), "the event may be handled again")
	assert.Contains(t, log.String(), `redisstore: noting event`)
	assert.Zero(t, seen.Open())

	during = func() {}
	assert.Equal(t, http.StatusOK, receive(h, "two"))
	assert.Equal(t, 3, handled, "whether it came before is not known")
	assert.Contains(t, log.String(), "whether the event came before is not known")
	_, err := seen.Begin(t.Context(), event)
	var refused *net.OpError
	require.ErrorAs(t, err, &refused)
	assert.NotContains(t, log.String(), webhookSecret)

	server.restart(t)
	for range 2 {
		assert.Equal(t, http.StatusOK, receive(h, "two"))
	}
	assert.Equal(t, 4, handled, "the server has forgotten, and remembers again")
	assert.Equal(t, webhook.Handled, begin(t, seen, "cust12345/two"))
}
