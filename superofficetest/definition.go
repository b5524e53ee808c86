package superofficetest

import (
	"net/http"
	"strings"
	"sync"

	"github.com/superoffice-go/superoffice/api"
	"github.com/superoffice-go/superoffice/internal/apidef"
)

// definition is the API as the server needs it.
type definition struct {
	*apidef.Definition
	calls    map[string]*apidef.Call // by "agent/call" in lower case
	carriers map[apidef.Type]*apidef.Carrier
	enums    map[apidef.Type]*apidef.Enum
	agents   map[string]*apidef.Agent
	actions  map[string]action // by "agent/call" in lower case
	routed   []*apidef.Call    // calls with a route of their own
}

// theAPI is read once for all servers of a program. It is never changed.
var theAPI = sync.OnceValue(func() *definition {
	read, err := apidef.Read(api.Files())
	if err != nil {
		panic("superofficetest: " + err.Error()) // its tests would not have passed
	}
	return newDefinition(read)
})

// newDefinition finds in a definition what the server looks up.
func newDefinition(read *apidef.Definition) *definition {
	d := &definition{
		Definition: read, calls: make(map[string]*apidef.Call), carriers: make(map[apidef.Type]*apidef.Carrier),
		enums: make(map[apidef.Type]*apidef.Enum), agents: make(map[string]*apidef.Agent),
	}
	for _, a := range read.Agents {
		d.agents[a.Name] = a
	}
	for _, c := range read.Calls() {
		d.calls[strings.ToLower(c.Agent+"/"+c.Name)] = c
		if c.Route != "" {
			d.routed = append(d.routed, c)
		}
	}
	for _, c := range read.Carriers {
		d.carriers[apidef.Type(c.Name)] = c
	}
	for _, e := range read.Enums {
		d.enums[apidef.Type(e.Name)] = e
	}
	d.actions = d.findActions()
	return d
}

// route finds the call with a route of its own that a request is for, and the
// values of the route's parameters. allowed are the methods that the path
// takes, if it takes another one only.
func (d *definition) route(method, path string) (c *apidef.Call, values map[string]string, allowed []string) {
	for _, candidate := range d.routed {
		found, ok := matchRoute(candidate, path)
		switch {
		case ok && (candidate.Verb() == method || candidate.Verb() == http.MethodGet && method == http.MethodHead):
			return candidate, found, nil
		case ok:
			allowed = append(allowed, candidate.Verb())
		}
	}
	return nil, nil, allowed
}

// matchRoute holds a path against a route, without regard to case. A parameter
// that is a number takes nothing else, so that Contact/{id} leaves
// Contact/default to another route.
func matchRoute(c *apidef.Call, path string) (values map[string]string, ok bool) {
	parts, given := strings.Split(c.Route, "/"), strings.Split(path, "/")
	if len(parts) != len(given) {
		return nil, false
	}
	values = make(map[string]string)
	for i, part := range parts {
		name, isParam := strings.CutPrefix(part, "{")
		name = strings.TrimSuffix(name, "}")
		switch {
		case !isParam && !strings.EqualFold(part, given[i]):
			return nil, false
		case isParam && param(c, name).Type == "int" && !scalarForms["int"].fits(given[i]):
			return nil, false
		case isParam:
			values[name] = given[i]
		}
	}
	return values, true
}

// members returns the members of a carrier, those of its base included.
func (d *definition) members(c *apidef.Carrier) []apidef.Member {
	if c.Of == "" {
		return c.Members
	}
	base := d.carriers[apidef.Type(c.Of)].Members
	return append(append(make([]apidef.Member, 0, len(base)+len(c.Members)), base...), c.Members...)
}

// member returns the member of a carrier with a name in any case, or nil.
func (d *definition) member(c *apidef.Carrier, name string) *apidef.Member {
	for _, m := range d.members(c) {
		if strings.EqualFold(m.Name, name) {
			return &m
		}
	}
	return nil
}

// kind returns the carrier that an object of a base carrier is, by its mark.
func (d *definition) kind(c *apidef.Carrier, object map[string]any) *apidef.Carrier {
	mark, _ := member(object, c.By)
	for _, sub := range d.Subtypes(c.Name) {
		if text, ok := mark.(string); ok && strings.EqualFold(text, sub.When) {
			return sub
		}
	}
	return c
}
