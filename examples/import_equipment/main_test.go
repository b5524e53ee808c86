package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestRunsOnTheStandIn(t *testing.T) {
	t.Setenv("SUPEROFFICE_URL", "")
	require.NoError(t, run(t.Context(), nil))
}

// An import that was interrupted goes on, and each line is written or refused once.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	const lines = 3000
	server := superofficetest.NewServer()
	defer server.Close()
	server.AddTable(table)
	client := server.Client()
	defer client.CloseIdleConnections()
	path := filepath.Join(t.TempDir(), "equipment.csv")
	require.NoError(t, os.WriteFile(path, []byte(sample(lines)), 0o600))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, importFile(ctx, client, table.Name, path), context.Canceled)
	server.InjectOn("DatabaseTable/Upsert", 1, superofficetest.LostAnswer())
	require.ErrorContains(t, importFile(t.Context(), client, table.Name, path), "run it again")
	require.FileExists(t, path+".done")
	require.NoError(t, importFile(t.Context(), client, table.Name, path))
	require.NoFileExists(t, path+".done")
	refused, err := os.ReadFile(path + ".refused")
	require.NoError(t, err)
	n := strings.Count(string(refused), "\n")
	assert.Equal(t, lines/100, n, "%s", refused)
	assert.Equal(t, lines-n, len(server.Table(table.Name)))
}
