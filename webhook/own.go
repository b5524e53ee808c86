package webhook

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice"
)

// OwnChanges tells the events of what a client has written itself from those of
// others, so that a program that answers a change with a change does not go on for
// ever. It observes the client:
//
//	own := new(webhook.OwnChanges)
//	client, err := superoffice.NewClient(address, superoffice.WithObserver(own), ...)
//	handler := webhook.Handler(fn, webhook.Secret(secret), webhook.Ignore(own.Made))
//
// It knows the Save and Delete calls of agents and the calls of package rest that
// write one record of an entity, by its table and ID. It does not know those of lists,
// of extra tables, of mass operations and of other calls, nor what a script or a
// workflow of the server has changed because of a write. And it cannot tell a
// change from one that somebody else makes to the same record within For, unless
// Associates says who this program is. Set its fields before it is used, and
// use one for each tenant and process.
type OwnChanges struct {
	// For is how long a write is remembered; two minutes if it is zero.
	For time.Duration
	// Associates are the IDs of the users that the client works as. If there are
	// some, the change of another user is never taken for one of the client.
	Associates []int
	// Next is told the same, if it is set.
	Next superoffice.Observer

	mu      sync.Mutex
	written map[record]time.Time
	order   []write // the same, the oldest first
	old     int     // of these, at the beginning, are forgotten
	begun   map[string][]chan struct{}
}

// record is one of a table, as events name both.
type record struct {
	table string
	id    int
}

type write struct {
	record
	at time.Time
}

var _ superoffice.Observer = (*OwnChanges)(nil)

type (
	ownKey  struct{ of *OwnChanges }
	ownCall struct {
		table  string
		record bool          // the operation is one on a record of the table
		done   chan struct{} // closed when the call has ended; nil for a read
	}
)

// CallStarted implements [superoffice.Observer].
func (o *OwnChanges) CallStarted(ctx context.Context, call superoffice.CallInfo) context.Context {
	if o.Next != nil {
		if next := o.Next.CallStarted(ctx, call); next != nil {
			ctx = next
		}
	}
	key := ownKey{o}
	if call.Class == "read" {
		if ctx.Value(key) != nil { // of a write that this read is a part of
			ctx = context.WithValue(ctx, key, ownCall{})
		}
		return ctx
	}
	own := ownCall{done: make(chan struct{})}
	own.table, own.record = tableOf(call.Operation)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.begun == nil {
		o.begun = make(map[string][]chan struct{})
	}
	o.begun[own.table] = append(o.begun[own.table], own.done)
	return context.WithValue(ctx, key, own)
}

// CallEnded implements [superoffice.Observer].
func (o *OwnChanges) CallEnded(ctx context.Context, call superoffice.CallInfo, outcome superoffice.CallOutcome) {
	if own, ok := ctx.Value(ownKey{o}).(ownCall); ok && own.done != nil {
		o.end(own, outcome)
	}
	if o.Next != nil {
		o.Next.CallEnded(ctx, call, outcome)
	}
}

// end remembers a write. One that has failed may have been done nevertheless.
func (o *OwnChanges) end(own ownCall, outcome superoffice.CallOutcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := slices.Index(o.begun[own.table], own.done)
	if at < 0 { // it has ended before
		return
	}
	o.begun[own.table] = slices.Delete(o.begun[own.table], at, at+1)
	if len(o.begun[own.table]) == 0 {
		delete(o.begun, own.table)
	}
	if own.record && outcome.Record != 0 {
		o.remember(write{record{own.table, outcome.Record}, time.Now()})
	}
	close(own.done)
}

// remember notes a write, and forgets those that are too old. o is locked.
func (o *OwnChanges) remember(w write) {
	const most = 100_000
	if o.written == nil {
		o.written = make(map[record]time.Time)
	}
	o.written[w.record] = w.at
	o.order = append(o.order, w)
	for len(o.order)-o.old > most || w.at.Sub(o.order[o.old].at) > o.window() {
		if first := o.order[o.old]; o.written[first.record].Equal(first.at) {
			delete(o.written, first.record)
		}
		o.old++
	}
	if o.old > len(o.order)/2 {
		o.order, o.old = slices.Clone(o.order[o.old:]), 0
	}
}

func (o *OwnChanges) window() time.Duration { return cmp.Or(o.For, 2*time.Minute) }

// Made reports whether the client has likely made the change of an event. If the
// client is writing to the table just now, it waits for that, a second at most,
// since an event may come before the answer.
func (o *OwnChanges) Made(ctx context.Context, e *Event) bool {
	table := strings.ToLower(e.Entity)
	o.await(ctx, table)
	o.mu.Lock()
	at, known := o.written[record{table, e.PrimaryKey}]
	o.mu.Unlock()
	isUser := len(o.Associates) == 0 || slices.Contains(o.Associates, e.ChangedBy)
	return known && isUser && time.Since(at) <= o.window()
}

// await waits for the writes to a table that are under way.
func (o *OwnChanges) await(ctx context.Context, table string) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	o.mu.Lock()
	begun := slices.Clone(o.begun[table])
	o.mu.Unlock()
	for _, done := range begun {
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

// tablesOf are the tables that events name otherwise than the API does.
var tablesOf = map[string]string{"appointment": "activity", "user": "associate"}

// tableOf is the table that an operation works on, and whether on one record of it:
// "contact" for Contact/SaveContactEntity, Contact and Contact/{id}, which are, and
// for Contact/SomethingElse, which is not.
func tableOf(operation string) (table string, isRecord bool) {
	name, what, _ := strings.Cut(strings.ToLower(operation), "/")
	switch what = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(what, "save"), "delete"), "entity"); {
	case what == "", what == name:
		isRecord = true
	default:
		isRecord = strings.HasPrefix(what, "{") && !strings.Contains(what, "/")
	}
	return cmp.Or(tablesOf[name], name), isRecord
}
