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
// It knows the writes by their table and the ID of the record, as the calls of agents
// and of package rest tell them. It does not know those of lists, of extra tables, of
// mass operations and of calls that change several records, nor what a script or a
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
	ownKey  struct{}
	ownCall struct {
		table string
		done  chan struct{} // closed when the call has ended
	}
)

// CallStarted implements [superoffice.Observer].
func (o *OwnChanges) CallStarted(ctx context.Context, call superoffice.CallInfo) context.Context {
	if o.Next != nil {
		if next := o.Next.CallStarted(ctx, call); next != nil {
			ctx = next
		}
	}
	if call.Class == "read" {
		return ctx
	}
	own := ownCall{tableOf(call.Operation), make(chan struct{})}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.begun == nil {
		o.begun = make(map[string][]chan struct{})
	}
	o.begun[own.table] = append(o.begun[own.table], own.done)
	return context.WithValue(ctx, ownKey{}, own)
}

// CallEnded implements [superoffice.Observer].
func (o *OwnChanges) CallEnded(ctx context.Context, call superoffice.CallInfo, outcome superoffice.CallOutcome) {
	if own, isWrite := ctx.Value(ownKey{}).(ownCall); isWrite {
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
	o.begun[own.table] = slices.DeleteFunc(o.begun[own.table], func(done chan struct{}) bool { return done == own.done })
	if len(o.begun[own.table]) == 0 {
		delete(o.begun, own.table)
	}
	if outcome.Record != 0 {
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
	old := 0
	for len(o.order)-old > most || old < len(o.order) && w.at.Sub(o.order[old].at) > o.window() {
		if first := o.order[old]; o.written[first.record].Equal(first.at) {
			delete(o.written, first.record)
		}
		old++
	}
	o.order = slices.Delete(o.order, 0, old)
}

func (o *OwnChanges) window() time.Duration { return cmp.Or(o.For, 2*time.Minute) }

// Made reports whether the client has likely made the change of an event. If the
// client is writing to the table just now, it waits for that, since an event may
// come before the answer.
func (o *OwnChanges) Made(ctx context.Context, e *Event) bool {
	table := strings.ToLower(e.Entity)
	o.mu.Lock()
	begun := slices.Clone(o.begun[table])
	o.mu.Unlock()
	for _, done := range begun {
		select {
		case <-done:
		case <-ctx.Done():
			return false
		}
	}
	o.mu.Lock()
	at, known := o.written[record{table, e.PrimaryKey}]
	o.mu.Unlock()
	isUser := len(o.Associates) == 0 || slices.Contains(o.Associates, e.ChangedBy)
	return known && isUser && time.Since(at) <= o.window()
}

// tablesOf are the tables that events name otherwise than the API does.
var tablesOf = map[string]string{"appointment": "activity", "user": "associate"}

// tableOf is the table that an operation works on: "contact" for
// Contact/SaveContactEntity and Contact/{id}.
func tableOf(operation string) string {
	name, _, _ := strings.Cut(strings.ToLower(operation), "/")
	return cmp.Or(tablesOf[name], name)
}
