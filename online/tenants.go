package online

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice"
)

const (
	// idleTime is after which time without a For a tenant's client is let go,
	// and sweepEvery how often that is looked for.
	idleTime   = 30 * time.Minute
	sweepEvery = time.Minute
	// tokenTimeout bounds one look for a system user token.
	tokenTimeout = 30 * time.Second
)

// Tenants is a pool of clients, one for each tenant as the application's system
// user. They share connections, and nothing else: each has its own credentials,
// address and retry budget. It is safe for any number of goroutines.
type Tenants struct {
	app   *App
	token func(ctx context.Context, tenant string) (string, error)
	opts  []superoffice.ClientOption

	mu      sync.Mutex
	members map[string]*member
	swept   time.Time
}

// member is a client in the pool.
type member struct {
	client *superoffice.Client
	used   time.Time
}

// Tenants returns a pool of clients for the application's system users. token
// tells the system user token of a tenant ([Claims.SystemUserToken]), from
// wherever the program keeps it: it is asked by For for a tenant that has no
// client yet, and again whenever a ticket is needed, so that a new token is
// noticed. opts are for each client.
func (a *App) Tenants(token func(ctx context.Context, tenant string) (string, error), opts ...superoffice.ClientOption) *Tenants {
	return &Tenants{app: a, token: token, opts: slices.Clone(opts), members: make(map[string]*member)}
}

// For returns the client of a tenant. It asks for the system user token if
// it has no client yet, and sends nothing itself. A client stays good for as
// long as it is needed; ask for it anew for each piece of work, so that the
// pool knows which tenants are in use. Those that are not for half an hour are
// let go; the [Store] keeps their tickets.
func (t *Tenants) For(ctx context.Context, tenant string) (*superoffice.Client, error) {
	if err := checkTenant("tenant", tenant); err != nil {
		return nil, err
	}
	if client := t.find(tenant); client != nil {
		return client, nil
	}
	client, _, err := share(ctx, t.app, fmt.Sprintf("client %p %s", t, fold(tenant)), tokenTimeout, func(ctx context.Context) (*superoffice.Client, error) {
		return t.make(ctx, tenant)
	})
	return client, err
}

// find returns a client that is there.
func (t *Tenants) find(tenant string) *superoffice.Client {
	now := t.app.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(now)
	m := t.members[fold(tenant)]
	if m == nil {
		return nil
	}
	m.used = now
	return m.client
}

// sweep lets go of those who are idle. It is called with t.mu held.
func (t *Tenants) sweep(now time.Time) {
	if now.Sub(t.swept) < sweepEvery {
		return
	}
	t.swept = now
	for id, m := range t.members {
		if now.Sub(m.used) >= idleTime {
			delete(t.members, id)
			t.app.drop(id)
		}
	}
}

// make adds a client to the pool.
func (t *Tenants) make(ctx context.Context, tenant string) (*superoffice.Client, error) {
	if client := t.find(tenant); client != nil {
		return client, nil // somebody else was a moment faster
	}
	token := func(ctx context.Context) (string, error) {
		token, err := t.token(ctx, tenant)
		if err != nil {
			return "", fmt.Errorf("online: the system user token of %s: %w", tenant, err)
		}
		token = tidied(token)
		return token, checkToken("the system user token of "+tenant, token)
	}
	if _, err := token(ctx); err != nil {
		return nil, err
	}
	user, err := t.app.systemUser(tenant, token)
	if err != nil {
		return nil, err
	}
	client, err := t.app.Client(tenant, user, t.opts...)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.members[fold(tenant)] = &member{client, t.app.now()}
	return client, nil
}

// Forget lets go of a tenant's client, for a tenant that has left.
func (t *Tenants) Forget(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.members, fold(tenant))
	t.app.drop(tenant)
}

// Len is how many clients the pool has at present.
func (t *Tenants) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.members)
}
