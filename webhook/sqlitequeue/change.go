package sqlitequeue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

// The statements of a change. Each finds its rows by an index, and no state < 2 or
// = 1 is an argument: SQLite has to see it to choose one.
const (
	forgetSQL = `DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE state = 2 AND due <= ? ORDER BY due LIMIT 1000)`
	addSQL    = `INSERT INTO events (record, id, body, due, state)
		VALUES (?1, ?2, ?3, ?4, NOT EXISTS (SELECT 1 FROM events WHERE record = ?1 AND state < 2)) ON CONFLICT (id) DO NOTHING`
	claimSQL = `UPDATE events SET due = ?1, claim = ?2, tries = tries + 1
		WHERE seq IN (SELECT seq FROM events WHERE state = 1 AND due <= ?3 ORDER BY due, seq LIMIT ?4)
		RETURNING seq, record, body, tries`
	nextDueSQL = `SELECT due FROM events WHERE state = 1 ORDER BY due LIMIT 1`
	extendSQL  = `UPDATE events SET due = ?1 WHERE seq = ?2 AND claim = ?3`
	retrySQL   = `UPDATE events SET due = ?1, claim = NULL WHERE seq = ?2 AND claim = ?3`
	releaseSQL = `UPDATE events SET due = ?1, claim = NULL, tries = tries - 1 WHERE seq = ?2 AND claim = ?3`
	giveUpSQL  = `UPDATE events SET due = ?1, claim = NULL, state = 3 WHERE seq = ?2 AND claim = ?3`
	handledSQL = `UPDATE events SET due = iif(id IS NULL, 0, ?1), claim = NULL, state = 2, body = NULL, record = ''
		WHERE seq = ?2 AND claim = ?3`
	followSQL = `UPDATE events SET state = 1
		WHERE seq = (SELECT seq FROM events WHERE record = ? AND state < 2 ORDER BY seq LIMIT 1)`
)

type statements struct {
	forget, add, claim, nextDue, extend, retry, release, giveUp, handled, follow *sql.Stmt
}

func prepare(db *sql.DB) (s statements, err error) {
	for query, to := range map[string]**sql.Stmt{
		forgetSQL: &s.forget, addSQL: &s.add, claimSQL: &s.claim, nextDueSQL: &s.nextDue, extendSQL: &s.extend,
		retrySQL: &s.retry, releaseSQL: &s.release, giveUpSQL: &s.giveUp, handledSQL: &s.handled, followSQL: &s.follow,
	} {
		if *to, err = db.Prepare(query); err != nil {
			return s, err
		}
	}
	return s, nil
}

// change is a transaction under way. Times are in milliseconds.
type change struct {
	ctx        context.Context
	tx         *sql.Tx
	statements *statements
	now        int64
}

// exec runs a statement, and returns how many rows it has changed.
func (c *change) exec(s *sql.Stmt, args ...any) (int64, error) {
	result, err := c.tx.StmtContext(c.ctx, s).ExecContext(c.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// forget deletes events that were handled so long ago that they may come again. In
// each transaction these are more than it can add.
func (c *change) forget() error {
	_, err := c.exec(c.statements.forget, c.now)
	return err
}

// add stores an event unless its ID is there. The ID may be empty.
func (c *change) add(record, id, body string) error {
	_, err := c.exec(c.statements.add, record, sql.NullString{String: id, Valid: id != ""}, body, c.now)
	return err
}

// claim takes up to n events that are due: those of dead processes too.
func (c *change) claim(n int, until int64) (claimed []*job, err error) {
	claim := rand.Int64()
	rows, err := c.tx.StmtContext(c.ctx, c.statements.claim).QueryContext(c.ctx, until, claim, c.now, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		j := &job{claim: claim, until: until}
		if err := rows.Scan(&j.seq, &j.record, &j.body, &j.tries); err != nil {
			return nil, err
		}
		claimed = append(claimed, j)
	}
	return claimed, rows.Err()
}

// nextDue returns when an event is due, and 0 if there is none.
func (c *change) nextDue() (due int64, err error) {
	err = c.tx.StmtContext(c.ctx, c.statements.nextDue).QueryRowContext(c.ctx).Scan(&due)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return due, err
}

// extend keeps an event claimed, and reports whether it still was.
func (c *change) extend(j *job, until int64) (held bool, err error) {
	n, err := c.exec(c.statements.extend, until, j.seq, j.claim)
	return n > 0, err
}

// finish stores how a try has ended, and reports whether the event was still claimed:
// otherwise it is another's.
func (c *change) finish(j *job) (held bool, err error) {
	var n int64
	switch j.end {
	case handled:
		n, err = c.exec(c.statements.handled, c.now+queue.Remembered.Milliseconds(), j.seq, j.claim)
	case givenUp:
		n, err = c.exec(c.statements.giveUp, c.now, j.seq, j.claim)
	case failed:
		n, err = c.exec(c.statements.retry, c.now+j.pause.Milliseconds(), j.seq, j.claim)
	case released:
		n, err = c.exec(c.statements.release, c.now, j.seq, j.claim)
	default:
		return false, fmt.Errorf("an event has the unknown end %d", j.end)
	}
	if err != nil || n == 0 {
		return false, err
	}
	if j.end == handled || j.end == givenUp {
		_, err = c.exec(c.statements.follow, j.record)
	}
	return true, err
}
