package superoffice

import (
	"context"
	"slices"
	"sync"
	"time"
)

// attemptContext is the context of one attempt: the call's, with a deadline of
// its own. context.WithTimeout says the same, at the price of a map of
// children, a channel and a tree of closures, which is a good part of what a
// call costs beside the network; bench shows it. Here net/http finds the
// AfterFunc that the context package looks for, and registers one function.
type attemptContext struct {
	context.Context // the call's
	deadline        time.Time
	timer           *time.Timer // nil where the attempt is not bounded
	leave           func() bool // stops listening to the call's context; nil where that never ends

	mu      sync.Mutex
	err     error
	expired bool          // by the attempt's deadline
	done    chan struct{} // made when somebody asks for it
	waiting []*waiter
}

// waiter is a function to be called when the context ends.
type waiter struct{ f func() }

// newAttemptContext starts the clock, unless limit sets no bound. finish stops
// it.
func newAttemptContext(parent context.Context, limit time.Duration) *attemptContext {
	c := &attemptContext{Context: parent}
	c.deadline, _ = parent.Deadline()
	if limit > 0 {
		if own := time.Now().Add(limit); c.deadline.IsZero() || own.Before(c.deadline) {
			c.deadline = own
		}
		c.timer = time.AfterFunc(limit, func() { c.end(context.DeadlineExceeded, true) })
	}
	if parent.Done() != nil {
		c.leave = context.AfterFunc(parent, func() { c.end(parent.Err(), false) })
	}
	return c
}

// finish ends the context and frees what it holds.
func (c *attemptContext) finish() {
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.leave != nil {
		c.leave()
	}
	c.end(context.Canceled, false)
}

// end ends the context once, and tells those who wait.
func (c *attemptContext) end(err error, expired bool) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err, c.expired = err, expired
	if c.done != nil {
		close(c.done)
	}
	waiting := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	for _, w := range waiting {
		w.f()
	}
}

// timedOut tells whether the attempt's own deadline ended it.
func (c *attemptContext) timedOut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.expired
}

// Deadline implements context.Context.
func (c *attemptContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Err implements context.Context.
func (c *attemptContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done implements context.Context.
func (c *attemptContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

// AfterFunc is what the context package calls to learn of a parent's end
// without a goroutine. stop reports whether it kept f from being called.
func (c *attemptContext) AfterFunc(f func()) (stop func() bool) {
	w := &waiter{f}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		go f()
		return func() bool { return false }
	}
	c.waiting = append(c.waiting, w)
	return func() bool { return c.forget(w) }
}

func (c *attemptContext) forget(w *waiter) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, w)
	if i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
	return i >= 0
}
