package superoffice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
)

// logged parses what a JSON handler wrote.
func logged(t *testing.T, text []byte) (records []map[string]any) {
	t.Helper()
	for line := range bytes.Lines(text) {
		var record map[string]any
		require.NoError(t, json.Unmarshal(line, &record))
		records = append(records, record)
	}
	return records
}

func TestLogTellsWhatHappened(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	client, mock := mocked(t,
		superoffice.WithLogger(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		superoffice.WithRetry(superoffice.RetryPolicy{Sleep: func(context.Context, time.Duration) error { return nil }}))
	calls := 0
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		switch calls++; calls {
		case 1:
			return nil, errors.New("cable cut")
		case 2:
			return answer(503, "", "")(r)
		}
		return answer(200, "application/json", `{"Provider":"p"}`)(r)
	})
	_, err := client.User.GetExternalTokens(t.Context(), "quos", superoffice.Select("Provider"))
	require.NoError(t, err)
	records := logged(t, out.Bytes())
	require.Len(t, records, 3)
	assert.Equal(t, []any{"INFO", "retrying", "cable cut", "User/GetExternalTokens"}, []any{records[0]["level"], records[0]["msg"], records[0]["cause"], records[0]["operation"]})
	assert.Equal(t, "the server answered 503 Service Unavailable", records[1]["cause"])
	assert.Equal(t, []any{"INFO", "call", 200.0, 3.0}, []any{records[2]["level"], records[2]["msg"], records[2]["status"], records[2]["attempts"]})
	assert.NotContains(t, out.String(), "select", "no query")

	out.Reset()
	mock.RegisterNoResponder(answer(400, "application/json", `{"ErrorType":"ArgumentException","ErrorMessage":"no"}`))
	_, err = client.User.GetExternalTokens(t.Context(), "quos")
	require.Error(t, err)
	records = logged(t, out.Bytes())
	require.Len(t, records, 1)
	assert.Equal(t, "ArgumentException", records[0]["error"].(map[string]any)["type"])

	out.Reset()
	mock.RegisterNoResponder(answer(200, "application/json", `null`))
	_, err = client.User.GetExternalTokens(t.Context(), "quos")
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	assert.NotContains(t, out.String(), "error", "nothing found is an answer")
}

// A call beyond the vendor's own mark of slowness is worth a warning.
func TestSlowCallsAreWarnedOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		client, mock := mocked(t, superoffice.WithLogger(slog.New(slog.NewJSONHandler(&out, nil))))
		mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
			time.Sleep(1001 * time.Millisecond) // of the test's own clock
			return answer(200, "application/json", `{"Provider":"p"}`)(r)
		})
		_, err := client.User.GetExternalTokens(t.Context(), "quos")
		require.NoError(t, err)
		records := logged(t, out.Bytes())
		require.Len(t, records, 1)
		assert.Equal(t, []any{"WARN", "slow call", 1e9}, []any{records[0]["level"], records[0]["msg"], records[0]["threshold"]})
	})
}
