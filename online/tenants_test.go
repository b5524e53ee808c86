package online

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// pool is a pool of the world's application, which knows all tenants' tokens.
func (w *world) pool(opts ...superoffice.ClientOption) *Tenants {
	return w.app.Tenants(func(_ context.Context, id string) (string, error) {
		tenant := w.Tenant(id)
		if tenant == nil {
			return "", fmt.Errorf("no such customer: %s", id)
		}
		return tenant.SystemUserToken, nil
	}, opts...)
}

// TestTenantsUnderLoad has a thousand goroutines read and write in a hundred
// tenants, while every tenant moves twice, every ticket expires once, and the
// state service fails for a while.
func TestTenantsUnderLoad(t *testing.T) {
	t.Parallel()
	const tenants, goroutines, calls = 100, 1000, 8
	const failures = 60 // of the state service, in a row
	w := newWorld(t, func(c *Config) { c.Retry.MaxAttempts = failures + 1 })
	pool := w.pool()
	var all []*superofficetest.Tenant
	for i := range tenants {
		all = append(all, w.AddTenant(fmt.Sprintf("Cust%05d", i)))
	}

	var written sync.Map // the keys of what was saved
	work := func(worker int) {
		tenant := all[worker%tenants]
		for i := range calls {
			client, err := pool.For(t.Context(), tenant.ID)
			if !assert.NoError(t, err) {
				return
			}
			if i%2 == 0 {
				assert.NoError(t, read(t.Context(), client))
				continue
			}
			key, err := client.User.SaveExternalTokens(t.Context(), &superoffice.TokenManagementInfo{Provider: fmt.Sprint(worker, "-", i)})
			if assert.NoError(t, err) {
				_, twice := written.LoadOrStore(tenant.ID+" "+key, true)
				assert.False(t, twice)
			}
		}
	}
	// Every tenant is at work before the trouble begins, and after it ends.
	for worker := range tenants {
		work(worker)
	}
	var workers, trouble sync.WaitGroup
	for worker := range goroutines {
		workers.Go(func() { work(worker) })
	}
	trouble.Go(func() {
		for _, i := range rand.Perm(tenants) {
			all[i].Move()
		}
		w.InjectState(failures, superofficetest.Unavailable(""))
		for _, i := range rand.Perm(tenants) {
			all[i].ExpireTickets()
		}
		for _, i := range rand.Perm(tenants) {
			all[i].Move()
		}
	})
	workers.Wait()
	trouble.Wait()
	for worker := range tenants {
		work(worker)
	}
	saved := 0
	written.Range(func(any, any) bool { saved++; return true })
	assert.Equal(t, (goroutines+2*tenants)*calls/2, saved)
	for _, tenant := range all {
		assert.Equal(t, 2, tenant.Exchanges(), "one ticket at first, and one when that had expired: %s", tenant.ID)
		assert.Equal(t, (goroutines/tenants+2)*calls/2, w.saves(tenant))
	}
	assert.Equal(t, tenants, pool.Len())
	assert.Less(t, w.StateLookups(), 20*tenants)
}

// saves counts what a tenant has saved, by what it has answered.
func (w *world) saves(tenant *superofficetest.Tenant) int {
	n := 0
	for _, r := range tenant.Requests() {
		if r.Operation == "User/SaveExternalTokens" && r.Status == http.StatusOK {
			n++
		}
	}
	return n
}

func TestIdleTenantsAreLetGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(superoffice.WithLanguage("no"))
	tenant := w.AddTenant("Cust12345")
	w.AddTenant("Cust54321")
	first, err := pool.For(t.Context(), "Cust12345")
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), first))
	assert.Equal(t, "no", tenant.Requests()[0].Header.Get("SO-Language"))
	again, err := pool.For(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.Same(t, first, again)

	w.pass(idleTime - time.Minute)
	_, err = pool.For(t.Context(), "Cust54321")
	require.NoError(t, err)
	assert.Equal(t, 2, pool.Len())
	w.pass(2 * time.Minute)
	_, err = pool.For(t.Context(), "Cust54321")
	require.NoError(t, err)
	assert.Equal(t, 1, pool.Len())

	require.NoError(t, read(t.Context(), first), "a client that was let go still works")
	again, err = pool.For(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.NotSame(t, first, again)
	require.NoError(t, read(t.Context(), again))
	assert.Equal(t, 1, tenant.Exchanges(), "the Store has kept the ticket")

	pool.Forget("Cust12345")
	assert.Equal(t, 1, pool.Len())
}

func TestTenantsWithoutAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	_, err := pool.For(t.Context(), "Cust404")
	require.ErrorContains(t, err, "the system user token of Cust404: no such customer")
	lost := errors.New("the database is down")
	_, err = w.app.Tenants(func(context.Context, string) (string, error) { return "", lost }).For(t.Context(), "Cust12345")
	require.ErrorIs(t, err, lost)
	for _, token := range []string{"", " \n", `"My App-abc"`, "My App\n-abc"} {
		_, err = w.app.Tenants(func(context.Context, string) (string, error) { return token, nil }).For(t.Context(), "Cust12345")
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, "%q", token)
		require.ErrorContains(t, err, "the system user token of Cust12345")
	}
	_, err = w.app.Tenants(func(context.Context, string) (string, error) { return "token", nil }).For(t.Context(), "../Cust12345")
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.Zero(t, pool.Len())
}

// TestTokenThatChanges has an administrator consent anew: the pool's clients
// notice it when they need a ticket.
func TestTokenThatChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	token := "revoked"
	client, err := w.app.Tenants(func(context.Context, string) (string, error) { return token, nil }).For(t.Context(), "Cust12345")
	require.NoError(t, err)
	var refused *ExchangeError
	require.ErrorAs(t, read(t.Context(), client), &refused)
	token = tenant.SystemUserToken
	require.NoError(t, read(t.Context(), client))
	token = ""
	tenant.ExpireTickets()
	require.ErrorContains(t, read(t.Context(), client), "of Cust12345 is empty")
}

// TestFewAskAtOnce has many tenants need a look-up and a ticket at the same
// time.
func TestFewAskAtOnce(t *testing.T) {
	t.Parallel()
	const tenants = 3 * mostLookups
	w := newWorld(t)
	var states, exchanges gauge
	w.InjectState(tenants, superofficetest.Handler(states.count(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		rw.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(rw, `{"ContextIdentifier":%q,"State":"Running","IsRunning":true,"ValidUntil":"2999-01-01T00:00:00Z","Api":%q}`, id, w.Tenant(id).BaseURL())
	}))))
	w.InjectLoginOn("Authenticate", tenants, superofficetest.Handler(exchanges.count(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(rw, `{"IsSuccessful":false,"ErrorMessage":"not today"}`)
	}))))
	var group sync.WaitGroup
	for i := range tenants {
		_, client := w.systemUser(fmt.Sprintf("Cust%05d", i))
		group.Go(func() {
			var refused *ExchangeError
			assert.ErrorAs(t, read(t.Context(), client), &refused)
		})
	}
	group.Wait()
	assert.Equal(t, tenants, states.all)
	assert.LessOrEqual(t, states.most, mostLookups)
	assert.Equal(t, tenants, exchanges.all)
	assert.LessOrEqual(t, exchanges.most, mostExchanges)
	assert.Greater(t, exchanges.most, 1, "and not one by one")
}

// gauge counts how many are in a handler at the same time. Each stays until
// others had the chance to come.
type gauge struct {
	mu             sync.Mutex
	now, most, all int
}

func (g *gauge) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.add(1)
		for range 200 {
			runtime.Gosched()
		}
		next.ServeHTTP(w, r)
		g.add(-1)
	})
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += n
	g.most = max(g.most, g.now)
	g.all += max(n, 0)
}

// TestPoolKeepsItsOptions has the caller use a slice of options again.
func TestPoolKeepsItsOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	opts := []superoffice.ClientOption{superoffice.WithHeader("X-Test", "mine")}
	pool := w.app.Tenants(func(context.Context, string) (string, error) { return tenant.SystemUserToken, nil }, opts...)
	opts[0] = superoffice.WithHeader("X-Test", "another's")
	client, err := pool.For(t.Context(), "Cust12345")
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, "mine", tenant.Requests()[0].Header.Get("X-Test"))
}
