package bench

import (
	"context"
	"net/http"
	"testing"
)

// mostAllocations is what a call through the SDK may allocate in memory, the
// transport's own included. Whoever needs more has a reason to write here, and
// whoever needs less lowers it.
const mostAllocations = 43

// TestAllocations holds the SDK to fewer allocations than the hand-written
// call, even than the one without a limit in time, and to what it had before.
// The counts are exact and the same on every machine, so this is a gate where
// a time could not be one.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	peers, err := Peers(MemoryURL, func() http.RoundTripper { return Memory{} })
	if err != nil {
		t.Fatal(err)
	}
	cancellable, cancel := context.WithCancel(t.Context())
	defer cancel()
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": cancellable} {
		byHand, unbounded, sdk := allocations(ctx, t, peers[ByHand]), allocations(ctx, t, peers[Unbounded]), allocations(ctx, t, peers[SDK])
		t.Logf("allocations per call in memory, %s context: %v by hand, %v by hand without a time limit, %v through the SDK", name, byHand, unbounded, sdk)
		if least := min(byHand, unbounded); sdk > least {
			t.Errorf("%s context: the SDK allocates %v times per call, the hand-written call %v times", name, sdk, least)
		}
		if sdk > mostAllocations {
			t.Errorf("%s context: the SDK allocates %v times per call, %d were enough before", name, sdk, mostAllocations)
		}
	}
}

func allocations(ctx context.Context, t *testing.T, peer Peer) float64 {
	t.Helper()
	const runs = 1000
	return testing.AllocsPerRun(runs, func() {
		if err := peer.Call(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
