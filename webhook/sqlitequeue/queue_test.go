package sqlitequeue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
	"github.com/superoffice-go/superoffice/webhook/internal/queuetest"
	"github.com/superoffice-go/superoffice/webhook/sqlitequeue"
)

const (
	never    = time.Hour        // what a test does not live to see
	patience = 30 * time.Second // for what is bound to happen
)

// slow is set in the race detector, in which the database is thirty times slower.
var slow bool

// open opens a queue until the test is over. It logs nothing unless told.
func open(t testing.TB, path string, opts ...sqlitequeue.Option) *sqlitequeue.Queue {
	t.Helper()
	q, err := sqlitequeue.Open(path, append([]sqlitequeue.Option{
		sqlitequeue.WithLogger(slog.New(slog.DiscardHandler)), sqlitequeue.WithPauses(time.Millisecond),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	return q
}

// newPath is the path of a queue that is not there yet.
func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "events.db") }

// event is an event of a record.
func event(id string, record int) *webhook.Event {
	return &webhook.Event{ID: id, Event: webhook.ContactChanged, Entity: "contact", Tenant: "Cust12345", PrimaryKey: record}
}

func add(t testing.TB, q *sqlitequeue.Queue, events ...*webhook.Event) {
	t.Helper()
	for _, e := range events {
		require.NoError(t, q.Add(t.Context(), e))
	}
}

type function = func(ctx context.Context, e *webhook.Event) error

// start calls Work. end ends it and returns its error.
func start(t testing.TB, q *sqlitequeue.Queue, handle function) (end func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Work(ctx, handle) }()
	end = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = end() })
	return end
}

// tell is a function that sends the IDs of what it is given.
func tell(ids chan<- string) function {
	return func(_ context.Context, e *webhook.Event) error {
		ids <- e.ID
		return nil
	}
}

// next waits for a value.
func next[T any](t testing.TB, values <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-values:
	case <-time.After(patience):
		t.Fatal("nothing has come")
	}
	return v
}

// count counts the events in a state.
func count(t testing.TB, q *sqlitequeue.Queue, where string) (n int) {
	t.Helper()
	require.NoError(t, q.DB().QueryRow("SELECT count(*) FROM events WHERE "+where).Scan(&n))
	return n
}

// fill stores n events of some records, as Add does, but at once.
func fill(t testing.TB, q *sqlitequeue.Queue, n, records int) {
	t.Helper()
	_, err := q.DB().Exec(`
		WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ?1)
		INSERT INTO events (record, id, body, due, state)
		SELECT format('cust12345/contact/%d', i % ?2 + 1), format('cust12345/%d', i), format(
			'{"EventId":"%d","Event":"contact.changed","Entity":"contact","ContextIdentifier":"Cust12345","PrimaryKey":%d,"Changes":["name"]}',
			i, i % ?2 + 1), 0, i < ?2
		FROM numbers ORDER BY i`, n, records)
	require.NoError(t, err)
}

// clock is a clock that stands still.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// logged is a log that tests read.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) option() sqlitequeue.Option {
	return sqlitequeue.WithLogger(slog.New(slog.NewTextHandler(l, nil)))
}

func TestQueue(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(t *testing.T) func() webhook.Queue {
		path := newPath(t)
		return func() webhook.Queue { return open(t, path) }
	})
}

func TestReopened(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	q := open(t, path)
	add(t, q, event("1", 5), event("2", 5), event("3", 6))
	require.NoError(t, q.Close())

	q = open(t, path)
	add(t, q, event("1", 5), event("4", 5))
	ids := make(chan string, 10)
	end := start(t, q, tell(ids))
	var all []string
	for range 4 {
		if id := next(t, ids); id != "3" {
			all = append(all, id)
		}
	}
	require.ErrorIs(t, end(), context.Canceled)
	assert.Equal(t, []string{"1", "2", "4"}, all)
	require.NoError(t, q.Close())

	q = open(t, path)
	add(t, q, event("1", 5)) // it was handled
	assert.Zero(t, count(t, q, "state < 2"))
}

// TestWakes has an Add of the same process handled without a look for it, and one of
// another with one.
func TestWakes(t *testing.T) {
	t.Parallel()
	t.Run("same process", func(t *testing.T) {
		t.Parallel()
		q, ids := open(t, newPath(t), sqlitequeue.WithPoll(never)), make(chan string)
		start(t, q, tell(ids))
		for i := range 20 {
			add(t, q, event(fmt.Sprint(i), 5))
			assert.Equal(t, fmt.Sprint(i), next(t, ids))
		}
	})
	t.Run("another process", func(t *testing.T) {
		t.Parallel()
		path, ids := newPath(t), make(chan string)
		start(t, open(t, path, sqlitequeue.WithPoll(time.Millisecond)), tell(ids))
		add(t, open(t, path), event("1", 5))
		assert.Equal(t, "1", next(t, ids))
	})
	t.Run("next try", func(t *testing.T) {
		t.Parallel()
		q, ids := open(t, newPath(t), sqlitequeue.WithPoll(never)), make(chan string, 3)
		add(t, q, event("1", 5))
		start(t, q, func(_ context.Context, e *webhook.Event) error {
			ids <- e.ID
			return errors.New("not yet")
		})
		for range 3 {
			next(t, ids)
		}
	})
}

// TestOldestFirst handles events of several records in the order of adding too, if one
// worker does.
func TestOldestFirst(t *testing.T) {
	t.Parallel()
	now := newClock()
	q, ids := open(t, newPath(t), sqlitequeue.WithWorkers(1), sqlitequeue.WithClock(now.now)), make(chan string, 10)
	for i, record := range []int{1, 2, 1, 1, 3, 2} {
		add(t, q, event(fmt.Sprint(i), record))
		now.pass(time.Second)
	}
	start(t, q, tell(ids))
	for i := range 6 {
		assert.Equal(t, fmt.Sprint(i), next(t, ids))
	}
}

func TestForgotten(t *testing.T) {
	t.Parallel()
	now := newClock()
	q, ids := open(t, newPath(t), sqlitequeue.WithClock(now.now)), make(chan string, 10)
	add(t, q, event("1", 5), event("", 6))
	end := start(t, q, tell(ids))
	next(t, ids)
	next(t, ids)
	require.ErrorIs(t, end(), context.Canceled)
	assert.Equal(t, 1, count(t, q, "state = 2 AND id = 'cust12345/1' AND body IS NULL AND record = ''"), "nothing but the ID is kept")

	now.pass(queue.Remembered - time.Millisecond)
	add(t, q, event("1", 5))
	assert.Zero(t, count(t, q, "state < 2"))
	assert.Equal(t, 1, count(t, q, "true"), "an event without an ID leaves nothing")
	now.pass(time.Millisecond)
	add(t, q, event("1", 5))
	assert.Equal(t, 1, count(t, q, "state = 1"))
	assert.Equal(t, 1, count(t, q, "true"))
}

func TestGivenUp(t *testing.T) {
	t.Parallel()
	var log logged
	q, ids := open(t, newPath(t), log.option()), make(chan string, 100)
	secret := event("1", 5)
	secret.Fields = map[string]superoffice.FieldValue{"name": "s3cr3t"}
	add(t, q, secret, event("2", 5), event("3", 5))
	end := start(t, q, func(_ context.Context, e *webhook.Event) error {
		ids <- e.ID
		switch e.ID {
		case "1":
			return errors.New("broken")
		case "2":
			return fmt.Errorf("wrapped: %w", webhook.ErrGone)
		}
		return nil
	})
	for range queue.MostTries {
		assert.Equal(t, "1", next(t, ids))
	}
	assert.Equal(t, "2", next(t, ids))
	assert.Equal(t, "3", next(t, ids))
	require.ErrorIs(t, end(), context.Canceled)

	assert.Equal(t, 1, count(t, q, "state = 3 AND id = 'cust12345/1' AND tries = 20 AND body LIKE '%s3cr3t%'"))
	assert.Equal(t, 1, count(t, q, "state = 3 AND id = 'cust12345/2' AND tries = 1"))
	add(t, q, event("1", 5)) // it is there
	assert.Zero(t, count(t, q, "state < 2"))
	text := log.String()
	assert.Equal(t, 2, strings.Count(text, "level=ERROR"), text)
	assert.Equal(t, queue.MostTries-1, strings.Count(text, "level=WARN"), text)
	assert.Contains(t, text, `level=ERROR msg="sqlitequeue: an event is given up" record=cust12345/contact/5 try=20 event=contact.changed id=1 tenant=Cust12345 error=broken`)
	assert.NotContains(t, text, "s3cr3t")
}

// TestUnreadable gives up what somebody else has written.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	var log logged
	q, ids := open(t, newPath(t), log.option()), make(chan string, 10)
	add(t, q, event("1", 5), event("2", 5))
	_, err := q.DB().Exec(`UPDATE events SET body = '{"Event":"x","PrimaryKey":"s3cr3t"}' WHERE seq = 1`)
	require.NoError(t, err)
	end := start(t, q, tell(ids))
	assert.Equal(t, "2", next(t, ids))
	require.ErrorIs(t, end(), context.Canceled)
	assert.Equal(t, 1, count(t, q, "state = 3 AND seq = 1"))
	assert.Contains(t, log.String(), "the stored event cannot be read")
	assert.NotContains(t, log.String(), "s3cr3t")
}

// TestNoReturn treats the end of a goroutine as a failure.
func TestNoReturn(t *testing.T) {
	t.Parallel()
	q, tries := open(t, newPath(t)), make(chan int, 10)
	add(t, q, event("1", 5))
	n := 0
	start(t, q, func(context.Context, *webhook.Event) error {
		n++
		tries <- n
		if n == 1 {
			runtime.Goexit()
		}
		return nil
	})
	assert.Equal(t, 1, next(t, tries))
	assert.Equal(t, 2, next(t, tries))
}

func TestRefused(t *testing.T) {
	t.Parallel()
	q := open(t, newPath(t))
	nameless, broken := event("1", 5), event("2", 5)
	nameless.Event = ""
	broken.Extra = map[string][]byte{"MyProperty": []byte("s3cr3t")}
	require.ErrorContains(t, q.Add(t.Context(), nil), "sqlitequeue: Add got no event")
	for _, e := range []*webhook.Event{nameless, broken} {
		err := q.Add(t.Context(), e)
		require.ErrorContains(t, err, "sqlitequeue: the event")
		assert.NotContains(t, err.Error(), "s3cr3t")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, q.Add(ctx, event("3", 5)), context.Canceled)
	assert.Zero(t, count(t, q, "true"))
}

func TestClose(t *testing.T) {
	t.Parallel()
	q, handling := open(t, newPath(t)), make(chan struct{})
	add(t, q, event("1", 5))
	done := make(chan error, 1)
	go func() {
		done <- q.Work(context.Background(), func(ctx context.Context, _ *webhook.Event) error {
			close(handling)
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	next(t, handling)
	require.NoError(t, q.Close())
	require.ErrorContains(t, next(t, done), "sqlitequeue: the queue is closed")
	require.ErrorContains(t, q.Add(t.Context(), event("2", 5)), "sqlitequeue: the queue is closed")
	require.ErrorContains(t, q.Work(t.Context(), nil), "sqlitequeue: the queue is closed")
	require.NoError(t, q.Close(), "again")
}

// TestReleased has an event whose function was interrupted tried by the next Work, and
// not counted.
func TestReleased(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	q, handling := open(t, path), make(chan struct{})
	add(t, q, event("1", 5), event("2", 5))
	end := start(t, q, func(ctx context.Context, _ *webhook.Event) error {
		close(handling)
		<-ctx.Done()
		return ctx.Err()
	})
	next(t, handling)
	require.ErrorIs(t, end(), context.Canceled)
	assert.Equal(t, 1, count(t, q, "state = 1 AND tries = 0 AND claim IS NULL"))
	ids := make(chan string, 10)
	start(t, open(t, path), tell(ids))
	assert.Equal(t, "1", next(t, ids))
	assert.Equal(t, "2", next(t, ids))
}

// TestLinear has the database do no more for a turn when a hundred times as many
// events are stored.
func TestLinear(t *testing.T) {
	t.Parallel()
	const workers = 8
	least := func(n, records int) (d time.Duration) {
		q := open(t, newPath(t))
		fill(t, q, n, records)
		// Some have failed and wait, some are handled, and some given up.
		_, err := q.DB().Exec(`UPDATE events SET due = ? WHERE state = 1 AND seq % 2 = 0`, time.Now().Add(never).UnixMilli())
		require.NoError(t, err)
		_, err = q.DB().Exec(`UPDATE events SET state = 2 + seq % 2, due = ? WHERE state = 1 AND seq % 5 = 1`, time.Now().Add(never).UnixMilli())
		require.NoError(t, err)
		d = never
		for range 20 {
			took, err := q.TimeOfTurn(t.Context(), workers)
			require.NoError(t, err)
			d = min(d, took)
		}
		return d
	}
	n := 100_000
	if slow || testing.Short() {
		n = 10_000
	}
	few := least(1000, 500)
	many, ofOne := least(n, n), least(n, 20)
	t.Logf("a turn takes %v with 1000 events, %v with %d, %v if these are of 20 records", few, many, n, ofOne)
	assert.Less(t, many, 10*few)
	assert.Less(t, ofOne, 10*few)
}

// TestIndexes has each statement find its rows by an index.
func TestIndexes(t *testing.T) {
	t.Parallel()
	q := open(t, newPath(t))
	for _, query := range sqlitequeue.Queries() {
		arguments := []any{1, 1, 1, 1} // as many as it names
		for n := len(arguments); n > 1 && !strings.Contains(query, fmt.Sprint("?", n)); n-- {
			arguments = arguments[:n-1]
		}
		if !strings.Contains(query, "?") {
			arguments = nil
		}
		rows, err := q.DB().Query("EXPLAIN QUERY PLAN "+query, arguments...)
		require.NoError(t, err)
		for rows.Next() {
			var id, parent, unused int
			var detail string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
			assert.NotContains(t, detail, "SCAN events", query)
			assert.NotContains(t, detail, "TEMP B-TREE", query)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
}
