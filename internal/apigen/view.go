package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

func (g *generator) functions() template.FuncMap {
	return template.FuncMap{
		"banner":      func() string { return banner },
		"comment":     comment,
		"goName":      goName,
		"method":      g.method,
		"carrierName": g.carrierName,
		"carrierDoc":  g.carrierDoc,
		"subtypes":    func(c *apidef.Carrier) []*apidef.Carrier { return g.Subtypes(c.Name) },
		"subtypeOf":   func(c *apidef.Carrier) *apidef.Carrier { return g.Carrier(apidef.Type(c.Of)) },
		"fields":      g.fields,
		"isOpen":      isOpen,
		"secrets":     func(c *apidef.Carrier) []string { return g.secretFields(c) },
		"holds":       func(c *apidef.Carrier) bool { return g.HoldsSecret(apidef.Type(c.Name)) },
		"enumName":    enumName,
		"enumDoc":     g.enumDoc,
		"prefix":      constantPrefix,
		"whenValue":   g.whenValue,
		"agentDoc":    agentDoc,
		"everyCall":   g.everyCall,
		"memberVar":   memberVar,

		"everyEntityCall": g.everyEntityCall,
		"entityCallsInGo": g.entityCallsInGo,

		"entityMethods": g.entityMethods,
		"entityTypeDoc": g.entityTypeDoc,
		"entityPhrase":  phrase,
		"elementOf":     func(t string) string { return strings.TrimPrefix(t, "*") },
		"partsOf":       partsOf,
		"partDoc":       partDoc,
		"typedLists":    g.typedLists,
	}
}

// comment lays text out as a comment of at most 78 characters a line.
func comment(indent, text string) string {
	var b strings.Builder
	for i, paragraph := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteString("\n")
		}
		line := indent + "//"
		if verbatim, ok := strings.CutPrefix(paragraph, "\t"); ok {
			b.WriteString(line + "\t" + verbatim)
			continue
		}
		if strings.HasPrefix(paragraph, "[") && strings.Contains(paragraph, "]: https://") { // where a link leads to
			b.WriteString(line + " " + paragraph)
			continue
		}
		for word := range strings.FieldsSeq(paragraph) {
			if len(line)+1+len(word) > 78 && len(line) > len(indent)+2 {
				b.WriteString(line + "\n")
				line = indent + "//"
			}
			line += " " + word
		}
		b.WriteString(line)
	}
	return b.String()
}

func (g *generator) carrierName(c *apidef.Carrier) string {
	if c.As != "" {
		return c.As
	}
	return goName(c.Name)
}

func enumName(e *apidef.Enum) string {
	if e.As != "" {
		return e.As
	}
	return goName(e.Name)
}

// memberVar is the variable that lists the members of an enum.
func memberVar(e *apidef.Enum) string {
	if e.Flags {
		return lowerFirst(enumName(e)) + "Flags"
	}
	return lowerFirst(enumName(e)) + "Members"
}

func constantPrefix(e *apidef.Enum) string {
	if e.Prefix != "" {
		return e.Prefix
	}
	return enumName(e)
}

// basicTypes are the Go types of what has no definition.
var basicTypes = map[apidef.Type]string{
	"int": "int", "long": "int64", "double": "float64", "bool": "bool", "string": "string", "any": "any",
	"time": "DateTime", "date": "Date", "span": "TimeSpan", "bytes": "[]byte", "stream": "io.Reader", "value": "FieldValue",
}

// goType is the Go type for t. A carrier by itself is a pointer, so that it
// can be absent; in a list or dictionary it is a value.
func (g *generator) goType(t apidef.Type) string {
	if c := g.Carrier(t); c != nil && c.Any == "" {
		return "*" + g.carrierName(c)
	}
	return g.elementType(t)
}

func (g *generator) elementType(t apidef.Type) string {
	switch t {
	case "map[string]FieldProperty":
		return "FieldProperties"
	case "map[string]value":
		return "CustomFields"
	}
	if element, ok := t.List(); ok {
		return "[]" + g.elementType(element)
	}
	if value, ok := t.Dictionary(); ok {
		return "map[string]" + g.elementType(value)
	}
	if basic, ok := basicTypes[t]; ok {
		return basic
	}
	if e := g.Enum(t); e != nil {
		return enumName(e)
	}
	c := g.Carrier(t)
	if c.Any != "" {
		return c.Any
	}
	return g.carrierName(c)
}

// field is a member of a Go struct.
type field struct{ Name, Type, Tag, Doc string }

// fields lays out the members of a carrier.
func (g *generator) fields(c *apidef.Carrier) (fields []field) {
	for _, m := range c.Members {
		f := field{Name: fieldName(m), Type: g.goType(m.Type)}
		f.Doc = sentence(f.Name, memberFact(m))
		if m.Old {
			f.Doc = strings.TrimSpace(f.Doc + "\n\nDeprecated: the vendor advises against it.")
		}
		f.Tag = tag(m.Name, f.Name, m.Newer || g.Enum(m.Type) != nil)
		if assumedTrue[c.Name+"."+m.Name] {
			f.Tag = "`wire:\"assumetrue\"`"
		}
		fields = append(fields, f)
	}
	return fields
}

// fieldName is the name in Go of a member.
func fieldName(m apidef.Member) string { return cmp.Or(m.As, goName(m.Name)) }

// isOpen reports whether values of any Go type may be in a carrier: in a member,
// or in the kinds of it that a program adds.
func isOpen(c *apidef.Carrier) bool {
	return c.Any != "" || slices.ContainsFunc(c.Members, func(m apidef.Member) bool { return m.Type.Innermost() == "any" })
}

// tag is the struct tag of a field, or nothing if the field says it all. An
// enum without a value is left out: the server then takes the enum's zero.
func tag(wire, name string, omit bool) string {
	options := ""
	if wire != name {
		options = wire
	}
	if omit {
		options += ",omitzero"
	}
	if options == "" {
		return ""
	}
	return "`json:\"" + options + "\"`"
}

func (g *generator) secretFields(c *apidef.Carrier) (names []string) {
	for _, m := range c.Members {
		if m.Secret {
			names = append(names, goName(m.Name))
		}
	}
	return names
}

func (g *generator) carrierDoc(c *apidef.Carrier) string {
	name := g.carrierName(c)
	if c.Doc != "" {
		return name + " " + c.Doc
	}
	if c.Of != "" {
		return fmt.Sprintf("%s is the %s whose %s is %s.", name, g.Carrier(apidef.Type(c.Of)).Any, goName(g.Carrier(apidef.Type(c.Of)).By), c.When)
	}
	return name + " " + g.useWords(c.Name)
}

func (g *generator) enumDoc(e *apidef.Enum) string {
	if e.Doc != "" {
		return enumName(e) + " " + e.Doc
	}
	return enumName(e) + " " + g.useWords(e.Name)
}

// whenValue is the constant that marks a subtype.
func (g *generator) whenValue(c *apidef.Carrier) string {
	base := g.Carrier(apidef.Type(c.Of))
	for _, m := range base.Members {
		if m.Name == base.By {
			if e := g.Enum(m.Type); e != nil {
				return constantPrefix(e) + goName(c.When)
			}
		}
	}
	return fmt.Sprintf("%q", c.When)
}

// agentDoc documents the type of an agent, with a link to the list of its calls.
func agentDoc(a *apidef.Agent) string {
	name := goName(a.Name)
	doc := name + "Agent is the " + a.Name + " agent."
	if a.Doc != "" {
		doc = name + "Agent is the " + a.Name + " agent: " + a.Doc
	}
	doc += " docs/calls.md lists [its calls]."
	switch a.Online {
	case "request":
		doc += "\n\nSuperOffice Online offers it to applications that have asked for it at registration; calls of others are refused with [ErrForbidden] or [ErrUnauthorized]."
	case "closed":
		doc += "\n\nSuperOffice Online does not offer it to applications by default; calls are then refused with [ErrForbidden] or [ErrUnauthorized]."
	case "experimental":
		doc += "\n\nThe vendor calls it experimental: it may change at any time."
	}
	return doc + "\n\n[its calls]: " + callPageURL + "#" + strings.ToLower(a.Name)
}

// callPageURL is where docs/calls.md is read.
const callPageURL = "https://github.com/superoffice-go/superoffice/blob/main/docs/calls.md"
