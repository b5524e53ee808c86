package bench

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
)

// TestPeersAskTheSame sees to it that all peers send the same request.
func TestPeersAskTheSame(t *testing.T) {
	t.Parallel()
	const want = "POST /SuperOffice/api/v1/Agents/User/GetExternalTokens\n" +
		"Authorization: [Basic YmVuY2g6aW4gdGhlIG9wZW4=]\nContent-Type: [application/json]\nAccept: [application/json]\n" + requestBody
	for _, peer := range memoryPeers(t, record(t, want)) {
		t.Run(peer.Name, func(t *testing.T) {
			t.Parallel()
			if err := peer.Call(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// record answers as Memory does and compares what it is asked.
func record(t *testing.T, want string) http.RoundTripper {
	return fakehttp.Transport(func(req *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		got := fmt.Sprintf("%s %s\nAuthorization: %s\nContent-Type: %s\nAccept: %s\n%s", req.Method, req.URL.RequestURI(),
			req.Header["Authorization"], req.Header["Content-Type"], req.Header["Accept"], strings.TrimSpace(string(body)))
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		return respond(req, http.StatusOK, "200 OK", Sample), req.Body.Close()
	})
}

// TestPeersLook sees to it that all peers decode the answer and heed its
// status.
func TestPeersLook(t *testing.T) {
	t.Parallel()
	for name, response := range map[string]struct {
		status int
		body   string
	}{
		"another status":     {http.StatusForbidden, Sample},
		"another value":      {http.StatusOK, strings.Replace(Sample, "nesciunt", "x", 1)},
		"another deep value": {http.StatusOK, strings.Replace(Sample, "721", "720", 1)},
		"a right too few":    {http.StatusOK, strings.Replace(Sample, "Delete", "", 1)},
		"an end too soon":    {http.StatusOK, Sample[:len(Sample)-1]},
	} {
		transport := fakehttp.Transport(func(req *http.Request) (*http.Response, error) {
			return respond(req, response.status, http.StatusText(response.status), response.body), nil
		})
		for _, peer := range memoryPeers(t, transport) {
			if err := peer.Call(t.Context()); err == nil {
				t.Errorf("%s does not notice %s", peer.Name, name)
			}
		}
	}
}

// TestMemoryLooks sees to it that Memory does not give its answer for nothing.
func TestMemoryLooks(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, MemoryURL, strings.NewReader(requestBody))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Memory{}.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %s without credentials", resp.Status)
	}
}

// TestLoopback makes one call of each peer to the server.
func TestLoopback(t *testing.T) {
	t.Parallel()
	peers, err := Peers(startServer(t).URL, NewTransport)
	if err != nil {
		t.Fatal(err)
	}
	for _, peer := range peers {
		if err := peer.Call(t.Context()); err != nil {
			t.Errorf("%s: %v", peer.Name, err)
		}
	}
}

func memoryPeers(tb testing.TB, transport http.RoundTripper) []Entry {
	tb.Helper()
	peers, err := Peers(MemoryURL, func() http.RoundTripper { return transport })
	if err != nil {
		tb.Fatal(err)
	}
	return peers
}
