package riverqueue_test

import (
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice/webhook/riverqueue"
)

// TestMain runs the tests, or, in a process that startReplica started, a replica.
func TestMain(m *testing.M) {
	if dsn := os.Getenv(replicaVariable); dsn != "" {
		if err := replica(dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		server.stop()
		os.Exit(code)
	}))
}

// newDatabase creates a database that is migrated. Without PostgreSQL the test is
// skipped.
func newDatabase(tb testing.TB) (dsn string) {
	tb.Helper()
	server.need(tb)
	return server.database(tb, template)
}

// newPool connects to a database until the test is over.
func newPool(tb testing.TB, dsn string) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	require.NoError(tb, err)
	config.MaxConns = 10
	pool, err := pgxpool.NewWithConfig(tb.Context(), config)
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)
	return pool
}

// newQueue opens the queue in a database as another process would.
func newQueue(tb testing.TB, dsn string, opts ...riverqueue.Option) *riverqueue.Queue {
	tb.Helper()
	log := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	q, err := riverqueue.New(newPool(tb, dsn), append([]riverqueue.Option{riverqueue.WithLogger(log)}, opts...)...)
	require.NoError(tb, err)
	return q
}
