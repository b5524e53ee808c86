package online

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/secret"
)

const (
	// ticketLife is for how long a ticket lives without use, ticketMargin how
	// long before that it is no longer trusted, and touchEvery how often other
	// processes are told that it is in use.
	ticketLife   = 6 * time.Hour
	ticketMargin = 10 * time.Minute
	touchEvery   = 15 * time.Minute
	// touchAgain is when telling it is tried again after it failed.
	touchAgain = time.Minute

	// headerAppToken is SO-AppToken as net/http keeps it.
	headerAppToken = "So-Apptoken"
)

// SystemUser is the user as whom an application works in a tenant by itself.
// It is a [superoffice.Auth] that sends a ticket together with the application's
// secret (SO-AppToken), gets the ticket when it is needed, and gets a new one
// when the server rejects it or when it was idle for nearly six hours. Each
// ticket that is got adds a row to the tenant's database, so all clients of the
// tenant, in all processes with the same [Store], share one.
type SystemUser struct {
	ticket credential
	token  func(context.Context) (string, error) // the system user token
	used   atomic.Int64                          // when the ticket was last sent, in Unix nanoseconds
	touch  atomic.Int64                          // when to look at the Store again
}

// SystemUser returns the application's system user in a tenant. token is the
// system user token, which the tenant's administrator's consent has brought
// along ([Claims.SystemUserToken]). Nothing is sent.
func (a *App) SystemUser(tenant, token string) (*SystemUser, error) {
	token = tidied(token)
	if err := checkToken("token", token); err != nil {
		return nil, err
	}
	return a.systemUser(tenant, func(context.Context) (string, error) { return token, nil })
}

// checkToken refuses what can be no system user token.
func checkToken(argument, token string) error {
	if token == "" {
		return invalid(argument, "is empty; it is the system_token of an administrator's sign-in")
	}
	return checkUnquoted(argument, token)
}

// systemUser is a SystemUser whose token is asked for whenever it is needed.
func (a *App) systemUser(tenant string, token func(context.Context) (string, error)) (*SystemUser, error) {
	if err := checkTenant("tenant", tenant); err != nil {
		return nil, err
	}
	switch c := a.config(); {
	case c.ClientSecret == "":
		return nil, invalid("Config.ClientSecret", "is empty; system users need it")
	case len(c.PrivateKeys) == 0:
		return nil, invalid("Config.PrivateKeys", "are missing; system users need one")
	}
	u := &SystemUser{token: token}
	u.ticket = credential{app: a, tenant: tenant, holder: u}
	return u, nil
}

// SystemUserClient returns a client for a tenant as the application's system
// user. It follows the tenant, and nothing is sent before its first call.
func (a *App) SystemUserClient(tenant, token string, opts ...superoffice.ClientOption) (*superoffice.Client, error) {
	user, err := a.SystemUser(tenant, token)
	if err != nil {
		return nil, err
	}
	return a.Client(tenant, user, opts...)
}

// ttl implements holder: nobody can revive a ticket that was idle for longer.
func (u *SystemUser) ttl() time.Duration { return ticketLife }

// replaceable implements holder: another ticket is to be had at any time.
func (u *SystemUser) replaceable() bool { return true }

// lasts reports whether a ticket is alive: used lately, by anybody.
func (u *SystemUser) lasts(k *storedCredential, now time.Time) bool {
	used := k.Used
	if last := u.ticket.last.Load(); last != nil && last.Secret == k.Secret {
		if own := time.Unix(0, u.used.Load()); own.After(used) {
			used = own
		}
	}
	return now.Sub(used) < ticketLife-ticketMargin
}

// Apply implements [superoffice.Auth].
func (u *SystemUser) Apply(ctx context.Context, req *http.Request) error {
	now := u.ticket.app.now()
	k := u.ticket.last.Load()
	if k == nil || now.UnixNano() >= u.touch.Load() {
		var err error
		if k, err = u.look(ctx, now); err != nil {
			return err
		}
	}
	u.used.Store(now.UnixNano())
	values := [...]string{"SOTicket " + k.Secret, u.ticket.app.config().ClientSecret}
	req.Header["Authorization"], req.Header[headerAppToken] = values[:1:1], values[1:]
	return nil
}

// Renew implements [superoffice.Renewer]: it gets another ticket than the
// rejected one, unless somebody has done so.
func (u *SystemUser) Renew(ctx context.Context, rejected *http.Request) error {
	if _, err := u.ticket.get(ctx, sentWith(rejected)); err != nil {
		return err
	}
	u.touch.Store(u.ticket.app.now().Add(touchEvery).UnixNano())
	return nil
}

// RenewedInVain is told of tickets that are rejected although they are new; see
// [superoffice.Renewer].
func (u *SystemUser) RenewedInVain(rejected *http.Request) {
	u.ticket.allowance().rejected(sentWith(rejected))
}

// Found reports whether a ticket is another process's; see [superoffice.Renewer].
func (u *SystemUser) Found(rejected *http.Request) bool { return u.ticket.wasFound(rejected) }

// look finds the ticket to use, and tells the others that it is used.
func (u *SystemUser) look(ctx context.Context, now time.Time) (*storedCredential, error) {
	due := u.touch.Load()
	k, err := u.ticket.get(ctx, "")
	if err != nil {
		last := u.ticket.last.Load()
		if ctx.Err() != nil || !u.ticket.good(last, "") {
			return nil, err
		}
		// The Store fails, but the ticket at hand is good.
		u.touch.Store(now.Add(touchAgain).UnixNano())
		return last, nil
	}
	// Of all that look at the same time, one tells.
	if u.touch.CompareAndSwap(due, now.Add(touchEvery).UnixNano()) && now.Sub(k.Used) >= touchEvery {
		u.tell(ctx, k, now)
	}
	return k, nil
}

// tell lets the others know that a ticket is in use. That they do not hear of
// it may cost a ticket, but no call, so it is tried once. An entry that is
// claimed is left alone: whoever is at getting a new ticket could not put it
// there under another version.
func (u *SystemUser) tell(ctx context.Context, k *storedCredential, now time.Time) {
	there, version, err := u.ticket.load(ctx)
	if err != nil || there.Secret != k.Secret || there.isClaimed(now) {
		return
	}
	there.Used = now
	_, _, _ = u.ticket.swap(ctx, version, there)
}

// fetch gets a new ticket.
func (u *SystemUser) fetch(ctx context.Context, _ storedCredential) (storedCredential, error) {
	a := u.ticket.app
	if err := u.ticket.spentAllowance(); err != nil {
		return storedCredential{}, err
	}
	token, err := u.token(ctx)
	if err != nil {
		return storedCredential{}, err
	}
	var ticket string
	err = a.exchanges.do(ctx, func() (err error) {
		ticket, err = a.exchange(ctx, u.ticket.tenant, token)
		return err
	})
	if isRefusal(err) {
		u.ticket.allowance().refused(err)
	}
	return storedCredential{Secret: ticket, Used: a.now()}, err
}

// Format prints whose system user it is, and no secret.
func (u *SystemUser) Format(f fmt.State, verb rune) {
	secret.Format(f, verb, "online.SystemUser{"+u.ticket.app.config().ClientID+" in "+u.ticket.tenant+"}")
}
