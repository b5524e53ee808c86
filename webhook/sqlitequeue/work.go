package sqlitequeue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

// end is how a try has ended.
type end int

const (
	handled end = iota + 1
	failed
	givenUp
	released // it was none
)

// job is a try of an event.
type job struct {
	seq    int64
	record string
	body   []byte
	tries  int    // this one included
	claim  int64  // in the database too, as long as the event is claimed by this job
	until  int64  // when the claim ends, in milliseconds
	lost   bool   // whether others have claimed the event since
	cancel func() // ends the context of the function
	about  []any  // what may be logged of the event
	err    error
	end    end
	pause  time.Duration // before the next try
}

// worker is a call of Work. Its fields belong to the goroutine of that call.
type worker struct {
	q       *Queue
	ctx     context.Context
	handle  func(ctx context.Context, e *webhook.Event) error
	running map[*job]struct{}
	ended   chan *job // of running ones
	ends    []*job    // that are not stored yet
}

// Work handles the stored events, as webhook.Queue tells. When ctx ends it waits for the
// functions that it has called, and keeps their events claimed until they
// have returned. Errors of the file are logged, and Work goes on after a pause.
// After [Queue.Close] it returns an error that is not ctx's.
func (q *Queue) Work(ctx context.Context, handle func(ctx context.Context, e *webhook.Event) error) error {
	if !q.enter() {
		return errClosed
	}
	defer q.calls.Done()
	wakes, forget := q.listen()
	defer forget()
	open, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(q.closing, cancel)()
	w := &worker{q: q, ctx: open, handle: handle, running: make(map[*job]struct{}), ended: make(chan *job, q.workers)}
	w.loop(wakes)
	if err := ctx.Err(); err != nil {
		return err
	}
	return errClosed
}

// loop takes turns until the context has ended and nothing is running.
func (w *worker) loop(wakes <-chan struct{}) {
	failures := 0
	for w.ctx.Err() == nil || len(w.running)+len(w.ends) > 0 {
		wait, err := w.turn()
		if err == nil {
			failures = 0
			w.wait(wait, wakes)
			continue
		}
		failures++
		wait = min(w.q.pause(failures), w.q.lease/2)
		w.q.log.ErrorContext(w.ctx, "sqlitequeue: the queue's file failed; it is tried again", "error", err, "pause", wait)
		if w.ctx.Err() != nil && len(w.running) == 0 {
			return // the claims end by themselves
		}
		w.cancelLate()
		w.wait(wait, nil)
	}
}

// turn stores what has ended, keeps claimed what is running, and begins what is due,
// in one transaction. It returns when the next turn is to be at the latest.
func (w *worker) turn() (wait time.Duration, err error) {
	w.collect()
	free, late := w.q.workers-len(w.running), w.late()
	if w.ctx.Err() != nil {
		free = 0
	}
	if free == 0 && len(w.ends)+len(late) == 0 {
		return w.q.poll, nil
	}
	var n news
	err = w.q.write(context.WithoutCancel(w.ctx), func(c *change) (err error) {
		n, err = w.exchange(c, late, free)
		return err
	})
	if err != nil {
		return 0, err
	}
	w.ends = nil
	for _, j := range late {
		j.until = n.until
	}
	for _, j := range n.lost {
		w.lose(j)
	}
	for _, j := range n.claimed {
		w.begin(j)
	}
	return n.wait, nil
}

// news is what a turn gets from the file.
type news struct {
	until   int64  // when the claims that were extended end
	lost    []*job // those that others have
	claimed []*job
	wait    time.Duration // until the next turn
}

// exchange is the transaction of a turn. late comes before what is claimed, so that a
// process that has rested does not take its own events from itself.
func (w *worker) exchange(c *change, late []*job, free int) (n news, err error) {
	n.wait, n.until = w.q.poll, c.now+w.q.lease.Milliseconds()
	for _, j := range w.ends {
		held, err := c.finish(j)
		if err != nil {
			return n, err
		}
		if !held {
			n.lost = append(n.lost, j)
		}
	}
	for _, j := range late {
		held, err := c.extend(j, n.until)
		if err != nil {
			return n, err
		}
		if !held {
			n.lost = append(n.lost, j)
		}
	}
	if free == 0 {
		return n, nil
	}
	if n.claimed, err = c.claim(free, n.until); err != nil || len(n.claimed) == free {
		return n, err
	}
	due, err := c.nextDue()
	if err == nil && due > 0 {
		n.wait = min(n.wait, max(time.Duration(due-c.now)*time.Millisecond, time.Millisecond))
	}
	return n, err
}

// late returns what is running and needs its claim extended.
func (w *worker) late() (late []*job) {
	until := w.q.now().Add(w.q.lease * 2 / 3).UnixMilli()
	for j := range w.running {
		if j.until < until && !j.lost {
			late = append(late, j)
		}
	}
	return late
}

// cancelLate ends the contexts of functions whose events are no longer claimed,
// since they could not be extended.
func (w *worker) cancelLate() {
	now := w.q.now().UnixMilli()
	for j := range w.running {
		if j.until <= now {
			j.cancel()
		}
	}
}

// lose notes that others have an event, after this process has rested for longer
// than a claim holds.
func (w *worker) lose(j *job) {
	j.cancel()
	j.lost = true
	w.q.log.WarnContext(w.ctx, "sqlitequeue: an event was taken over while it was handled, and may be handled twice", j.about...)
}

// begin calls the function on a goroutine, or ends the job at once if it must not.
func (w *worker) begin(j *job) {
	ctx, cancel := context.WithCancel(w.ctx)
	j.cancel = cancel
	w.running[j] = struct{}{}
	j.about = []any{"record", j.record, "try", j.tries}
	if j.err = w.ctx.Err(); j.err == nil && j.tries > queue.MostTries {
		j.err = errEndedEach
	}
	if j.err != nil {
		w.ended <- j
		return
	}
	go func() {
		defer func() { w.ended <- j }()
		j.err = errNoReturn
		j.err = w.call(ctx, j)
	}()
}

// errEndedEach is told of an event that was never seen to fail.
var errEndedEach = errors.New("each process that tried it has ended")

// errNoReturn is told of a function that ends its goroutine.
var errNoReturn = errors.New("the function did not return")

// call calls the function.
func (w *worker) call(ctx context.Context, j *job) error {
	read := false
	err := queue.Handle(ctx, j.body, func(ctx context.Context, e *webhook.Event) error {
		read = true
		j.about = append(j.about, "event", e.Event, "id", e.ID, "tenant", e.Tenant)
		return w.handle(ctx, e)
	})
	if err != nil && !read { // the error may repeat some of the body
		return fmt.Errorf("%w: the stored event cannot be read", webhook.ErrGone)
	}
	return err
}

// collect takes all jobs that have ended.
func (w *worker) collect() {
	for {
		select {
		case j := <-w.ended:
			w.settle(j)
		default:
			return
		}
	}
}

// settle decides what becomes of a job that has ended.
func (w *worker) settle(j *job) {
	j.cancel()
	delete(w.running, j)
	if j.lost {
		return
	}
	w.ends = append(w.ends, j)
	switch {
	case j.err == nil:
		j.end = handled
	case errors.Is(j.err, webhook.ErrGone), w.ctx.Err() == nil && queue.IsLast(j.tries, j.err):
		j.end = givenUp
		w.q.log.ErrorContext(w.ctx, "sqlitequeue: an event is given up", append(j.about, "error", j.err)...)
	case w.ctx.Err() != nil:
		j.end = released
	default:
		j.end, j.pause = failed, w.q.pause(j.tries)
		w.q.log.WarnContext(w.ctx, "sqlitequeue: the function failed", append(j.about, "pause", j.pause, "error", j.err)...)
	}
}

// wait waits until a job has ended, the context has, or an event was added, for d at
// the most. Later jobs that have ended are taken by the next turn.
func (w *worker) wait(d time.Duration, wakes <-chan struct{}) {
	if len(w.running) == w.q.workers {
		wakes = nil // nobody could handle it
	}
	done := w.ctx.Done()
	if w.ctx.Err() != nil {
		if done = nil; len(w.running) == 0 {
			return
		}
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case j := <-w.ended:
		w.settle(j)
	case <-wakes:
	case <-done:
	case <-timer.C:
	}
}
