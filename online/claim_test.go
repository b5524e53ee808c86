package online

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wait"
)

// realtime has a process go by the clock of a synctest bubble, ahead of it by
// some time.
func realtime(c *credential, ahead time.Duration) *credential {
	c.app.now = func() time.Time { return time.Now().Add(ahead) }
	c.app.sleep = wait.Sleep
	return c
}

// slow has getting a credential take some time.
func slow(d time.Duration) *issuer {
	return &issuer{before: func(ctx context.Context) error { return wait.Sleep(ctx, d) }}
}

// countedSwaps counts the writes to a store, and can fail some after they were
// done.
type countedSwaps struct {
	Store
	swaps     atomic.Int64
	failAfter func(n int64) bool
}

func (s *countedSwaps) Swap(ctx context.Context, key Key, old string, entry Entry, ttl time.Duration) (bool, error) {
	n := s.swaps.Add(1)
	ok, err := s.Store.Swap(ctx, key, old, entry, ttl)
	if s.failAfter != nil && s.failAfter(n) {
		return false, errors.New("the answer was lost")
	}
	return ok, err
}

// A claim outlasts a renewal that takes longer than a claim holds, for processes
// whose clocks differ too.
func TestClaimIsExtendedWhileItsHolderLives(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{0, claimTime + claimTime/2, -claimTime - claimTime/2} {
		synctest.Test(t, func(t *testing.T) {
			store, from := &countedSwaps{Store: NewMemoryStore()}, slow(2*claimTime)
			first := realtime(process(t, store, from, newClock()), 0)
			second := realtime(process(t, store, from, newClock()), ahead)
			var group sync.WaitGroup
			for _, c := range []*credential{first, second} {
				group.Go(func() {
					k, err := c.get(t.Context(), "")
					require.NoError(t, err)
					assert.Equal(t, "secret-1", k.Secret)
				})
				synctest.Wait()
			}
			group.Wait()
			assert.EqualValues(t, 1, from.given.Load())
			assert.InDelta(t, 2*claimTime/extendEvery+2, store.swaps.Load(), 1, "a claim, an extension now and then, the outcome")
		})
	}
}

// A process that died is waited for no longer than a claim holds.
func TestClaimIsNotExtendedByTheDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		dead := realtime(process(t, store, new(issuer), newClock()), 0)
		held, err := dead.claim(t.Context(), storedCredential{}, "")
		require.NoError(t, err)
		require.NotNil(t, held)
		began := time.Now()
		heir := realtime(process(t, store, new(issuer), newClock()), 0)
		_, err = heir.get(t.Context(), "")
		require.NoError(t, err)
		assert.LessOrEqual(t, time.Since(began), claimTime+2*mostPollWait)
	})
}

// Writes of which the answer is lost are told from a claim that is lost.
func TestClaimOfUnknownVersion(t *testing.T) {
	t.Parallel()
	for _, lost := range []int64{2, 3, 9, 10} { // extensions, and the outcome
		synctest.Test(t, func(t *testing.T) {
			store := &countedSwaps{Store: NewMemoryStore(), failAfter: func(n int64) bool { return n == lost }}
			c := realtime(process(t, store, slow(2*claimTime-time.Second), newClock()), 0)
			c.holder = keeping{fetcher(func(ctx context.Context, _ storedCredential) (storedCredential, error) {
				return storedCredential{Secret: "fresh", Refresh: "next"}, wait.Sleep(ctx, 2*claimTime-time.Second)
			})}
			_, err := c.get(t.Context(), "")
			require.NoError(t, err)
			k, _, err := c.load(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "next", k.Refresh, "after write %d", lost)
			assert.Zero(t, k.Claimed)
		})
	}
}

// refusing is a store that takes nothing and has nothing.
type refusing struct{ loads atomic.Int64 }

func (s *refusing) Load(ctx context.Context, _ Key) (Entry, error) {
	s.loads.Add(1)
	return Entry{}, ctx.Err()
}

func (*refusing) Swap(ctx context.Context, _ Key, _ string, _ Entry, _ time.Duration) (bool, error) {
	return false, ctx.Err()
}

// Nothing goes on for callers that have left.
func TestFlightEndsWithItsLastCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := new(refusing)
		c := realtime(process(t, store, new(issuer), newClock()), 0)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				_, err := c.get(ctx, "")
				assert.ErrorIs(t, err, context.DeadlineExceeded)
			})
		}
		group.Wait()
		synctest.Wait()
		loads := store.loads.Load()
		time.Sleep(obtainTimeout)
		assert.Equal(t, loads, store.loads.Load())
		assert.Less(t, loads, int64(20))
	})
}

// late is a store that answers a while after it has done what it was told, or
// when its caller has left.
type late struct{ Store }

func (s late) Swap(ctx context.Context, key Key, old string, entry Entry, ttl time.Duration) (bool, error) {
	ok, err := s.Store.Swap(ctx, key, old, entry, ttl)
	if err := wait.Sleep(ctx, 100*time.Millisecond); err != nil {
		return false, err
	}
	return ok, err
}

// A caller who leaves while its claim is written has nobody wait for that claim
// to end.
func TestClaimOfACallerWhoLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := realtime(process(t, late{NewMemoryStore()}, new(issuer), newClock()), 0)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := c.get(ctx, "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		began := time.Now()
		k, err := c.get(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, "secret-1", k.Secret, "nothing was begun for who had left")
		assert.Less(t, time.Since(began), 2*time.Second)
	})
}

// What was begun is brought to its end though: a refresh token works once.
func TestRenewalGoesOnWithoutCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := 0
		from := &issuer{before: func(ctx context.Context) error {
			begun++
			return wait.Sleep(ctx, 10*time.Second)
		}}
		c := realtime(process(t, NewMemoryStore(), from, newClock()), 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.get(ctx, "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		k, err := c.get(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, "secret-1", k.Secret)
		assert.Equal(t, 1, begun, "the one that was begun is waited for")
	})
}
