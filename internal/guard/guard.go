// Package guard runs code of the caller's on goroutines of this module, where
// nobody else could recover its panics.
package guard

import "fmt"

// Call runs f, and turns a panic into an error that names what panicked. The
// value of the panic is not told: it may hold a secret.
func Call(what string, f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%s panicked with a %T", what, cause)
		}
	}()
	return f()
}
