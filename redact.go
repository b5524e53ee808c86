package superoffice

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/superoffice-go/superoffice/internal/secret"
)

// formatText prints text for any verb.
func formatText(f fmt.State, verb rune, text string) { secret.Format(f, verb, text) }

// formatMembers prints a struct that has no methods of its own any more. Any
// verb but %v is printed as that: fmt shows all that is behind the pointers of
// what a verb does not go with.
func formatMembers(f fmt.State, verb rune, members any) {
	format := "%v"
	if verb == 'v' {
		format = fmt.FormatString(f, verb)
	}
	fmt.Fprintf(f, format, members)
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

// secretKeeper is a request or result of this package that carries secrets in
// its members. Those of other packages here are a secret.Keeper.
type secretKeeper interface {
	secrets() []string
}

// secretsIn are the secrets in a request or result, and whether it is of a
// type that has such: a carrier or request, or a list, a dictionary or a struct
// that holds some at whatever depth.
func secretsIn(v any) (secrets []string, keeps bool) {
	if v == nil {
		return nil, false
	}
	found := secretFinder{seen: make(map[reflect.Type]bool)}
	found.look(reflect.ValueOf(v))
	return found.secrets, found.keeps || found.mayKeep(reflect.TypeOf(v))
}

var (
	secretKeeperType  = reflect.TypeFor[secretKeeper]()
	foreignKeeperType = reflect.TypeFor[secret.Keeper]()
	// A reader is the caller's, and may be in use still.
	readerType = reflect.TypeFor[io.Reader]()
)

// secretFinder collects the secrets below a value.
type secretFinder struct {
	secrets []string
	keeps   bool
	depth   int
	seen    map[reflect.Type]bool
}

// deepestSecret bounds how far a value is followed, which may point to itself.
const deepestSecret = 100

// look follows v to all that keeps secrets.
func (f *secretFinder) look(v reflect.Value) {
	if f.depth++; f.depth > deepestSecret {
		f.depth--
		return
	}
	defer func() { f.depth-- }()
	if f.keeper(v) || v.Type().Implements(readerType) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			f.look(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if f.follows(v.Type().Elem()) {
			for i := range v.Len() {
				f.look(v.Index(i))
			}
		}
	case reflect.Map:
		if f.follows(v.Type().Elem()) {
			for each := v.MapRange(); each.Next(); {
				f.look(each.Value())
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.look(v.Field(i))
			}
		}
	}
}

// follows reports whether values of type t may hold other values.
func (f *secretFinder) follows(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return true
	}
	return t.Implements(secretKeeperType) || reflect.PointerTo(t).Implements(secretKeeperType)
}

// keeper takes the secrets of v, if it is of a type that has such, and reports
// whether they are all that v holds. Those of a carrier or request are only its
// own, beside which others may be in what it holds.
func (f *secretFinder) keeper(v reflect.Value) bool {
	if !v.CanInterface() || v.Kind() == reflect.Pointer && v.IsNil() {
		return false
	}
	if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface && reflect.PointerTo(v.Type()).Implements(secretKeeperType) {
		pointer := reflect.New(v.Type())
		pointer.Elem().Set(v)
		v = pointer
	}
	switch keeper := v.Interface().(type) {
	case secretKeeper:
		f.secrets, f.keeps = append(f.secrets, keeper.secrets()...), true
	case secret.Keeper:
		f.secrets, f.keeps = append(f.secrets, keeper.Secrets()...), true
		return true
	}
	return false
}

// mayKeep reports whether a value of type t may hold secrets at some depth.
func (f *secretFinder) mayKeep(t reflect.Type) bool {
	if f.seen[t] {
		return false
	}
	f.seen[t] = true
	for _, keeper := range []reflect.Type{secretKeeperType, foreignKeeperType} {
		if t.Implements(keeper) || reflect.PointerTo(t).Implements(keeper) {
			return true
		}
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return f.mayKeep(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() && f.mayKeep(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// redactor returns what replaces the secrets of a request in text that came
// back.
func redactor(h http.Header, in any) *secret.Redactor {
	return secret.NewRedactor(secretsOf(h, in)...)
}

// redactedHeader returns the header of an answer without the secrets of the
// request and without the cookies that it sets, which are credentials too.
func redactedHeader(h http.Header, redact *secret.Redactor) http.Header {
	clean := make(http.Header, len(h))
	for name, values := range h {
		for _, value := range values {
			if name == "Set-Cookie" {
				value = redactedCookie(value)
			}
			clean[name] = append(clean[name], redact.Start(value, maxErrorBody))
		}
	}
	return clean
}

// redactedCookie returns a Set-Cookie header without the value of the cookie.
func redactedCookie(line string) string {
	pair, attributes, more := strings.Cut(line, ";")
	name, _, _ := strings.Cut(pair, "=")
	if more {
		attributes = ";" + attributes
	}
	return name + "=" + secret.Redacted + attributes
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
