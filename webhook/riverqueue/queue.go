package riverqueue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

// Queue is a webhook.Queue in PostgreSQL. It is safe for any number of goroutines.
type Queue struct {
	pool    *pgxpool.Pool
	jobs    *river.Client[pgx.Tx] // adds jobs, and works none
	log     *slog.Logger
	schema  string
	workers int
	times   times
	pause   func(tries int) time.Duration
}

var _ webhook.Queue = (*Queue)(nil)

// times are how long what takes.
type times struct {
	beat     time.Duration // between two signs of life
	patience time.Duration // how long a replica that cannot give them goes on
	lease    time.Duration // after how long without them it may be dead
	tidy     time.Duration // between two looks for what is left over
	turn     time.Duration // of a record, before others get theirs
	poll     time.Duration // between two looks for jobs, if nothing tells of them
	cooldown time.Duration // between two looks for jobs at least
}

// Option is a setting of New.
type Option func(*Queue)

// WithWorkers sets how many records a process works on at the same time: 8 unless
// told.
func WithWorkers(n int) Option {
	return func(q *Queue) { q.workers = n }
}

// WithLogger logs which events fail and are given up, and what goes wrong with the
// database. River logs its warnings and errors there too.
func WithLogger(log *slog.Logger) Option {
	return func(q *Queue) {
		if log != nil {
			q.log = log
		}
	}
}

// WithSchema sets the schema of the tables: superoffice_webhook unless told. Its
// name has small letters, digits and underscores, and no other River client uses it.
func WithSchema(name string) Option {
	return func(q *Queue) { q.schema = name }
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,44}$`)

// New returns a queue on pool, which stays the caller's to close. It sends nothing
// yet. The error is superoffice.ErrInvalidArgument.
func New(pool *pgxpool.Pool, opts ...Option) (*Queue, error) {
	q := &Queue{
		pool: pool, log: slog.New(slog.DiscardHandler), schema: "superoffice_webhook", workers: 8, pause: queue.Pause,
		times: times{
			beat: 5 * time.Second, patience: 20 * time.Second, lease: 30 * time.Second, tidy: time.Minute,
			turn: 5 * time.Second, poll: 250 * time.Millisecond, cooldown: 10 * time.Millisecond,
		},
	}
	for _, opt := range opts {
		opt(q)
	}
	switch {
	case pool == nil:
		return nil, fmt.Errorf("riverqueue: %w: New got no pool", superoffice.ErrInvalidArgument)
	case q.workers < 1 || q.workers > river.QueueNumWorkersMax:
		return nil, fmt.Errorf("riverqueue: %w: WithWorkers got %d; give it 1 to %d", superoffice.ErrInvalidArgument, q.workers, river.QueueNumWorkersMax)
	case !schemaName.MatchString(q.schema):
		return nil, fmt.Errorf("riverqueue: %w: WithSchema got %q; give it at most 45 small letters, digits and underscores", superoffice.ErrInvalidArgument, q.schema)
	}
	var err error
	if q.jobs, err = river.NewClient(riverpgxv5.New(pool), q.config()); err != nil {
		return nil, fmt.Errorf("riverqueue: River refuses its settings: %w", err)
	}
	return q, nil
}

// config is that of each client of River.
func (q *Queue) config() *river.Config {
	return &river.Config{
		Schema: q.schema, Logger: slog.New(warnings{q.log.Handler()}), FetchCooldown: q.times.cooldown, FetchPollInterval: q.times.poll,
		CompletedJobRetentionPeriod: 10 * time.Minute, // there is one for each event at the worst
	}
}

// warnings are what River has to say that matters. It tells much at lower levels.
type warnings struct{ slog.Handler }

// Enabled reports whether something of a level is logged.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// recordArgs are those of the job that handles the events of a record.
type recordArgs struct {
	Record string `json:"record"`
}

const (
	jobKind  = "superoffice_webhook_record"
	jobQueue = "superoffice_webhook"
)

// Kind implements river.JobArgs.
func (recordArgs) Kind() string { return jobKind }

// InsertOpts has one job for each record that is not finished.
func (recordArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: jobQueue, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}

// ident is the name of the schema in a statement.
func (q *Queue) ident() string { return pgx.Identifier{q.schema}.Sanitize() }

// sql puts the name of the schema into a statement.
func (q *Queue) sql(statement string) string {
	return strings.ReplaceAll(statement, "SCHEMA.", q.ident()+".")
}

// lockName names a lock of PostgreSQL's, which everything in a database shares.
func (q *Queue) lockName(of string) string { return "superoffice-go/riverqueue/" + q.schema + "/" + of }

// waiting is the condition of an event that is to be handled.
const waiting = `handled_at IS NULL AND given_up_at IS NULL`

const (
	lockSQL = `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`
	addSQL  = `INSERT INTO SCHEMA.webhook_event (record, id, body) VALUES ($1, nullif($2, ''), $3) ON CONFLICT (id) DO NOTHING`
)

// readCommitted has each statement see what was committed before it began, which
// is what a lock is taken for.
var readCommitted = pgx.TxOptions{IsoLevel: pgx.ReadCommitted}

// Add implements webhook.Queue. Its errors are ctx's and, wrapped, those of the
// pool: the event may be stored all the same if the connection broke, and an event
// with an ID can be added again.
func (q *Queue) Add(ctx context.Context, e *webhook.Event) error {
	body, err := e.MarshalJSON()
	if err != nil {
		return fmt.Errorf("riverqueue: the event is not valid: %w", err)
	}
	record := key(queue.Record(e))
	err = pgx.BeginTxFunc(ctx, q.pool, readCommitted, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(lockSQL, q.lockName(record)) // so that those of a record get their numbers in the order of their commits
		batch.Queue(q.sql(addSQL), record, key(queue.ID(e)), body)
		results := tx.SendBatch(ctx, &batch)
		_, lockErr := results.Exec()
		added, addErr := results.Exec()
		if err := errors.Join(lockErr, addErr, results.Close()); err != nil || added.RowsAffected() == 0 {
			return err
		}
		_, err := q.jobs.InsertTx(ctx, tx, recordArgs{record}, nil)
		return err
	})
	if err != nil {
		return problem("storing an event", err)
	}
	return nil
}

// key is a name that PostgreSQL can store and index. It is the name itself if that
// is short and plain, as those of SuperOffice are.
func key(name string) string {
	const longest = 200
	isOdd := func(r rune) bool { return r < ' ' || r > '~' }
	if len(name) <= longest && strings.IndexFunc(name, isOdd) < 0 {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// problem wraps an error of the database.
func problem(what string, err error) error {
	if isMissing(err) {
		return fmt.Errorf("riverqueue: %s: the tables are missing, call Migrate first: %w", what, err)
	}
	return fmt.Errorf("riverqueue: %s: %w", what, err)
}

// isMissing reports whether the tables, or their schema, are not there.
func isMissing(err error) bool {
	const undefinedTable, undefinedSchema = "42P01", "3F000"
	var failed *pgconn.PgError
	return errors.As(err, &failed) && (failed.Code == undefinedTable || failed.Code == undefinedSchema)
}
