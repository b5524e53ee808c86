package online

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

func TestWhatIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	user, err := w.app.SystemUser("Cust12345", tenant.SystemUserToken)
	require.NoError(t, err)
	person, err := w.app.User("Cust12345", 5)
	require.NoError(t, err)
	claims := Claims{Tenant: "Cust12345", UserName: "hugo@example.com"}
	config := *w.app.config()
	id := w.App().ClientID
	for shown, want := range map[any]string{
		user:    "online.SystemUser{" + id + " in Cust12345}",
		person:  "online.User{5 in Cust12345}",
		w.app:   "online.App{" + id + " at " + w.URL + "}",
		&config: "online.Config{" + id + " at " + w.URL + "}",
		&claims: "online.Claims{hugo@example.com in Cust12345}",
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			assert.Equal(t, want, fmt.Sprintf(verb, shown))
		}
		assert.Equal(t, fmt.Sprintf("%q", want), fmt.Sprintf("%q", shown))
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", config, "claims", claims)
	assert.Contains(t, log.String(), `config="online.Config{`)
	assert.Contains(t, log.String(), `claims="online.Claims{hugo@example.com in Cust12345}"`)
}

func TestErrorsInWords(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 11, 25, 14, 0, 0, 0, time.FixedZone("", 3600))
	for _, test := range []struct {
		err  error
		says string
	}{
		{&OfflineError{Tenant: "Cust1", State: StateOfflineMaintenance, Until: until}, `online: tenant Cust1 is offline: its state is "OfflineMaintenance", which passes; try again after 2026-11-25T13:00:00Z`},
		{&OfflineError{Tenant: "Cust1", State: StateDeleted}, `online: tenant Cust1 is offline: its state is "Deleted", which does not pass by itself`},
		{&ExchangeError{Tenant: "Cust1", Reason: "no"}, "online: SuperOffice gives the system user no ticket for Cust1: no"},
		{&ExchangeError{Tenant: "Cust1", Skew: -5 * time.Minute}, "online: SuperOffice gives the system user no ticket for Cust1: no reason given (this machine's clock is 5m0s behind the server's, which may be why)"},
		{&OAuthError{StatusCode: 400, Code: "invalid_client", Description: "unknown"}, "online: the login service answered 400 Bad Request: invalid_client: unknown"},
		{&OAuthError{Description: strings.Repeat("x", 1000)}, "online: the login service says no: " + strings.Repeat("x", 300) + "..."},
		{invalid("Config.ClientID", "is empty"), "online: Config.ClientID is empty"},
	} {
		require.EqualError(t, test.err, test.says)
	}
	assert.NotErrorIs(t, &OAuthError{Code: "invalid_client"}, ErrSignInRequired)
	assert.ErrorIs(t, invalid("x", "y"), superoffice.ErrInvalidArgument)
}
