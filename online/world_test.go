package online

import (
	"context"
	"crypto/rsa"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// world is SuperOffice Online in this process, with an application on it whose
// clock goes when it is told to.
type world struct {
	*superofficetest.OnlineServer
	t      testing.TB
	app    *App
	clock  *clock
	passed time.Duration
}

// newWorld also has the stand-in find no credential anywhere that it has no
// business.
func newWorld(t testing.TB, changes ...func(*Config)) *world {
	t.Helper()
	w := &world{OnlineServer: superofficetest.NewOnline(), t: t, clock: newClock()}
	t.Cleanup(func() {
		w.Close()
		assert.Empty(t, w.Violations())
	})
	w.app = w.another(changes...)
	return w
}

// another is the application in another process, which shares nothing but what
// the changes put into its Config.
func (w *world) another(changes ...func(*Config)) *App {
	w.t.Helper()
	registered := w.App()
	config := Config{
		Environment:  Environment(w.URL),
		ClientID:     registered.ClientID,
		ClientSecret: registered.ClientSecret,
		PrivateKeys:  []*rsa.PrivateKey{registered.PrivateKey},
		RedirectURL:  registered.RedirectURLs[0],
		Retry:        superoffice.RetryPolicy{Sleep: w.clock.nap},
	}
	for _, change := range changes {
		change(&config)
	}
	app, err := NewApp(config)
	require.NoError(w.t, err)
	w.t.Cleanup(app.CloseIdleConnections)
	return w.clock.use(app)
}

// pass lets time go by, here and there.
func (w *world) pass(d time.Duration) {
	w.clock.advance(d)
	w.Advance(d)
	w.passed += d
	w.SetClockSkew(w.passed)
}

// systemUser is a client for a new tenant as the application's system user.
func (w *world) systemUser(id string) (*superofficetest.Tenant, *superoffice.Client) {
	w.t.Helper()
	tenant := w.AddTenant(id)
	client, err := w.app.SystemUserClient(id, tenant.SystemUserToken)
	require.NoError(w.t, err)
	return tenant, client
}

// read and write are a call of each class.
func read(ctx context.Context, c *superoffice.Client) error {
	_, err := c.Contact.GetContactEntity(ctx, 5)
	return err
}

func write(ctx context.Context, c *superoffice.Client) error {
	_, err := c.User.SaveExternalTokens(ctx, &superoffice.TokenManagementInfo{Provider: "ExampleMail"})
	return err
}

// browse visits an address as a browser does, up to the redirect that leads
// away from the login service, and returns where that goes.
func (w *world) browse(address string) *url.URL {
	w.t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Get(address)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	target, err := resp.Location()
	require.NoError(w.t, err, resp.Status)
	return target
}

// visit is browse for a page, whose text it returns.
func (w *world) visit(address string) string {
	w.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(address)
	require.NoError(w.t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	return string(text)
}

func cancelled(t testing.TB) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

// arrived counts what arrived at the login and state services for one of their
// operations.
func (w *world) arrived(operation string) int {
	n := 0
	for _, r := range w.LoginRequests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}
