package webhook

import "context"

// Queue stores events before SuperOffice is answered, and has them handled when there
// is time: for work that takes longer than SuperOffice waits, and must not be lost
// when the program ends. Its Add is the function of a [Handler]:
//
//	http.Handle("/superoffice", webhook.Handler(queue.Add, webhook.Secret(secret)))
//	err := queue.Work(ctx, handle)
//
// The modules below webhook have two: sqlitequeue for one machine, in a file, and
// riverqueue for a fleet, in PostgreSQL.
type Queue interface {
	// Add stores an event, all but its Retry. When it returns nil, the event outlives
	// the process. One that is stored already, or was within the last day or so, by
	// its tenant and ID, is not stored again.
	Add(ctx context.Context, e *Event) error
	// Work calls handle with the stored events, of one record in the order in which
	// they were added, and of several at a time, until ctx is done; it returns ctx's
	// error, or another one if it cannot begin or the queue is closed. It may be
	// called by several processes.
	//
	// An event whose handle returns an error, or panics, is tried again after a
	// pause, which grows from a second to an hour, and those of the same record
	// wait for it. After 20 tries, or at once if the error is [ErrGone], it is given
	// up: it is logged, kept, and the next one is handled. A try that was cut off
	// because ctx is done does not count. handle may run twice for an event, if the
	// process ended before its success was stored.
	Work(ctx context.Context, handle func(ctx context.Context, e *Event) error) error
}
