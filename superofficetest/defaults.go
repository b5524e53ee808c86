package superofficetest

import (
	"encoding/json"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// createsDefault reports whether a call returns a carrier that is to be filled
// in and saved.
func (d *definition) createsDefault(c *apidef.Call) bool {
	return strings.HasPrefix(c.Name, "CreateDefault") && d.carriers[c.Result] != nil
}

// fresh is the answer of a call that returns a carrier with default values. It
// is empty but for the rights, and for what the call's parameters say by name,
// so that nothing is saved that the caller did not write.
func (s sampler) fresh(c *apidef.Call, body any) map[string]any {
	carrier := s.carriers[c.Result]
	in, _ := body.(map[string]any)
	if carrier.By != "" {
		carrier = s.kind(carrier, s.markFrom(c, carrier, in))
	}
	object := s.blank(carrier)
	for _, p := range c.Params {
		value, given := member(in, p.Name)
		if name := s.saidBy(p, carrier); given && name != "" {
			object[name] = s.named(p.Type, value)
		}
	}
	return object
}

// saidBy is the member that a parameter gives the value of: the one of its name
// and type, or the only one of its enum. It is empty if there is none.
func (s sampler) saidBy(p apidef.Param, carrier *apidef.Carrier) string {
	if m := s.member(carrier, p.Name); m != nil && m.Type == p.Type {
		return m.Name
	}
	if s.enums[p.Type] == nil {
		return ""
	}
	var names []string
	for _, m := range s.members(carrier) {
		if m.Type == p.Type {
			names = append(names, m.Name)
		}
	}
	if len(names) != 1 {
		return ""
	}
	return names[0]
}

// markFrom is an object with the mark of the kind of carrier that a parameter
// of the mark's type asks for.
func (s sampler) markFrom(c *apidef.Call, base *apidef.Carrier, in map[string]any) map[string]any {
	mark := s.member(base, base.By)
	for _, p := range c.Params {
		if value, given := member(in, p.Name); given && p.Type == mark.Type {
			return map[string]any{mark.Name: s.named(p.Type, value)}
		}
	}
	return nil
}

// blank is a carrier with empty members.
func (s sampler) blank(c *apidef.Carrier) map[string]any {
	object := make(map[string]any)
	for _, m := range s.members(c) {
		object[m.Name] = s.empty(m)
	}
	if c.Of != "" {
		object[s.carriers[apidef.Type(c.Of)].By] = c.When
	}
	return object
}

// empty is the value of a member that has none. Only the rights of the caller
// are there from the start.
func (s sampler) empty(m apidef.Member) any {
	if m.Name == "TableRight" || m.Name == "FieldProperties" {
		return s.value(m.Type, m.Name, sampleDepth)
	}
	if _, ok := m.Type.List(); ok {
		return []any{}
	}
	if _, ok := m.Type.Dictionary(); ok {
		return map[string]any{}
	}
	if e := s.enums[m.Type]; e != nil {
		if name, ok := enumName(e, "0").(string); ok {
			return name
		}
		return nil
	}
	switch m.Type {
	case "int", "long", "double":
		return json.Number("0")
	case "bool":
		return false
	case "string":
		return ""
	case "time", "date":
		return "0001-01-01T00:00:00"
	case "span":
		return "00:00:00"
	}
	return nil
}
