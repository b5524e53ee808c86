package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice/bench"
)

// contestant takes its turn in every round.
type contestant interface {
	name() string
	// turn makes so many calls, and so many of them at a time.
	turn(ctx context.Context, calls, atATime int) (turn, error)
}

// turn is what some calls took.
type turn struct {
	calls         int
	wall, cpu     time.Duration
	allocs, bytes uint64
}

// result is all of a contestant's turns, one for each round.
type result struct {
	name  string
	turns []turn
}

type results []result

// load is how contestants are measured.
type load struct {
	atATime int           // calls of one contestant
	slot    time.Duration // for one turn, about
	budget  time.Duration // for everything
}

// measure lets all contestants take turns until the time is up, in each round
// in another order, so that nobody always comes after the same one.
func measure(ctx context.Context, contestants []contestant, l load) (results, error) {
	const warmth, least = 5, 3 // in parts of the budget; in rounds
	calls, err := warmUp(ctx, contestants, load{l.atATime, l.slot, l.budget / warmth})
	if err != nil {
		return nil, err
	}
	measured := make(results, len(contestants))
	for i, c := range contestants {
		measured[i].name = c.name()
	}
	end := time.Now().Add(l.budget - l.budget/warmth)
	for round := 0; round < least || time.Now().Before(end); round++ {
		for _, i := range rand.Perm(len(contestants)) {
			took, err := contestants[i].turn(ctx, calls[i], l.atATime)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contestants[i].name(), err)
			}
			measured[i].turns = append(measured[i].turns, took)
		}
	}
	return measured, nil
}

// warmUp lets every contestant run for its part of the time, so that caches
// are filled and code is compiled, and returns how many calls make a turn of
// each: as many as fit at its best speed, whatever held it up at times.
func warmUp(ctx context.Context, contestants []contestant, l load) ([]int, error) {
	const few = 100
	calls := make([]int, len(contestants))
	for i, c := range contestants {
		for end := time.Now().Add(l.budget / time.Duration(len(contestants))); calls[i] == 0 || time.Now().Before(end); {
			took, err := c.turn(ctx, few, l.atATime)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name(), err)
			}
			calls[i] = max(1, calls[i], int(l.slot/(took.wall/few+1)))
		}
	}
	return calls, nil
}

// gopher is a peer in this process.
type gopher struct {
	bench.Entry
	version string
}

// gophers returns the peers, with the versions that they have in this program.
func gophers(peers []bench.Entry, err error) ([]contestant, error) {
	if err != nil {
		return nil, err
	}
	versions := make(map[string]string)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			versions[module.Path] = " " + module.Version
		}
	}
	contestants := make([]contestant, len(peers))
	for i, peer := range peers {
		contestants[i] = &gopher{peer, versions[peer.Module]}
	}
	return contestants, nil
}

func (g *gopher) name() string { return g.Name + g.version }

// turn implements contestant. It starts on a clean heap, so that nobody sweeps
// up after somebody else.
func (g *gopher) turn(ctx context.Context, calls, atATime int) (turn, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	cpu, started := cpuTime(), time.Now()
	if err := g.work(ctx, calls, atATime); err != nil {
		return turn{}, err
	}
	took := turn{calls: calls, wall: time.Since(started), cpu: cpuTime() - cpu}
	runtime.ReadMemStats(&after)
	took.allocs, took.bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return took, nil
}

// work makes the calls: on this goroutine if there is one at a time.
func (g *gopher) work(ctx context.Context, calls, atATime int) error {
	if atATime == 1 {
		for range calls {
			if err := g.Call(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	left, errs := int64(calls), make([]error, atATime)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for errs[i] == nil && atomic.AddInt64(&left, -1) >= 0 {
				errs[i] = g.Call(ctx)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// perCall is the median of what a call took.
func (r *result) perCall(of func(turn) float64) float64 {
	values := make([]float64, len(r.turns))
	for i, t := range r.turns {
		values[i] = of(t) / float64(t.calls)
	}
	return quantile(values, 0.5)
}

// times is how many times as much of something as other a call took: the
// median over the rounds, and between what the half of them lies.
func (r *result) times(other *result, of func(turn) float64) (median, low, high float64) {
	values := make([]float64, len(r.turns))
	for i, t := range r.turns {
		o := other.turns[i]
		values[i] = of(t) / float64(t.calls) * float64(o.calls) / of(o)
	}
	return quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)
}

// perCPUSecond is how many calls a second of CPU time makes, all rounds taken
// together; 0 if the CPU time is not known.
func (r *result) perCPUSecond() float64 {
	var calls int
	var cpu time.Duration
	for _, t := range r.turns {
		calls += t.calls
		cpu += t.cpu
	}
	if cpu <= 0 {
		return 0
	}
	return float64(calls) / cpu.Seconds()
}

func nanoseconds(t turn) float64 { return float64(t.wall) }
func cpu(t turn) float64         { return float64(cmp.Or(t.cpu, t.wall)) } // if it is known
func allocs(t turn) float64      { return float64(t.allocs) }
func bytes(t turn) float64       { return float64(t.bytes) }

// quantile returns the value below which the given part of values lies.
func quantile(values []float64, part float64) float64 {
	slices.Sort(values)
	return values[int(part*float64(len(values)-1)+0.5)]
}
