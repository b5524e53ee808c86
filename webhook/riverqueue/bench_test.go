package riverqueue_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/webhook"
)

// BenchmarkAdd adds an event of each of many records.
func BenchmarkAdd(b *testing.B) {
	q := newQueue(b, newDatabase(b))
	var n atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(n.Add(1))
			assert.NoError(b, q.Add(b.Context(), event(fmt.Sprint(i), i%1000+1)))
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "adds/s")
}

// BenchmarkWork works off events that wait, of many records and of one.
func BenchmarkWork(b *testing.B) {
	for _, records := range []int{1000, 1} {
		b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
			q := newQueue(b, newDatabase(b))
			for i := range b.N {
				require.NoError(b, q.Add(b.Context(), event(fmt.Sprint(i), i%records+1)))
			}
			ctx, cancel := context.WithCancel(b.Context())
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
		})
	}
}
