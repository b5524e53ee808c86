package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRunsOnTheStandIn(t *testing.T) {
	t.Setenv("SUPEROFFICE_URL", "")
	queue := filepath.Join(t.TempDir(), "events.db")
	for range 2 { // the second time with the events of the first
		require.NoError(t, run(t.Context(), []string{"-queue", queue}))
	}
}
