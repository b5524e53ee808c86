package superoffice_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

// stranger is a server that must never hear of a credential.
type stranger struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func newStranger(t *testing.T, secure bool) *stranger {
	t.Helper()
	s := &stranger{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.seen = append(s.seen, fmt.Sprint(r.Method, r.Header))
		_, _ = w.Write([]byte(`{"Provider":"stranger"}`))
	})
	if secure {
		s.Server = httptest.NewTLSServer(handler)
	} else {
		s.Server = httptest.NewServer(handler)
	}
	t.Cleanup(s.Close)
	return s
}

// Redirects to another host, another port, and down to http, with every
// redirect status: nothing arrives there, and the caller is told.
func TestCredentialsStayWithTheirOrigin(t *testing.T) {
	t.Parallel()
	elsewhere := newStranger(t, false)
	port := strings.TrimPrefix(elsewhere.URL, "http://127.0.0.1")
	for _, home := range []struct {
		name   string
		secure bool
		target string
	}{
		{"another port", false, elsewhere.URL},
		{"another host", false, "http://localhost" + port},
		{"down to http", true, elsewhere.URL},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(home.name, " ", status), func(t *testing.T) {
				t.Parallel()
				client := redirecting(t, home.secure, status, func(*http.Request) string { return home.target + "/login?token=in-the-location" })
				for _, method := range []string{"POST", "GET"} {
					var got superoffice.TokenManagementInfo
					err := client.Call(t.Context(), method, "v1/x", nil, &got, superoffice.WithHeader("X-Api-Key", "secret-key"))
					var failure *superoffice.Error
					require.ErrorAs(t, err, &failure)
					assert.Equal(t, status, failure.StatusCode)
					assert.ErrorContains(t, err, "another origin, http://")
					assert.NotContains(t, err.Error(), "in-the-location")
					assert.Empty(t, got.Provider)
				}
			})
		}
	}
	t.Cleanup(func() {
		elsewhere.mu.Lock()
		defer elsewhere.mu.Unlock()
		assert.Empty(t, elsewhere.seen, "no request reached the stranger at all")
	})
}

// redirecting returns a client, full of credentials, of a server that
// redirects everything but what lies under /landed.
func redirecting(t *testing.T, secure bool, status int, target func(*http.Request) string) *superoffice.Client {
	t.Helper()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/landed") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"Provider":%q,"AccessToken":%q}`, r.Method, r.Header.Get("Authorization")+" "+r.Header.Get("SO-AppToken"))
			return
		}
		w.Header().Set("Location", target(r))
		w.WriteHeader(status)
	})
	server := httptest.NewServer(handler)
	if secure {
		server.Close()
		server = httptest.NewTLSServer(handler)
	}
	t.Cleanup(server.Close)
	client, err := superoffice.NewClient(server.URL+"/SuperOffice",
		superoffice.WithHTTPClient(server.Client()), superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}),
		superoffice.WithAuth(superoffice.TicketAuth("7T:secret-ticket")), superoffice.WithAppToken("secret-app"),
		superoffice.WithHeader("X-XSRF-TOKEN", "secret-xsrf"), superoffice.WithHeader("Cookie", "ASP.NET_SessionId=secret-session"))
	require.NoError(t, err)
	return client
}

// Within the origin a redirect is followed as long as the method stays.
func TestRedirectsWithinTheOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method   string
		status   int
		followed bool
	}{
		{"GET", 301, true}, {"GET", 302, true}, {"GET", 303, true}, {"GET", 307, true}, {"GET", 308, true},
		{"POST", 307, true}, {"POST", 308, true}, {"POST", 301, false}, {"POST", 302, false}, {"POST", 303, false},
	} {
		client := redirecting(t, false, c.status, func(r *http.Request) string { return "http://" + r.Host + "/landed" })
		var got superoffice.TokenManagementInfo
		body := any(map[string]string{"a": "b"})
		if c.method == "GET" {
			body = nil
		}
		err := client.Call(t.Context(), c.method, "v1/x", body, &got)
		if c.followed {
			require.NoError(t, err, c)
			assert.Equal(t, c.method, got.Provider)
			assert.Equal(t, "SOTicket 7T:secret-ticket secret-app", got.AccessToken)
			continue
		}
		require.Error(t, err, c)
		assert.ErrorContains(t, err, "would turn POST into GET")
	}
	client := redirecting(t, false, 307, func(r *http.Request) string { return "http://" + r.Host + "/again" })
	assert.ErrorContains(t, client.Call(t.Context(), "GET", "v1/x", nil, nil), "already 10 redirects")
}

func TestTheCallersRedirectRuleIsAskedToo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.RedirectHandler("/landed", http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	mine := errors.New("not today")
	client, err := superoffice.NewClient(server.URL, superoffice.WithHTTPClient(&http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return mine },
	}), superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	assert.ErrorIs(t, client.Call(t.Context(), "GET", "v1/x", nil, nil), mine)
}

// An Auth that points the request elsewhere does not get it sent.
func TestAnAuthCannotMoveTheRequest(t *testing.T) {
	t.Parallel()
	elsewhere := newStranger(t, false)
	client := redirecting(t, false, 307, func(r *http.Request) string { return "http://" + r.Host + "/landed" })
	moved := superoffice.AuthFunc(func(_ context.Context, r *http.Request) error {
		u := *r.URL
		u.Host = strings.TrimPrefix(elsewhere.URL, "http://")
		r.URL = &u
		r.Header.Set("Authorization", "secret")
		return nil
	})
	err := client.Call(t.Context(), "GET", "v1/x", nil, nil, superoffice.WithAuth(moved))
	require.ErrorContains(t, err, "credentials go to")
	assert.Empty(t, elsewhere.seen)
}
