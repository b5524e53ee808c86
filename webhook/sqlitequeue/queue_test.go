package sqlitequeue_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queuetest"
	"github.com/superoffice-go/superoffice/webhook/sqlitequeue"
)

// open opens a queue until the test is over. It logs nothing unless told.
func open(t testing.TB, path string, opts ...sqlitequeue.Option) *sqlitequeue.Queue {
	t.Helper()
	q, err := sqlitequeue.Open(path, append([]sqlitequeue.Option{
		sqlitequeue.WithLogger(slog.New(slog.DiscardHandler)), sqlitequeue.WithPauses(time.Millisecond),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	return q
}

func TestQueue(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(t *testing.T) func() webhook.Queue {
		path := filepath.Join(t.TempDir(), "events.db")
		return func() webhook.Queue { return open(t, path) }
	})
}

// fill stores n events of some records, faster than Add.
func fill(t testing.TB, q *sqlitequeue.Queue, n, records int) {
	t.Helper()
	tx, err := q.DB().Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	for i := range n {
		e := sampleEvent(int64(i))
		e.PrimaryKey = i%records + 1
		require.NoError(t, q.AddIn(t.Context(), tx, e))
	}
	require.NoError(t, tx.Commit())
}
