package sqlitequeue

import (
	"context"
	"database/sql"
	"time"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

// WithPauses has pauses between tries last for d.
func WithPauses(d time.Duration) Option {
	return func(q *Queue) { q.pause = func(int) time.Duration { return d } }
}

// WithLease sets how long a claim holds.
func WithLease(d time.Duration) Option { return func(q *Queue) { q.lease = d } }

// WithPoll sets how often events of other processes are looked for.
func WithPoll(d time.Duration) Option { return func(q *Queue) { q.poll = d } }

// WithPatience sets how long another's lock is waited for.
func WithPatience(d time.Duration) Option { return func(q *Queue) { q.patient = d } }

// WithClock sets the clock of claims and pauses.
func WithClock(now func() time.Time) Option { return func(q *Queue) { q.now = now } }

// DB is the queue's connection.
func (q *Queue) DB() *sql.DB { return q.db }

// AddIn adds an event in a transaction that may have others.
func (q *Queue) AddIn(ctx context.Context, tx *sql.Tx, e *webhook.Event) error {
	body, err := e.MarshalJSON()
	if err != nil {
		return err
	}
	c := &change{ctx: ctx, tx: tx, statements: &q.statements, now: q.now().UnixMilli()}
	return c.add(queue.Record(e), queue.ID(e), body)
}
