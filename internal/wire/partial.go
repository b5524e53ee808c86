package wire

import (
	"reflect"
	"sync"
)

// MarkPartial marks every carrier in *out, carriers inside carriers too, as
// one that was fetched with some of its members only. Copies that are made of
// a carrier afterwards are marked with it; what is read from its JSON is not.
func MarkPartial(out any) { marker{}.mark(reflect.ValueOf(out).Elem()) }

// marker maps what carriers keep to the same with the mark. Carriers share
// what they keep, with copies too that are not to be marked, so it is never
// changed where it is.
type marker map[*record]*record

func (m marker) mark(v reflect.Value) {
	if !holdsCarriers(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			m.mark(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			m.mark(v.Index(i))
		}
	case reflect.Map:
		m.markEntries(v)
	case reflect.Struct:
		s := structOf(v.Type())
		if s.keeps {
			slot := v.Addr().Interface().(keeper).slot()
			*slot = m.marked(*slot)
		}
		for i := range s.members {
			m.mark(s.members[i].of(v))
		}
	}
}

// marked returns r with the mark.
func (m marker) marked(r *record) *record {
	if known := m[r]; known != nil {
		return known
	}
	marked := new(record)
	if r != nil {
		*marked = *r
	}
	marked.partial = true
	m[r] = marked
	return marked
}

// markEntries marks the carriers in a dictionary, whose values cannot be
// changed if they are.
func (m marker) markEntries(v reflect.Value) {
	entry := reflect.New(v.Type().Elem()).Elem()
	for each := v.MapRange(); each.Next(); {
		entry.Set(each.Value())
		m.mark(entry)
		v.SetMapIndex(each.Key(), entry)
	}
}

var carrierTypes sync.Map // reflect.Type -> whether there may be carriers in it

// holdsCarriers reports whether there may be carriers in a value of type t.
func holdsCarriers(t reflect.Type) bool {
	known, ok := carrierTypes.Load(t)
	if !ok {
		known, _ = carrierTypes.LoadOrStore(t, mayHoldCarriers(t))
	}
	return known.(bool)
}

func mayHoldCarriers(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return keeps(t) || kindsOf(t) != nil || isOwnStruct(t) && !isText(t)
}

// IsPartial reports whether in is or holds, at any depth, a carrier that
// MarkPartial has marked. A marked one inside a whole one counts too: an address
// is saved with its company.
func IsPartial(in any) bool {
	v := reflect.ValueOf(in)
	return v.IsValid() && isPartial(v)
}

func isPartial(v reflect.Value) bool {
	if !holdsCarriers(v.Type()) {
		return false
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && isPartial(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if isPartial(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		entry := reflect.New(v.Type().Elem()).Elem()
		for each := v.MapRange(); each.Next(); {
			if entry.SetIterValue(each); isPartial(entry) {
				return true
			}
		}
	case reflect.Struct:
		return isPartialStruct(v)
	}
	return false
}

func isPartialStruct(v reflect.Value) bool {
	s := structOf(v.Type())
	if s.recall(v).partial {
		return true
	}
	for i := range s.members {
		if isPartial(s.members[i].of(v)) {
			return true
		}
	}
	return false
}
