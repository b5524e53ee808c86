package superofficetest

import (
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"unicode"
)

// Violations returns where a credential arrived that had no business there,
// each in words and without the credential: a ticket or access token of one
// tenant at the API of another, or on a host where its tenant has never lived;
// a system user token, refresh token or authorization code on a data host; and
// anything at an endpoint of the login and state services that does not take
// it. A host that the tenant has left is no violation, and neither is the
// application's secret on a data host. Secrets are found wherever they stand
// in a request: path, query, header and the first 64 KiB of the body.
func (o *OnlineServer) Violations() []string { return o.violations.all() }

// secret is a credential that the environment has given.
type secret struct {
	kind   secretKind
	tenant string // or empty if it belongs to the application
}

// secretIndex finds secrets in text. Each has a long run of letters and digits
// at its end that no other text has, and is found by that.
type secretIndex struct{ byMark sync.Map }

// leastMark is the length from which on a word may be a mark.
const leastMark = 20

func (x *secretIndex) add(kind secretKind, value, tenant string) {
	words := strings.FieldsFunc(value, isNoWord)
	if len(words) > 0 {
		x.byMark.Store(words[len(words)-1], secret{kind, tenant})
	}
}

func isNoWord(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// in calls found for each secret in a text.
func (x *secretIndex) in(text string, found func(secret)) {
	for word := range strings.FieldsFuncSeq(text, isNoWord) {
		if len(word) < leastMark {
			continue
		}
		if s, known := x.byMark.Load(word); known {
			found(s.(secret))
		}
	}
}

// searchedBytes is how much of a body is searched, so that files cost nothing.
const searchedBytes = 64 << 10

// inspect notes the secrets in a request that are not welcome at a place.
func (o *OnlineServer) inspect(c *call, place string, welcome func(secret) bool) {
	seen := make(map[secret]bool)
	search := func(text string) {
		o.secrets.in(text, func(s secret) {
			if !seen[s] && !welcome(s) {
				o.violate(s, place)
			}
			seen[s] = true
		})
	}
	body := string(c.body[:min(len(c.body), searchedBytes)])
	for _, text := range []string{c.URL.Path, c.URL.RawQuery, unescaped(c.URL.RawQuery), body, unescaped(body)} {
		search(text)
	}
	for _, values := range c.Header {
		for _, value := range values {
			search(value)
		}
	}
	if encoded, isBasic := cutPrefixFold(c.Header.Get("Authorization"), "Basic "); isBasic {
		decoded, _ := base64.StdEncoding.DecodeString(encoded)
		search(string(decoded))
	}
}

// violate notes that a secret arrived where it must not.
func (o *OnlineServer) violate(s secret, place string) {
	owner := ""
	if s.tenant != "" {
		owner = " of " + s.tenant
	}
	o.violations.add("the " + string(s.kind) + owner + " arrived at " + place)
}

// unescaped is a text without its percent signs, or nothing if it has none.
func unescaped(text string) string {
	if !strings.Contains(text, "%") {
		return ""
	}
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return ""
	}
	return plain
}
