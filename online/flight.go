package online

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice/internal/guard"
)

// flights runs a function once for all who want the same at the same time.
type flights struct {
	mu     sync.Mutex
	byName map[string]*flight
}

// flight is a function under way.
type flight struct {
	waiting int // callers, under the mutex of flights
	cancel  context.CancelFunc
	done    chan struct{}
	value   any // valid after done, as err is
	err     error
}

// share runs f once for all callers of the same name at the same time, for at
// most the given time. Each caller keeps its own ctx; with the last of them f
// is cancelled, and the next one begins anew. joined reports whether f had
// begun for somebody else.
func share[T any](ctx context.Context, a *App, name string, most time.Duration, f func(context.Context) (T, error)) (value T, joined bool, err error) {
	if err := ctx.Err(); err != nil {
		return value, false, err
	}
	own, joined := a.flights.join(ctx, name, most, func(ctx context.Context) (any, error) { return recovered(ctx, f) })
	select {
	case <-own.done:
		value, _ = own.value.(T)
		return value, joined, own.err
	case <-ctx.Done():
		a.flights.leave(name, own)
		return value, false, ctx.Err()
	}
}

// wasLeft reports whether the ctx of a flight has ended since its last caller
// left. A failure then says nothing of whoever was asked, and nobody is to
// remember it. That a flight's time ran out is a failure like any other.
func wasLeft(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// join returns the flight with a name, which f begins if there is none.
func (s *flights) join(ctx context.Context, name string, most time.Duration, f func(context.Context) (any, error)) (own *flight, joined bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own, joined = s.byName[name]; joined {
		own.waiting++
		return own, true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	own = &flight{waiting: 1, cancel: cancel, done: make(chan struct{})}
	if s.byName == nil {
		s.byName = make(map[string]*flight)
	}
	s.byName[name] = own
	go func() {
		defer cancel()
		own.value, own.err = f(ctx)
		s.end(name, own)
	}()
	return own, false
}

// leave takes one caller off a flight, and with the last one ends it.
func (s *flights) leave(name string, own *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own.waiting--; own.waiting == 0 {
		s.remove(name, own)
		own.cancel()
	}
}

// end tells the callers of a flight that it has ended.
func (s *flights) end(name string, own *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(name, own)
	close(own.done)
}

// remove has the next caller begin a flight of its own. It is called with s.mu
// held.
func (s *flights) remove(name string, own *flight) {
	if s.byName[name] == own {
		delete(s.byName, name)
	}
}

// errNotReturned is code of the caller's that ended its goroutine, as t.FailNow
// does.
var errNotReturned = errors.New("online: a function of the caller's did not return")

// recovered is f, with an error if code of the caller's, such as a Store,
// panics or ends its goroutine: on a goroutine of ours nobody could recover it,
// and those who wait would wait for ever.
func recovered[T any](ctx context.Context, f func(context.Context) (T, error)) (value T, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = errNotReturned
		err = guard.Call("online: a function of the caller's", func() (err error) {
			value, err = f(ctx)
			return err
		})
	}()
	<-done
	return value, err
}
