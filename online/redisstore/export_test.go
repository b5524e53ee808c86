package redisstore

// MostOpen is how many events that were begun a process knows at a time.
const MostOpen = mostOpen

// Open returns how many events are known to be begun here.
func (s *Seen) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}
