package online

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestSystemUserGetsOneTicketForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	other, err := w.app.SystemUserClient("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	both := []*superoffice.Client{client, other}
	for round := range 3 {
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() { assert.NoError(t, read(t.Context(), both[i%2])) })
		}
		group.Wait()
		assert.Equal(t, round+1, tenant.Exchanges())
		tenant.ExpireTickets()
	}
	sent := tenant.Requests()[0].Header
	assert.Regexp(t, "^SOTicket 7T:", sent.Get("Authorization"))
	assert.Equal(t, w.App().ClientSecret, sent.Get("SO-AppToken"))
}

func TestTicketIsRenewedAheadOfSixIdleHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	for range 20 { // in use all day
		w.pass(5 * time.Hour)
		require.NoError(t, read(t.Context(), client))
	}
	assert.Equal(t, 1, tenant.Exchanges())
	w.pass(6*time.Hour - ticketMargin)
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 2, tenant.Exchanges())
	for _, r := range tenant.Requests() {
		assert.Equal(t, http.StatusOK, r.Status, "no call had to be refused for it")
	}
}

// TestTicketIsInUseByOthers has one process use a ticket that another one has
// not used for long.
func TestTicketIsInUseByOthers(t *testing.T) {
	t.Parallel()
	store := NewMemoryStore()
	w := newWorld(t, func(c *Config) { c.Store = store })
	tenant, busy := w.systemUser("Cust12345")
	idle, err := w.another(func(c *Config) { c.Store = store }).SystemUserClient("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), idle))
	for range 10 {
		w.pass(time.Hour)
		require.NoError(t, read(t.Context(), busy))
	}
	require.NoError(t, read(t.Context(), idle))
	assert.Equal(t, 1, tenant.Exchanges())
}

func TestStoreThatFailsDoesNotTakeTheTicketAway(t *testing.T) {
	t.Parallel()
	store := &brokenStore{Store: NewMemoryStore()}
	store.left.Store(3) // load, claim, put
	w := newWorld(t, func(c *Config) { c.Store = store })
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	for range 5 {
		w.pass(time.Hour)
		require.NoError(t, read(t.Context(), client))
	}
	tenant.ExpireTickets()
	require.ErrorIs(t, read(t.Context(), client), errStore)
	store.left.Store(1 << 30)
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 2, tenant.Exchanges())
}

func TestSystemUserThatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	tenant.RevokeSystemUser()
	err := read(t.Context(), client)
	var refused *ExchangeError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "Cust12345", refused.Tenant)
	assert.NotEmpty(t, refused.Reason)
	assert.Less(t, refused.Skew.Abs(), time.Minute)
	require.ErrorIs(t, err, superoffice.ErrUnauthorized)
	assert.NotContains(t, err.Error(), tenant.SystemUserToken)
	assert.NotContains(t, err.Error(), "clock")
	assert.Zero(t, tenant.Exchanges())
	assert.Equal(t, "online: SuperOffice gives the system user no ticket for Cust1: no reason given", (&ExchangeError{Tenant: "Cust1"}).Error())
}

func TestClockThatIsOff(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-20 * time.Minute, 20 * time.Minute} {
		w := newWorld(t)
		_, client := w.systemUser("Cust12345")
		w.SetClockSkew(skew)
		err := read(t.Context(), client)
		var refused *ExchangeError
		require.ErrorAs(t, err, &refused)
		assert.InDelta(t, -skew.Seconds(), refused.Skew.Seconds(), 120)
		if skew < 0 {
			assert.ErrorContains(t, err, "ahead of the server's")
		} else {
			assert.ErrorContains(t, err, "behind the server's")
		}
	}
}

func TestKeysAreTriedInTurn(t *testing.T) {
	t.Parallel()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	w := newWorld(t, func(c *Config) { c.PrivateKeys = append([]*rsa.PrivateKey{stranger}, c.PrivateKeys...) })
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 1, tenant.Exchanges())

	next := w.RotateAppKey()
	tenant.ExpireTickets()
	var refused *ExchangeError
	require.ErrorAs(t, read(t.Context(), client), &refused)
	rotated, err := w.another(func(c *Config) { c.PrivateKeys = append([]*rsa.PrivateKey{next}, c.PrivateKeys...) }).
		SystemUserClient("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), rotated))
}

// TestExchangeThatFails looks at failures that are no refusals.
func TestExchangeThatFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault superofficetest.Fault
		is    error
	}{
		"an error":        {superofficetest.Status(500, "SoServerException", "broken"), nil},
		"a bad request":   {superofficetest.Status(400, "ArgumentException", "broken"), nil},
		"maintenance":     {superofficetest.Unavailable(""), superoffice.ErrUnavailable},
		"a page":          {superofficetest.Respond(200, "text/html", "<html>Sign in</html>"), nil},
		"nothing":         {superofficetest.Respond(200, "application/json", "null"), superoffice.ErrNotFound},
		"not a token":     {superofficetest.Respond(200, "application/json", `{"IsSuccessful":true,"Token":"abc"}`), nil},
		"an echo":         {echo(), nil},
		"a refusing echo": {refusingEcho(), superoffice.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tenant, client := w.systemUser("Cust12345")
			w.InjectLogin(1, test.fault)
			err := read(t.Context(), client)
			require.Error(t, err)
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			assert.Zero(t, tenant.Exchanges(), "a write is not tried again")
			everything := fmt.Sprintf("%v %+v %#v", err, err, err)
			for failed := (*superoffice.Error)(nil); asError(err, &failed); err = failed.Unwrap() {
				everything += string(failed.Body) + failed.Message + failed.Detail
			}
			for _, hidden := range []string{tenant.SystemUserToken, w.App().ClientSecret} {
				assert.NotContains(t, everything, hidden)
				assert.NotContains(t, everything, url.QueryEscape(hidden))
			}
			require.NoError(t, read(t.Context(), client), "the next call tries anew")
		})
	}
}

// echo is a failure that repeats what was sent, refusingEcho a refusal.
func echo() superofficetest.Fault {
	return superofficetest.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := readBody(r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"ErrorMessage": "bad: " + in["SignedSystemToken"], "Message": in["ApplicationToken"], "What": in})
	}))
}

func refusingEcho() superofficetest.Fault {
	return superofficetest.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := readBody(r)
		token := in["SignedSystemToken"]
		token = token[:strings.LastIndex(token[:strings.LastIndex(token, ".")], ".")]
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"IsSuccessful": false, "ErrorMessage": "no " + token + " and " + in["ApplicationToken"]})
	}))
}

func readBody(r *http.Request) map[string]string {
	var in map[string]string
	_ = json.NewDecoder(r.Body).Decode(&in)
	return in
}

func TestExchangeIsSentAgainWhereTheServerAsksForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	w.InjectLogin(2, superofficetest.Throttled("1"))
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 1, tenant.Exchanges())
}

func TestSystemUserThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for says, try := range map[string]func() (*SystemUser, error){
		"tenant":              func() (*SystemUser, error) { return w.app.SystemUser("Cust/1", "token") },
		"token":               func() (*SystemUser, error) { return w.app.SystemUser("Cust1", "") },
		"Config.ClientSecret": func() (*SystemUser, error) { return w.another(noSecret).SystemUser("Cust1", "token") },
		"Config.PrivateKeys":  func() (*SystemUser, error) { return w.another(noKeys).SystemUser("Cust1", "token") },
	} {
		user, err := try()
		assert.Nil(t, user)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
		assert.ErrorContains(t, err, "online: "+says)
	}
}

func noSecret(c *Config) { c.ClientSecret = "" }
func noKeys(c *Config)   { c.PrivateKeys = nil }

func TestCancelledCallLeavesTheExchangeToOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	began, goOn := make(chan struct{}), make(chan struct{})
	w.InjectLogin(1, superofficetest.Handler(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		rw.Header().Set("Retry-After", "1")
		rw.WriteHeader(http.StatusServiceUnavailable)
	})))
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- read(ctx, client) }()
	<-began
	cancel()
	require.ErrorIs(t, <-left, context.Canceled)
	close(goOn)
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 1, tenant.Exchanges())
}

// TestTenantThatTakesNoTicket has a tenant reject every ticket: its database
// must not get a row for each call.
func TestTenantThatTakesNoTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	tenant.Inject(1000, superofficetest.Unauthorized())
	for range 100 {
		require.ErrorIs(t, read(t.Context(), client), superoffice.ErrUnauthorized)
	}
	assert.Equal(t, allowedBurst+1, tenant.Exchanges(), "the first was not known to be rejected")
	require.ErrorIs(t, read(t.Context(), client), errAllowanceSpent)
	require.NotErrorAs(t, read(t.Context(), client), new(*ExchangeError))
	w.pass(allowedEvery)
	require.ErrorIs(t, read(t.Context(), client), superoffice.ErrUnauthorized)
	require.ErrorIs(t, read(t.Context(), client), errAllowanceSpent)
	assert.Equal(t, allowedBurst+2, tenant.Exchanges())
	tenant.ClearFaults()
	require.NoError(t, read(t.Context(), client))
	w.pass(24 * time.Hour)
	require.NoError(t, read(t.Context(), client))
}

// TestSystemUserThatIsRefusedForLong does not ask for a ticket at every call,
// and still says why there is none.
func TestSystemUserThatIsRefusedForLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	tenant.RevokeSystemUser()
	for range 3 * allowedBurst {
		var refused *ExchangeError
		require.ErrorAs(t, read(t.Context(), client), &refused)
	}
	assert.Equal(t, allowedBurst, w.arrived("Authenticate"))
	assert.ErrorIs(t, read(t.Context(), client), errAllowanceSpent)
}

// TestTicketsThatWorkAreNotCounted has tickets expire faster than they do in
// the world: each of them has served, so there is no limit.
func TestTicketsThatWorkAreNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	for range 3 * allowedBurst {
		require.NoError(t, read(t.Context(), client))
		tenant.ExpireTickets()
	}
	assert.Equal(t, 3*allowedBurst, tenant.Exchanges())
}

// countingStore counts what is written.
type countingStore struct {
	Store
	swaps atomic.Int64
}

func (s *countingStore) Swap(ctx context.Context, key Key, old string, next Entry, ttl time.Duration) (bool, error) {
	s.swaps.Add(1)
	return s.Store.Swap(ctx, key, old, next, ttl)
}

// TestUseIsToldByOne has many goroutines find at the same time that the others
// are to be told that a ticket is in use.
func TestUseIsToldByOne(t *testing.T) {
	t.Parallel()
	store := &countingStore{Store: NewMemoryStore()}
	w := newWorld(t, func(c *Config) { c.Store = store })
	_, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	w.pass(touchEvery)
	before := store.swaps.Load()
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() { assert.NoError(t, read(t.Context(), client)) })
	}
	group.Wait()
	assert.EqualValues(t, 1, store.swaps.Load()-before)
}

// TestUseOfATicketLeavesAClaimAlone has one process use a ticket while another
// one is at replacing it.
func TestUseOfATicketLeavesAClaimAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	w.pass(touchEvery)
	user, err := w.app.SystemUser("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	k, version, err := user.ticket.load(t.Context())
	require.NoError(t, err)
	k.Claimed = w.clock.now().Add(claimTime)
	claimed, ok, err := user.ticket.swap(t.Context(), version, k)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, read(t.Context(), client))
	_, ok, err = user.ticket.swap(t.Context(), claimed, &storedCredential{Secret: tenant.NewTicket(), Used: w.clock.now()})
	require.NoError(t, err)
	assert.True(t, ok, "the new ticket is kept where the claim was")
}

// TestKeyThatIsRefusedByStatus has the next key tried if SuperOffice refuses
// one with nothing but a status.
func TestKeyThatIsRefusedByStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		w := newWorld(t, func(c *Config) { c.PrivateKeys = append(c.PrivateKeys, c.PrivateKeys...) })
		tenant, client := w.systemUser("Cust12345")
		w.InjectLogin(1, superofficetest.Respond(status, "text/html", "<html>no</html>"))
		require.NoError(t, read(t.Context(), client), status)
		assert.Equal(t, 1, tenant.Exchanges())
	}
}
