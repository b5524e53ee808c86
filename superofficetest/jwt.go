package superofficetest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// identity is what the names of SuperOffice's own claims begin with.
const identity = "http://schemes.superoffice.net/identity/"

// tokenValidity is how long an id token is valid. That the token of a system
// user is valid as long is our reading.
const tokenValidity = 300 * time.Second

// header is that of every JWT here.
func (k *rsaKey) header() map[string]any {
	return map[string]any{
		"typ": "JWT",
		"alg": string(jose.RS256),
		"x5t": base64.RawURLEncoding.EncodeToString(k.thumbprint),
	}
}

// times are the claims of a JWT that is made now: iat is text, as the vendor
// has it.
func (o *OnlineServer) times() map[string]any {
	now := o.now().Unix()
	return map[string]any{
		"iat": strconv.FormatInt(now, 10),
		"nbf": now - 60,
		"exp": now + int64(tokenValidity/time.Second),
	}
}

// claims are what a JWT says of a tenant and its user: text, also if it is
// a number or a truth value.
func (t *Tenant) claims() map[string]any {
	endpoint := t.endpoint()
	return map[string]any{
		identity + "ctx":                      t.ID,
		identity + "serial":                   t.serial(),
		identity + "company_name":             "Company of " + t.ID,
		identity + "associateid":              strconv.Itoa(associateID),
		identity + "initials":                 t.Credentials().User,
		identity + "is_administrator":         "True",
		identity + "identityprovider":         "superid",
		identity + "email":                    userName(t.ID),
		identity + "so_primary_email_address": userName(t.ID),
		identity + "upn":                      userName(t.ID),
		identity + "webapi_url":               endpoint + "/api/",
		identity + "netserver_url":            endpoint + "/Remote/Services88/",
	}
}

// serial is the number of the tenant's database.
func (t *Tenant) serial() string { return strconv.Itoa(1_000_000_000 + t.number) }

// idClaims are those of an id token of a tenant's user. Only the web
// application learns its system user token.
func (o *OnlineServer) idClaims(app *application, t *Tenant, nonce string) map[string]any {
	claims := t.claims()
	maps.Copy(claims, o.times())
	claims["iss"] = o.URL
	claims["aud"] = app.id
	claims["sub"] = userName(t.ID)
	if !app.native {
		claims[identity+"system_token"] = t.SystemUserToken
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return claims
}

// systemClaims are those of the token that a system user's exchange returns.
func (o *OnlineServer) systemClaims(t *Tenant, ticket string) map[string]any {
	claims := t.claims()
	maps.Copy(claims, o.times())
	claims["iss"] = "SuperOffice AS"
	claims["aud"] = "spn:" + t.serial()
	claims[identity+"ticket"] = ticket
	return claims
}

// SignIDToken returns an id token of the first tenant's user for App, without
// a nonce, after change has had its header and claims; nil changes nothing.
// The header's alg decides how it is signed: RS256 and the like with the
// current key, HS256 and the like with the public key, in PEM, as the secret,
// and none not at all. It panics if there is no tenant, and for an alg or
// claims that cannot be.
func (o *OnlineServer) SignIDToken(change func(header, claims map[string]any)) string {
	return o.changed(o.idClaims(o.app, o.firstTenant("SignIDToken"), ""), o.signing.current().private, change)
}

// SignIDTokenWith is SignIDToken with a key of yours, under the thumbprint of
// the current one.
func (o *OnlineServer) SignIDTokenWith(key *rsa.PrivateKey, change func(header, claims map[string]any)) string {
	return o.changed(o.idClaims(o.app, o.firstTenant("SignIDTokenWith"), ""), key, change)
}

// SignSystemUserToken is SignIDToken for the token that Authenticate returns,
// with the ticket of the first tenant's [Credentials].
func (o *OnlineServer) SignSystemUserToken(change func(header, claims map[string]any)) string {
	t := o.firstTenant("SignSystemUserToken")
	return o.changed(o.systemClaims(t, t.Credentials().Ticket), o.signing.current().private, change)
}

func (o *OnlineServer) firstTenant(who string) *Tenant {
	all := o.tenants.all()
	if len(all) == 0 {
		panic("superofficetest: " + who + ": there is no tenant; see AddTenant")
	}
	return all[0]
}

// changed signs claims after a test has changed them.
func (o *OnlineServer) changed(claims map[string]any, key *rsa.PrivateKey, change func(header, claims map[string]any)) string {
	header := o.signing.current().header()
	if change != nil {
		change(header, claims)
	}
	return signJWT(header, claims, key)
}

// signed signs claims with the current key.
func (o *OnlineServer) signed(claims map[string]any) string {
	key := o.signing.current()
	return signJWT(key.header(), claims, key.private)
}

// signJWT signs as the header's alg says.
func signJWT(header, claims map[string]any, key *rsa.PrivateKey) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic("superofficetest: claims that cannot be marshalled: " + err.Error())
	}
	alg := fmt.Sprint(header["alg"])
	if strings.EqualFold(alg, "none") {
		text, _ := json.Marshal(header)
		return base64.RawURLEncoding.EncodeToString(text) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
	}
	signing := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: key}
	if strings.HasPrefix(alg, "HS") {
		signing.Key = publicPEM(key)
	}
	var options jose.SignerOptions
	for name, value := range header {
		if name != "alg" {
			options.WithHeader(jose.HeaderKey(name), value)
		}
	}
	signer, err := jose.NewSigner(signing, &options)
	if err != nil {
		panic("superofficetest: a JWT cannot be signed with " + alg + ": " + err.Error())
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic("superofficetest: a JWT cannot be signed: " + err.Error())
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		panic("superofficetest: a JWT cannot be written: " + err.Error())
	}
	return text
}

func publicPEM(key *rsa.PrivateKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic("superofficetest: " + err.Error()) // does not happen with an RSA key
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
