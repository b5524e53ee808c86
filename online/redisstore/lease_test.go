package redisstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/online/redisstore"
	"github.com/superoffice-go/superoffice/webhook"
)

const (
	testBeat = 20 * time.Millisecond
	never    = time.Hour // longer than a test takes
)

// errOver is how an extension ends that finds somebody else at the event, or nobody.
var errOver = errors.New("the lease is over")

// beats tells how each extension ended to who waits for one.
type beats chan error

func (beats) DialHook(next redis.DialHook) redis.DialHook { return next }

func (beats) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (b beats) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if redisstore.Extends(cmd) {
			told := err
			if ran, ok := cmd.(*redis.Cmd); ok && err == nil && ran.Val() == int64(0) {
				told = errOver
			}
			select {
			case b <- told:
			case <-ctx.Done():
			}
		}
		return err
	}
}

// next returns how the next extension ended.
func (b beats) next(t *testing.T) error {
	t.Helper()
	select {
	case err := <-b:
		return err
	case <-time.After(time.Minute):
		require.FailNow(t, "no lease was extended")
		return nil
	}
}

// succeeded waits until an extension succeeded that began after the call.
func (b beats) succeeded(t *testing.T) {
	t.Helper()
	_ = b.next(t) // it may have begun before
	for b.next(t) != nil {
	}
}

// newBeating returns a Seen that extends its leases often, their name but for the key, and
// what tells of its extensions.
func newBeating(t *testing.T, edit ...func(*redis.Options)) (seen *redisstore.Seen, prefix string, extensions beats) {
	t.Helper()
	client, prefix, extensions := newClient(t, edit...), rand.Text()+":", make(beats)
	client.AddHook(extensions)
	return redisstore.NewSeen(client, redisstore.WithPrefix(prefix)).Paced(testLease, testBeat, redisstore.BusyFor), prefix, extensions
}

// A function may take longer than the lease, and than the request that it is called for.
func TestSeenStaysBusy(t *testing.T) {
	t.Parallel()
	seen, prefix, extensions := newBeating(t)
	other, client := redisstore.NewSeen(newClient(t), redisstore.WithPrefix(prefix)), newClient(t)
	ctx, cancel := context.WithCancel(t.Context())
	state, err := seen.Begin(ctx, event)
	require.NoError(t, err)
	require.Equal(t, webhook.Fresh, state)
	cancel()
	for range 4 {
		shorten(t, client, prefix, testLease/2)
		extensions.succeeded(t)
		assert.Greater(t, client.PTTL(t.Context(), prefix+"seen:"+event).Val(), testLease*3/4)
		assert.Equal(t, webhook.Busy, begin(t, other, event))
	}
	finish(t, seen, event, false)
	assert.Equal(t, webhook.Fresh, begin(t, other, event))
}

// The pace that services have: the lease is extended before it is over.
func TestSeenStaysBusyUnlessTold(t *testing.T) {
	t.Parallel()
	client, prefix, extensions := newClient(t), rand.Text()+":", make(beats)
	client.AddHook(extensions)
	seen, other := redisstore.NewSeen(client, redisstore.WithPrefix(prefix)), redisstore.NewSeen(newClient(t), redisstore.WithPrefix(prefix))
	begun := time.Now()
	require.Equal(t, webhook.Fresh, begin(t, seen, event))
	for time.Since(begun) < redisstore.LeaseFor+redisstore.ExtendEvery/2 {
		extensions.succeeded(t)
	}
	assert.Equal(t, webhook.Busy, begin(t, other, event))
}

// failing has the next extensions fail, and forwards all else.
type failing struct {
	beats
	left atomic.Int32
}

func (f *failing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return f.beats.ProcessHook(func(ctx context.Context, cmd redis.Cmder) error {
		if redisstore.Extends(cmd) && f.left.Add(-1) >= 0 {
			err := errors.New("there is no way to the server")
			cmd.SetErr(err)
			return err
		}
		return next(ctx, cmd)
	})
}

func TestSeenExtendsAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	client, prefix, extensions := newClient(t), rand.Text()+":", &failing{beats: make(beats)}
	extensions.left.Store(5)
	client.AddHook(extensions)
	seen := redisstore.NewSeen(client, redisstore.WithPrefix(prefix)).Paced(testLease, testBeat, redisstore.BusyFor)
	require.Equal(t, webhook.Fresh, begin(t, seen, event))
	require.Error(t, extensions.next(t))
	shorten(t, newClient(t), prefix, testLease/2)
	extensions.succeeded(t)
	assert.Greater(t, client.PTTL(t.Context(), prefix+"seen:"+event).Val(), testLease*3/4)
	finish(t, seen, event, true)
	assert.Equal(t, webhook.Handled, begin(t, seen, event))
}

// A connection that hangs holds up one extension, and the next takes another.
func TestSeenExtendsBesideAConnectionThatHangs(t *testing.T) {
	t.Parallel()
	hangs := &gate{reached: make(chan struct{}), passes: make(chan struct{})}
	seen, prefix, extensions := newBeating(t, func(opts *redis.Options) { opts.Dialer, opts.ReadTimeout = hangs.dial, time.Minute })
	other := redisstore.NewSeen(newClient(t), redisstore.WithPrefix(prefix))
	require.Equal(t, webhook.Fresh, begin(t, seen, event))
	hangs.armed.Store(true)
	<-hangs.reached
	extensions.succeeded(t)
	assert.Equal(t, webhook.Busy, begin(t, other, event))
	close(hangs.passes)
	finish(t, seen, event, false)
}

// Of two who have begun an event in one process, the lease of the later is extended, for as
// long as one of them is at it.
func TestSeenExtendsTheLatest(t *testing.T) {
	t.Parallel()
	seen, prefix, extensions := newBeating(t)
	client, name := newClient(t), prefix+"seen:"+event
	require.Equal(t, webhook.Fresh, begin(t, seen, event))
	require.NoError(t, client.Del(t.Context(), name).Err())
	require.Equal(t, webhook.Fresh, begin(t, seen, event))
	for range 2 {
		shorten(t, client, prefix, testLease/2)
		extensions.succeeded(t)
		assert.Greater(t, client.PTTL(t.Context(), name).Val(), testLease*3/4)
		finish(t, seen, event, false)
	}
	assert.Zero(t, client.Exists(t.Context(), name).Val())
	assert.Zero(t, seen.Open())
}

// Who is late neither extends what is another's nor shortens how long it stays Handled.
func TestSeenExtendsOnlyItsOwn(t *testing.T) {
	t.Parallel()
	for value, left := range map[string]time.Duration{"the token of another": testLease / 2, "handled": time.Hour} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			seen, prefix, extensions := newBeating(t)
			client, name := newClient(t), prefix+"seen:"+event
			require.Equal(t, webhook.Fresh, begin(t, seen, event))
			require.NoError(t, client.Set(t.Context(), name, value, left).Err())
			var ended error
			for range 5 { // the first may have begun before
				if ended = extensions.next(t); errors.Is(ended, errOver) {
					break
				}
			}
			require.ErrorIs(t, ended, errOver)
			assert.InDelta(t, left.Seconds(), client.PTTL(t.Context(), name).Val().Seconds(), testLease.Seconds()/4)
		})
	}
}

// What nobody ends is Fresh again some time, and its late End changes nothing.
func TestSeenIsNotExtendedForEver(t *testing.T) {
	t.Parallel()
	all, _, _ := newReplicas(t, 2)
	const lease, atMost = 200 * time.Millisecond, 600 * time.Millisecond
	careless, other := all[0].Paced(lease, testBeat, atMost), all[1]
	require.Equal(t, webhook.Fresh, begin(t, careless, event))
	require.Eventually(t, func() bool { return begin(t, other, event) == webhook.Fresh }, time.Minute, testBeat)
	finish(t, careless, event, false)
	assert.Equal(t, webhook.Busy, begin(t, other, event), "the other is at it")
}

// An End that fails leaves nothing behind that extends, as TestMain finds.
func TestSeenExtendsNoMoreAfterAnEndThatFails(t *testing.T) {
	t.Parallel()
	for _, handled := range []bool{false, true} {
		client := newClient(t)
		seen := redisstore.NewSeen(client, redisstore.WithPrefix(rand.Text()+":"))
		state, err := seen.Begin(t.Context(), event)
		require.NoError(t, err)
		require.Equal(t, webhook.Fresh, state)
		require.NoError(t, client.Close())
		require.ErrorIs(t, seen.End(t.Context(), event, handled), redis.ErrClosed)
		assert.Zero(t, seen.Open())
	}
}

// joinReceivers makes a replica of a receiver. It is at an event when its round ends, and for
// as long as it lives.
func joinReceivers(online.Store) (round, error) {
	client := redis.NewClient(&redis.Options{Addr: os.Getenv(addressVariable)})
	seen := redisstore.NewSeen(client, redisstore.WithPrefix(os.Getenv(prefixVariable))).Paced(testLease, testBeat, redisstore.BusyFor)
	entered := make(chan struct{})
	h := webhook.Handler(func(ctx context.Context, _ *webhook.Event) error {
		close(entered)
		<-ctx.Done() // which it never is
		return ctx.Err()
	}, webhook.Secret(webhookSecret), webhook.SeenBy(seen))
	return func(context.Context) (string, error) {
		go receive(h, "d3c0")
		<-entered
		return "at it", nil
	}, nil
}

// A replica is killed while it is at an event. What SuperOffice tries next is too early, and
// the try after that is handled by another replica.
func TestSeenOfReplicaThatIsKilled(t *testing.T) {
	t.Parallel()
	all, client, prefix := newReplicas(t, 1)
	var handled atomic.Int32
	h := webhook.Handler(func(context.Context, *webhook.Event) error {
		handled.Add(1)
		return nil
	}, webhook.Secret(webhookSecret), webhook.SeenBy(all[0]))
	killed := startWorkers(t, "receive", 1, prefix)
	doRound(t, killed)
	assert.Equal(t, http.StatusServiceUnavailable, receive(h, "d3c0"))
	killed[0].kill(t)

	assert.Equal(t, http.StatusServiceUnavailable, receive(h, "d3c0"), "the lease is not over")
	assert.Zero(t, handled.Load())
	shorten(t, client, prefix, testLease)
	assert.Equal(t, http.StatusOK, receive(h, "d3c0"))
	assert.Equal(t, http.StatusOK, receive(h, "d3c0"))
	assert.EqualValues(t, 1, handled.Load())
}
