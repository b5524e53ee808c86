package wire

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A list or dictionary of plain values has no place of its own for what Go
// cannot say of them, such as null instead of an empty text. The carrier around
// it keeps its JSON. If the program changed one entry, the others still go
// out as they came.

// amend writes v, which came as raw and was changed since.
func (c *codec) amend(b []byte, v reflect.Value, raw []byte) ([]byte, error) {
	if c.element == nil || v.IsNil() {
		return c.encode(b, v)
	}
	if v.Kind() == reflect.Map {
		return c.amendEntries(b, v, raw)
	}
	return c.amendElements(b, v, raw)
}

// amendEntry writes one entry. One that is new has no raw.
func (c *codec) amendEntry(b []byte, v reflect.Value, raw []byte) ([]byte, error) {
	switch {
	case raw == nil:
		return c.encode(b, v)
	case c.standsFor(raw, v):
		return append(b, raw...), nil
	}
	return c.amend(b, v, raw)
}

// amendEntries writes a dictionary, in the order of its keys.
func (c *codec) amendEntries(b []byte, v reflect.Value, raw []byte) ([]byte, error) {
	type entry struct{ name, value []byte }
	came := make(map[string]entry)
	err := eachEntry(raw, func(key string, name, value jsontext.Value) { came[key] = entry{name, value} })
	if err != nil {
		return c.encode(b, v)
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		was := came[key.String()]
		if was.name != nil {
			b = append(b, was.name...)
		} else if b, err = appendQuoted(b, key.String()); err != nil {
			return nil, err
		} else {
			b = append(b, ':')
		}
		if b, err = c.element().amendEntry(b, v.MapIndex(key), was.value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// amendElements writes a list. In one of another length the elements before
// and behind the change are those that came.
func (c *codec) amendElements(b []byte, v reflect.Value, raw []byte) ([]byte, error) {
	came, err := Elements(raw)
	if err != nil {
		return c.encode(b, v)
	}
	element, n := c.element(), v.Len()
	if len(came) != n {
		came = aligned(came, n, func(i int, raw []byte) bool { return element.standsFor(raw, v.Index(i)) })
	}
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = element.amendEntry(b, v.Index(i), came[i]); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// aligned spreads the elements that came over a list of n: those at its start
// that stand for what is there now, and then those at its end. The others are
// nil.
func aligned(came []jsontext.Value, n int, standsFor func(i int, raw []byte) bool) []jsontext.Value {
	all, most := make([]jsontext.Value, n), min(n, len(came))
	first := 0
	for ; first < most && standsFor(first, came[first]); first++ {
		all[first] = came[first]
	}
	for last := 1; last <= most-first && standsFor(n-last, came[len(came)-last]); last++ {
		all[n-last] = came[len(came)-last]
	}
	return all
}

// standsFor reports whether raw still says what the Go value says.
func (c *codec) standsFor(raw []byte, v reflect.Value) bool {
	if c.scalar && string(raw) == "null" {
		return v.IsZero()
	}
	then := reflect.New(v.Type()).Elem()
	if err := c.unmarshal(raw, then); err != nil {
		return false
	}
	if v.CanFloat() && math.IsNaN(v.Float()) {
		return math.IsNaN(then.Float())
	}
	return reflect.DeepEqual(then.Interface(), v.Interface())
}
