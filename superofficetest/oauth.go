package superofficetest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
)

// consent is what a refresh token stands for.
type consent struct {
	app    *application
	tenant *Tenant
}

// RotateRefreshTokens makes the token endpoint answer every refresh with a new
// refresh token, and refuse the old one from then on. The vendor does neither,
// and so does the server unless told.
func (o *OnlineServer) RotateRefreshTokens(on bool) { o.newRefresh.Store(on) }

// token answers a request for tokens.
func (o *OnlineServer) token(c *call) reply {
	params, app, refused := o.oauthClient(c)
	if refused != nil {
		return *refused
	}
	var answer map[string]any
	var problem *oauthProblem
	switch params.Get("grant_type") {
	case "authorization_code":
		answer, problem = o.redeem(app, params)
	case "refresh_token":
		answer, problem = o.refresh(app, params)
	case "":
		problem = &oauthProblem{"invalid_request", "The parameter grant_type is missing."}
	default:
		problem = &oauthProblem{"unsupported_grant_type", "The grant type is not supported."}
	}
	if problem != nil {
		return oauthError(http.StatusBadRequest, problem)
	}
	o.tokenRequests.Add(1)
	return jsonReply(http.StatusOK, answer)
}

// oauthError is an error of RFC 6749.
func oauthError(status int, p *oauthProblem) reply {
	return jsonReply(status, map[string]any{"error": p.code, "error_description": p.description})
}

// oauthClient reads the parameters of a request and tells whose it is.
func (o *OnlineServer) oauthClient(c *call) (params url.Values, app *application, refused *reply) {
	params, problem := parameters(c)
	if problem != nil {
		r := oauthError(http.StatusBadRequest, problem)
		return nil, nil, &r
	}
	id, secret := params.Get("client_id"), params.Get("client_secret")
	user, password, isBasic := c.BasicAuth()
	if isBasic {
		id, _ = url.QueryUnescape(user)
		secret, _ = url.QueryUnescape(password)
	}
	if app = o.application(id); app != nil && app.secret == secret {
		return params, app, nil
	}
	r := oauthError(http.StatusUnauthorized, &oauthProblem{"invalid_client", "There is no such application, or its secret is wrong."})
	if isBasic {
		r.header.Set("WWW-Authenticate", `Basic realm="SuperOffice"`)
	}
	return nil, nil, &r
}

// parameters are taken from the query and from a form, as the vendor does. None
// may come twice.
func parameters(c *call) (url.Values, *oauthProblem) {
	params, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return nil, &oauthProblem{"invalid_request", "The query cannot be read."}
	}
	media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if len(c.body) > 0 && media != mediaForm {
		return nil, &oauthProblem{"invalid_request", "The body is not a form."}
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, &oauthProblem{"invalid_request", "The form cannot be read."}
	}
	for name, values := range form {
		params[name] = append(params[name], values...)
	}
	for name, values := range params {
		if len(values) > 1 {
			return nil, &oauthProblem{"invalid_request", "The parameter " + name + " was given more than once."}
		}
	}
	return params, nil
}

// redeem gives tokens for an authorization code, which is used up by that,
// whatever comes of it.
func (o *OnlineServer) redeem(app *application, params url.Values) (map[string]any, *oauthProblem) {
	found, _ := o.codes.LoadAndDelete(params.Get("code"))
	a, _ := found.(*authorization)
	switch {
	case a == nil || a.app != app || a.until <= o.age.now():
		return nil, &oauthProblem{"invalid_grant", "The code is not valid, was used, or has expired."}
	case a.redirect != params.Get("redirect_uri"):
		return nil, &oauthProblem{"invalid_grant", "The redirect_uri is not that of the authorization."}
	case !a.proven(params.Get("code_verifier")):
		return nil, &oauthProblem{"invalid_grant", "The code_verifier does not fit the code_challenge."}
	}
	refreshToken := o.newConsent(&consent{app, a.tenant})
	answer := o.tokens(app, a.tenant, a.nonce, refreshToken)
	answer["refresh_token"] = refreshToken
	return answer, nil
}

// proven reports whether a verifier is the one behind the challenge. Without a
// challenge there must be none, as RFC 9700 asks.
func (a *authorization) proven(verifier string) bool {
	switch {
	case a.challenge == "":
		return verifier == ""
	case !challengeForm.MatchString(verifier):
		return false
	case a.method == "plain":
		return verifier == a.challenge
	}
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:]) == a.challenge
}

func (o *OnlineServer) newConsent(c *consent) (refreshToken string) {
	refreshToken = rand.Text()
	o.refreshTokens.Store(refreshToken, c)
	o.secrets.add(refreshTokenKind, refreshToken, c.tenant.ID)
	return refreshToken
}

// refresh gives tokens for a refresh token, which can be used again.
func (o *OnlineServer) refresh(app *application, params url.Values) (map[string]any, *oauthProblem) {
	refreshToken := params.Get("refresh_token")
	found, _ := o.refreshTokens.Load(refreshToken)
	c, _ := found.(*consent)
	if c == nil || c.app != app {
		return nil, &oauthProblem{"invalid_grant", "The refresh token is not valid."}
	}
	if !o.newRefresh.Load() {
		return o.tokens(app, c.tenant, "", refreshToken), nil
	}
	if !o.refreshTokens.CompareAndDelete(refreshToken, c) {
		return nil, &oauthProblem{"invalid_grant", "The refresh token was used."}
	}
	next := o.newConsent(c)
	answer := o.tokens(app, c.tenant, "", next)
	answer["refresh_token"] = next
	return answer, nil
}

// tokens makes an access token and an id token for a tenant's user.
func (o *OnlineServer) tokens(app *application, t *Tenant, nonce, refreshToken string) map[string]any {
	token := newAccessToken(t.ID)
	t.grants.add(accessTokenKind, token, refreshToken)
	return map[string]any{
		"token_type":   "Bearer",
		"access_token": token,
		"expires_in":   int(accessTokenLifetime.Seconds()),
		"id_token":     o.signed(o.idClaims(app, t, nonce)),
	}
}

// revoke makes a token of the application's count no more, by RFC 7009: one
// that is not known is as good as revoked, and with a refresh token go the
// access tokens that came from it. The vendor tells none of this.
func (o *OnlineServer) revoke(c *call) reply {
	params, app, refused := o.oauthClient(c)
	if refused != nil {
		return *refused
	}
	token := params.Get("token")
	if token == "" {
		return oauthError(http.StatusBadRequest, &oauthProblem{"invalid_request", "The parameter token is missing."})
	}
	if found, ok := o.refreshTokens.Load(token); ok && found.(*consent).app == app {
		o.refreshTokens.Delete(token)
		found.(*consent).tenant.grants.dropFamily(token)
	}
	o.secrets.in(token, func(s secret) {
		if s.kind == accessTokenKind || s.kind == userTokenKind {
			o.tenants.find(s.tenant).grants.drop(token)
		}
	})
	return newReply(http.StatusOK, "", nil)
}
