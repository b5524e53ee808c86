package riverqueue

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/superoffice-go/superoffice/internal/wait"
)

// tables are those beside River's. An event is waiting, handled or given up, as
// its times say. not_before is the end of a pause.
const tables = `
CREATE TABLE IF NOT EXISTS SCHEMA.webhook_event (
	seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	record      text COLLATE "C" NOT NULL,
	id          text COLLATE "C" UNIQUE,
	body        bytea,
	tries       integer NOT NULL DEFAULT 0,
	added_at    timestamptz NOT NULL DEFAULT now(),
	not_before  timestamptz,
	handled_at  timestamptz,
	given_up_at timestamptz
);
CREATE INDEX IF NOT EXISTS webhook_event_waiting ON SCHEMA.webhook_event (record, seq) WHERE ` + waiting + `;
CREATE INDEX IF NOT EXISTS webhook_event_handled ON SCHEMA.webhook_event (handled_at) WHERE handled_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS SCHEMA.webhook_worker (
	id      text COLLATE "C" PRIMARY KEY,
	seen_at timestamptz NOT NULL DEFAULT now()
);`

// Migrate creates the tables, or brings those of an older version up to this one.
// Several replicas may call it at the same time. It needs the right to create a
// schema, if that is not there.
func (q *Queue) Migrate(ctx context.Context) error {
	if err := q.migrate(ctx); err != nil {
		return fmt.Errorf("riverqueue: creating the tables: %w", err)
	}
	return nil
}

func (q *Queue) migrate(ctx context.Context) error {
	conn, err := q.connect(ctx) // River takes another one, and the pool may have but one
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	if err := q.lockMigration(ctx, conn); err != nil {
		return err
	}
	if err := q.createSchema(ctx, conn); err != nil {
		return err
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(q.pool), &rivermigrate.Config{Schema: q.schema, Logger: slog.New(warnings{q.log.Handler()})})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, q.sql(tables))
	return err
}

// lockMigration waits until no other replica migrates. It does not have PostgreSQL
// wait: an index that is created concurrently would wait for that statement.
func (q *Queue) lockMigration(ctx context.Context, conn *pgx.Conn) error {
	const between = 100 * time.Millisecond
	for {
		var locked bool
		err := conn.QueryRow(ctx, tryLockSQL, q.lockName("migration")).Scan(&locked)
		if err != nil || locked {
			return err
		}
		if err := wait.Sleep(ctx, between); err != nil {
			return err
		}
	}
}

// createSchema asks first: IF NOT EXISTS needs the right to create one even then.
func (q *Queue) createSchema(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, q.ident()).Scan(&exists); err != nil || exists {
		return err
	}
	_, err := conn.Exec(ctx, `CREATE SCHEMA `+q.ident())
	return err
}

// connect takes a connection out of the pool for good, for locks that end with it.
func (q *Queue) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := q.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Hijack(), nil
}

// hangUp closes a connection, whether ctx is done or not.
func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // there is nothing to lose
}
