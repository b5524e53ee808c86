package wire

import (
	"reflect"
	"strings"
	"sync"
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

// subtyped is what a pointer to such a base carrier implements, and to each of
// its kinds.
type subtyped interface{ Subtypes() []any }

// mark is the member that tells a kind, and its value.
type mark struct {
	index int
	value reflect.Value
}

// markOf returns the mark of t, nil for what is no kind.
func markOf(t reflect.Type, s *structType) *mark {
	base, ok := reflect.New(t).Interface().(subtyped)
	if !ok {
		return nil
	}
	for _, one := range base.Subtypes() {
		v := reflect.ValueOf(one).Elem()
		for i := 0; i < len(s.members) && v.Type() == t; i++ {
			if value := s.members[i].of(v); value.Kind() == reflect.String && !value.IsZero() {
				return &mark{i, value}
			}
		}
	}
	return nil
}

// kinds describes an interface type that stands for kinds.
type kinds struct {
	base  reflect.Type
	by    string                  // the member that tells the kind
	types map[string]reflect.Type // by that member's text in small letters
	all   *structType             // the members of all kinds together
}

var kindTypes sync.Map // reflect.Type -> *kinds, nil for interfaces of other sorts

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

func newKinds(t reflect.Type) *kinds {
	method, ok := t.MethodByName("Base")
	if !ok || method.Type.NumIn() != 0 || method.Type.NumOut() != 1 || method.Type.Out(0).Kind() != reflect.Pointer {
		return nil
	}
	k := &kinds{base: method.Type.Out(0).Elem(), types: make(map[string]reflect.Type), all: newStructType()}
	base, ok := reflect.New(k.base).Interface().(subtyped)
	if !ok || !keeps(k.base) {
		return nil
	}
	k.all.join(structOf(k.base))
	for _, one := range base.Subtypes() {
		kind := reflect.TypeOf(one).Elem()
		s := structOf(kind)
		if s.mark != nil {
			k.by = s.members[s.mark.index].name
			k.types[strings.ToLower(s.mark.value.String())] = kind
		}
		k.all.join(s)
	}
	return k
}

// join takes the members of another struct that s does not have.
func (s *structType) join(other *structType) {
	for _, m := range other.members {
		if _, known := s.byName[m.name]; !known {
			s.take(m)
		}
	}
}

// named returns the kind that is marked so, or the base.
func (k *kinds) named(mark string) reflect.Type {
	if t, ok := k.types[strings.ToLower(mark)]; ok {
		return t
	}
	return k.base
}

// kindCodec is the codec of an interface type that stands for kinds. A kind of
// the program's own is written with the codec of its type.
func (c *Codecs) kindCodec(k *kinds) *codec {
	return &codec{
		decode: func(d *decoder, v reflect.Value) (bool, error) { return k.decode(d, v, c) },
		encode: func(b []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return append(b, "null"...), nil
			}
			return c.of(v.Elem().Type()).encode(b, v.Elem())
		},
	}
}

// decode reads an object as the kind that it says it is; null is nil.
func (k *kinds) decode(d *decoder, v reflect.Value, c *Codecs) (bool, error) {
	switch d.peek() {
	case 'n':
		v.SetZero()
		return true, d.literal("null")
	case '{':
	default:
		return false, d.mismatch("an object")
	}
	mark, err := k.lookAhead(d)
	if err != nil {
		return false, err
	}
	one := reflect.New(k.named(mark))
	_, err = c.of(one.Type().Elem()).decode(d, one.Elem())
	v.Set(one)
	return true, err
}

// lookAhead finds the member that tells the kind in the object that is next,
// and goes back to its start. If that member comes last, and there are kinds
// inside kinds, the inner ones would be read over once for each that they are
// in; so the decoder notes where objects and lists end, and passes over each
// once.
func (k *kinds) lookAhead(d *decoder) (mark string, err error) {
	d.looking = true
	defer func(pos, depth int) { d.pos, d.depth, d.looking = pos, depth, false }(d.pos, d.depth)
	more, err := d.enter('}')
	for more && err == nil {
		name, _, err := d.name()
		if err != nil {
			return "", err
		}
		raw, err := d.value()
		if err != nil {
			return "", err
		}
		if strings.EqualFold(unquote(name), k.by) {
			return text(raw), nil
		}
		if more, err = d.next('}'); err != nil {
			return "", err
		}
	}
	return "", err
}
