package online

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// issuer gives out credentials that are numbered, and counts them.
type issuer struct {
	given  atomic.Int64
	before func(ctx context.Context) error // nil lets it be
}

func (i *issuer) fetch(ctx context.Context, old storedCredential) (storedCredential, error) {
	if i.before != nil {
		if err := i.before(ctx); err != nil {
			return storedCredential{}, err
		}
	}
	return storedCredential{Secret: fmt.Sprint("secret-", i.given.Add(1)), Refresh: old.Refresh}, nil
}

// process is a credential as one of several processes has it.
func process(t testing.TB, store Store, from *issuer, at *clock) *credential {
	t.Helper()
	app, err := NewApp(Config{Environment: "http://127.0.0.1:1", ClientID: "app", Store: store})
	require.NoError(t, err)
	at.use(app)
	return &credential{
		app: app, tenant: "Cust12345", holder: fetcher(from.fetch),
	}
}

// fetcher is a holder whose credentials last until they are rejected.
type fetcher func(ctx context.Context, old storedCredential) (storedCredential, error)

func (f fetcher) replaceable() bool { return true }

func (f fetcher) ttl() time.Duration                      { return time.Hour }
func (f fetcher) lasts(*storedCredential, time.Time) bool { return true }
func (f fetcher) fetch(ctx context.Context, old storedCredential) (storedCredential, error) {
	return f(ctx, old)
}

func TestManyProcessesGetOneCredential(t *testing.T) {
	t.Parallel()
	const processes, goroutines = 8, 20
	store, from, at := NewMemoryStore(), new(issuer), newClock()
	var all []*credential
	for range processes {
		all = append(all, process(t, store, from, at))
	}
	for round, rejected := range []string{"", "secret-1", "secret-2"} {
		var group sync.WaitGroup
		for _, c := range all {
			for range goroutines {
				group.Go(func() {
					k, err := c.get(t.Context(), rejected)
					if assert.NoError(t, err) {
						assert.Equal(t, fmt.Sprint("secret-", round+1), k.Secret)
					}
				})
			}
		}
		group.Wait()
		assert.EqualValues(t, round+1, from.given.Load())
	}
}

func TestRejectionsOfDifferentAgesShareOneRenewal(t *testing.T) {
	t.Parallel()
	store, from, at := NewMemoryStore(), new(issuer), newClock()
	c := process(t, store, from, at)
	_, err := c.get(t.Context(), "")
	require.NoError(t, err)
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			k, err := c.get(t.Context(), []string{"", "secret-1"}[i%2])
			if assert.NoError(t, err) && i%2 == 1 {
				assert.Equal(t, "secret-2", k.Secret)
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 2, from.given.Load())
}

// TestOlderCredentialDoesNotComeBack has a caller be slow to say what it got.
func TestOlderCredentialDoesNotComeBack(t *testing.T) {
	t.Parallel()
	c := process(t, NewMemoryStore(), new(issuer), newClock())
	one, two, three := &storedCredential{Secret: "1"}, &storedCredential{Secret: "2"}, &storedCredential{Secret: "3"}
	for name, test := range map[string]struct {
		before, last, got *storedCredential
		rejected          string
		want              *storedCredential
	}{
		"the first":          {nil, nil, one, "", one},
		"the next":           {one, one, two, "1", two},
		"late":               {one, three, two, "1", three},
		"late, found anyhow": {one, three, two, "", three},
		"after one who was":  {one, two, three, "2", three},
	} {
		c.last.Store(test.last)
		c.note(test.before, test.got, test.rejected)
		assert.Same(t, test.want, c.last.Load(), name)
	}
}

func TestFailureIsToldAndTheNextOneTries(t *testing.T) {
	t.Parallel()
	broken := errors.New("no luck")
	store, from, at := NewMemoryStore(), new(issuer), newClock()
	from.before = func(context.Context) error { return broken }
	c := process(t, store, from, at)
	_, err := c.get(t.Context(), "")
	require.ErrorIs(t, err, broken)
	from.before = nil
	k, err := process(t, store, from, at).get(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "secret-1", k.Secret)
}

// TestClaimOfTheDeadEnds has a process vanish in the middle of a renewal.
func TestClaimOfTheDeadEnds(t *testing.T) {
	t.Parallel()
	store, from, at := NewMemoryStore(), new(issuer), newClock()
	dead := process(t, store, from, at)
	_, _, err := dead.swap(t.Context(), "", &storedCredential{Claimed: at.now().Add(claimTime), Refresh: "refresh-1"})
	require.NoError(t, err)
	heir := process(t, store, from, at)
	heir.app.sleep = at.sleep
	began := at.now()
	k, err := heir.get(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "secret-1", k.Secret)
	assert.Equal(t, "refresh-1", k.Refresh)
	assert.GreaterOrEqual(t, at.now().Sub(began), claimTime)
	assert.Less(t, at.now().Sub(began), claimTime+2*mostPollWait)
}

func TestWhoLeavesDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	store, from, at := NewMemoryStore(), new(issuer), newClock()
	began, goOn := make(chan struct{}), make(chan struct{})
	from.before = func(ctx context.Context) error {
		close(began)
		<-goOn
		return ctx.Err()
	}
	c := process(t, store, from, at)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := c.get(ctx, "")
		left <- err
	}()
	<-began
	stays := make(chan error)
	go func() {
		_, err := c.get(t.Context(), "")
		stays <- err
	}()
	cancel()
	require.ErrorIs(t, <-left, context.Canceled)
	close(goOn)
	require.NoError(t, <-stays)
	assert.EqualValues(t, 1, from.given.Load())
}

// brokenStore fails from the given operation on.
type brokenStore struct {
	Store
	left atomic.Int64
}

var errStore = errors.New("the store is down")

func (s *brokenStore) Load(ctx context.Context, key Key) (Entry, error) {
	if s.left.Add(-1) < 0 {
		return Entry{}, errStore
	}
	return s.Store.Load(ctx, key)
}

func (s *brokenStore) Swap(ctx context.Context, key Key, old string, next Entry, ttl time.Duration) (bool, error) {
	if s.left.Add(-1) < 0 {
		return false, errStore
	}
	return s.Store.Swap(ctx, key, old, next, ttl)
}

func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	for working := range 2 { // of load and claim
		store := &brokenStore{Store: NewMemoryStore()}
		store.left.Store(int64(working))
		_, err := process(t, store, new(issuer), newClock()).get(t.Context(), "")
		require.ErrorIs(t, err, errStore, working)
		assert.ErrorContains(t, err, "Cust12345")
		assert.NotContains(t, err.Error(), "secret-")
	}
}

// TestStoreThatFailsAtTheEnd has the Store fail when a credential was got: it is
// tried again, and the credential serves in any case.
func TestStoreThatFailsAtTheEnd(t *testing.T) {
	t.Parallel()
	store, from := &brokenStore{Store: NewMemoryStore()}, new(issuer)
	store.left.Store(2) // load, claim
	c := process(t, store, from, newClock())
	k, err := c.get(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "secret-1", k.Secret)
	assert.EqualValues(t, -mostPuts, store.left.Load())

	store.left.Store(1 << 30)
	at := newClock()
	c = process(t, store, from, at)
	c.app.sleep = at.sleep
	k, err = c.get(t.Context(), "") // when the claim has ended
	require.NoError(t, err)
	assert.Equal(t, "secret-2", k.Secret)
}

// keeping is a holder of what cannot be got again, as a User is.
type keeping struct{ fetcher }

func (keeping) replaceable() bool { return false }

// TestEntryThatCannotBeRead has garbage in the store: who can get another
// credential does, and nobody else's is overwritten.
func TestEntryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, garbage := range map[string]string{"no JSON": "secret-word", "a line break": `{"secret":"7T:a\nb","used":"2026-01-01T00:00:00Z"}`} {
		store, from := NewMemoryStore(), new(issuer)
		c := process(t, store, from, newClock())
		_, err := store.Swap(t.Context(), c.key(), "", Entry{Version: "1", Value: []byte(garbage)}, 0)
		require.NoError(t, err)
		k, err := c.get(t.Context(), "")
		require.NoError(t, err, name)
		assert.Equal(t, "secret-1", k.Secret)
		k, _, err = c.load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "secret-1", k.Secret, "it took the entry's place")
	}
	store := NewMemoryStore()
	c := process(t, store, new(issuer), newClock())
	c.holder = keeping{c.holder.(fetcher)}
	_, err := store.Swap(t.Context(), c.key(), "", Entry{Version: "1", Value: []byte("secret-word")}, 0)
	require.NoError(t, err)
	_, err = c.get(t.Context(), "")
	assert.ErrorContains(t, err, "cannot be read")
	assert.NotContains(t, err.Error(), "secret-word")
	require.NoError(t, c.change(t.Context(), func(*storedCredential) *storedCredential { return &storedCredential{Secret: "new"} }), "as after another sign-in")
	k, err := c.get(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "new", k.Secret)
}

// stubborn is a store that swaps nothing and shows no claim.
type stubborn struct {
	Store
	swaps atomic.Int64
}

func (s *stubborn) Swap(context.Context, Key, string, Entry, time.Duration) (bool, error) {
	s.swaps.Add(1)
	return false, nil
}

func TestStoreThatNeverSwapsIsAskedWithWaits(t *testing.T) {
	t.Parallel()
	store := &stubborn{Store: NewMemoryStore()}
	at := newClock()
	c := process(t, store, new(issuer), at)
	slept := 0
	ctx, cancel := cancelled(t)
	c.app.sleep = func(ctx context.Context, _ time.Duration) error {
		if slept++; slept == 10 {
			cancel()
			return context.Canceled
		}
		return nil
	}
	_, err := c.obtain(ctx, "")
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 10, store.swaps.Load(), "one try for each wait")
}

// TestChangeOfAStoreThatNeverSwaps is tried with waits, and not for ever.
func TestChangeOfAStoreThatNeverSwaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &stubborn{Store: NewMemoryStore()}
		c := realtime(process(t, store, new(issuer), newClock()), 0)
		_, err := store.Store.Swap(t.Context(), c.key(), "", Entry{Version: "1", Value: []byte(`{"refresh":"r"}`)}, 0)
		require.NoError(t, err)
		for name, change := range map[string]func(*storedCredential) *storedCredential{
			"to another": func(k *storedCredential) *storedCredential { return k },
			"to none":    func(*storedCredential) *storedCredential { return nil },
		} {
			store.swaps.Store(0)
			brief, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			require.ErrorIs(t, c.change(brief, change), context.DeadlineExceeded, name)
			cancel()
			assert.LessOrEqual(t, store.swaps.Load(), int64(5), name)
			store.swaps.Store(0)
			require.ErrorIs(t, c.change(t.Context(), change), errNoSwap, name)
			assert.EqualValues(t, mostChanges, store.swaps.Load(), name)
		}
	})
}

// failing is a store that fails a number of swaps after the first.
type failing struct {
	Store
	swaps, fails int
}

func (s *failing) Swap(ctx context.Context, key Key, old string, entry Entry, ttl time.Duration) (bool, error) {
	if s.swaps++; s.swaps > 1 && s.swaps <= s.fails {
		return false, errors.New("away")
	}
	return s.Store.Swap(ctx, key, old, entry, ttl)
}

// TestRefreshTokenIsKeptWhenTheStoreIsBack has the store be away for long: a
// refresh token that is lost would cost a sign-in.
func TestRefreshTokenIsKeptWhenTheStoreIsBack(t *testing.T) {
	t.Parallel()
	store := &failing{Store: NewMemoryStore(), fails: 20}
	at := newClock()
	c := process(t, store, new(issuer), at)
	c.app.sleep = at.sleep
	c.holder = keeping{fetcher(func(context.Context, storedCredential) (storedCredential, error) {
		return storedCredential{Secret: "fresh", Refresh: "next"}, nil
	})}
	_, err := c.get(t.Context(), "")
	require.NoError(t, err)
	k, _, err := c.load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "next", k.Refresh)
}

// TestClaimThatWasLost has a renewal take longer than its claim: the other
// process's credential stays, and this one's serves too.
func TestClaimThatWasLost(t *testing.T) {
	t.Parallel()
	store, at := NewMemoryStore(), newClock()
	quick := process(t, store, new(issuer), at)
	quick.holder = fetcher(func(context.Context, storedCredential) (storedCredential, error) {
		return storedCredential{Secret: "quick"}, nil
	})
	slow := process(t, store, new(issuer), at)
	slow.holder = fetcher(func(ctx context.Context, _ storedCredential) (storedCredential, error) {
		at.advance(2*claimTime + time.Second)
		_, err := quick.get(ctx, "")
		return storedCredential{Secret: "slow"}, err
	})
	k, err := slow.get(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "slow", k.Secret)
	k, _, err = slow.load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "quick", k.Secret)
}

// TestEntryOfALostKey has the store's key change: who signs in again gets on.
func TestEntryOfALostKey(t *testing.T) {
	t.Parallel()
	inner := NewMemoryStore()
	encrypted := func(key string) Store {
		store, err := EncryptedStore(inner, []byte(strings.Repeat(key, 32)))
		require.NoError(t, err)
		return store
	}
	_, err := process(t, encrypted("a"), new(issuer), newClock()).get(t.Context(), "")
	require.NoError(t, err)
	c := process(t, encrypted("b"), new(issuer), newClock())
	c.holder = keeping{c.holder.(fetcher)}
	_, err = c.get(t.Context(), "")
	require.ErrorIs(t, err, ErrUndecipherable)
	require.NoError(t, c.change(t.Context(), func(*storedCredential) *storedCredential { return &storedCredential{Secret: "new"} }))
	k, err := c.get(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "new", k.Secret)

	k, err = process(t, encrypted("c"), new(issuer), newClock()).get(t.Context(), "")
	require.NoError(t, err, "a system user gets another ticket")
	assert.Equal(t, "secret-1", k.Secret)
}

func TestTurnThatDoesNotCome(t *testing.T) {
	t.Parallel()
	ctx, cancel := cancelled(t)
	cancel()
	require.ErrorIs(t, make(semaphore).do(ctx, func() error { return nil }), context.Canceled)
}

// TestFlightThatDoesNotReturn has code of the caller's panic, or leave, on a
// goroutine that is not the caller's.
func TestFlightThatDoesNotReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	for _, leave := range []func(){func() { panic("broken") }, runtime.Goexit} {
		pool := w.app.Tenants(func(context.Context, string) (string, error) { leave(); return "", nil })
		_, err := pool.For(t.Context(), "Cust12345")
		assert.ErrorContains(t, err, "a function of the caller's")
	}
}

// hangingStore takes the first claim and fails from then on, as one that hangs
// until ctx ends.
type hangingStore struct {
	Store
	swaps   atomic.Int64
	bounded chan bool // whether ctx will end
}

func (s *hangingStore) Swap(ctx context.Context, key Key, old string, next Entry, ttl time.Duration) (bool, error) {
	if s.swaps.Add(1) == 1 {
		return s.Store.Swap(ctx, key, old, next, ttl)
	}
	_, bounded := ctx.Deadline()
	s.bounded <- bounded
	return false, errors.New("hung")
}

// TestKeepingIsBounded has the Store hang when a credential was got, or was
// not: those who wait for it must not wait for ever.
func TestKeepingIsBounded(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errors.New("no luck")} {
		store := &hangingStore{Store: NewMemoryStore(), bounded: make(chan bool, mostPuts)}
		from := &issuer{before: func(context.Context) error { return failure }}
		_, err := process(t, store, from, newClock()).get(t.Context(), "")
		require.ErrorIs(t, err, failure)
		assert.True(t, <-store.bounded)
	}
}

// TestClaimOfAWrongClockIsNone has a process whose clock was a day ahead vanish
// in the middle of a renewal.
func TestClaimOfAWrongClockIsNone(t *testing.T) {
	t.Parallel()
	store, from, at := NewMemoryStore(), new(issuer), newClock()
	dead := process(t, store, from, at)
	_, _, err := dead.swap(t.Context(), "", &storedCredential{Claimed: at.now().Add(24*time.Hour + claimTime)})
	require.NoError(t, err)
	heir := process(t, store, from, at)
	heir.app.sleep = func(context.Context, time.Duration) error { return errors.New("waits for nobody") }
	k, err := heir.get(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, "secret-1", k.Secret)
}
