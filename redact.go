package superoffice

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/superoffice-go/superoffice/internal/secret"
)

// formatText prints text for any verb.
func formatText(f fmt.State, verb rune, text string) { secret.Format(f, verb, text) }

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

// secretKeeper is a request or result of this package that carries secrets in
// its members. Those of other packages here are a secret.Keeper.
type secretKeeper interface {
	secrets() []string
}

// secretsIn are the secrets in a request or result.
func secretsIn(v any) (secrets []string, keeps bool) {
	switch keeper := v.(type) {
	case secretKeeper:
		return keeper.secrets(), true
	case secret.Keeper:
		return keeper.Secrets(), true
	}
	return nil, false
}

// blotter returns what replaces the secrets of a request in text that came
// back.
func blotter(h http.Header, in any) *strings.Replacer {
	return secret.Blotter(secretsOf(h, in)...)
}

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
	own, _ := secretsIn(in)
	return append(secrets, own...)
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
