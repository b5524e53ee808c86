package udef

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fieldcodec"
	"github.com/superoffice-go/superoffice/internal/rowtag"
)

// FieldError is a value that does not fit the field of the struct. The value stays
// where it is, and the other fields are read nevertheless.
type FieldError struct {
	// Key is the key of the value, and Field the name of the field in Go.
	Key, Field string
	Value      superoffice.FieldValue
	// Want says what was due, such as "a whole number".
	Want string
}

// Error implements error.
func (e *FieldError) Error() string {
	const most = 100
	text := string(e.Value)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return fmt.Sprintf("udef: the field %s (%s) has the value %q, which is not %s", e.Key, e.Field, text, e.Want)
}

// displaySuffix is behind the key of the text of a list's item.
const displaySuffix = ":DisplayText"

// Decode reads fields into a struct. Values that do not fit are left out of it:
// the error has a [FieldError] for each, and the struct all others. A struct that
// cannot work is a [superoffice.ErrInvalidArgument] that names its field.
func Decode[T any](f superoffice.CustomFields) (T, error) {
	var into T
	p, err := planOf(reflect.TypeFor[T]())
	if err != nil {
		return into, err
	}
	v := reflect.ValueOf(&into).Elem()
	var misfits []error
	for i := range p {
		if err := p[i].read(f, v.FieldByIndex(p[i].Index)); err != nil {
			misfits = append(misfits, err)
		}
	}
	return into, errors.Join(misfits...)
}

// Encode writes the fields of a struct that differ from what is there. A value that
// has no encoding is a [superoffice.ErrInvalidArgument], and nothing is written
// then. What is there and cannot be read stays, unless the struct has something
// else than zero for it.
func Encode[T any](v T, into *superoffice.CustomFields) error {
	if into == nil {
		return fmt.Errorf("%w: there are no fields to write into: into is nil", superoffice.ErrInvalidArgument)
	}
	p, err := planOf(reflect.TypeFor[T]())
	if err != nil {
		return err
	}
	changed := make(map[string]superoffice.FieldValue)
	from := reflect.ValueOf(&v).Elem()
	for i := range p {
		value, differs, err := p[i].write(*into, from.FieldByIndex(p[i].Index))
		if err != nil {
			return fmt.Errorf("%w: the field %s cannot be written: %w", superoffice.ErrInvalidArgument, p[i].Name, err)
		}
		if differs {
			changed[p[i].Column] = value
		}
	}
	for key, value := range changed {
		set(into, key, value)
	}
	return nil
}

// set sets the field of a key, in the case that it is spelled in already.
func set(into *superoffice.CustomFields, key string, value superoffice.FieldValue) {
	if _, ok := (*into)[key]; !ok {
		for other := range *into {
			if strings.EqualFold(other, key) {
				key = other
				break
			}
		}
	}
	into.Set(key, value)
}

// DecodeValues is [Decode] for a row of an extra table or a custom object.
func DecodeValues[T any](values map[string]string) (T, error) {
	fields := make(superoffice.CustomFields, len(values))
	for key, value := range values {
		fields[key] = superoffice.FieldValue(value)
	}
	return Decode[T](fields)
}

// EncodeValues is [Encode] for a row of an extra table or a custom object. No value is
// an empty text there.
func EncodeValues[T any](v T, into *map[string]string) error {
	if into == nil {
		return fmt.Errorf("%w: there are no values to write into: into is nil", superoffice.ErrInvalidArgument)
	}
	fields := make(superoffice.CustomFields, len(*into))
	for key, value := range *into {
		fields[key] = superoffice.FieldValue(value)
	}
	if err := Encode(v, &fields); err != nil {
		return err
	}
	if *into == nil {
		*into = make(map[string]string, len(fields))
	}
	for key, value := range fields {
		(*into)[key] = value.Text()
	}
	return nil
}

// planField is a field of a struct, and how its values are read and written.
type planField struct {
	rowtag.Field
	fieldcodec.Codec
}

var plans sync.Map // reflect.Type -> []planField or error

// planOf returns the fields of a type, which are found once.
func planOf(t reflect.Type) ([]planField, error) {
	known, ok := plans.Load(t)
	if !ok {
		p, err := newPlan(t)
		if err != nil {
			known, _ = plans.LoadOrStore(t, err)
		} else {
			known, _ = plans.LoadOrStore(t, p)
		}
	}
	if err, isError := known.(error); isError {
		return nil, err
	}
	return known.([]planField), nil
}

func newPlan(t reflect.Type) ([]planField, error) {
	fields, err := rowtag.Fields(t, fieldcodec.IsValue)
	if err != nil {
		return nil, fmt.Errorf("%w: the type %s: %w", superoffice.ErrInvalidArgument, t, err)
	}
	p := make([]planField, len(fields))
	for i, f := range fields {
		c, err := fieldcodec.Of(f.Type, ownCodec)
		if err != nil {
			return nil, fmt.Errorf("%w: the type %s: the field %s %w", superoffice.ErrInvalidArgument, t, f.Name, err)
		}
		p[i] = planField{f, c}
	}
	return p, nil
}

// read reads the value of the field into dst, which is zero.
func (p *planField) read(f superoffice.CustomFields, dst reflect.Value) error {
	s := p.source(f)
	if s.IsNone() {
		return nil
	}
	if err := p.Decode(s, dst); err != nil {
		dst.SetZero()
		return &FieldError{Key: p.Column, Field: p.Name, Value: s.Value, Want: p.Want}
	}
	return nil
}

// source is what is there of the field.
func (p *planField) source(f superoffice.CustomFields) fieldcodec.Source {
	value, known := f.Get(p.Column)
	s := fieldcodec.Source{Value: value}
	if known && p.WantText {
		shown, _ := f.Get(p.Column + displaySuffix)
		s.Text = shown.Text()
	}
	return s
}

// write returns the value of the field as it is written, if it differs from what
// is there.
func (p *planField) write(f superoffice.CustomFields, src reflect.Value) (value superoffice.FieldValue, differs bool, err error) {
	there := reflect.New(p.Type).Elem()
	switch err := p.read(f, there); {
	case err != nil && src.IsZero(), err == nil && p.Same(there, src):
		return "", false, nil
	}
	value, err = p.Encode(src, p.source(f).Value)
	return value, true, err
}
