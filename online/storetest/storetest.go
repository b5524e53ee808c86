// Package storetest holds an implementation of online.Store to its contract:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) online.Store { return newStore(t) })
//	}
//
// Entries go under keys of a random tenant and have a ttl of one minute, so a
// store with other entries in it may be tested too.
package storetest

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/superoffice-go/superoffice/online"
)

const (
	shortLife = time.Minute      // the ttl of what a test leaves behind
	patience  = 30 * time.Second // for one check, on a slow store too
)

// Run tests the stores that newStore returns, one for each subtest, which may
// be the same. What a ttl does is for [RunExpiry].
func Run(t *testing.T, newStore func(t *testing.T) online.Store) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := c.run(newSubject(ctx, newStore(t))); err != nil {
				t.Error(err)
			}
		})
	}
}

// RunExpiry tests that store forgets an entry when its ttl has passed, and not
// before. advance has the store see time go by: as time.Sleep does in a bubble
// of testing/synctest, or by what shortens the life of all its entries. A
// store that never forgets need not pass.
func RunExpiry(t *testing.T, store online.Store, advance func(time.Duration)) {
	t.Helper()
	if err := expiry(newSubject(t.Context(), store), advance); err != nil {
		t.Error(err)
	}
}

// check is a part of the contract. It returns what is wrong, or nil.
type check struct {
	name string
	run  func(s subject) error
}

// checks are the contract. cmp.Or returns the first error of several steps;
// the steps after it are made too, and say nothing.
var checks = []check{
	{"nothing is there at first", func(s subject) error {
		return cmp.Or(s.holds(nothing), s.swaps("stale", newEntry("a"), false), s.holds(nothing))
	}},
	{"swap puts and replaces", func(s subject) error {
		a, b := newEntry("a"), newEntry("b")
		return cmp.Or(s.swaps("", a, true), s.holds(a), s.swaps(a.Version, b, true), s.holds(b))
	}},
	{"swap of another version changes nothing", func(s subject) error {
		a, b := newEntry("a"), newEntry("b")
		return cmp.Or(s.swaps("", a, true), s.swaps("", b, false), s.swaps(b.Version, newEntry("c"), false), s.holds(a),
			s.swaps(a.Version, b, true), s.swaps(a.Version, newEntry("c"), false), s.holds(b))
	}},
	{"removal", removal},
	{"a value needs a version", needsVersion},
	{"one of several wins", oneWins},
	{"a counter is exact", counter},
	{"keys do not collide", keysDiffer},
	{"values come back whole", wholeValues},
	{"values are copied", copies},
	{"a context that is done ends a call", endsWithContext},
}
