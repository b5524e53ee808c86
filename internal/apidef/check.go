package apidef

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// checker collects what does not fit in a definition.
type checker struct {
	*Definition
	problems []error
}

// check returns an error for each thing that does not fit: names that are there
// twice, types that are not there, calls and kinds that lack something.
func (d *Definition) check() error {
	k := checker{Definition: d}
	for _, a := range d.Agents {
		k.agent(a)
	}
	for _, e := range d.Entities {
		k.entity(e)
	}
	for i, c := range d.Carriers {
		if i > 0 && d.Carriers[i-1].Name == c.Name || d.Enum(Type(c.Name)) != nil || Type(c.Name).IsBasic() {
			k.wrong(c, "there are two types %q", c.Name)
		}
		k.carrier(c)
	}
	for i, e := range d.Enums {
		if i > 0 && d.Enums[i-1].Name == e.Name || Type(e.Name).IsBasic() {
			k.wrong(e, "there are two types %q", e.Name)
		}
		k.enum(e)
	}
	return errors.Join(k.problems...)
}

// wrong notes what is wrong at the position of a definition.
func (k *checker) wrong(at any, format string, args ...any) {
	k.problems = append(k.problems, fmt.Errorf("%s: %s", k.positions[at], fmt.Sprintf(format, args...)))
}

func (k *checker) agent(a *Agent) {
	if i := slices.IndexFunc(k.Agents, func(other *Agent) bool { return strings.EqualFold(other.Name, a.Name) }); k.Agents[i] != a {
		k.wrong(a, "there are two agents %q", a.Name)
	}
	seen := make(map[string]bool)
	for _, c := range a.Calls {
		if name := strings.ToLower(c.Name); seen[name] {
			k.wrong(c, "the agent %s has two calls %q", a.Name, c.Name)
		} else {
			seen[name] = true
		}
		k.call(c)
	}
}

func (k *checker) entity(e *Entity) {
	if k.Entity(e.Name) != e {
		k.wrong(e, "there are two entities %q", e.Name)
	}
	seen, routes := make(map[string]bool), make(map[string]bool)
	for _, c := range e.Calls {
		name, route := strings.ToLower(c.Name), c.Method+" "+c.Route
		if seen[name] || routes[route] {
			k.wrong(c, "the entity %s has two calls %q, or two at %s", e.Name, c.Name, route)
		}
		seen[name], routes[route] = true, true
		if agent, call, ok := strings.Cut(c.Twin, "/"); c.Twin != "" && (!ok || k.agentCall(agent, call) == nil) {
			k.wrong(c, "%s: there is no call %q of an agent", c.Name, c.Twin)
		}
		k.call(c)
	}
	for i, l := range e.Lists {
		if i > 0 && e.Lists[i-1].Name == l.Name {
			k.wrong(l, "there are two lists %q", l.Name)
		}
		k.known(l, l.Name, l.Of)
	}
}

func (k *checker) agentCall(agent, name string) *Call {
	if a := k.Agent(agent); a != nil {
		for _, c := range a.Calls {
			if c.Name == name {
				return c
			}
		}
	}
	return nil
}

func (k *checker) call(c *Call) {
	if c.Shape != ShapeMembers && c.Shape != ShapeBody && c.Shape != ShapeQuery {
		k.wrong(c, "%s: %q is not where parameters go; query and body are, and nothing is the members of the body", c.Name, c.Shape)
	}
	if body := k.bodyParams(c); c.Shape != ShapeMembers && body != 1 {
		k.wrong(c, "%s: a %s takes one parameter", c.Name, c.Shape)
	}
	k.route(c)
	seen := make(map[string]bool)
	for _, p := range c.Params {
		if name := strings.ToLower(p.Name); seen[name] {
			k.wrong(c, "%s: there are two parameters %q", c.Name, p.Name)
		} else {
			seen[name] = true
		}
		k.known(c, c.Name, p.Type)
	}
	if c.Result != "" {
		k.known(c, c.Name, c.Result)
	}
}

// bodyParams counts the parameters of a call that do not go into the address by
// its route.
func (k *checker) bodyParams(c *Call) (n int) {
	for _, p := range c.Params {
		if !p.Query && c.In(&p) != "path" {
			n++
		}
	}
	return n
}

// route makes sure that the parameters of a route are those of the call.
func (k *checker) route(c *Call) {
	if c.Route == "" {
		for _, p := range c.Params {
			if p.Query {
				k.wrong(c, "%s: query is for calls with a route; an agent's call has it before its parameters", c.Name)
			}
		}
		return
	}
	for _, name := range c.RouteParams() {
		i := slices.IndexFunc(c.Params, func(p Param) bool { return p.Name == name })
		if i < 0 || c.Params[i].Type != "int" && c.Params[i].Type != "string" && k.Enum(c.Params[i].Type) == nil {
			k.wrong(c, "%s: the route names %q, which is no parameter of type int or string, and no enum", c.Name, name)
		}
	}
	if strings.HasPrefix(c.Route, "/") || strings.ContainsAny(c.Route, "?#") {
		k.wrong(c, "%s: the route begins below the API folder and has no query", c.Name)
	}
}

// known makes sure that a type is defined.
func (k *checker) known(at any, where string, t Type) {
	t = t.Innermost()
	if t.IsBasic() || k.Carrier(t) != nil || k.Enum(t) != nil {
		return
	}
	names := make([]string, 0, len(BasicTypes))
	for _, b := range BasicTypes {
		names = append(names, string(b.Name))
	}
	k.wrong(at, "%s: there is no type %q: it is no carrier, no enum, and none of %s", where, t, strings.Join(names, ", "))
}

func (k *checker) carrier(c *Carrier) {
	seen := make(map[string]bool)
	for _, m := range c.Members {
		at := memberOf{c, m.Name}
		if name := strings.ToLower(m.Name); seen[name] {
			k.wrong(at, "%s has two members %q", c.Name, m.Name)
		} else {
			seen[name] = true
		}
		k.known(at, c.Name+"."+m.Name, m.Type)
	}
	base := k.Carrier(Type(c.Of))
	switch {
	case (c.By == "") != (c.Any == ""):
		k.wrong(c, "%s: by and any go together", c.Name)
	case c.By != "" && !seen[strings.ToLower(c.By)]:
		k.wrong(c, "%s: there is no member %q to tell its kinds apart by", c.Name, c.By)
	case (c.Of == "") != (c.When == ""):
		k.wrong(c, "%s: of and when go together", c.Name)
	case c.Of != "" && base == nil:
		k.wrong(c, "%s: there is no base %q", c.Name, c.Of)
	case c.Of != "" && base.By == "":
		k.wrong(c, "%s: the base %s has no by, to tell its kinds apart", c.Name, c.Of)
	}
}

func (k *checker) enum(e *Enum) {
	if len(e.Members) == 0 {
		k.wrong(e, "%s has no members", e.Name)
	}
	seen := make(map[string]bool)
	for _, m := range e.Members {
		if seen[m.Name] {
			k.wrong(e, "%s has two members %q", e.Name, m.Name)
		}
		seen[m.Name] = true
	}
}
