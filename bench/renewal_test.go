package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
)

// BenchmarkRenewal is what an expired credential costs: in each iteration all
// goroutines call with it, all are refused, one renewal follows for all of
// them, and all are sent once more.
func BenchmarkRenewal(b *testing.B) { benchmarkRenewal(b, newRenewal) }

// BenchmarkExchange is what an expired ticket costs the system user of a
// tenant. The renewal is an exchange, with a signature to make and one to
// verify.
func BenchmarkExchange(b *testing.B) { benchmarkRenewal(b, newExchange) }

func benchmarkRenewal(b *testing.B, start func(testing.TB, int) *renewal) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("goroutines=%d", callers), func(b *testing.B) {
			b.ReportAllocs()
			r := start(b, callers)
			before, rounds := r.renewed.Load(), 0
			for b.Loop() {
				rounds++
				r.expire()
				if err := r.callAll(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(r.renewed.Load()-before)/float64(rounds), "renewals/op")
		})
	}
}

// TestRenewal is the benchmarks' work, a few times.
func TestRenewal(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, int) *renewal{"renewal": newRenewal, "exchange": newExchange} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, 64)
			for range 20 {
				r.expire()
				if err := r.callAll(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// renewal is a server that lets only the newest credential in, and a client
// that is to keep up with it.
type renewal struct {
	client  *superoffice.Client
	callers int
	header  func(credential int64) string // Authorization with a credential, by its number
	valid   atomic.Int64                  // the number of the credential that the server takes
	current atomic.Int64                  // the number of the credential that the client has
	renewed atomic.Int64
	refuse  atomic.Pointer[gate] // of this iteration
}

func newRenewal(tb testing.TB, callers int) *renewal {
	tb.Helper()
	r := &renewal{callers: callers, header: bearer}
	client, err := superoffice.NewClient(MemoryURL,
		superoffice.WithHTTPClient(&http.Client{Transport: fakehttp.Transport(r.answer)}),
		superoffice.WithAuth(r))
	if err != nil {
		tb.Fatal(err)
	}
	r.client = client
	return r
}

// newExchange is a renewal in which the client is the system user's. It has had
// its first ticket. The environment signs only two tokens, in turns, so that
// its work does not count.
func newExchange(tb testing.TB, callers int) *renewal {
	tb.Helper()
	r := &renewal{callers: callers}
	tickets := [2]string{ticket, strings.Replace(ticket, "7T:M", "7T:N", 1)}
	tokens := [2]string{signed(tenantID, tickets[0]), signed(tenantID, tickets[1])}
	r.header = func(n int64) string { return "SOTicket " + tickets[n%2] }
	app, err := newApp(&environment{
		next: fakehttp.Transport(r.answer),
		api:  func(string) string { return MemoryURL + "/api" },
		exchange: func(string) string {
			r.renewed.Add(1)
			return tokens[r.valid.Load()%2]
		},
	}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if r.client, err = app.SystemUserClient(tenantID, "a system user token"); err != nil {
		tb.Fatal(err)
	}
	if _, err = r.client.User.GetExternalTokens(tb.Context(), key); err != nil {
		tb.Fatal(err)
	}
	return r
}

// expire has the server refuse the credential that the client has. It refuses the
// first callers all together, so that none of them comes late and finds one
// that is renewed already.
func (r *renewal) expire() {
	r.refuse.Store(newGate(r.callers))
	r.valid.Add(1)
}

// callAll makes a call on each goroutine and checks that all came through with
// one renewal.
func (r *renewal) callAll(ctx context.Context) error {
	before := r.renewed.Load()
	errs := make([]error, r.callers)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = r.client.User.GetExternalTokens(ctx, key) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if renewals := r.renewed.Load() - before; renewals != 1 {
		return fmt.Errorf("%d renewals for %d calls with one expired credential", renewals, r.callers)
	}
	return nil
}

// Apply implements superoffice.Auth.
func (r *renewal) Apply(_ context.Context, req *http.Request) error {
	req.Header["Authorization"] = []string{bearer(r.current.Load())}
	return nil
}

// Renew implements superoffice.Renewer.
func (r *renewal) Renew(context.Context, *http.Request) error {
	r.current.Store(r.valid.Load())
	r.renewed.Add(1)
	return nil
}

func bearer(token int64) string { return "Bearer " + strconv.FormatInt(token, 10) }

func (r *renewal) answer(req *http.Request) (*http.Response, error) {
	if err := consume(req); err != nil {
		return nil, err
	}
	if req.Header.Get("Authorization") == r.header(r.valid.Load()) {
		return respond(req, http.StatusOK, "200 OK", Sample), nil
	}
	if err := r.refuse.Load().pass(req.Context()); err != nil {
		return nil, err
	}
	return respond(req, http.StatusUnauthorized, "401 Unauthorized", ""), nil
}

// gate holds everybody up until the last one has come.
type gate struct {
	missing atomic.Int64
	open    chan struct{}
}

func newGate(callers int) *gate {
	g := &gate{open: make(chan struct{})}
	g.missing.Store(int64(callers))
	return g
}

func (g *gate) pass(ctx context.Context) error {
	if g.missing.Add(-1) == 0 {
		close(g.open)
	}
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
