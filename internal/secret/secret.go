// Package secret keeps credentials out of texts: out of what fmt prints of a
// struct, out of errors, out of what a server repeats.
package secret

import "fmt"

// Redacted stands where a secret was.
const Redacted = "REDACTED"

// Text is a secret that prints as an address, however deep in a struct fmt
// finds it.
type Text func() string

// Hide makes a Text.
func Hide(text string) Text { return func() string { return text } }

// Keeper is what carries secrets, such as a request: they are redacted in all
// that is told of it.
type Keeper interface{ Secrets() []string }

// Format prints text for any verb, quoted for %q as fmt would.
func Format(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		fmt.Fprintf(f, "%q", text)
		return
	}
	_, _ = f.Write([]byte(text))
}
