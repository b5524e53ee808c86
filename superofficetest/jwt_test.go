package superofficetest_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unchecked returns the header and the claims of a JWT whoever signed it.
func unchecked(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, into))
	}
	return header, claims
}

func TestSignIDToken(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	_, claims := e.jwt(t, e.SignIDToken(nil))
	assert.Equal(t, e.App().ClientID, claims["aud"])
	assert.Equal(t, "Cust1", claims[claim+"ctx"])

	header, claims := e.jwt(t, e.SignIDToken(func(header, claims map[string]any) {
		header["kid"] = "none of ours"
		claims["iss"] = "https://attacker.example"
		delete(claims, "exp")
	}))
	assert.Equal(t, "none of ours", header["kid"])
	assert.Equal(t, "https://attacker.example", claims["iss"])
	assert.NotContains(t, claims, "exp")
}

func TestSignIDTokenUnsigned(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	token := e.SignIDToken(func(header, _ map[string]any) { header["alg"] = "none" })
	assert.True(t, strings.HasSuffix(token, "."), "there is no signature")
	header, claims := unchecked(t, token)
	assert.Equal(t, "none", header["alg"])
	assert.Equal(t, e.URL, claims["iss"])
}

func TestSignIDTokenWithThePublicKeyAsASecret(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	token := e.SignIDToken(func(header, _ map[string]any) { header["alg"] = "HS256" })
	der, err := x509.MarshalPKIXPublicKey(publicKey(t, e.publishedKey(t)))
	require.NoError(t, err)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	signed := token[:strings.LastIndex(token, ".")]
	mac.Write([]byte(signed))
	assert.Equal(t, signed+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), token)
}

func TestSignIDTokenWithAnotherKey(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	token := e.SignIDTokenWith(key, nil)
	header, _ := unchecked(t, token)
	published := e.publishedKey(t)
	assert.Equal(t, published["x5t"], header["x5t"], "it looks like ours")
	require.NoError(t, verified(t, &key.PublicKey, token))
	require.Error(t, verified(t, publicKey(t, published), token))
}

func TestSignSystemUserToken(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	_, claims := e.jwt(t, e.SignSystemUserToken(func(_, claims map[string]any) { claims["aud"] = "spn:other" }))
	assert.Equal(t, "SuperOffice AS", claims["iss"])
	assert.Equal(t, "spn:other", claims["aud"])
	assert.Equal(t, tenant.Credentials().Ticket, claims[claim+"ticket"])
}

func TestSignIDTokenPanics(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	assert.PanicsWithValue(t, "superofficetest: SignIDToken: there is no tenant; see AddTenant", func() { e.SignIDToken(nil) })
	e.AddTenant("Cust1")
	assert.Panics(t, func() { e.SignIDToken(func(header, _ map[string]any) { header["alg"] = "ES256" }) })
	assert.Panics(t, func() { e.SignIDToken(func(_, claims map[string]any) { claims["exp"] = func() {} }) })
}
