package superoffice_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
)

// Conditional headers have whole seconds in GMT, and go with the calls that know
// them only.
func TestConditions(t *testing.T) {
	t.Parallel()
	var arrived http.Header
	client, err := superoffice.NewClient("https://crm.example.com", superoffice.WithHTTPClient(&http.Client{
		Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
			arrived = r.Header
			status := http.StatusPreconditionFailed
			if r.Method == http.MethodGet {
				status = http.StatusNotModified
			}
			return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
		}),
	}))
	require.NoError(t, err)
	ctx := t.Context()
	since := time.Date(2026, time.May, 4, 12, 30, 15, 999_999_999, time.FixedZone("", 2*60*60))
	const text = "Mon, 04 May 2026 10:30:15 GMT"

	err = client.Call(ctx, "GET", "v1/Contact/5", nil, nil, superoffice.IfModifiedSince(since))
	require.ErrorIs(t, err, superoffice.ErrNotModified)
	assert.Equal(t, []string{text}, arrived["If-Modified-Since"])
	err = client.Call(ctx, "PUT", "v1/Contact/5", map[string]any{}, nil, superoffice.IfUnmodifiedSince(since))
	require.ErrorIs(t, err, superoffice.ErrPreconditionFailed)
	assert.Equal(t, []string{text}, arrived["If-Unmodified-Since"])

	arrived = nil
	for argument, err := range map[string]error{
		"IfUnmodifiedSince":                   client.Call(ctx, "GET", "v1/Contact/5", nil, nil, superoffice.IfUnmodifiedSince(since)),
		"IfModifiedSince":                     client.Call(ctx, "DELETE", "v1/Contact/5", nil, nil, superoffice.IfModifiedSince(since)),
		"IfModifiedSince got the zero time":   client.Call(ctx, "GET", "v1/Contact/5", nil, nil, superoffice.IfModifiedSince(time.Time{})),
		"IfUnmodifiedSince got the zero time": client.Call(ctx, "PUT", "v1/Contact/5", nil, nil, superoffice.IfUnmodifiedSince(time.Time{})),
		"go with Contact/DeleteContactEntity": client.Contact.DeleteContactEntity(ctx, 5, superoffice.IfUnmodifiedSince(since)),
	} {
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
		assert.ErrorContains(t, err, argument)
	}
	assert.Nil(t, arrived, "nothing was sent")
}
