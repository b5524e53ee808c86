package online

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

type parts = map[string]any

// forge makes a token of the given parts, signed by whatever sign does.
func forge(t testing.TB, header, claims parts, sign func(input string) []byte) string {
	t.Helper()
	encode := func(v parts) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := encode(header) + "." + encode(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign(input))
}

// claimsOf are the claims of a token, unverified.
func claimsOf(t testing.TB, token string) parts {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	var claims parts
	require.NoError(t, json.Unmarshal(text, &claims))
	return claims
}

func TestIDTokensThatAreNotToBeTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	const nonce = "n-0S6_WzA2Mj"
	change := func(name string, value any) string {
		return w.SignIDToken(func(_, claims map[string]any) {
			claims["nonce"] = nonce
			claims[name] = value
		})
	}
	good := change("nonce", nonce)
	claims, err := w.app.verifyIDToken(t.Context(), good, nonce)
	require.NoError(t, err)
	assert.Equal(t, "Cust12345", claims.Tenant)

	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	now := w.clock.now().Unix()
	for name, test := range map[string]struct{ token, says string }{
		"another issuer":      {change("iss", "https://sod.superoffice.com"), "issued by a different provider"},
		"the login's address": {change("iss", w.URL+"/login"), "issued by a different provider"},
		"another audience":    {change("aud", "another-app"), "expected audience"},
		"no audience":         {change("aud", nil), "expected audience"},
		"another nonce":       {change("nonce", "another"), "its nonce is not the one that was sent"},
		"no nonce":            {change("nonce", nil), "its nonce is not the one that was sent"},
		"expired":             {change("exp", now-61), "token is expired"},
		"no expiry":           {w.SignIDToken(func(_, claims map[string]any) { delete(claims, "exp") }), "token is expired"},
		"a null for expiry":   {change("exp", nil), "failed to unmarshal"},
		"not yet":             {change("nbf", now+600), "before the nbf"},
		"no tenant":           {change(claimPrefix+"ctx", nil), "names no tenant"},
		"a tenant with a /":   {change(claimPrefix+"ctx", "Cust1/.."), "names no tenant"},
		"another key":         {w.SignIDTokenWith(stranger, func(_, claims map[string]any) { claims["nonce"] = nonce }), "signed with none of SuperOffice's keys"},
		"no algorithm":        {forge(t, parts{"alg": "none"}, claimsOf(t, good), func(string) []byte { return nil }), "malformed"},
		"another's azp":       {change("azp", "another"), "issued to another application"},
		"HS256":               {hmacWithPublicKey(t, w, good), "malformed"},
		"no token":            {"", "malformed"},
		"other claims":        {swapClaims(t, good, change("nonce", nonce+"x")), "signed with none of SuperOffice's keys"},
	} {
		_, err := w.app.verifyIDToken(t.Context(), test.token, nonce)
		require.ErrorContains(t, err, test.says, name)
	}
	for name, token := range map[string]string{
		"a clock that is a little ahead":  change("exp", now-30),
		"a clock that is a little behind": change("nbf", now+200),
		"a number for iat":                change("iat", now),
		"several audiences":               change("aud", []string{"another", w.App().ClientID}),
		"its own azp":                     change("azp", w.App().ClientID),
		"a kid of nobody's":               w.SignIDToken(func(header, claims map[string]any) { header["kid"], claims["nonce"] = "abc", nonce }),
		"neither kid nor x5t": w.SignIDToken(func(header, claims map[string]any) {
			delete(header, "x5t")
			claims["nonce"] = nonce
		}),
	} {
		_, err := w.app.verifyIDToken(t.Context(), token, nonce)
		require.NoError(t, err, name)
	}
}

// hmacWithPublicKey signs a token with what everybody knows, and hopes that it
// is taken for a secret.
func hmacWithPublicKey(t testing.TB, w *world, good string) string {
	t.Helper()
	keys, _ := w.app.keys.known()
	require.NotEmpty(t, keys)
	public, err := x509.MarshalPKIXPublicKey(keys[0].Key)
	require.NoError(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, nil)
	require.NoError(t, err)
	payload, err := json.Marshal(claimsOf(t, good))
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

// swapClaims puts the claims of one token into another.
func swapClaims(t testing.TB, into, from string) string {
	t.Helper()
	a, b := strings.Split(into, "."), strings.Split(from, ".")
	return a[0] + "." + b[1] + "." + a[2]
}

func TestSystemTokensThatAreNotToBeTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	_, err := w.app.verifySystemToken(t.Context(), w.SignSystemUserToken(nil), "Cust12345")
	require.NoError(t, err)
	change := func(name string, value any) string {
		return w.SignSystemUserToken(func(_, claims map[string]any) { claims[name] = value })
	}
	for name, test := range map[string]struct{ token, says string }{
		"another issuer":   {change("iss", w.URL), "issued by a different provider"},
		"another audience": {change("aud", "spn:1"), "another audience"},
		"no serial":        {change(claimPrefix+"serial", nil), "another audience"},
		"expired":          {change("exp", w.clock.now().Unix()-61), "token is expired"},
		"another tenant":   {change(claimPrefix+"ctx", "Cust54321"), "another tenant"},
		"no ticket":        {change(claimPrefix+"ticket", nil), "holds no ticket"},
		"an id token":      {w.SignIDToken(nil), "issued by a different provider"},
	} {
		_, err := w.app.verifySystemToken(t.Context(), test.token, "Cust12345")
		require.ErrorContains(t, err, test.says, name)
	}
}

func TestKeysAreFetchedWhenTheyChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	check := func(token string) error {
		nonce, _ := claimsOf(t, token)["nonce"].(string)
		_, err := w.app.verifyIDToken(t.Context(), token, nonce)
		return err
	}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { assert.NoError(t, check(w.SignIDToken(nil))) })
	}
	group.Wait()
	before := w.KeyLookups()
	assert.Equal(t, 1, before)

	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for range 20 {
		require.ErrorIs(t, unwrapKey(check(w.SignIDTokenWith(stranger, nil))), errForeignKey)
	}
	assert.Equal(t, before, w.KeyLookups(), "a stranger's tokens make no requests")

	w.RotateSigningKey()
	w.pass(leastKeyAge)
	require.NoError(t, check(w.SignIDToken(nil)))
	assert.Equal(t, before+1, w.KeyLookups())

	w.RotateSigningKey()
	w.pass(leastKeyAge)
	w.InjectLogin(mostTries, superofficetest.Unavailable(""))
	require.ErrorContains(t, check(w.SignIDToken(nil)), "getting SuperOffice's keys")
	before = w.KeyLookups()
	require.ErrorContains(t, check(w.SignIDToken(nil)), "getting SuperOffice's keys", "not asked again so soon")
	assert.Equal(t, before, w.KeyLookups())
	w.pass(keysHoldOff)
	w.InjectLogin(1, superofficetest.Respond(http.StatusOK, "text/html", "<html>"))
	require.ErrorContains(t, check(w.SignIDToken(nil)), "getting SuperOffice's keys")
	w.pass(keysHoldOff)
	require.NoError(t, check(w.SignIDToken(nil)))
}

// unwrapKey finds the key set's error in the text, since the OIDC library does
// not wrap it.
func unwrapKey(err error) error {
	if err != nil && strings.Contains(err.Error(), errForeignKey.Error()) {
		return errForeignKey
	}
	return err
}

func TestKeysOfOtherKindsAreLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	token := w.SignIDToken(nil)
	_, err := w.app.keys.VerifySignature(t.Context(), token)
	require.NoError(t, err)
	keys, _ := w.app.keys.known()
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	require.NoError(t, err)
	for name, change := range map[string]func(*jose.JSONWebKey){
		"for encryption":     func(k *jose.JSONWebKey) { k.Use = "enc" },
		"symmetric":          func(k *jose.JSONWebKey) { k.Key = []byte("secret") },
		"another thumbprint": func(k *jose.JSONWebKey) { k.CertificateThumbprintSHA1 = make([]byte, 20) },
	} {
		key := keys[0]
		change(&key)
		_, ok := verifyWith(signed, []jose.JSONWebKey{key})
		assert.False(t, ok, name)
	}
	_, ok := verifyWith(&jose.JSONWebSignature{}, keys)
	assert.False(t, ok)
}

func FuzzIDToken(f *testing.F) {
	w := newWorld(f)
	w.AddTenant("Cust12345")
	good := w.SignIDToken(nil)
	nonce, _ := claimsOf(f, good)["nonce"].(string)
	_, err := w.app.verifyIDToken(f.Context(), good, nonce)
	require.NoError(f, err)
	f.Add(good)
	f.Add("e30.e30.AA")
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := w.app.verifyIDToken(t.Context(), token, nonce); err == nil && token != good {
			a, b := strings.Split(token, "."), strings.Split(good, ".")
			require.Equal(t, b[:2], a[:2], "only base64's spare bits may differ")
		}
	})
}

func TestExpiryIsJudgedByTheAppsClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	token := w.SignIDToken(nil)
	nonce, _ := claimsOf(t, token)["nonce"].(string)
	w.clock.advance(300*time.Second + leeway + 30*time.Second)
	_, err := w.app.verifyIDToken(t.Context(), token, nonce)
	require.ErrorContains(t, err, "expired")
}

// TestKeysThatAreNotKnownHere stand beside those that sign, or alone.
func TestKeysThatAreNotKnownHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTenant("Cust12345")
	token := w.SignIDToken(nil)
	_, err := w.app.keys.VerifySignature(t.Context(), token)
	require.NoError(t, err)
	known, _ := w.app.keys.known()
	good, err := json.Marshal(known[0])
	require.NoError(t, err)

	other := w.another()
	const odd = `{"kty":"AKP","alg":"ML-DSA-44"},{"kty":"EC","crv":"P-999","x":"AA","y":"AA"},null`
	w.InjectLogin(1, superofficetest.Respond(http.StatusOK, "application/json", `{"keys":[`+odd+`,`+string(good)+`]}`))
	_, err = other.keys.VerifySignature(t.Context(), token)
	require.NoError(t, err)

	w.RotateSigningKey()
	w.pass(leastKeyAge)
	w.InjectLogin(1, superofficetest.Respond(http.StatusOK, "application/json", `{"keys":[]}`))
	_, err = other.keys.VerifySignature(t.Context(), w.SignIDToken(nil))
	require.ErrorContains(t, err, "there are none")
	_, err = other.keys.VerifySignature(t.Context(), token)
	require.NoError(t, err, "the keys that were known stay")
}
