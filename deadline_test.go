package superoffice

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ended tells whether ctx is done, by its channel.
func ended(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

func TestAttemptContextEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		c := newAttemptContext(t.Context(), time.Second)
		defer c.finish()
		child, cancel := context.WithCancel(c)
		defer cancel()
		deadline, ok := c.Deadline()
		assert.True(t, ok)
		assert.Equal(t, time.Second, deadline.Sub(began))
		assert.False(t, ended(c))
		require.NoError(t, c.Err())
		<-child.Done()
		assert.Equal(t, time.Second, time.Since(began))
		assert.Equal(t, context.DeadlineExceeded, c.Err())
		assert.Equal(t, context.DeadlineExceeded, child.Err())
		assert.True(t, ended(c))
		assert.True(t, c.timedOut())
	})
}

func TestAttemptContextEndsWithTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(context.WithValue(t.Context(), callKey{}, "the call"), time.Second)
		defer cancel()
		c := newAttemptContext(parent, time.Hour)
		defer c.finish()
		deadline, _ := c.Deadline()
		assert.Equal(t, time.Second, time.Until(deadline), "the earlier of the two")
		assert.Equal(t, "the call", c.Value(callKey{}))
		<-c.Done()
		assert.Equal(t, context.DeadlineExceeded, c.Err())
		assert.False(t, c.timedOut(), "that was the call's deadline, not the attempt's")

		parent, cancel = context.WithCancel(t.Context())
		c = newAttemptContext(parent, time.Hour)
		defer c.finish()
		cancel()
		<-c.Done()
		assert.Equal(t, context.Canceled, c.Err())
		c.end(context.DeadlineExceeded, true)
		assert.Equal(t, context.Canceled, c.Err(), "it ends once")
	})
}

func TestAttemptContextWithoutBounds(t *testing.T) {
	t.Parallel()
	c := newAttemptContext(context.Background(), -1)
	_, ok := c.Deadline()
	assert.False(t, ok)
	assert.NoError(t, c.Err())
	c.finish()
	assert.Equal(t, context.Canceled, c.Err())
	assert.True(t, ended(c), "also where nobody asked before")
}

func TestAttemptContextCallsThoseWhoWait(t *testing.T) {
	t.Parallel()
	c := newAttemptContext(context.Background(), time.Hour)
	var called [3]atomic.Bool
	stopFirst := c.AfterFunc(func() { called[0].Store(true) })
	stopSecond := c.AfterFunc(func() { called[1].Store(true) })
	assert.True(t, stopFirst())
	assert.False(t, stopFirst(), "once")
	children := make([]context.Context, 20)
	for i := range children {
		child, cancel := context.WithCancelCause(c)
		defer cancel(nil)
		children[i] = child
	}
	assert.Len(t, c.waiting, len(children)+1, "a child waits as a function, not as a goroutine")
	c.finish()
	assert.False(t, called[0].Load())
	assert.True(t, called[1].Load())
	assert.False(t, stopSecond())
	for _, child := range children {
		assert.Equal(t, context.Canceled, child.Err())
		assert.Equal(t, context.Canceled, context.Cause(child))
	}
	done := make(chan struct{})
	stop := c.AfterFunc(func() { close(done) })
	<-done
	assert.False(t, stop(), "too late to stop")
}

func TestAttemptContextUnderStress(t *testing.T) {
	t.Parallel()
	for range 50 {
		parent, cancelParent := context.WithCancel(t.Context())
		c := newAttemptContext(parent, time.Hour)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				child, cancel := context.WithCancelCause(c)
				defer cancel(errors.New("mine"))
				if i%2 == 0 {
					<-child.Done()
				}
				_ = c.Err()
			})
		}
		wg.Go(cancelParent)
		wg.Wait()
		c.finish()
		assert.ErrorIs(t, c.Err(), context.Canceled)
	}
}
