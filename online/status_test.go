package online

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestStatusIsAskedForOnceWhileItIsValid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			status, err := w.app.Status(t.Context(), "Cust12345")
			if assert.NoError(t, err) {
				assert.Equal(t, tenant.BaseURL(), status.API)
			}
		})
	}
	group.Wait()
	assert.Equal(t, 1, w.StateLookups())

	status, err := w.app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.Equal(t, "Cust12345", status.Tenant)
	assert.Equal(t, StateRunning, status.State)
	assert.True(t, status.IsRunning)
	assert.NotEmpty(t, status.Version)
	assert.NotEmpty(t, status.Endpoint)
	assert.WithinDuration(t, time.Now().Add(10*time.Minute), status.ValidUntil, time.Minute)
	status.API = "changed by the caller"

	w.pass(time.Until(status.ValidUntil) - time.Minute)
	_, err = w.app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.Equal(t, 1, w.StateLookups())
	w.pass(2 * time.Minute)
	status, err = w.app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.Equal(t, 2, w.StateLookups())
	assert.Equal(t, tenant.BaseURL(), status.API)
}

func TestClientFollowsItsTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	for _, call := range []func(context.Context, *superoffice.Client) error{read, write} {
		tenant.Move()
		require.NoError(t, call(t.Context(), client))
	}
	assert.Equal(t, 3, w.StateLookups(), "once, and once for each move")
	assert.Equal(t, 1, w.saves(tenant))
	assert.Equal(t, 1, tenant.Exchanges(), "the ticket moves along")
}

func TestOfflineTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	for state, passes := range map[State]bool{
		StateOfflineMaintenance: true, StateProvisioning: true, StateMigrationPending: true,
		StateDeleted: false, StateSuspended: false, StateDeleting: false, StateDeleteFailed: false, StateProvisioningFailed: false,
	} {
		tenant.SetState(string(state))
		w.pass(time.Hour)
		err := read(t.Context(), client)
		require.ErrorIs(t, err, ErrOffline)
		var offline *OfflineError
		require.ErrorAs(t, err, &offline)
		assert.Equal(t, "Cust12345", offline.Tenant)
		assert.Equal(t, state, offline.State)
		assert.Equal(t, passes, offline.Passes(), state)
		assert.Contains(t, err.Error(), string(state))
		var failed *superoffice.Error
		require.ErrorAs(t, err, &failed)
		assert.Zero(t, failed.Attempts)
		status, err := w.app.Status(t.Context(), "Cust12345")
		require.NoError(t, err)
		assert.Equal(t, state, status.State)
		assert.False(t, status.IsRunning)
	}
	assert.Empty(t, tenant.Requests())
	for _, state := range []State{StateRunning, StateOnlineMaintenance} {
		tenant.SetState(string(state))
		w.pass(time.Hour)
		require.NoError(t, read(t.Context(), client))
	}
}

func TestUnknownTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status, err := w.app.Status(t.Context(), "Cust404")
	require.NoError(t, err)
	assert.Equal(t, StateUnknown, status.State)
	client, err := w.app.Client("Cust404", superoffice.BearerAuth("8A:Cust404.x"))
	require.NoError(t, err)
	require.ErrorIs(t, read(t.Context(), client), ErrOffline)
	for _, id := range []string{"", "Cust 1", "../Cust1", "Cust1/api", "Cust1?x", "Küst1", "a.b"} {
		_, err := w.app.Status(t.Context(), id)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, id)
		_, err = w.app.Client(id, nil)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, id)
	}
}

func TestStatusOutlivesTheStateServiceForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Retry.MaxAttempts = 1 })
	_, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))

	w.InjectState(2, superofficetest.Unavailable(""))
	w.pass(20 * time.Minute) // beyond its validity
	for range 10 {
		require.NoError(t, read(t.Context(), client))
	}
	assert.Equal(t, 2, w.StateLookups(), "the failure is not found out again at once")
	w.pass(holdOff)
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 3, w.StateLookups())
	w.pass(holdOff)
	require.NoError(t, read(t.Context(), client))
	assert.Equal(t, 4, w.StateLookups())

	w.InjectState(1, superofficetest.Unavailable(""))
	w.pass(10*time.Minute + mostStale + time.Minute)
	err := read(t.Context(), client)
	require.ErrorIs(t, err, superoffice.ErrUnavailable)
	assert.ErrorContains(t, err, "asking the state of Cust12345")
}

func TestStatusThatIsStaleIsNotServedForAnAddressThatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Retry.MaxAttempts = 1 })
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	tenant.Move()
	w.InjectState(1, superofficetest.Unavailable(""))
	err := read(t.Context(), client)
	require.ErrorIs(t, err, superoffice.ErrMisdirected)
	require.ErrorIs(t, err, superoffice.ErrUnavailable)
	w.pass(askAgain)
	require.NoError(t, read(t.Context(), client))
}

func TestCallerWhoLeavesDoesNotWaitForTheStateService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	began, goOn := make(chan struct{}), make(chan struct{})
	w.InjectState(1, superofficetest.Handler(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		rw.WriteHeader(http.StatusServiceUnavailable)
	})))
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := w.app.Status(ctx, "Cust12345")
		left <- err
	}()
	<-began
	cancel()
	require.ErrorIs(t, <-left, context.Canceled)
	close(goOn)
	_, err := w.app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
}

// TestJoinedLookupMayBeTooOld has a call find out that its address is wrong
// while a look-up is under way that had begun before.
func TestJoinedLookupMayBeTooOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	old := tenant.BaseURL()
	began, goOn := make(chan struct{}), make(chan struct{})
	answer := fmt.Sprintf(`{"ContextIdentifier":"Cust12345","State":"Running","IsRunning":true,"ValidUntil":%q,"Api":%q}`,
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano), old)
	w.InjectState(1, superofficetest.Handler(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		close(began)
		<-goOn
		rw.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(rw, answer)
	})))
	first := make(chan error)
	go func() {
		_, err := w.app.Status(t.Context(), "Cust12345")
		first <- err
	}()
	<-began
	tenant.Move()
	here, err := w.app.tenant("Cust12345")
	require.NoError(t, err)
	second := make(chan string)
	go func() {
		at, _ := here.Locate(t.Context(), old)
		second <- at
	}()
	close(goOn)
	require.NoError(t, <-first)
	assert.Equal(t, tenant.BaseURL(), <-second)
}

// stateService answers every look-up with the same status.
func stateService(t *testing.T, change func(map[string]any)) *App {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := map[string]any{
			"ContextIdentifier": "Cust12345", "Endpoint": nil, "State": "Running", "IsRunning": true,
			"ValidUntil": "2026-02-23T09:52:01.9342965Z", "Api": "http://127.0.0.1:1/Cust12345/api",
		}
		change(status)
		w.Header().Set("Content-Type", "application/json")
		assert.NoError(t, json.NewEncoder(w).Encode(status))
	}))
	t.Cleanup(server.Close)
	app, err := NewApp(Config{Environment: Environment(server.URL), ClientID: "app"})
	require.NoError(t, err)
	t.Cleanup(app.CloseIdleConnections)
	return newClock().use(app)
}

func TestStatusThatIsNotToBeTrusted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(map[string]any)
		says   string
	}{
		"another tenant":   {func(s map[string]any) { s["ContextIdentifier"] = "Cust54321" }, "speaks of another tenant"},
		"a stranger":       {func(s map[string]any) { s["Api"] = "https://evil.example.com/Cust12345/api" }, "no credential goes there"},
		"no address":       {func(s map[string]any) { s["Api"] = nil }, "no credential goes there"},
		"no time":          {func(s map[string]any) { s["ValidUntil"] = "soon" }, "ValidUntil"},
		"a list of states": {func(s map[string]any) { s["State"] = []int{1} }, "State"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := stateService(t, test.change).Status(t.Context(), "Cust12345")
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestStatusInOtherForms(t *testing.T) {
	t.Parallel()
	app := stateService(t, func(s map[string]any) {
		s["State"], s["ContextIdentifier"] = 6, "cust12345"
		s["IsRunning"], s["Api"] = false, nil
	})
	status, err := app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.Equal(t, StateOfflineMaintenance, status.State)

	app = stateService(t, func(s map[string]any) { s["State"] = "Teleporting" })
	status, err = app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.Equal(t, State("Teleporting"), status.State)
	assert.True(t, status.ValidUntil.Before(app.now()), "and yet it is kept for a little")
	tenant, err := app.tenant("Cust12345")
	require.NoError(t, err)
	assert.Equal(t, app.now().Add(leastValidity), tenant.last.Load().fresh)
	assert.Equal(t, State("7"), State("7").named())
}

func TestEnvironmentOwnsItsTenants(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env  Environment
		api  string
		owns bool
	}{
		{Production, "https://online3.superoffice.com/Cust12345/api", true},
		{Production, "https://online3.superoffice.com:443/Cust12345/api", true},
		{Production, "https://APP.superoffice.com/Cust12345/api", true},
		{Production, "https://online.superoffice.com/Cust12345/api", true},
		{Production, "http://online3.superoffice.com/Cust12345/api", false},
		{Production, "https://superoffice.com.example.com/Cust12345/api", false},
		{Production, "https://evilsuperoffice.com/Cust12345/api", false},
		{Production, "https://127.0.0.1/Cust12345/api", false},
		{Production, "", false},
		{Production, "%", false},
		{"https://gateway.local", "https://gateway.local/Cust12345/api", true},
		{"https://gateway.local", "https://other.local/Cust12345/api", false},
		{"http://127.0.0.1:1234", "http://127.0.0.1:4321/Cust12345/api", true},
		{"http://localhost:1234", "http://[::1]:4321/Cust12345/api", true},
		{"http://127.0.0.1:1234", "http://10.0.0.1/Cust12345/api", false},
		{"https://127.0.0.1:1234", "http://127.0.0.1/Cust12345/api", false},
	} {
		assert.Equal(t, test.owns, test.env.owns(test.api), "%s %s", test.env, test.api)
	}
}

func TestConfigThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Config)
		says   string
	}{
		"no environment":         {func(c *Config) { c.Environment = "" }, "Config.Environment"},
		"a name":                 {func(c *Config) { c.Environment = "sod" }, "Config.Environment"},
		"a path":                 {func(c *Config) { c.Environment = "https://sod.superoffice.com/login" }, "Config.Environment"},
		"a user":                 {func(c *Config) { c.Environment = "https://u@sod.superoffice.com" }, "Config.Environment"},
		"plain http":             {func(c *Config) { c.Environment = "http://sod.superoffice.com" }, "Config.Environment"},
		"no client":              {func(c *Config) { c.ClientID = "" }, "Config.ClientID"},
		"a nil key":              {func(c *Config) { c.PrivateKeys = append(c.PrivateKeys, nil) }, "Config.PrivateKeys"},
		"a policy without sense": {func(c *Config) { c.Retry.MaxAttempts = -1 }, "RetryPolicy.MaxAttempts"},
	} {
		config := Config{Environment: Development, ClientID: "app"}
		test.change(&config)
		_, err := NewApp(config)
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
		assert.ErrorContains(t, err, test.says, name)
	}
	app, err := NewApp(Config{Environment: Stage + "/", ClientID: "app"})
	require.NoError(t, err)
	assert.Equal(t, "online.App{app at https://qaonline.superoffice.com/}", fmt.Sprint(app))
	assert.False(t, errors.Is(&OfflineError{}, superoffice.ErrUnavailable))
	require.ErrorIs(t, read(t.Context(), app.base), superoffice.ErrInvalidArgument)
}

func TestClientOfTheCallers(t *testing.T) {
	t.Parallel()
	given := &http.Client{Timeout: time.Minute}
	w := newWorld(t, func(c *Config) { c.HTTPClient = given })
	_, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	assert.Nil(t, given.Transport, "it is not changed")
}

// TestTenantThatGoesOffline does so while it is known to be running.
func TestTenantThatGoesOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	tenant.SetState("OfflineMaintenance")
	err := write(t.Context(), client)
	require.ErrorIs(t, err, ErrOffline)
	require.ErrorIs(t, err, superoffice.ErrUnavailable)
	arrived := len(tenant.Requests())
	require.ErrorIs(t, read(t.Context(), client), ErrOffline)
	assert.Len(t, tenant.Requests(), arrived, "nothing is sent to it any more")
}

func TestTenantIsTheSameInAnyCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	again, err := w.app.SystemUserClient("cUST12345", tenant.SystemUserToken)
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), again))
	assert.Equal(t, 1, tenant.Exchanges())
	assert.Equal(t, 1, w.StateLookups())
	pool := w.pool()
	for _, id := range []string{"Cust12345", "CUST12345"} {
		_, err := pool.For(t.Context(), id)
		require.NoError(t, err)
	}
	assert.Equal(t, 1, pool.Len())
	claims, err := w.signIn(SignInOptions{Tenant: "cust12345"})
	require.NoError(t, err)
	assert.Equal(t, "Cust12345", claims.Tenant)
}

// TestManyWhoseAddressIsWrongShareTheLookups has many calls find an address to
// be wrong that the state service still names.
func TestManyWhoseAddressIsWrongShareTheLookups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const answer = `{"ContextIdentifier":"Cust12345","State":"Running","IsRunning":true,
			"ValidUntil":"2026-02-23T09:52:01Z","Api":"https://online2.superoffice.com/Cust12345/api"}`
		var lookups atomic.Int64
		app, err := NewApp(Config{Environment: Production, ClientID: "app", HTTPClient: &http.Client{
			Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
				lookups.Add(1)
				time.Sleep(time.Second) // until all wait
				return &http.Response{
					StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(answer)), Request: r,
				}, nil
			}),
		}})
		require.NoError(t, err)
		here, err := app.tenant("Cust12345")
		require.NoError(t, err)
		at, err := here.Locate(t.Context(), "")
		require.NoError(t, err)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				again, err := here.Locate(t.Context(), at)
				assert.NoError(t, err)
				assert.Equal(t, at, again)
			})
		}
		group.Wait()
		assert.LessOrEqual(t, lookups.Load(), int64(3), "the first, the one that was joined, and one that began after it")
	})
}

// TestTenantThatIsNowhereIsNotAskedForAtEachAttempt has the state service name
// an address at which nobody knows the tenant.
func TestTenantThatIsNowhereIsNotAskedForAtEachAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	require.NoError(t, read(t.Context(), client))
	before := w.StateLookups()
	tenant.Inject(1000, superofficetest.Misdirected())
	for range 100 {
		require.ErrorIs(t, read(t.Context(), client), superoffice.ErrMisdirected)
	}
	assert.LessOrEqual(t, w.StateLookups(), before+2)
	w.pass(askAgain)
	tenant.ClearFaults()
	tenant.Move()
	require.NoError(t, read(t.Context(), client), "a move is found all the same")
}

// TestStateServiceThatFailsIsNotAskedForAtEachCall has nothing known of the
// tenant yet.
func TestStateServiceThatFailsIsNotAskedForAtEachCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, client := w.systemUser("Cust12345")
	w.InjectState(1000, superofficetest.Unavailable(""))
	for range 100 {
		require.Error(t, read(t.Context(), client))
	}
	assert.LessOrEqual(t, w.StateLookups(), lookupAttempts)
}

// TestStatusAfterACallerWhoLeft has whoever asked leave before the answer came.
func TestStatusAfterACallerWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	w.InjectState(1, superofficetest.Stall(t.Context().Done()))
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := w.app.Status(brief, "Cust12345")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	time.Sleep(50 * time.Millisecond) // until what was left has ended
	_, err = w.app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
}

// TestServicesThatHangAreNotAskedByEachCaller has look-ups run out of time,
// which counts as a failure, unlike that nobody waits for them any more.
func TestServicesThatHangAreNotAskedByEachCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		app, err := NewApp(Config{Environment: Production, ClientID: "app", HTTPClient: &http.Client{
			Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
				asked.Add(1)
				<-r.Context().Done()
				return nil, r.Context().Err()
			}),
		}})
		require.NoError(t, err)
		for name, ask := range map[string]func() error{
			"state": func() error { _, err := app.Status(t.Context(), "Cust12345"); return err },
			"keys": func() error {
				_, err := app.keys.VerifySignature(t.Context(), "eyJhbGciOiJSUzI1NiJ9.e30.AA")
				return err
			},
		} {
			require.Error(t, ask(), name)
			before := asked.Load()
			require.Positive(t, before, name)
			require.Error(t, ask(), name)
			assert.Equal(t, before, asked.Load(), name)
		}
	})
}
