package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// everyCall is the expression that makes a call with its samples, in the test
// that makes them all.
func (g *generator) everyCall(c *apidef.Call) string {
	m := g.method(c)
	samples := g.Samples(c, 0)
	args, fields := []string{"ctx"}, []string{}
	booleans := 0
	for _, p := range c.Params {
		arg := g.literal(p.Type, samples[p.Name], false)
		if p.Type == "bool" {
			booleans++
			arg = fmt.Sprintf("apidef.SampleBool(%d, round)", booleans)
		}
		args, fields = append(args, arg), append(fields, goName(p.Name)+": "+arg)
	}
	if m.Request != nil && m.Request.Exported {
		args = []string{"ctx", "superoffice." + m.Request.Name + "{" + strings.Join(fields, ", ") + "}"}
	}
	call := fmt.Sprintf("client.%s.%s(%s)", goName(c.Agent), m.Name, strings.Join(args, ", "))
	if c.Result == "" {
		return "return nil, " + call
	}
	return "return " + call
}

// everyEntityCall is everyCall for a call of an entity, through package rest.
func (g *generator) everyEntityCall(c *apidef.Call) string {
	samples := g.Samples(c, 0)
	args, options, booleans := []string{"ctx"}, []string{}, 0
	receiver := "entities." + goName(c.Entity)
	name := goName(c.Name)
	for _, p := range c.Params {
		arg := g.literal(p.Type, samples[p.Name], false)
		switch {
		case p.Type == "bool":
			booleans++
			arg = fmt.Sprintf("apidef.SampleBool(%d, round)", booleans)
		case p.Type == "patch":
			arg = "samplePatch()"
		}
		switch element, isList := p.Type.List(); {
		case c.List == "{"+p.Name+"}":
			receiver = "entities.Lists.By" + map[string]string{"id": "ID", "name": "Name"}[p.Name] + "(" + arg + ")"
		case p.Query && !p.Required && isList:
			options = append(options, "rest."+optionName(p.Name)+"("+g.literal(element, samples[p.Name].([]any)[0], true)+")")
		case p.Query && !p.Required:
			options = append(options, "rest."+optionName(p.Name)+"("+arg+")")
		default:
			args = append(args, arg)
		}
	}
	if p := partOf(c); p != nil {
		receiver, name = receiver+"."+p.Field, p.methods[c.Name]
	}
	if c.List != "" {
		name = cmp.Or(listNames[c.Name], c.Name)
		if !strings.HasPrefix(c.List, "{") {
			receiver = "entities.Lists." + goName(c.List)
		}
	}
	call := fmt.Sprintf("%s.%s(%s)", receiver, name, strings.Join(append(args, options...), ", "))
	if c.Result == "" {
		return "return nil, " + call
	}
	return "return " + call
}

// listNames are the methods of lists whose names are not those of the calls.
var listNames = map[string]string{"MDOItems": "MDOItems"}

// entityCallsInGo are the calls of entities that have a method of package rest
// which takes the same parameters.
func (g *generator) entityCallsInGo() (all []*apidef.Call) {
	for _, c := range g.EntityCalls() {
		if c.Result != "rows" && !(c.Entity == "Project" && c.Name == "SetImageInfo") {
			all = append(all, c)
		}
	}
	return all
}

// literal writes a sample of type t as Go. Inside a list or dictionary, whose
// type says what a carrier there is, that has no name.
func (g *generator) literal(t apidef.Type, sample any, inside bool) string {
	switch sample := sample.(type) {
	case []any:
		element, _ := t.List()
		return qualified(g.goType(t)) + "{" + g.literal(element, sample[0], true) + "}"
	case map[string]any:
		if value, ok := t.Dictionary(); ok {
			key := slices.Collect(maps.Keys(sample))[0]
			return fmt.Sprintf("%s{%q: %s}", qualified(g.goType(t)), key, g.literal(value, sample[key], true))
		}
		return g.carrierLiteral(g.Carrier(t), sample, inside)
	}
	text := fmt.Sprint(sample)
	if e := g.Enum(t); e != nil {
		return "superoffice." + constantPrefix(e) + goName(text)
	}
	switch t {
	case "string", "any":
		return strconv.Quote(text)
	case "bytes":
		return "sampleBytes(" + strconv.Quote(text) + ")"
	case "stream":
		return "sampleFile(" + strconv.Quote(text) + ")"
	case "time":
		return "sampleTime(" + strconv.Quote(text) + ")"
	case "date":
		day, _ := time.Parse("2006-01-02T15:04:05", text) // as a sample is written
		return day.Format("superoffice.DateOf(2006, 1, 2)")
	case "span":
		return "sampleSpan(" + strconv.Quote(text) + ")"
	case "value":
		return "superoffice.IntValue(" + strings.Trim(text, "[I:]") + ")"
	}
	return text
}

func (g *generator) carrierLiteral(c *apidef.Carrier, sample map[string]any, inside bool) string {
	name := "superoffice." + g.carrierName(c)
	of, embedded := c, ""
	if c.Any != "" { // a kind of it, which says so in a member of the base
		of = g.Subtypes(c.Name)[0]
		embedded = fmt.Sprintf("%s: %s{%s: superoffice.%s}", g.carrierName(c), name, goName(c.By), g.whenValue(of))
		name = "superoffice." + g.carrierName(of)
	}
	var fields []string
	if embedded != "" {
		fields = append(fields, embedded)
	}
	for i, f := range g.fields(of) {
		m := of.Members[i]
		if value, ok := sample[m.Name]; ok {
			fields = append(fields, f.Name+": "+g.literal(m.Type, value, false))
		}
	}
	prefix := "&" + name
	if inside && c.Any == "" {
		prefix = ""
	}
	return prefix + "{" + strings.Join(fields, ", ") + "}"
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
