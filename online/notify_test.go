package online

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestNotifications(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	pool := w.pool()
	tenant := w.AddTenant("Cust12345")
	client, err := pool.For(t.Context(), "Cust12345")
	require.NoError(t, err)
	require.NoError(t, read(t.Context(), client))
	var heard []Notification
	server := httptest.NewServer(pool.NotificationHandler(func(_ context.Context, n Notification) { heard = append(heard, n) }))
	t.Cleanup(server.Close)
	tell := func(n superofficetest.Notification) int {
		resp, err := w.Notify(t.Context(), server.URL, n)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}

	tenant.Move()
	require.Equal(t, http.StatusOK, tell(superofficetest.Notification{ChangeType: int(ChangeMove), ContextIdentifier: "Cust12345", PublicEndpoint: "evil.example.com"}))
	require.Len(t, heard, 1)
	assert.Equal(t, ChangeMove, heard[0].Change)
	assert.Equal(t, "Cust12345", heard[0].Tenant)
	assert.Equal(t, "evil.example.com", heard[0].PublicEndpoint)
	require.NoError(t, read(t.Context(), client))
	last := tenant.Requests()[len(tenant.Requests())-1]
	assert.Equal(t, http.StatusOK, last.Status)
	assert.Equal(t, 2, w.StateLookups(), "it went to the new host at once")

	tenant.SetState("Suspended")
	require.Equal(t, http.StatusOK, tell(superofficetest.Notification{ChangeType: int(ChangeSuspend), ContextIdentifier: "Cust12345"}))
	require.ErrorIs(t, read(t.Context(), client), ErrOffline)
	assert.Zero(t, pool.Len())
	require.Equal(t, http.StatusOK, tell(superofficetest.Notification{ChangeType: int(ChangeUpgrade), ContextIdentifier: "Cust404"}))

	for name, n := range map[string]superofficetest.Notification{
		"no token":             {ContextIdentifier: "Cust12345", Token: "forged"},
		"another tenant's":     {ContextIdentifier: "Cust12345", Token: w.SignIDToken(func(_, c map[string]any) { c[claimPrefix+"ctx"] = "Cust54321" })},
		"another app's":        {ContextIdentifier: "Cust12345", Token: w.SignIDToken(func(_, c map[string]any) { c["aud"] = "another" })},
		"another issuer's":     {ContextIdentifier: "Cust12345", Token: w.SignIDToken(func(_, c map[string]any) { c["iss"] = "https://evil.example.com" })},
		"one that has expired": {ContextIdentifier: "Cust12345", Token: w.SignIDToken(func(_, c map[string]any) { c["exp"] = 1 })},
	} {
		assert.Equal(t, http.StatusUnauthorized, tell(n), name)
	}
	assert.Equal(t, http.StatusUnauthorized, tell(superofficetest.Notification{ContextIdentifier: "Cust12345", Token: w.SignIDToken(func(_, c map[string]any) { c["aud"] = "spn:" + w.App().ClientID })}), "a sign-in's")
	once := superofficetest.Notification{ContextIdentifier: "Cust12345", Token: w.SignNotification("Cust12345"), ChangeType: int(ChangeResume)}
	assert.Equal(t, http.StatusOK, tell(once))
	assert.Equal(t, http.StatusUnauthorized, tell(once), "again")
	assert.Equal(t, http.StatusBadRequest, tell(superofficetest.Notification{ContextIdentifier: "../x"}))
	assert.Contains(t, log.String(), "refused a notification")
}

// told posts a notification to a handler.
func told(ctx context.Context, t *testing.T, handler http.Handler, n superofficetest.Notification) *httptest.ResponseRecorder {
	t.Helper()
	body, err := json.Marshal(n)
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body)))
	return answer
}

// TestTokenOfANotificationServesOnce has a token come again in other spellings,
// and with changes that there are not.
func TestTokenOfANotificationServesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler := w.pool().NotificationHandler(nil)
	token := w.SignNotification("Cust12345")
	tell := func(token string, change ChangeType) int {
		return told(t.Context(), t, handler, superofficetest.Notification{ContextIdentifier: "Cust12345", Token: token, ChangeType: int(change)}).Code
	}
	require.Equal(t, http.StatusOK, tell(token, ChangeResume))
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	for i := range parts {
		for _, part := range respelt(t, parts[i]) {
			other := slices.Clone(parts)
			other[i] = part
			assert.Equal(t, http.StatusUnauthorized, tell(strings.Join(other, "."), ChangeResume), "%d: %q", i, part)
		}
	}
	for _, change := range []ChangeType{-1, 6, 7, 8, 1000, math.MaxInt64, math.MinInt64} {
		assert.Equal(t, http.StatusUnauthorized, tell(token, change), "%s", change)
	}
	for change := ChangeUpgrade; change <= ChangeMove; change++ { // those of the same second
		want := http.StatusOK
		if change == ChangeResume {
			want = http.StatusUnauthorized
		}
		assert.Equal(t, want, tell(token, change), "%s", change)
		assert.Equal(t, http.StatusUnauthorized, tell(token, change), "%s again", change)
	}
}

// respelt is base64 in other spellings of the same bytes, as decoders take them.
func respelt(t *testing.T, part string) []string {
	t.Helper()
	want, err := base64.RawURLEncoding.DecodeString(part)
	require.NoError(t, err)
	all := []string{part + "\n", "\r\n" + part, part[:4] + "\n" + part[4:]}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, digit := range digits {
		other := part[:len(part)-1] + string(digit)
		if got, err := base64.RawURLEncoding.DecodeString(other); err == nil && bytes.Equal(want, got) && other != part {
			all = append(all, other)
		}
	}
	return all
}

// TestChangeOfAKindThatIsNew is told, for once: SuperOffice may have more kinds
// one day.
func TestChangeOfAKindThatIsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var heard []ChangeType
	handler := w.pool().NotificationHandler(func(_ context.Context, n Notification) { heard = append(heard, n.Change) })
	n := superofficetest.Notification{ContextIdentifier: "Cust12345", Token: w.SignNotification("Cust12345"), ChangeType: 6}
	require.Equal(t, http.StatusOK, told(t.Context(), t, handler, n).Code)
	for n.ChangeType = range 10 {
		assert.Equal(t, http.StatusUnauthorized, told(t.Context(), t, handler, n).Code)
	}
	assert.Equal(t, []ChangeType{6}, heard)
}

// TestNotificationWithoutKeys has SuperOffice's keys be away: a genuine
// notification is to come again, and its coming asks for the keys but once.
func TestNotificationWithoutKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler := w.pool().NotificationHandler(nil)
	tell := func() *httptest.ResponseRecorder {
		return told(t.Context(), t, handler, superofficetest.Notification{ContextIdentifier: "Cust12345", Token: w.SignNotification("Cust12345")})
	}
	w.InjectLogin(mostTries, superofficetest.Unavailable(""))
	for range 20 {
		answer := tell()
		require.Equal(t, http.StatusServiceUnavailable, answer.Code)
		assert.NotEmpty(t, answer.Header().Get("Retry-After"))
	}
	assert.LessOrEqual(t, w.KeyLookups(), mostTries, "one fetch, with its retries, for all")
	w.pass(keysHoldOff)
	assert.Equal(t, http.StatusOK, tell().Code)
}

// TestKeysAfterACallerWhoLeft has whoever wanted the keys leave before they
// came.
func TestKeysAfterACallerWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler := w.pool().NotificationHandler(nil)
	n := superofficetest.Notification{ContextIdentifier: "Cust12345", Token: w.SignNotification("Cust12345")}
	w.InjectLogin(1, superofficetest.Stall(t.Context().Done()))
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.Equal(t, http.StatusServiceUnavailable, told(brief, t, handler, n).Code)
	time.Sleep(50 * time.Millisecond) // until what was left has ended
	assert.Equal(t, http.StatusOK, told(t.Context(), t, handler, n).Code)
}

func TestUsedTokensAreBounded(t *testing.T) {
	t.Parallel()
	var used usedTokens
	now := time.Unix(1_000_000, 0)
	for i := range mostUsedTokens {
		require.True(t, used.first([]byte(fmt.Sprint(i)), ChangeMove, now.Add(time.Hour), now))
	}
	assert.False(t, used.first([]byte("more"), ChangeMove, now.Add(time.Hour), now), "nothing is forgotten that still holds")
	assert.False(t, used.first([]byte("7"), ChangeMove, now.Add(time.Hour), now))
	assert.True(t, used.first([]byte("more"), ChangeMove, now.Add(3*time.Hour), now.Add(2*time.Hour)))
	assert.Len(t, used.tokens, 1)
}

func TestNotificationsThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler := w.pool().NotificationHandler(nil)
	ask := func(method string, body io.Reader) int {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), method, "/", body))
		return answer.Code
	}
	assert.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodGet, nil))
	assert.Equal(t, http.StatusBadRequest, ask(http.MethodPost, strings.NewReader("{")))
	assert.Equal(t, http.StatusBadRequest, ask(http.MethodPost, strings.NewReader("{"+strings.Repeat(" ", mostNotificationBytes)+"}")))
	assert.Equal(t, http.StatusBadRequest, ask(http.MethodPost, io.MultiReader(strings.NewReader("{"), broken{})))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestChangesHaveNames(t *testing.T) {
	t.Parallel()
	for change, name := range map[ChangeType]string{
		ChangeUpgrade: "Upgrade", ChangeBackupRestored: "BackupRestored", ChangeSuspend: "Suspend",
		ChangeResume: "Resume", ChangeDelete: "Delete", ChangeMove: "Move", 6: "ChangeType(6)", -1: "ChangeType(-1)",
	} {
		assert.Equal(t, name, change.String())
	}
}

// TestNotificationReachesClientsThatTheirPoolLetGo has a tenant suspended and
// resumed while a client of it is in use elsewhere.
func TestNotificationReachesClientsThatTheirPoolLetGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, client := w.systemUser("Cust12345")
	server := httptest.NewServer(w.pool().NotificationHandler(nil))
	t.Cleanup(server.Close)
	tell := func(change ChangeType) {
		resp, err := w.Notify(t.Context(), server.URL, superofficetest.Notification{ChangeType: int(change), ContextIdentifier: "Cust12345"})
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	require.NoError(t, read(t.Context(), client))
	tenant.SetState("Suspended")
	tell(ChangeSuspend)
	require.ErrorIs(t, read(t.Context(), client), ErrOffline)
	tenant.SetState("Running")
	tell(ChangeResume)
	require.NoError(t, read(t.Context(), client))
}

// TestTenantsThatAreGoneAreForgotten has nobody use what was let go.
func TestTenantsThatAreGoneAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 100
	for i := range many {
		id := fmt.Sprint("Cust", i)
		_, err := w.app.tenant(id)
		require.NoError(t, err)
		w.app.drop(id)
	}
	left := func() int {
		w.app.mu.Lock()
		defer w.app.mu.Unlock()
		return len(w.app.gone)
	}
	for left() > many/2 && t.Context().Err() == nil {
		runtime.GC()
		runtime.Gosched()
	}
}

// TestChangeWhileTheStateIsAsked has SuperOffice tell of a change while an
// answer is on its way that was made before.
func TestChangeWhileTheStateIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.AddTenant("Cust12345")
	answer := fmt.Sprintf(`{"ContextIdentifier":"Cust12345","State":"Suspended","IsRunning":false,"ValidUntil":%q,"Api":%q}`,
		w.clock.now().Add(time.Hour).UTC().Format(time.RFC3339Nano), tenant.BaseURL())
	w.InjectState(1, superofficetest.Handler(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		w.app.changed("cust12345")
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, answer)
	})))
	status, err := w.app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
	require.Equal(t, StateSuspended, status.State)
	status, err = w.app.Status(t.Context(), "Cust12345")
	require.NoError(t, err)
	assert.Equal(t, StateRunning, status.State)
}
