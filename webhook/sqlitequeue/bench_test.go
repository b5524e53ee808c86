package sqlitequeue_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/webhook"
)

// sampleEvent is as large as events usually are.
func sampleEvent(i int64) *webhook.Event {
	return &webhook.Event{
		ID: fmt.Sprintf("d3c0b9a8-0000-0000-0000-%012d", i), Event: webhook.ContactChanged, Entity: "contact", Tenant: "Cust12345",
		PrimaryKey: int(i%1000) + 1, ChangedBy: 7, Webhook: "sync", Changes: []string{"name", "orgNr"},
		Fields: map[string]superoffice.FieldValue{"name": "Ann's", "orgNr": "987654321"},
	}
}

// BenchmarkAdd adds from 64 goroutines.
func BenchmarkAdd(b *testing.B) {
	q := open(b, filepath.Join(b.TempDir(), "events.db"))
	var n atomic.Int64
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := q.Add(b.Context(), sampleEvent(n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkAddAlone adds from one goroutine, so that each event waits for the disk.
func BenchmarkAddAlone(b *testing.B) {
	q := open(b, filepath.Join(b.TempDir(), "events.db"))
	for i := range b.N {
		require.NoError(b, q.Add(b.Context(), sampleEvent(int64(i))))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkWork handles events of 1000 records with a function that does nothing.
func BenchmarkWork(b *testing.B) {
	q := open(b, filepath.Join(b.TempDir(), "events.db"))
	fill(b, q, b.N, 1000)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var n atomic.Int64
	b.ResetTimer()
	err := q.Work(ctx, func(context.Context, *webhook.Event) error {
		if n.Add(1) == int64(b.N) {
			cancel()
		}
		return nil
	})
	require.ErrorIs(b, err, context.Canceled)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
