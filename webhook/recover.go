package webhook

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
)

// Missed says which changes [Recover] looks for.
type Missed struct {
	// Since is when the first of them was made, such as when the last event came. It is
	// needed.
	Since time.Time
	// Events are the names of the events that are wanted, as in Spec.Events. Of
	// them .created and .changed can be recovered, of activity, contact, document,
	// person, project, sale and ticket.
	Events []string
	// Tenant becomes that of the events.
	Tenant string
}

// Recover asks the server which records were made or changed since a time, and calls
// handle with an event for each: after a time in which no events came. It is
// created if the record is new since then and that is wanted, else changed; its Recovered is true, its
// Time when the record was changed last, and it tells no columns, values and
// user. A record that was changed several times is one event. Deleted records, and
// those of lists and extra tables, are not found.
//
// Recover returns how many events handle has taken. It ends at the first error of
// handle, which may be the Add of a [Queue]. The same change has the same ID each
// time, so what is recovered twice is handled once, if that is looked at.
func Recover(ctx context.Context, c *superoffice.Client, missed Missed, handle func(ctx context.Context, e *Event) error) (n int, err error) {
	switch {
	case c == nil || handle == nil:
		return 0, fmt.Errorf("%w: the client or the function is nil", superoffice.ErrInvalidArgument)
	case missed.Since.IsZero():
		return 0, fmt.Errorf("%w: Missed.Since is not set", superoffice.ErrInvalidArgument)
	}
	found := false
	for _, source := range sources() {
		wanted := wants{missed.wants(source.table + ".created"), missed.wants(source.table + ".changed")}
		if wanted == (wants{}) {
			continue
		}
		found = true
		for e, err := range source.changed(ctx, c, &missed, wanted) {
			if err == nil {
				err = handle(ctx, e)
			}
			if err != nil {
				return n, fmt.Errorf("webhook: recovering events of %s: %w", source.table, err)
			}
			n++
		}
	}
	if !found {
		return 0, fmt.Errorf("%w: none of Missed.Events can be recovered", superoffice.ErrInvalidArgument)
	}
	return n, nil
}

// wants says which events of a table are wanted.
type wants struct{ created, changed bool }

func (m *Missed) wants(event string) bool {
	return slices.ContainsFunc(m.Events, func(name string) bool { return strings.EqualFold(name, event) })
}

// The rows of the providers, with their key and times.
type (
	times struct {
		Made    time.Time `so:"registeredDate"`
		Changed time.Time `so:"updatedDate"`
	}
	activityRow struct {
		ID int `so:"appointmentId,key"`
		times
	}
	contactRow struct {
		ID int `so:"contactId,key"`
		times
	}
	documentRow struct {
		ID int `so:"documentId,key"`
		times
	}
	personRow struct {
		ID int `so:"personId,key"`
		times
	}
	projectRow struct {
		ID int `so:"projectId,key"`
		times
	}
	saleRow struct {
		ID int `so:"saleId,key"`
		times
	}
	ticketRow struct {
		ID      int       `so:"ticketId,key"`
		Made    time.Time `so:"createdAt"`
		Changed time.Time `so:"lastChanged"`
	}
)

// source is a table whose changes an archive tells.
type source struct {
	table   string
	changed func(ctx context.Context, c *superoffice.Client, missed *Missed, wanted wants) iter.Seq2[*Event, error]
}

func sources() []source {
	const made, changed archive.Date = "registeredDate", "updatedDate"
	return []source{
		from("activity", archive.FindAppointment, made, changed, func(r *activityRow) (int, times) { return r.ID, r.times }),
		from("contact", archive.FindContact, made, changed, func(r *contactRow) (int, times) { return r.ID, r.times }),
		from("document", archive.FindDocument, made, changed, func(r *documentRow) (int, times) { return r.ID, r.times }),
		from("person", archive.FindPerson, made, changed, func(r *personRow) (int, times) { return r.ID, r.times }),
		from("project", archive.FindProject, made, changed, func(r *projectRow) (int, times) { return r.ID, r.times }),
		from("sale", archive.FindSale, made, changed, func(r *saleRow) (int, times) { return r.ID, r.times }),
		from("ticket", archive.Tickets, "createdAt", "lastChanged", func(r *ticketRow) (int, times) { return r.ID, times{r.Made, r.Changed} }),
	}
}

// from is the source of a table in the archive of a provider.
func from[T any](table, provider string, made, changed archive.Date, of func(*T) (id int, at times)) source {
	return source{table, func(ctx context.Context, c *superoffice.Client, missed *Missed, wanted wants) iter.Seq2[*Event, error] {
		since := missed.Since.Add(-time.Second) // the server compares whole seconds
		query := archive.From[T](c, provider).Where(archive.Or(made.After(since), changed.After(since)))
		return func(yield func(*Event, error) bool) {
			for row, err := range query.All(ctx) {
				if err != nil {
					yield(nil, err)
					return
				}
				id, at := of(&row)
				e, isWanted := missed.event(table, id, at, wanted)
				if isWanted && !yield(e, nil) {
					return
				}
			}
		}
	}}
}

// event is what SuperOffice may have posted of a record, and whether it is wanted. A
// new record may have been changed since, too, so it is a change if its creation is
// not wanted.
func (m *Missed) event(table string, id int, at times, wanted wants) (e *Event, isWanted bool) {
	e = &Event{Event: table + ".changed", Entity: table, Tenant: m.Tenant, PrimaryKey: id, Time: at.Changed, Recovered: true}
	isNew := !at.Made.Before(m.Since.Truncate(time.Second))
	if isNew && wanted.created {
		e.Event = table + ".created"
	}
	if e.Time.Before(at.Made) {
		e.Time = at.Made
	}
	isWanted = wanted.changed || isNew && wanted.created
	e.ID = "recovered/" + e.Event + "/" + strconv.Itoa(id) + "/" + e.Time.UTC().Format(time.RFC3339)
	return e, isWanted
}
