package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
	"github.com/superoffice-go/superoffice/webhook"
)

// world is a server that posts its events to a handler.
type world struct {
	*superofficetest.Server
	client *superoffice.Client
	spec   webhook.Spec

	mu     sync.Mutex
	events []*webhook.Event
	handle func(ctx context.Context, e *webhook.Event) error // nil for nothing
}

// newWorld starts both. client options and handler options are added.
func newWorld(t *testing.T, clientOpts []superoffice.ClientOption, opts ...webhook.Option) *world {
	t.Helper()
	w := &world{Server: superofficetest.NewServer(superofficetest.WithWebhooks(), superofficetest.WithTest(t))}
	receiver := httptest.NewServer(webhook.Handler(w.receive, append(opts, webhook.Secret(secret))...))
	w.client = w.Client(clientOpts...)
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		w.Close()
		receiver.Close()
	})
	w.spec = webhook.Spec{
		Name: "sync", URL: receiver.URL, Secret: secret, Events: []string{webhook.ContactCreated, webhook.ContactChanged}, Log: slog.New(slog.DiscardHandler),
	}
	return w
}

func (w *world) receive(ctx context.Context, e *webhook.Event) error {
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	if w.handle == nil {
		return nil
	}
	return w.handle(ctx, e)
}

// save makes a new company.
func (w *world) save(t *testing.T) *superoffice.ContactEntity {
	t.Helper()
	contact, err := w.client.Contact.SaveContactEntity(t.Context(), &superoffice.ContactEntity{Name: "Oslo Ost"})
	require.NoError(t, err)
	return contact
}

func (w *world) ensure(t *testing.T) *superoffice.Webhook {
	t.Helper()
	hook, err := webhook.Ensure(t.Context(), w.client, w.spec)
	require.NoError(t, err)
	return hook
}

// A webhook that the server gave up is activated again, and what it missed is found.
func TestFailingAndRecovering(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx := t.Context()
	_, err := webhook.Check(ctx, w.client, "sync")
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	w.ensure(t)
	health, err := webhook.Check(ctx, w.client, "sync")
	require.NoError(t, err)
	assert.True(t, health.OK())

	w.handle = func(context.Context, *webhook.Event) error { return errors.New("down") }
	since := time.Now()
	var ids []int
	for range 10 {
		ids = append(ids, w.save(t).ContactID)
	}
	require.NoError(t, w.WaitForEvents(ctx))
	health, err = webhook.Check(ctx, w.client, "sync")
	require.NoError(t, err)
	assert.False(t, health.OK())
	assert.Equal(t, superoffice.WebhookStateTooManyErrors, health.State)
	assert.Equal(t, 9, health.ErrorsInARow)
	assert.Contains(t, health.LastError, "500")

	w.handle, w.events = nil, nil
	assert.Equal(t, superoffice.WebhookStateActive, w.ensure(t).State)
	_, err = rest.New(w.client).Contact.Change(ctx, ids[0], func(c *superoffice.ContactEntity) error {
		c.Department = "Sales"
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, w.WaitForEvents(ctx))
	require.Len(t, w.events, 1)
	missed := webhook.Missed{Since: since, Events: w.spec.Events, Tenant: "Cust12345"}
	n, err := webhook.Recover(ctx, w.client, missed, w.receive)
	require.NoError(t, err)
	assert.Equal(t, len(ids), n)
	found := make(map[string]bool)
	for i, e := range w.events[1:] {
		assert.Equal(t, ids[i], e.PrimaryKey)
		assert.Equal(t, webhook.ContactCreated, e.Event)
		assert.True(t, e.Recovered)
		assert.True(t, e.Changed("name"))
		assert.WithinDuration(t, time.Now(), e.Time, time.Minute)
		found[e.ID] = true
	}
	assert.Len(t, found, len(ids))
}

func TestRecover(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithDemoData(3), superofficetest.WithTest(t))
	t.Cleanup(server.Close)
	client, ctx := server.Client(), t.Context()
	t.Cleanup(client.CloseIdleConnections)
	since := time.Now()
	_, err := rest.New(client).Sale.Change(ctx, 2, func(s *superoffice.SaleEntity) error {
		s.Heading = "Bigger"
		return nil
	})
	require.NoError(t, err)
	ticket, err := client.Ticket.SaveTicketEntity(ctx, &superoffice.TicketEntity{Title: "Help"})
	require.NoError(t, err)
	find := func(events ...string) (names []string, keys []int) {
		_, err := webhook.Recover(ctx, client, webhook.Missed{Since: since, Events: events}, func(_ context.Context, e *webhook.Event) error {
			names, keys = append(names, e.Event), append(keys, e.PrimaryKey)
			return nil
		})
		require.NoError(t, err)
		return names, keys
	}
	names, keys := find("sale.changed", "TICKET.created", "contact.created", "person.softdeleted")
	assert.Equal(t, []string{"sale.changed", "ticket.created"}, names)
	assert.Equal(t, []int{2, ticket.TicketID}, keys)
	names, _ = find("sale.created", "ticket.changed", "activity.changed", "document.changed", "person.changed", "project.changed")
	assert.Equal(t, []string{"ticket.changed"}, names, "a new one may have been changed, too")

	broken := errors.New("broken")
	n, err := webhook.Recover(ctx, client, webhook.Missed{Since: since, Events: []string{"sale.changed"}}, func(context.Context, *webhook.Event) error { return broken })
	require.ErrorIs(t, err, broken)
	assert.Zero(t, n)
	for _, missed := range []webhook.Missed{{Events: []string{"sale.changed"}}, {Since: since}, {Since: since, Events: []string{"sale.deleted"}}} {
		_, err = webhook.Recover(ctx, client, missed, func(context.Context, *webhook.Event) error { return nil })
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	}
	_, err = webhook.Recover(ctx, client, webhook.Missed{Since: since}, nil)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

// Several replicas that register at the same time make one webhook that is active.
func TestEnsureByReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var replicas sync.WaitGroup
	for range 8 {
		replicas.Go(func() {
			_, err := webhook.Ensure(t.Context(), w.client, w.spec)
			assert.NoError(t, err)
		})
	}
	replicas.Wait()
	all, err := w.client.Webhook.GetAllWebhooks(t.Context(), "sync", "", "")
	require.NoError(t, err)
	active := slices.DeleteFunc(all, func(h superoffice.Webhook) bool { return h.State != superoffice.WebhookStateActive })
	assert.Len(t, active, 1)
	w.save(t)
	require.NoError(t, w.WaitForEvents(t.Context()))
	assert.Len(t, w.events, 1)
}

// What replicas that ended early have left behind is put in order.
func TestEnsureOfLeftovers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	first := w.ensure(t)
	second := *first
	second.WebhookID = 0
	_, err := w.client.Webhook.SaveWebhook(t.Context(), &second)
	require.NoError(t, err)
	assert.Equal(t, first.WebhookID, w.ensure(t).WebhookID)
	w.save(t)
	require.NoError(t, w.WaitForEvents(t.Context()))
	assert.Len(t, w.events, 1)

	require.NoError(t, w.client.Webhook.DeleteWebhook(t.Context(), first.WebhookID))
	now := w.ensure(t) // the one that Ensure itself has stopped
	assert.NotEqual(t, first.WebhookID, now.WebhookID)
	assert.Equal(t, superoffice.WebhookStateActive, now.State)
	assert.Empty(t, now.Description)
	now.State = superoffice.WebhookStateStopped
	_, err = w.client.Webhook.SaveWebhook(t.Context(), now)
	require.NoError(t, err)
	assert.Equal(t, superoffice.WebhookStateStopped, w.ensure(t).State, "somebody has stopped it")
}

// Ensure saves only what differs, and takes the names of extra tables.
func TestEnsureSavesWhatDiffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.spec.Events = []string{webhook.Table("y_sale").Created, webhook.List("contac").Created, webhook.StatesOf(5).Errors}
	w.spec.Properties = map[string]any{"n": 5, "l": []string{"a"}}
	w.ensure(t)
	w.ForgetRequests()
	w.ensure(t)
	assert.Len(t, w.Requests(), 1)
	w.spec.Properties["n"] = 6
	w.ensure(t)
	assert.Len(t, w.Requests(), 3)
	w.spec.URL = "https://u:s3cr3t@example.com/hook?code=s3cr3t"
	assert.NotContains(t, fmt.Sprint(w.spec), "s3cr3t")
	assert.Contains(t, fmt.Sprint(w.spec), "https://example.com/hook")
}

// A function that changes the record of its event does not hear of that.
func TestOwnChanges(t *testing.T) {
	t.Parallel()
	own, next := new(webhook.OwnChanges), new(countingObserver)
	own.Next = next
	w := newWorld(t, []superoffice.ClientOption{superoffice.WithObserver(own)}, webhook.Ignore(own.Made))
	w.ensure(t)
	stranger := w.Client() // another program
	t.Cleanup(stranger.CloseIdleConnections)
	w.handle = func(ctx context.Context, e *webhook.Event) error {
		_, err := rest.New(w.client).Contact.Change(ctx, e.PrimaryKey, func(c *superoffice.ContactEntity) error {
			c.Department += "!"
			return nil
		})
		return err
	}
	theirs, err := stranger.Contact.SaveContactEntity(t.Context(), &superoffice.ContactEntity{Name: "Oslo Ost"})
	require.NoError(t, err)
	require.NoError(t, w.WaitForEvents(t.Context()))
	require.NoError(t, w.WaitForEvents(t.Context())) // that of the change
	w.save(t)
	require.NoError(t, w.WaitForEvents(t.Context()))
	require.Len(t, w.events, 1)
	assert.Equal(t, theirs.ContactID, w.events[0].PrimaryKey)
	assert.Equal(t, next.started.Load(), next.ended.Load())
	assert.Positive(t, next.ended.Load())
}

type countingObserver struct{ started, ended atomic.Int64 }

func (c *countingObserver) CallStarted(context.Context, superoffice.CallInfo) context.Context {
	c.started.Add(1)
	return nil
}
func (c *countingObserver) CallEnded(context.Context, superoffice.CallInfo, superoffice.CallOutcome) {
	c.ended.Add(1)
}

// Calls within calls, and observers within observers, are told apart.
func TestOwnChangesWithinOthers(t *testing.T) {
	t.Parallel()
	inner := new(webhook.OwnChanges)
	own := &webhook.OwnChanges{Next: inner}
	write := superoffice.CallInfo{Operation: "Contact/{id}", Class: "write"}
	read := superoffice.CallInfo{Operation: "Person/{id}", Class: "read"}
	ctx := own.CallStarted(t.Context(), write)
	own.CallEnded(own.CallStarted(ctx, read), read, superoffice.CallOutcome{Record: 8})
	second := own.CallStarted(ctx, write)
	own.CallEnded(second, write, superoffice.CallOutcome{Record: 6})
	own.CallEnded(second, write, superoffice.CallOutcome{Record: 6})
	own.CallEnded(ctx, write, superoffice.CallOutcome{Record: 5})
	for _, o := range []*webhook.OwnChanges{own, inner} {
		for id, want := range map[int]bool{5: true, 6: true, 8: false} {
			assert.Equal(t, want, o.Made(t.Context(), &webhook.Event{Entity: "contact", PrimaryKey: id}), id)
		}
	}
}

// The ID of another carrier is none of the table's.
func TestOwnChangesOfOtherCarriers(t *testing.T) {
	t.Parallel()
	own, id := new(webhook.OwnChanges), 0
	for operation, want := range map[string]bool{
		"Contact/SaveContactEntity": true, "Contact/DeleteContactEntity": true, "Contact": true, "Contact/{contactId}": true, "User/SaveUser": true,
		"Person/SaveConsentPerson": false, "Contact/{contactId}/Image": false, "Contact/SaveContactEntityOfOthers": false, "Person/{personId}/Consents/{id}": false,
	} {
		call := superoffice.CallInfo{Operation: operation, Class: "write"}
		id++
		own.CallEnded(own.CallStarted(t.Context(), call), call, superoffice.CallOutcome{Record: id})
		table := map[bool]string{true: "associate", false: strings.ToLower(operation[:strings.IndexByte(operation+"/", '/')])}[strings.HasPrefix(operation, "User")]
		assert.Equal(t, want, own.Made(t.Context(), &webhook.Event{Entity: table, PrimaryKey: id}), operation)
	}
}

func TestWhatOwnChangesTells(t *testing.T) {
	t.Parallel()
	own := &webhook.OwnChanges{Associates: []int{7}}
	write := func(operation string, id int) {
		call := superoffice.CallInfo{Operation: operation, Class: "write"}
		own.CallEnded(own.CallStarted(t.Context(), call), call, superoffice.CallOutcome{Record: id})
	}
	made := func(entity string, id, by int) bool {
		return own.Made(t.Context(), &webhook.Event{Entity: entity, PrimaryKey: id, ChangedBy: by})
	}
	write("Contact/SaveContactEntity", 5)
	write("Appointment/{id}", 6)
	write("Sale/{id}", 0)
	read := superoffice.CallInfo{Operation: "Person/{id}", Class: "read"}
	own.CallEnded(own.CallStarted(t.Context(), read), read, superoffice.CallOutcome{Record: 8})
	assert.True(t, made("contact", 5, 7))
	assert.True(t, made("activity", 6, 7))
	assert.False(t, made("contact", 5, 8), "another user")
	assert.False(t, made("contact", 6, 7), "another record")
	assert.False(t, made("person", 8, 7), "a read")
	assert.False(t, made("sale", 0, 7))

	brief := &webhook.OwnChanges{For: 1}
	call := superoffice.CallInfo{Operation: "Contact/{id}", Class: "idempotent write"}
	for id := range 5 {
		brief.CallEnded(brief.CallStarted(t.Context(), call), call, superoffice.CallOutcome{Record: id + 1})
	}
	assert.False(t, brief.Made(t.Context(), &webhook.Event{Entity: "contact", PrimaryKey: 5}))

	begun := own.CallStarted(t.Context(), call) // its answer has not come
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.False(t, own.Made(ctx, &webhook.Event{Entity: "contact", PrimaryKey: 9, ChangedBy: 7}))
	answer := make(chan bool)
	go func() {
		answer <- own.Made(t.Context(), &webhook.Event{Entity: "contact", PrimaryKey: 9, ChangedBy: 7})
	}()
	own.CallEnded(begun, call, superoffice.CallOutcome{Record: 9})
	assert.True(t, <-answer)
}
