package main

import (
	"fmt"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// everyCall is the expression that makes a call with sample arguments, in the
// test that makes them all.
func (g *generator) everyCall(c *apidef.Call) string {
	m := g.method(c)
	args := []string{"ctx"}
	switch {
	case m.Request != nil && m.Request.Exported:
		fields := make([]string, 0, len(c.Params))
		for _, p := range c.Params {
			fields = append(fields, goName(p.Name)+": "+g.sample(p.Type))
		}
		args = append(args, "superoffice."+m.Request.Name+"{"+strings.Join(fields, ", ")+"}")
	default:
		for _, p := range c.Params {
			args = append(args, g.sample(p.Type))
		}
	}
	call := fmt.Sprintf("client.%s.%s(%s)", goName(c.Agent), m.Name, strings.Join(args, ", "))
	if c.Result == "" {
		return "return nil, " + call
	}
	return "return " + call
}

// samples are arguments of the types that have no definition.
var samples = map[apidef.Type]string{
	"int": "7", "long": "7", "double": "1.5", "bool": "true", "string": `"text"`, "any": `"anything"`, "value": "superoffice.IntValue(7)",
	"bytes": `[]byte("bytes")`, "stream": `strings.NewReader("bytes")`,
	"time": "sampleTime", "date": "superoffice.DateOf(1970, 5, 4)", "span": "sampleSpan",
}

// sample is a Go expression for an argument of type t.
func (g *generator) sample(t apidef.Type) string {
	if s, ok := samples[t]; ok {
		return s
	}
	if element, ok := t.List(); ok {
		return qualified(g.goType(t)) + "{" + g.element(element) + "}"
	}
	if value, ok := t.Dictionary(); ok {
		return qualified(g.goType(t)) + `{"key": ` + g.element(value) + "}"
	}
	if e := g.Enum(t); e != nil {
		return "superoffice." + constantPrefix(e) + goName(e.Members[len(e.Members)-1].Name)
	}
	c := g.Carrier(t)
	if c.Any != "" {
		c = g.Subtypes(c.Name)[0]
	}
	return "&superoffice." + g.carrierName(c) + "{}"
}

// element is a sample inside a list or dictionary, whose type says what a
// carrier there is.
func (g *generator) element(t apidef.Type) string {
	if c := g.Carrier(t); c != nil && c.Any == "" {
		return "{}"
	}
	return g.sample(t)
}

// qualified writes a Go type of the SDK as other packages do.
func qualified(t string) string {
	prefix := ""
	for {
		switch {
		case strings.HasPrefix(t, "[]"):
			prefix, t = prefix+"[]", t[2:]
		case strings.HasPrefix(t, "map[string]"):
			prefix, t = prefix+"map[string]", strings.TrimPrefix(t, "map[string]")
		case t[0] >= 'A' && t[0] <= 'Z':
			return prefix + "superoffice." + t
		default:
			return prefix + t
		}
	}
}
