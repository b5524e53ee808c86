package superofficetest_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// getTokens calls GetExternalTokens with a tenant's present ticket.
func (e *environment) getTokens(t *testing.T, tenant *superofficetest.Tenant, body string) answer {
	t.Helper()
	return e.send(t, http.MethodPost, tenant.BaseURL()+"/v1/Agents/User/GetExternalTokens", body,
		e.withTicket(tenant.Credentials().Ticket), header("Content-Type", "application/json"))
}

func TestATenantIsAServer(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	one, two := e.AddTenant("Cust1"), e.AddTenant("Cust2")
	one.PutExternalTokens("key", superoffice.TokenManagementInfo{Provider: "GoogleMail"})
	assert.Contains(t, e.getTokens(t, one, `{"Key":"key"}`).body, "GoogleMail")
	assert.Equal(t, "null", e.getTokens(t, two, `{"Key":"key"}`).body, "each has its own data")

	one.Inject(1, superofficetest.Throttled("1"))
	assert.Equal(t, 200, e.getTokens(t, two, `{"Key":"key"}`).status)
	assert.Equal(t, 429, e.getTokens(t, one, `{"Key":"key"}`).status)
	one.Reply("User/GetExternalTokens", superofficetest.Empty(202))
	assert.Equal(t, 202, e.getTokens(t, one, `{"Key":"key"}`).status)
	assert.Equal(t, 400, e.getTokens(t, two, `{"Kay":"key"}`).status)
	assert.Len(t, two.Mismatches(), 1)
	assert.Empty(t, one.Mismatches())
	assert.Len(t, one.Requests(), 3)
	assert.Equal(t, "User/GetExternalTokens", one.Requests()[0].Operation)
	assert.Empty(t, e.LoginRequests(), "data is no business of the login host")
}

func TestTheClientOfATenantFollowsIt(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	tenant.Move()
	tokens, err := tenant.Client().User.SaveExternalTokens(t.Context(), &superoffice.TokenManagementInfo{Provider: "GoogleMail"})
	require.NoError(t, err)
	assert.NotEmpty(t, tokens)
	_, err = tenant.Client(superoffice.WithAuth(superoffice.TicketAuth("7T:wrong"))).User.GetExternalTokens(t.Context(), tokens)
	assert.ErrorIs(t, err, superoffice.ErrUnauthorized)
}

func TestRotationOfATenantsCredentials(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	old, other := tenant.Credentials().Ticket, tenant.NewTicket()
	assert.Equal(t, other, tenant.Credentials().Ticket)
	next := tenant.RotateTicket()
	assert.Equal(t, 200, e.me(t, tenant, e.withTicket(old)), "only the present one is replaced")
	assert.Equal(t, 401, e.me(t, tenant, e.withTicket(other)))
	assert.Equal(t, 200, e.me(t, tenant, e.withTicket(next)))
	c := tenant.Credentials()
	assert.Equal(t, 401, e.me(t, tenant, basic(c.User, c.Password)))
	assert.Equal(t, e.App().ClientSecret, c.AppToken)
}

func TestUserTokensOnline(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	got := e.send(t, http.MethodGet, tenant.BaseURL()+"/v1/User/currentToken", "", e.withTicket(tenant.NewTicket()))
	require.Equal(t, 200, got.status)
	bearer := authorization("Bearer " + strings.Trim(got.body, `"`))
	assert.Equal(t, 200, e.me(t, tenant, bearer))
	tenant.ExpireUserTokens()
	assert.Equal(t, 401, e.me(t, tenant, bearer))
}

func TestInjectState(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	e.InjectState(2, superofficetest.Unavailable("3"))
	for range 2 {
		got := e.send(t, http.MethodGet, e.URL+"/api/state/Cust1", "")
		assert.Equal(t, 503, got.status)
		assert.Equal(t, "3", got.header.Get("Retry-After"))
		assert.Equal(t, 200, e.send(t, http.MethodGet, e.URL+"/login/.well-known/jwks", "").status, "not of the state service")
		assert.Equal(t, 200, e.me(t, tenant, e.withTicket(tenant.NewTicket())))
	}
	assert.Equal(t, true, e.stateOf(t, "Cust1")["IsRunning"])
	assert.Equal(t, 3, e.StateLookups())
}

func TestInjectLogin(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	e.InjectLogin(4, superofficetest.Respond(500, "text/plain", "down"))
	assert.Equal(t, 500, e.send(t, http.MethodGet, e.URL+"/login/.well-known/jwks", "").status)
	assert.Equal(t, 500, e.exchange(t, e.systemUser(t, "Cust1")).status)
	assert.Equal(t, 500, e.form(t, tokensPath, nil).status)
	assert.Equal(t, 200, e.send(t, http.MethodGet, e.URL+"/login/.well-known/openid-configuration", "").status)
	assert.Equal(t, "Running", e.stateOf(t, "Cust1")["State"])
	assert.Equal(t, 500, e.form(t, revokePath, nil).status)
	assert.Equal(t, true, e.exchange(t, e.systemUser(t, "Cust1")).object(t)["IsSuccessful"])
	assert.Equal(t, 1, e.Tenant("Cust1").Exchanges(), "a call that suffers a fault exchanges nothing")
}

func TestInjectLoginOn(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	forged := e.SignSystemUserToken(func(_, claims map[string]any) { claims[claim+"ctx"] = "Cust2" })
	e.InjectLoginOn("authenticate", 1, superofficetest.Respond(200, "application/json", `{"IsSuccessful":true,"Token":"`+forged+`"}`))
	assert.Equal(t, 200, e.send(t, http.MethodGet, e.URL+"/login/.well-known/jwks", "").status)
	_, claims := e.jwt(t, e.exchange(t, e.systemUser(t, "Cust1")).object(t)["Token"].(string))
	assert.Equal(t, "Cust2", claims[claim+"ctx"])
}

func TestLoginRequests(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	e.exchange(t, e.systemUser(t, "Cust1"))
	e.stateOf(t, "Cust1")
	e.send(t, http.MethodGet, e.URL+"/nothing?a=b", "")
	requests := e.LoginRequests()
	require.Len(t, requests, 3)
	assert.Equal(t, []string{"Authenticate", "state", ""}, []string{requests[0].Operation, requests[1].Operation, requests[2].Operation})
	assert.Contains(t, string(requests[0].Body), e.App().ClientSecret, "secrets included")
	assert.Contains(t, string(requests[0].Answer), `"IsSuccessful":true`)
	assert.Equal(t, "a=b", requests[2].RawQuery)
	assert.Equal(t, 404, requests[2].Status)
}

func TestTooLargeRequests(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	large := strings.Repeat("a", 32<<20+1)
	assert.Equal(t, 413, e.send(t, http.MethodPost, e.URL+tokensPath, large).status)
	nobody := strings.Replace(tenant.BaseURL(), "Cust1", "Cust9", 1)
	assert.Equal(t, 413, e.send(t, http.MethodPost, nobody, large).status)
}

// failures takes what a server says of a test.
type failures struct {
	mu      sync.Mutex
	errors  []string
	cleanup []func()
}

func (f *failures) Helper()                {}
func (f *failures) Cleanup(cleanup func()) { f.cleanup = append(f.cleanup, cleanup) }

func (f *failures) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func TestWithTenantOptions(t *testing.T) {
	t.Parallel()
	var checked failures
	e := newEnvironment(t, superofficetest.WithTenantOptions(superofficetest.WithTest(&checked), superofficetest.RestrictAgent("Contact", 403)),
		superofficetest.WithTenantOptions(superofficetest.WithRecordLimit(1)))
	tenant := e.AddTenant("Cust1")
	assert.Len(t, checked.cleanup, 1, "one server closes all")
	e.getTokens(t, tenant, `{"Kay":"key"}`)
	assert.Len(t, checked.errors, 1)
	got := e.send(t, http.MethodPost, tenant.BaseURL()+"/v1/Agents/Contact/GetContactEntity?contactEntityId=1", "", e.withTicket(tenant.NewTicket()))
	assert.Equal(t, 403, got.status)
	assert.Len(t, tenant.Requests(), 1)
	e.stateOf(t, "Cust1")
	e.stateOf(t, "Cust1")
	assert.Len(t, e.LoginRequests(), 1)
	checked.cleanup[0]()
	_, err := e.try(t, http.MethodGet, e.URL, "")
	assert.Error(t, err, "it is closed")
}

func TestWithOnlineListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	e := newEnvironment(t, superofficetest.WithOnlineListener(l), superofficetest.WithHosts(1))
	assert.Equal(t, "http://"+l.Addr().String(), e.URL)
	assert.Equal(t, 404, e.send(t, http.MethodGet, e.URL, "").status)
}

func TestCloseReleasesWhatIsHeldBack(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	never := make(chan struct{})
	tenant.Inject(1, superofficetest.StallBody(never))
	e.InjectState(1, superofficetest.StallBody(never))
	var bodies []io.ReadCloser
	for _, address := range []string{tenant.BaseURL(), e.URL + "/api/state/Cust1"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		res, err := e.client.Do(req)
		require.NoError(t, err)
		bodies = append(bodies, res.Body)
	}
	e.Close()
	for _, body := range bodies {
		_, err := io.ReadAll(body)
		assert.Error(t, err, "the other half never comes")
		require.NoError(t, body.Close())
	}
	e.Close()
}

func TestOnlinePanics(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t, superofficetest.WithHosts(1))
	tenant := e.AddTenant("Cust1")
	for want, f := range map[string]func(){
		"superofficetest: WithHosts: 0 hosts cannot hold a tenant; use 1 or more": func() { superofficetest.WithHosts(0) },
		"superofficetest: AddTenant: \"a/b\" cannot be part of an address":        func() { e.AddTenant("a/b") },
		"superofficetest: AddTenant: there is a tenant cust1 already":             func() { e.AddTenant("cust1") },
		"superofficetest: Tenant.Move: there is no other host; see WithHosts":     tenant.Move,
	} {
		assert.PanicsWithValue(t, want, f)
	}
	assert.Same(t, tenant, e.Tenant("Cust1"))
}

func TestAnApplicationPrintsNoSecret(t *testing.T) {
	t.Parallel()
	app := newEnvironment(t).App()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		for _, value := range []any{app, &app, []any{app}} {
			text := fmt.Sprintf(verb, value)
			assert.NotContains(t, text, app.ClientSecret)
			assert.NotContains(t, text, app.PrivateKey.D.String())
		}
	}
	assert.Contains(t, fmt.Sprint(app), app.ClientID)
}

func BenchmarkAddTenant(b *testing.B) {
	o := superofficetest.NewOnline()
	defer o.Close()
	b.ReportAllocs()
	for i := range b.N {
		o.AddTenant(fmt.Sprintf("Cust%d", i))
	}
}
