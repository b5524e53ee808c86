package superofficetest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
	"github.com/superoffice-go/superoffice/webhook"
)

const hookSecret = "tops3cret"

// posted is an event that arrived.
type posted struct {
	*webhook.Event
	header    http.Header
	signature error
}

// eventTarget keeps what is posted to it.
type eventTarget struct {
	mu     sync.Mutex
	all    []posted
	answer func(nth int) (status int) // nil for 200; nth counts the events of the eventTarget from 0
}

func (r *eventTarget) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	e, err := webhook.ParseEvent(body)
	if err != nil || e.PrimaryKey == 0 {
		return // the test event
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, posted{e, request.Header, webhook.Verify(hookSecret, body, request.Header.Get("X-SuperOffice-Signature"))})
	if r.answer != nil {
		w.WriteHeader(r.answer(len(r.all) - 1))
	}
}

// names are the names of the events that arrived.
func (r *eventTarget) names() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.all {
		names = append(names, e.Event.Event)
	}
	return names
}

// withReceiver starts a server that posts events to an eventTarget.
func withReceiver(t *testing.T, events ...string) (*superofficetest.Server, *superoffice.Client, *eventTarget, *superoffice.Webhook) {
	t.Helper()
	got := new(eventTarget)
	target := httptest.NewServer(got)
	server := superofficetest.NewServer(superofficetest.WithWebhooks(), superofficetest.WithDemoData(3))
	client := server.Client()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
		target.Close()
	})
	hook, err := client.Webhook.SaveWebhook(t.Context(), &superoffice.Webhook{
		Name: "sync", TargetURL: target.URL, Secret: hookSecret, Type: "webhook", State: superoffice.WebhookStateActive, Events: events,
		Headers: map[string]string{"X-Mine": "yes"}, Properties: map[string]any{"Mine": "too"},
	})
	require.NoError(t, err)
	return server, client, got, hook
}

// What agents, REST calls and calls of lists write is told.
func TestEvents(t *testing.T) {
	t.Parallel()
	list := webhook.List("category")
	server, client, got, _ := withReceiver(t, webhook.ContactCreated, webhook.ContactChanged, webhook.ContactSoftDeleted, webhook.ActivityCreated,
		list.Created, list.Changed, list.Deleted)
	ctx, entities := t.Context(), rest.New(client)
	contact, err := client.Contact.SaveContactEntity(ctx, &superoffice.ContactEntity{Name: "Oslo Ost"})
	require.NoError(t, err)
	_, err = entities.Contact.Change(ctx, contact.ContactID, func(c *superoffice.ContactEntity) error {
		c.Department = "Sales"
		c.CustomFields.Set("SuperOffice:1", superoffice.IntValue(5))
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, client.Contact.DeleteContactEntity(ctx, contact.ContactID))
	_, err = client.Appointment.SaveAppointmentEntity(ctx, new(superoffice.AppointmentEntity))
	require.NoError(t, err)
	item, err := entities.Lists.Category.Add(ctx, &superoffice.ListItemEntity{Name: "Customer"})
	require.NoError(t, err)
	_, err = entities.Lists.Category.Replace(ctx, item.ID, &superoffice.ListItemEntity{ID: item.ID, Name: "Supplier"})
	require.NoError(t, err)
	require.NoError(t, entities.Lists.Category.Delete(ctx, item.ID))
	_, err = client.List.SaveCategoryEntity(ctx, &superoffice.CategoryEntity{Name: "One"})
	require.NoError(t, err)
	_, err = client.Person.SavePersonEntity(ctx, new(superoffice.PersonEntity)) // nobody listens
	require.NoError(t, err)
	require.NoError(t, server.WaitForEvents(ctx))

	assert.Equal(t, []string{
		"contact.created", "contact.changed", "contact.softdeleted", "activity.created",
		"list.category.created", "list.category.changed", "list.category.softdeleted", "list.category.created",
	}, got.names())
	ids := make(map[string]bool)
	for _, e := range got.all {
		require.NoError(t, e.signature)
		assert.Equal(t, "0", e.header.Get("X-SuperOffice-Retry"))
		assert.Equal(t, e.Event.Event, e.header.Get("X-SuperOffice-Event"))
		assert.Equal(t, "yes", e.header.Get("X-Mine"))
		assert.JSONEq(t, `"too"`, string(e.Extra["Mine"]))
		assert.NotZero(t, e.ChangedBy)
		ids[e.ID] = true
	}
	assert.Len(t, ids, len(got.all))
	assert.Equal(t, contact.ContactID, got.all[1].PrimaryKey)
	assert.Equal(t, []string{"department", "updated", "userdef_id"}, got.all[1].Changes)
	assert.EqualValues(t, "Sales", got.all[1].Fields["department"])
}

// Seeded records are changed and deleted, not made.
func TestEventsOfSeededRecords(t *testing.T) {
	t.Parallel()
	server, client, got, _ := withReceiver(t, webhook.ContactCreated, webhook.ContactChanged)
	_, err := rest.New(client).Contact.Change(t.Context(), 1, func(c *superoffice.ContactEntity) error {
		c.Name = "Another"
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, server.WaitForEvents(t.Context()))
	require.Equal(t, []string{webhook.ContactChanged}, got.names())
	assert.Equal(t, []string{"name", "updated"}, got.all[0].Changes)
}

// An event is posted three times, and the webhook is disabled in the end.
func TestEventsThatFail(t *testing.T) {
	t.Parallel()
	server, client, got, hook := withReceiver(t, webhook.ContactCreated)
	ctx := t.Context()
	save := func(n int) {
		for range n {
			_, err := client.Contact.SaveContactEntity(ctx, new(superoffice.ContactEntity))
			require.NoError(t, err)
		}
		require.NoError(t, server.WaitForEvents(ctx))
	}
	state := func() *superoffice.Webhook {
		now, err := client.Webhook.GetWebhook(ctx, hook.WebhookID)
		require.NoError(t, err)
		return now
	}
	got.answer = func(nth int) int { return []int{500, 503, 200}[min(nth, 2)] }
	save(1)
	require.Len(t, got.all, 3)
	for i, want := range []string{"0", "1", "2"} {
		assert.Equal(t, want, got.all[i].header.Get("X-SuperOffice-Retry"))
		assert.Equal(t, got.all[0].ID, got.all[i].ID)
	}
	assert.Equal(t, superoffice.WebhookStateActive, state().State)

	got.answer = func(int) int { return 202 } // only 200 counts
	save(8)
	require.Equal(t, superoffice.WebhookStateActive, state().State)
	save(2)
	assert.Len(t, got.all, 3+9*3, "nothing more after the ninth")
	assert.Equal(t, superoffice.WebhookStateTooManyErrors, state().State)

	got.answer = nil
	fixed := state()
	fixed.State = superoffice.WebhookStateActive
	_, err := client.Webhook.SaveWebhook(ctx, fixed)
	require.NoError(t, err)
	got.answer = func(int) int { return http.StatusGone }
	save(2)
	assert.Len(t, got.all, 3+9*3+1)
	assert.Equal(t, superoffice.WebhookStateTooManyErrors, state().State)
}

// Another webhook hears that one is stopped, started and disabled.
func TestEventsOfAWebhookItself(t *testing.T) {
	t.Parallel()
	server, client, got, watcher := withReceiver(t, webhook.ContactCreated)
	ctx := t.Context()
	down := httptest.NewServer(webhook.Handler(func(context.Context, *webhook.Event) error { return webhook.ErrGone }, webhook.Unsigned()))
	defer down.Close()
	hook, err := client.Webhook.SaveWebhook(ctx, &superoffice.Webhook{Name: "other", TargetURL: down.URL, Type: "webhook", State: superoffice.WebhookStateActive, Events: []string{webhook.ContactCreated}})
	require.NoError(t, err)
	states := webhook.StatesOf(hook.WebhookID)
	watcher.Events = []string{states.Started, states.Stopped, states.Errors}
	_, err = client.Webhook.SaveWebhook(ctx, watcher)
	require.NoError(t, err)
	for _, state := range []superoffice.WebhookState{superoffice.WebhookStateStopped, superoffice.WebhookStateStopped, superoffice.WebhookStateActive} {
		hook.State = state
		_, err = client.Webhook.SaveWebhook(ctx, hook)
		require.NoError(t, err)
	}
	_, err = client.Contact.SaveContactEntity(ctx, new(superoffice.ContactEntity))
	require.NoError(t, err)
	require.NoError(t, server.WaitForEvents(ctx))
	assert.Equal(t, []string{webhook.WebhookStopped, webhook.WebhookStarted, webhook.WebhookErrors}, got.names())
	for _, e := range got.all {
		assert.Equal(t, hook.WebhookID, e.PrimaryKey)
		assert.Empty(t, e.Entity)
	}
	assert.Equal(t, states.Errors, got.all[2].header.Get("X-SuperOffice-Event"))
}

// A webhook can be saved only if its target takes the test event.
func TestTheTestEvent(t *testing.T) {
	t.Parallel()
	server, client, _, hook := withReceiver(t, webhook.ContactCreated)
	down := httptest.NewServer(http.NotFoundHandler())
	defer down.Close()
	hook.TargetURL = down.URL
	_, err := client.Webhook.SaveWebhook(t.Context(), hook)
	require.ErrorContains(t, err, "404")
	entities := rest.New(client)
	_, err = entities.Webhook.Create(t.Context(), &superoffice.Webhook{Name: "other", TargetURL: down.URL, State: superoffice.WebhookStateActive, Events: []string{"contact.created"}})
	require.ErrorContains(t, err, "404")
	all, err := client.Webhook.GetAllWebhooks(t.Context(), "SY", "", "")
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.NotEqual(t, down.URL, all[0].TargetURL)
	require.NoError(t, server.WaitForEvents(t.Context()))
}

func TestEventFaults(t *testing.T) {
	t.Parallel()
	server, client, got, _ := withReceiver(t, webhook.ContactCreated)
	for _, fault := range []superofficetest.EventFault{
		superofficetest.EventDoubled, superofficetest.EventLate, superofficetest.EventUnsigned, superofficetest.EventMissigned, superofficetest.EventLost, superofficetest.EventLate,
	} {
		server.InjectEvents(1, fault)
	}
	var ids []int
	for range 6 {
		contact, err := client.Contact.SaveContactEntity(t.Context(), new(superoffice.ContactEntity))
		require.NoError(t, err)
		ids = append(ids, contact.ContactID)
	}
	require.NoError(t, server.WaitForEvents(t.Context()))
	var keys []int
	for _, e := range got.all {
		keys = append(keys, e.PrimaryKey)
	}
	assert.Equal(t, []int{ids[0], ids[0], ids[2], ids[1], ids[3], ids[5]}, keys)
	require.ErrorIs(t, got.all[2].signature, webhook.ErrSignature)
	assert.NotContains(t, got.all[2].header, "X-Superoffice-Signature")
	require.ErrorIs(t, got.all[4].signature, webhook.ErrSignature)
	assert.Contains(t, got.all[4].header, "X-Superoffice-Signature")
}

// WaitForEvents obeys its context, and Close ends what is being posted.
func TestEventsOfATargetThatHangs(t *testing.T) {
	t.Parallel()
	server, client, got, _ := withReceiver(t, webhook.ContactCreated)
	arrived, release := make(chan struct{}), make(chan struct{})
	got.answer = func(nth int) int {
		if nth == 0 {
			close(arrived)
		}
		<-release
		return 200
	}
	_, err := client.Contact.SaveContactEntity(t.Context(), new(superoffice.ContactEntity))
	require.NoError(t, err)
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, server.WaitForEvents(ctx), context.Canceled)
	server.Close()
	close(release)
}

// Without the option nothing goes to other machines, and all to this one.
func TestEventsToThisMachine(t *testing.T) {
	t.Parallel()
	got := new(eventTarget)
	target := httptest.NewServer(got)
	server := superofficetest.NewServer()
	client := server.Client()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
		target.Close()
	})
	for _, url := range []string{target.URL, "https://nowhere.invalid/hook"} {
		_, err := client.Webhook.SaveWebhook(t.Context(), &superoffice.Webhook{
			Name: "sync", TargetURL: url, Secret: hookSecret, Type: "webhook", State: superoffice.WebhookStateActive, Events: []string{webhook.ContactCreated},
		})
		require.NoError(t, err)
	}
	_, err := client.Contact.SaveContactEntity(t.Context(), new(superoffice.ContactEntity))
	require.NoError(t, err)
	require.NoError(t, server.WaitForEvents(t.Context()))
	assert.Equal(t, []string{webhook.ContactCreated}, got.names())
	all, err := client.Webhook.GetAllWebhooks(t.Context(), "", "", "")
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Zero(t, all[1].ConsecutiveErrors)
}
