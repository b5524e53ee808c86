package riverqueue

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/superoffice-go/superoffice/internal/wait"
	"github.com/superoffice-go/superoffice/webhook"
)

type handler = func(ctx context.Context, e *webhook.Event) error

// Work implements webhook.Queue. While the database is away it waits for it. It
// returns another error than ctx's only if the tables are missing: call Migrate
// first. When ctx is done it waits for what is being handled, whose context is done
// then too, and without the database for as long as River tries to reach it: up to
// half a minute.
func (q *Queue) Work(ctx context.Context, handle func(ctx context.Context, e *webhook.Event) error) error {
	const shortest, longest = 500 * time.Millisecond, 5 * time.Second
	for pause := shortest; ctx.Err() == nil; pause = min(2*pause, longest) {
		began := time.Now()
		err := q.workOnce(ctx, handle)
		if isMissing(err) {
			return problem("working", err)
		}
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > q.times.lease {
			pause = shortest
		}
		q.log.WarnContext(ctx, "riverqueue: cannot work without the database; trying again", "error", err, "pause", pause)
		_ = wait.Sleep(ctx, pause) // the loop looks at ctx
	}
	return ctx.Err()
}

// session is what a replica does for as long as it reaches the database.
type session struct {
	river.WorkerDefaults[recordArgs]
	*Queue

	id     string // also of River's client
	handle handler
	ctx    context.Context // of Work

	conn   *pgx.Conn // nil while it is broken; for beat alone
	locked bool      // on conn

	jobMu  sync.Mutex
	active map[int64]bool // the jobs at work here

	beatMu sync.Mutex
	last   time.Time // the latest sign of life
	steady time.Time // since when there was no gap between those

	lost  context.Context // done when the signs have failed for too long
	lose  context.CancelFunc
	timer *time.Timer // calls lose
}

// answer is how long a statement may take that a replica depends on.
const answer = 5 * time.Second

// workOnce works until ctx is done, or the database cannot be reached.
func (q *Queue) workOnce(ctx context.Context, handle handler) error {
	s := &session{Queue: q, id: rand.Text(), handle: handle, ctx: ctx, active: make(map[int64]bool)}
	if err := s.join(ctx); err != nil {
		return err
	}
	alive := context.WithoutCancel(ctx) // for as long as something is being handled
	s.lost, s.lose = context.WithCancel(alive)
	defer s.lose()
	s.timer = time.AfterFunc(s.times.patience-time.Since(s.last), s.lose)
	defer s.timer.Stop()
	living, end := context.WithCancel(alive)
	var loops sync.WaitGroup
	loops.Go(func() { s.keepBeating(living) })
	loops.Go(func() { s.keepTidy(living) })
	err := s.run(alive)
	end()
	loops.Wait()
	s.leave(ctx)
	return err
}

// run has River work until Work's context is done, or the replica is lost.
func (s *session) run(ctx context.Context) error {
	config := s.config()
	config.ID, config.Workers = s.id, river.NewWorkers()
	config.Queues = map[string]river.QueueConfig{jobQueue: {MaxWorkers: s.workers}}
	if err := river.AddWorkerSafely(config.Workers, river.Worker[recordArgs](s)); err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(s.pool), config)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	select {
	case <-s.ctx.Done():
	case <-s.lost.Done():
		err = errLost
	}
	if stopErr := client.StopAndCancel(ctx); stopErr != nil {
		return stopErr
	}
	return err
}

const (
	tryLockSQL = `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`
	beatSQL    = `UPDATE SCHEMA.webhook_worker SET seen_at = clock_timestamp() WHERE id = $1`
	joinSQL    = `INSERT INTO SCHEMA.webhook_worker (id) VALUES ($1)`
	// The server notices within half a minute that a machine is gone, and frees
	// the lock.
	noticeSQL = `SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)`
)

// join registers the replica, before River takes a job in its name.
func (s *session) join(ctx context.Context) error {
	began := time.Now()
	if err := s.lock(ctx); err != nil {
		return err
	}
	if _, err := s.conn.Exec(ctx, s.sql(joinSQL), s.id); err != nil {
		hangUp(ctx, s.conn)
		return err
	}
	s.last, s.steady = began, began
	return nil
}

// lock takes the lock that says that the process lives, on a connection that is
// made if there is none. A connection that the server has not missed yet may have
// the lock still.
func (s *session) lock(ctx context.Context) (err error) {
	if s.conn == nil {
		if s.conn, err = s.connect(ctx); err != nil {
			return fmt.Errorf("connecting: %w", err)
		}
		s.locked = false
		if _, err = s.conn.Exec(ctx, noticeSQL); err != nil {
			s.drop(ctx)
			return err
		}
	}
	if s.locked {
		return nil
	}
	if err = s.conn.QueryRow(ctx, tryLockSQL, s.lockName(s.id)).Scan(&s.locked); err != nil {
		s.drop(ctx)
	}
	return err
}

func (s *session) drop(ctx context.Context) {
	hangUp(ctx, s.conn)
	s.conn, s.locked = nil, false
}

// keepBeating gives signs of life until ctx is done, and sooner after one that
// failed.
func (s *session) keepBeating(ctx context.Context) {
	pause := s.times.beat
	for wait.Sleep(ctx, pause) == nil {
		began := time.Now()
		pause = s.times.beat
		switch isThere, err := s.beat(ctx); {
		case err != nil: // the timer knows for how long
			pause /= 5
		case isThere:
			s.timer.Reset(s.times.patience - time.Since(began))
			s.noteBeat(began)
		default:
			s.lose()
		}
	}
}

// beat gives a sign of life. It reports whether the replica is registered still.
func (s *session) beat(ctx context.Context) (isThere bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	if err := s.lock(ctx); err != nil {
		return true, err
	}
	tag, err := s.conn.Exec(ctx, s.sql(beatSQL), s.id)
	if err != nil {
		s.drop(ctx)
		return true, err
	}
	return tag.RowsAffected() == 1, nil
}

func (s *session) noteBeat(began time.Time) {
	s.beatMu.Lock()
	defer s.beatMu.Unlock()
	if began.Sub(s.last) > s.times.patience {
		s.steady = began
	}
	s.last = began
}

// isSteady reports whether the replica may judge others: after an outage of the
// database all look dead for a while.
func (s *session) isSteady() bool {
	s.beatMu.Lock()
	defer s.beatMu.Unlock()
	return time.Since(s.steady) > s.times.lease && time.Since(s.last) < s.times.patience
}

// leave gives back what River could not, so that others have it at once.
func (s *session) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	if err := s.takeOver(ctx, leaveSQL, s.id); err != nil {
		s.log.WarnContext(ctx, "riverqueue: leaving failed; others take over when the lease is over", "error", err, "lease", s.times.lease)
	}
	if s.conn != nil {
		hangUp(ctx, s.conn)
	}
}
