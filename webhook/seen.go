package webhook

import (
	"context"
	"sync"
)

// State is what is known of an event when it comes.
type State int

const (
	// Fresh is an event that nobody has handled.
	Fresh State = iota
	// Busy is an event that is being handled.
	Busy
	// Handled is an event that was handled.
	Handled
)

// Seen remembers events by a key, so that one that comes twice is handled once. Its
// methods may be called by several goroutines at a time. If one fails, the event is
// handled nevertheless: twice is better than never.
type Seen interface {
	// Begin returns what is known of an event, which is Busy from now on if it was
	// Fresh, until End. An implementation that others share has to end that by itself
	// within seconds after the process has died, since SuperOffice tries for no longer.
	// While the process lives, it extends it.
	Begin(ctx context.Context, key string) (State, error)
	// End notes that an event that was begun is handled, or is not. One that is not is Fresh
	// again.
	End(ctx context.Context, key string, handled bool) error
}

// SeenInMemory returns a Seen for one process, which remembers the last n events
// that were handled.
func SeenInMemory(n int) Seen {
	return &seenInMemory{ring: make([]string, max(n, 1)), states: make(map[string]State)}
}

type seenInMemory struct {
	mu     sync.Mutex
	states map[string]State
	ring   []string // of those that were handled
	next   int
}

func (s *seenInMemory) Begin(_ context.Context, key string) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.states[key]
	if state == Fresh {
		s.states[key] = Busy
	}
	return state, nil
}

func (s *seenInMemory) End(_ context.Context, key string, handled bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.states, key)
	if handled {
		delete(s.states, s.ring[s.next])
		s.states[key], s.ring[s.next] = Handled, key
		s.next = (s.next + 1) % len(s.ring)
	}
	return nil
}
