// Command table compares the peers and prints what each of them costs, as
// Markdown:
//
//	go -C bench run ./table
//
// It takes about two minutes and talks to a server of its own on loopback.
// All peers take turns in many short rounds, and what is told of times is the
// median over the rounds of what a peer took to what the hand-written call
// took in the same round, so that most of what else goes on in the machine
// cancels out.
//
// Each client in Go has one processor. A client in node runs on one thread, and
// with a second processor at hand Go looks there for work that one call at a
// time does not give, which counts as CPU time like any other.
//
// Where node and the npm package @superoffice/webapi are there (in NODE_PATH
// or in bench/ts/node_modules), the vendor's TypeScript client takes its turn
// too, against the same server.
//
// The SDK's ways to a tenant of SuperOffice Online are compared likewise, each
// with the one beside it that knows the address from the start, by the CPU time
// that they take. And it tells what memory a tenant takes at rest.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"github.com/superoffice-go/superoffice/bench"
)

func main() {
	served, err := bench.ServeIfAsked()
	if !served {
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run() error {
	p := plan{script: filepath.Join("ts", "bench.cjs")}
	flag.DurationVar(&p.memory, "memory", 10*time.Second, "how long to measure in memory")
	flag.DurationVar(&p.single, "single", 25*time.Second, "how long to measure over loopback, one call at a time")
	flag.DurationVar(&p.many, "many", 20*time.Second, "how long to measure over loopback, some calls at a time")
	flag.DurationVar(&p.tenant, "tenant", 25*time.Second, "how long to measure ways to a tenant, over loopback and in memory each")
	flag.IntVar(&p.atRest, "atrest", 10_000, "how many tenants to have at rest")
	flag.Parse()
	runtime.GOMAXPROCS(processors)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return p.carryOut(ctx, os.Stdout)
}

// plan says what to measure.
type plan struct {
	memory, single, many time.Duration
	tenant               time.Duration
	atRest               int
	script               string // of the vendor's client
}

// many is how many calls a busy client makes at a time.
const many = 8

// processors is how many a client in Go has.
const processors = 1

// How long a turn takes, about: over loopback long enough for the garbage
// collectors to take part. The ways to a tenant allocate the same and differ by
// little, so that more and shorter turns tell more of them.
const (
	memorySlot   = 10 * time.Millisecond
	loopbackSlot = 50 * time.Millisecond
	tenantSlot   = 10 * time.Millisecond
)

// carryOut measures and writes the tables to out.
func (p plan) carryOut(ctx context.Context, out io.Writer) (err error) {
	server, err := bench.StartServer(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	var r report
	if err := p.overLoopback(ctx, server.URL, &r); err != nil {
		return err
	}
	if err := p.inMemory(ctx, &r); err != nil {
		return err
	}
	if err := p.toTenants(ctx, server.URL, &r); err != nil {
		return err
	}
	_, err = io.WriteString(out, r.String())
	return err
}

func memory() http.RoundTripper { return bench.Memory{} }

func (p plan) inMemory(ctx context.Context, r *report) error {
	contestants, err := gophers(bench.Peers(bench.MemoryURL, memory))
	if err != nil {
		return err
	}
	r.memory, err = measure(ctx, contestants, load{1, memorySlot, p.memory})
	return err
}

// toTenants measures the SDK's ways to a tenant.
func (p plan) toTenants(ctx context.Context, baseURL string, r *report) error {
	over, err := gophers(bench.TenantPeers(baseURL, bench.NewTransport))
	if err != nil {
		return err
	}
	in, err := gophers(bench.TenantPeers(bench.MemoryURL, memory))
	if err != nil {
		return err
	}
	if r.tenantOver, err = measure(ctx, over, load{1, tenantSlot, p.tenant}); err != nil {
		return err
	}
	if r.tenantIn, err = measure(ctx, in, load{1, tenantSlot, p.tenant}); err != nil {
		return err
	}
	if r.atRest, err = bench.AtRest(ctx, p.atRest, false); err != nil {
		return err
	}
	r.atRestWithStore, err = bench.AtRest(ctx, p.atRest, true)
	return err
}

// overLoopback has the vendor's client take part last, or says why it does
// not.
func (p plan) overLoopback(ctx context.Context, baseURL string, r *report) error {
	contestants, err := gophers(bench.Peers(baseURL, bench.NewTransport))
	if err != nil {
		return err
	}
	vendor, missing, err := startVendor(ctx, p.script, baseURL)
	if err != nil {
		return err
	}
	if r.missing = missing; vendor != nil {
		defer vendor.close()
		contestants = append(contestants, vendor)
	}
	if r.single, err = measure(ctx, contestants, load{1, loopbackSlot, p.single}); err != nil {
		return err
	}
	r.many, err = measure(ctx, contestants, load{many, loopbackSlot, p.many})
	return err
}
