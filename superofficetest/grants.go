package superofficetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// secretKind names a kind of secret, as reports name it.
type secretKind string

const (
	ticketKind       secretKind = "ticket"
	accessTokenKind  secretKind = "access token"
	userTokenKind    secretKind = "user token" // an access token that currentToken gave
	appSecretKind    secretKind = "application's secret"
	systemUserKind   secretKind = "system user token"
	refreshTokenKind secretKind = "refresh token"
	codeKind         secretKind = "authorization code"
)

// The lifetimes that the vendor documents.
const (
	ticketLifetime      = 6 * time.Hour // since the last use
	accessTokenLifetime = time.Hour
	codeLifetime        = 10 * time.Minute
)

// ageClock tells how old things are. It runs with the time and can be put
// forward.
type ageClock struct {
	started  time.Time
	advanced atomic.Int64
}

func newAgeClock() *ageClock { return &ageClock{started: time.Now()} }

func (c *ageClock) now() time.Duration {
	return time.Since(c.started) + time.Duration(c.advanced.Load())
}

func (c *ageClock) advance(d time.Duration) { c.advanced.Add(int64(d)) }

// grantStore holds the tickets and access tokens that a Server accepts.
type grantStore struct {
	clock *ageClock                // nil if nothing expires
	added func(secretKind, string) // is told of each, or nil

	mu      sync.Mutex
	byValue map[string]*grant
}

// grant is one ticket or access token.
type grant struct {
	kind   secretKind
	family string // the refresh token that it came from, or empty
	until  time.Duration
}

func (s *grantStore) now() time.Duration {
	if s.clock == nil {
		return 0
	}
	return s.clock.now()
}

// lifetime is how long a grant lasts, counted from its last use for a ticket
// and from the start for others.
func (s *grantStore) lifetime(kind secretKind) time.Duration {
	switch {
	case s.clock == nil:
		return 1 // the clock stands at 0
	case kind == ticketKind:
		return ticketLifetime
	}
	return accessTokenLifetime
}

// add makes a value count. The family is the refresh token behind it, if any.
func (s *grantStore) add(kind secretKind, value, family string) {
	if s.added != nil {
		s.added(kind, value)
	}
	g := &grant{kind: kind, family: family, until: s.now() + s.lifetime(kind)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byValue == nil {
		s.byValue = make(map[string]*grant)
	}
	s.byValue[value] = g
}

// replace makes the new value count instead of the old one.
func (s *grantStore) replace(kind secretKind, old, value string) {
	s.add(kind, value, "")
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byValue, old)
}

// holds reports whether a value of one of the kinds counts.
func (s *grantStore) holds(value string, kinds ...secretKind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(value, kinds) != nil
}

// use is holds, and a ticket lasts its full time again.
func (s *grantStore) use(value string, kinds ...secretKind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.find(value, kinds)
	if g != nil && g.kind == ticketKind {
		g.until = s.now() + s.lifetime(ticketKind)
	}
	return g != nil
}

// find returns a grant that still counts, and drops one that has expired.
func (s *grantStore) find(value string, kinds []secretKind) *grant {
	g := s.byValue[value]
	if g == nil || !slices.Contains(kinds, g.kind) {
		return nil
	}
	if g.until <= s.now() {
		delete(s.byValue, value)
		return nil
	}
	return g
}

// drop makes one value count no more.
func (s *grantStore) drop(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byValue, value)
}

// dropKind makes every value of a kind count no more.
func (s *grantStore) dropKind(kind secretKind) {
	s.dropWhere(func(g *grant) bool { return g.kind == kind })
}

// dropFamily drops what came from a refresh token.
func (s *grantStore) dropFamily(refreshToken string) {
	s.dropWhere(func(g *grant) bool { return g.family == refreshToken })
}

func (s *grantStore) dropWhere(unwanted func(*grant) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for value, g := range s.byValue {
		if unwanted(g) {
			delete(s.byValue, value)
		}
	}
}
