package superofficetest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const claim = "http://schemes.superoffice.net/identity/"

// newMark is a text that no other test has.
func newMark() string { return rand.Text()[:10] }

// signedToken is a system user token as an application signs it.
func signedToken(t *testing.T, key *rsa.PrivateKey, token string, at time.Time) string {
	t.Helper()
	payload := token + "." + at.UTC().Format("200601021504")
	digest := sha256.Sum256([]byte(payload))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return payload + "." + base64.StdEncoding.EncodeToString(signature)
}

// exchange asks for a ticket and returns the whole answer.
func (e *environment) exchange(t *testing.T, members map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(members)
	require.NoError(t, err)
	return e.send(t, http.MethodPost, e.URL+"/Login/api/PartnerSystemUser/Authenticate", string(body), header("Content-Type", "application/json"))
}

// systemUser is a good request of a tenant's system user.
func (e *environment) systemUser(t *testing.T, id string) map[string]any {
	t.Helper()
	return map[string]any{
		"SignedSystemToken": signedToken(t, e.App().PrivateKey, e.Tenant(id).SystemUserToken, time.Now()),
		"ApplicationToken":  e.App().ClientSecret,
		"ContextIdentifier": id,
		"ReturnTokenType":   "JWT",
	}
}

// jwt checks a JWT by the published keys and returns its header and claims.
func (e *environment) jwt(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	header, claims = unchecked(t, token)
	key := e.publishedKey(t)
	assert.Equal(t, key["x5t"], header["x5t"])
	require.NoError(t, verified(t, publicKey(t, key), token))
	return header, claims
}

// publicKey reads a published key.
func publicKey(t *testing.T, published map[string]any) *rsa.PublicKey {
	t.Helper()
	modulus, err := base64.RawURLEncoding.DecodeString(published["n"].(string))
	require.NoError(t, err)
	require.Equal(t, "AQAB", published["e"])
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}
}

// verified checks the signature of a JWT.
func verified(t *testing.T, key *rsa.PublicKey, token string) error {
	t.Helper()
	dot := strings.LastIndex(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	require.NoError(t, err)
	digest := sha256.Sum256([]byte(token[:dot]))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
}

func (e *environment) publishedKey(t *testing.T) map[string]any {
	t.Helper()
	keys := e.send(t, http.MethodGet, e.URL+"/login/.well-known/jwks", "").object(t)["keys"].([]any)
	require.Len(t, keys, 1)
	return keys[0].(map[string]any)
}

func TestSystemUser(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	got := e.exchange(t, e.systemUser(t, "Cust1"))
	require.Equal(t, 200, got.status)
	result := got.object(t)
	require.Equal(t, true, result["IsSuccessful"], "%s", got.body)
	assert.Contains(t, result, "ErrorMessage")
	assert.Nil(t, result["ErrorMessage"])

	header, claims := e.jwt(t, result["Token"].(string))
	assert.Len(t, header, 3, "typ, alg and x5t; no kid: %v", header)
	assert.Equal(t, "RS256", header["alg"])
	assert.Equal(t, "SuperOffice AS", claims["iss"])
	assert.Equal(t, "spn:"+claims[claim+"serial"].(string), claims["aud"])
	assert.Equal(t, "Cust1", claims[claim+"ctx"])
	assert.Equal(t, tenant.BaseURL()+"/", claims[claim+"webapi_url"])
	assert.Contains(t, claims, claim+"netserver_url")
	assert.Equal(t, "5", claims[claim+"associateid"])

	ticket := claims[claim+"ticket"].(string)
	assert.True(t, strings.HasPrefix(ticket, "7T:"))
	assert.Equal(t, 200, e.me(t, tenant, e.withTicket(ticket)))
	assert.Equal(t, 401, e.me(t, tenant, authorization("SOTicket "+ticket)), "without the application token")
	assert.Equal(t, 1, tenant.Exchanges())

	_, again := e.jwt(t, e.exchange(t, e.systemUser(t, "Cust1")).object(t)["Token"].(string))
	assert.NotEqual(t, ticket, again[claim+"ticket"], "each exchange gives a ticket of its own")
	assert.Equal(t, 200, e.me(t, tenant, e.withTicket(ticket)), "and the old one lives on")
	assert.Equal(t, 2, tenant.Exchanges())
	assert.Empty(t, e.Violations())
}

func TestSystemUserIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	tenant := e.AddTenant("Cust1")
	e.AddTenant("Cust2")
	e.AddTenant("Down").SetState("OfflineMaintenance")
	e.AddTenant("Revoked").RevokeSystemUser()
	key := e.App().PrivateKey
	other, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	signed := func(key *rsa.PrivateKey, at time.Time) any { return signedToken(t, key, tenant.SystemUserToken, at) }
	now := time.Now()
	tests := map[string]struct {
		tenant, member string
		value          any
		want           string
	}{
		"another key":         {"Cust1", "SignedSystemToken", signed(other, now), "signature"},
		"unsigned":            {"Cust1", "SignedSystemToken", tenant.SystemUserToken, "signature"},
		"signature of no one": {"Cust1", "SignedSystemToken", tenant.SystemUserToken + ".202601010000.AAAA", "signature"},
		"stamp too old":       {"Cust1", "SignedSystemToken", signed(key, now.Add(-7*time.Minute)), "timestamp"},
		"stamp too new":       {"Cust1", "SignedSystemToken", signed(key, now.Add(7*time.Minute)), "timestamp"},
		"wrong secret":        {"Cust1", "ApplicationToken", "wrong", "application token"},
		"no secret":           {"Cust1", "ApplicationToken", nil, "application token"},
		"unknown tenant":      {"Cust1", "ContextIdentifier", "Cust9", "tenant"},
		"another tenant":      {"Cust1", "ContextIdentifier", "Cust2", "this tenant"},
		"SAML":                {"Cust1", "ReturnTokenType", "SAML", "type"},
		"revoked":             {"Revoked", "ReturnTokenType", "JWT", "revoked"},
		"not running":         {"Down", "ReturnTokenType", "JWT", "running"},
	}
	for name, tt := range tests {
		request := e.systemUser(t, tt.tenant)
		request[tt.member] = tt.value
		got := e.exchange(t, request)
		assert.Equal(t, 200, got.status, name)
		assert.Equal(t, false, got.object(t)["IsSuccessful"], name)
		assert.Contains(t, got.object(t)["ErrorMessage"], tt.want, name)
		assert.Nil(t, got.object(t)["Token"], name)
	}
	assert.Zero(t, tenant.Exchanges())
	assert.Equal(t, []string{"the system user token of Cust1 arrived at the endpoint Authenticate for Cust2"}, e.Violations())
}

func TestSystemUserRequestThatCannotBeRead(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	for body, want := range map[string]int{"": 400, "{": 400, "[]": 400, "{}": 200} {
		got := e.send(t, http.MethodPost, e.URL+"/login/API/partnersystemuser/authenticate", body, header("Content-Type", "application/json"))
		assert.Equal(t, want, got.status, body)
	}
	got := e.send(t, http.MethodGet, e.URL+"/Login/api/PartnerSystemUser/Authenticate", "")
	assert.Equal(t, 405, got.status)
	assert.Equal(t, "POST", got.header.Get("Allow"))
}

func TestClockSkewMovesTheStampsThatCount(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	e.SetClockSkew(time.Hour)
	request := e.systemUser(t, "Cust1")
	refused := e.exchange(t, request)
	assert.Equal(t, false, refused.object(t)["IsSuccessful"])
	at, err := http.ParseTime(refused.header.Get("Date"))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(time.Hour), at, time.Minute)

	request["SignedSystemToken"] = signedToken(t, e.App().PrivateKey, e.Tenant("Cust1").SystemUserToken, at)
	got := e.exchange(t, request)
	require.Equal(t, true, got.object(t)["IsSuccessful"], "%s", got.body)
	_, claims := e.jwt(t, got.object(t)["Token"].(string))
	assert.InDelta(t, float64(at.Unix()+300), claims["exp"], 60)
}

func TestRotateAppKey(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	old := e.systemUser(t, "Cust1")
	require.Equal(t, true, e.exchange(t, old).object(t)["IsSuccessful"])
	key := e.RotateAppKey()
	assert.Equal(t, key, e.App().PrivateKey)
	assert.Equal(t, false, e.exchange(t, old).object(t)["IsSuccessful"])
	assert.Equal(t, true, e.exchange(t, e.systemUser(t, "Cust1")).object(t)["IsSuccessful"])
}

func TestRotateSigningKey(t *testing.T) {
	t.Parallel()
	e := newEnvironment(t)
	e.AddTenant("Cust1")
	before := e.publishedKey(t)
	assert.NotContains(t, before, "kid")
	e.RotateSigningKey()
	assert.NotEqual(t, before["x5t"], e.publishedKey(t)["x5t"])
	e.jwt(t, e.exchange(t, e.systemUser(t, "Cust1")).object(t)["Token"].(string))
	assert.Equal(t, 3, e.KeyLookups())
}
