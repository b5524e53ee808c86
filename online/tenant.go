package online

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	lookupTimeout = 30 * time.Second // of one look-up, retries included
	// lookupAttempts bounds how often a look-up is sent if Config.Retry does
	// not say. Many calls may wait for one, so it is more patient than they are.
	lookupAttempts = 8
	// leastValidity is how long a status is kept at least, should a clock be
	// wrong: it would otherwise be asked for before every call.
	leastValidity = 10 * time.Second
	// mostStale is for how long a status serves beyond its validity while the
	// state service fails, and holdOff how often that is found out.
	mostStale = time.Hour
	holdOff   = 10 * time.Second
	// askAgain is when the state service is asked again after it has failed, or
	// has named the address that was rejected: for all calls together, since
	// those to a dead host would otherwise ask at each of their attempts.
	askAgain = 2 * time.Second
)

// tenant is what an App knows of one tenant. It is the Locator of the tenant's
// clients.
type tenant struct {
	app     *App
	id      string
	last    atomic.Pointer[known]
	changes atomic.Uint64 // that SuperOffice told of
	ended   atomic.Pointer[lookUp]
}

// lookUp is the end of the last look-up that brought nothing new.
type lookUp struct {
	at    time.Time
	known *known // which named the rejected address
	err   error
}

// recentLookUp returns the last look-up if it is too early for another one that asks
// the same.
func (t *tenant) recentLookUp(rejected string) *lookUp {
	last := t.ended.Load()
	if last == nil {
		return nil
	}
	if age := t.app.now().Sub(last.at); age < 0 || age >= askAgain || last.err == nil && !last.known.names(rejected) {
		return nil
	}
	return last
}

// known is a status and until when it serves.
type known struct {
	TenantStatus
	fresh time.Time
	stale time.Time // until when it serves if there is no newer one
}

// Status asks the state of a tenant, or remembers it while it is valid. A
// tenant that is offline, or unknown, is no error here.
func (a *App) Status(ctx context.Context, tenant string) (*TenantStatus, error) {
	t, err := a.tenant(tenant)
	if err != nil {
		return nil, err
	}
	k, err := t.status(ctx, "")
	if err != nil {
		return nil, err
	}
	status := k.TenantStatus
	return &status, nil
}

// Locate implements [superoffice.Locator].
func (t *tenant) Locate(ctx context.Context, rejected string) (string, error) {
	k, err := t.status(ctx, rejected)
	switch {
	case err != nil:
		return "", err
	case !k.IsRunning:
		return "", &OfflineError{Tenant: t.id, State: k.State, Until: k.fresh}
	}
	return k.API, nil
}

// status returns the tenant's status: the one that is known, while it is valid
// and does not name the rejected address, or else a new one.
func (t *tenant) status(ctx context.Context, rejected string) (*known, error) {
	var before *known // what a look-up has brought that may have been too early
	for {
		if k := t.valid(rejected); k != nil {
			return k, nil
		}
		if last := t.recentLookUp(rejected); last != nil {
			if last.err != nil {
				return t.serveStale(ctx, rejected, last.err)
			}
			return last.known, nil
		}
		k, joined, err := share(ctx, t.app, "state "+t.id, lookupTimeout, func(ctx context.Context) (*known, error) {
			if k := t.valid(rejected); k != nil {
				return k, nil // somebody else was a moment faster
			}
			k, err := t.look(ctx)
			if err != nil && !wasLeft(ctx) || err == nil && k.names(rejected) {
				t.ended.Store(&lookUp{t.app.now(), k, err})
			}
			return k, err
		})
		switch {
		case err != nil && ctx.Err() == nil:
			return t.serveStale(ctx, rejected, err)
		case err != nil:
			return nil, err
		case !joined || before != nil && k != before || !k.names(rejected):
			return k, nil
		}
		// The look-up that was joined had begun before the address was found
		// to be wrong, perhaps. The next one begins after that, whoever begins
		// it.
		before = k
	}
}

// valid is what is known, if it can be used.
func (t *tenant) valid(rejected string) *known {
	k := t.last.Load()
	if k == nil || !t.app.now().Before(k.fresh) || k.names(rejected) {
		return nil
	}
	return k
}

// names reports whether the status gives the address that was rejected.
func (k *known) names(rejected string) bool { return rejected != "" && k.API == rejected }

// serveStale makes do with what was known before, if that may be.
func (t *tenant) serveStale(ctx context.Context, rejected string, err error) (*known, error) {
	k := t.last.Load()
	now := t.app.now()
	if k == nil || k.names(rejected) || !now.Before(k.stale) {
		return nil, fmt.Errorf("online: asking the state of %s: %w", t.id, err)
	}
	t.app.warn(ctx, "serving a tenant's state beyond its validity", slog.String("tenant", t.id), slog.Any("error", err))
	held := *k
	held.fresh = now.Add(holdOff)
	t.last.CompareAndSwap(k, &held)
	return k, nil
}

// changed has the state asked anew before the next call, also if it is being
// asked and the answer may be older than the change.
func (t *tenant) changed() {
	t.changes.Add(1)
	t.ended.Store(nil)
	t.forget()
}

// forget lets what is known be valid no more.
func (t *tenant) forget() {
	if k := t.last.Load(); k != nil {
		old := *k
		old.fresh = time.Time{}
		t.last.CompareAndSwap(k, &old)
	}
}

// look asks the state service.
func (t *tenant) look(ctx context.Context) (*known, error) {
	changes := t.changes.Load()
	var answer statusCarrier
	err := t.app.lookups.do(ctx, func() error {
		return t.app.states.Call(ctx, http.MethodGet, "state/"+t.id, nil, &answer)
	})
	if err != nil {
		return nil, err
	}
	status, err := answer.status(t)
	if err != nil {
		return nil, err
	}
	now := t.app.now()
	k := &known{TenantStatus: *status, fresh: status.ValidUntil}
	if least := now.Add(leastValidity); k.fresh.Before(least) {
		k.fresh = least
	}
	k.stale = k.fresh.Add(mostStale)
	t.last.Store(k)
	if t.changes.Load() != changes {
		t.forget()
	}
	return k, nil
}
