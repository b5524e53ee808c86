package superofficetest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	const jsonType, vendor = "application/json; charset=utf-8", `"Error":true`
	tests := map[string]struct {
		fault       superofficetest.Fault
		status      int
		contentType string
		contains    string
		retryAfter  string
	}{
		"unauthorized":              {superofficetest.Unauthorized(), 401, jsonType, vendor, ""},
		"misdirected":               {superofficetest.Misdirected(), 421, jsonType, "Wrong subdomain used to access tenant", ""},
		"throttled, seconds":        {superofficetest.Throttled("2"), 429, jsonType, vendor, "2"},
		"throttled, date":           {superofficetest.Throttled("Mon, 02 Jan 2006 15:04:05 GMT"), 429, jsonType, vendor, "Mon, 02 Jan 2006 15:04:05 GMT"},
		"throttled, garbage":        {superofficetest.Throttled("soon"), 429, jsonType, vendor, "soon"},
		"throttled, no Retry-After": {superofficetest.Throttled(""), 429, jsonType, vendor, ""},
		"unavailable":               {superofficetest.Unavailable(""), 503, jsonType, vendor, ""},
		"unavailable, Retry-After":  {superofficetest.Unavailable("0"), 503, jsonType, vendor, "0"},
		"status":                    {superofficetest.Status(404, "SoNotFoundException", "Gone."), 404, jsonType, `"ErrorMessage":"Gone."`, ""},
		"error object with 200":     {superofficetest.Status(200, "ArgumentException", "Bad."), 200, jsonType, `"ErrorType":"ArgumentException"`, ""},
		"null":                      {superofficetest.Null(), 200, jsonType, "null", ""},
		"empty 200":                 {superofficetest.Empty(200), 200, "", "", ""},
		"empty 204":                 {superofficetest.Empty(204), 204, "", "", ""},
		"login page":                {superofficetest.LoginPage(), 200, "text/html; charset=utf-8", `type="password"`, ""},
		"another content type":      {superofficetest.ContentType("text/plain"), 200, "text/plain", `"Provider":"nesciunt"`, ""},
		"anything":                  {superofficetest.Respond(418, "text/x-tea", "pot"), 418, "text/x-tea", "pot", ""},
		"no content type":           {superofficetest.Respond(200, "", "<html>"), 200, "", "<html>", ""},
		"none":                      {superofficetest.Fault{}, 200, jsonType, `"Provider":"nesciunt"`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withSample(t)
			f.Inject(1, tt.fault)
			got := f.post(t, "GetExternalTokens", getSample)
			assert.Equal(t, tt.status, got.status)
			assert.Equal(t, tt.contentType, got.header.Get("Content-Type"))
			assert.Contains(t, got.body, tt.contains)
			assert.Equal(t, tt.retryAfter, got.header.Get("Retry-After"))
			if tt.contains == "" {
				assert.Empty(t, got.body)
			}
			after := f.post(t, "GetExternalTokens", getSample)
			assert.Equal(t, 200, after.status, "one call only")
			assert.Equal(t, jsonType, after.header.Get("Content-Type"))
			assert.Equal(t, tt.status, f.Requests()[0].Status)
			assert.Equal(t, 1, f.Connections(), "a bad answer is no reason to hang up")
		})
	}
}

func TestInjectOrderAndScope(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	f.InjectOn("user/SAVEexternaltokens", 1, superofficetest.Misdirected())
	f.InjectOn("Version", 1, superofficetest.Unavailable(""))
	f.Inject(2, superofficetest.Unauthorized())
	f.Inject(1, superofficetest.Fault{})
	f.Inject(1, superofficetest.Throttled("1"))
	f.Inject(0, superofficetest.Reset())
	f.Inject(-1, superofficetest.Reset())

	assert.Equal(t, 404, f.get(t, f.URL).status, "outside of the API there are no faults")
	assert.Equal(t, 401, f.post(t, "GetExternalTokens", getSample).status)
	assert.Equal(t, 421, f.post(t, "SaveExternalTokens", "{}").status)
	assert.Equal(t, 401, f.get(t, f.api+"/v1/Contact/1").status)
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample).status)
	assert.Equal(t, 429, f.post(t, "GetExternalTokens", getSample).status)
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample).status)
	assert.Equal(t, 503, f.get(t, f.api).status)
	assert.Equal(t, 200, f.get(t, f.api).status)
}

func TestClearFaults(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	f.Inject(5, superofficetest.Unauthorized())
	assert.Equal(t, 401, f.post(t, "GetExternalTokens", getSample).status)
	f.ClearFaults()
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample).status)
}

func TestHandlerFault(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	f.Inject(1, superofficetest.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = w.Write(append([]byte("got "), body...))
	})))
	got := f.post(t, "GetExternalTokens", getSample)
	assert.Equal(t, "got "+getSample, got.body)
	assert.Equal(t, 200, f.Requests()[0].Status, "an early hint is not the answer")
}

func TestCutBody(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	whole := f.post(t, "GetExternalTokens", getSample).body
	f.Inject(1, superofficetest.CutBody())
	got := f.post(t, "GetExternalTokens", getSample)
	assert.Equal(t, 200, got.status)
	require.ErrorIs(t, got.readErr, io.ErrUnexpectedEOF)
	assert.Equal(t, whole[:len(whole)/2], got.body)
	assert.Equal(t, whole, f.post(t, "GetExternalTokens", getSample).body)
	assert.Equal(t, 2, f.Connections(), "the connection of the cut body is gone")
}

func TestReset(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	f.Inject(1, superofficetest.Reset())
	_, err := f.try(f.request(t, f.api+"/v1/Agents/User/GetExternalTokens", getSample))
	require.Error(t, err)
	if runtime.GOOS != "windows" { // which has its own number for it
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
	assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample).status)
	assert.Zero(t, f.Requests()[0].Status, "there was no answer")
}

// stalls are the two ways of holding an answer back.
func stalls() map[string]func(<-chan struct{}) superofficetest.Fault {
	return map[string]func(<-chan struct{}) superofficetest.Fault{
		"body":  superofficetest.StallBody,
		"whole": superofficetest.Stall,
	}
}

func TestStallReleased(t *testing.T) {
	t.Parallel()
	for name, stall := range stalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := withSample(t)
			whole := f.post(t, "GetExternalTokens", getSample).body
			release := make(chan struct{})
			f.Inject(1, stall(release))
			done := make(chan answer)
			req := f.request(t, f.api+"/v1/Agents/User/GetExternalTokens", getSample)
			go func() {
				got, err := f.try(req)
				assert.NoError(t, err)
				done <- got
			}()
			awaitRequests(t, f, 2)
			assert.Equal(t, 200, f.post(t, "GetExternalTokens", getSample).status, "others are served meanwhile")
			select {
			case <-done:
				t.Error("answered before the release")
			default:
			}
			close(release)
			got := <-done
			assert.NoError(t, got.readErr)
			assert.Equal(t, whole, got.body)
		})
	}
}

func TestStallBodyGivesFirstHalf(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	whole := f.post(t, "GetExternalTokens", getSample).body
	f.Inject(1, superofficetest.StallBody(nil))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	res, err := f.client.Do(f.request(t, f.api+"/v1/Agents/User/GetExternalTokens", getSample).WithContext(ctx))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	half := make([]byte, len(whole)/2)
	_, err = io.ReadFull(res.Body, half)
	require.NoError(t, err)
	assert.Equal(t, whole[:len(half)], string(half))
	assert.EqualValues(t, len(whole), res.ContentLength)
	cancel()
	_, err = res.Body.Read(half)
	require.ErrorIs(t, err, context.Canceled)
}

// TestStallEnds shows that a held answer keeps neither a client nor Close
// waiting; were it otherwise, the test would not end.
func TestStallEnds(t *testing.T) {
	t.Parallel()
	for name, stall := range stalls() {
		t.Run(name+", client goes away", func(t *testing.T) {
			t.Parallel()
			f := withSample(t)
			f.Inject(1, stall(nil))
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			req := f.request(t, f.api+"/v1/Agents/User/GetExternalTokens", getSample).WithContext(ctx)
			go func() { done <- f.failure(req) }()
			awaitRequests(t, f, 1)
			cancel()
			require.ErrorIs(t, <-done, context.Canceled)
			f.Close()
		})
		t.Run(name+", server closes", func(t *testing.T) {
			t.Parallel()
			f := withSample(t)
			f.Inject(1, stall(nil))
			done := make(chan error)
			req := f.request(t, f.api+"/v1/Agents/User/GetExternalTokens", getSample)
			go func() { done <- f.failure(req) }()
			awaitRequests(t, f, 1)
			f.Close()
			require.Error(t, <-done)
			f.Close() // again, which does nothing
		})
	}
}

// failure returns why a call failed, before its answer or within.
func (f *fixture) failure(req *http.Request) error {
	got, err := f.try(req)
	return errors.Join(err, got.readErr)
}

// awaitRequests waits until n requests have arrived.
func awaitRequests(t *testing.T, f *fixture, n int) {
	t.Helper()
	for len(f.Requests()) < n {
		require.NoError(t, t.Context().Err())
		runtime.Gosched()
	}
}
