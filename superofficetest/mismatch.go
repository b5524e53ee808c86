package superofficetest

import (
	"slices"
	"strings"
	"sync"
)

// TB is what [WithTest] needs of a *testing.T, *testing.B or *testing.F.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// WithTest ties the server to a test: a request that the API does not take
// fails it with the difference, and the server is closed when it ends.
func WithTest(t TB) Option {
	return func(s *settings) { s.test = t }
}

// Mismatches returns how requests differed from what the API takes, each with
// its call: a parameter that it does not have, a member of the wrong type, a
// missing body. Such a request is answered 400 with the same text.
func (s *Server) Mismatches() []string { return s.mismatches.all() }

type mismatchLog struct {
	mu      sync.Mutex
	entries []string
}

func (l *mismatchLog) add(entry string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry)
}

func (l *mismatchLog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// mismatch notes that a request is not what its call takes.
func (s *Server) mismatch(operation string, differences []string) *failure {
	text := operation + ": " + strings.Join(differences, "; ")
	s.mismatches.add(text)
	if t := s.settings.test; t != nil {
		t.Helper()
		t.Errorf("superofficetest: a request that the API does not take: %s", text)
	}
	return argumentFailure("The request is not what the call takes: " + text)
}
