package online_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/online"
)

func TestKeyString(t *testing.T) {
	t.Parallel()
	key := online.Key{Environment: "https://online.superoffice.com", Application: "0a1b", Tenant: "Cust12345", User: "kari@example.com"}
	// Entries that are kept now must be found by later releases.
	assert.Equal(t, "https:%2F%2Fonline.superoffice.com/0a1b/Cust12345/kari@example.com", key.String())
	key.User = ""
	assert.Equal(t, "https:%2F%2Fonline.superoffice.com/0a1b/Cust12345/", key.String())
	key.User = "Åse/{1}\n"
	assert.Equal(t, "https:%2F%2Fonline.superoffice.com/0a1b/Cust12345/%C3%85se%2F%7B1%7D%0A", key.String())
}

// A text that reads back to its key belongs to no other key.
func FuzzKeyString(f *testing.F) {
	f.Add("https://online.superoffice.com", "0a1b", "Cust12345", "")
	f.Add("a/b", "%2F", "\x00", "\xff")
	f.Fuzz(func(t *testing.T, environment, application, tenant, user string) {
		text := online.Key{Environment: environment, Application: application, Tenant: tenant, User: user}.String()
		for _, c := range []byte(text) {
			if c <= ' ' || c >= 0x7f {
				t.Fatalf("%q holds %q", text, c)
			}
		}
		var parts []string
		for part := range strings.SplitSeq(text, "/") {
			plain, err := url.PathUnescape(part)
			require.NoError(t, err)
			parts = append(parts, plain)
		}
		require.Equal(t, []string{environment, application, tenant, user}, parts)
	})
}

func TestEntryShowsNoValue(t *testing.T) {
	t.Parallel()
	entry := online.Entry{Version: "v1", Value: []byte("7T:secret")}
	store := online.NewMemoryStore()
	_, err := store.Swap(t.Context(), online.Key{}, "", entry, 0)
	require.NoError(t, err)
	type nested struct{ Entries []online.Entry }
	type unexported struct{ store *online.MemoryStore }
	for _, shown := range []any{entry, &entry, nested{[]online.Entry{entry}}, store, unexported{store}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			assertSecretKept(t, fmt.Sprintf(verb, shown))
		}
		for _, log := range logged(shown) {
			assertSecretKept(t, log)
		}
		raw, err := json.Marshal(shown)
		require.NoError(t, err)
		assertSecretKept(t, string(raw))
	}
	assert.Equal(t, `Entry(version "v1", value REDACTED)`, fmt.Sprint(entry))
	assert.Contains(t, logged(entry)[0], `entry.version=v1 entry.value=REDACTED`)
}

// logged is what log/slog makes of v, as text and as JSON.
func logged(v any) []string {
	var text, asJSON bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("", "entry", v)
	slog.New(slog.NewJSONHandler(&asJSON, nil)).Info("", "entry", v)
	return []string{text.String(), asJSON.String()}
}

// assertSecretKept looks for 7T:secret in the forms that encoders give bytes.
func assertSecretKept(t *testing.T, text string) {
	t.Helper()
	for _, form := range []string{"secret", "115 101 99 114 101 116", "736563726574", "0x73, 0x65", "N1Q6c2VjcmV0"} {
		assert.NotContains(t, strings.ToLower(text), strings.ToLower(form))
	}
}
