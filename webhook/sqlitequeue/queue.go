package sqlitequeue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

// Queue is a webhook.Queue in a file. It is safe for any number of goroutines.
type Queue struct {
	db         *sql.DB // of one connection, which the goroutine of write uses
	statements statements
	writes     chan write
	stopped    chan struct{} // closed when that goroutine has ended

	workers int
	log     *slog.Logger
	now     func() time.Time
	pause   func(tries int) time.Duration
	lease   time.Duration // how long a claim holds
	poll    time.Duration // how often events of other processes are looked for
	patient time.Duration // how long another process's lock is waited for

	closing context.Context // ends when Close is called
	close   context.CancelFunc
	mu      sync.Mutex
	closed  bool
	calls   sync.WaitGroup             // of Add and Work
	wakes   map[chan struct{}]struct{} // one for each Work
}

var _ webhook.Queue = (*Queue)(nil)

var errClosed = errors.New("sqlitequeue: the queue is closed")

// Option is a setting of [Open].
type Option func(*Queue)

// WithWorkers sets how many events a call of Work handles at the same time: 8 unless
// told. They are of as many records.
func WithWorkers(n int) Option {
	return func(q *Queue) { q.workers = max(n, 1) }
}

// WithLogger sets who is told of events that fail and are given up, and of a file
// that cannot be read or written: slog.Default() unless told.
func WithLogger(log *slog.Logger) Option {
	return func(q *Queue) {
		if log != nil {
			q.log = log
		}
	}
}

// Open opens the queue in the file at path, which is created if it is not there.
// Close it when it is no longer needed.
func Open(path string, opts ...Option) (*Queue, error) {
	q := &Queue{
		writes: make(chan write), stopped: make(chan struct{}), wakes: make(map[chan struct{}]struct{}),
		workers: 8, log: slog.Default(), now: time.Now, pause: queue.Pause,
		lease: time.Minute, poll: time.Second, patient: 5 * time.Second,
	}
	for _, opt := range opts {
		opt(q)
	}
	var err error
	if q.db, err = openFile(path, q.patient); err != nil {
		return nil, err
	}
	if q.statements, err = prepare(q.db); err != nil {
		return nil, errors.Join(problem("preparing its statements", err), q.db.Close())
	}
	q.closing, q.close = context.WithCancel(context.Background())
	go q.commitWrites()
	return q, nil
}

// Add stores an event, as webhook.Queue tells. If ctx ends first, the event may be
// stored nevertheless.
func (q *Queue) Add(ctx context.Context, e *webhook.Event) error {
	if !q.enter() {
		return errClosed
	}
	defer q.calls.Done()
	if e == nil {
		return errors.New("sqlitequeue: Add got no event")
	}
	body, err := e.MarshalJSON()
	if err == nil {
		_, err = webhook.ParseEvent(body)
	}
	if err != nil { // which may repeat some of the event
		return fmt.Errorf("sqlitequeue: the event %q could not be read again; it needs a name, and JSON in Extra", e.ID)
	}
	record, id := queue.Record(e), queue.ID(e)
	if err := q.write(ctx, func(c *change) error { return c.add(record, id, string(body)) }); err != nil {
		return err
	}
	q.wake()
	return nil
}

// Close ends Work, waits until what it was handling has returned, and closes the
// file. A function that Work has called must not call it.
func (q *Queue) Close() error {
	q.mu.Lock()
	first := !q.closed
	q.closed = true
	q.mu.Unlock()
	if !first {
		return nil
	}
	q.close()
	q.calls.Wait()
	close(q.writes)
	<-q.stopped
	if err := q.db.Close(); err != nil {
		return problem("closing the file", err)
	}
	return nil
}

// enter reports whether the queue is open, which it is until q.calls.Done then.
func (q *Queue) enter() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.calls.Add(1)
	}
	return !q.closed
}

// listen returns a channel that gets a value after each Add of this process.
func (q *Queue) listen() (wakes chan struct{}, end func()) {
	wakes = make(chan struct{}, 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wakes[wakes] = struct{}{}
	return wakes, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.wakes, wakes)
	}
}

func (q *Queue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for wakes := range q.wakes {
		select {
		case wakes <- struct{}{}:
		default: // it has one already
		}
	}
}
