package riverqueue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/wait"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
	"github.com/superoffice-go/superoffice/webhook/riverqueue"
)

func event(id string, record int) *webhook.Event {
	return &webhook.Event{ID: id, Event: webhook.ContactChanged, Entity: "contact", Tenant: "Cust12345", PrimaryKey: record}
}

// sent is a function that sends what it is called with.
func sent(to chan<- string) func(ctx context.Context, e *webhook.Event) error {
	return func(_ context.Context, e *webhook.Event) error {
		to <- e.ID
		return nil
	}
}

func execute(t *testing.T, pool *pgxpool.Pool, statement string, args ...any) (changed int64) {
	t.Helper()
	tag, err := pool.Exec(t.Context(), statement, args...)
	require.NoError(t, err)
	return tag.RowsAffected()
}

func TestNew(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), "host=/nowhere password=s3cr3t")
	require.NoError(t, err)
	defer pool.Close()
	for _, opt := range []riverqueue.Option{
		riverqueue.WithWorkers(0), riverqueue.WithWorkers(10_001), riverqueue.WithSchema(""), riverqueue.WithSchema(`a"; DROP`),
		riverqueue.WithSchema("A"), riverqueue.WithSchema(strings.Repeat("a", 46)),
	} {
		_, err := riverqueue.New(pool, opt)
		assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	}
	_, err = riverqueue.New(nil)
	assert.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	q, err := riverqueue.New(pool, riverqueue.WithSchema(strings.Repeat("a", 45)), riverqueue.WithWorkers(1), riverqueue.WithLogger(nil))
	require.NoError(t, err)
	for _, err := range []error{q.Add(t.Context(), event("1", 5)), q.Migrate(t.Context())} {
		require.ErrorContains(t, err, "riverqueue: ")
		assert.NotContains(t, err.Error(), "s3cr3t")
	}
}

// TestMigrate has several replicas begin at the same time, each with one
// connection, and none before them.
func TestMigrate(t *testing.T) {
	t.Parallel()
	server.need(t)
	dsn := server.database(t, "template0")
	q := newQueue(t, dsn, riverqueue.WithSchema("events"))
	for _, err := range []error{q.Add(t.Context(), event("1", 5)), q.Work(t.Context(), sent(nil))} {
		assert.ErrorContains(t, err, "call Migrate first")
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			config, err := pgxpool.ParseConfig(dsn)
			assert.NoError(t, err)
			config.MaxConns = 1
			pool, err := pgxpool.NewWithConfig(t.Context(), config)
			assert.NoError(t, err)
			defer pool.Close()
			q, err := riverqueue.New(pool, riverqueue.WithSchema("events"))
			assert.NoError(t, err)
			assert.NoError(t, q.Migrate(t.Context()))
			assert.NoError(t, q.Migrate(t.Context()))
			assert.NoError(t, q.Add(t.Context(), event("1", 5)))
		})
	}
	group.Wait()
	got := make(chan string, 1)
	working(t, q, sent(got))
	assert.Equal(t, "1", <-got)
}

// TestOnePoolConnection works with the smallest pool there is.
func TestOnePoolConnection(t *testing.T) {
	t.Parallel()
	config, err := pgxpool.ParseConfig(newDatabase(t))
	require.NoError(t, err)
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	q, err := riverqueue.New(pool, riverqueue.WithHaste())
	require.NoError(t, err)
	got := make(chan string, 10)
	working(t, q, sent(got))
	for i := range cap(got) {
		require.NoError(t, q.Add(t.Context(), event(fmt.Sprint(i), i+1)))
	}
	for range cap(got) {
		<-got
	}
}

// TestWakes adds an event each time that the one before was just handled, when its
// job is about to end.
func TestWakes(t *testing.T) {
	t.Parallel()
	q := newQueue(t, newDatabase(t))
	got := make(chan string)
	working(t, q, sent(got))
	for i := range 200 {
		require.NoError(t, q.Add(t.Context(), event(fmt.Sprint(i), 5)))
		select {
		case id := <-got:
			assert.Equal(t, fmt.Sprint(i), id)
		case <-time.After(20 * time.Second): // before it is found by chance
			require.FailNow(t, "nobody was woken")
		}
	}
}

// TestOddNames has names that PostgreSQL does not store, or not index.
func TestOddNames(t *testing.T) {
	t.Parallel()
	q := newQueue(t, newDatabase(t), riverqueue.WithHaste())
	got := make(chan *webhook.Event, 1)
	working(t, q, func(_ context.Context, e *webhook.Event) error {
		got <- e
		return nil
	})
	for _, odd := range []string{"\x00", "\u00e6\u00f8\u00e5", strings.Repeat("a", 10_000)} {
		e := event("id"+odd, 5)
		e.Entity, e.Webhook = "contact"+odd, odd
		require.NoError(t, q.Add(t.Context(), e))
		require.NoError(t, q.Add(t.Context(), e))
		assert.Equal(t, e, <-got)
	}
	assert.Empty(t, got)
}

// TestGivenUp has an event fail until it is given up, which is kept and can be
// tried again. What it says is not told.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	pool := newPool(t, dsn)
	var told syncBuffer
	q, err := riverqueue.New(pool, riverqueue.WithHaste(), riverqueue.WithLogger(slog.New(slog.NewTextHandler(&told, nil))))
	require.NoError(t, err)
	bad := event("1", 5)
	bad.Fields = map[string]superoffice.FieldValue{"name": "s3cr3t"}
	require.NoError(t, q.Add(t.Context(), bad))
	require.NoError(t, q.Add(t.Context(), event("2", 5)))
	tries, isMended, got := 0, false, make(chan string, 1)
	end := working(t, q, func(ctx context.Context, e *webhook.Event) error {
		if e.ID == "1" && !isMended {
			tries++
			return errors.New("no")
		}
		return sent(got)(ctx, e)
	})
	assert.Equal(t, "2", <-got)
	end()
	assert.Equal(t, queue.MostTries, tries)
	assert.Equal(t, 1, strings.Count(told.String(), "level=ERROR"), told.String())
	assert.Contains(t, told.String(), "cust12345/1")
	assert.NotContains(t, told.String(), "s3cr3t")

	isMended = true
	const again = `UPDATE superoffice_webhook.webhook_event SET given_up_at = NULL, tries = 0 WHERE convert_from(body, 'UTF8')::jsonb->'FieldValues'->>'name' = 's3cr3t'`
	assert.EqualValues(t, 1, execute(t, pool, again))
	working(t, q, sent(got))
	assert.Equal(t, "1", <-got)
}

// TestRemembered forgets an event when its time has passed.
func TestRemembered(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	pool, q, got := newPool(t, dsn), newQueue(t, dsn, riverqueue.WithHaste()), make(chan string, 1)
	working(t, q, sent(got))
	for range 2 {
		require.NoError(t, q.Add(t.Context(), event("1", 5)))
		assert.Equal(t, "1", <-got)
		await(t, "it is noted", func() bool {
			return execute(t, pool, `UPDATE superoffice_webhook.webhook_event SET handled_at = handled_at - $1::interval WHERE body IS NULL`, queue.Remembered+time.Minute) == 1
		})
		await(t, "it is forgotten", func() bool {
			return execute(t, pool, `SELECT FROM superoffice_webhook.webhook_event`) == 0
		})
	}
}

// TestLostJobs adds the jobs again that somebody removed, and takes back those that
// River has lost.
func TestLostJobs(t *testing.T) {
	t.Parallel()
	dsn := newDatabase(t)
	pool, q, got := newPool(t, dsn), newQueue(t, dsn, riverqueue.WithHaste()), make(chan string, 1)
	require.NoError(t, q.Add(t.Context(), event("removed", 5)))
	assert.EqualValues(t, 1, execute(t, pool, `DELETE FROM superoffice_webhook.river_job`))
	working(t, q, sent(got))
	assert.Equal(t, "removed", <-got)

	const lose = `WITH jobs AS (
			INSERT INTO superoffice_webhook.river_job (args, kind, queue, max_attempts, state, attempt, attempted_at, attempted_by)
			SELECT '{"record": "six"}', 'superoffice_webhook_record', 'superoffice_webhook', 25, 'running', 1, now() - interval '1 hour', ARRAY[id]
			FROM superoffice_webhook.webhook_worker)
		INSERT INTO superoffice_webhook.webhook_event (record, body) VALUES ('six', '{"Event": "contact.changed", "EventId": "lost"}')`
	assert.EqualValues(t, 1, execute(t, pool, lose))
	assert.Equal(t, "lost", <-got)
}

// TestLongBacklog has other records get their turn while one has much to do, with
// one worker.
func TestLongBacklog(t *testing.T) {
	t.Parallel()
	q := newQueue(t, newDatabase(t), riverqueue.WithHaste(), riverqueue.WithWorkers(1))
	const n = 400
	for i := range n {
		require.NoError(t, q.Add(t.Context(), event(fmt.Sprint(i), 5)))
	}
	require.NoError(t, q.Add(t.Context(), event("other", 6)))
	got := make(chan string)
	working(t, q, func(ctx context.Context, e *webhook.Event) error {
		_ = wait.Sleep(ctx, 5*time.Millisecond) // it has something to do
		return sent(got)(ctx, e)
	})
	before := 0
	for next, hasOther := 0, false; next < n || !hasOther; {
		switch id := <-got; id {
		case "other":
			hasOther, before = true, next
		default:
			assert.Equal(t, fmt.Sprint(next), id)
			next++
		}
	}
	assert.Less(t, before, n)
	t.Logf("another record waited for %d of %d events", before, n)
}

// TestLongPause has a pause that River leaves to its leader.
func TestLongPause(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes ten seconds")
	}
	const pause = 6 * time.Second
	q := newQueue(t, newDatabase(t), riverqueue.WithHaste(), riverqueue.WithPause(pause))
	require.NoError(t, q.Add(t.Context(), event("1", 5)))
	var first time.Time
	got := make(chan string, 1)
	working(t, q, func(ctx context.Context, e *webhook.Event) error {
		if first.IsZero() {
			first = time.Now()
			return errors.New("not yet")
		}
		return sent(got)(ctx, e)
	})
	<-got
	took := time.Since(first)
	assert.GreaterOrEqual(t, took, pause)
	t.Logf("tried again after %.1f s", took.Seconds())
}

// syncBuffer is what several goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}
