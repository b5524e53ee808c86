package online

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// fetchTimeout bounds how long getting a new credential may take, and
	// keepTimeout how long it is tried to keep what came; keepRefreshTimeout if
	// a refresh token came, without which somebody has to sign in again.
	fetchTimeout       = 45 * time.Second
	keepTimeout        = 10 * time.Second
	keepRefreshTimeout = 50 * time.Second
	// obtainTimeout is longer than all that a process may be at it, and than
	// the claim of one that died.
	obtainTimeout = 110 * time.Second
	// pollWait is the first wait for somebody else's claim to end, and
	// mostPollWait the longest.
	pollWait     = 25 * time.Millisecond
	mostPollWait = time.Second
)

// storedCredential is a credential as the Store keeps it.
type storedCredential struct {
	// Secret is what goes to the tenant: a ticket or an access token.
	Secret string `json:"secret,omitempty"`
	// Refresh is the refresh token of a user.
	Refresh string `json:"refresh,omitempty"`
	// Expires is when Secret runs out; zero for tickets, which live on use.
	Expires time.Time `json:"expires,omitzero"`
	// Used is when Secret is known to have been used.
	Used time.Time `json:"used,omitzero"`
	// Claimed is until when somebody is at getting a new one, and others wait.
	Claimed time.Time `json:"claimed,omitzero"`
	// Claimant tells one claim from another, whatever the entry's version.
	Claimant string `json:"claimant,omitempty"`

	found bool // it was in the Store, and not got by this process
}

// check refuses what no header can carry: once kept, it would fail every call
// before the server could reject it.
func (k *storedCredential) check() error {
	if strings.ContainsFunc(k.Secret, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return errors.New("online: SuperOffice gave a credential that no header can carry")
	}
	return nil
}

// credential is one credential of an App, shared with all processes that use
// the same Store. It is got when it is needed and there is none that is good:
// by one of all the goroutines and processes, while the others wait.
//
// That is done with nothing but the Store's Swap. Whoever finds that a new
// credential is needed writes a claim to the entry, which only one can; gets
// the credential; and writes it in the claim's place.
type credential struct {
	app    *App
	tenant string // as the caller spells it
	user   string // as the Store knows it; empty for a system user
	holder holder

	last atomic.Pointer[storedCredential] // as this process knows it
}

// holder is whose credential it is.
type holder interface {
	// ttl is after which time without a change the Store may forget it.
	ttl() time.Duration
	// lasts reports whether a credential is good by the clock.
	lasts(k *storedCredential, now time.Time) bool
	// replaceable reports whether a stored entry that cannot be read may be
	// replaced, since a new credential needs nothing of it.
	replaceable() bool
	// fetch gets a new one in place of old.
	fetch(ctx context.Context, old storedCredential) (storedCredential, error)
}

// key is where the Store keeps it.
func (c *credential) key() Key { return c.app.key(c.tenant, c.user) }

// good reports whether k can be used: it is there, it is not the one that the
// server rejected, and its time is not over.
func (c *credential) good(k *storedCredential, rejected string) bool {
	return k != nil && k.Secret != "" && k.Secret != rejected && k.check() == nil && c.holder.lasts(k, c.app.now())
}

// sentWith is the credential that a request carries, without its scheme.
func sentWith(req *http.Request) string {
	_, credential, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return credential
}

// get returns a good credential: from the Store, or a new one.
func (c *credential) get(ctx context.Context, rejected string) (*storedCredential, error) {
	before := c.last.Load()
	for {
		k, joined, err := share(ctx, c.app, "credential "+c.key().String(), obtainTimeout, func(ctx context.Context) (*storedCredential, error) {
			return c.obtain(ctx, rejected)
		})
		if err == nil && joined && !c.good(k, rejected) {
			continue // what was joined was for a credential rejected earlier
		}
		if err != nil {
			return nil, err
		}
		return c.note(before, k, rejected), nil
	}
}

// note has this call and the next ones use k, unless somebody has found another one
// since before was in use: k may be the older one. It returns what they use.
func (c *credential) note(before, k *storedCredential, rejected string) *storedCredential {
	for {
		last := c.last.Load()
		if last != before && c.good(last, rejected) {
			return last
		}
		if c.last.CompareAndSwap(last, k) {
			return k
		}
	}
}

// obtain is get for all goroutines of this process.
func (c *credential) obtain(ctx context.Context, rejected string) (*storedCredential, error) {
	var watched watchedClaim
	for wait := pollWait; ; wait = min(2*wait, mostPollWait) {
		k, version, err := c.load(ctx)
		if err != nil && !(isIllegible(err) && c.holder.replaceable()) {
			return nil, err
		}
		if c.good(k, rejected) {
			k.found = true
			return k, nil
		}
		if !watched.isHeld(k, version, c.app.now()) {
			held, err := c.claim(ctx, *k, version)
			if err != nil {
				return nil, err
			}
			if held != nil {
				return c.replace(ctx, *k, held)
			}
			// Somebody else has written, who mostly has a claim by now.
		}
		if err := c.app.sleep(ctx, wait); err != nil {
			return nil, fmt.Errorf("online: waiting for another process to get a credential: %w", err)
		}
	}
}

// replace gets a new credential and puts it where the claim is. It goes on when
// nobody waits for it any more: a refresh token that was used is of no use to
// the next one.
func (c *credential) replace(ctx context.Context, old storedCredential, held *claim) (*storedCredential, error) {
	ctx = context.WithoutCancel(ctx)
	fetching, done := context.WithTimeout(ctx, fetchTimeout)
	fresh, err := held.while(fetching, func(ctx context.Context) (storedCredential, error) { return c.holder.fetch(ctx, old) })
	done()
	if err == nil {
		err = fresh.check()
	}
	ctx, cancel := context.WithTimeout(ctx, keepTime(&fresh))
	defer cancel()
	if err != nil {
		if errors.Is(err, ErrSignInRequired) {
			old.Refresh = "" // it is of no use to anybody any more
		}
		// Let the next one try. The claim ends by itself if that fails.
		_, _ = held.settle(ctx, &old)
		return nil, err
	}
	if err := c.put(ctx, held, &fresh); err != nil {
		return nil, err
	}
	return &fresh, nil
}

// keepTime is for how long it is tried to keep what was got.
func keepTime(fresh *storedCredential) time.Duration {
	if fresh.Refresh != "" {
		return keepRefreshTimeout
	}
	return keepTimeout
}

// mostPuts bounds how often it is tried to keep a credential without which
// another is to be had.
const mostPuts = 4

// put keeps a new credential in the place of the claim. If the claim was
// lost, the entry is another's, who has a credential as good as this one: both
// serve. If the Store fails, this process goes on with what it has.
func (c *credential) put(ctx context.Context, held *claim, fresh *storedCredential) error {
	wait := pollWait
	for try := 1; ; try++ {
		ok, err := held.settle(ctx, fresh)
		switch {
		case err == nil && ok:
			return nil
		case err == nil:
			return c.lost(ctx, fresh)
		}
		last := try >= mostPuts && fresh.Refresh == ""
		if last || c.app.sleep(ctx, wait) != nil {
			c.app.warn(ctx, "could not keep a new credential", slog.String("tenant", c.tenant), slog.Any("error", err))
			return nil //nolint:nilerr // it is good, if not kept
		}
		wait = min(4*wait, mostPollWait)
	}
}

// lost decides about a credential whose claim is gone. If nothing took its
// place, the person has signed out meanwhile, and the new tokens must not live.
func (c *credential) lost(ctx context.Context, fresh *storedCredential) error {
	if fresh.Refresh == "" {
		return nil
	}
	if _, version, err := c.load(ctx); err != nil || version != "" {
		return nil //nolint:nilerr // what the store cannot tell is no sign-out
	}
	err := errors.Join(c.app.revoke(ctx, fresh.Refresh, "refresh_token"), c.app.revoke(ctx, fresh.Secret, "access_token"))
	return errors.Join(fmt.Errorf("online: user %s of %s has signed out meanwhile: %w", c.user, c.tenant, ErrSignInRequired), err)
}

// wasFound reports whether a rejected request carries another credential than
// the last one that this process got: one that was found in the Store, or one
// that another call has replaced since.
func (c *credential) wasFound(rejected *http.Request) bool {
	last := c.last.Load()
	return last != nil && (last.found || last.Secret != sentWith(rejected))
}

// isIllegible reports whether a stored entry is there and cannot be read.
func isIllegible(err error) bool {
	return errors.Is(err, ErrUndecipherable) || errors.Is(err, errUnreadable)
}

// errUnreadable is an entry that is no credential.
var errUnreadable = errors.New("online: the stored entry cannot be read")

// load reads the entry.
func (c *credential) load(ctx context.Context) (k *storedCredential, version string, err error) {
	entry, err := c.app.store.Load(ctx, c.key())
	if err != nil {
		return new(storedCredential), entry.Version, fmt.Errorf("online: loading a credential of %s: %w", c.tenant, err)
	}
	k = new(storedCredential)
	if len(entry.Value) > 0 {
		if err := json.Unmarshal(entry.Value, k); err != nil {
			return new(storedCredential), entry.Version, fmt.Errorf("%w: the credential of %s; remove it, or sign in again: %w", errUnreadable, c.tenant, err)
		}
	}
	return k, entry.Version, nil
}

// swap writes the entry, if it is still of the given version.
func (c *credential) swap(ctx context.Context, version string, k *storedCredential) (next string, ok bool, err error) {
	value, err := json.Marshal(k)
	if err != nil {
		return "", false, fmt.Errorf("online: keeping a credential: %w", err)
	}
	entry := Entry{Version: rand.Text(), Value: value}
	ok, err = c.app.store.Swap(ctx, c.key(), version, entry, c.holder.ttl())
	if err != nil {
		return "", false, fmt.Errorf("online: storing a credential of %s: %w", c.tenant, err)
	}
	return entry.Version, ok, nil
}

// mostChanges bounds how often change tries. That takes half a minute.
const mostChanges = 30

// errNoSwap is a Store that takes nothing.
var errNoSwap = errors.New("the entry changes each time, or the Store takes none")

// change rewrites the entry until nobody else has done so meanwhile, with waits
// between the tries. A change that returns nil removes it. One that nobody can
// decipher, or read, is as good as none.
func (c *credential) change(ctx context.Context, change func(*storedCredential) *storedCredential) error {
	wait := pollWait
	for try := 1; ; try++ {
		ok, err := c.tryChange(ctx, change)
		if ok || err != nil {
			return err
		}
		if try == mostChanges {
			return fmt.Errorf("online: storing a credential of %s: %w", c.tenant, errNoSwap)
		}
		if err := c.app.sleep(ctx, wait); err != nil {
			return fmt.Errorf("online: storing a credential of %s: %w", c.tenant, err)
		}
		wait = min(2*wait, mostPollWait)
	}
}

// tryChange reports false if somebody else has written meanwhile.
func (c *credential) tryChange(ctx context.Context, change func(*storedCredential) *storedCredential) (ok bool, err error) {
	k, version, err := c.load(ctx)
	if err != nil && !isIllegible(err) {
		return false, err
	}
	next := change(k)
	if next != nil {
		_, ok, err = c.swap(ctx, version, next)
		return ok, err
	}
	ok, err = c.app.store.Swap(ctx, c.key(), version, Entry{}, 0)
	return ok || version == "", err
}
