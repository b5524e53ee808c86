package redisstore_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// fleetVariable holds a worker's orders, in JSON.
const fleetVariable = "REDISSTORE_TEST_FLEET"

// orders are all that a process of a fleet is told: which application it is,
// on which environment, and as whom it works where.
type orders struct {
	Environment, RedirectURL string
	ClientID, ClientSecret   string
	PrivateKey               []byte // PEM
	StoreKey                 []byte // of EncryptedStore; empty for none

	Tenant          string
	SystemUserToken string
	AssociateID     int // whoever signed in; 0 for the system user
}

// app is the application, in any process.
func (o *orders) app(store online.Store) (*online.App, error) {
	key, err := online.ParsePrivateKey(o.PrivateKey)
	if err != nil {
		return nil, err
	}
	if len(o.StoreKey) > 0 {
		if store, err = online.EncryptedStore(store, o.StoreKey); err != nil {
			return nil, err
		}
	}
	return online.NewApp(online.Config{
		Environment: online.Environment(o.Environment), ClientID: o.ClientID, ClientSecret: o.ClientSecret,
		PrivateKeys: []*rsa.PrivateKey{key}, RedirectURL: o.RedirectURL, Store: store,
	})
}

// client is as whom the orders say.
func (o *orders) client(app *online.App) (*superoffice.Client, error) {
	if o.AssociateID > 0 {
		return app.UserClient(o.Tenant, o.AssociateID)
	}
	return app.SystemUserClient(o.Tenant, o.SystemUserToken)
}

const (
	callers      = 5 // at the same time, in each process
	callsOfOne   = 3
	callsOfRound = processes * callers * callsOfOne
)

// joinFleet makes a replica of a service: in each round its callers make their
// calls, with a credential that all replicas share.
func joinFleet(store online.Store) (round, error) {
	var o orders
	if err := json.Unmarshal([]byte(os.Getenv(fleetVariable)), &o); err != nil {
		return nil, errors.New("the orders cannot be read")
	}
	app, err := o.app(store)
	if err != nil {
		return nil, err
	}
	client, err := o.client(app)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		errs := make([]error, callers)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() {
				for range callsOfOne {
					_, err := client.Contact.GetContactEntity(ctx, 5)
					errs[i] = errors.Join(errs[i], err)
				}
			})
		}
		group.Wait()
		return "done", errors.Join(errs...)
	}, nil
}

// TestFleet has all replicas of a service need a credential at the same time,
// at first and when the one that they share is refused: one of them gets it.
func TestFleet(t *testing.T) {
	t.Parallel()
	storeKey := make([]byte, 32)
	_, _ = rand.Read(storeKey) // never fails
	for name, key := range map[string][]byte{"plain": nil, "encrypted": storeKey} {
		t.Run("system user, "+name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, key)
			f.start(t)
			for round := range 3 {
				f.work(t, round+1)
				assert.Equal(t, round+1, f.tenant.Exchanges())
				f.tenant.ExpireTickets()
			}
		})
		t.Run("user, "+name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, key)
			f.signIn(t)
			f.start(t)
			for round := range 3 {
				f.work(t, round+1)
				assert.Equal(t, round+1, f.online.TokenRequests(), "the sign-in's included")
				f.tenant.ExpireAccessTokens()
			}
		})
	}
}

// fleet is some replicas of a service, and the environment that they meet.
type fleet struct {
	orders
	online *superofficetest.OnlineServer
	tenant *superofficetest.Tenant
	app    *online.App // in this process, on the same store
	prefix string
	all    []*process
}

func newFleet(t *testing.T, storeKey []byte) *fleet {
	t.Helper()
	f := &fleet{online: superofficetest.NewOnline()}
	t.Cleanup(func() {
		f.online.Close()
		assert.Empty(t, f.online.Violations())
	})
	f.tenant = f.online.AddTenant("Cust12345")
	registered := f.online.App()
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(registered.PrivateKey)})
	f.orders = orders{
		Environment: f.online.URL, RedirectURL: registered.RedirectURLs[0],
		ClientID: registered.ClientID, ClientSecret: registered.ClientSecret, PrivateKey: private, StoreKey: storeKey,
		Tenant: f.tenant.ID, SystemUserToken: f.tenant.SystemUserToken,
	}
	store, _, prefix := newStore(t)
	app, err := f.orders.app(store)
	require.NoError(t, err)
	t.Cleanup(app.CloseIdleConnections)
	f.app, f.prefix = app, prefix
	return f
}

// signIn signs somebody in, here, and has the replicas work as that person.
func (f *fleet) signIn(t *testing.T) {
	t.Helper()
	signIn, err := f.app.BeginSignIn(online.SignInOptions{Tenant: f.tenant.ID})
	require.NoError(t, err)
	browser := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := browser.Get(signIn.URL())
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	back, err := resp.Location()
	require.NoError(t, err, resp.Status)
	claims, err := f.app.FinishSignIn(t.Context(), signIn, back.Query())
	require.NoError(t, err)
	f.AssociateID = claims.AssociateID
}

func (f *fleet) start(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(f.orders)
	require.NoError(t, err)
	f.all = startWorkers(t, "fleet", processes, f.prefix, fleetVariable+"="+string(text))
}

// work has all replicas make their calls, and looks at how these ended: those
// of the first rounds, with one credential each.
func (f *fleet) work(t *testing.T, rounds int) {
	t.Helper()
	doRound(t, f.all)
	served, sent := 0, make(map[string]bool)
	for _, r := range f.tenant.Requests() {
		if r.Status == http.StatusOK {
			served++
			sent[r.Header.Get("Authorization")] = true
		}
	}
	assert.Equal(t, rounds*callsOfRound, served)
	assert.Equal(t, rounds, len(sent), "how many credentials there were for all replicas")
}

// Format keeps what a fleet knows out of the messages of a test.
func (f *fleet) Format(s fmt.State, _ rune) { _, _ = fmt.Fprint(s, "the fleet at ", f.Environment) }
