package sqlitequeue

import (
	"context"
	"database/sql"
	"fmt"
	"time"
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

// Queries are all statements of the queue.
func Queries() []string {
	return []string{forgetSQL, addSQL, claimSQL, nextDueSQL, extendSQL, retrySQL, releaseSQL, giveUpSQL, handledSQL, followSQL}
}

// TimeOfTurn is how long the database needs to claim n events, to finish them and
// to look for more. It changes nothing.
func (q *Queue) TimeOfTurn(ctx context.Context, n int) (time.Duration, error) {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	c := &change{ctx: ctx, tx: tx, statements: &q.statements, now: q.now().UnixMilli()}
	began := time.Now()
	jobs, err := c.claim(n, c.now+q.lease.Milliseconds())
	if err != nil {
		return 0, err
	}
	if len(jobs) != n {
		return 0, fmt.Errorf("claimed %d events and not %d", len(jobs), n)
	}
	for _, j := range jobs {
		j.end = handled
		if _, err := c.finish(j); err != nil {
			return 0, err
		}
	}
	if _, err := c.nextDue(); err != nil {
		return 0, err
	}
	if err := c.forget(); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}
