package online

import (
	"context"
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
