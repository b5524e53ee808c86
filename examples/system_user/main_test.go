package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/connect"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// configure sets the environment that the program reads, and nothing else of
// it.
func configure(t *testing.T, values map[string]string) {
	t.Helper()
	for _, name := range []string{"ENVIRONMENT", "CLIENT_ID", "CLIENT_SECRET", "PRIVATE_KEY", "REDIRECT_URL", "TENANTS"} {
		t.Setenv("SUPEROFFICE_"+name, values[name])
	}
}

func TestRunsOnTheStandIn(t *testing.T) {
	configure(t, nil)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	said := out.String()
	assert.Regexp(t, `^SUPEROFFICE_ENVIRONMENT is not set`, said)
	for _, line := range []string{
		`Cust10001: done; read 2, made and deleted company 1002\n`,
		`Cust10002: done; .*; asked 2 times: .* 421 `,
		`Cust10003: done; .*; asked 2 times: .* 401 `,
		`Cust10005: skipped, it is in OfflineMaintenance, which passes; try again after \d\d:\d\d:\d\d UTC\n`,
		`Tickets exchanged: 4 in the first round, 1 in the second\.\n$`,
	} {
		assert.Regexp(t, line, said)
	}
}

func TestRunsOnAnEnvironment(t *testing.T) {
	server := superofficetest.NewOnline()
	t.Cleanup(server.Close)
	app := server.App()
	key, err := x509.MarshalPKCS8PrivateKey(app.PrivateKey)
	require.NoError(t, err)
	one, two := server.AddTenant("Cust1"), server.AddTenant("Cust2")
	values := map[string]string{
		"ENVIRONMENT": server.URL, "CLIENT_ID": app.ClientID, "CLIENT_SECRET": app.ClientSecret,
		"PRIVATE_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	}
	configure(t, values)
	var out bytes.Buffer
	require.EqualError(t, run(t.Context(), &out), "set SUPEROFFICE_TENANTS")
	values["TENANTS"] = "Cust1=" + one.SystemUserToken + ";Cust2=" + two.SystemUserToken
	configure(t, values)
	require.NoError(t, run(t.Context(), &out))
	assert.Equal(t, "  Cust1: done; read 2, made and deleted company 1001\n  Cust2: done; read 2, made and deleted company 1001\n", out.String())
	values["CLIENT_SECRET"] = ""
	configure(t, values)
	require.Error(t, run(t.Context(), &out))
	assert.Contains(t, out.String(), "Config.ClientSecret")
}

func TestTellsWhatWentWrong(t *testing.T) {
	configure(t, nil)
	var out bytes.Buffer
	setup, err := connect.Online(&out)
	require.NoError(t, err)
	t.Cleanup(setup.Close)
	tenants := furnish(setup)
	tenants[0].RevokeSystemUser()
	tenants[1].SetState("Deleted")
	tenants[2].InjectOn("Contact/SaveContactEntity", 1, superofficetest.Reset())
	setup.Tokens[tenants[3].ID] = ""
	w, err := newWorker(setup, &out)
	require.NoError(t, err)
	out.Reset()

	require.EqualError(t, w.round(t.Context()), "the work was not done in 3 of 5 tenants")
	for _, line := range []string{
		`Cust10001: got no ticket \(.+\); its administrator`,
		`Cust10002: skipped, it is in Deleted, which does not pass by itself\n`,
		`Cust10003: failed: saving it: `,
		`Cust10004: failed: .*token of Cust10004 is empty`,
		`Cust10005: skipped, it is in OfflineMaintenance, which passes`,
	} {
		assert.Regexp(t, line, out.String())
	}
	assert.Equal(t, 4, w.pool.Len(), "without who has no token")
	for _, tenant := range tenants {
		assert.NotContains(t, out.String(), tenant.SystemUserToken)
	}
}

func TestStops(t *testing.T) {
	configure(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	require.EqualError(t, run(ctx, &out), "the work was not done in 5 of 5 tenants")
	assert.Contains(t, out.String(), "Cust10001: not done, the worker was stopped\n")
}
