package storetest

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice/online"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty is a store in memory with a fault: if a func is set, it takes the
// call.
type faulty struct {
	*online.MemoryStore
	load func(s *faulty, ctx context.Context, key online.Key) (online.Entry, error)
	swap func(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error)

	mu   sync.Mutex
	last map[online.Key]string // what the last Swap that was done replaced
}

func (s *faulty) Load(ctx context.Context, key online.Key) (online.Entry, error) {
	if s.load == nil {
		return s.MemoryStore.Load(ctx, key)
	}
	return s.load(s, ctx, key)
}

func (s *faulty) Swap(ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
	if s.swap == nil {
		return s.MemoryStore.Swap(ctx, key, old, next, ttl)
	}
	return s.swap(s, ctx, key, old, next, ttl)
}

// overwrite puts next at key whatever is there.
func (s *faulty) overwrite(ctx context.Context, key online.Key, next online.Entry, ttl time.Duration) (bool, error) {
	for {
		there, err := s.MemoryStore.Load(ctx, key)
		if err != nil {
			return false, err
		}
		if swapped, err := s.MemoryStore.Swap(ctx, key, there.Version, next, ttl); swapped || err != nil {
			return swapped, err
		}
	}
}

// slowly lets others in between a Load and what follows from it.
func slowly(s *faulty, ctx context.Context, key online.Key) (online.Entry, error) {
	entry, err := s.MemoryStore.Load(ctx, key)
	for range 100 {
		runtime.Gosched()
	}
	return entry, err
}

func forgets(*faulty, context.Context, online.Key) (online.Entry, error) { return online.Entry{}, nil }

func lastWins(s *faulty, ctx context.Context, key online.Key, _ string, next online.Entry, ttl time.Duration) (bool, error) {
	return s.overwrite(ctx, key, next, ttl)
}

// twoWin is a store that compares and swaps in two steps, as its worst.
func twoWin(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, done := s.last[key]; done && last == old {
		delete(s.last, key)
		return s.overwrite(ctx, key, next, ttl)
	}
	swapped, err := s.MemoryStore.Swap(ctx, key, old, next, ttl)
	if swapped {
		s.last[key] = old
	}
	return swapped, err
}

func alwaysWins(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
	_, err := s.MemoryStore.Swap(ctx, key, old, next, ttl)
	return true, err
}

func keepsRemoved(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
	if len(next.Value) > 0 {
		return s.MemoryStore.Swap(ctx, key, old, next, ttl)
	}
	there, err := s.MemoryStore.Load(ctx, key)
	return there.Version == old, err
}

func removesAny(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
	if len(next.Value) > 0 {
		return s.MemoryStore.Swap(ctx, key, old, next, ttl)
	}
	return s.overwrite(ctx, key, next, ttl)
}

func makesVersions(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
	if next.Version == "" {
		next.Version = "made"
	}
	return s.MemoryStore.Swap(ctx, key, old, next, ttl)
}

// values is a store that does something to values.
func values(change func([]byte) []byte) *faulty {
	return &faulty{swap: func(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
		if len(next.Value) > 0 {
			next.Value = change(next.Value)
		}
		return s.MemoryStore.Swap(ctx, key, old, next, ttl)
	}}
}

// keys is a store that takes keys of the same text for the same.
func keys(text func(online.Key) string) *faulty {
	return &faulty{
		load: func(s *faulty, ctx context.Context, key online.Key) (online.Entry, error) {
			return s.MemoryStore.Load(ctx, online.Key{Tenant: text(key)})
		},
		swap: func(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
			return s.MemoryStore.Swap(ctx, online.Key{Tenant: text(key)}, old, next, ttl)
		},
	}
}

// deaf is a store that does not listen to the context.
func deaf() *faulty {
	return &faulty{
		load: func(s *faulty, ctx context.Context, key online.Key) (online.Entry, error) {
			return s.MemoryStore.Load(context.WithoutCancel(ctx), key)
		},
		swap: func(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
			return s.MemoryStore.Swap(context.WithoutCancel(ctx), key, old, next, ttl)
		},
	}
}

// sharing is a store that keeps and gives the slices themselves.
func sharing() *faulty {
	shared := map[string][]byte{} // by version
	return &faulty{
		load: func(s *faulty, ctx context.Context, key online.Key) (online.Entry, error) {
			entry, err := s.MemoryStore.Load(ctx, key)
			entry.Value = shared[entry.Version]
			return entry, err
		},
		swap: func(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
			shared[next.Version] = next.Value
			return s.MemoryStore.Swap(ctx, key, old, next, ttl)
		},
	}
}

func joined(separator string) func(online.Key) string {
	return func(k online.Key) string {
		return strings.Join([]string{k.Environment, k.Application, k.Tenant, k.User}, separator)
	}
}

// The contract would be worth little if a store could break it unseen.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		store *faulty
		found string // by this check
	}{
		"forgets":             {&faulty{load: forgets}, "swap puts and replaces"},
		"last one wins":       {&faulty{swap: lastWins}, "nothing is there at first"},
		"two win":             {&faulty{swap: twoWin}, "one of several wins"},
		"two count":           {&faulty{load: slowly, swap: alwaysWins}, "a counter is exact"},
		"says it always wins": {&faulty{swap: alwaysWins}, "swap of another version changes nothing"},
		"keeps what is gone":  {&faulty{swap: keepsRemoved}, "removal"},
		"removes any version": {&faulty{swap: removesAny}, "removal"},
		"makes versions":      {&faulty{swap: makesVersions}, "a value needs a version"},
		"cuts values":         {values(func(v []byte) []byte { return v[:min(len(v), 1000)] }), "values come back whole"},
		"keeps text only":     {values(func(v []byte) []byte { return []byte(strings.ToValidUTF8(string(v), "?")) }), "values come back whole"},
		"ends at a zero":      {values(func(v []byte) []byte { return []byte(strings.TrimRight(string(v), "\x00")) }), "values come back whole"},
		"shares slices":       {sharing(), "values are copied"},
		"joins parts":         {keys(joined("")), "keys do not collide"},
		"joins with slashes":  {keys(joined("/")), "keys do not collide"},
		"joins with zeros":    {keys(joined("\x00")), "keys do not collide"},
		"ignores the user":    {keys(func(k online.Key) string { k.User = ""; return k.String() }), "keys do not collide"},
		"ignores case":        {keys(func(k online.Key) string { return strings.ToLower(k.String()) }), "keys do not collide"},
		"cuts keys":           {keys(func(k online.Key) string { return k.String()[:min(len(k.String()), 255)] }), "keys do not collide"},
		"ignores the context": {deaf(), "a context that is done ends a call"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault.store.MemoryStore, fault.store.last = online.NewMemoryStore(), map[online.Key]string{}
			at := slices.IndexFunc(checks, func(c check) bool { return c.name == fault.found })
			assert.Error(t, checks[at].run(newSubject(t.Context(), fault.store)))
		})
	}
}

// timed is a store in memory whose ttl is changed.
func timed(change func(time.Duration) time.Duration) *faulty {
	return &faulty{
		MemoryStore: online.NewMemoryStore(),
		swap: func(s *faulty, ctx context.Context, key online.Key, old string, next online.Entry, ttl time.Duration) (bool, error) {
			return s.MemoryStore.Swap(ctx, key, old, next, change(ttl))
		},
	}
}

func TestFaultsOfExpiryAreFound(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]*faulty{
		"never forgets":         timed(func(time.Duration) time.Duration { return 0 }),
		"forgets early":         timed(func(ttl time.Duration) time.Duration { return ttl / 2 }),
		"forgets late":          timed(func(ttl time.Duration) time.Duration { return 2 * ttl }),
		"forgets what has none": timed(func(ttl time.Duration) time.Duration { return max(ttl, time.Minute) }),
		"cuts to whole seconds": timed(func(ttl time.Duration) time.Duration { return ttl.Truncate(time.Second) }),
		"minds the sign": timed(func(ttl time.Duration) time.Duration {
			if ttl < 0 {
				return 1
			}
			return ttl
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				assert.Error(t, expiry(newSubject(t.Context(), fault), time.Sleep))
			})
		})
	}
}
