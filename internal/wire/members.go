package wire

import (
	"reflect"
	"strings"
)

// Members returns the names of the members that a value of type t has on the
// wire, and whether t is something that has members: a carrier, or a list of
// carriers, or a pointer to one.
func Members(t reflect.Type) (names []string, ok bool) {
	s := membersOf(innermost(t))
	if s == nil {
		return nil, false
	}
	for _, m := range s.members {
		names = append(names, m.name)
	}
	return names, true
}

// membersOf returns the members of a carrier, or those of all its kinds.
func membersOf(t reflect.Type) *structType {
	if k := kindsOf(t); k != nil {
		return k.all
	}
	if t.Kind() != reflect.Struct || (isText(t) || hasJSONMethods(t)) && !keeps(t) {
		return nil
	}
	return structOf(t)
}

// HasMembers reports whether a value of type t is a carrier, or a list of
// carriers, or a pointer to one.
func HasMembers(t reflect.Type) bool { return membersOf(innermost(t)) != nil }

// MemberType returns the type of the member of t with the given name, case
// apart, or nil.
func MemberType(t reflect.Type, name string) reflect.Type {
	s := membersOf(innermost(t))
	if s == nil {
		return nil
	}
	for _, m := range s.members {
		if strings.EqualFold(m.name, name) {
			return m.typ
		}
	}
	return nil
}

// IsOpen reports whether any name goes below a value of type t: a dictionary, or
// a value of which no Go type says what it is.
func IsOpen(t reflect.Type) bool {
	t = innermost(t)
	return t.Kind() == reflect.Map || membersOf(t) == nil && !isText(t) && (t.Kind() == reflect.Interface || hasJSONMethods(t))
}

// innermost sees through pointers and lists.
func innermost(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		t = t.Elem()
	}
	return t
}

// HasMember reports whether a member is set in *out, a carrier, whose name
// ignored does not report; in a list, whether one is in every carrier.
func HasMember(out any, ignored func(name string) bool) bool {
	return hasMember(reflect.ValueOf(out).Elem(), ignored)
}

func hasMember(v reflect.Value, ignored func(name string) bool) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && hasMember(v.Elem(), ignored)
	case reflect.Slice:
		for i := range v.Len() {
			if !hasMember(v.Index(i), ignored) {
				return false
			}
		}
		return true
	case reflect.Struct:
		s := structOf(v.Type())
		for i := range s.members {
			if m := &s.members[i]; !m.of(v).IsZero() && !ignored(m.name) {
				return true
			}
		}
	}
	return false
}
