package bulk_test

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/bulk"
)

// many are the pieces of a run, made as they are read.
func many(n int) iter.Seq[equipment] {
	return func(yield func(equipment) bool) {
		for i := range n {
			if !yield(equipment{No: fmt.Sprintf("E-%d", i), Name: "Piece", Price: float64(i)}) {
				return
			}
		}
	}
}

// faulty is a table whose server fails now and then, before or after it has written.
type faulty struct {
	mu     sync.Mutex
	random *rand.Rand
	rows   map[string]int // how often each was written
	sent   map[string]int
}

// of is how often a row was written and sent.
func (f *faulty) of(key string) (wrote, sent int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rows[key], f.sent[key]
}

func (f *faulty) answer(r *request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, row := range r.Data {
		f.sent[row[0]]++
	}
	fault := f.random.IntN(40) // 8 of 40 are one
	writes := fault > 3
	if writes {
		for _, row := range r.Data {
			f.rows[row[0]]++
		}
	}
	switch fault {
	case 0:
		return nil, io.ErrUnexpectedEOF // the request was cut
	case 1:
		return replying(500, `{"ErrorType":"SoMassOperationException","ErrorMessage":"no"}`)
	case 2:
		return replying(200, `{"Success":false,"Message":"no"}`)
	case 3:
		return replying(504, ``)
	case 4:
		return nil, errors.New("the connection was reset")
	case 5:
		return replying(200, `{"Success":tr`)
	case 6:
		return replying(502, `<html>`)
	case 7:
		return replying(504, ``)
	}
	return written(r)
}

// Under faults each row has one outcome, what is done is in the table, and nothing
// was sent twice.
func TestFaults(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	for seed := range uint64(4) {
		f := &faulty{random: rand.New(rand.NewPCG(seed, 1)), rows: make(map[string]int), sent: make(map[string]int)}
		client, _ := answering(t, f.answer)
		w := bulk.Into[equipment](client, "y_equipment").BatchRows(100).Parallel(1 + int(seed))
		outcomes := w.Insert(background(), many(rows))
		if seed%2 == 1 {
			outcomes = w.Upsert(background(), []string{"x_no"}, many(rows))
		}
		next, counts := 0, make(map[bulk.Status]int)
		for o, err := range outcomes {
			require.NoError(t, err)
			require.Equal(t, next, o.Row)
			next++
			counts[o.Status]++
			key := fmt.Sprintf("E-%d", o.Row)
			wrote, sent := f.of(key)
			if o.Err == nil {
				require.Equal(t, 1, wrote, "%+v", o)
			}
			if o.Status == bulk.Failed || o.Status == bulk.NotSent {
				require.Zero(t, wrote, "%+v", o)
			}
			require.LessOrEqual(t, sent, 1)
		}
		assert.Equal(t, rows, next)
		assert.Positive(t, counts[bulk.Failed])
		assert.Positive(t, counts[bulk.Unknown])
		assert.Greater(t, next-counts[bulk.Failed]-counts[bulk.Unknown], rows/2)
	}
}

// A server that is away is not written to, and each row says so.
func TestServerThatIsAway(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, func(*request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	})
	all, err := collect(t, bulk.Into[equipment](client, "y_equipment").BatchRows(2).Insert(background(), many(5)))
	require.NoError(t, err)
	for _, o := range all {
		assert.Equal(t, bulk.NotSent, o.Status)
	}
}

// 100,000 rows take as many requests as they must, and memory for two batches.
func TestManyRows(t *testing.T) {
	const rows = 100_000
	requests, peak := 0, uint64(0)
	client, sent := answering(t, func(r *request) (*http.Response, error) {
		if requests++; requests%20 == 0 {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
		return written(r)
	})
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for o, err := range bulk.Into[equipment](client, "y_equipment").Insert(background(), many(rows)) {
		require.NoError(t, err)
		require.NoError(t, o.Err)
		n++
		*sent = nil // which the fake server keeps
	}
	assert.Equal(t, rows, n)
	assert.LessOrEqual(t, requests, rows/500+1)
	assert.Less(t, int64(peak)-int64(before.HeapAlloc), int64(32<<20))
}
