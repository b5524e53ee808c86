package bench

import (
	"net/http"
	"testing"
)

// mostAllocations is what a call through the SDK may allocate in memory, the
// transport's share of 8 included. It is what the call takes; whoever needs
// more has a reason to write here, and whoever needs less lowers it.
const mostAllocations = 48

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
	byHand, unbounded, sdk := allocations(t, peers[ByHand]), allocations(t, peers[Unbounded]), allocations(t, peers[SDK])
	t.Logf("allocations per call in memory: %v by hand, %v by hand without a time limit, %v through the SDK", byHand, unbounded, sdk)
	if least := min(byHand, unbounded); sdk > least {
		t.Errorf("the SDK allocates %v times per call, the hand-written call %v times", sdk, least)
	}
	if sdk > mostAllocations {
		t.Errorf("the SDK allocates %v times per call, %d were enough before", sdk, mostAllocations)
	}
}

func allocations(t *testing.T, peer Peer) float64 {
	t.Helper()
	const runs = 1000
	return testing.AllocsPerRun(runs, func() {
		if err := peer.Call(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
