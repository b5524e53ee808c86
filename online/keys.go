package online

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// leastKeyAge is how old the keys must be before they are fetched again for a
// token that none of them has signed: no token of a stranger's makes many
// requests.
const leastKeyAge = 15 * time.Second

// keySet is the keys of an environment's login service. It implements
// oidc.KeySet.
//
// SuperOffice's tokens name their key by x5t, its certificate's thumbprint, or
// not at all, and never by kid.
type keySet struct {
	app *App

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time
	failed  time.Time // when fetching them failed last
	failure error     // and how
}

// errNoKeys is a token that cannot be judged, since the keys are not to be had.
var errNoKeys = errors.New("SuperOffice's keys are not to be had now")

// keysFailure is the key in a context of where VerifySignature leaves the error
// of a fetch.
type keysFailure struct{}

// keysHoldOff is how long the keys are not fetched again after that failed,
// whoever wants them.
const keysHoldOff = 5 * time.Second

// VerifySignature returns what a token says, if one of the environment's keys
// has signed it.
func (s *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, errors.New("the token is malformed, or not signed with RS256")
	}
	keys, fetched := s.known()
	if payload, ok := verifyWith(signed, keys); ok {
		return payload, nil
	}
	if s.areNew(fetched) {
		return nil, errForeignKey
	}
	keys, _, err = share(ctx, s.app, "keys", loginTimeout, s.renewed)
	if err != nil {
		if into, ok := ctx.Value(keysFailure{}).(*error); ok {
			*into = err
		}
		return nil, err
	}
	if payload, ok := verifyWith(signed, keys); ok {
		return payload, nil
	}
	return nil, errForeignKey
}

var errForeignKey = errors.New("the token is signed with none of SuperOffice's keys")

func (s *keySet) known() ([]jose.JSONWebKey, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys, s.fetched
}

func (s *keySet) areNew(fetched time.Time) bool {
	age := s.app.now().Sub(fetched)
	return age >= 0 && age < leastKeyAge
}

// renewed is the keys, fetched again unless somebody has just done so.
func (s *keySet) renewed(ctx context.Context) ([]jose.JSONWebKey, error) {
	if keys, fetched := s.known(); s.areNew(fetched) {
		return keys, nil
	}
	if err := s.heldOff(); err != nil {
		return nil, err
	}
	keys, err := s.fetch(ctx)
	if !wasLeft(ctx) {
		s.note(err)
	}
	return keys, err
}

// heldOff returns the last failure while it is too early to try again.
func (s *keySet) heldOff() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := s.app.now().Sub(s.failed); s.failure != nil && age >= 0 && age < keysHoldOff {
		return s.failure
	}
	return nil
}

// note keeps how a fetch has ended.
func (s *keySet) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed, s.failure = s.app.now(), err
}

// fetch gets the keys (GET {environment}/login/.well-known/jwks).
func (s *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	var body []byte
	err := s.app.again(ctx, func() (err error) {
		body, err = s.app.loginService.get(ctx, s.app.config().Environment.url(keysPath))
		return err
	})
	var keys []jose.JSONWebKey
	if err == nil {
		keys, err = readKeys(body)
	}
	if err != nil {
		return nil, fmt.Errorf("getting SuperOffice's keys: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.fetched = keys, s.app.now()
	return s.keys, nil
}

// readKeys reads a key set. A key of a kind that is not known here is left out,
// and takes the others nothing (RFC 7517, 5).
func readKeys(body []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("there are none")
	}
	return keys, nil
}

// verifyWith tries the keys that the token may mean.
func verifyWith(signed *jose.JSONWebSignature, keys []jose.JSONWebKey) (payload []byte, ok bool) {
	if len(signed.Signatures) != 1 {
		return nil, false
	}
	thumbprint, _ := signed.Signatures[0].Protected.ExtraHeaders["x5t"].(string)
	for _, key := range keys {
		if key.Use != "" && key.Use != "sig" || !key.IsPublic() || isAnother(key, thumbprint) {
			continue
		}
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// isAnother reports whether a key says that it is not the one with the
// thumbprint.
func isAnother(key jose.JSONWebKey, thumbprint string) bool {
	return thumbprint != "" && len(key.CertificateThumbprintSHA1) > 0 &&
		base64.RawURLEncoding.EncodeToString(key.CertificateThumbprintSHA1) != thumbprint
}
