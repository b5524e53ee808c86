package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRunsOnTheStandIn(t *testing.T) {
	t.Setenv("SUPEROFFICE_URL", "")
	require.NoError(t, run(t.Context(), nil))
}
