package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// clear empties the environment that the program reads.
func clear(t *testing.T) {
	t.Helper()
	for _, name := range []string{"URL", "USER", "PASSWORD", "TICKET", "APP_TOKEN", "ACCESS_TOKEN"} {
		t.Setenv("SUPEROFFICE_"+name, "")
	}
}

func TestRunsOnTheStandIn(t *testing.T) {
	clear(t)
	require.NoError(t, run(t.Context()))
}

func TestRunsOnAServer(t *testing.T) {
	server := superofficetest.NewServer(superofficetest.Online())
	t.Cleanup(server.Close)
	credentials := server.Credentials()
	for _, env := range []map[string]string{
		{"TICKET": credentials.Ticket, "APP_TOKEN": credentials.AppToken},
		{"ACCESS_TOKEN": credentials.AccessToken},
	} {
		clear(t)
		t.Setenv("SUPEROFFICE_URL", server.URL)
		for name, value := range env {
			t.Setenv("SUPEROFFICE_"+name, value)
		}
		require.NoError(t, run(t.Context()))
	}
}

func TestFailsWhereAServerRefuses(t *testing.T) {
	server := superofficetest.NewServer()
	t.Cleanup(server.Close)
	clear(t)
	t.Setenv("SUPEROFFICE_URL", server.URL)
	assert.ErrorContains(t, run(t.Context()), "set SUPEROFFICE_USER")
	t.Setenv("SUPEROFFICE_USER", "hugo")
	t.Setenv("SUPEROFFICE_PASSWORD", "wrong")
	err := run(t.Context())
	require.Error(t, err)
	assert.False(t, strings.Contains(err.Error(), "wrong"))
	t.Setenv("SUPEROFFICE_URL", "http://crm.example.com")
	assert.ErrorContains(t, run(t.Context()), "plain http")
}
