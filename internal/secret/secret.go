// Package secret keeps credentials out of texts: out of what fmt prints of a
// struct, out of errors, out of what a server repeats.
package secret

import (
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Redacted stands where a secret was.
const Redacted = "REDACTED"

// Text is a secret that prints as an address, however deep in a struct fmt
// finds it.
type Text func() string

// Hide makes a Text.
func Hide(text string) Text { return func() string { return text } }

// Keeper is what carries secrets, such as a request: they are blotted out of
// all that is told of it.
type Keeper interface{ Secrets() []string }

// Format prints text for any verb, quoted for %q as fmt would.
func Format(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		fmt.Fprintf(f, "%q", text)
		return
	}
	_, _ = f.Write([]byte(text))
}

// Blotter returns what replaces secrets in a text that came back. Very short
// ones are left: replacing every "a" would destroy the text and protect nobody.
func Blotter(secrets ...string) *strings.Replacer {
	const shortest = 4
	var pairs []string
	for _, s := range secrets {
		if len(s) < shortest {
			continue
		}
		for _, spelling := range spellings(s) {
			pairs = append(pairs, spelling, Redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}

// spellings are the ways in which a text stands in a body that is not read:
// as it is, and escaped for JSON, for HTML or XML, and for a URL.
func spellings(text string) []string {
	quoted, err := jsontext.AppendQuote(nil, text)
	plain := escapeLines.Replace(string(quoted[1 : len(quoted)-1]))
	if err != nil {
		plain = strings.ReplaceAll(plain, "\ufffd", `\ufffd`) // for what is not UTF-8, as encoding/json writes it
	}
	page := html.EscapeString(text)
	return []string{
		text,
		plain, escapeHTML.Replace(plain),
		page, namedQuote.Replace(page), namedQuotes.Replace(page),
		url.QueryEscape(text), url.PathEscape(text),
	}
}

var (
	// escapeLines escapes what JSON may hold and JavaScript may not.
	escapeLines = strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`)
	// escapeHTML escapes what encoding/json does and others do not.
	escapeHTML = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`)
	// namedQuote writes quotation marks as .NET does, namedQuotes as XML may.
	namedQuote  = strings.NewReplacer("&#34;", "&quot;")
	namedQuotes = strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;")
)
