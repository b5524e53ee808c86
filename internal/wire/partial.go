package wire

import "reflect"

// MarkPartial marks every carrier in *out as one that was fetched with some of
// its members only. Copies of it are marked too; what is made from its JSON is
// not.
func MarkPartial(out any) { markPartial(reflect.ValueOf(out).Elem()) }

func markPartial(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && holdsCarriers(v.Type()) {
			markPartial(v.Elem())
		}
	case reflect.Slice:
		if holdsCarriers(v.Type()) {
			for i := range v.Len() {
				markPartial(v.Index(i))
			}
		}
	case reflect.Map:
		if holdsCarriers(v.Type()) {
			markEntries(v)
		}
	case reflect.Struct:
		if keeps(v.Type()) {
			markCarrier(v)
		}
	}
}

func markCarrier(v reflect.Value) {
	slot := v.Addr().Interface().(keeper).slot()
	marked := record{partial: true}
	if *slot != nil {
		marked = **slot
		marked.partial = true
	}
	*slot = &marked
	for _, m := range structOf(v.Type()).members {
		markPartial(m.of(v))
	}
}

// markEntries marks the carriers in a dictionary, whose values cannot be
// changed in place.
func markEntries(v reflect.Value) {
	for _, key := range v.MapKeys() {
		entry := reflect.New(v.Type().Elem()).Elem()
		entry.Set(v.MapIndex(key))
		markPartial(entry)
		v.SetMapIndex(key, entry)
	}
}

// holdsCarriers tells whether there may be carriers below a value of type t.
func holdsCarriers(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return keeps(t) || kindsOf(t) != nil
}

// IsPartial tells whether in is, lists or has among its members a carrier that
// MarkPartial has marked. Carriers inside a carrier do not count: they are
// saved by themselves.
func IsPartial(in any) bool {
	v := reflect.ValueOf(in)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct && !keeps(v.Type()) && isOwnStruct(v.Type()) {
		for i := range v.NumField() {
			if isPartial(v.Field(i)) {
				return true
			}
		}
		return false
	}
	return isPartial(v)
}

func isPartial(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && isPartial(v.Elem())
	case reflect.Slice, reflect.Map:
		if !holdsCarriers(v.Type()) {
			return false
		}
		if v.Kind() == reflect.Map {
			for _, key := range v.MapKeys() {
				if isPartial(v.MapIndex(key)) {
					return true
				}
			}
			return false
		}
		for i := range v.Len() {
			if isPartial(v.Index(i)) {
				return true
			}
		}
		return false
	case reflect.Struct:
		if keeps(v.Type()) {
			return structOf(v.Type()).recall(v).partial
		}
	}
	return false
}
