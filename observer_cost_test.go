package superoffice

import (
	"context"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/fakehttp"
)

// WithObserver says that it costs nothing if it is not set: neither the steps
// that would tell an observer, nor a whole call. This test is alone: it counts
// what the whole process allocates.
func TestNoObserverAllocatesNothing(t *testing.T) { //nolint:paralleltest // see above
	const runs = 200
	answering := WithHTTPClient(fakehttp.Client(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"Version":"1.0"}`)), Header: http.Header{"Content-Type": {"application/json"}}, Request: r}, nil
	}))
	never, err := NewClient("https://crm.example.com", answering)
	require.NoError(t, err)

	s := never.setup()
	k := &call{callSpec: callSpec{op: &versionOperation}, client: s, settings: &s.config.settings, target: target{endpoint: s.endpoint}}
	k.ctx = callContext{Context: t.Context(), call: k}
	assert.Zero(t, testing.AllocsPerRun(runs, func() {
		k.observeStart()
		k.finish(nil, nil)
	}), "the steps that would tell it")

	if raceEnabled {
		t.Skip("the race detector allocates too, and empties pools at times")
	}
	calls := func(c *Client) float64 { // the least of some
		least := math.Inf(1)
		for range 5 {
			least = min(least, testing.AllocsPerRun(runs, func() {
				if _, err := c.Version(t.Context()); err != nil {
					t.Fatal(err)
				}
			}))
		}
		return least
	}
	observer := new(countingObserver)
	observed, err := never.With(WithObserver(observer))
	require.NoError(t, err)
	takenOff, err := observed.With(WithObserver(nil))
	require.NoError(t, err)
	without := calls(never)
	assert.InDelta(t, without, calls(takenOff), 0, "a whole call of a client whose observer was taken off")
	assert.Zero(t, observer.calls)
	assert.Greater(t, calls(observed), without, "who is told of a call pays for it")
	assert.Positive(t, observer.calls)
}

// countingObserver counts the calls that it is told of.
type countingObserver struct{ calls int }

func (o *countingObserver) CallStarted(ctx context.Context, _ CallInfo) context.Context {
	o.calls++
	return ctx
}

func (o *countingObserver) CallEnded(context.Context, CallInfo, CallOutcome) {}
