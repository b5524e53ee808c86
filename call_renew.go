package superoffice

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"sync"

	"github.com/superoffice-go/superoffice/internal/guard"
)

// credential is an Auth with what the calls that use it at the same time must
// know of one another, so that they renew it once and not once each.
type credential struct {
	auth   Auth
	shared bool // calls that have the same Auth renew it together

	mu         sync.Mutex
	generation uint64   // counts renewals that came to an end
	err        error    // how the last of them ended
	flight     *renewal // under way, or nil
}

// renewal is one Renew under way and the calls that wait for it.
type renewal struct {
	done    chan struct{}
	err     error // valid after done
	waiting int
	cancel  context.CancelFunc
}

// newCredential returns what belongs to an Auth. There is nothing to share of
// one that does not renew, or of which no two values can be told to be the
// same.
func newCredential(auth Auth) *credential {
	_, renews := auth.(Renewer)
	return &credential{auth: auth, shared: renews && reflect.ValueOf(auth).Comparable()}
}

// current returns the number of the credential as it is now. A call notes it
// before it applies the credential, to tell later whether a renewal of what was
// rejected has ended meanwhile.
func (c *credential) current() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

// renew replaces the credential of the given generation, unless that was done
// or tried already: a call that was on its way when a renewal failed shares
// the failure. All callers share one Renew; each keeps its own cancellation,
// and Renew is cancelled when the last caller has gone.
func (c *credential) renew(ctx context.Context, renewer Renewer, rejected *http.Request, generation uint64) error {
	c.mu.Lock()
	if c.generation != generation {
		defer c.mu.Unlock()
		return c.err
	}
	flight := c.flight
	if flight == nil {
		flight = c.start(ctx, renewer, rejected)
	}
	flight.waiting++
	c.mu.Unlock()

	select {
	case <-flight.done:
		return flight.err
	case <-ctx.Done():
		c.leave(flight)
		return ctx.Err()
	}
}

// start begins a renewal that outlives the call that asked for it, since
// others may wait for it too. It is called with c.mu held.
func (c *credential) start(ctx context.Context, renewer Renewer, rejected *http.Request) *renewal {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	flight := &renewal{done: make(chan struct{}), cancel: cancel}
	c.flight = flight
	go func() {
		defer cancel()
		err := errRenewLeft // stays where Renew ends its goroutine, as t.FailNow does
		defer func() { c.finish(flight, err) }()
		err = guard.Call("the Renewer", func() error { return renewer.Renew(ctx, rejected) })
	}()
	return flight
}

var errRenewLeft = errors.New("the Renewer did not return")

// finish ends a renewal. One that everybody had left counts only if it worked.
func (c *credential) finish(flight *renewal, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.flight != flight
	if !left {
		c.flight = nil
	}
	if !left || err == nil {
		c.generation++
		c.err = err
	}
	flight.err = err
	close(flight.done)
}

// leave gives up waiting. With the last caller the renewal goes too, and the
// next 401 starts another.
func (c *credential) leave(flight *renewal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	flight.waiting--
	if flight.waiting > 0 {
		return
	}
	flight.cancel()
	if c.flight == flight {
		c.flight = nil
	}
}

// credentials finds the calls that use the same Renewer at the same time,
// whichever option or client brought it along, so that they renew it together.
// Most clients have one, which needs no map.
type credentials struct {
	mu     sync.Mutex
	first  credentialUse // free while it has no calls
	others map[Auth]*credentialUse
}

// credentialUse is a credential and the number of calls that use it now.
type credentialUse struct {
	credential *credential
	calls      int
}

// acquire returns what all calls with own's Auth use at this time, until
// release. It is nil if there is nothing to share.
func (s *credentials) acquire(own *credential) *credentialUse {
	if !own.shared {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	use := s.find(own.auth)
	if use == nil {
		use = s.add(own)
	}
	use.calls++
	return use
}

// find returns the use of an Auth, if there is one. It is called with s.mu
// held, as add is.
func (s *credentials) find(auth Auth) *credentialUse {
	if s.first.calls > 0 && s.first.credential.auth == auth {
		return &s.first
	}
	return s.others[auth]
}

func (s *credentials) add(own *credential) *credentialUse {
	if s.first.calls == 0 {
		s.first.credential = own
		return &s.first
	}
	if s.others == nil {
		s.others = make(map[Auth]*credentialUse)
	}
	use := &credentialUse{credential: own}
	s.others[own.auth] = use
	return use
}

// release ends one call's use of what acquire returned.
func (s *credentials) release(use *credentialUse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	use.calls--
	switch {
	case use.calls > 0:
	case use == &s.first:
		s.first.credential = nil
	default:
		delete(s.others, use.credential.auth)
	}
}

// callAuth is the credential of a call while the call lasts.
type callAuth struct {
	credential *credential    // nil if the call goes without
	use        *credentialUse // of credential, if calls share it
	generation uint64         // of credential, as it was last applied
}

// acquire takes the credential of a call, which all calls with the same Auth
// have in common.
func (a *callAuth) acquire(all *credentials, own *credential) {
	a.credential = own
	if own == nil {
		return
	}
	if a.use = all.acquire(own); a.use != nil {
		a.credential = a.use.credential
	}
}

// release gives back what acquire took.
func (a *callAuth) release(all *credentials) {
	if a.use != nil {
		all.release(a.use)
	}
}

// apply puts the credential, as it is now, on a request.
func (a *callAuth) apply(ctx context.Context, to *http.Request) error {
	if a.credential == nil {
		return nil
	}
	a.generation = a.credential.current()
	if err := a.credential.auth.Apply(ctx, to); err != nil {
		return &stepError{"applying the credentials", err}
	}
	return nil
}

// renewer is what can renew the credential, or nil.
func (a *callAuth) renewer() Renewer {
	if a.credential == nil {
		return nil
	}
	renewer, _ := a.credential.auth.(Renewer)
	return renewer
}

// renewing sends a call once more after a 401, if its Auth can get new
// credentials. A second 401 stands, unless the credential was found and not got:
// others may have left it lying until it had run out, too.
func renewing(next step) step {
	return func(c *call) (*http.Response, error) {
		resp, err := next(c)
		for renewals := 0; err == nil && resp.StatusCode == http.StatusUnauthorized; renewals++ {
			renewer := c.auth.renewer()
			if renewer == nil || renewals > 0 && !mayRenewAgain(renewer, c.request.rejected(c.ctx.Context), renewals) {
				return resp, nil
			}
			sent := c.progress.attempts
			if resp, err = c.renewAndResend(next, renewer, resp); c.progress.attempts == sent {
				return resp, err
			}
		}
		return resp, err
	}
}

// mayRenewAgain decides about a renewed credential that was rejected.
func mayRenewAgain(renewer Renewer, rejected *http.Request, renewals int) bool {
	if sharer, ok := renewer.(SharedRenewer); ok && renewals == 1 && sharer.Found(rejected) {
		return true
	}
	if watcher, ok := renewer.(RenewalWatcher); ok {
		watcher.RenewedInVain(rejected)
	}
	return false
}

// renewAndResend returns the answer to the call's next attempt, or the last one
// if there was none.
func (c *call) renewAndResend(next step, renewer Renewer, resp *http.Response) (*http.Response, error) {
	c.logAt(slog.LevelInfo, "renewing credentials")
	refused, sent := c.request.Request.Request, c.progress.attempts
	if err := c.auth.credential.renew(c.ctx.Context, renewer, c.request.rejected(c.ctx.Context), c.auth.generation); err != nil {
		return resp, &stepError{"renewing the credentials", err}
	}
	if !c.stopUnlessRepeatable() {
		return resp, nil
	}
	c.progress.renewed()
	again, err := next(c)
	if c.progress.attempts == sent { // it was not sent again, so the 401 is still the last answer
		c.request.Request.Request = refused
		return resp, err
	}
	return again, err
}

// rejected is the request that was sent last, for a Renewer to look at.
func (r *outgoing) rejected(ctx context.Context) *http.Request {
	sent := r.Request.Clone(ctx)
	sent.Body, sent.GetBody, sent.ContentLength = nil, nil, 0
	return sent
}
