package bulk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice/internal/guard"
)

// run is one run over the input. It belongs to the goroutine that ranges.
type run struct {
	*settings
	*table
	ctx   context.Context
	send  func(*run, *batch) // writes a batch, and sets the outcomes of its rows
	next  func() (line, bool)
	held  line // was read, and did not fit the batch, if holds
	holds bool
	read  int
	ended bool // the context has, before all rows were written

	began    time.Time
	progress Progress
}

// line is a row of the input as it is sent.
type line struct {
	cells []string
	id    int // of a row to be deleted
	err   error
}

func (l *line) size() (n int) {
	for _, cell := range l.cells {
		n += len(cell) + len(`"",`)
	}
	return n + len("1234567890,")
}

// batch are rows that go together.
type batch struct {
	outcomes []Outcome // one for each row
	lines    []line    // those of them that are sent
	at       []int     // their places among the outcomes
	bytes    int
	keys     map[string]int // the places of the first rows with them among the outcomes
	done     chan struct{}  // closed when the outcomes are set
}

// start returns the outcomes of a run, which may be ranged over once.
func start[T, Row any](ctx context.Context, w Writer[T], rows iter.Seq[Row], describe func() (*table, error), send func(*run, *batch)) iter.Seq2[Outcome, error] {
	var begun atomic.Bool
	return func(yield func(Outcome, error) bool) {
		if begun.Swap(true) {
			yield(Outcome{}, invalid("the outcomes of a run may be ranged over once: doing it again would write the rows again"))
			return
		}
		t, err := describe()
		if err == nil && rows == nil {
			err = invalid("the rows are nil")
		}
		if err != nil {
			yield(Outcome{}, err)
			return
		}
		r := &run{settings: &w.settings, table: t, ctx: ctx, send: send, began: time.Now()}
		var stop func()
		r.next, stop = iter.Pull(lines(t, rows))
		defer stop()
		r.all(yield)
	}
}

// lines makes the lines of the input.
func lines[Row any](t *table, rows iter.Seq[Row]) iter.Seq[line] {
	return func(yield func(line) bool) {
		var row Row // one for all, since reflect makes it one of the heap's
		id, isID := any(&row).(*int)
		isID = isID && len(t.columns) == 0
		v := reflect.ValueOf(&row).Elem()
		for row = range rows {
			var l line
			if isID {
				l = idLine(*id)
			} else {
				l.cells, l.err = t.cells(v)
			}
			if !yield(l) {
				return
			}
		}
	}
}

func idLine(id int) line {
	if id <= 0 {
		return line{id: id, err: invalid("%d is no primary key", id)}
	}
	return line{id: id}
}

// all yields the outcomes. Nothing is under way while those of the only batch are
// yielded, and nothing is left under way at the end.
func (r *run) all(yield func(Outcome, error) bool) {
	var flying []*batch
	defer func() {
		for _, b := range flying {
			<-b.done
		}
	}()
	ahead := r.gather()
	for {
		for len(flying) < r.parallel && ahead != nil {
			flying = append(flying, r.launch(ahead))
			ahead = r.gather()
		}
		if len(flying) == 0 {
			break
		}
		first := flying[0]
		<-first.done
		flying = flying[1:]
		r.report(first)
		for _, o := range first.outcomes {
			r.ended = r.ended || o.Err != nil && r.ctx.Err() != nil && errors.Is(o.Err, r.ctx.Err())
			if !yield(o, nil) {
				return
			}
		}
	}
	if err := r.ctx.Err(); err != nil && r.ended {
		yield(Outcome{}, err)
	}
}

// gather makes the next batch, or returns nil at the end of the input, or of the
// context.
func (r *run) gather() *batch {
	usual := min(r.rows, defaultRows)
	b := &batch{done: make(chan struct{}), outcomes: make([]Outcome, 0, usual), lines: make([]line, 0, usual), at: make([]int, 0, usual)}
	b.keys = make(map[string]int, usual)
	for len(b.outcomes) < r.rows {
		l, ok := r.line()
		if !ok {
			break
		}
		size := l.size()
		if l.err == nil && len(b.lines) > 0 && b.bytes+size > r.bytes {
			r.held, r.holds = l, true
			break
		}
		b.add(&l, r.read, size)
		if key, has := r.lineKey(&l); has {
			b.noteKey(key)
		}
		r.read++
	}
	b.leaveSettled()
	if len(b.outcomes) == 0 {
		return nil
	}
	return b
}

// line reads a row of the input.
func (r *run) line() (l line, ok bool) {
	if r.holds {
		r.holds = false
		return r.held, true
	}
	if r.ended {
		return l, false
	}
	if r.ctx.Err() != nil {
		r.ended = true
		return l, false
	}
	return r.next()
}

// add adds a row. One that cannot be sent has its outcome at once.
func (b *batch) add(l *line, row, size int) {
	o := Outcome{Row: row, PrimaryKey: l.id}
	if l.err != nil {
		o.Status, o.Err = Failed, l.err
	} else {
		b.lines, b.at, b.bytes = append(b.lines, *l), append(b.at, len(b.outcomes)), b.bytes+size
	}
	b.outcomes = append(b.outcomes, o)
}

// lineKey is what must not come twice within a batch.
func (r *run) lineKey(l *line) (key string, has bool) {
	switch {
	case l.err != nil:
		return "", false
	case len(r.columns) == 0:
		return strconv.Itoa(l.id), true
	case len(r.keys) == 0:
		return "", false
	}
	return r.key(l.cells), true
}

// noteKey notes the key of the last row. If another row of the batch has it, both
// fail.
func (b *batch) noteKey(key string) {
	last := len(b.outcomes) - 1
	first, doubled := b.keys[key]
	if !doubled {
		b.keys[key] = last
		return
	}
	err := invalid("the rows %d and %d have the same key", b.outcomes[first].Row, b.outcomes[last].Row)
	b.outcomes[last].Status, b.outcomes[last].Err = Failed, err
	if b.outcomes[first].Err == nil {
		b.outcomes[first].Status, b.outcomes[first].Err = Failed, err
	}
}

// leaveSettled takes the rows out that have an outcome.
func (b *batch) leaveSettled() {
	if !slices.ContainsFunc(b.at, func(at int) bool { return b.outcomes[at].Status != "" }) {
		return
	}
	left := 0
	for i, at := range b.at {
		if b.outcomes[at].Status == "" {
			b.lines[left], b.at[left] = b.lines[i], at
			left++
		}
	}
	clear(b.lines[left:])
	b.lines, b.at = b.lines[:left], b.at[:left]
}

// launch sends a batch, and returns at once.
func (r *run) launch(b *batch) *batch {
	if len(b.lines) == 0 {
		close(b.done)
		return b
	}
	if err := r.ctx.Err(); err != nil {
		r.ended = true
		b.fail(NotSent, err)
		close(b.done)
		return b
	}
	go func() {
		defer close(b.done)
		if err := guard.Call("a hook of the client", func() error {
			r.send(r, b)
			return nil
		}); err != nil {
			b.fail(Unknown, err)
		}
	}()
	return b
}

// failTogether gives all rows that were sent the outcome of their batch.
func (b *batch) failTogether(status Status, err error) {
	first, last := b.outcomes[b.at[0]].Row, b.outcomes[b.at[len(b.at)-1]].Row
	b.fail(status, fmt.Errorf("bulk: the batch of the rows %d to %d: %w", first, last, err))
}

// fail gives all rows that were to be sent the same outcome.
func (b *batch) fail(status Status, err error) {
	for _, at := range b.at {
		b.outcomes[at].Status, b.outcomes[at].Err = status, err
	}
}

// wasNotSent reports whether nothing of a batch was sent.
func (b *batch) wasNotSent() bool {
	return len(b.at) == 0 || b.outcomes[b.at[0]].Status == NotSent
}

// report tells of a batch that is over.
func (r *run) report(b *batch) {
	failed := 0
	var err error
	for _, o := range b.outcomes {
		if o.Err != nil {
			failed, err = failed+1, o.Err
		}
	}
	r.progress.Rows += len(b.outcomes)
	r.progress.Failed += failed
	if !b.wasNotSent() {
		r.progress.Bytes += int64(b.bytes)
	}
	r.progress.Elapsed = time.Since(r.began)
	if r.settings.progress != nil {
		r.settings.progress(r.progress)
	}
	if failed > 0 {
		r.log.WarnContext(r.ctx, "bulk: rows failed", "table", r.settings.table, "rows", len(b.outcomes), "failed", failed, "last error", err)
		return
	}
	r.log.DebugContext(r.ctx, "bulk: written", "table", r.settings.table, "rows", len(b.outcomes), "bytes", b.bytes)
}
