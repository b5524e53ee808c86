package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superoffice-go/superoffice/bench"
)

// TestMain makes the test program the server too.
func TestMain(m *testing.M) {
	served, err := bench.ServeIfAsked()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if !served {
		os.Exit(m.Run())
	}
}

// TestTable prints the table after the shortest of measurements.
func TestTable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := plan{memory: time.Millisecond, single: time.Millisecond, many: time.Millisecond, tenant: time.Millisecond, atRest: 10, script: filepath.Join("..", "ts", "bench.cjs")}
	if err := p.carryOut(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| net/http by hand |", "| go-retryablehttp v", "| resty v", "| this SDK |", "1.00 (1.00 to 1.00)", "| in memory no more time than by hand |",
		"| an access token, tenant followed |", "| a system user, tenant followed |", "A tenant at rest takes "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, out.String())
		}
	}
	if missing, there := strings.Contains(out.String(), "Without the vendor's"), strings.Contains(out.String(), "| @superoffice/webapi "); missing == there {
		t.Errorf("the table must have either the vendor's client or the reason for its absence:\n%s", out.String())
	}
}

// TestTimes compares round by round: one that was slow for everybody says
// nothing of a contestant.
func TestTimes(t *testing.T) {
	t.Parallel()
	r := result{turns: []turn{{calls: 10, wall: 30}, {calls: 10, wall: 3000}, {calls: 10, wall: 100}}}
	other := result{turns: []turn{{calls: 20, wall: 20}, {calls: 20, wall: 2000}, {calls: 20, wall: 20}}}
	median, low, high := r.times(&other, nanoseconds)
	if median != 3 || low != 3 || high != 10 {
		t.Errorf("got %v (%v to %v), want 3 (3 to 10)", median, low, high)
	}
}

// TestPerCPUSecond takes all rounds together.
func TestPerCPUSecond(t *testing.T) {
	t.Parallel()
	r := result{turns: []turn{{calls: 10, cpu: time.Second}, {calls: 50, cpu: 2 * time.Second}}}
	if got := r.perCPUSecond(); got != 20 {
		t.Errorf("got %v calls per CPU second, want 20", got)
	}
	if got := (&result{turns: []turn{{calls: 1}}}).perCPUSecond(); got != 0 {
		t.Errorf("got %v without a measure of CPU time, want 0", got)
	}
}
