package online

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/superoffice-go/superoffice"
)

// Key names what a [Store] keeps: the credential of one application for one
// tenant, and for one user if it is a user's. No part of it is secret.
type Key struct {
	// Environment is the base URL of the environment, such as
	// https://online.superoffice.com.
	Environment string
	// Application is the client id of the application.
	Application string
	// Tenant is the context identifier, such as Cust12345.
	Tenant string
	// User is whose credential it is, or empty for the system user.
	User string
}

// String returns the key as one text for stores to key by: no two keys have
// the same, whatever is in their parts, and it is printable ASCII without
// blanks. The form does not change, so that what is kept under it is found by
// the next release too.
func (k Key) String() string {
	return url.PathEscape(k.Environment) + "/" + url.PathEscape(k.Application) + "/" +
		url.PathEscape(k.Tenant) + "/" + url.PathEscape(k.User)
}

// Entry is what a [Store] keeps under a Key. The zero Entry stands for nothing.
type Entry struct {
	// Version differs from that of every other entry that was ever under the
	// key: whoever makes the entry gives it a random one, a short text in
	// printable ASCII.
	Version string
	// Value is opaque to the store, and secret: fmt, log/slog and
	// encoding/json leave it out. A store writes it by itself.
	Value []byte `json:"-"`
}

// Format prints the version and never the value, for every verb.
func (e Entry) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Entry(version %q, value REDACTED)", e.Version)
}

// LogValue gives structured logs the version and never the value.
func (e Entry) LogValue() slog.Value {
	return slog.GroupValue(slog.String("version", e.Version), slog.String("value", "REDACTED"))
}

// checkEntry refuses an entry that Load could not tell from nothing.
func checkEntry(next Entry) error {
	if next.Version == "" && len(next.Value) > 0 {
		return fmt.Errorf("%w: Swap got an entry with a value and no version; give it a random one", superoffice.ErrInvalidArgument)
	}
	return nil
}

// Store keeps tokens and tickets, which are costly to get. One that the
// replicas of a service share has them get each of them once. It is used by
// many goroutines at once. Package storetest holds an implementation to this
// contract.
type Store interface {
	// Load returns the entry at key, the zero Entry if there is none. The
	// caller owns the value. When ctx ends, Load and Swap return its error at
	// once.
	Load(ctx context.Context, key Key) (Entry, error)

	// Swap puts next at key if what is there has still the version old, which
	// is "" if nothing is there, and reports whether it did. Of several at
	// once, from wherever, one does. A next without a value removes what is
	// there; one with a value and no version is a
	// [superoffice.ErrInvalidArgument]. The store keeps a copy of next.Value,
	// which stays the caller's.
	//
	// The store may forget the entry when ttl has passed, and not before; a
	// ttl of 0 or less means never. What was there and its ttl count no more.
	//
	// An error leaves open whether next was put there, unless ctx was done
	// before. A store that has sent next twice, because the first answer was
	// lost, reports true if the version of next is there already.
	Swap(ctx context.Context, key Key, old string, next Entry, ttl time.Duration) (swapped bool, err error)
}
