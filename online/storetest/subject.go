package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/superoffice-go/superoffice/online"
)

var nothing = online.Entry{}

func newEntry(value string) online.Entry {
	return online.Entry{Version: rand.Text(), Value: []byte(value)}
}

// subject is a store under test, and a key at which nothing is at first.
type subject struct {
	ctx   context.Context
	store online.Store
	key   online.Key
}

func newSubject(ctx context.Context, store online.Store) subject {
	return subject{ctx: ctx, store: store, key: online.Key{
		Environment: "https://storetest.example.com",
		Application: "storetest",
		Tenant:      rand.Text(),
	}}
}

// at is the same store at another key.
func (s subject) at(key online.Key) subject {
	s.key = key
	return s
}

// within is the same store and key for another context.
func (s subject) within(ctx context.Context) subject {
	s.ctx = ctx
	return s
}

// holds tells what is wrong if anything but want is there. It prints the
// values, which are the test's own.
func (s subject) holds(want online.Entry) error {
	got, err := s.store.Load(s.ctx, s.key)
	switch {
	case err != nil:
		return fmt.Errorf("Load(%s): %w", s.key, err)
	case got.Version != want.Version:
		return fmt.Errorf("Load(%s) returned the version %q, want %q", s.key, got.Version, want.Version)
	case !bytes.Equal(got.Value, want.Value):
		return fmt.Errorf("Load(%s) returned %d bytes %s, want %d bytes %s", s.key, len(got.Value), start(got.Value), len(want.Value), start(want.Value))
	}
	return nil
}

// start quotes what tells a value from another.
func start(value []byte) string {
	const most = 40
	if len(value) > most {
		return fmt.Sprintf("%q...", value[:most])
	}
	return fmt.Sprintf("%q", value)
}

// swaps tells what is wrong if Swap does not report want.
func (s subject) swaps(old string, next online.Entry, want bool) error {
	return s.swapsFor(shortLife, old, next, want)
}

func (s subject) swapsFor(ttl time.Duration, old string, next online.Entry, want bool) error {
	swapped, err := s.store.Swap(s.ctx, s.key, old, next, ttl)
	if err != nil {
		return fmt.Errorf("Swap(%s, %q, %v): %w", s.key, old, next, err)
	}
	if swapped != want {
		return fmt.Errorf("Swap(%s, %q, %v) reported %t, want %t", s.key, old, next, swapped, want)
	}
	return nil
}
