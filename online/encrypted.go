package online

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/superoffice-go/superoffice"
)

// ErrUndecipherable means that none of the keys of an [EncryptedStore] opens an
// entry: it was written with another key, or by another program, or was
// changed in the store.
var ErrUndecipherable = errors.New("online: the stored entry cannot be deciphered")

// encryptedFormat is the first byte of an encrypted value: AES-256-GCM, a
// random nonce, the ciphertext and its tag.
const encryptedFormat = 1

// encryptionKeySize is the size of an AES-256 key in bytes.
const encryptionKeySize = 32

// EncryptedStore keeps entries in store so that nobody reads them there: with
// AES-256-GCM, under keys of 32 random bytes each. The first key encrypts, all
// of them decrypt. To replace a key, give the new one to all replicas as their
// second, then make it their first, and drop the old one when what it wrote
// is gone.
//
// The key and the version of an entry stay readable and are bound to its
// value, so that an entry that was moved to another tenant or given another
// version is an [ErrUndecipherable]. Load returns the version together with that
// error, and Swap can replace or remove the entry by it. Whoever can write to
// the store can still remove an entry or put a whole older one back.
//
// No key, or one of another size, is a [superoffice.ErrInvalidArgument].
func EncryptedStore(store Store, keys ...[]byte) (Store, error) {
	if store == nil {
		return nil, fmt.Errorf("%w: EncryptedStore got a nil Store", superoffice.ErrInvalidArgument)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: EncryptedStore got no key; give it one of %d random bytes", superoffice.ErrInvalidArgument, encryptionKeySize)
	}
	encrypted := &encryptedStore{store: store}
	for i, key := range keys {
		if len(key) != encryptionKeySize {
			return nil, fmt.Errorf("%w: EncryptedStore got %d bytes as key %d of %d, and needs %d (decoded, if they were a text)",
				superoffice.ErrInvalidArgument, len(key), i+1, len(keys), encryptionKeySize)
		}
		aead, err := newAEAD(key)
		if err != nil {
			return nil, fmt.Errorf("online: preparing key %d of EncryptedStore: %w", i+1, err)
		}
		encrypted.keys = append(encrypted.keys, aead)
	}
	return encrypted, nil
}

// newAEAD returns AES-GCM that makes its own random nonces. With 96 bits those
// do for 2^32 entries under one key.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

type encryptedStore struct {
	store Store
	keys  []cipher.AEAD // the first encrypts
}

func (s *encryptedStore) Load(ctx context.Context, key Key) (Entry, error) {
	entry, err := s.store.Load(ctx, key)
	if err != nil || entry.Version == "" && len(entry.Value) == 0 {
		return Entry{}, err
	}
	value, ok := s.open(boundTo(key, entry.Version), entry.Value)
	if !ok {
		return Entry{Version: entry.Version}, fmt.Errorf("%w: %s: it was changed in the store, or written with a key that is not among the %d here; "+
			"give that key to EncryptedStore as a further one, or remove the entry and sign in again", ErrUndecipherable, key, len(s.keys))
	}
	return Entry{Version: entry.Version, Value: value}, nil
}

func (s *encryptedStore) Swap(ctx context.Context, key Key, old string, next Entry, ttl time.Duration) (bool, error) {
	if len(next.Value) > 0 {
		next.Value = s.keys[0].Seal([]byte{encryptedFormat}, nil, next.Value, boundTo(key, next.Version))
	}
	return s.store.Swap(ctx, key, old, next, ttl)
}

// open tries every key: they are few, and each takes a microsecond.
func (s *encryptedStore) open(bound, sealed []byte) ([]byte, bool) {
	if len(sealed) == 0 || sealed[0] != encryptedFormat {
		return nil, false
	}
	for _, key := range s.keys {
		if value, err := key.Open(nil, nil, sealed[1:], bound); err == nil {
			return value, true
		}
	}
	return nil, false
}

// Format prints neither keys nor entries, for every verb.
func (s *encryptedStore) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "online.EncryptedStore(%d keys)", len(s.keys))
}

// boundTo is what GCM authenticates beside a value. A key's text has no zero
// byte, so that no two pairs run into the same.
func boundTo(key Key, version string) []byte {
	return slices.Concat([]byte{encryptedFormat}, []byte(key.String()), []byte{0}, []byte(version))
}
