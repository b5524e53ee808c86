// Package queuetest holds what every engine of webhook.Queue has to pass.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/internal/queue"
)

// patience is how long a test waits for what is bound to happen.
const patience = 30 * time.Second

// Run tries an engine. open opens the same queue each time that it is called within
// a test, as another process would, and closes it when the test is over. Pauses
// between tries have to be short.
func Run(t *testing.T, store func(t *testing.T) (open func() webhook.Queue)) {
	t.Helper()
	for name, try := range map[string]func(t *testing.T, open func() webhook.Queue){
		"comes back as it was": comesBack, "in order per record": inOrder, "stored once": storedOnce, "retried in order": retried,
		"a panic is a failure": panics, "gone is given up": gone, "outlives its owner": outlives, "two workers": twoWorkers,
		"ends with its context": ends, "records do not wait for each other": independent, "given up in the end": givenUp,
		"wakes for what is added": wakes, "no context, no event": canceled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try(t, store(t))
		})
	}
}

// event is an event of a record.
func event(id string, record int) *webhook.Event {
	return &webhook.Event{ID: id, Event: webhook.ContactChanged, Entity: "contact", Tenant: "Cust12345", PrimaryKey: record}
}

// handled collects events until there are enough.
type handled struct {
	mu  sync.Mutex
	ids []string
	all chan struct{} // closed when there are enough
	n   int
}

func expect(n int) *handled { return &handled{n: n, all: make(chan struct{})} }

func (h *handled) add(e *webhook.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids = append(h.ids, e.ID); len(h.ids) == h.n {
		close(h.all)
	}
}

// work has a queue worked off until all that is expected was handled.
func work(t *testing.T, h *handled, q webhook.Queue, handle func(ctx context.Context, e *webhook.Event) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- q.Work(ctx, handle) }()
	select {
	case <-h.all:
	case err := <-done:
		t.Fatalf("Work has returned: %v", err)
	case <-time.After(patience):
		t.Error("not all events were handled")
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

func add(t *testing.T, q webhook.Queue, events ...*webhook.Event) {
	t.Helper()
	for _, e := range events {
		require.NoError(t, q.Add(t.Context(), e))
	}
}

func comesBack(t *testing.T, open func() webhook.Queue) {
	q, h := open(), expect(1)
	sent := event("1", 5)
	sent.Time, sent.ChangedBy, sent.Webhook, sent.Recovered = time.Date(2026, 5, 6, 7, 8, 9, 1000, time.UTC), 7, "sync", true
	sent.Changes, sent.Fields = []string{"name"}, map[string]superoffice.FieldValue{"name": "Ann's \x00 \U0001F600", "rate": superoffice.FieldValue("[F:1.5]"), "none": superoffice.NullValue}
	sent.Extra = map[string][]byte{"MyProperty": []byte(`{"a":[1]}`)}
	add(t, q, sent)
	var got *webhook.Event
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		got = e
		h.add(e)
		return nil
	})
	assert.Equal(t, sent, got)
}

func inOrder(t *testing.T, open func() webhook.Queue) {
	const records, each = 5, 20
	q, h := open(), expect(records*each)
	for i := range each {
		for r := range records {
			add(t, q, event(fmt.Sprintf("%d-%d", r, i), r+1))
		}
	}
	var mu sync.Mutex
	next := make(map[int]int)
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		mu.Lock()
		defer mu.Unlock()
		assert.Equal(t, fmt.Sprintf("%d-%d", e.PrimaryKey-1, next[e.PrimaryKey]), e.ID)
		next[e.PrimaryKey]++
		h.add(e)
		return nil
	})
}

func storedOnce(t *testing.T, open func() webhook.Queue) {
	q, first, h := open(), expect(2), expect(4)
	add(t, q, event("1", 5), event("1", 5), event("2", 6))
	work(t, first, q, func(_ context.Context, e *webhook.Event) error {
		first.add(e)
		return nil
	})
	assert.ElementsMatch(t, []string{"1", "2"}, first.ids)
	other, unnamed := event("1", 5), event("", 7)
	other.Tenant = "Cust2"
	add(t, q, event("1", 5), unnamed, unnamed, other) // handled, without an ID, of another tenant
	add(t, q, event("3", 5))                          // before which a second "1" would be handled
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		h.add(e)
		return nil
	})
	assert.ElementsMatch(t, []string{"", "", "1", "3"}, h.ids)
}

func retried(t *testing.T, open func() webhook.Queue) {
	q, h := open(), expect(5)
	add(t, q, event("1", 5), event("2", 5), event("3", 5))
	tries := 0
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		h.add(e)
		if e.ID == "2" {
			if tries++; tries < 3 {
				return errors.New("not yet")
			}
		}
		return nil
	})
	assert.Equal(t, []string{"1", "2", "2", "2", "3"}, h.ids)
}

func panics(t *testing.T, open func() webhook.Queue) {
	q, h := open(), expect(3)
	add(t, q, event("1", 5), event("2", 5))
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		if h.add(e); len(h.ids) == 1 {
			panic("out of order")
		}
		return nil
	})
	assert.Equal(t, []string{"1", "1", "2"}, h.ids)
}

func gone(t *testing.T, open func() webhook.Queue) {
	q, h := open(), expect(2)
	add(t, q, event("1", 5), event("2", 5))
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		if h.add(e); e.ID == "1" {
			return webhook.ErrGone
		}
		return nil
	})
	assert.Equal(t, []string{"1", "2"}, h.ids)
}

func outlives(t *testing.T, open func() webhook.Queue) {
	add(t, open(), event("1", 5), event("2", 6))
	h := expect(2)
	work(t, h, open(), func(_ context.Context, e *webhook.Event) error {
		h.add(e)
		return nil
	})
	assert.ElementsMatch(t, []string{"1", "2"}, h.ids)
}

// twoWorkers handles no event twice while both live.
func twoWorkers(t *testing.T, open func() webhook.Queue) {
	const n = 200
	one, two, h := open(), open(), expect(n)
	for i := range n {
		add(t, one, event(fmt.Sprint(i), i%7+1))
	}
	handle := func(_ context.Context, e *webhook.Event) error {
		h.add(e)
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	var other sync.WaitGroup
	other.Go(func() { assert.ErrorIs(t, two.Work(ctx, handle), context.Canceled) })
	work(t, h, one, handle)
	cancel()
	other.Wait()
	seen := make(map[string]bool)
	for _, id := range h.ids {
		assert.False(t, seen[id], "%s was handled twice", id)
		seen[id] = true
	}
}

// ends has the context of what is being handled end too.
func ends(t *testing.T, open func() webhook.Queue) {
	q := open()
	ctx, cancel := context.WithCancel(t.Context())
	add(t, q, event("1", 5))
	err := q.Work(ctx, func(ctx context.Context, _ *webhook.Event) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	h := expect(1) // what was given up is handled later
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		h.add(e)
		return nil
	})
}

func independent(t *testing.T, open func() webhook.Queue) {
	q, h := open(), expect(2)
	add(t, q, event("1", 5), event("2", 6))
	met := make(chan struct{})
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		if e.ID == "1" {
			<-met // until the other one is being handled
		} else {
			close(met)
		}
		h.add(e)
		return nil
	})
}

// givenUp tries an event so often and no more.
func givenUp(t *testing.T, open func() webhook.Queue) {
	q, h := open(), expect(queue.MostTries+1)
	add(t, q, event("1", 5), event("2", 5))
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		if h.add(e); e.ID == "1" {
			return errors.New("never")
		}
		return nil
	})
	require.Len(t, h.ids, queue.MostTries+1)
	assert.Equal(t, "2", h.ids[queue.MostTries])
}

// wakes has events handled that are added, one after the other, while Work waits.
func wakes(t *testing.T, open func() webhook.Queue) {
	const n = 5
	q, h, seen := open(), expect(n), make(chan struct{}, 1)
	go func() {
		for i := range n {
			if q.Add(t.Context(), event(fmt.Sprint(i), 5)) != nil {
				return // work tells that events are missing
			}
			<-seen
		}
	}()
	work(t, h, q, func(_ context.Context, e *webhook.Event) error {
		h.add(e)
		seen <- struct{}{}
		return nil
	})
	assert.Equal(t, []string{"0", "1", "2", "3", "4"}, h.ids)
}

// canceled adds nothing, and handles nothing, for a context that has ended.
func canceled(t *testing.T, open func() webhook.Queue) {
	q := open()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, q.Add(ctx, event("1", 5)), context.Canceled)
	add(t, q, event("2", 5))
	require.ErrorIs(t, q.Work(ctx, func(context.Context, *webhook.Event) error {
		t.Error("the function was called")
		return nil
	}), context.Canceled)
}
