package webhooktest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/webhook"
	"github.com/superoffice-go/superoffice/webhook/webhooktest"
)

func ExampleSend() {
	handler := webhook.Handler(func(_ context.Context, e *webhook.Event) error {
		fmt.Println(e.Event, e.PrimaryKey, e.Changed("name"))
		return nil
	}, webhook.Secret(webhooktest.Secret))
	status := webhooktest.Send(handler, &webhook.Event{Event: webhook.ContactChanged, PrimaryKey: 5, Changes: []string{"name"}})
	fmt.Println(status)
	// Output:
	// contact.changed 5 true
	// 200
}

func TestSend(t *testing.T) {
	t.Parallel()
	var got []*webhook.Event
	handler := webhook.Handler(func(_ context.Context, e *webhook.Event) error {
		got = append(got, e)
		if e.Retry == 0 {
			return errors.New("again")
		}
		return nil
	}, webhook.Secret(webhooktest.Secret))
	list := webhook.List("category")
	assert.Equal(t, 500, webhooktest.Send(handler, &webhook.Event{Event: list.Created, PrimaryKey: 5}))
	assert.Equal(t, 200, webhooktest.Send(handler, &webhook.Event{Event: list.Created, PrimaryKey: 5, Retry: 1}))
	require.Len(t, got, 2)
	assert.NotEqual(t, got[0].ID, got[1].ID)
	assert.Equal(t, "list.category", got[0].Entity)
	assert.WithinDuration(t, time.Now(), got[0].Time, time.Minute)

	assert.Equal(t, 200, webhooktest.Send(handler, &webhook.Event{Event: "test", Entity: "test"}))
	assert.Len(t, got, 2)
	assert.Equal(t, 500, webhooktest.Send(handler, &webhook.Event{Event: webhook.ContactCreated}))
	assert.Equal(t, 1, got[2].PrimaryKey)
	assert.Panics(t, func() { webhooktest.Send(handler, new(webhook.Event)) })
	assert.Panics(t, func() {
		webhooktest.Send(handler, &webhook.Event{Event: "a.b", Extra: map[string][]byte{"A": []byte("no JSON")}})
	})
	for secret, want := range map[string]int{"": 401, "another": 401, webhooktest.Secret: 500} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, webhooktest.Request(&webhook.Event{Event: webhook.ContactChanged, PrimaryKey: 5}, secret))
		assert.Equal(t, want, recorder.Code, secret)
	}
}
