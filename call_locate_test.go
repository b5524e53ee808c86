package superoffice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
)

const oldHome, newHome = "https://online2.example.com/Cust12345/api", "https://online3.example.com/Cust12345/api"

// movers names one address after the other, the last one from then on, and
// keeps what it was told.
type movers struct {
	mu        sync.Mutex
	addresses []string
	err       error // of every answer but the first
	rejected  []string
}

func (m *movers) Locate(_ context.Context, rejected string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.addresses[min(len(m.rejected), len(m.addresses)-1)]
	m.rejected = append(m.rejected, rejected)
	if m.err != nil && len(m.rejected) > 1 {
		return "", m.err
	}
	return at, nil
}

// located returns a client that asks l, over a transport.
func located(t testing.TB, l Locator, transport http.RoundTripper, opts ...ClientOption) *Client {
	t.Helper()
	opts = append([]ClientOption{WithLocator(l), WithHTTPClient(&http.Client{Transport: transport}), WithRetry(hurried())}, opts...)
	client, err := NewClient("", opts...)
	require.NoError(t, err)
	return client
}

func hosts(s *script) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, r := range s.seen {
		names = append(names, r.URL.Host)
	}
	return names
}

var refusedDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

func TestLocatedCallGoesWhereTheTenantIs(t *testing.T) {
	t.Parallel()
	tenant, wire := &movers{addresses: []string{oldHome}}, scripted(says(200))
	client := located(t, tenant, wire)
	assert.Equal(t, "superoffice.Client{}", fmt.Sprint(client))
	require.NoError(t, send(t.Context(), client, read))
	require.NoError(t, send(t.Context(), client, write))
	assert.Equal(t, []string{"", ""}, tenant.rejected)
	assert.Equal(t, "https://online2.example.com/Cust12345/api/v1/Agents/User/GetExternalTokens", wire.seen[0].URL.String())
	assert.Equal(t, "online2.example.com", wire.seen[0].Host)
	assert.Equal(t, "superoffice.Client{https://online2.example.com/Cust12345/api}", fmt.Sprint(client))
}

func TestTenantThatMovedIsFollowed(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func() (*http.Response, error){
		"421":          says(421),
		"refused":      fails(refusedDial),
		"unknown host": fails(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}),
	} {
		for _, kind := range []class{read, write} {
			t.Run(fmt.Sprint(name, kind), func(t *testing.T) {
				t.Parallel()
				tenant, wire := &movers{addresses: []string{oldHome, newHome}}, scripted(wrong, says(200))
				client := located(t, tenant, wire, WithRetry(RetryPolicy{MaxAttempts: 1}), WithAuth(BearerAuth("8A:Cust12345.x")))
				var got Response
				require.NoError(t, send(t.Context(), client, kind, CaptureResponse(&got)))
				assert.Equal(t, []string{"", oldHome}, tenant.rejected)
				assert.Equal(t, []string{"online2.example.com", "online3.example.com"}, hosts(wire))
				assert.Equal(t, "online3.example.com", wire.seen[1].Host)
				assert.Equal(t, wire.bodies[0], wire.bodies[1])
				assert.Equal(t, "Bearer 8A:Cust12345.x", wire.seen[1].Header.Get("Authorization"))
				assert.Equal(t, 2, got.Attempts)
				assert.Zero(t, got.Waited)
				if name == "421" {
					assert.ErrorIs(t, got.Cause, ErrMisdirected)
				}
			})
		}
	}
}

func TestAddressThatStaysIsNotTriedForever(t *testing.T) {
	t.Parallel()
	t.Run("421", func(t *testing.T) {
		t.Parallel()
		tenant, wire := &movers{addresses: []string{oldHome}}, scripted(says(421))
		err := send(t.Context(), located(t, tenant, wire), read)
		assert.ErrorIs(t, err, ErrMisdirected)
		assert.ErrorContains(t, err, "the tenant is still said to be at this address")
		assert.Equal(t, 2, wire.sent())
		assert.Equal(t, []string{"", oldHome, oldHome}, tenant.rejected)
	})
	t.Run("421, but back again", func(t *testing.T) {
		t.Parallel()
		tenant, wire := &movers{addresses: []string{oldHome}}, scripted(says(421), says(200))
		require.NoError(t, send(t.Context(), located(t, tenant, wire), write))
		assert.Equal(t, 2, wire.sent())
	})
	t.Run("refused, then up again", func(t *testing.T) {
		t.Parallel()
		tenant, wire := &movers{addresses: []string{oldHome}}, scripted(fails(refusedDial), fails(refusedDial), says(200))
		require.NoError(t, send(t.Context(), located(t, tenant, wire), read))
		assert.Equal(t, 3, wire.sent())
	})
	t.Run("two servers that name each other", func(t *testing.T) {
		t.Parallel()
		var turn atomic.Int32
		tenant := locatorFunc(func(context.Context, string) (string, error) {
			return []string{oldHome, newHome}[turn.Add(1)%2], nil
		})
		wire := scripted(says(421))
		assert.ErrorIs(t, send(t.Context(), located(t, tenant, wire), write), ErrMisdirected)
		assert.Equal(t, 1+mostMoves, wire.sent())
	})
}

type locatorFunc func(ctx context.Context, rejected string) (string, error)

func (f locatorFunc) Locate(ctx context.Context, rejected string) (string, error) {
	return f(ctx, rejected)
}

func TestTenantThatCannotBeFound(t *testing.T) {
	t.Parallel()
	lost := errors.New("the state service does not answer")
	t.Run("at first", func(t *testing.T) {
		t.Parallel()
		wire := scripted(says(200))
		err := send(t.Context(), located(t, locatorFunc(func(context.Context, string) (string, error) { return "", lost }), wire), read)
		var failed *Error
		require.ErrorAs(t, err, &failed)
		assert.ErrorIs(t, err, lost)
		assert.Equal(t, "superoffice: POST /v1/Agents/User/GetExternalTokens: finding the tenant: the state service does not answer", err.Error())
		assert.Zero(t, wire.sent())
	})
	t.Run("when it has moved", func(t *testing.T) {
		t.Parallel()
		wire := scripted(says(421))
		err := send(t.Context(), located(t, &movers{addresses: []string{oldHome}, err: lost}, wire), read)
		assert.ErrorIs(t, err, lost)
		assert.ErrorIs(t, err, ErrMisdirected)
		assert.Equal(t, 1, wire.sent())
	})
	for name, address := range map[string]string{"no URL": "online2", "plain http": "http://online2.example.com", "a password": "https://u:pw@online2.example.com"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := scripted(says(200))
			err := send(t.Context(), located(t, &movers{addresses: []string{address}}, wire), read)
			assert.ErrorIs(t, err, ErrInvalidArgument)
			assert.NotContains(t, err.Error(), "pw")
			assert.Zero(t, wire.sent())
		})
	}
}

func TestCancelledCallDoesNotAskAgain(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	tenant := &movers{addresses: []string{oldHome, newHome}}
	wire := scripted(func() (*http.Response, error) { cancel(); return answerOf(421), nil })
	assert.ErrorIs(t, send(ctx, located(t, tenant, wire), read), ErrMisdirected)
	assert.Len(t, tenant.rejected, 1)
}

func TestUploadThatIsGoneIsNotSentElsewhere(t *testing.T) {
	t.Parallel()
	wire := scripted(says(421), says(200))
	client := located(t, &movers{addresses: []string{oldHome, newHome}}, wire)
	once := io.MultiReader(strings.NewReader("content")) // cannot seek
	_, err := client.Document.SetDocumentStream(t.Context(), &DocumentEntity{DocumentID: 1}, once, true)
	assert.ErrorIs(t, err, ErrMisdirected)
	_, err = client.Document.SetDocumentStream(t.Context(), &DocumentEntity{DocumentID: 1}, strings.NewReader("content"), true)
	require.NoError(t, err)
}

func TestMovedTenantMayRenewToo(t *testing.T) {
	t.Parallel()
	auth := &rotating{}
	var seen []string
	wire := fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.URL.Host+" "+r.Header.Get("Authorization"))
		switch {
		case r.URL.Host == "online2.example.com":
			return answerOf(421), nil
		case r.Header.Get("Authorization") == "Bearer token-0":
			return answerOf(401), nil
		}
		return answerOf(200), nil
	})
	client := located(t, &movers{addresses: []string{oldHome, newHome}}, wire, WithAuth(auth))
	require.NoError(t, send(t.Context(), client, write))
	assert.Equal(t, []string{"online2.example.com Bearer token-0", "online3.example.com Bearer token-0", "online3.example.com Bearer token-1"}, seen)
}

func TestFailedRenewalAfterAMoveKeepsTheLastAnswer(t *testing.T) {
	t.Parallel()
	broken := errors.New("no ticket to be had")
	applied := 0
	auth := AuthFunc(func(context.Context, *http.Request) error {
		if applied++; applied > 1 {
			return broken
		}
		return nil
	})
	client := located(t, &movers{addresses: []string{oldHome, newHome}}, scripted(says(421), says(200)), WithAuth(auth))
	assert.ErrorIs(t, send(t.Context(), client, read), broken)
}

func TestRedirectFromAMovedTenantStaysAtItsOrigin(t *testing.T) {
	t.Parallel()
	wire := scripted(says(421), says(307, "Location", "https://online2.example.com/elsewhere"))
	err := send(t.Context(), located(t, &movers{addresses: []string{oldHome, newHome}}, wire), read)
	assert.ErrorContains(t, err, "another origin")
	assert.Equal(t, []string{"online2.example.com", "online3.example.com"}, hosts(wire))
}

func TestLocatorOptions(t *testing.T) {
	t.Parallel()
	tenant := &movers{addresses: []string{oldHome}}
	_, err := NewClient("", WithLocator(nil))
	assert.ErrorIs(t, err, ErrInvalidArgument)
	_, err = NewClient("https://crm.example.com", WithLocator(tenant))
	assert.ErrorContains(t, err, "beside WithLocator")
	_, err = NewClient("")
	assert.ErrorIs(t, err, ErrInvalidArgument)

	wire := scripted(says(200))
	plain := over(t, wire)
	moving := with(t, plain, WithLocator(tenant))
	german := with(t, moving, WithLanguage("de"))
	for _, client := range []*Client{plain, moving, german} {
		require.NoError(t, send(t.Context(), client, read))
	}
	assert.Equal(t, []string{"crm.example.com", "online2.example.com", "online2.example.com"}, hosts(wire))
	assert.NotSame(t, plain.setup().core, moving.setup().core, "each server has a retry budget of its own")
	assert.Same(t, moving.setup().core, german.setup().core)
}

// TestTenantMovesUnderLoad moves a tenant between two real servers while many
// goroutines read and write. The server that the tenant has left says so.
func TestTenantMovesUnderLoad(t *testing.T) {
	t.Parallel()
	var home atomic.Int32
	var done [2]atomic.Int32
	var addresses [2]string
	for i := range addresses {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if int(home.Load()) != i {
				w.WriteHeader(http.StatusMisdirectedRequest)
				return
			}
			done[i].Add(1)
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"Provider":"nesciunt"}`)
		}))
		t.Cleanup(server.Close)
		addresses[i] = server.URL
	}
	client, err := NewClient("", WithLocator(locatorFunc(func(context.Context, string) (string, error) {
		return addresses[home.Load()], nil
	})))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)

	const workers, calls = 20, 20
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range calls {
				assert.NoError(t, send(t.Context(), client, class(i%2)))
				if w == 0 && i%7 == 3 {
					home.Store(1 - home.Load())
				}
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, workers*calls, done[0].Load()+done[1].Load(), "each call is done once")
}

// TestHostThatIsGone has a tenant move away from a host that is then switched
// off: nobody listens there any more.
func TestHostThatIsGone(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	var done atomic.Int32
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		done.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"Provider":"nesciunt"}`)
	}))
	t.Cleanup(here.Close)
	for i, kind := range []class{read, write} {
		client, err := NewClient("", WithLocator(&movers{addresses: []string{gone.URL, here.URL}}), WithRetry(RetryPolicy{MaxAttempts: 1}))
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		var got Response
		require.NoError(t, send(t.Context(), client, kind, CaptureResponse(&got)))
		assert.Equal(t, 2, got.Attempts)
		assert.ErrorContains(t, got.Cause, "refused")
		assert.EqualValues(t, i+1, done.Load())
	}
}

func TestUnavailableTenantIsAskedAfter(t *testing.T) {
	t.Parallel()
	asleep := errors.New("the tenant is in maintenance")
	tenant, wire := &movers{addresses: []string{oldHome}, err: asleep}, scripted(says(503))
	err := send(t.Context(), located(t, tenant, wire), read)
	assert.ErrorIs(t, err, ErrUnavailable)
	assert.ErrorIs(t, err, asleep)
	assert.Equal(t, 4, wire.sent(), "after the retries")
	assert.Equal(t, []string{"", oldHome}, tenant.rejected)

	wire = scripted(says(503))
	err = send(t.Context(), located(t, &movers{addresses: []string{oldHome, newHome}}, wire), write)
	assert.ErrorIs(t, err, ErrUnavailable)
	assert.Equal(t, 1, wire.sent(), "the server may have done it")
	assert.NotContains(t, err.Error(), "finding the tenant")

	wire = scripted(says(503), says(200))
	tenant = &movers{addresses: []string{oldHome}}
	require.NoError(t, send(t.Context(), located(t, tenant, wire), read))
	assert.Len(t, tenant.rejected, 1)
}
