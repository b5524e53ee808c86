package superofficetest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// environment is an OnlineServer and a plain HTTP client for it that follows
// no redirect.
type environment struct {
	*superofficetest.OnlineServer
	client *http.Client
}

func newEnvironment(t *testing.T, opts ...superofficetest.OnlineOption) *environment {
	t.Helper()
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100}
	e := &environment{superofficetest.NewOnline(opts...), &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		e.Close()
	})
	return e
}

// send makes a request. The first edit may set a content type.
func (e *environment) send(t *testing.T, method, address, body string, edits ...edit) answer {
	t.Helper()
	got, err := e.try(t, method, address, body, edits...)
	require.NoError(t, err)
	return got
}

func (e *environment) try(t *testing.T, method, address, body string, edits ...edit) (answer, error) {
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	for _, edit := range edits {
		edit(req)
	}
	res, err := e.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(text), err}, nil
}

// form posts parameters to a path of the login service.
func (e *environment) form(t *testing.T, path string, params url.Values, edits ...edit) answer {
	t.Helper()
	edits = append([]edit{header("Content-Type", "application/x-www-form-urlencoded")}, edits...)
	return e.send(t, http.MethodPost, e.URL+path, params.Encode(), edits...)
}

// withTicket signs a request with a ticket and the application's secret.
func (e *environment) withTicket(ticket string) edit {
	secret := e.App().ClientSecret
	return func(r *http.Request) {
		r.Header.Set("Authorization", "SOTicket "+ticket)
		r.Header.Set("SO-AppToken", secret)
	}
}

// me asks a tenant's API, at its present address, who is signed in.
func (e *environment) me(t *testing.T, tenant *superofficetest.Tenant, edits ...edit) int {
	t.Helper()
	return e.send(t, http.MethodGet, tenant.BaseURL()+"/v1/User/currentPrincipal", "", edits...).status
}

func (e *environment) stateOf(t *testing.T, id string) map[string]any {
	t.Helper()
	got := e.send(t, http.MethodGet, e.URL+"/api/state/"+id, "")
	require.Equal(t, 200, got.status, "%s", got.body)
	return got.object(t)
}

func TestStateOfARunningTenant(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	got := e.send(t, http.MethodGet, e.URL+"/api/state/cust1", "")
	assert.Equal(t, "application/json; charset=utf-8", got.header.Get("Content-Type"))
	state := got.object(t)
	base := e.Tenant("CUST1").BaseURL()
	until := state["ValidUntil"].(string)
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$`, until)
	at, err := time.Parse(time.RFC3339Nano, until)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(10*time.Minute), at, time.Minute)
	assert.NotEmpty(t, state["Version"])
	delete(state, "ValidUntil")
	delete(state, "Version")
	assert.Equal(t, map[string]any{
		"ContextIdentifier": "Cust1", "State": "Running", "IsRunning": true,
		"Endpoint": strings.TrimSuffix(base, "/api"), "Api": base,
	}, state)
	order := `{"ContextIdentifier":"Cust1","Endpoint":"` + state["Endpoint"].(string) + `","State":"Running","IsRunning":true,"ValidUntil":"`
	assert.True(t, strings.HasPrefix(got.body, order), "%s", got.body)
	assert.Equal(t, 1, e.StateLookups())
}

func TestEveryStateOfATenant(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	for state, running := range map[string]bool{
		"Unknown": false, "Provisioning": false, "Running": true, "Deleted": false, "Suspended": false, "OnlineMaintenance": true,
		"OfflineMaintenance": false, "ProvisioningFailed": false, "Deleting": false, "DeleteFailed": false, "MigrationPending": false, "New": false,
	} {
		tenant.SetState(state)
		got := e.stateOf(t, "Cust1")
		assert.Equal(t, state, got["State"])
		assert.Equal(t, running, got["IsRunning"], state)
		want := http.StatusServiceUnavailable
		if running {
			want = http.StatusOK
		}
		assert.Equal(t, want, e.me(t, tenant, e.withTicket(tenant.NewTicket())), state)
	}
	tenant.SetState("Suspended")
	page := e.send(t, http.MethodGet, tenant.BaseURL(), "")
	assert.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
}

func TestStateOfAnUnknownTenant(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	got := e.stateOf(t, "Cust9")
	assert.Equal(t, "Unknown", got["State"])
	assert.Equal(t, false, got["IsRunning"])
	assert.Equal(t, "Cust9", got["ContextIdentifier"])
	assert.Nil(t, got["Api"])
	assert.Nil(t, got["Endpoint"])
	assert.Nil(t, e.Tenant("Cust9"))
}

func TestStatusValidity(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	e.StatusValidity(time.Hour)
	e.SetClockSkew(24 * time.Hour)
	at, err := time.Parse(time.RFC3339Nano, e.stateOf(t, "Cust1")["ValidUntil"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(25*time.Hour), at, time.Minute)
}

func TestMove(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	old, ticket := tenant.BaseURL(), tenant.NewTicket()
	assert.Equal(t, tenant.URL, old)
	require.Equal(t, 200, e.me(t, tenant, e.withTicket(ticket)))
	tenant.Move()
	require.NotEqual(t, old, tenant.BaseURL())
	assert.Equal(t, old, tenant.URL, "URL is the address at creation")
	for _, path := range []string{"", "/v1/User/currentPrincipal", "/v1/Agents/User/GetExternalTokens", "/nothing"} {
		got := e.send(t, http.MethodGet, old+path, "", authorization("SOTicket wrong"))
		require.Equal(t, http.StatusMisdirectedRequest, got.status, path)
		assertServiceFailure(t, got, "SoServerException")
		assert.Equal(t, "Wrong subdomain used to access tenant", got.object(t)["ErrorMessage"])
	}
	assert.Equal(t, tenant.BaseURL(), e.stateOf(t, "Cust1")["Api"])
	assert.Equal(t, 200, e.me(t, tenant, e.withTicket(ticket)), "tickets move along")
	requests := tenant.Requests()
	assert.Equal(t, 421, requests[len(requests)-2].Status)
	tenant.Move()
	assert.Equal(t, old, tenant.BaseURL(), "with two hosts, the next but one is the first")
	assert.Empty(t, e.Violations())
}

func TestTenantsAreSpreadOverHosts(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t, superofficetest.WithHosts(3))
	hosts := make(map[string]int)
	for _, id := range []string{"A", "B", "C", "D"} {
		u, err := url.Parse(e.AddTenant(id).URL)
		require.NoError(t, err)
		hosts[u.Host]++
		assert.Equal(t, "/"+id+"/api", u.Path)
	}
	assert.Len(t, hosts, 3)
	got := e.send(t, http.MethodGet, strings.Replace(e.Tenant("A").BaseURL(), "/A/", "/Z/", 1), "")
	assert.Equal(t, 404, got.status)
}

func TestTicketsExpireSixHoursAfterTheirLastUse(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	used, idle := tenant.NewTicket(), tenant.NewTicket()
	for range 3 {
		e.Advance(5 * time.Hour)
		assert.Equal(t, 200, e.me(t, tenant, e.withTicket(used)), "each use gives it its full time again")
	}
	assert.Equal(t, 401, e.me(t, tenant, e.withTicket(idle)))
	e.Advance(6 * time.Hour)
	assert.Equal(t, 401, e.me(t, tenant, e.withTicket(used)))
	assert.Equal(t, 200, e.me(t, tenant, e.withTicket(tenant.NewTicket())))
}

func TestAUseThatIsRefusedKeepsNoTicketAlive(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	ticket := tenant.NewTicket()
	e.Advance(5 * time.Hour)
	assert.Equal(t, 401, e.me(t, tenant, authorization("SOTicket "+ticket)), "there is no SO-AppToken")
	e.Advance(5 * time.Hour)
	assert.Equal(t, 401, e.me(t, tenant, e.withTicket(ticket)))
}

func TestExpireAtOnce(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant, other := e.AddTenant("Cust1"), e.AddTenant("Cust2")
	ticket, token := tenant.NewTicket(), tenant.Credentials().AccessToken
	require.Equal(t, 200, e.me(t, tenant, e.withTicket(ticket)))
	require.Equal(t, 200, e.me(t, tenant, authorization("Bearer "+token)))
	tenant.ExpireTickets()
	got := e.send(t, http.MethodGet, tenant.BaseURL()+"/v1/User/currentPrincipal", "", e.withTicket(ticket))
	assert.Equal(t, 401, got.status)
	assertServiceFailure(t, got, "SoSessionException")
	assert.Equal(t, 200, e.me(t, tenant, authorization("Bearer "+token)))
	tenant.ExpireAccessTokens()
	assert.Equal(t, 401, e.me(t, tenant, authorization("Bearer "+token)))
	assert.Equal(t, 401, e.me(t, tenant, authorization("Bearer "+ticket)), "a ticket is no access token")
	assert.Equal(t, 200, e.me(t, other, e.withTicket(other.Credentials().Ticket)), "other tenants are not touched")
}

func TestViolations(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	a, b := e.AddTenant("A"), e.AddTenant("B")
	ticket, token := a.NewTicket(), a.Credentials().AccessToken
	secret, systemUser := e.App().ClientSecret, a.SystemUserToken
	elsewhere := strings.Replace(b.BaseURL(), "/B/", "/A/", 1)
	tests := []struct {
		name, method, address string
		edit                  edit
		want                  string
	}{
		{"own ticket", "GET", a.BaseURL(), e.withTicket(ticket), ""},
		{"secret without a ticket", "GET", a.BaseURL(), header("SO-AppToken", secret), ""},
		{"ticket of another tenant", "GET", b.BaseURL(), e.withTicket(ticket), "the ticket of A arrived at the API of B on host 1"},
		{"access token of another tenant", "GET", b.BaseURL(), authorization("Bearer " + token), "the access token of A arrived at the API of B on host 1"},
		{"ticket on a host where its tenant never lived", "GET", elsewhere, e.withTicket(ticket), "the ticket of A arrived at the API of A on host 1"},
		{"ticket at no tenant", "GET", strings.TrimSuffix(a.BaseURL(), "/A/api"), e.withTicket(ticket), "the ticket of A arrived at no tenant's address on host 0"},
		{"ticket in a query", "GET", b.BaseURL() + "?usec=" + url.QueryEscape(ticket), nil, "the ticket of A arrived at the API of B on host 1"},
		{"system user token at the API", "GET", a.BaseURL(), header("X-Token", systemUser), "the system user token of A arrived at the API of A on host 0"},
		{"ticket at the state service", "GET", e.URL + "/api/state/A", e.withTicket(ticket), "the ticket of A arrived at the endpoint state"},
		{"secret at the state service", "GET", e.URL + "/api/state/A", header("SO-AppToken", secret), "the application's secret arrived at the endpoint state"},
		{"access token at jwks", "GET", e.URL + "/login/.well-known/jwks", authorization("Bearer " + token), "the access token of A arrived at the endpoint jwks"},
		{"secret in Basic at discovery", "GET", e.URL + "/login/.well-known/openid-configuration", basic("x", secret), "the application's secret arrived at the endpoint discovery"},
		{"secret in Basic for tokens", "POST", e.URL + "/login/common/oauth/tokens", basic("x", secret), ""},
		{"access token nowhere", "GET", e.URL + "/x/" + token, nil, "the access token of A arrived at no endpoint of the login service"},
	}
	seen := make(map[string]int)
	for _, tt := range tests {
		before := e.Violations()
		if tt.edit == nil {
			tt.edit = func(*http.Request) {}
		}
		e.send(t, tt.method, tt.address, "", tt.edit)
		found := e.Violations()[len(before):]
		if tt.want == "" {
			assert.Empty(t, found, tt.name)
			continue
		}
		assert.Contains(t, found, tt.want, tt.name)
		seen[tt.want]++
	}
	all, err := json.Marshal(e.Violations())
	require.NoError(t, err)
	for _, value := range []string{ticket, token, secret, systemUser} {
		assert.NotContains(t, string(all), value)
	}
}

func TestManyTenantsAtOnce(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t, superofficetest.WithHosts(3))
	secret := e.App().ClientSecret
	var wg sync.WaitGroup
	for range 40 {
		tenant := e.AddTenant("Cust" + newMark())
		wg.Go(func() {
			for range 5 {
				got, err := e.try(t, http.MethodGet, tenant.BaseURL()+"/v1/User/currentPrincipal", "",
					authorization("SOTicket "+tenant.NewTicket()), header("SO-AppToken", secret))
				assert.NoError(t, err)
				assert.Contains(t, []int{200, 401, 421}, got.status)
			}
		})
		wg.Go(func() {
			tenant.Move()
			tenant.ExpireTickets()
			e.Advance(time.Minute)
			_, err := e.try(t, http.MethodGet, e.URL+"/api/state/"+tenant.ID, "")
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Equal(t, 40, e.StateLookups())
	assert.Empty(t, e.Violations())
}
