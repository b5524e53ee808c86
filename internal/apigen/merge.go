package main

import (
	"fmt"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// merge brings the current definition up to the vendor's facts. Our own
// knowledge in it stays: documentation, classes, names, types marked as our
// own, subtypes. It returns what was added, removed and changed.
func merge(current, vendor *apidef.Definition) (*apidef.Definition, []string) {
	m := merger{current: current}
	for _, a := range vendor.Agents {
		m.agent(a)
	}
	for _, e := range vendor.Entities {
		m.entity(e)
	}
	for _, c := range vendor.Carriers {
		m.carrier(c)
	}
	for _, e := range vendor.Enums {
		m.enum(e)
	}
	m.removed(vendor)
	vendor.Sort()
	assignFiles(vendor)
	return vendor, m.changes
}

type merger struct {
	current *apidef.Definition
	changes []string
}

func (m *merger) say(format string, args ...any) {
	m.changes = append(m.changes, fmt.Sprintf(format, args...))
}

func (m *merger) agent(a *apidef.Agent) {
	old := m.current.Agent(a.Name)
	if old == nil {
		m.say("added   agent %s, %d calls", a.Name, len(a.Calls))
		return
	}
	a.Doc = old.Doc
	if old.Online != a.Online {
		m.say("changed agent %s: online %q, was %q", a.Name, a.Online, old.Online)
	}
	before := byName(old.Calls, func(c *apidef.Call) string { return c.Name })
	for _, c := range a.Calls {
		m.call(c, before[c.Name])
		delete(before, c.Name)
	}
	for name, c := range before {
		if c.Newer {
			a.Calls = append(a.Calls, c)
			continue
		}
		m.say("removed call %s/%s", a.Name, name)
	}
}

// entity is agent for an entity, whose calls are known by their routes: their
// names are ours.
func (m *merger) entity(e *apidef.Entity) {
	old := m.current.Entity(e.Name)
	if old == nil {
		m.say("added   entity %s, %d calls, %d lists", e.Name, len(e.Calls), len(e.Lists))
		return
	}
	e.Doc = old.Doc
	route := func(c *apidef.Call) string { return c.Method + " " + c.Route }
	before := byName(old.Calls, route)
	for _, c := range e.Calls {
		if was := before[route(c)]; was != nil {
			c.Name = was.Name
		}
		m.call(c, before[route(c)])
		delete(before, route(c))
	}
	for gone := range before {
		m.say("removed %s", gone)
	}
	lists := byName(old.Lists, func(l *apidef.List) string { return l.Name })
	for _, l := range e.Lists {
		switch was := lists[l.Name]; {
		case was == nil:
			m.say("added   list %s", l.Name)
		case *was != *l:
			m.say("changed list %s: %+v, was %+v", l.Name, *l, *was)
		}
		delete(lists, l.Name)
	}
	for gone := range lists {
		m.say("removed list %s", gone)
	}
}

func (m *merger) call(c, old *apidef.Call) {
	name := c.Agent + c.Entity + "/" + c.Name
	if old == nil {
		m.say("added   call %s", name)
		return
	}
	c.Doc, c.Write, c.Again, c.Secret = old.Doc, old.Write, old.Again, old.Secret
	before := byName(old.Params, func(p apidef.Param) string { return p.Name })
	for i := range c.Params {
		p := &c.Params[i]
		was, ok := before[p.Name]
		if !ok {
			m.say("added   parameter %s of %s", p.Name, name)
			continue
		}
		delete(before, p.Name)
		p.As, p.Required, p.Secret = was.As, was.Required, was.Secret
		if was.Own {
			p.Type, p.Own = was.Type, true
		}
		m.changed(name+", parameter "+p.Name, was.Type, p.Type)
	}
	for gone := range before {
		m.say("removed parameter %s of %s", gone, name)
	}
	m.changed(name+", result", old.Result, c.Result)
	m.changed(name+", shape", old.Shape, c.Shape)
	m.changed(name+", whole", old.Whole, c.Whole)
	m.changed(name+", slow", old.Slow, c.Slow)
	m.changed(name+", online", old.Online, c.Online)
	m.changed(name+", twin", old.Twin, c.Twin)
	m.changed(name+", conditions", [2]bool{old.Modified, old.Unmodified}, [2]bool{c.Modified, c.Unmodified})
}

func (m *merger) changed(what string, before, after any) {
	if before != after {
		m.say("changed %s: %v, was %v", what, after, before)
	}
}

func (m *merger) carrier(c *apidef.Carrier) {
	old := m.current.Carrier(apidef.Type(c.Name))
	if old == nil {
		m.say("added   carrier %s", c.Name)
		return
	}
	c.Doc, c.As, c.Hand, c.File = old.Doc, old.As, old.Hand, old.File
	c.By, c.Any = old.By, old.Any
	before := byName(old.Members, func(m apidef.Member) string { return m.Name })
	for i := range c.Members {
		member := &c.Members[i]
		was, ok := before[member.Name]
		if !ok {
			m.say("added   member %s.%s", c.Name, member.Name)
			continue
		}
		delete(before, member.Name)
		member.As, member.Doc, member.Newer, member.Secret = was.As, was.Doc, was.Newer, was.Secret
		if was.Own {
			member.Type, member.Own = was.Type, true
		}
		m.changed(c.Name+"."+member.Name, was.Type, member.Type)
	}
	for _, was := range old.Members {
		switch _, gone := before[was.Name]; {
		case !gone:
		case was.Newer && was.Own:
			c.Members = append(c.Members, was)
		default:
			m.say("removed member %s.%s", c.Name, was.Name)
		}
	}
}

func (m *merger) enum(e *apidef.Enum) {
	old := m.current.Enum(apidef.Type(e.Name))
	if old == nil {
		m.say("added   enum %s", e.Name)
		return
	}
	e.Doc, e.As, e.Prefix, e.Hand, e.File = old.Doc, old.As, old.Prefix, old.Hand, old.File
	before := byName(old.Members, func(m apidef.EnumMember) string { return m.Name })
	for _, member := range e.Members {
		was, ok := before[member.Name]
		if !ok {
			m.say("added   %s %s", e.Name, member.Name)
			continue
		}
		delete(before, member.Name)
		m.changed(e.Name+" "+member.Name, was.Value, member.Value)
	}
	for gone := range before {
		m.say("removed %s %s", e.Name, gone)
	}
	m.changed(e.Name+", flags", old.Flags, e.Flags)
}

// removed tells what the vendor no longer has. The subtypes, and carriers
// written by hand, are ours to keep.
func (m *merger) removed(vendor *apidef.Definition) {
	for _, a := range m.current.Agents {
		if vendor.Agent(a.Name) == nil {
			m.say("removed agent %s", a.Name)
		}
	}
	for _, e := range m.current.Entities {
		if vendor.Entity(e.Name) == nil {
			m.say("removed entity %s", e.Name)
		}
	}
	var ours []*apidef.Carrier
	newer := m.newer()
	for _, c := range m.current.Carriers {
		switch {
		case vendor.Carrier(apidef.Type(c.Name)) != nil:
		case c.Of != "", c.Hand, newer[apidef.Type(c.Name)]:
			ours = append(ours, c)
		default:
			m.say("removed carrier %s", c.Name)
		}
	}
	vendor.Carriers = append(vendor.Carriers, ours...)
	for _, e := range m.current.Enums {
		if vendor.Enum(apidef.Type(e.Name)) == nil {
			m.say("removed enum %s", e.Name)
		}
	}
}

// newer are the types of calls and members that the vendor's document does not
// have yet.
func (m *merger) newer() map[apidef.Type]bool {
	seen := make(map[apidef.Type]bool)
	for _, c := range m.current.Calls() {
		if c.Newer {
			for t := range used(m.current, []*apidef.Call{c}) {
				seen[t] = true
			}
		}
	}
	for _, c := range m.current.Carriers {
		for _, member := range c.Members {
			if member.Newer && member.Own {
				visit(m.current, member.Type, seen)
			}
		}
	}
	return seen
}

func byName[T any](all []T, name func(T) string) map[string]T {
	named := make(map[string]T, len(all))
	for _, one := range all {
		named[name(one)] = one
	}
	return named
}

// shared is the file of what more than one agent uses.
const shared = "shared"

// assignFiles finds a file for what has none: that of the one agent that uses it, or
// the shared one.
func assignFiles(d *apidef.Definition) {
	users := make(map[apidef.Type]string)
	for _, a := range d.Agents {
		for t := range used(d, a.Calls) {
			if users[t] != "" {
				users[t] = shared
			} else {
				users[t] = apidef.FileOf(a.Name)
			}
		}
	}
	for _, e := range d.Entities {
		for t := range used(d, e.Calls) {
			if users[t] == "" {
				users[t] = apidef.FileOf(e.Name)
			}
		}
	}
	file := func(name string) string {
		if f := users[apidef.Type(name)]; f != "" {
			return f
		}
		return shared
	}
	for _, c := range d.Carriers {
		if c.File == "" {
			c.File = file(c.Name)
		}
	}
	for _, e := range d.Enums {
		if e.File == "" {
			e.File = file(e.Name)
		}
	}
}

// used returns every type that calls take and return, and those inside of them.
func used(d *apidef.Definition, calls []*apidef.Call) map[apidef.Type]bool {
	seen := make(map[apidef.Type]bool)
	for _, c := range calls {
		visit(d, c.Result, seen)
		for _, p := range c.Params {
			visit(d, p.Type, seen)
		}
	}
	return seen
}

// visit marks every type that t is made of.
func visit(d *apidef.Definition, t apidef.Type, seen map[apidef.Type]bool) {
	t = t.Innermost()
	if t == "" || t.IsBasic() || seen[t] {
		return
	}
	seen[t] = true
	if c := d.Carrier(t); c != nil {
		for _, m := range c.Members {
			visit(d, m.Type, seen)
		}
		for _, sub := range d.Subtypes(c.Name) {
			visit(d, apidef.Type(sub.Name), seen)
		}
	}
}
