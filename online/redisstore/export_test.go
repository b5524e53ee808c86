package redisstore

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// MostOpen is how many events that were begun a process knows at a time.
const MostOpen = mostOpen

// What a Seen takes that was not told otherwise.
const (
	LeaseFor    = leaseFor
	ExtendEvery = extendEvery
	BusyFor     = busyFor
)

// Open returns how many events are known to be begun here.
func (s *Seen) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Paced sets how long a lease is, how often it is extended, and how long an event is
// Busy at the most.
func (s *Seen) Paced(lease, every, atMost time.Duration) *Seen {
	s.pace = pace{lease, every, atMost}
	return s
}

// Extends reports whether a command extends a lease.
func Extends(cmd redis.Cmder) bool {
	switch args := cmd.Args(); cmd.Name() {
	case "eval":
		return args[1] == extendScript
	case "evalsha":
		return args[1] == redis.NewScript(extendScript).Hash()
	}
	return false
}
