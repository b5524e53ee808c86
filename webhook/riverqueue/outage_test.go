package riverqueue_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wait"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/riverqueue"
)

// newServer starts a server for a test alone, which may crash.
func newServer(t *testing.T) *postgres {
	t.Helper()
	own := new(postgres)
	t.Cleanup(own.stop)
	own.need(t)
	return own
}

// working calls Work until the test, or what it returns, ends it.
func working(t *testing.T, q *riverqueue.Queue, handle func(ctx context.Context, e *webhook.Event) error) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- q.Work(ctx, handle) }()
	var hasEnded bool
	end = func() {
		cancel()
		if !hasEnded {
			assert.ErrorIs(t, <-done, context.Canceled)
		}
		hasEnded = true
	}
	t.Cleanup(end)
	return end
}

// TestRestart has the server crash and start again. That takes nobody's records
// away, and nothing that was handled is forgotten.
func TestRestart(t *testing.T) {
	t.Parallel()
	events := 1000
	if testing.Short() {
		events = 300
	}
	own := newServer(t)
	dsn, journal, p := own.database(t, template), filepath.Join(t.TempDir(), "journal"), newPlan(30, events)
	out, err := os.OpenFile(journal, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	require.NoError(t, err)
	defer out.Close()
	one, two := newQueue(t, dsn, riverqueue.WithHaste()), newQueue(t, dsn, riverqueue.WithHaste())
	endOne := working(t, one, recorded(out, 1, 0))
	endTwo := working(t, two, recorded(out, 2, 0))
	added := make(chan int64, 1)
	go func() { added <- p.add(t, one) }()
	handled := func(n int) func() bool {
		return func() bool { return countOf(readJournal(t, journal), ended) >= n }
	}
	await(t, "half of the events are handled", handled(events/2))
	own.crash()
	require.NoError(t, own.start(t.Context()))
	<-added
	await(t, "all events are handled", handled(events))
	endOne()
	endTwo()
	twice, _ := p.check(t, readJournal(t, journal), 0, time.Time{})
	assert.Zero(t, twice, "handled twice")
}

// TestOutage has the server away for longer than a lease, while a function is at
// work that does not heed its context. No other replica takes its event meanwhile.
func TestOutage(t *testing.T) {
	t.Parallel()
	own := newServer(t)
	dsn := own.database(t, template)
	// The first one is back later than the other, who must not think that it is dead.
	one, two := newQueue(t, dsn, riverqueue.WithHaste(), riverqueue.WithBeat(1500*time.Millisecond)), newQueue(t, dsn, riverqueue.WithHaste())
	event := &webhook.Event{ID: "1", Event: held, Entity: "contact", Tenant: "Cust12345", PrimaryKey: 5}
	require.NoError(t, one.Add(t.Context(), event))
	var calls atomic.Int32
	begun, done, release, again := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	handle := func(ctx context.Context, _ *webhook.Event) error {
		if calls.Add(1) > 1 {
			close(again)
			return nil
		}
		close(begun)
		<-ctx.Done()
		close(done)
		<-release
		return ctx.Err()
	}
	endOne := working(t, one, handle)
	<-begun
	endTwo := working(t, two, handle)
	pool := newPool(t, dsn)
	await(t, "both are at work", func() bool {
		return execute(t, pool, `SELECT FROM superoffice_webhook.webhook_worker`) == 2
	})
	own.crash()
	began := time.Now()
	err := one.Add(t.Context(), event)
	require.ErrorContains(t, err, "riverqueue: storing an event: ")
	assert.NotContains(t, err.Error(), "s3cr3t")
	<-done
	t.Logf("its context ended after %.1f s", time.Since(began).Seconds())
	require.NoError(t, wait.Sleep(t.Context(), riverqueue.Lease)) // the outage is what takes long
	require.NoError(t, own.start(t.Context()))
	await(t, "the lease could have ended twice", func() bool {
		return execute(t, pool, `SELECT 1 WHERE now() - pg_postmaster_start_time() > $1`, 2*riverqueue.Lease) == 1
	})
	assert.EqualValues(t, 1, calls.Load(), "two replicas had the event")
	close(release)
	<-again
	await(t, "its end is stored", func() bool {
		return execute(t, pool, `SELECT FROM superoffice_webhook.webhook_event WHERE handled_at IS NOT NULL`) == 1
	})

	own.crash()
	began = time.Now()
	endOne()
	endTwo()
	t.Logf("Work returned %.1f s after its end, without a database", time.Since(began).Seconds())
}

// TestCutOff ends all connections while an event is being handled. Its replica has
// lost its lock then, and its lease keeps the event.
func TestCutOff(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	one, two := newQueue(t, dsn, riverqueue.WithHaste(), riverqueue.WithBeat(1500*time.Millisecond)), newQueue(t, dsn, riverqueue.WithHaste())
	require.NoError(t, one.Add(t.Context(), event("1", 5)))
	var calls atomic.Int32
	begun, release := make(chan struct{}), make(chan struct{})
	handle := func(context.Context, *webhook.Event) error {
		if calls.Add(1) == 1 {
			close(begun)
		}
		<-release
		return nil
	}
	working(t, one, handle)
	<-begun
	working(t, two, handle)
	pool := newPool(t, dsn)
	since := func(what string) {
		began := time.Now()
		await(t, what, func() bool { return time.Since(began) > riverqueue.Lease+time.Second })
	}
	since("the other one may judge")
	_, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
	since("the lease could have ended")
	assert.EqualValues(t, 1, calls.Load(), "two replicas had the event")
	close(release)
	await(t, "its end is stored", func() bool {
		return execute(t, pool, `SELECT FROM superoffice_webhook.webhook_event WHERE handled_at IS NOT NULL`) == 1
	})
	assert.EqualValues(t, 1, calls.Load(), "it was handled twice")
}
