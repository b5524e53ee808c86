package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// method is the Go method of one call.
type method struct {
	Agent, Name, Doc string
	Operation        string // the variable that describes it
	Fields           string // of the operation
	Signature        string // parameters and results
	Body             string
	Request          *request // the type of what is sent, if the call has its own
}

// request is the Go type of a body with several members.
type request struct {
	Name     string
	Exported bool // its members are too many for parameters
	Doc      string
	Fields   []field
	Checks   []check
	Secrets  []string // fields
	Holds    bool     // secrets are in what it holds, not in its own fields
	Upload   *field   // the member that is streamed
}

// check is a member that must not be empty.
type check struct{ Argument, Condition string }

// mostParams is how many parameters a method takes before it takes a struct.
const mostParams = 3

func (g *generator) method(c *apidef.Call) *method {
	name := goName(c.Name)
	m := &method{Agent: c.Agent, Name: name, Operation: "op" + goName(c.Agent) + name}
	m.Fields = g.operationFields(c)
	params, in := g.input(c, m)
	results, call := g.output(c)
	m.Signature = "(ctx context.Context, " + signature(params) + "opts ...CallOption) " + results
	m.Body = fmt.Sprintf("return %s(ctx, (*agent)(a), &%s, %s, opts)", call, m.Operation, in)
	m.Doc = g.methodDoc(c, m)
	return m
}

// parameter is a parameter of a Go method.
type parameter struct{ name, typ string }

// signature lays out parameters, those of one type together.
func signature(params []parameter) string {
	var b strings.Builder
	for i, p := range params {
		b.WriteString(p.name)
		if i+1 == len(params) || params[i+1].typ != p.typ {
			b.WriteString(" " + p.typ)
		}
		b.WriteString(", ")
	}
	return b.String()
}

func (g *generator) operationFields(c *apidef.Call) string {
	var parts []string
	if c.Method != "" {
		parts = append(parts, fmt.Sprintf("Method: %q", c.Method))
	}
	parts = append(parts, fmt.Sprintf("Route: %q", c.Path()))
	switch {
	case !c.Write:
		parts = append(parts, "Class: operation.Read")
	case c.Again:
		parts = append(parts, "Class: operation.IdempotentWrite")
	}
	if c.Shape == apidef.ShapeQuery && c.Route == "" {
		parts = append(parts, fmt.Sprintf("Query: %q", c.Params[0].Name))
	}
	if c.Whole {
		parts = append(parts, "NoSelect: true")
	}
	if c.Secret {
		parts = append(parts, "SecretResult: true")
	}
	if c.Slow > 0 {
		parts = append(parts, "Slow: "+duration(c.Slow))
	}
	if c.Result.Innermost() == "any" || slices.ContainsFunc(c.Params, func(p apidef.Param) bool { return p.Type.Innermost() == "any" }) {
		parts = append(parts, "Codecs: &wire.All")
	}
	switch g.Agent(c.Agent).Online {
	case "request", "closed":
		parts = append(parts, fmt.Sprintf("Restricted: %q", c.Agent))
	}
	return strings.Join(parts, ", ")
}

func duration(ms int) string {
	if ms == 1000 {
		return "time.Second"
	}
	if ms%1000 == 0 {
		return fmt.Sprintf("%d * time.Second", ms/1000)
	}
	return fmt.Sprintf("%d * time.Millisecond", ms)
}

// input lays out the parameters of a method and the expression of what it
// sends.
func (g *generator) input(c *apidef.Call, m *method) (params []parameter, in string) {
	switch {
	case c.Route != "":
		return g.routedInput(c, m)
	case len(c.Params) == 0:
		return nil, "nil"
	case c.Shape == apidef.ShapeQuery:
		p := g.argument(c.Params[0])
		return []parameter{{p, "int"}}, "queryID(" + p + ")"
	case c.Shape == apidef.ShapeBody:
		p := g.argument(c.Params[0])
		t := g.goType(c.Params[0].Type)
		if strings.HasPrefix(t, "[]") {
			return []parameter{{p, t}}, "items(" + p + ")"
		}
		return []parameter{{p, t}}, p
	}
	m.Request = g.request(c)
	if m.Request.Exported {
		return []parameter{{"req", m.Request.Name}}, "&req"
	}
	var values []string
	for _, p := range c.Params {
		params = append(params, parameter{g.argument(p), g.goType(p.Type)})
		values = append(values, g.argument(p))
	}
	return params, "&" + m.Request.Name + "{" + strings.Join(values, ", ") + "}"
}

// routedInput is input for a call with a route of its own.
func (g *generator) routedInput(c *apidef.Call, m *method) (params []parameter, in string) {
	var query, parts, members []string
	path := make(map[string]string)
	inside := *c
	inside.Params = nil
	for _, p := range c.Params {
		name := g.argument(p)
		params = append(params, parameter{name, g.goType(p.Type)})
		switch c.In(&p) {
		case "path":
			if p.Type == "int" {
				name = "operation.ID(" + name + ")"
			}
			path[p.Name] = name
		case "query":
			query = append(query, fmt.Sprintf("%q, %s", p.Name, name))
		case "body":
			parts = append(parts, "Body: "+name)
		default:
			inside.Params = append(inside.Params, p)
			members = append(members, name)
		}
	}
	if len(members) > 0 {
		m.Request = g.request(&inside)
		m.Request.Name, m.Request.Exported = lowerFirst(m.Request.Name), false
		parts = append(parts, "Body: &"+m.Request.Name+"{"+strings.Join(members, ", ")+"}")
	}
	if len(query) > 0 {
		parts = append([]string{"Query: operation.Pairs(" + strings.Join(query, ", ") + ")"}, parts...)
	}
	if len(path) > 0 {
		var values []string
		for _, name := range c.RouteParams() {
			values = append(values, path[name])
		}
		parts = append([]string{"Path: operation.Values{" + strings.Join(values, ", ") + "}"}, parts...)
	}
	return params, "operation.Input{" + strings.Join(parts, ", ") + "}"
}

func (g *generator) argument(p apidef.Param) string {
	if p.As != "" {
		return p.As
	}
	return paramName(p.Name)
}

// request lays out the type of a body.
func (g *generator) request(c *apidef.Call) *request {
	r := &request{Exported: len(c.Params) > mostParams}
	r.Name = lowerFirst(goName(c.Agent)) + goName(c.Name) + "Request"
	if r.Exported {
		r.Name = goName(c.Agent) + goName(c.Name) + "Request"
		r.Doc = r.Name + " is what [" + goName(c.Agent) + "Agent." + goName(c.Name) + "] sends."
	}
	_, facts := splitDoc(c.Doc)
	for _, p := range c.Params {
		f := field{Name: goName(p.Name), Type: g.goType(p.Type)}
		if r.Exported {
			f.Doc = sentence(f.Name, paramFact(p, facts))
		}
		if r.Exported && p.Required {
			f.Doc = strings.TrimSpace(f.Doc + " It must not be empty.")
		}
		f.Tag = tag(p.Name, f.Name, g.Enum(p.Type) != nil)
		argument := g.argument(p)
		if r.Exported {
			argument = "req." + f.Name
		}
		if p.Type == "stream" {
			f.Tag = "`json:\"-\"`"
			f.Doc = strings.TrimSpace(f.Doc + " It is read to its end and not closed.")
			r.Upload = &field{Name: f.Name, Tag: p.Name}
		}
		if p.Required {
			r.Checks = append(r.Checks, check{argument, notEmpty("r."+f.Name, f.Type)})
		}
		if p.Secret {
			r.Secrets = append(r.Secrets, f.Name)
		}
		r.Fields = append(r.Fields, f)
	}
	if r.Exported && len(r.Secrets) > 0 {
		r.Doc += " Printing one shows none of its secrets."
	}
	r.Holds = len(r.Secrets) == 0 && slices.ContainsFunc(c.Params, func(p apidef.Param) bool { return g.HoldsSecret(p.Type) })
	return r
}

// notEmpty is the condition that a field is not empty.
func notEmpty(field, goType string) string {
	switch {
	case goType == "string":
		return field + ` != ""`
	case strings.HasPrefix(goType, "*"):
		return field + " != nil"
	case strings.HasPrefix(goType, "[]"), strings.HasPrefix(goType, "map"):
		return "len(" + field + ") > 0"
	case goType == "DateTime":
		return "!" + field + ".IsZero()"
	}
	return field + " != 0"
}

// output lays out the results of a method and the helper that makes its call.
func (g *generator) output(c *apidef.Call) (results, call string) {
	if c.Result == "" {
		return "error", "callNone"
	}
	if c.Result == "stream" {
		return "(*Stream, error)", "callStream"
	}
	t := g.goType(c.Result)
	if carrier, ok := strings.CutPrefix(t, "*"); ok {
		return "(" + t + ", error)", "callCarrier[" + carrier + "]"
	}
	return "(" + t + ", error)", "callValue[" + t + "]"
}

// methodDoc is the documentation of a method: our own words on what it does,
// and the facts of the call.
func (g *generator) methodDoc(c *apidef.Call, m *method) string {
	var b strings.Builder
	b.WriteString(m.Name + " ")
	doc, _ := splitDoc(c.Doc)
	b.WriteString(g.linked(c, cmp.Or(doc, g.callWords(c))))
	b.WriteString("\n\n\t" + g.facts(c))
	return b.String()
}

// linked makes links of the errors, the calls of the same agent and the carriers
// that the documentation of a call names.
func (g *generator) linked(call *apidef.Call, text string) string {
	return namePattern.ReplaceAllStringFunc(text, func(name string) string {
		carrier := g.Carrier(apidef.Type(name))
		switch {
		case strings.HasPrefix(name, "Err"):
			return "[" + name + "]"
		case slices.ContainsFunc(call.Params, func(p apidef.Param) bool { return goName(p.Name) == name }):
			return name
		case slices.ContainsFunc(g.Agent(call.Agent).Calls, func(c *apidef.Call) bool { return c.Name == name }):
			return "[" + goName(call.Agent) + "Agent." + goName(name) + "]"
		case carrier != nil:
			return "[" + g.carrierName(carrier) + "]"
		}
		return name
	})
}

// namePattern finds what may be the name of an error, a call or a carrier.
var namePattern = regexp.MustCompile(`\b(?:Err(?:NotFound|InvalidArgument|Partial)|[A-Z][a-z]+[A-Z]\w*)\b`)

// facts is what a program has to know of a call, in one line that no tool
// wraps.
func (g *generator) facts(c *apidef.Call) string {
	class, selects := "Read.", ""
	if c.Write {
		class = "Write."
	}
	if c.Result != "" && g.Carrier(c.Result.Innermost()) != nil {
		selects = " $select: yes."
		if c.Whole {
			selects = " $select: no."
		}
	}
	if c.Newer {
		selects += " Servers before 12.4: no."
	}
	return class + selects + onlineFacts[g.Agent(c.Agent).Online] + g.entityFacts(c) + " " + c.Verb() + " " + c.Path()
}

// entityFacts names the method of package rest that does the same as an agent's
// call, if there is one.
func (g *generator) entityFacts(c *apidef.Call) string {
	if g.twins == nil {
		g.twins = make(map[string]string)
		for _, e := range g.EntityCalls() {
			if e.Twin != "" && g.twins[e.Twin] == "" {
				g.twins[e.Twin] = g.entityMethodName(e)
			}
		}
	}
	if name := g.twins[c.Agent+"/"+c.Name]; name != "" {
		return " REST: " + name + "."
	}
	return ""
}

// entityMethodName is the method that makes a call of an entity, as rest.Contact.Get.
func (g *generator) entityMethodName(c *apidef.Call) string {
	name := "rest." + goName(c.Entity) + "." + goName(c.Name)
	switch p := partOf(c); {
	case p != nil:
		name = "rest." + p.Field + "." + p.methods[c.Name]
	case c.List != "":
		name = "rest.ListOf." + c.Name
	}
	return name
}

// onlineFacts say how SuperOffice Online restricts a call.
var onlineFacts = map[string]string{
	"request":      " Online: on request only.",
	"closed":       " Online: not for partner applications.",
	"experimental": " Experimental.",
}

// splitDoc takes the facts on parameters, lines such as "- Name: is the name",
// out of a call's documentation.
func splitDoc(doc string) (text string, params map[string]string) {
	params = make(map[string]string)
	var lines []string
	for line := range strings.SplitSeq(doc, "\n") {
		name, what, ok := strings.Cut(strings.TrimPrefix(line, "- "), ": ")
		if ok && strings.HasPrefix(line, "- ") {
			params[name] = what
			continue
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), params
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

func (g *generator) resultWords(t apidef.Type) string {
	if element, ok := t.List(); ok {
		return "a list of " + strings.TrimPrefix(g.elementType(element), "*")
	}
	if value, ok := t.Dictionary(); ok {
		return "a dictionary of " + g.elementType(value)
	}
	switch {
	case t == "":
		return ""
	case t == "stream":
		return "a file"
	case t.IsBasic():
		return article(g.elementType(t))
	}
	return "one " + g.elementType(t)
}
