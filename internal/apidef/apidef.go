// Package apidef reads and writes this project's definition of the WebAPI, the
// *.api files in api/. The generator makes the Go code from them, and the test
// server its answers and checks.
package apidef

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Definition is the whole API.
type Definition struct {
	Agents   []*Agent
	Entities []*Entity
	Carriers []*Carrier
	Enums    []*Enum

	// positions are the file and line of each *Agent, *Entity, *Call, *Carrier and *Enum,
	// and of each memberOf, as Read found them.
	positions map[any]string
}

// memberOf is a member of a carrier, as a key.
type memberOf struct {
	carrier *Carrier
	name    string
}

// Agent is one agent with its calls.
type Agent struct {
	Name string
	Doc  string
	// Online says where SuperOffice Online restricts the agent: "request" (must
	// be asked for at registration), "closed" (not for partner apps),
	// "experimental", or nothing.
	Online string
	Calls  []*Call
}

// Shape is where a call's parameters go.
type Shape string

// The shapes of a call.
const (
	// ShapeMembers are the members of a JSON object, which is the body.
	ShapeMembers Shape = ""
	// ShapeBody is one parameter that is the body itself.
	ShapeBody Shape = "body"
	// ShapeQuery is one parameter in the query of the address.
	ShapeQuery Shape = "query"
)

// Call is one call of an agent: POST v1/Agents/{Agent}/{Name}, unless it has a
// method and a route of its own, as those of entities have.
type Call struct {
	Agent  string
	Entity string // that the call is of, in place of an agent
	List   string // of the entity List, if the call is of one
	Name   string
	Doc    string
	Method string // of HTTP, in capitals; empty for POST to the agent
	Route  string // below the API folder, with parameters in braces; empty for the agent's
	Write  bool   // the server may change something
	Again  bool   // and a second time nothing more
	Shape  Shape
	Params []Param
	Result Type // empty: the call returns nothing
	Whole  bool // takes no $select
	Secret bool // the result is a secret
	Slow   int  // the vendor's mark of a slow call in milliseconds; 0: none
	Newer  bool // servers before 12.4 do not know it, nor does the vendor's document

	// Of calls of entities:
	Twin       string // the call of an agent that does the same, "Contact/GetContactEntity"
	Online     string // as Agent's
	Modified   bool   // takes If-Modified-Since
	Unmodified bool   // takes If-Unmodified-Since
}

// Param is one parameter of a call.
type Param struct {
	Name     string // on the wire
	Type     Type
	As       string // in Go, if the rule would give another
	Required bool   // empty is refused before anything is sent
	Secret   bool   // redacted from what comes back
	Own      bool   // the type is our knowledge, not the vendor's
	Query    bool   // goes into the query of a call with a route of its own
	Form     bool   // is a file that is sent as a field of a form
}

// Carrier is one object of the API.
type Carrier struct {
	Name    string // the vendor's
	As      string // in Go, if the rule would give another
	Doc     string
	Hand    bool // written by hand in Go
	Members []Member
	// File is the definition file that the carrier stands in, without ".api".
	File string

	// By names the member that tells which subtype an object is; Any is the Go
	// interface of all of them.
	By, Any string
	// Of names the base of a subtype, and When the value of By that marks it.
	Of, When string
}

// Member is one member of a carrier.
type Member struct {
	Name   string // on the wire
	Type   Type
	As     string // in Go, if the rule would give another
	Doc    string
	Newer  bool // servers before 2026 do not know it: sent only if set
	Old    bool // the vendor calls it deprecated
	Secret bool // shown nowhere, redacted from what comes back
	Own    bool // the type is our knowledge, not the vendor's
}

// Enum is a set of names.
type Enum struct {
	Name    string // the vendor's
	As      string // in Go
	Prefix  string // of the constants, if it is not the type's name
	Doc     string
	Flags   bool // several names may stand together
	Hand    bool
	Members []EnumMember
	File    string
}

// EnumMember is one name of an enum and its number.
type EnumMember struct {
	Name  string
	Value int
}

// Type is a type of the API: one of BasicTypes, the name of a carrier or an
// enum, or a list ("[]" before it) or dictionary ("map[string]" before it) of
// one.
type Type string

// BasicType is a type that has no definition.
type BasicType struct {
	Name Type
	Go   string // the type in Go
	Doc  string
}

// BasicTypes are the types that have no definition.
var BasicTypes = []BasicType{
	{"int", "int", "a whole number of 32 bits"},
	{"long", "int64", "a whole number of 64 bits"},
	{"double", "float64", "a number with a fraction"},
	{"bool", "bool", "true or false"},
	{"string", "string", "text"},
	{"time", "DateTime", "a date with a time, with or without an offset"},
	{"date", "Date", "a day of the calendar, which no time zone changes"},
	{"span", "TimeSpan", "a length of time"},
	{"bytes", "[]byte", "bytes, in base64 on the wire"},
	{"stream", "io.Reader, *Stream", "a file, which is read while it is sent or comes; of parameters and results only"},
	{"value", "FieldValue", "the encoded value of a custom field, such as [I:7]"},
	{"any", "any", "whatever JSON there is"},
	{"patch", "Patch", "changes of an entity; of parameters of entities' calls only"},
	{"rows", "", "rows of a list, which the package archive reads; of results of entities' calls only"},
}

const (
	listMark = "[]"
	dictMark = "map[string]"
)

// List returns the type of the elements if t is a list.
func (t Type) List() (element Type, ok bool) {
	rest, ok := strings.CutPrefix(string(t), listMark)
	return Type(rest), ok
}

// Dictionary returns the type of the values if t is a dictionary.
func (t Type) Dictionary() (value Type, ok bool) {
	rest, ok := strings.CutPrefix(string(t), dictMark)
	return Type(rest), ok
}

// Innermost is what t holds below all lists and dictionaries.
func (t Type) Innermost() Type {
	for {
		if inner, ok := t.List(); ok {
			t = inner
		} else if inner, ok := t.Dictionary(); ok {
			t = inner
		} else {
			return t
		}
	}
}

// IsBasic reports whether t is one of the types that have no definition.
func (t Type) IsBasic() bool {
	return slices.ContainsFunc(BasicTypes, func(b BasicType) bool { return b.Name == t })
}

// Agent returns the agent with the given name, or nil.
func (d *Definition) Agent(name string) *Agent {
	return find(d.Agents, name, func(a *Agent) string { return a.Name })
}

// Carrier returns the carrier with the given name, or nil.
func (d *Definition) Carrier(name Type) *Carrier {
	return find(d.Carriers, string(name), func(c *Carrier) string { return c.Name })
}

// Enum returns the enum with the given name, or nil.
func (d *Definition) Enum(name Type) *Enum {
	return find(d.Enums, string(name), func(e *Enum) string { return e.Name })
}

// Subtypes returns the subtypes of a base carrier.
func (d *Definition) Subtypes(base string) (subtypes []*Carrier) {
	for _, c := range d.Carriers {
		if c.Of == base && base != "" {
			subtypes = append(subtypes, c)
		}
	}
	return subtypes
}

// Calls returns all calls, in the order of their agents.
func (d *Definition) Calls() (calls []*Call) {
	for _, a := range d.Agents {
		calls = append(calls, a.Calls...)
	}
	return calls
}

// Path is where the call lies below the API folder: its route, or its place
// among the agent's calls.
func (c *Call) Path() string {
	if c.Route != "" {
		return c.Route
	}
	return "v1/Agents/" + c.Agent + "/" + c.Name
}

// routeParam finds the parameters in a route.
var routeParam = regexp.MustCompile(`\{([^{}]*)\}`)

// RouteParams are the names of the parameters in the call's route, in its order.
func (c *Call) RouteParams() (names []string) {
	for _, found := range routeParam.FindAllStringSubmatch(c.Route, -1) {
		names = append(names, found[1])
	}
	return names
}

// Verb is the call's method of HTTP.
func (c *Call) Verb() string {
	if c.Method == "" {
		return "POST"
	}
	return c.Method
}

// In says where a parameter of the call goes: "path", "query", "body", or ""
// for a member of the body.
func (c *Call) In(p *Param) string {
	switch {
	case strings.Contains(c.Route, "{"+p.Name+"}"):
		return "path"
	case p.Query, c.Shape == ShapeQuery:
		return "query"
	case c.Shape == ShapeBody:
		return "body"
	}
	return ""
}

// find looks a name up in a list that is sorted by name.
func find[T any](all []*T, name string, nameOf func(*T) string) *T {
	i, ok := slices.BinarySearchFunc(all, name, func(one *T, name string) int { return cmp.Compare(nameOf(one), name) })
	if !ok {
		return nil
	}
	return all[i]
}

// Position is the file and line of an *Agent, *Entity, *Call, *Carrier or *Enum,
// empty if Read did not find it in one.
func (d *Definition) Position(of any) string { return d.positions[of] }

// MemberPosition is the file and line of a member of a carrier.
func (d *Definition) MemberPosition(c *Carrier, member string) string {
	return d.positions[memberOf{c, member}]
}

// Sort brings everything into the order of its names, calls into that of
// theirs within their agent.
func (d *Definition) Sort() {
	slices.SortFunc(d.Agents, func(a, b *Agent) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Carriers, func(a, b *Carrier) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Enums, func(a, b *Enum) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Entities, func(a, b *Entity) int { return cmp.Compare(a.Name, b.Name) })
	for _, e := range d.Entities {
		e.sort()
	}
	for _, a := range d.Agents {
		slices.SortFunc(a.Calls, func(x, y *Call) int { return cmp.Compare(x.Name, y.Name) })
	}
}
