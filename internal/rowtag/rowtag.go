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
	err := w.fields(t, &Field{})
	if err == nil && len(w.all) == 0 {
		err = fmt.Errorf("%s has no field with a tag such as `so:\"name\"`", t)
	}
	return w.all, err
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

// fields collects those of a struct within another, of whose Name, Column and
// Index theirs are made.
func (w *walk) fields(t reflect.Type, within *Field) error {
	if len(within.Index) > deepest {
		return fmt.Errorf("the fields of %s nest too deep", t)
	}
	for i := range t.NumField() {
		one := t.Field(i)
		f := Field{Name: within.Name + one.Name, Type: one.Type, Index: make([]int, len(within.Index)+1)}
		f.Index[copy(f.Index, within.Index)] = i
		if problem, err := w.field(&f, &one, within.Column); problem != "" {
			return fmt.Errorf("the field %s %s", f.Name, problem)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// field collects a field, or those of the struct that it is. A problem is told as
// what the field is or has.
func (w *walk) field(f *Field, of *reflect.StructField, prefix string) (problem string, err error) {
	tag, tagged := of.Tag.Lookup("so")
	isGroup := f.Type.Kind() == reflect.Struct && !w.isValue(f.Type)
	switch {
	case tag == "-":
		return "", nil
	case !tagged && of.Anonymous && f.Type.Kind() == reflect.Struct && (isGroup || hasTags(f.Type)):
		isGroup = true // it may have the methods of a value from what it embeds
	case !tagged && of.Anonymous && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
		return "is an embedded pointer; embed the struct itself", nil
	case !tagged:
		return "", nil
	case !of.IsExported():
		return "has a tag, and is not exported", nil
	default:
		if problem = f.setTag(tag); problem != "" {
			return problem, nil
		}
	}
	if !isGroup {
		f.Column = prefix + f.Column
		return "", w.add(f)
	}
	if f.Key {
		return "is a struct, and cannot be the key", nil
	}
	if n := len(f.Column) - 1; n >= 0 && f.Column[n] != '/' && f.Column[n] != '.' {
		f.Column += "/"
	}
	before := len(w.all)
	within := Field{Name: f.Name + ".", Column: prefix + f.Column, Index: f.Index}
	if err = w.fields(f.Type, &within); err == nil && tagged && len(w.all) == before {
		return "is of the type " + f.Type.String() + ", which is no value of a column, and has no field with a tag", nil
	}
	return "", err
}

// hasTags reports whether a struct has fields with tags, those of embedded structs
// among them.
func hasTags(t reflect.Type) bool {
	for i := range t.NumField() {
		one := t.Field(i)
		tag, tagged := one.Tag.Lookup("so")
		if tagged && tag != "-" || !tagged && one.Anonymous && one.Type.Kind() == reflect.Struct && hasTags(one.Type) {
			return true
		}
	}
	return false
}

// Tag returns the tag that names a column, as the key or not, and whether there is
// one: a comma in a column, for example, may end it.
func Tag(column string, key bool) (tag string, ok bool) {
	tag = column
	if key {
		tag += ",key"
	}
	var f Field
	problem := f.setTag(tag)
	return tag, tag != "-" && problem == "" && f.Column == column && f.Key == key
}

// setTag sets what a tag says.
func (f *Field) setTag(tag string) (problem string) {
	column, options, _ := strings.Cut(tag, ",")
	if f.Key = options == "key"; !f.Key && options != "" {
		// Column functions have commas of their own: GroupBy(stage):Header,Footer.
		if !strings.Contains(column, ":") {
			return "has the tag " + strconv.Quote(tag) + "; behind the column only key may follow"
		}
		column = tag
	}
	if f.Column = column; column == "" || strings.TrimSpace(column) != column {
		return "has the tag " + strconv.Quote(tag) + ", which names no column"
	}
	return ""
}

func (w *walk) add(f *Field) error {
	lower := strings.ToLower(f.Column)
	if other, twice := w.seen[lower]; twice {
		return fmt.Errorf("the fields %s and %s have the same column %s", other, f.Name, f.Column)
	}
	w.seen[lower] = f.Name
	if f.Key {
		if w.key != "" {
			return fmt.Errorf("the fields %s and %s are both marked as the key", w.key, f.Name)
		}
		w.key = f.Name
	}
	w.all = append(w.all, *f)
	return nil
}

// IsNullable reports whether a type is one of database/sql's for a value that may
// be missing: two exported fields, the second of which reports whether it is there. The
// package itself would make every program larger.
func IsNullable(t reflect.Type) bool {
	_, isScanner := reflect.New(t).Interface().(interface{ Scan(src any) error })
	if !isScanner || t.Kind() != reflect.Struct || t.NumField() != 2 {
		return false
	}
	first, second := t.Field(0), t.Field(1)
	return first.IsExported() && second.Name == "Valid" && second.Type.Kind() == reflect.Bool
}
