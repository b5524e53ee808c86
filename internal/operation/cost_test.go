package operation_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/operation"
)

// memory answers every request at once, without a network.
type memory struct{}

var jsonHeader = http.Header{"Content-Type": {"application/json"}}

func (memory) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: jsonHeader, Body: io.NopCloser(strings.NewReader(`{"ContactId":5,"Name":"Oslo Ost"}`)), ContentLength: 33, Request: r}, nil
}

var getContactEntity = operation.Operation{Route: "v1/Agents/Contact/GetContactEntity", Class: operation.Read, Query: "contactEntityId"}

// sameCall is one call, made as a method of an agent and through Perform.
func sameCall(t testing.TB) (agent, perform func(ctx context.Context) error) {
	t.Helper()
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithHTTPClient(&http.Client{Transport: memory{}}))
	require.NoError(t, err)
	return func(ctx context.Context) error {
			_, err := client.Contact.GetContactEntity(ctx, 5)
			return err
		}, func(ctx context.Context) error {
			contact := new(superoffice.ContactEntity)
			return client.Perform(ctx, &getContactEntity, operation.Input{Query: "contactEntityId=" + operation.ID(5)}, contact)
		}
}

// Perform allocates nothing that a call of an agent does not.
func TestPerformAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	const runs = 200
	agent, perform := sameCall(t)
	count := func(call func(context.Context) error) float64 {
		return testing.AllocsPerRun(runs, func() { require.NoError(t, call(context.Background())) })
	}
	assert.LessOrEqual(t, count(perform), count(agent))
}

func BenchmarkPerform(b *testing.B) {
	agent, perform := sameCall(b)
	for name, call := range map[string]func(context.Context) error{"agent": agent, "perform": perform} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := call(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
