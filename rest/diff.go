package rest

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// dictionariesByKey has custom fields, and other dictionaries, patched key by key:
// /CustomFields/SuperOffice:1. The vendor documents such paths for ExtraFields, and
// does not say whether a dictionary that is replaced keeps the keys that are not
// sent. Without this switch a dictionary is sent with all of its keys, which is
// right whatever a server does, but takes back what others have changed in it.
const dictionariesByKey = true

// Diff returns the changes that make after of before, two values of the same
// carrier, mostly what was fetched and a changed [Clone] of it. It compares what
// they are on the wire, members that this package does not know included, so that
// null, empty and missing are told apart. Equal ones give an empty patch.
//
// Carriers inside are compared by their members, and dictionaries such as
// CustomFields by their keys. A list is replaced as a whole, unless its elements
// have IDs that are the same as before, one by one: then they are compared too. A
// carrier that was fetched with Select can be patched in the members that it has.
//
// What the server computes must not be changed: TableRight, FieldProperties,
// _Links, what begins with Updated, and the entity's own ID. If it was, that is an
// [superoffice.ErrInvalidArgument] that names it. Inside of other carriers the
// first of these are passed over.
func Diff[T any](before, after *T) (Patch, error) {
	if before == nil || after == nil {
		return Patch{}, fmt.Errorf("%w: Diff got a nil carrier", superoffice.ErrInvalidArgument)
	}
	return diff(reflect.TypeFor[T](), before, after)
}

func diff(t reflect.Type, before, after any) (Patch, error) {
	a, err := treeOf(before)
	if err != nil {
		return Patch{}, err
	}
	b, err := treeOf(after)
	if err != nil {
		return Patch{}, err
	}
	if a.kind != '{' || b.kind != '{' {
		return Patch{}, fmt.Errorf("%w: Diff got %s, which is no carrier", superoffice.ErrInvalidArgument, t)
	}
	d := differ{ownID: idOf(t)}
	d.carrier("", "", &a, &b, t)
	if d.computed != nil {
		return Patch{}, fmt.Errorf("%w: the server computes %s, which must stay as it came", superoffice.ErrInvalidArgument, strings.Join(d.computed, ", "))
	}
	return Patch{steps: d.steps, of: after}, nil
}

// differ collects the changes between two trees.
type differ struct {
	ownID    string
	steps    []step
	computed []string // members of the server's that were changed
}

func (d *differ) add(s step) { d.steps = append(d.steps, s) }

// isComputed reports whether the server computes a member.
func isComputed(name string) bool {
	return name == "TableRight" || name == "FieldProperties" || name == "_Links" || strings.HasPrefix(name, "Updated")
}

// carrier compares two objects of a carrier by their members.
func (d *differ) carrier(path, identity string, a, b *node, t reflect.Type) {
	d.members(path, a, b, func(name string, was, is *node) {
		atTop := path == ""
		switch {
		case atTop && (isComputed(name) || name == d.ownID):
			if was == nil || is == nil || !same(was, is) {
				d.computed = append(d.computed, name)
			}
		case !isComputed(name):
			d.value(path+"/"+escape(name), identity, was, is, wire.MemberType(t, name))
		}
	})
}

// members calls compare with each member that one of two objects has; what is nil
// is missing.
func (d *differ) members(_ string, a, b *node, compare func(name string, was, is *node)) {
	for _, name := range b.names {
		compare(name, a.member(name), b.member(name))
	}
	for _, name := range a.names {
		if b.member(name) == nil {
			compare(name, a.member(name), nil)
		}
	}
}

// value compares two values of a type, which is nil if it is not known.
func (d *differ) value(path, identity string, was, is *node, t reflect.Type) {
	switch {
	case was == nil:
		d.add(step{op: "add", path: path, value: is.raw, identity: identity})
	case is == nil:
		d.add(step{op: "remove", path: path, identity: identity})
	case same(was, is):
	case was.kind == '{' && is.kind == '{' && t != nil && isDictionary(t):
		if !dictionariesByKey {
			d.add(step{op: "replace", path: path, value: is.raw, identity: identity})
			return
		}
		d.members(path, was, is, func(key string, was, is *node) {
			d.value(path+"/"+escape(key), identity, was, is, nil)
		})
	case was.kind == '{' && is.kind == '{' && t != nil && wire.HasMembers(t):
		d.carrier(path, identity, was, is, t)
	case was.kind == '[' && is.kind == '[' && t != nil && wire.HasMembers(t) && d.elements(path, was, is, t):
	default:
		d.add(step{op: "replace", path: path, value: is.raw, identity: identity})
	}
}

func isDictionary(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Map
}

// elements compares two lists whose elements have the same IDs, and reports
// whether they do.
func (d *differ) elements(path string, was, is *node, t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	id := idOf(t)
	if id == "" || len(was.nodes) != len(is.nodes) {
		return false
	}
	seen := make(map[string]bool)
	for i := range was.nodes {
		before, after := was.nodes[i].member(id), is.nodes[i].member(id)
		if before == nil || after == nil || before.kind != '0' || string(before.raw) == "0" || !same(before, after) || seen[string(before.raw)] {
			return false
		}
		seen[string(before.raw)] = true
	}
	for i := range was.nodes {
		at := path + "/" + strconv.Itoa(i)
		d.carrier(at, at+"/"+escape(id), &was.nodes[i], &is.nodes[i], t)
	}
	return true
}

// same reports whether two values say the same. What the server computes in
// carriers inside does not count.
func same(a, b *node) bool {
	if bytes.Equal(a.raw, b.raw) {
		return true
	}
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case '"':
		return a.text() == b.text()
	case '[':
		if len(a.nodes) != len(b.nodes) {
			return false
		}
		for i := range a.nodes {
			if !same(&a.nodes[i], &b.nodes[i]) {
				return false
			}
		}
		return true
	case '{':
		return within(a, b) && within(b, a)
	}
	return false
}

// within reports whether all members of an object are the same in another one.
func within(a, b *node) bool {
	for i, name := range a.names {
		if isComputed(name) {
			continue
		}
		if other := b.member(name); other == nil || !same(&a.nodes[i], other) {
			return false
		}
	}
	return true
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// idOf is the member of a carrier that is its own ID: the one that is named after
// it, or after the end of its name, or else the first that looks like one.
func idOf(t reflect.Type) string {
	names, _ := wire.Members(t)
	base := strings.ToLower(strings.TrimSuffix(t.Name(), "Entity"))
	first, similar := "", ""
	for _, name := range names {
		stem, isID := strings.CutSuffix(strings.ToLower(name), "id")
		if member := wire.MemberType(t, name); !isID || member.Kind() != reflect.Int {
			continue
		}
		switch {
		case stem == base:
			return name
		case similar == "" && strings.HasSuffix(base, stem):
			similar = name
		case first == "":
			first = name
		}
	}
	if similar != "" {
		return similar
	}
	return first
}
