package wire

import (
	"fmt"
	"io"
	"reflect"
	"sync"
)

var readerType = reflect.TypeFor[io.Reader]()

// Opaque returns an error if v is or holds something of which JSON would keep
// nothing, so that {} were sent for it without a word: a reader, or a struct
// without an exported field, such as a strings.Builder. What says itself how it
// is written is fine.
func Opaque(v any) error { return opaque(reflect.ValueOf(v), isOpaque) }

// HoldsReader returns an error if v is or holds a reader.
func HoldsReader(v any) error { return opaque(reflect.ValueOf(v), isReader) }

func opaque(v reflect.Value, refused func(reflect.Type) bool) error {
	if !v.IsValid() || !mayBeOpaque(v.Type()) {
		return nil
	}
	f := opaqueFinder{refused: refused, seen: make(map[place]bool)}
	return f.look(v)
}

func isReader(t reflect.Type) bool {
	return t.Kind() != reflect.Interface && !hasJSONMethods(t) && (t.Implements(readerType) || reflect.PointerTo(t).Implements(readerType))
}

func isOpaque(t reflect.Type) bool {
	if isReader(t) {
		return true
	}
	if t.Kind() != reflect.Struct || t.NumField() == 0 || isOwn(t) || hasJSONMethods(t) {
		return false
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() {
			return false
		}
	}
	return true
}

var opaqueTypes sync.Map // reflect.Type -> whether values of it may be or hold what is opaque

func mayBeOpaque(t reflect.Type) bool {
	known, ok := opaqueTypes.Load(t)
	if !ok {
		known, _ = opaqueTypes.LoadOrStore(t, mayHoldOpaque(t, make(map[reflect.Type]bool)))
	}
	return known.(bool)
}

func mayHoldOpaque(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || hasJSONMethods(t) && !keeps(t) {
		return false
	}
	seen[t] = true
	switch {
	case isOpaque(t) || t.Kind() == reflect.Interface:
		return true
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map:
		return mayHoldOpaque(t.Elem(), seen)
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); isWritten(f) && mayHoldOpaque(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// isWritten reports whether JSON has a member for a field, or for what it embeds.
func isWritten(f reflect.StructField) bool {
	return (f.IsExported() || f.Anonymous) && f.Tag.Get("json") != "-"
}

// place is where a value lies that may hold itself.
type place struct {
	typ    reflect.Type
	at     uintptr
	length int
}

type opaqueFinder struct {
	refused func(reflect.Type) bool
	seen    map[place]bool
}

func (f *opaqueFinder) look(v reflect.Value) error {
	t := v.Type()
	if !mayBeOpaque(t) {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil // null says all there is
		}
	}
	if f.refused(t) {
		return fmt.Errorf("it is or holds a %s, of which nothing would be sent; pass a reader alone, as a pointer, to have it sent as the body, or put in what it holds as a text or bytes", t)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		p := place{typ: t, at: v.Pointer()}
		if v.Kind() == reflect.Slice {
			p.length = v.Len()
		}
		if f.seen[p] {
			return nil
		}
		f.seen[p] = true
	}
	return f.lookInside(v)
}

func (f *opaqueFinder) lookInside(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return f.look(v.Elem())
	case reflect.Slice, reflect.Array:
		if !mayBeOpaque(v.Type().Elem()) {
			return nil
		}
		for i := range v.Len() {
			if err := f.look(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			if err := f.look(each.Value()); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !isWritten(v.Type().Field(i)) {
				continue
			}
			if err := f.look(v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}
