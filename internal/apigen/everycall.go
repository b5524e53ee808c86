package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// The calls of the test that makes each call once have arguments that tell the
// parameters apart. What they are on the wire is said a second time, by the
// test itself, which knows nothing of this.

// everyCall is the expression that makes a call with sample arguments.
func (g *generator) everyCall(c *apidef.Call) string {
	m := g.method(c)
	args := []string{"ctx"}
	if m.Request != nil && m.Request.Exported {
		fields := make([]string, 0, len(c.Params))
		for i, p := range c.Params {
			fields = append(fields, goName(p.Name)+": "+g.argumentSample(p, i+1))
		}
		args = append(args, "superoffice."+m.Request.Name+"{"+strings.Join(fields, ", ")+"}")
	} else {
		for i, p := range c.Params {
			args = append(args, g.argumentSample(p, i+1))
		}
	}
	call := fmt.Sprintf("client.%s.%s(%s)", goName(c.Agent), m.Name, strings.Join(args, ", "))
	if c.Result == "" {
		return "return nil, " + call
	}
	return "return " + call
}

// argumentSample is a Go expression for the n-th argument of a call.
func (g *generator) argumentSample(p apidef.Param, n int) string {
	if p.Secret {
		return fmt.Sprintf("%q", "secret of "+p.Name)
	}
	return g.sample(p.Type, p.Name, n, true)
}

// sample is a Go expression of type t that is named for a parameter and its
// number. A carrier is a pointer unless the type around it says what it is.
func (g *generator) sample(t apidef.Type, name string, n int, pointer bool) string {
	if element, ok := t.List(); ok {
		return qualified(g.goType(t)) + "{" + g.sample(element, name+" 1", n, false) + ", " + g.sample(element, name+" 2", n+1, false) + "}"
	}
	if value, ok := t.Dictionary(); ok {
		return qualified(g.goType(t)) + fmt.Sprintf("{%q: %s}", name+" key", g.sample(value, name, n, false))
	}
	if e := g.Enum(t); e != nil {
		return "superoffice." + constantPrefix(e) + goName(e.Members[len(e.Members)-1-n%len(e.Members)].Name)
	}
	if c := g.Carrier(t); c != nil {
		return g.carrierSample(c, name, n, pointer)
	}
	return basicSample(t, name, n)
}

func basicSample(t apidef.Type, name string, n int) string {
	switch t {
	case "int", "long":
		return fmt.Sprint(11 * n)
	case "double":
		return fmt.Sprintf("%d.5", 11*n)
	case "bool":
		return fmt.Sprint(n%2 == 1)
	case "value":
		return fmt.Sprintf("superoffice.IntValue(%d)", 11*n)
	case "bytes":
		return fmt.Sprintf("[]byte(%q)", name+" bytes")
	case "stream":
		return fmt.Sprintf("strings.NewReader(%q)", name+" bytes")
	case "time":
		return fmt.Sprintf("sampleTime(%d)", n)
	case "date":
		return fmt.Sprintf("superoffice.DateOf(1970, 5, %d)", n)
	case "span":
		return fmt.Sprintf("sampleSpan(%d)", n)
	}
	return fmt.Sprintf("%q", name+" text")
}

// carrierSample is a carrier with its first text or number filled in, and all
// secrets, those in the carriers that it holds too.
func (g *generator) carrierSample(c *apidef.Carrier, name string, n int, pointer bool) string {
	address := ""
	if c.Any != "" {
		c, pointer = g.Subtypes(c.Name)[0], true
	}
	if pointer {
		address = "&"
	}
	return address + "superoffice." + g.carrierName(c) + "{" + strings.Join(g.filled(c, name, n, nil), ", ") + "}"
}

func (g *generator) filled(c *apidef.Carrier, name string, n int, around []string) (fields []string) {
	around = append(around, c.Name)
	if i := firstOf(c, "string"); i >= 0 {
		fields = append(fields, g.fields(c)[i].Name+fmt.Sprintf(": %q", name+" text"))
	} else if i := firstOf(c, "int"); i >= 0 {
		fields = append(fields, g.fields(c)[i].Name+fmt.Sprintf(": %d", 11*n))
	}
	for i, m := range c.Members {
		field := g.fields(c)[i]
		inner := g.Carrier(m.Type.Innermost())
		switch {
		case m.Secret:
			fields = append(fields, fmt.Sprintf("%s: %q", field.Name, "secret of "+name+"."+m.Name))
		case inner != nil && inner.Any == "" && g.holdsSecrets(m.Type) && !slices.Contains(around, inner.Name):
			fields = append(fields, field.Name+": "+g.around(m.Type, strings.Join(g.filled(inner, name+"."+m.Name, n, around), ", ")))
		}
	}
	return fields
}

// around puts the fields of a carrier into the type that holds it.
func (g *generator) around(t apidef.Type, fields string) string {
	if element, ok := t.List(); ok {
		return qualified(g.goType(t)) + "{" + strings.TrimPrefix(g.around(element, fields), "&"+qualified(g.elementType(element))) + "}"
	}
	if value, ok := t.Dictionary(); ok {
		return qualified(g.goType(t)) + `{"key": ` + strings.TrimPrefix(g.around(value, fields), "&"+qualified(g.elementType(value))) + "}"
	}
	return "&superoffice." + g.carrierName(g.Carrier(t)) + "{" + fields + "}"
}

// firstOf is the place of the first member of a type that is no secret, or -1.
func firstOf(c *apidef.Carrier, t apidef.Type) int {
	return slices.IndexFunc(c.Members, func(m apidef.Member) bool { return m.Type == t && !m.Secret })
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
