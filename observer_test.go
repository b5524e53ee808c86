package superoffice_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// seen keeps what an Observer is told.
type seen struct {
	mu       sync.Mutex
	infos    []superoffice.CallInfo
	outcomes []superoffice.CallOutcome
	spans    []any // of the contexts at the end
}

type spanKey struct{}

func (s *seen) CallStarted(ctx context.Context, call superoffice.CallInfo) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.infos = append(s.infos, call)
	return context.WithValue(ctx, spanKey{}, len(s.infos))
}

func (s *seen) CallEnded(ctx context.Context, _ superoffice.CallInfo, outcome superoffice.CallOutcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes = append(s.outcomes, outcome)
	s.spans = append(s.spans, ctx.Value(spanKey{}))
}

func TestObserverSeesCalls(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	observer := new(seen)
	var spans []any
	own := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(own.CloseIdleConnections)
	transport := fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
		spans = append(spans, r.Context().Value(spanKey{}))
		return own.RoundTrip(r)
	})
	client := server.Client(superoffice.WithObserver(observer), superoffice.WithHTTPClient(&http.Client{Transport: transport}),
		superoffice.WithRetry(superoffice.RetryPolicy{Sleep: func(context.Context, time.Duration) error { return nil }}))
	server.InjectOn("Contact/GetContactEntity", 1, superofficetest.Status(http.StatusBadGateway, "", ""))
	_, err := client.Contact.GetContactEntity(t.Context(), 5)
	require.NoError(t, err)
	assert.Equal(t, superoffice.CallInfo{Operation: "Contact/GetContactEntity", Method: "POST", Class: "read", Server: strings.TrimSuffix(server.URL, "/SuperOffice")}, observer.infos[0])
	outcome := observer.outcomes[0]
	assert.Equal(t, 200, outcome.StatusCode)
	assert.Equal(t, 2, outcome.Attempts)
	assert.Positive(t, outcome.Duration)
	assert.Zero(t, outcome.SentBytes)
	assert.Equal(t, int64(len(server.Requests()[1].Answer)), outcome.ReceivedBytes)
	assert.Empty(t, outcome.Kind)
	assert.Equal(t, []any{1, 1}, spans, "the requests carry the observer's context")
	assert.Equal(t, []any{1}, observer.spans)

	_, err = client.Contact.GetContactEntity(t.Context(), -1)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	assert.Equal(t, "not_found", observer.outcomes[1].Kind)
	assert.Equal(t, err, observer.outcomes[1].Err)
}

// An observer is told which record a call was about.
func TestObserverSeesTheRecord(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	observer := new(seen)
	client := server.Client(superoffice.WithObserver(observer))
	entities := rest.New(client)
	ctx := t.Context()
	made, err := client.Contact.SaveContactEntity(ctx, &superoffice.ContactEntity{Name: "Oslo Ost"})
	require.NoError(t, err)
	_, err = client.Contact.SaveContactEntity(ctx, made)
	require.NoError(t, err)
	_, err = entities.Contact.Get(ctx, made.ContactID)
	require.NoError(t, err)
	require.NoError(t, client.Contact.DeleteContactEntity(ctx, made.ContactID))
	require.NoError(t, entities.Sale.Delete(ctx, 7))
	_, err = client.User.GetExternalTokens(ctx, "key")
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	var records []int
	for _, outcome := range observer.outcomes {
		records = append(records, outcome.Record)
	}
	id := made.ContactID
	assert.Equal(t, []int{id, id, id, id, 7, 0}, records)
}

// A call that is refused before it is sent is none.
func TestObserverSeesNoCallThatIsNotSent(t *testing.T) {
	t.Parallel()
	observer := new(seen)
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithObserver(observer))
	require.NoError(t, err)
	_, err = client.User.GetExternalTokens(t.Context(), "")
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	assert.Empty(t, observer.infos)
}

func TestKindsOfFailures(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		304: "not_modified", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 412: "precondition_failed", 421: "misdirected",
		429: "throttled", 503: "unavailable", 400: "other", 500: "other",
	} {
		observer := new(seen)
		client := failingWith(t, observer, status, nil)
		_, err := client.User.GetExternalTokens(t.Context(), "key")
		require.Error(t, err)
		assert.Equal(t, want, observer.outcomes[0].Kind, status)
	}
	for want, cause := range map[string]error{"canceled": context.Canceled, "timeout": context.DeadlineExceeded, "other": errors.New("reset")} {
		observer := new(seen)
		_, err := failingWith(t, observer, 0, cause).User.GetExternalTokens(t.Context(), "key")
		require.Error(t, err)
		assert.Equal(t, want, observer.outcomes[0].Kind)
	}
}

// failingWith returns a client whose server always fails the same way.
func failingWith(t *testing.T, observer superoffice.Observer, status int, cause error) *superoffice.Client {
	t.Helper()
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithObserver(observer), superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 1}),
		superoffice.WithHTTPClient(&http.Client{Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
			if cause != nil {
				return nil, cause
			}
			return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
		})}))
	require.NoError(t, err)
	return client
}

// An observer can be set for one call, and taken off.
func TestObserverOfOneCall(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	all, one := new(seen), new(seen)
	client := server.Client(superoffice.WithObserver(all))
	for _, o := range []superoffice.Observer{one, nil} {
		_, err := client.Contact.GetContactEntity(t.Context(), 5, superoffice.WithObserver(o))
		require.NoError(t, err)
	}
	assert.Empty(t, all.infos)
	assert.Len(t, one.outcomes, 1)
}

// callLog prints a line for each call.
type callLog struct{}

func (callLog) CallStarted(ctx context.Context, _ superoffice.CallInfo) context.Context { return ctx }

func (callLog) CallEnded(_ context.Context, call superoffice.CallInfo, outcome superoffice.CallOutcome) {
	fmt.Println(call.Operation, call.Class, outcome.StatusCode, outcome.Attempts, cmp.Or(outcome.Kind, "ok"))
}

// An Observer counts and times calls for metrics, and makes spans for traces.
func ExampleWithObserver() {
	server := superofficetest.NewServer()
	defer server.Close()
	client := server.Client(superoffice.WithObserver(callLog{}))
	_, _ = client.Contact.GetContactEntity(context.Background(), 5)
	_, _ = client.Contact.GetContactEntity(context.Background(), 0)
	// Output:
	// Contact/GetContactEntity read 200 1 ok
	// Contact/GetContactEntity read 200 1 not_found
}
