package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

// An export that is ended and continued holds each sale once, as one in one go.
func TestContinuesWhereItStopped(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithDemoData(30))
	defer server.Close()
	folder := t.TempDir()
	whole, parts := filepath.Join(folder, "whole.csv"), filepath.Join(folder, "parts.csv")
	require.NoError(t, export(t.Context(), server.Client(), settings{out: whole, page: 70}))
	for range 5 {
		require.NoError(t, export(t.Context(), server.Client(), settings{out: parts, page: 70, limit: 1}))
		require.FileExists(t, parts+".cursor")
		f, err := os.OpenFile(parts, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = f.WriteString("half a li")
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	require.NoError(t, export(t.Context(), server.Client(), settings{out: parts, page: 70}))
	require.NoFileExists(t, parts+".cursor")
	want, err := os.ReadFile(whole)
	require.NoError(t, err)
	got, err := os.ReadFile(parts)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
	lines, err := csv.NewReader(bytes.NewReader(want)).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 300)
	for i, line := range lines {
		assert.Equal(t, fmt.Sprint(i+1), line[0])
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithDemoData(1))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := export(ctx, server.Client(), settings{out: filepath.Join(t.TempDir(), "sales.csv"), page: 2})
	require.ErrorIs(t, err, context.Canceled)
}
