package online

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// TestTicketThatAnotherProcessLeftToExpire has one process two tickets behind:
// the one it finds in the Store has expired as well.
func TestTicketThatAnotherProcessLeftToExpire(t *testing.T) {
	t.Parallel()
	store := NewMemoryStore()
	shared := func(c *Config) { c.Store = store }
	w := newWorld(t, shared)
	tenant, behind := w.systemUser("Cust12345")
	ahead, err := w.another(shared).SystemUserClient("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), behind))
	tenant.ExpireTickets()
	require.NoError(t, read(t.Context(), ahead))
	tenant.ExpireTickets()
	require.NoError(t, read(t.Context(), behind))
	assert.Equal(t, 3, tenant.Exchanges())
}

// TestManyTicketsThatAnotherProcessLeftToExpire has many calls at once two
// tickets behind: the found one is replaced while some are still on their way
// with it.
func TestManyTicketsThatAnotherProcessLeftToExpire(t *testing.T) {
	t.Parallel()
	store := NewMemoryStore()
	shared := func(c *Config) { c.Store = store }
	w := newWorld(t, shared)
	tenant, behind := w.systemUser("Cust12345")
	ahead, err := w.another(shared).SystemUserClient("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	const rounds = 5
	for range rounds {
		require.NoError(t, read(t.Context(), behind))
		tenant.ExpireTickets()
		require.NoError(t, read(t.Context(), ahead))
		tenant.ExpireTickets()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() { assert.NoError(t, read(t.Context(), behind)) })
		}
		group.Wait()
	}
	assert.Equal(t, 1+2*rounds, tenant.Exchanges(), "each was got once")
}

// TestCallThatIsOvertakenByARenewal has a call rejected with the found ticket
// when another call has replaced that. It gets one more try, and no third.
func TestCallThatIsOvertakenByARenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	user, err := w.app.SystemUser("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	for _, c := range []struct {
		last *storedCredential
		want bool
	}{
		{nil, false},
		{&storedCredential{Secret: "7T:3"}, true},
		{&storedCredential{Secret: "7T:2", found: true}, true},
		{&storedCredential{Secret: "7T:2"}, false},
	} {
		user.ticket.last.Store(c.last)
		rejected := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		rejected.Header.Set("Authorization", "SOTicket 7T:2")
		assert.Equal(t, c.want, user.Found(rejected), "%+v", c.last)
	}
}

// TestManyCallsToATenantThatTakesNoTicket end, and soon ask for no more tickets,
// though each of them may find that another one has got a new ticket.
func TestManyCallsToATenantThatTakesNoTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	tenant.Inject(100_000, superofficetest.Unauthorized())
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 10 {
				assert.Error(t, read(t.Context(), client))
			}
		})
	}
	group.Wait()
	assert.LessOrEqual(t, tenant.Exchanges(), 2*allowedBurst+1)
	assert.LessOrEqual(t, len(tenant.Requests()), 3*20*10, "no call is sent more than three times")
}

// TestSignOutDuringARefresh has the new tokens arrive after the person left.
func TestSignOutDuringARefresh(t *testing.T) {
	t.Parallel()
	var app *App
	c := &credential{tenant: "Cust12345", user: "5"}
	w := newWorld(t)
	app, c.app = w.app, w.app
	c.holder = keeping{fetcher(func(ctx context.Context, _ storedCredential) (storedCredential, error) {
		return storedCredential{Secret: "8A:new", Refresh: "refresh-new"}, app.SignOut(ctx, "Cust12345", 5)
	})}
	_, err := c.get(t.Context(), "")
	require.ErrorIs(t, err, ErrSignInRequired)
	assert.Equal(t, 2, w.arrived("Revoke"), "both new tokens")
	_, version, err := c.load(t.Context())
	require.NoError(t, err)
	assert.Empty(t, version)
}

// TestTokensThatLiveBriefly are used for a part of their life, and not got anew
// for each call.
func TestTokensThatLiveBriefly(t *testing.T) {
	t.Parallel()
	for _, life := range []time.Duration{3 * time.Minute, 20 * time.Second, 4 * time.Second} {
		w := newWorld(t)
		refreshes := 0
		u, err := w.app.User("Cust12345", 5)
		require.NoError(t, err)
		u.token.holder = brief{u, func() storedCredential {
			refreshes++
			now := w.app.now()
			return storedCredential{Secret: "8A:token", Refresh: "r", Used: now, Expires: now.Add(life)}
		}}
		for range 50 {
			k := u.token.last.Load()
			if !u.token.good(k, "") {
				k, err = u.token.get(t.Context(), "")
				require.NoError(t, err)
			}
			if u.isDue(k) {
				u.ahead(t.Context(), k)
			}
		}
		assert.Equal(t, 1, refreshes, life)
		w.pass(life)
		assert.False(t, u.token.good(u.token.last.Load(), ""))
	}
}

// brief is a user whose tokens the test makes.
type brief struct {
	*User
	next func() storedCredential
}

func (b brief) fetch(context.Context, storedCredential) (storedCredential, error) {
	return b.next(), nil
}

// TestTenantThatRefusesEachToken does not have a token refreshed for each call.
func TestTenantThatRefusesEachToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	claims, err := w.signIn(SignInOptions{})
	require.NoError(t, err)
	client, err := w.app.UserClient(claims.Tenant, claims.AssociateID)
	require.NoError(t, err)
	before := w.TokenRequests()
	tenant.Inject(1000, superofficetest.Unauthorized())
	for range 3 * allowedBurst {
		require.Error(t, read(t.Context(), client))
	}
	assert.LessOrEqual(t, w.TokenRequests()-before, allowedBurst+1)
	tenant.ClearFaults()
	w.pass(allowedEvery)
	require.NoError(t, read(t.Context(), client))
}
