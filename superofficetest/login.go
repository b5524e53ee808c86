package superofficetest

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/go-jose/go-jose/v4"
)

// endpoint is what lies at one address of the login and state services.
type endpoint struct {
	name   string // as in RecordedRequest.Operation
	method string
	serve  func(*OnlineServer, *call) reply
	takes  []secretKind  // the secrets that have business there
	faults *faultQueue   // or nil if none can be injected
	count  *atomic.Int64 // of the requests, or nil
}

// endpoint finds what lies at a path, in any case as on the vendor's servers,
// and the rest of the path.
func (o *OnlineServer) endpoint(path string) (e endpoint, rest string) {
	if tenant, ok := cutPrefixFold(path, "/api/state/"); ok {
		return endpoint{"state", http.MethodGet, (*OnlineServer).state, nil, &o.stateFaults, &o.stateLookups}, tenant
	}
	switch strings.ToLower(path) {
	case "/login/.well-known/openid-configuration":
		return endpoint{"discovery", http.MethodGet, (*OnlineServer).discovery, nil, nil, nil}, ""
	case "/login/.well-known/jwks":
		return endpoint{"jwks", http.MethodGet, (*OnlineServer).jwks, nil, &o.loginFaults, &o.keyLookups}, ""
	case "/login/common/oauth/authorize":
		return endpoint{"authorize", http.MethodGet, (*OnlineServer).authorize, nil, nil, nil}, ""
	case "/login/common/oauth/tokens":
		takes := []secretKind{appSecretKind, codeKind, refreshTokenKind}
		return endpoint{"tokens", http.MethodPost, (*OnlineServer).token, takes, &o.loginFaults, nil}, ""
	case "/login/common/oauth/revoke":
		takes := []secretKind{appSecretKind, accessTokenKind, refreshTokenKind}
		return endpoint{"Revoke", http.MethodPost, (*OnlineServer).revoke, takes, &o.loginFaults, nil}, ""
	case "/login/api/partnersystemuser/authenticate":
		takes := []secretKind{appSecretKind, systemUserKind}
		return endpoint{"Authenticate", http.MethodPost, (*OnlineServer).authenticateSystemUser, takes, &o.loginFaults, nil}, ""
	}
	return endpoint{serve: (*OnlineServer).nothing}, ""
}

// serveLogin is the way of every request to the login and state services.
func (o *OnlineServer) serveLogin(w http.ResponseWriter, r *http.Request) {
	e, rest := o.endpoint(r.URL.Path)
	c := &call{Request: r, inside: true, path: rest, operation: e.name}
	err := c.readBody(w)
	o.date(w)
	recorder := o.requests.add(w, c)
	o.inspect(c, e.place(), e.welcomes)
	if err != nil {
		errorReply(mediaJSON, xmlStyle{}, unreadable(err)).writeTo(recorder)
		return
	}
	if e.count != nil {
		e.count.Add(1)
	}
	var fault Fault
	if e.faults != nil {
		fault, _ = e.faults.take(c)
	}
	fault.answer(&exchange{w: recorder, r: c.Request, closing: o.closing, next: func() reply { return o.login(e, c) }})
}

// place names the endpoint in a report.
func (e endpoint) place() string {
	if e.name == "" {
		return "no endpoint of the login service"
	}
	return "the endpoint " + e.name
}

func (e endpoint) welcomes(s secret) bool {
	for _, kind := range e.takes {
		if kind == s.kind {
			return true
		}
	}
	return false
}

// login answers as usual.
func (o *OnlineServer) login(e endpoint, c *call) reply {
	if e.method != "" && c.Method != e.method {
		r := errorReply(mediaJSON, xmlStyle{}, frameworkFailure(http.StatusMethodNotAllowed, "The resource does not support "+c.Method+".", ""))
		r.header.Set("Allow", e.method)
		return r
	}
	return e.serve(o, c)
}

func (o *OnlineServer) nothing(*call) reply {
	return htmlPage(http.StatusNotFound, "404 - File or directory not found.", "")
}

// jsonReply answers with a value in JSON that is not to be stored.
func jsonReply(status int, value any) reply {
	r := newReply(status, mediaJSON+"; charset=utf-8", encode(mediaJSON, xmlStyle{}, "", value))
	r.header.Set("Cache-Control", "no-store")
	return r
}

// discovery answers as the vendor does: the issuer is not the folder in which
// the document lies, there is no userinfo endpoint, and what else the vendor's
// document leaves out is left out.
func (o *OnlineServer) discovery(*call) reply {
	return jsonReply(http.StatusOK, map[string]any{
		"issuer":                                o.URL,
		"authorization_endpoint":                o.URL + "/login/common/oauth/authorize",
		"token_endpoint":                        o.URL + "/login/common/oauth/tokens",
		"jwks_uri":                              o.URL + "/login/.well-known/jwks",
		"scopes_supported":                      []string{"openid"},
		"response_modes_supported":              []string{"form_post", "fragment", "query"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "token id_token", "token"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"grant_types_supported":                 []string{"implicit", "authorization_code", "refresh_token"},
	})
}

// jwks answers with the one key that signs. It has a thumbprint and no kid.
func (o *OnlineServer) jwks(*call) reply {
	key := o.signing.current()
	return jsonReply(http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key:                       &key.private.PublicKey,
		Algorithm:                 string(jose.RS256),
		Use:                       "sig",
		CertificateThumbprintSHA1: key.thumbprint,
	}}})
}
