package rest_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func background() context.Context { return context.Background() }

// newWorld starts a server with a client, and its entities.
func newWorld(t testing.TB, opts ...superofficetest.Option) (*superofficetest.Server, *superoffice.Client, *rest.Entities) {
	t.Helper()
	server := superofficetest.NewServer(append(opts, superofficetest.WithTest(t))...)
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	return server, client, rest.New(client)
}

// read reads a carrier from JSON, as a call does.
func read[T any](t testing.TB, text string) *T {
	t.Helper()
	out := new(T)
	require.NoError(t, json.Unmarshal([]byte(text), out))
	return out
}

// text is a patch as it is sent.
func text(t testing.TB, p rest.Patch) string {
	t.Helper()
	b, err := json.Marshal(p)
	require.NoError(t, err)
	return string(b)
}
