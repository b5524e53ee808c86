package superofficetest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// stampForm is how the time is written behind a system user token, in UTC.
const stampForm = "200601021504"

// stampTolerance is how far the stamp may be from the server's clock. The
// vendor does not say; this is our reading.
const stampTolerance = 5 * time.Minute

// systemUserResult is the answer to a system user's exchange.
type systemUserResult struct {
	IsSuccessful bool
	Token        *string
	ErrorMessage *string
}

// authenticateSystemUser exchanges a signed system user token for a JWT with a
// ticket. What is refused is 200 all the same.
func (o *OnlineServer) authenticateSystemUser(c *call) reply {
	value, _, failed := decode(c.Header.Get("Content-Type"), c.body)
	in, isObject := value.(map[string]any)
	if failed == nil && !isObject {
		failed = frameworkFailure(http.StatusBadRequest, "The request body is not an object.", "")
	}
	if failed != nil {
		return errorReply(mediaJSON, xmlStyle{}, failed)
	}
	t, refusal := o.systemUser(in)
	if refusal != "" {
		return jsonReply(http.StatusOK, systemUserResult{ErrorMessage: &refusal})
	}
	token := o.signed(o.systemClaims(t, t.issueTicket()))
	t.exchanges.Add(1)
	return jsonReply(http.StatusOK, systemUserResult{IsSuccessful: true, Token: &token})
}

// systemUser finds the tenant whose system user asks, or says why not. The
// words are ours, since the vendor tells none.
func (o *OnlineServer) systemUser(in map[string]any) (t *Tenant, refusal string) {
	if textOf(in, "ApplicationToken") != o.app.secret {
		return nil, "The application token is not valid."
	}
	if t = o.tenants.find(textOf(in, "ContextIdentifier")); t == nil {
		return nil, "There is no such tenant."
	}
	token, stamp, ok := o.app.verify(textOf(in, "SignedSystemToken"))
	if !ok {
		return nil, "The signature of the system user token is not valid."
	}
	if age := o.now().UTC().Sub(stamp); age > stampTolerance || age < -stampTolerance {
		return nil, "The timestamp of the system user token is not valid."
	}
	if token != t.SystemUserToken {
		o.foreign(token, t)
		return nil, "The system user token is not one of this tenant's."
	}
	switch {
	case t.revoked.Load():
		return nil, "The system user token has been revoked."
	case !t.running():
		return nil, "The tenant is not running."
	case !strings.EqualFold(textOf(in, "ReturnTokenType"), "JWT"):
		return nil, "The type of the token to return is not supported."
	}
	return t, ""
}

// foreign notes that a system user token of another tenant was given.
func (o *OnlineServer) foreign(token string, t *Tenant) {
	o.secrets.in(token, func(s secret) {
		if s.kind == systemUserKind {
			o.violate(s, "the endpoint Authenticate for "+t.ID)
		}
	})
}

// textOf returns a member that is text, or nothing.
func textOf(object map[string]any, name string) string {
	value, _ := member(object, name)
	text, _ := value.(string)
	return text
}

// verify takes token.stamp.signature apart, from the right since a token may
// have dots in it, and checks the signature.
func (a *application) verify(signed string) (token string, stamp time.Time, ok bool) {
	payload, encoded, _ := cutLast(signed, ".")
	signature, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", time.Time{}, false
	}
	digest := sha256.Sum256([]byte(payload))
	if rsa.VerifyPKCS1v15(&a.keys.current().private.PublicKey, crypto.SHA256, digest[:], signature) != nil {
		return "", time.Time{}, false
	}
	token, written, _ := cutLast(payload, ".")
	stamp, err = time.Parse(stampForm, written)
	return token, stamp, err == nil
}

// cutLast is strings.Cut at the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}
