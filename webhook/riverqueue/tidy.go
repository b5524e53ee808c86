package riverqueue

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/superoffice-go/superoffice/internal/wait"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

const (
	leaveSQL = `DELETE FROM SCHEMA.webhook_worker WHERE id = $1`
	// A replica is dead if it gave no sign and its lock is free. The last line
	// looks again: it may have given one since.
	buryDeadSQL = `WITH silent AS MATERIALIZED (SELECT id FROM SCHEMA.webhook_worker WHERE seen_at < now() - $1::interval),
		dead AS MATERIALIZED (SELECT id FROM silent WHERE pg_try_advisory_xact_lock(hashtextextended($2 || id, 0)))
		DELETE FROM SCHEMA.webhook_worker w USING dead
		WHERE w.id = dead.id AND w.seen_at < now() - $1::interval`
	// A job is taken away with its row, so that nothing that its replica may still
	// say of it counts.
	orphanedSQL = `DELETE FROM SCHEMA.river_job j WHERE kind = $1 AND state = 'running'
		AND NOT EXISTS (SELECT FROM SCHEMA.webhook_worker w WHERE w.id = j.attempted_by[cardinality(j.attempted_by)])
		RETURNING args->>'record'`
	forgottenSQL = `DELETE FROM SCHEMA.river_job WHERE kind = $1 AND state = 'running' AND attempted_at < now() - $2::interval
		AND attempted_by[cardinality(attempted_by)] = $3 AND id <> ALL ($4) RETURNING args->>'record'`
	joblessSQL = `(SELECT record FROM SCHEMA.webhook_event WHERE ` + waiting + `) EXCEPT
		(SELECT args->>'record' FROM SCHEMA.river_job WHERE kind = $1 AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))
		LIMIT 1000`
	purgeSQL = `DELETE FROM SCHEMA.webhook_event WHERE seq IN
		(SELECT seq FROM SCHEMA.webhook_event WHERE handled_at < now() - $1::interval LIMIT $2)`
)

// keepTidy looks for what dead replicas have left, and for what else is left over,
// until ctx is done.
func (s *session) keepTidy(ctx context.Context) {
	tidied := time.Now()
	for wait.Sleep(ctx, s.times.beat) == nil {
		if !s.isSteady() {
			continue
		}
		isTime := time.Since(tidied) > s.times.tidy
		if isTime {
			tidied = time.Now()
		}
		if err := s.look(ctx, isTime); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "riverqueue: looking for what is left over failed; trying again", "error", err)
		}
	}
}

// look is what keepTidy does each time, all of it or what cannot wait.
func (s *session) look(ctx context.Context, all bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*answer)
	defer cancel()
	if err := s.takeOver(ctx, buryDeadSQL, s.times.lease, s.lockName("")); err != nil {
		return err
	}
	if err := s.recall(ctx); err != nil || !all {
		return err
	}
	return s.tidy(ctx)
}

// takeOver has the records of replicas worked on by others, after a statement that
// removes those replicas.
func (s *session) takeOver(ctx context.Context, statement string, args ...any) error {
	return s.replaceJobs(ctx, func(tx pgx.Tx) (records []string, err error) {
		if _, err := tx.Exec(ctx, s.sql(statement), args...); err != nil {
			return nil, err
		}
		return s.records(ctx, tx, orphanedSQL, jobKind)
	})
}

// recall finds jobs that River took for this replica, and lost when a connection
// broke.
func (s *session) recall(ctx context.Context) error {
	s.jobMu.Lock() // no job begins meanwhile
	defer s.jobMu.Unlock()
	active := slices.AppendSeq([]int64{}, maps.Keys(s.active)) // not nil, which would be NULL
	return s.replaceJobs(ctx, func(tx pgx.Tx) ([]string, error) {
		return s.records(ctx, tx, forgottenSQL, jobKind, s.times.lease, s.id, active)
	})
}

// tidy adds the jobs that somebody has removed or cancelled, and removes events
// that need not be remembered.
func (s *session) tidy(ctx context.Context) error {
	err := s.replaceJobs(ctx, func(tx pgx.Tx) ([]string, error) {
		return s.records(ctx, tx, joblessSQL, jobKind)
	})
	if err != nil {
		return err
	}
	return s.purge(ctx)
}

// purge removes the events that need not be remembered, in parts.
func (s *session) purge(ctx context.Context) error {
	const part = 10_000
	for {
		removed, err := s.pool.Exec(ctx, s.sql(purgeSQL), queue.Remembered, part)
		if err != nil || removed.RowsAffected() < part {
			return err
		}
	}
}

// replaceJobs adds jobs for the records that find returns, in its transaction. One
// replica at a time does so.
func (s *session) replaceJobs(ctx context.Context, find func(tx pgx.Tx) (records []string, err error)) error {
	return pgx.BeginTxFunc(ctx, s.pool, readCommitted, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockSQL, s.lockName("replacing jobs")); err != nil {
			return err
		}
		records, err := find(tx)
		if err != nil || len(records) == 0 {
			return err
		}
		jobs := make([]river.InsertManyParams, len(records))
		for i, record := range records {
			jobs[i].Args = recordArgs{record}
		}
		_, err = s.jobs.InsertManyTx(ctx, tx, jobs)
		return err
	})
}

func (s *session) records(ctx context.Context, tx pgx.Tx, statement string, args ...any) ([]string, error) {
	rows, _ := tx.Query(ctx, s.sql(statement), args...)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
