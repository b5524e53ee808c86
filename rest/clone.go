package rest

import "reflect"

// Clone returns a deep copy of a carrier, which remembers of its answer all that
// the carrier does: members that this package does not know, and that it was
// fetched with Select.
func Clone[T any](carrier *T) *T {
	if carrier == nil {
		return nil
	}
	return cloned(reflect.ValueOf(carrier)).Interface().(*T)
}

// cloneInside gives a value, which is a copy, its own of all that it shares.
func cloneInside(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			cloneElement(v)
		}
	case reflect.Slice:
		if !v.IsNil() {
			elements := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(elements, v)
			v.Set(elements)
			for i := range v.Len() {
				cloneInside(v.Index(i))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			entries := reflect.MakeMapWithSize(v.Type(), v.Len())
			for each := v.MapRange(); each.Next(); {
				entries.SetMapIndex(each.Key(), cloned(each.Value()))
			}
			v.Set(entries)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() {
				cloneInside(field)
			}
		}
	}
}

// cloneElement is cloneInside for what a pointer or an interface leads to.
func cloneElement(v reflect.Value) {
	if v.Kind() == reflect.Interface {
		v.Set(cloned(v.Elem()))
		return
	}
	element := reflect.New(v.Type().Elem())
	element.Elem().Set(cloned(v.Elem()))
	v.Set(element)
}

func cloned(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	cloneInside(c)
	return c
}
