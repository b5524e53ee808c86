package online

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/superoffice-go/superoffice/internal/secret"
)

// sealer keeps sign-ins under way in cookies, if the browser can neither
// read nor change them. Its key follows from the application's secret, so that
// another replica can finish what this one began; an application without a
// secret has a key of this process.
type sealer struct {
	aead cipher.AEAD
}

func newSealer(clientSecret string) (sealer, error) {
	material := []byte(clientSecret)
	if clientSecret == "" {
		material = make([]byte, 32)
		_, _ = rand.Read(material) // never fails
	}
	key, err := hkdf.Key(sha256.New, material, nil, "superoffice/online sign-in cookie v1", 32)
	if err != nil {
		return sealer{}, fmt.Errorf("online: making the key of sign-ins: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("online: making the key of sign-ins: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("online: making the key of sign-ins: %w", err)
	}
	return sealer{aead}, nil
}

// sealed is a sign-in as the cookie holds it.
type sealed struct {
	State, Nonce, Verifier string
	Tenant, RedirectURL    string `json:",omitempty"`
	ReturnTo               string `json:",omitempty"`
	Begun                  time.Time
}

// close seals a sign-in for the cookie of the given name.
func (s sealer) close(name string, in *SignIn, returnTo string) (string, error) {
	var plain bytes.Buffer
	into := json.NewEncoder(&plain)
	into.SetEscapeHTML(false) // an & would take six bytes
	err := into.Encode(sealed{
		State: in.state(), Nonce: in.nonce(), Verifier: in.verifier(),
		Tenant: in.tenant, RedirectURL: in.redirectURL, ReturnTo: returnTo, Begun: in.begun,
	})
	if err != nil {
		return "", fmt.Errorf("online: sealing a sign-in: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain.Bytes(), []byte(name))), nil
}

var errBadSeal = stale("its cookie was not made here, or was changed")

// open reads what close has sealed.
func (s sealer) open(name, text string) (in *SignIn, returnTo string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, "", errBadSeal
	}
	plain, err := s.aead.Open(nil, nil, raw, []byte(name))
	if err != nil {
		return nil, "", errBadSeal
	}
	var from sealed
	if err := json.Unmarshal(plain, &from); err != nil {
		return nil, "", errBadSeal
	}
	return &SignIn{
		tenant: from.Tenant, redirectURL: from.RedirectURL, begun: from.Begun,
		state: secret.Hide(from.State), nonce: secret.Hide(from.Nonce), verifier: secret.Hide(from.Verifier),
	}, from.ReturnTo, nil
}
