package online_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/online"
	"github.com/superoffice-go/superoffice/online/storetest"
)

var (
	key1 = bytes.Repeat([]byte{1}, 32)
	key2 = bytes.Repeat([]byte{2}, 32)
	key3 = bytes.Repeat([]byte{3}, 32)

	tenant = online.Key{Environment: "https://sod.superoffice.com", Application: "0a1b", Tenant: "Cust12345"}
	ticket = online.Entry{Version: "v1", Value: []byte("7T:secret")}
)

func encrypted(t testing.TB, store online.Store, keys ...[]byte) online.Store {
	t.Helper()
	s, err := online.EncryptedStore(store, keys...)
	require.NoError(t, err)
	return s
}

func put(t testing.TB, store online.Store, key online.Key, old string, next online.Entry) {
	t.Helper()
	swapped, err := store.Swap(context.Background(), key, old, next, 0)
	require.NoError(t, err)
	require.True(t, swapped)
}

func load(t testing.TB, store online.Store, key online.Key) online.Entry {
	t.Helper()
	entry, err := store.Load(context.Background(), key)
	require.NoError(t, err)
	return entry
}

func TestEncryptedStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) online.Store {
		return encrypted(t, online.NewMemoryStore(), key1, key2)
	})
}

func TestEncryptedStoreExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		storetest.RunExpiry(t, encrypted(t, online.NewMemoryStore(), key1), time.Sleep)
	})
}

func TestEncryptedStoreHidesValues(t *testing.T) {
	t.Parallel()
	memory := online.NewMemoryStore()
	store := encrypted(t, memory, key1)
	put(t, store, tenant, "", ticket)
	first := load(t, memory, tenant)
	assert.Equal(t, ticket.Version, first.Version)
	assert.NotContains(t, string(first.Value), "secret")
	assert.Len(t, first.Value, len(ticket.Value)+1+12+16, "format, nonce, tag")
	assert.Equal(t, byte(1), first.Value[0], "the format")

	put(t, store, tenant, ticket.Version, ticket)
	assert.NotEqual(t, first.Value, load(t, memory, tenant).Value, "each has a nonce of its own")
}

// storedCredential is the ticket as the first release kept it under key1, and as every
// later one must read it.
func kept(t testing.TB) online.Entry {
	t.Helper()
	value, err := base64.StdEncoding.DecodeString("AaxHgtn58cNCFhXupx9OpTiugYYZo0fO1Dxu31as9kqUf+0KkvE=")
	require.NoError(t, err)
	return online.Entry{Version: ticket.Version, Value: value}
}

func TestEncryptedStoreReadsWhatWasKept(t *testing.T) {
	t.Parallel()
	assert.Equal(t, ticket, load(t, encrypted(t, fixed{kept(t)}, key1), tenant))
}

func TestEncryptedStoreRotatesKeys(t *testing.T) {
	t.Parallel()
	memory := online.NewMemoryStore()
	put(t, encrypted(t, memory, key1), tenant, "", ticket)

	both := encrypted(t, memory, key2, key1)
	assert.Equal(t, ticket, load(t, both, tenant))
	next := online.Entry{Version: "v2", Value: []byte("another")}
	put(t, both, tenant, ticket.Version, next)

	assert.Equal(t, next, load(t, encrypted(t, memory, key2), tenant), "the first key encrypts")
	_, err := encrypted(t, memory, key1).Load(t.Context(), tenant)
	assert.ErrorIs(t, err, online.ErrUndecipherable)
}

func TestEncryptedStoreRefuses(t *testing.T) {
	t.Parallel()
	elsewhere, ofUser := tenant, tenant
	elsewhere.Tenant = "Cust54321"
	ofUser.User = "kari"
	for name, change := range map[string]func(*online.Entry, *online.Key){
		"another tenant":   func(_ *online.Entry, k *online.Key) { *k = elsewhere },
		"another user":     func(_ *online.Entry, k *online.Key) { *k = ofUser },
		"another version":  func(e *online.Entry, _ *online.Key) { e.Version = "v0" },
		"no version":       func(e *online.Entry, _ *online.Key) { e.Version = "" },
		"the first byte":   func(e *online.Entry, _ *online.Key) { e.Value[0]++ },
		"the last byte":    func(e *online.Entry, _ *online.Key) { e.Value[len(e.Value)-1] ^= 1 },
		"the nonce":        func(e *online.Entry, _ *online.Key) { e.Value[1] ^= 0x80 },
		"cut":              func(e *online.Entry, _ *online.Key) { e.Value = e.Value[:len(e.Value)-1] },
		"cut to a nonce":   func(e *online.Entry, _ *online.Key) { e.Value = e.Value[:13] },
		"cut to a format":  func(e *online.Entry, _ *online.Key) { e.Value = e.Value[:1] },
		"cut to nothing":   func(e *online.Entry, _ *online.Key) { e.Value = nil },
		"lengthened":       func(e *online.Entry, _ *online.Key) { e.Value = append(e.Value, 0) },
		"not encrypted":    func(e *online.Entry, _ *online.Key) { e.Value = []byte("7T:secret") },
		"by another key":   func(e *online.Entry, _ *online.Key) { *e = sealedBy(t, key3) },
		"written in JSON":  func(e *online.Entry, _ *online.Key) { e.Value = []byte(`{"ticket":"7T:secret"}`) },
		"format and plain": func(e *online.Entry, _ *online.Key) { e.Value = []byte("\x017T:secret") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entry, key := sealedBy(t, key1), tenant
			change(&entry, &key)
			got, err := encrypted(t, fixed{entry}, key1, key2).Load(t.Context(), key)
			require.ErrorIs(t, err, online.ErrUndecipherable)
			assert.Equal(t, online.Entry{Version: entry.Version}, got, "nothing but what replaces it")
			assert.Contains(t, err.Error(), key.String())
			assert.Contains(t, err.Error(), "as a further one, or remove the entry")
			assertSecretKept(t, err.Error())
		})
	}
	assert.Equal(t, ticket, load(t, encrypted(t, fixed{sealedBy(t, key1)}, key1, key2), tenant), "without a change")
}

// sealedBy is the ticket as it is kept under key.
func sealedBy(t testing.TB, key []byte) online.Entry {
	t.Helper()
	memory := online.NewMemoryStore()
	put(t, encrypted(t, memory, key), tenant, "", ticket)
	return load(t, memory, tenant)
}

// fixed is a store that holds one entry under every key.
type fixed struct{ entry online.Entry }

func (s fixed) Load(context.Context, online.Key) (online.Entry, error) { return s.entry, nil }

func (s fixed) Swap(context.Context, online.Key, string, online.Entry, time.Duration) (bool, error) {
	return false, nil
}

func TestEncryptedStoreReplacesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	memory := online.NewMemoryStore()
	put(t, encrypted(t, memory, key1), tenant, "", ticket)
	store := encrypted(t, memory, key2)
	entry, err := store.Load(t.Context(), tenant)
	require.ErrorIs(t, err, online.ErrUndecipherable)
	next := online.Entry{Version: "v2", Value: []byte("another")}
	put(t, store, tenant, entry.Version, next)
	assert.Equal(t, next, load(t, store, tenant))
}

func TestEncryptedStoreArguments(t *testing.T) {
	t.Parallel()
	memory := online.NewMemoryStore()
	for name, test := range map[string]struct {
		store online.Store
		keys  [][]byte
		says  string
	}{
		"no store":       {nil, [][]byte{key1}, "got a nil Store"},
		"no key":         {memory, nil, "got no key"},
		"a nil key":      {memory, [][]byte{nil}, "got 0 bytes as key 1 of 1, and needs 32"},
		"AES-128":        {memory, [][]byte{key1[:16]}, "got 16 bytes as key 1 of 1"},
		"a second wrong": {memory, [][]byte{key1, []byte("7T:secret")}, "got 9 bytes as key 2 of 2"},
		"in hexadecimal": {memory, [][]byte{fmt.Appendf(nil, "%x", key1)}, "got 64 bytes as key 1 of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := online.EncryptedStore(test.store, test.keys...)
			assert.Nil(t, store)
			require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
			assert.Contains(t, err.Error(), "EncryptedStore "+test.says)
			assertSecretKept(t, err.Error())
		})
	}
}

func TestEncryptedStoreKeepsNoKeySlice(t *testing.T) {
	t.Parallel()
	key := bytes.Clone(key1)
	store := encrypted(t, fixed{sealedBy(t, key1)}, key)
	clear(key)
	assert.Equal(t, ticket, load(t, store, tenant))
}

var errBroken = errors.New("the store is broken")

type broken struct{ fixed }

func (broken) Load(context.Context, online.Key) (online.Entry, error) {
	return online.Entry{Version: "v", Value: []byte("half")}, errBroken
}

func TestEncryptedStorePassesErrors(t *testing.T) {
	t.Parallel()
	entry, err := encrypted(t, broken{}, key1).Load(t.Context(), tenant)
	assert.Equal(t, errBroken, err)
	assert.Equal(t, online.Entry{}, entry)
}

func TestEncryptedStorePrintsNothing(t *testing.T) {
	t.Parallel()
	store := encrypted(t, fixed{ticket}, key1, key2)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, "online.EncryptedStore(2 keys)", fmt.Sprintf(verb, store))
	}
	assert.Contains(t, logged(store)[0], "online.EncryptedStore(2 keys)")
	assert.Contains(t, logged(store)[1], `"entry":{}`)
}

// Bytes that were not encrypted here are refused, and so is each change of
// bytes that were.
func FuzzEncryptedStore(f *testing.F) {
	sealed := kept(f) // not one made here: each of the processes that fuzz would have its own
	f.Add(sealed.Value, "v2", 0, byte(1))
	f.Add([]byte(nil), "v1", 20, byte(0x80))
	f.Add([]byte{1}, "", -1, byte(0xff))
	f.Fuzz(func(t *testing.T, stored []byte, version string, at int, flip byte) {
		if (version == "" && len(stored) == 0) || (version == sealed.Version && bytes.Equal(stored, sealed.Value)) {
			return
		}
		refuses(t, online.Entry{Version: version, Value: stored})
		if flip != 0 {
			changed := bytes.Clone(sealed.Value)
			changed[uint(at)%uint(len(changed))] ^= flip
			refuses(t, online.Entry{Version: sealed.Version, Value: changed})
		}
	})
}

func refuses(t *testing.T, entry online.Entry) {
	t.Helper()
	got, err := encrypted(t, fixed{entry}, key1, key2).Load(t.Context(), tenant)
	require.ErrorIs(t, err, online.ErrUndecipherable)
	require.Empty(t, got.Value)
}
