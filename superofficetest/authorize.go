package superofficetest

import (
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// authorization is what an authorization code stands for.
type authorization struct {
	app       *application
	tenant    *Tenant
	redirect  string
	nonce     string
	challenge string // or empty if PKCE is not used
	method    string
	until     time.Duration
}

// application finds a registered application by its ID.
func (o *OnlineServer) application(id string) *application {
	for _, a := range []*application{o.app, o.native} {
		if a.id == id {
			return a
		}
	}
	return nil
}

// authorize signs the tenant's user in without asking, consents, and sends the
// browser back with a code. If it must not be sent back, since the
// application or its address is not known, there is a page.
func (o *OnlineServer) authorize(c *call) reply {
	query := c.URL.Query()
	app := o.application(query.Get("client_id"))
	if app == nil {
		return htmlPage(http.StatusBadRequest, "There is no such application.", "")
	}
	if !app.mayRedirect(query.Get("redirect_uri")) {
		return htmlPage(http.StatusBadRequest, "The redirect URL is not registered.", "")
	}
	back := url.Values{}
	a, problem := o.consider(app, query)
	if problem != nil {
		back.Set("error", problem.code)
		back.Set("error_description", problem.description)
	} else {
		code := rand.Text()
		o.codes.Store(code, a)
		o.secrets.add(codeKind, code, a.tenant.ID)
		back.Set("code", code)
	}
	if query.Has("state") {
		back.Set("state", query.Get("state"))
	}
	return sendBack(query.Get("redirect_uri"), query.Get("response_mode"), back)
}

// oauthProblem is an error of RFC 6749. That the vendor's errors are of that
// form is our reading.
type oauthProblem struct{ code, description string }

var challengeForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// consider checks a request for authorization and makes up what its code
// stands for.
func (o *OnlineServer) consider(app *application, query url.Values) (*authorization, *oauthProblem) {
	a := &authorization{
		app: app, redirect: query.Get("redirect_uri"), nonce: query.Get("nonce"),
		challenge: query.Get("code_challenge"), method: query.Get("code_challenge_method"),
		until: o.age.now() + codeLifetime,
	}
	if a.challenge != "" && a.method == "" {
		a.method = "plain"
	}
	switch {
	case query.Get("response_type") != "code":
		return nil, &oauthProblem{"unsupported_response_type", "Only the response type code is supported here."}
	case !knownMode(query.Get("response_mode")):
		return nil, &oauthProblem{"invalid_request", "The response mode is not supported."}
	case app.native && a.challenge == "":
		return nil, &oauthProblem{"invalid_request", "A native application must send a code_challenge."}
	case a.challenge != "" && !challengeForm.MatchString(a.challenge):
		return nil, &oauthProblem{"invalid_request", "The code_challenge is not 43 to 128 unreserved characters."}
	case a.challenge != "" && a.method != "plain" && a.method != "S256":
		return nil, &oauthProblem{"invalid_request", "The code_challenge_method is not supported."}
	}
	if a.tenant = o.chosen(query.Get("acr_values")); a.tenant == nil {
		return nil, &oauthProblem{"access_denied", "There is no such tenant, or it is not running."}
	}
	return a, nil
}

// chosen returns the running tenant that acr_values names, among values with
// blanks between them, or the first running one if none is named.
func (o *OnlineServer) chosen(acrValues string) *Tenant {
	for value := range strings.FieldsSeq(acrValues) {
		if id, named := cutPrefixFold(value, "tenant:"); named {
			t := o.tenants.find(id)
			if t == nil || !t.running() {
				return nil
			}
			return t
		}
	}
	return o.tenants.firstRunning()
}

func knownMode(mode string) bool {
	return mode == "" || mode == "query" || mode == "fragment" || mode == "form_post"
}

// sendBack sends the browser to an address with the result, which is in the
// query unless the mode says otherwise.
func sendBack(address, mode string, result url.Values) reply {
	if mode == "form_post" {
		return formPage(address, result)
	}
	u, err := url.Parse(address)
	if err != nil {
		return htmlPage(http.StatusBadRequest, "The redirect URL cannot be read.", "")
	}
	switch {
	case mode == "fragment":
		u.Fragment, u.RawFragment = "", ""
		address = u.String() + "#" + result.Encode()
	case u.RawQuery != "":
		u.RawQuery += "&" + result.Encode()
		address = u.String()
	default:
		u.RawQuery = result.Encode()
		address = u.String()
	}
	r := newReply(http.StatusFound, "", nil)
	r.header.Set("Location", address)
	r.header.Set("Cache-Control", "no-store")
	return r
}

// formPage is a page that posts the result to an address by itself.
func formPage(address string, result url.Values) reply {
	var fields strings.Builder
	for name := range result {
		fmt.Fprintf(&fields, `<input type="hidden" name="%s" value="%s">`, html.EscapeString(name), html.EscapeString(result.Get(name)))
	}
	r := htmlPage(http.StatusOK, "Signed in", fmt.Sprintf(
		`<form method="post" action="%s">%s<noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script>`,
		html.EscapeString(address), fields.String()))
	r.header.Set("Cache-Control", "no-store")
	return r
}
