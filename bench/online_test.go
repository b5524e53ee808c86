package bench

import (
	"context"
	"net/http"
	"testing"
)

// BenchmarkTenants is a call to a tenant in each of the SDK's ways.
func BenchmarkTenants(b *testing.B) {
	b.Run("memory", func(b *testing.B) {
		benchmarkEntries(b, tenantPeers(b, MemoryURL, func() http.RoundTripper { return Memory{} }))
	})
	b.Run("loopback", func(b *testing.B) {
		benchmarkEntries(b, tenantPeers(b, startServer(b).URL, NewTransport))
	})
}

// tenantPeers returns the ways to a tenant after their first call, by which
// they know where it is and have a ticket.
func tenantPeers(tb testing.TB, baseURL string, transport func() http.RoundTripper) []Entry {
	tb.Helper()
	peers, err := TenantPeers(baseURL, transport)
	if err != nil {
		tb.Fatal(err)
	}
	for _, peer := range peers {
		if err := peer.Call(tb.Context()); err != nil {
			tb.Fatalf("%s: %v", peer.Name, err)
		}
	}
	return peers
}

// TestTenantsOverLoopback makes a call of each way to the server.
func TestTenantsOverLoopback(t *testing.T) {
	t.Parallel()
	tenantPeers(t, startServer(t).URL, NewTransport)
}

// TestTenantAllocations holds a call to a tenant that is followed to the
// allocations of one to an address that is known. A system user's has one
// more, which puts the ticket behind the name of its scheme.
func TestTenantAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	peers := tenantPeers(t, MemoryURL, func() http.RoundTripper { return Memory{} })
	cancellable, cancel := context.WithCancel(t.Context())
	defer cancel()
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": cancellable} {
		counts := make([]float64, len(peers))
		for i, peer := range peers {
			counts[i] = allocations(ctx, t, peer)
		}
		t.Logf("allocations per call in memory, %s context: %v", name, counts)
		if counts[Plain] > mostAllocations {
			t.Errorf("%s context: %v allocations with an access token, %d with a password", name, counts[Plain], mostAllocations)
		}
		if counts[Followed] > counts[Plain] {
			t.Errorf("%s context: %v allocations where the tenant is followed, %v where its address is known", name, counts[Followed], counts[Plain])
		}
		if counts[SystemUser] > counts[Ticket]+1 {
			t.Errorf("%s context: %v allocations as a system user, %v with a ticket", name, counts[SystemUser], counts[Ticket])
		}
	}
}

// TestAtRest holds a tenant at rest to its budget. The size of the heap differs
// by a few bytes from run to run.
func TestAtRest(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory too")
	}
	const tenants = 10_000
	for name, inMemory := range map[string]bool{"with a Store elsewhere": false, "with the Store in memory": true} {
		bytes, err := AtRest(t.Context(), tenants, inMemory)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("a tenant at rest, %s: %.0f bytes", name, bytes)
		if !inMemory && bytes > MostAtRest {
			t.Errorf("a tenant at rest takes %.0f bytes, %d were enough before", bytes, MostAtRest)
		}
	}
}
