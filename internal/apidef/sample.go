package apidef

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// Samples returns arguments for a call, by the names of its parameters, as JSON
// has them on the wire with its numbers kept as they are written. No two in a
// call are alike: a text says which parameter or member it is for, and a number
// or date is given once. In a carrier one member is filled, and all that are
// secret, at whatever depth.
//
// The generator writes them as Go, for the test that makes every call, and that
// test compares what arrives with them.
//
// Booleans cannot all differ at once. They do over Rounds of samples, in which
// nothing else changes.
func (d *Definition) Samples(c *Call, round int) map[string]any {
	s := samples{definition: d, number: firstNumber - 1}
	all := make(map[string]any, len(c.Params))
	booleans := 0
	for _, p := range c.Params {
		if p.Type == "bool" {
			booleans++
			all[p.Name] = SampleBool(booleans, round)
			continue
		}
		all[p.Name] = s.value(p.Type, p.Name)
	}
	return all
}

// Rounds returns how many rounds of samples it takes to tell the booleans of a
// call from one another, and from what is always the same.
func (c *Call) Rounds() int {
	booleans := uint(0)
	for _, p := range c.Params {
		if p.Type == "bool" {
			booleans++
		}
	}
	return bits.Len(booleans + 1)
}

// SampleBool reports whether the nth boolean of a call, counted from 1, is true in
// a round: a digit of n is.
func SampleBool(n, round int) bool { return n>>round&1 == 1 }

// firstNumber is where the numbers of a call begin: none is alike to a default.
const firstNumber = 101

// samples makes the samples of one call.
type samples struct {
	definition *Definition
	number     int
	inside     []*Carrier // what is being made, from the outside in
}

func (s *samples) next() int {
	s.number++
	return s.number
}

// value is a sample of type t for what the path leads to.
func (s *samples) value(t Type, path string) any {
	if element, ok := t.List(); ok {
		return []any{s.value(element, path)}
	}
	if value, ok := t.Dictionary(); ok {
		return map[string]any{"the " + path + " key": s.value(value, path)}
	}
	if e := s.definition.Enum(t); e != nil {
		return e.Members[len(e.Members)-1].Name
	}
	if c := s.definition.Carrier(t); c != nil {
		return s.carrier(c, path)
	}
	return s.basic(t, path)
}

// basic is a sample of a type without a definition. The words around a name
// keep one text from being a part of another.
func (s *samples) basic(t Type, path string) any {
	switch t {
	case "int", "long":
		return json.Number(fmt.Sprint(s.next()))
	case "double":
		return json.Number(fmt.Sprintf("%d.5", s.next()))
	case "bool":
		return true
	case "time":
		return s.clock("2006-01-02T15:04:05Z")
	case "span":
		return s.clock("15:04:05")
	case "date":
		return time.Date(1970, time.January, s.next(), 0, 0, 0, 0, time.UTC).Format("2006-01-02T15:04:05")
	case "value":
		return fmt.Sprintf("[I:%d]", s.next())
	case "bytes", "stream":
		return base64.StdEncoding.EncodeToString([]byte("the " + path + " bytes"))
	}
	return "the " + path + " text"
}

// clock writes a minute of a day that no other sample has.
func (s *samples) clock(layout string) string {
	return time.Date(2026, time.May, 4, 0, s.next(), 0, 0, time.UTC).Format(layout)
}

// carrier is a sample of a carrier. Of one that has kinds it is the first.
func (s *samples) carrier(c *Carrier, path string) any {
	object := make(map[string]any)
	if kinds := s.definition.Subtypes(c.Name); c.Any != "" && len(kinds) > 0 {
		object[c.By], c = kinds[0].When, kinds[0]
	}
	s.inside = append(s.inside, c)
	defer func() { s.inside = s.inside[:len(s.inside)-1] }()
	telling := telling(c)
	for _, m := range c.Members {
		again := slices.Contains(s.inside, s.definition.Carrier(m.Type.Innermost()))
		if m.Secret || m.Name == telling || s.definition.HoldsSecret(m.Type) && !again {
			object[m.Name] = s.value(m.Type, path+"."+m.Name)
		}
	}
	return object
}

// telling is the member of a carrier that says best which one it is: a text, a
// number if it has none, or else anything that is no carrier.
func telling(c *Carrier) (name string) {
	rank := 0
	for _, m := range c.Members {
		is := map[Type]int{"string": 3, "int": 2, "long": 2, "double": 1, "time": 1, "bool": 1, "[]string": 1, "[]int": 1}[m.Type]
		if is > rank && !m.Secret {
			name, rank = m.Name, is
		}
	}
	return name
}

// Secrets calls found with each secret in a value of type t, as JSON has it:
// the secret, and which member of which carrier it is.
func (d *Definition) Secrets(t Type, value any, found func(secret, member string)) {
	switch value := value.(type) {
	case []any:
		element, _ := t.List()
		for _, one := range value {
			d.Secrets(element, one, found)
		}
	case map[string]any:
		if inner, ok := t.Dictionary(); ok {
			for _, one := range value {
				d.Secrets(inner, one, found)
			}
			return
		}
		c := d.Carrier(t)
		if c == nil {
			return
		}
		for _, m := range d.membersOf(c) {
			if text, ok := value[m.Name].(string); ok && m.Secret {
				found(text, c.Name+"."+m.Name)
				continue
			}
			d.Secrets(m.Type, value[m.Name], found)
		}
	}
}

// HoldsSecret reports whether a value of type t may hold a secret, at whatever
// depth.
func (d *Definition) HoldsSecret(t Type) bool { return len(d.SecretMembers(t)) > 0 }

// SecretMembers are the carriers and members that Secrets may find in a value
// of type t.
func (d *Definition) SecretMembers(t Type) []string {
	var all []string
	seen := make(map[Type]bool)
	var follow func(t Type)
	follow = func(t Type) {
		c := d.Carrier(t.Innermost())
		if c == nil || seen[Type(c.Name)] {
			return
		}
		seen[Type(c.Name)] = true
		for _, m := range d.membersOf(c) {
			if m.Secret {
				all = append(all, c.Name+"."+m.Name)
			}
			follow(m.Type)
		}
	}
	follow(t)
	return all
}

// membersOf are the members of a carrier, of its base, and of all kinds of it.
func (d *Definition) membersOf(c *Carrier) (all []Member) {
	if base := d.Carrier(Type(c.Of)); base != nil {
		all = append(all, base.Members...)
	}
	all = append(all, c.Members...)
	for _, kind := range d.Subtypes(c.Name) {
		all = append(all, kind.Members...)
	}
	return all
}
