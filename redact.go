package superoffice

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// redacted stands where a secret was.
const redacted = "REDACTED"

// secret is a text that prints as an address, however deep in a struct fmt
// finds it.
type secret func() string

func hide(text string) secret { return func() string { return text } }

// formatText prints text for any verb, quoted for %q and %#v as fmt would.
func formatText(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		fmt.Fprintf(f, "%q", text)
		return
	}
	_, _ = f.Write([]byte(text))
}

// plainHeaders are the request headers whose values may be shown. Every other
// header counts as a credential: an Auth of the user's own, or WithHeader, may
// carry one under any name.
var plainHeaders = map[string]bool{
	headerAccept:         true,
	headerAcceptLanguage: true,
	headerContentType:    true,
	headerCulture:        true,
	headerIdempotencyKey: true,
	headerLanguage:       true,
	headerTimeZone:       true,
	headerUserAgent:      true,
}

// secretKeeper is a request or result that carries secrets in its members.
type secretKeeper interface {
	secrets() []string
}

// blotter returns what replaces the secrets of a request in text that came
// back. Very short values are left: replacing every "a" would destroy the
// text and protect nobody.
func blotter(h http.Header, in any) *strings.Replacer {
	const shortest = 4
	var pairs []string
	for _, secret := range secretsOf(h, in) {
		if len(secret) < shortest {
			continue
		}
		for _, spelling := range spellings(secret) {
			pairs = append(pairs, spelling, redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}

// spellings are the ways in which a text stands in a body that is not read:
// as it is, and escaped for JSON, for HTML or XML, and for a URL.
func spellings(text string) []string {
	quoted, _ := json.Marshal(text) // a string always encodes
	escaped := string(quoted[1 : len(quoted)-1])
	page := html.EscapeString(text)
	return []string{
		text,
		escaped, unescapeHTML.Replace(escaped),
		page, namedQuote.Replace(page), namedQuotes.Replace(page),
		url.QueryEscape(text), url.PathEscape(text),
	}
}

var (
	// unescapeHTML takes back what encoding/json escapes and others do not.
	unescapeHTML = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
	// namedQuote writes quotation marks as .NET does, namedQuotes as XML may.
	namedQuote  = strings.NewReplacer("&#34;", "&quot;")
	namedQuotes = strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;")
)

// secretsOf collects the secrets that a request carries, in every form in
// which a server might repeat them.
func secretsOf(h http.Header, in any) []string {
	var secrets []string
	for name, values := range h {
		if plainHeaders[name] {
			continue
		}
		for _, value := range values {
			secrets = append(secrets, secretForms(name, value)...)
		}
	}
	if keeper, ok := in.(secretKeeper); ok {
		secrets = append(secrets, keeper.secrets()...)
	}
	return secrets
}

func secretForms(name, value string) []string {
	forms := []string{value}
	switch name {
	case headerAuthorization:
		scheme, rest, _ := strings.Cut(value, " ")
		forms = append(forms, rest)
		if strings.EqualFold(scheme, "Basic") {
			decoded, _ := base64.StdEncoding.DecodeString(rest)
			_, password, _ := strings.Cut(string(decoded), ":")
			forms = append(forms, string(decoded), password)
		}
	case headerCookie:
		for pair := range strings.SplitSeq(value, ";") {
			_, cookie, _ := strings.Cut(pair, "=")
			forms = append(forms, strings.TrimSpace(cookie))
		}
	}
	return forms
}
