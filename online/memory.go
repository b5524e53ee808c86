package online

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"time"
)

// MemoryStore is a [Store] in memory, for a service that is one process, and for
// tests. Its zero value is empty and ready. Do not copy it after its first use.
type MemoryStore struct {
	mu      sync.Mutex
	entries map[Key]memoryEntry
	sweepAt int // so many entries call for a sweep
}

// memoryEntry is an entry and the time after which it counts no more; the zero
// time means that it always does.
type memoryEntry struct {
	version string
	value   func() []byte // prints as an address, if fmt finds the store
	expires time.Time
}

// NewMemoryStore returns an empty [MemoryStore].
func NewMemoryStore() *MemoryStore { return new(MemoryStore) }

// Load returns a copy of the entry at key. Its only errors are ctx's.
func (s *MemoryStore) Load(ctx context.Context, key Key) (Entry, error) {
	if err := ctx.Err(); err != nil {
		return Entry{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, ok := s.current(key, time.Now())
	if !ok {
		return Entry{}, nil
	}
	return Entry{Version: entry.version, Value: bytes.Clone(entry.value())}, nil
}

// Swap keeps a copy of next at key if the version there is old. Its errors are
// ctx's and [superoffice.ErrInvalidArgument].
func (s *MemoryStore) Swap(ctx context.Context, key Key, old string, next Entry, ttl time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err := checkEntry(next); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if entry, _ := s.current(key, now); entry.version != old {
		return false, nil
	}
	if len(next.Value) == 0 {
		delete(s.entries, key)
		return true, nil
	}
	s.sweep(now)
	value := bytes.Clone(next.Value)
	entry := memoryEntry{version: next.Version, value: func() []byte { return value }}
	if ttl > 0 {
		entry.expires = now.Add(ttl)
	}
	s.entries[key] = entry
	return true, nil
}

// current returns what is kept at key, which it drops if its time is over. It
// is called with s.mu held.
func (s *MemoryStore) current(key Key, now time.Time) (memoryEntry, bool) {
	entry, ok := s.entries[key]
	if ok && entry.over(now) {
		delete(s.entries, key)
		return memoryEntry{}, false
	}
	return entry, ok
}

func (e memoryEntry) over(now time.Time) bool { return !e.expires.IsZero() && !now.Before(e.expires) }

// sweep drops what is over whenever the entries have doubled since the last
// sweep. That costs a constant for each entry, and no goroutine, and bounds
// the memory by twice what was of use. It is called with s.mu held.
func (s *MemoryStore) sweep(now time.Time) {
	const fewest = 64 // are not worth it
	if s.entries == nil {
		s.entries = make(map[Key]memoryEntry)
		s.sweepAt = fewest
	}
	if len(s.entries) < s.sweepAt {
		return
	}
	maps.DeleteFunc(s.entries, func(_ Key, entry memoryEntry) bool { return entry.over(now) })
	s.sweepAt = max(fewest, 2*len(s.entries))
}
