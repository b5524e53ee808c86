// Package operation describes calls of the WebAPI to the pipeline of the root
// package, which makes them: the calls of the agents, and those of the packages
// beside the root, which reach the pipeline through Client.Perform with an
// operation of their own.
package operation

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// Operation is what is known of one call of the API before it is made. It is
// never changed once a call uses it.
type Operation struct {
	// Method is HTTP's; empty means POST, as for every call of an agent.
	Method string
	// Route is the path below the API folder, escaped, with parameters in
	// braces: "v1/Agents/User/GetUser", "v1/Contact/{id}".
	Route string
	// Class says what sending the call twice could do.
	Class Class
	// Query is the name of the one parameter that goes into the query, or
	// empty, if the call is an agent's.
	Query string
	// NoSelect reports that the call takes no $select.
	NoSelect bool
	// Parameters are the names of the parameters of the query that are options
	// of the call.
	Parameters []string
	// Taken are the texts that are no values of the route's parameters.
	Taken []Taken
	// Conditions are the conditional headers that the call knows.
	Conditions Condition
	// Answers are the statuses beside 200 to 299 that are answers and no
	// failures.
	Answers []int
	// Restricted names the agent if SuperOffice Online does not offer it to
	// every application.
	Restricted string
	// Once reports that the call is never sent again if the server may have seen it,
	// whatever its options say.
	Once bool
	// Slow is the vendor's mark of a slow call, or 0.
	Slow time.Duration
	// SecretResult reports that the result is a secret.
	SecretResult bool
	// Codecs take the types that the call sends and gets; nil is wire.Own. Only
	// an operation with a type that is foreign to the SDK names wire.All, for
	// the sake of programs that do without.
	Codecs *wire.Codecs
}

// Types are the codecs of what the call sends and gets.
func (o *Operation) Types() *wire.Codecs {
	if o.Codecs == nil {
		return &wire.Own
	}
	return o.Codecs
}

// Taken says which texts the server takes for something else than a parameter of
// a route.
type Taken struct {
	Param   string
	Words   []string // in any case
	Numbers bool     // every whole number
}

// check refuses the value of a parameter that is taken.
func (t *Taken) check(name, value string) error {
	if t.Param != name {
		return nil
	}
	_, err := strconv.Atoi(value)
	isWord := slices.ContainsFunc(t.Words, func(w string) bool { return strings.EqualFold(w, value) })
	if isWord || t.Numbers && err == nil {
		return fmt.Errorf("%s is %q, which the server takes for something else than one of them", name, value)
	}
	return nil
}

// Class says what sending a call twice could do.
type Class int

const (
	// Write is the careful zero value: the server changes something.
	Write Class = iota
	// Read changes nothing and may be sent again.
	Read
	// IdempotentWrite changes something, and a second time nothing more.
	IdempotentWrite
)

// String returns "write", "read" or "idempotent write".
func (c Class) String() string {
	switch c {
	case Read:
		return "read"
	case IdempotentWrite:
		return "idempotent write"
	}
	return "write"
}

// Repeatable reports whether a call of the class may reach the server twice.
func (c Class) Repeatable() bool { return c != Write }

// Condition is a set of conditional headers.
type Condition int

const (
	// IfModifiedSince asks for a result only if it has changed since a time.
	IfModifiedSince Condition = 1 << iota
	// IfUnmodifiedSince asks for a change only if nothing has changed since.
	IfUnmodifiedSince
)

// AgentPath is where the agents' calls lie below the API folder.
const AgentPath = "v1/Agents/"

// Name is what errors, logs and metrics call the operation, such as
// "User/GetExternalTokens" or "Contact/{id}". It holds no ids.
func (o *Operation) Name() string {
	switch name, isAgent := strings.CutPrefix(o.Route, AgentPath); {
	case o.Route == "":
		return "Version"
	case isAgent:
		return name
	}
	return strings.TrimPrefix(o.Route, "v1/")
}

// Verb is the method of HTTP.
func (o *Operation) Verb() string {
	if o.Method == "" {
		return http.MethodPost
	}
	return o.Method
}

// IsAnswer reports whether a status is that of an answer and not of a failure.
func (o *Operation) IsAnswer(status int) bool {
	return status >= 200 && status <= 299 || slices.Contains(o.Answers, status)
}

// Input is what a call sends.
type Input struct {
	// Path are the values of the route's parameters, in their order and as they
	// are: they are escaped.
	Path Values
	// Query is the query of the address, escaped; see Query.
	Query string
	// Body is what becomes the body of the request: a value of the SDK's types, JSON,
	// an Upload, or nil.
	Body any
	// Form is a query that is sent as a form, in place of a body.
	Form string
}

// Values are the values of a route's parameters. No route has more; an array
// takes no memory of its own.
type Values [6]string

// Parameter is an option of a call that goes into the query.
type Parameter struct {
	// Option is what the option is called in Go, for errors.
	Option string
	Name   string   // on the wire
	Values []string // one for each time that the name stands in the query
}

// JSON is a body that is JSON already.
type JSON struct {
	Text []byte
	// Of is what the text was made of, for the secrets in it.
	Of any
}

// Upload is a body that is read while it is sent, from a reader that the caller
// closes.
type Upload struct {
	From io.Reader
	// Field is the field of the form that the file is sent as, or empty if the
	// file is the body itself.
	Field string
}

// Reader is a result that reads its answer as it arrives, so that the answer is
// never held in memory as a whole.
type Reader interface {
	// ReadAnswer reads the JSON in body, which such a call always asks for, to its end, in place of what it read
	// before: an attempt whose body is cut short is made again. A body without a
	// value is an empty result. An *Unread says that the answer is not a result.
	ReadAnswer(body io.Reader) error
	// Reset makes the result an empty one.
	Reset()
}

// Unread is the error of a [Reader] for an answer that is not a result.
type Unread struct {
	// Text is the beginning of the answer, for what it says of a failure.
	Text []byte
	// Err says what is wrong with it.
	Err error
}

func (e *Unread) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Unread) Unwrap() error { return e.Err }

// Fill fills in the route's parameters; see Path.
func (o *Operation) Fill(values Values) (string, error) {
	n := strings.Count(o.Route, "{")
	if n < len(values) && values[n] != "" {
		n++ // one too many, which Path tells
	}
	return o.Path(values[:n])
}

// ID is a number as a parameter of a route.
func ID(n int) string { return strconv.Itoa(n) }

// Path fills in the route's parameters. A value that is empty, "." or "..",
// which would lead elsewhere, is an error, and so are too few or too many.
func (o *Operation) Path(values []string) (string, error) {
	if len(values) == 0 && !strings.Contains(o.Route, "{") {
		return o.Route, nil
	}
	var b strings.Builder
	length := len(o.Route)
	for _, value := range values {
		length += len(value)
	}
	b.Grow(length)
	rest := o.Route
	for i := 0; ; i++ {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			if i != len(values) {
				return "", fmt.Errorf("the route %s has %d parameters, and not %d", o.Route, i, len(values))
			}
			return b.String(), nil
		}
		name, after, _ := strings.Cut(after, "}")
		if i >= len(values) {
			return "", fmt.Errorf("%s is missing", name)
		}
		value := values[i]
		if value == "" || value == "." || value == ".." {
			return "", fmt.Errorf("%s is %q, which is no part of an address", name, value)
		}
		for i := range o.Taken {
			if err := o.Taken[i].check(name, value); err != nil {
				return "", err
			}
		}
		b.WriteString(url.PathEscape(value))
		rest = after
	}
}

// Query writes a query: a struct with url tags (see go-querystring), url.Values,
// or nil. A blank is %20, which reads the same in every part of a URL.
func Query(in any) (string, error) {
	switch in := in.(type) {
	case nil:
		return "", nil
	case url.Values:
		return encodeValues(in), nil
	}
	if v := reflect.ValueOf(in); v.Kind() == reflect.Pointer && v.IsNil() {
		return "", nil
	}
	values, err := query.Values(in)
	if err != nil {
		return "", err
	}
	return encodeValues(values), nil
}

// Needed writes a query of names and values, each a string, int, bool, a list of
// one of them or what has a String method. All are written.
func Needed(pairs ...any) string {
	values := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		name := pairs[i].(string)
		switch v := pairs[i+1].(type) {
		case []string:
			values[name] = v
		case []int:
			for _, n := range v {
				values.Add(name, ID(n))
			}
		default:
			values.Set(name, fmt.Sprint(v))
		}
	}
	return encodeValues(values)
}

// Pairs writes a query of names and values, each a string, int or bool. A zero
// value is left out: the server then takes its default.
func Pairs(pairs ...any) string {
	values := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := pairs[i+1]; !reflect.ValueOf(v).IsZero() {
			values.Set(fmt.Sprint(pairs[i]), fmt.Sprint(v))
		}
	}
	return encodeValues(values)
}

func encodeValues(values url.Values) string { return strings.ReplaceAll(values.Encode(), "+", "%20") }
