package riverqueue

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/superoffice-go/superoffice/internal/wait"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

var errLost = errors.New("no sign of life reached the database for too long")

type job = river.Job[recordArgs]

// stored is an event that waits.
type stored struct {
	Seq   int64
	ID    string
	Body  []byte
	Tries int
	Wait  float64 // the seconds until it may be tried
}

const (
	isOurs = `EXISTS (SELECT FROM SCHEMA.river_job WHERE id = $1 AND state = 'running')`
	// A look takes few: each may have a megabyte.
	loadSQL = `SELECT seq, coalesce(id, '') AS id, body, tries, coalesce(extract(epoch FROM not_before - clock_timestamp()), 0)::float8 AS wait
		FROM SCHEMA.webhook_event WHERE record = $2 AND ` + waiting + ` AND ` + isOurs + ` ORDER BY seq LIMIT 16`
	handledSQL = `WITH settled AS (UPDATE SCHEMA.webhook_event SET handled_at = now(), body = NULL
		WHERE seq = $2 AND ` + waiting + `) SELECT ` + isOurs
	failedSQL = `WITH settled AS (UPDATE SCHEMA.webhook_event SET tries = $3, not_before = clock_timestamp() + $4
		WHERE seq = $2 AND ` + waiting + `) SELECT ` + isOurs
	givenUpSQL = `WITH settled AS (UPDATE SCHEMA.webhook_event SET tries = $3, given_up_at = now()
		WHERE seq = $2 AND ` + waiting + `) SELECT ` + isOurs
	isWaitingSQL = `SELECT EXISTS (SELECT FROM SCHEMA.webhook_event WHERE record = $1 AND ` + waiting + `)`
)

// Timeout implements river.Worker. There is none: how long a function takes is its
// own affair, and River leaves such a job alone that seems to be stuck.
func (s *session) Timeout(*job) time.Duration { return -1 }

// Work implements river.Worker: it handles the events of a record. An error would
// be stored, and count as a try of River's; a job that is snoozed is not even
// noticed.
func (s *session) Work(ctx context.Context, j *job) error {
	s.begin(j.ID)
	defer s.finish(j.ID)
	until := time.Now().Add(s.times.turn)
	for {
		isDone, err := s.some(ctx, j, until)
		switch {
		case isDone:
			return nil
		case err == nil:
		case errors.Is(err, river.JobSnooze(0)):
			return err
		case ctx.Err() != nil:
			return river.JobSnooze(0)
		default:
			s.log.WarnContext(ctx, "riverqueue: the events of a record cannot be read; trying again", "record", j.Args.Record, "error", err)
			return river.JobSnooze(time.Second)
		}
	}
}

// begin notes a job that is at work here. It waits while lost jobs are looked for.
func (s *session) begin(id int64) {
	s.jobMu.Lock()
	defer s.jobMu.Unlock()
	s.active[id] = true
}

func (s *session) finish(id int64) {
	s.jobMu.Lock()
	defer s.jobMu.Unlock()
	delete(s.active, id)
}

// some handles the next events of the record. It reports whether the job is done:
// nothing is left, or the job is not this replica's any more.
func (s *session) some(ctx context.Context, j *job, until time.Time) (isDone bool, err error) {
	rows, _ := s.pool.Query(ctx, s.sql(loadSQL), j.ID, j.Args.Record)
	events, err := pgx.CollectRows(rows, pgx.RowToStructByName[stored])
	if err != nil {
		return false, err
	}
	if len(events) == 0 {
		return s.complete(ctx, j)
	}
	for _, e := range events {
		switch pause := time.Duration(e.Wait * float64(time.Second)); {
		case ctx.Err() != nil, time.Now().After(until):
			return false, river.JobSnooze(0)
		case pause > 0:
			return false, river.JobSnooze(pause)
		}
		if isDone, err := s.one(ctx, j, e); isDone || err != nil {
			return isDone, err
		}
	}
	return false, nil
}

// one handles an event. It reports whether the job is not this replica's any more.
func (s *session) one(ctx context.Context, j *job, e stored) (isDone bool, err error) {
	failure := queue.Handle(ctx, e.Body, s.handle)
	tries := e.Tries + 1
	about := []any{"record", j.Args.Record, "id", e.ID, "seq", e.Seq, "tries", tries, "error", failure}
	switch {
	case failure == nil:
		return s.settle(ctx, handledSQL, j.ID, e.Seq)
	case ctx.Err() != nil && !errors.Is(failure, webhook.ErrGone): // it was not given the time
		return false, river.JobSnooze(0)
	case queue.IsLast(tries, failure):
		s.log.ErrorContext(ctx, "riverqueue: an event is given up", about...)
		return s.settle(ctx, givenUpSQL, j.ID, e.Seq, tries)
	}
	pause := s.pause(tries)
	s.log.WarnContext(ctx, "riverqueue: an event failed", append(about, "pause", pause)...)
	if isDone, err := s.settle(ctx, failedSQL, j.ID, e.Seq, tries, pause); isDone || err != nil {
		return isDone, err
	}
	return false, river.JobSnooze(pause)
}

// settle stores how an event ended, and reports whether its job is not this
// replica's any more. It tries until it succeeds, since the event would be handled
// again; after the end of Work for some seconds only.
func (s *session) settle(ctx context.Context, statement string, args ...any) (isDone bool, err error) {
	const shortest, longest, grace = 100 * time.Millisecond, 2 * time.Second, 5 * time.Second
	ctx = context.WithoutCancel(ctx)
	var ended time.Time // a try failed after the end of Work
	for pause := shortest; ; pause = min(2*pause, longest) {
		var isOurs bool
		err := s.ask(ctx, &isOurs, statement, args...)
		if err == nil {
			return !isOurs, nil
		}
		s.log.WarnContext(ctx, "riverqueue: how an event ended cannot be stored; trying again", "job", args[0], "seq", args[1], "error", err)
		if ended.IsZero() && s.ctx.Err() != nil {
			ended = time.Now()
		}
		if !ended.IsZero() && time.Since(ended) > grace {
			return false, err
		}
		_ = wait.Sleep(ctx, pause) // its context has no end
	}
}

// ask has a statement answered with yes or no.
func (s *session) ask(ctx context.Context, yes *bool, statement string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	return s.pool.QueryRow(ctx, s.sql(statement), args...).Scan(yes)
}

// complete ends the job if no event is left. The lock keeps Add from storing one
// in between, which would find this job and add none.
func (s *session) complete(ctx context.Context, j *job) (isDone bool, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, readCommitted, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockSQL, s.lockName(j.Args.Record)); err != nil {
			return err
		}
		var isWaiting bool
		if err := tx.QueryRow(ctx, s.sql(isWaitingSQL), j.Args.Record).Scan(&isWaiting); err != nil || isWaiting {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, j)
		isDone = err == nil
		return err
	})
	if errors.Is(err, rivertype.ErrNotFound) { // another replica has it
		return true, nil
	}
	return isDone && err == nil, err
}
