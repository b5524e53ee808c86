package archive_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// item is a row of the tests' own provider.
type item struct {
	ID   int    `so:"itemId,key"`
	Name string `so:"name"`
}

func items(ids ...int) []item {
	all := make([]item, 0, len(ids))
	for _, id := range ids {
		all = append(all, item{id, "item"})
	}
	return all
}

func upTo(n int) (ids []int) {
	for id := 1; id <= n; id++ {
		ids = append(ids, id)
	}
	return ids
}

func newServer(t testing.TB, opts ...superofficetest.Option) (*superofficetest.Server, *superoffice.Client) {
	t.Helper()
	server := superofficetest.NewServer(opts...)
	client := server.Client(superoffice.WithRetry(superoffice.RetryPolicy{MinWait: time.Millisecond, MaxWait: 2 * time.Millisecond}))
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	return server, client
}

// answering returns a client that gets the same answer to each request.
func answering(t testing.TB, body string) *superoffice.Client {
	t.Helper()
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithHTTPClient(&http.Client{
		Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
			return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: r}, nil
		}),
	}))
	require.NoError(t, err)
	return client
}

func background() context.Context { return context.Background() }
