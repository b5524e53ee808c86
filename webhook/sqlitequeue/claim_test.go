package sqlitequeue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
	"github.com/superoffice-go/superoffice/webhook/sqlitequeue"
)

// TestTakenOver has the event of a process that rests handled by another, and the
// first one notice.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	path, now := newPath(t), newClock()
	var log logged
	resting := open(t, path, sqlitequeue.WithClock(now.now), sqlitequeue.WithPoll(never), log.option())
	add(t, resting, event("1", 5), event("2", 5))
	handling, canceled, leave := make(chan struct{}), make(chan struct{}), make(chan struct{})
	endResting := start(t, resting, func(ctx context.Context, e *webhook.Event) error {
		if e.ID != "1" {
			return nil
		}
		close(handling)
		<-ctx.Done()
		close(canceled)
		<-leave
		return errors.New("too late")
	})
	next(t, handling)

	other, ids := open(t, path, sqlitequeue.WithClock(now.now), sqlitequeue.WithPoll(time.Millisecond)), make(chan string, 10)
	now.pass(time.Minute - time.Millisecond)
	end := start(t, other, tell(ids))
	add(t, other, event("3", 6))
	assert.Equal(t, "3", next(t, ids), "the other events are claimed, or wait")
	now.pass(time.Millisecond)
	assert.Equal(t, "1", next(t, ids))
	assert.Equal(t, "2", next(t, ids))
	require.ErrorIs(t, end(), context.Canceled)

	add(t, resting, event("4", 7)) // wakes it
	next(t, canceled)
	close(leave)
	require.ErrorIs(t, endResting(), context.Canceled)
	assert.Equal(t, 3, count(t, other, "state = 2 AND id IN ('cust12345/1', 'cust12345/2', 'cust12345/3')"), "as the other has left them")
	assert.Equal(t, 1, strings.Count(log.String(), "an event was taken over while it was handled"), log.String())
	assert.NotContains(t, log.String(), "too late")
}

// TestKept has an event that is handled for long stay claimed.
func TestKept(t *testing.T) {
	t.Parallel()
	path, now := newPath(t), newClock()
	slow := open(t, path, sqlitequeue.WithClock(now.now), sqlitequeue.WithPoll(time.Millisecond))
	add(t, slow, event("1", 5))
	handling, leave := make(chan struct{}), make(chan struct{})
	start(t, slow, func(ctx context.Context, _ *webhook.Event) error {
		close(handling)
		<-leave
		return ctx.Err()
	})
	next(t, handling)
	ids := make(chan string, 10)
	other := open(t, path, sqlitequeue.WithClock(now.now), sqlitequeue.WithPoll(time.Millisecond))
	start(t, other, tell(ids))
	for i := range 10 {
		claimed := now.now().Add(time.Minute).UnixMilli()
		now.pass(30 * time.Second)
		require.Eventually(t, func() bool {
			return count(t, other, "state = 1") == 1 && dueOf(t, other, 1) > claimed
		}, patience, time.Millisecond, i)
	}
	close(leave)
	require.Eventually(t, func() bool { return count(t, other, "state = 2") == 1 }, patience, time.Millisecond)
	assert.Empty(t, ids)
}

func dueOf(t *testing.T, q *sqlitequeue.Queue, seq int) (due int64) {
	require.NoError(t, q.DB().QueryRow("SELECT due FROM events WHERE seq = ?", seq).Scan(&due))
	return due
}

// TestRested has a process whose claims have ended while it rested keep them, if
// nobody else has them.
func TestRested(t *testing.T) {
	t.Parallel()
	now := newClock()
	q := open(t, newPath(t), sqlitequeue.WithClock(now.now), sqlitequeue.WithPoll(never))
	add(t, q, event("1", 5))
	handling, leave := make(chan string, 10), make(chan struct{})
	start(t, q, func(ctx context.Context, e *webhook.Event) error {
		handling <- e.ID
		if e.ID == "1" {
			<-leave
		}
		return ctx.Err()
	})
	assert.Equal(t, "1", next(t, handling))
	now.pass(time.Hour)
	add(t, q, event("2", 5), event("3", 6)) // wakes it
	assert.Equal(t, "3", next(t, handling))
	close(leave)
	assert.Equal(t, "2", next(t, handling))
}

// TestDeadly gives up an event that has ended each process that tried it.
func TestDeadly(t *testing.T) {
	t.Parallel()
	var log logged
	q, ids := open(t, newPath(t), log.option()), make(chan string, 10)
	add(t, q, event("1", 5), event("2", 5))
	_, err := q.DB().Exec("UPDATE events SET tries = ?, claim = 7 WHERE seq = 1", queue.MostTries)
	require.NoError(t, err)
	end := start(t, q, tell(ids))
	assert.Equal(t, "2", next(t, ids))
	require.ErrorIs(t, end(), context.Canceled)
	assert.Equal(t, 1, count(t, q, "state = 3 AND seq = 1"))
	assert.Contains(t, log.String(), "each process that tried it has ended")
}

// hold takes the file's lock when nobody has it.
func hold(t *testing.T, q *sqlitequeue.Queue) (leave func() error) {
	t.Helper()
	require.Eventually(t, func() bool {
		tx, err := q.DB().Begin()
		if err == nil {
			leave = tx.Rollback
		}
		return err == nil
	}, patience, time.Millisecond)
	return leave
}

// TestLocked has Add tell of a file that another program holds, and Work go on
// when it no longer does.
func TestLocked(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var log logged
	q := open(t, path, sqlitequeue.WithPatience(time.Millisecond), log.option())
	holder := open(t, path)
	add(t, q, event("1", 5))

	leave := hold(t, holder)
	err := q.Add(t.Context(), event("2", 6))
	require.ErrorContains(t, err, "sqlitequeue: ")
	require.ErrorContains(t, err, "end the program that holds the file")
	ids := make(chan string, 10)
	end := start(t, q, tell(ids))
	require.Eventually(t, func() bool { return log.String() != "" }, patience, time.Millisecond)
	assert.Empty(t, ids)
	require.NoError(t, leave())
	assert.Equal(t, "1", next(t, ids))

	leave = hold(t, holder) // what is handled cannot be stored, and Work ends
	require.ErrorIs(t, end(), context.Canceled)
	require.NoError(t, leave())
	assert.Contains(t, log.String(), "the queue's file failed")
}

// TestCanceledWhileLocked has Add obey its context while the file is another's.
func TestCanceledWhileLocked(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	q, holder := open(t, path), open(t, path)
	leave := hold(t, holder)
	for range 2 { // one waits for the lock, and one for that one
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		require.ErrorIs(t, q.Add(ctx, event("1", 5)), context.DeadlineExceeded)
		cancel()
	}
	require.NoError(t, leave())
	add(t, q, event("2", 6))
}

// TestUnextended ends the context of a function whose event others may have by now.
func TestUnextended(t *testing.T) {
	t.Parallel()
	path, now := newPath(t), newClock()
	q := open(t, path, sqlitequeue.WithPatience(time.Millisecond), sqlitequeue.WithPoll(time.Millisecond), sqlitequeue.WithClock(now.now))
	holder := open(t, path)
	add(t, q, event("1", 5))
	handling, canceled := make(chan struct{}, 1), make(chan struct{})
	first := true
	start(t, q, func(ctx context.Context, _ *webhook.Event) error {
		if !first {
			return nil
		}
		first = false
		handling <- struct{}{}
		<-ctx.Done()
		close(canceled)
		return ctx.Err()
	})
	next(t, handling)
	leave := hold(t, holder)
	now.pass(time.Minute)
	next(t, canceled)
	require.NoError(t, leave())
}
