package superofficetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/internal/fakehttp"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// secretsSent are the secrets among the samples for a call, each with what the
// definition marks as secret there.
func secretsSent(d *apidef.Definition, c *apidef.Call, samples map[string]any) map[string]string {
	sent := make(map[string]string)
	for _, p := range c.Params {
		if text, ok := samples[p.Name].(string); ok && p.Secret {
			sent[text] = p.Name
			continue
		}
		d.Secrets(p.Type, samples[p.Name], func(secret, member string) { sent[secret] = member })
	}
	return sent
}

// The samples hold all that the definition marks as secret and a call can send,
// in texts that no chance makes and no other text holds.
func TestEverySecretIsSent(t *testing.T) {
	t.Parallel()
	d, calls := everyDefinition(t)
	count := 0
	for name, c := range calls {
		var due []string
		for _, p := range c.Params {
			if due = append(due, d.SecretMembers(p.Type)...); p.Secret {
				due = append(due, p.Name)
			}
		}
		samples := d.Samples(c, 0)
		sent := secretsSent(d, c, samples)
		assert.Subset(t, slices.Collect(maps.Values(sent)), due, name)
		count += len(sent)
		for _, text := range leaves(samples) {
			for secret := range sent {
				assert.GreaterOrEqual(t, len(secret), 8, name)
				if text != secret {
					assert.NotContains(t, text, secret, name)
				}
			}
		}
	}
	require.NotZero(t, count)
	t.Logf("%d secrets", count)
}

// leaves are the texts, numbers and booleans in a value, as far as they say
// something.
func leaves(value any) (all []string) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			all = append(all, leaves(value[name])...)
		}
		return all
	case []any:
		for _, one := range value {
			all = append(all, leaves(one)...)
		}
		return all
	}
	if saysNothing(value) {
		return nil
	}
	return []string{fmt.Sprint(value)}
}

// echo is all that a request says: its path and query, each value of its body,
// and that as it was sent.
func echo(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	parts := []string{r.URL.Path, r.URL.RawQuery}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tree any
	if d.Decode(&tree) == nil {
		parts = append(parts, leaves(tree)...)
	}
	return strings.TrimSpace(strings.Join(append(parts, string(body)), " "))
}

// failing makes every call on a server that answers each with the same handler.
type failing struct {
	t      *testing.T
	server *superofficetest.Server
	d      *apidef.Definition
	calls  map[string]*apidef.Call
	log    bytes.Buffer
}

func newFailing(t *testing.T, answer http.HandlerFunc) *failing {
	t.Helper()
	server := superofficetest.NewServer(superofficetest.WithRecordLimit(0))
	t.Cleanup(server.Close)
	server.Inject(math.MaxInt, superofficetest.Handler(answer))
	f := &failing{t: t, server: server}
	f.d, f.calls = everyDefinition(t)
	return f
}

func (f *failing) client() *superoffice.Client {
	return f.server.Client(
		superoffice.WithLogger(slog.New(slog.NewJSONHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		superoffice.WithRetry(superoffice.RetryPolicy{MaxAttempts: 2, Sleep: func(context.Context, time.Duration) error { return nil }}))
}

// each makes all calls but those that wanted refuses, sees that each fails as
// one should and shows no secret, and has the rest checked.
func (f *failing) each(wanted func(*apidef.Call) bool, secret func(*apidef.Call) []string, check func(*apidef.Call, *superoffice.Error)) {
	f.t.Helper()
	const enough = 400 // calls of a client, all of which its retry budget lasts for
	var client *superoffice.Client
	made := 0
	for name, c := range f.calls {
		if !wanted(c) {
			continue
		}
		if made%enough == 0 {
			client = f.client()
		}
		made++
		f.log.Reset()
		_, err := everyCall[name](f.t.Context(), client, 0)
		var failure *superoffice.Error
		require.ErrorAs(f.t, err, &failure, name)
		assert.Equal(f.t, name, failure.Operation)
		assert.Contains(f.t, f.log.String(), name)
		shown := f.log.String() + fmt.Sprintf("%v %+v %#v %s %q", err, err, err, err, err) +
			fmt.Sprint(failure.Type, failure.Message, failure.Detail, failure.Source, failure.Header, string(failure.Body))
		for ; err != nil; err = errors.Unwrap(err) {
			shown += err.Error()
		}
		for _, text := range secret(c) {
			if i := strings.Index(shown, text); i >= 0 {
				f.t.Errorf("%s shows the secret: ...%s...", name, shown[max(0, i-100):i+len(text)])
			}
		}
		check(c, failure)
	}
}

func (f *failing) sent(c *apidef.Call) []string {
	return slices.Collect(maps.Keys(secretsSent(f.d, c, f.d.Samples(c, 0))))
}

// redacted is a text without the secrets that a call sends.
func (f *failing) redacted(c *apidef.Call, text string) string {
	for _, secret := range f.sent(c) {
		text = strings.ReplaceAll(text, secret, "REDACTED")
	}
	return text
}

func all(*apidef.Call) bool { return true }

// Every call fails as one should: with an *Error that names it and holds none
// of the secrets that were sent, although the server repeats them, and all else
// that it repeats. Only where the agent is restricted does it say so, and only
// reads are made again.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	t.Run("an error in JSON", func(t *testing.T) {
		t.Parallel()
		said := ""
		f := newFailing(t, func(w http.ResponseWriter, r *http.Request) {
			said = echo(r)
			w.Header().Set("X-Echo", said)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_ = json.NewEncoder(w).Encode(map[string]any{"Error": true, "ErrorType": "SoServerException", "ErrorMessage": said, "MessageDetail": said})
		})
		f.each(all, f.sent, func(c *apidef.Call, failure *superoffice.Error) {
			want := f.redacted(c, said)
			assert.Equal(t, want, failure.Message)
			assert.Equal(t, want, failure.Detail)
			assert.Equal(t, []string{want}, failure.Header["X-Echo"], c.Name)
			online := f.d.Agent(c.Agent).Online
			assert.Equal(t, online == "request" || online == "closed", strings.Contains(failure.Error(), "agent is restricted in SuperOffice Online"), c.Name)
		})
	})
	t.Run("a text", func(t *testing.T) {
		t.Parallel()
		said := ""
		f := newFailing(t, func(w http.ResponseWriter, r *http.Request) {
			said = echo(r)
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, said)
		})
		f.each(all, f.sent, func(c *apidef.Call, failure *superoffice.Error) {
			assert.Equal(t, f.redacted(c, said), string(failure.Body))
			assert.Equal(t, c.Write, failure.Attempts == 1, "%s: %d attempts", failure.Operation, failure.Attempts)
		})
	})
}

// An answer that cannot be read is shown, but not where the result is a secret
// or may hold one.
func TestEveryUnreadableAnswer(t *testing.T) {
	t.Parallel()
	const result = "the secret result"
	f := newFailing(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"`+result+`": ["`+result)
	})
	keeps := func(c *apidef.Call) bool { return c.Secret || f.d.HoldsSecret(c.Result) }
	secrets := func(c *apidef.Call) []string {
		if keeps(c) {
			return []string{result}
		}
		return nil
	}
	f.each(func(c *apidef.Call) bool { return c.Result != "stream" }, secrets, func(c *apidef.Call, failure *superoffice.Error) {
		assert.Equal(t, !keeps(c), strings.Contains(string(failure.Body), result), failure.Operation)
	})
}

// Every call that takes longer than the vendor's mark of it is warned of.
func TestEverySlowCall(t *testing.T) {
	t.Parallel()
	_, calls := everyDefinition(t)
	synctest.Test(t, func(t *testing.T) {
		slowest := 0
		for _, c := range calls {
			slowest = max(slowest, c.Slow)
		}
		var log bytes.Buffer
		client, err := superoffice.NewClient("https://crm.example.com/SuperOffice",
			superoffice.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))),
			superoffice.WithHTTPClient(&http.Client{Transport: fakehttp.Transport(func(r *http.Request) (*http.Response, error) {
				time.Sleep(time.Duration(slowest+1) * time.Millisecond) // of the test's own clock
				return &http.Response{StatusCode: http.StatusBadRequest, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
			})}))
		require.NoError(t, err)
		for name, c := range calls {
			log.Reset()
			_, err := everyCall[name](t.Context(), client, 0)
			require.Error(t, err, name)
			var record struct{ Threshold time.Duration }
			require.NoError(t, json.Unmarshal(log.Bytes(), &record), "%s: %s", name, log.String())
			assert.Equal(t, time.Duration(c.Slow)*time.Millisecond, record.Threshold, name)
		}
	})
}
