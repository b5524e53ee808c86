package online

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// clock is a clock that goes only when it is told to, or when somebody sleeps.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func newClock() *clock { return &clock{time: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// sleep takes no time of the world's, and lets others go on.
func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.advance(d)
	runtime.Gosched()
	return ctx.Err()
}

// nap is a sleep of a clock that stands: it lets others go on.
func (c *clock) nap(ctx context.Context, _ time.Duration) error {
	runtime.Gosched()
	return ctx.Err()
}

// use sets an App by the clock, before its first call.
func (c *clock) use(a *App) *App {
	a.now, a.sleep = c.now, c.nap
	return a
}
