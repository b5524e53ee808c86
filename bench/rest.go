package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice/online"
)

// MostAtRest is how many bytes a tenant at rest may take, besides what its
// Store keeps.
const MostAtRest = 2 << 10

// AtRest returns how many bytes of memory a tenant takes that has made a call
// as the application's system user and is at rest: its client in the pool, its
// status, its ticket, and in a MemoryStore the ticket's entry. It is the mean
// of many, found by the size of the heap, so nothing else may work meanwhile.
func AtRest(ctx context.Context, tenants int, inMemory bool) (float64, error) {
	store := newOneTicket(inMemory)
	app, err := newApp(&environment{
		next:     Memory{},
		api:      func(tenant string) string { return "http://127.0.0.1:9/" + tenant + "/api" },
		exchange: func(tenant string) string { return signed(tenant, ticket) },
	}, store)
	if err != nil {
		return 0, err
	}
	// Whoever keeps the tokens keeps them, so they do not count here.
	pool := app.Tenants(func(context.Context, string) (string, error) { return "a system user token", nil })
	const first = 100 // make what there is once
	if err := visit(ctx, pool, 0, first); err != nil {
		return 0, err
	}
	before := heap()
	if err := visit(ctx, pool, first, first+tenants); err != nil {
		return 0, err
	}
	after := heap()
	runtime.KeepAlive(pool)
	runtime.KeepAlive(store)
	return (after - before) / float64(tenants), nil
}

// visit makes a call in each of some tenants.
func visit(ctx context.Context, pool *online.Tenants, from, to int) error {
	for i := from; i < to; i++ {
		client, err := pool.For(ctx, fmt.Sprintf("Cust%05d", i))
		if err != nil {
			return err
		}
		if err := (&sdk{client}).Call(ctx); err != nil {
			return err
		}
	}
	return nil
}

// heap is how many bytes are in use.
func heap() float64 {
	var stats runtime.MemStats
	for range 3 { // what a pool or a finalizer holds takes more than one
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// oneTicket is a Store that has the same ticket for all tenants, so that one
// exchange is enough.
type oneTicket struct {
	online.Store // takes what is put there; nil keeps nothing
	entry        atomic.Pointer[online.Entry]
}

func newOneTicket(inMemory bool) *oneTicket {
	if inMemory {
		return &oneTicket{Store: online.NewMemoryStore()}
	}
	return new(oneTicket)
}

// Load implements online.Store.
func (s *oneTicket) Load(ctx context.Context, key online.Key) (online.Entry, error) {
	entry := s.entry.Load()
	if entry == nil {
		return online.Entry{}, nil
	}
	if s.Store != nil {
		if _, err := s.Store.Swap(ctx, key, "", *entry, time.Hour); err != nil {
			return online.Entry{}, err
		}
	}
	return *entry, nil
}

// Swap implements online.Store. The first is the claim, the second the ticket.
func (s *oneTicket) Swap(_ context.Context, _ online.Key, _ string, next online.Entry, _ time.Duration) (bool, error) {
	s.entry.Store(&next)
	return true, nil
}
