// Package webhooktest sends events to a handler of package webhook, for tests
// without a server:
//
//	handler := webhook.Handler(onChange, webhook.Secret(webhooktest.Secret))
//	status := webhooktest.Send(handler, &webhook.Event{Event: webhook.ContactChanged, PrimaryKey: 5})
//
// Package superofficetest has a server that posts events of what a program
// writes.
package webhooktest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/webhook"
)

// Secret is the secret that [Send] signs with.
const Secret = "a-secret-of-tests"

// Send posts an event to a handler as SuperOffice does, signed with [Secret], and
// returns the status. What e leaves out is filled in: an ID of its own, the time,
// the entity that the name of the event begins with, the primary key 1, and the tenant
// Cust12345. The entity "test" makes it the test event, which calls no function. Send
// panics if an event cannot be made of e.
func Send(handler http.Handler, e *webhook.Event) (status int) {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, Request(e, Secret))
	return recorder.Code
}

// Request returns the request that [Send] makes, signed with a secret; without a
// signature if that is empty. It is for what Send cannot do: other headers, and a
// handler behind others.
func Request(e *webhook.Event, secret string) *http.Request {
	whole := *e
	complete(&whole)
	body, err := json.Marshal(&whole)
	if err != nil {
		panic("webhooktest: " + err.Error())
	}
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-SuperOffice-Event", whole.Event)
	r.Header.Set("X-SuperOffice-EventId", whole.ID)
	r.Header.Set("X-SuperOffice-Retry", strconv.Itoa(whole.Retry))
	if secret != "" {
		r.Header.Set("X-SuperOffice-Signature", webhook.Sign(secret, body))
	}
	return r
}

// complete fills in what every event has.
func complete(e *webhook.Event) {
	if e.Event == "" {
		panic("webhooktest: the event has no name")
	}
	if e.ID == "" {
		e.ID = rand.Text()
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if e.Tenant == "" {
		e.Tenant = "Cust12345"
	}
	if e.Entity == "" {
		e.Entity = e.Event[:max(strings.LastIndexByte(e.Event, '.'), 0)]
	}
	if e.PrimaryKey == 0 && e.Entity != "test" {
		e.PrimaryKey = 1
	}
}
