package online

import (
	"context"
	"crypto/rand"
	"time"
)

const (
	// claimTime is for how long a claim holds that is not extended, since its
	// process died or cannot reach the Store, and extendEvery how often it is
	// extended. What lies between bounds for how long the Store may be away.
	claimTime   = 20 * time.Second
	extendEvery = 5 * time.Second
)

// claim is a note in the entry of a credential that this process is at getting
// a new one.
type claim struct {
	credential *credential
	note       storedCredential // what the entry holds
	version    string           // of the entry, as far as is known
}

// claim writes a claim in place of the given version of an entry. It is nil if
// somebody else has written.
func (c *credential) claim(ctx context.Context, there storedCredential, version string) (*claim, error) {
	held := &claim{credential: c, note: there, version: version}
	held.note.Claimant = rand.Text()
	ok, err := held.extendAnyway(ctx)
	if err != nil || !ok {
		return nil, err
	}
	if ctx.Err() != nil {
		_ = held.release(ctx, &there)
		return nil, ctx.Err()
	}
	return held, nil
}

// release gives a claim up, with which nothing was begun. Whoever comes next
// would else wait for it to end.
func (h *claim) release(ctx context.Context, there *storedCredential) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), extendEvery)
	defer cancel()
	_, err := h.settle(ctx, there)
	return err
}

// extendAnyway is extend, which is not cut off when ctx ends: whether the claim
// was written must be known.
func (h *claim) extendAnyway(ctx context.Context) (ok bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), extendEvery)
	defer cancel()
	return h.extend(ctx)
}

// extend writes the claim anew. It reports false if the claim was lost.
func (h *claim) extend(ctx context.Context) (ok bool, err error) {
	h.note.Claimed = h.credential.app.now().Add(claimTime)
	version, ok, err := h.credential.swap(ctx, h.version, &h.note)
	if ok && err == nil {
		h.version = version
	}
	return ok, err
}

// while extends the claim for as long as f runs.
func (h *claim) while(ctx context.Context, f func(context.Context) (storedCredential, error)) (storedCredential, error) {
	over, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		h.keepExtending(over)
	}()
	defer func() {
		stop()
		<-stopped
	}()
	return f(ctx)
}

// keepExtending extends the claim until ctx is done or the claim is lost. A
// Store that fails is asked again the next time.
func (h *claim) keepExtending(ctx context.Context) {
	ticker := time.NewTicker(extendEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		ok, err := recovered(ctx, h.extendAnyway)
		if !ok && err == nil {
			return
		}
	}
}

// settle writes the outcome in the claim's place. It reports false if the claim
// was lost.
func (h *claim) settle(ctx context.Context, outcome *storedCredential) (ok bool, err error) {
	c := h.credential
	outcome.Claimed, outcome.Claimant = time.Time{}, ""
	_, ok, err = c.swap(ctx, h.version, outcome)
	if ok || err != nil {
		return ok, err
	}
	// A write that failed may have arrived all the same.
	there, version, err := c.load(ctx)
	if err != nil || there.Claimant != h.note.Claimant {
		return false, err
	}
	h.version = version
	_, ok, err = c.swap(ctx, version, outcome)
	return ok, err
}

// isClaimed reports whether an entry holds a claim that can be its process's. A
// claim that ended long ago is a dead process's, and one that goes on for longer
// than any does was written by a clock that was wrong, perhaps by a day. For
// neither is anybody to wait.
func (k *storedCredential) isClaimed(now time.Time) bool {
	left := k.Claimed.Sub(now)
	return left > -claimTime && left <= 3*claimTime
}

// watchedClaim is a claim that another process waits for. Since the clocks of
// two machines differ, it counts as dead only when it was not extended for
// claimTime by the clock of whoever waits.
type watchedClaim struct {
	version string
	since   time.Time
}

// isHeld reports whether an entry is claimed by a process that lives.
func (w *watchedClaim) isHeld(k *storedCredential, version string, now time.Time) bool {
	if !k.isClaimed(now) {
		return false
	}
	if w.version != version || w.since.IsZero() {
		w.version, w.since = version, now
	}
	return now.Sub(w.since) < claimTime
}
