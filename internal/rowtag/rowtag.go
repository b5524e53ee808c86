// Package rowtag reads the tags that bind the fields of a struct to columns:
//
//	ID      int      `so:"saleId,key"`
//	Company Company  `so:"contact"` // a struct: its columns begin with contact/
package rowtag

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Field is a field of a struct that is bound to a column.
type Field struct {
	Name   string // in Go: "Company.Name"
	Column string // with the prefixes of the structs around it: "contact/name"
	Key    bool
	Index  []int // as reflect.Value.FieldByIndex takes it
	Type   reflect.Type
}

// Fields returns the fields of a struct type that have tags, in their order,
// those of embedded structs among them. isValue reports whether a struct type is
// the value of one column, and not a group of columns of its own.
func Fields(t reflect.Type, isValue func(reflect.Type) bool) ([]Field, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is no struct", t)
	}
	w := walk{isValue: isValue, seen: make(map[string]string)}
	if err := w.fields(t, "", "", nil, 0); err != nil {
		return nil, err
	}
	if len(w.all) == 0 {
		return nil, fmt.Errorf("%s has no field with a tag such as `so:\"name\"`", t)
	}
	return w.all, nil
}

// walk collects the fields of a struct.
type walk struct {
	isValue func(reflect.Type) bool
	all     []Field
	seen    map[string]string // the Go name by the column in lower case
	key     string
}

// deepest bounds how deep structs nest, one within itself included.
const deepest = 16

func (w *walk) fields(t reflect.Type, within, prefix string, index []int, depth int) error {
	if depth > deepest {
		return fmt.Errorf("the fields of %s nest too deep", t)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append(make([]int, 0, len(index)+1), index...), i)
		if err := w.field(f, within+f.Name, prefix, at, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) field(f reflect.StructField, name, prefix string, index []int, depth int) error {
	tag, tagged := f.Tag.Lookup("so")
	switch {
	case tag == "-":
		return nil
	case !tagged && f.Anonymous && f.Type.Kind() == reflect.Struct && !w.isValue(f.Type):
		return w.fields(f.Type, name+".", prefix, index, depth+1)
	case !tagged && f.Anonymous && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
		return wrong(name, "is an embedded pointer; embed the struct itself")
	case !tagged:
		return nil
	case !f.IsExported():
		return wrong(name, "has a tag, and is not exported")
	}
	column, options, _ := strings.Cut(tag, ",")
	key := false
	switch options {
	case "":
	case "key":
		key = true
	default:
		// Column functions have commas of their own: GroupBy(stage):Header,Footer.
		if !strings.Contains(column, ":") {
			return wrong(name, "has the tag "+strconv.Quote(tag)+"; behind the column only key may follow")
		}
		column = tag
	}
	if strings.TrimSpace(column) != column || column == "" {
		return wrong(name, "has the tag "+strconv.Quote(tag)+", which names no column")
	}
	if f.Type.Kind() == reflect.Struct && !w.isValue(f.Type) {
		if key {
			return wrong(name, "is a struct, and cannot be the key")
		}
		if last := column[len(column)-1]; last != '/' && last != '.' {
			column += "/"
		}
		return w.fields(f.Type, name+".", prefix+column, index, depth+1)
	}
	return w.add(Field{Name: name, Column: prefix + column, Key: key, Index: index, Type: f.Type})
}

func wrong(field, what string) error { return fmt.Errorf("the field %s %s", field, what) }

func (w *walk) add(f Field) error {
	lower := strings.ToLower(f.Column)
	if other, twice := w.seen[lower]; twice {
		return fmt.Errorf("the fields %s and %s have the same column %s", other, f.Name, f.Column)
	}
	if f.Key && w.key != "" {
		return fmt.Errorf("the fields %s and %s are both marked as the key", w.key, f.Name)
	}
	if f.Key {
		w.key = f.Name
	}
	w.seen[lower] = f.Name
	w.all = append(w.all, f)
	return nil
}
