package online

// Kept counts the entries in memory, those that are over among them.
func Kept(s *MemoryStore) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}
