// Package enum finds the members of the API's enums by name and number, and
// works on sets of flags that are texts.
package enum

import (
	mathbits "math/bits"
	"slices"
	"strconv"
	"strings"
)

// Members lists the members of an enum with their numbers.
type Members []Member

// Member is a member of an enum.
type Member struct {
	Name   string
	Number int64
}

// Named returns the name of the member whose number text is, or text itself.
func (s Members) Named(text []byte) string {
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		for _, m := range s {
			if m.Number == n {
				return m.Name
			}
		}
	}
	return string(text)
}

// Flags lists the names of an enum whose values combine, with their bits.
type Flags []Flag

// Flag is a name of a set of flags.
type Flag struct {
	Name string
	Bits uint64
}

// Named returns the name of the member whose bits are the number text, or text
// itself: a number that stands for several members is one that Has understands.
func (s Flags) Named(text []byte) string {
	if n, err := strconv.ParseUint(string(text), 10, 64); err == nil {
		for _, f := range s {
			if f.Bits == n {
				return f.Name
			}
		}
	}
	return string(text)
}

// Bits returns the bits of the names in text that are known.
func (s Flags) Bits(text string) uint64 { return s.held(text).bits }

// Has reports whether text holds every flag that wanted names.
func (s Flags) Has(text, wanted string) bool { return s.held(text).has(s, wanted) }

// held is what a text of flags says, in a form to look things up in.
type held struct {
	bits  uint64          // of the names that are known
	names map[string]bool // the others, in small letters
}

// held takes a text apart.
func (s Flags) held(text string) (h held) {
	for name := range Names(text) {
		h.add(s, name)
	}
	return h
}

func (h *held) add(s Flags, name string) {
	bits, known := s.bitsOf(name)
	if known {
		h.bits |= bits
		return
	}
	if h.names == nil {
		h.names = make(map[string]bool)
	}
	h.names[strings.ToLower(name)] = true
}

// has reports whether all flags that wanted names are held.
func (h held) has(s Flags, wanted string) bool {
	for name := range Names(wanted) {
		if !h.hasOne(s, name) {
			return false
		}
	}
	return true
}

func (h held) hasOne(s Flags, name string) bool {
	if bits, known := s.bitsOf(name); known {
		return h.bits&bits == bits
	}
	return h.names[strings.ToLower(name)]
}

// With returns text with the names of added that it does not hold yet. What
// text says stays as it is, but a name for none goes when another comes.
func (s Flags) With(text, added string) string {
	h := s.held(text)
	if h.has(s, added) {
		return text
	}
	bits, numeric := s.number(text)
	if more := s.held(added); numeric && more.names == nil {
		return strconv.FormatUint(bits|more.bits, 10)
	}
	all := slices.DeleteFunc(slices.Collect(Names(text)), s.isNone)
	for name := range Names(added) {
		if !h.hasOne(s, name) {
			h.add(s, name)
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// Without returns text with nothing left of the flags that removed names. A
// composed name gives way to the names of what is left of it; if nothing is
// left, the name for none stands, or 0.
func (s Flags) Without(text, removed string) string {
	gone := s.held(removed)
	if s.holdsNone(text, gone) {
		return text
	}
	if bits, numeric := s.number(text); numeric {
		return strconv.FormatUint(bits&^gone.bits, 10)
	}
	var left []string
	seen := make(map[string]bool)
	keep := func(all ...string) {
		for _, name := range all {
			if lower := strings.ToLower(name); !seen[lower] {
				seen[lower] = true
				left = append(left, name)
			}
		}
	}
	for name := range Names(text) {
		switch bits, known := s.bitsOf(name); {
		case !known && gone.names[strings.ToLower(name)]:
		case bits&gone.bits == 0:
			keep(name)
		default:
			keep(s.singles(bits &^ gone.bits)...)
		}
	}
	if len(left) == 0 {
		return s.none()
	}
	return strings.Join(left, ", ")
}

// holdsNone reports whether text has nothing of gone.
func (s Flags) holdsNone(text string, gone held) bool {
	for name := range Names(text) {
		bits, known := s.bitsOf(name)
		if bits&gone.bits != 0 || !known && gone.names[strings.ToLower(name)] {
			return false
		}
	}
	return true
}

// number returns the bits of a text that is one number.
func (s Flags) number(text string) (bits uint64, ok bool) {
	bits, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	return bits, err == nil
}

// singles returns the first name of each bit, and a number for those without.
func (s Flags) singles(bits uint64) (all []string) {
	for _, f := range s {
		if mathbits.OnesCount64(f.Bits) == 1 && bits&f.Bits != 0 {
			all = append(all, f.Name)
			bits &^= f.Bits
		}
	}
	if bits != 0 {
		all = append(all, strconv.FormatUint(bits, 10))
	}
	return all
}

// none is the name of the empty set.
func (s Flags) none() string {
	for _, f := range s {
		if f.Bits == 0 {
			return f.Name
		}
	}
	return "0"
}

func (s Flags) isNone(name string) bool {
	bits, known := s.bitsOf(name)
	return known && bits == 0
}

// bitsOf returns the bits of one name or number.
func (s Flags) bitsOf(name string) (bits uint64, known bool) {
	for _, f := range s {
		if strings.EqualFold(f.Name, name) {
			return f.Bits, true
		}
	}
	if n, err := strconv.ParseInt(name, 0, 64); err == nil {
		return uint64(n), true
	}
	return 0, false
}

// Names yields the names in a comma-joined text.
func Names(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name != "" && !yield(name) {
				return
			}
		}
	}
}
