package wire

import (
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Some carriers come in kinds: a base with members of its own for each value
// of one member. In Go they are an interface with a method Base that returns
// the base carrier; each kind embeds the base, and the base lists an empty one
// of each, marked as such:
//
//	type Shape interface{ Base() *ShapeBase }
//	func (*ShapeBase) Subtypes() []any { return []any{&Circle{ShapeBase{Type: "Circle"}}} }
//
// A kind that is not listed is read as the base, which keeps its members.

// subtyped is what a pointer to such a base carrier implements.
type subtyped interface{ Subtypes() []any }

// kinds describes such an interface type.
type kinds struct {
	base   reflect.Type
	by     string                  // the member that tells the kind
	marked map[string]reflect.Type // by the member's text in small letters
	marks  map[reflect.Type]reflect.Value
	all    func() *structType
}

// kindsOf describes t, or is nil for other types.
func kindsOf(t reflect.Type) *kinds {
	if t == nil || t.Kind() != reflect.Interface {
		return nil
	}
	if known, ok := kindTypes.Load(t); ok {
		return known.(*kinds)
	}
	known, _ := kindTypes.LoadOrStore(t, newKinds(t))
	return known.(*kinds)
}

var kindTypes sync.Map // reflect.Type -> *kinds, nil for interfaces of other sorts

func newKinds(t reflect.Type) *kinds {
	method, ok := t.MethodByName("Base")
	if !ok || method.Type.NumIn() != 0 || method.Type.NumOut() != 1 || method.Type.Out(0).Kind() != reflect.Pointer {
		return nil
	}
	k := &kinds{base: method.Type.Out(0).Elem(), marked: make(map[string]reflect.Type), marks: make(map[reflect.Type]reflect.Value)}
	base, ok := reflect.New(k.base).Interface().(subtyped)
	if !ok || !keeps(k.base) {
		return nil
	}
	for _, one := range base.Subtypes() {
		v := reflect.ValueOf(one).Elem()
		for _, m := range structOf(v.Type()).members {
			if mark := m.of(v); !mark.IsZero() {
				k.by = m.name
				k.marked[strings.ToLower(mark.String())] = v.Type()
				k.marks[v.Type()] = mark
			}
		}
	}
	k.all = sync.OnceValue(k.join)
	return k
}

// join returns the members of all kinds together.
func (k *kinds) join() *structType {
	all := &structType{byName: make(map[string]int)}
	for _, t := range append([]reflect.Type{k.base}, k.types()...) {
		for _, m := range structOf(t).members {
			if _, known := all.byName[m.name]; !known {
				all.byName[m.name] = len(all.members)
				all.members = append(all.members, m)
			}
		}
	}
	return all
}

func (k *kinds) types() (types []reflect.Type) {
	for _, one := range reflect.New(k.base).Interface().(subtyped).Subtypes() {
		types = append(types, reflect.TypeOf(one).Elem())
	}
	return types
}

// named returns the kind that is marked so, or the base.
func (k *kinds) named(mark string) reflect.Type {
	if t, ok := k.marked[strings.ToLower(mark)]; ok {
		return t
	}
	return k.base
}

func (k *kinds) codec() *codec { return &codec{decode: k.decode, encode: k.encode} }

func (k *kinds) decode(d *decoder, v reflect.Value) (bool, error) {
	kind := d.PeekKind()
	switch kind {
	case 'n':
		v.SetZero()
		return true, d.SkipValue()
	case '{':
	default:
		return false, d.mismatch(kind, "an object")
	}
	raw, err := d.ReadValue()
	if err != nil {
		return false, err
	}
	one := reflect.New(k.named(k.mark(raw)))
	if err := unmarshal(raw, one.Elem()); err != nil {
		return false, err
	}
	v.Set(one)
	return true, nil
}

// mark reads the member that tells the kind out of an object.
func (k *kinds) mark(object jsontext.Value) (mark string) {
	d := newDecoder(object)
	defer d.free()
	_, _ = d.ReadToken() // the object is known to be whole
	for d.PeekKind() == '"' {
		name, _ := d.ReadValue()
		hit := unquote(name) == k.by
		value, _ := d.ReadValue()
		if hit {
			mark = text(value)
		}
	}
	return mark
}

// encode writes a kind; one that is not marked yet is marked.
func (k *kinds) encode(b []byte, v reflect.Value) ([]byte, error) {
	if v.IsNil() || v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil() {
		return append(b, "null"...), nil
	}
	one := reflect.Indirect(v.Elem())
	if mark, ok := k.marks[one.Type()]; ok {
		s := structOf(one.Type())
		m := s.members[s.byName[k.by]]
		if m.of(one).IsZero() {
			marked := reflect.New(one.Type()).Elem()
			marked.Set(one)
			m.of(marked).Set(mark)
			one = marked
		}
	}
	return codecOf(one.Type()).encode(b, one)
}
