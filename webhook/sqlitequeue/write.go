package sqlitequeue

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// mostWrites is how many writes share a transaction, so that other processes get
// their turn.
const mostWrites = 256

// write is a part of a transaction.
type write struct {
	do   func(c *change) error
	done chan<- error
}

// write has do run in a transaction, and waits until it is on the disk. If ctx ends
// first, do may run nevertheless. Writes share transactions, since each of those
// waits for the disk; so if one fails, all of its transaction do.
func (q *Queue) write(ctx context.Context, do func(c *change) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	select {
	case q.writes <- write{do, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commitWrites runs what write is given, until the queue is closed.
func (q *Queue) commitWrites() {
	defer close(q.stopped)
	for first := range q.writes {
		all := q.waiting(first)
		err := q.commit(all)
		for _, w := range all {
			w.done <- err
		}
	}
}

// waiting returns the writes that wait, beginning with first.
func (q *Queue) waiting(first write) []write {
	all := []write{first}
	for len(all) < mostWrites {
		select {
		case w, ok := <-q.writes:
			if !ok {
				return all
			}
			all = append(all, w)
		default:
			return all
		}
	}
	return all
}

// commit runs writes in one transaction. Its context does not end, since
// others than the one whose context it would be depend on it.
func (q *Queue) commit(all []write) error {
	ctx := context.Background()
	tx, err := q.begin(ctx)
	if err != nil {
		return problem("beginning a transaction", err)
	}
	c := &change{ctx: ctx, tx: tx, statements: &q.statements, now: q.now().UnixMilli()}
	err = c.forget()
	for _, w := range all {
		if err == nil {
			err = w.do(c)
		}
	}
	if err != nil {
		return problem("writing", errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return problem("committing a transaction", err)
	}
	return nil
}

// begin begins a transaction as soon as no other process has one. It looks more often
// than SQLite does when it waits: else a process that is busy would keep others
// from theirs for seconds.
func (q *Queue) begin(ctx context.Context) (*sql.Tx, error) {
	const shortest = time.Millisecond
	for end := time.Now().Add(q.patient); ; time.Sleep(shortest + rand.N(2*shortest)) {
		tx, err := q.db.BeginTx(ctx, nil)
		if primaryCode(err) != sqlite3.SQLITE_BUSY || time.Now().After(end) {
			return tx, err
		}
	}
}
