// Package fieldcodec reads and writes the values of custom fields, and of the cells of
// rows, as values of Go types.
package fieldcodec

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/rowtag"
)

// Source is what is there of a field.
type Source struct {
	Value superoffice.FieldValue
	Text  string // that of a list's item
}

// IsNone reports whether there is no value.
func (s Source) IsNone() bool { return s.Value.Text() == "" }

// Codec reads and writes the values of a type.
type Codec struct {
	Want     string // what a value has to be
	WantText bool   // Decode takes the text of an item
	IsDate   bool   // the values are dates, of which the zero is none
	Decode   func(s Source, dst reflect.Value) error
	// Encode writes a value in place of another, whose encoding it keeps.
	Encode func(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error)
	Same   func(a, b reflect.Value) bool
}

// Own returns the codec of a type that this package does not know, if there is one.
type Own func(reflect.Type) (Codec, bool)

// IsValue reports whether a struct is the value of one field.
func IsValue(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case *time.Time, encoding.TextUnmarshaler:
		return true
	}
	return rowtag.IsNullable(t)
}

// Of returns the codec of a type, or an error that says what the field is that
// cannot work.
func Of(t reflect.Type, own Own) (Codec, error) {
	if c, ok := own(t); ok {
		return c, nil
	}
	switch v := reflect.New(t).Interface().(type) {
	case *superoffice.FieldValue:
		return Codec{Want: "a value", Decode: decodeRaw, Encode: encodeRaw, Same: sameDeep}, nil
	case *time.Time:
		return Codec{Want: "a date", IsDate: true, Decode: decodeTime, Encode: encodeTime, Same: sameTime}, nil
	case *time.Duration:
		return Codec{Want: "a time or a number of seconds", Decode: decodeDuration, Encode: encodeDuration, Same: sameDeep}, nil
	case *superoffice.Date:
		return Codec{Want: "a date", IsDate: true, Decode: decodeDate, Encode: encodeDate, Same: sameText}, nil
	case *superoffice.DateTime:
		return Codec{Want: "a date", IsDate: true, Decode: decodeDateTime, Encode: encodeDateTime, Same: sameText}, nil
	case encoding.TextUnmarshaler:
		if _, ok := v.(encoding.TextMarshaler); ok {
			return Codec{Want: "a " + t.String(), Decode: decodeText, Encode: encodeText, Same: sameText}, nil
		}
		return Codec{}, fmt.Errorf("is of the type %s, which has UnmarshalText and no MarshalText", t)
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return optional(t.Elem(), own, pointerOf)
	case rowtag.IsNullable(t):
		return optional(t.Field(0).Type, own, nullableOf)
	}
	return plain(t)
}

// plain is the codec of a type without methods.
func plain(t reflect.Type) (Codec, error) {
	c := Codec{Same: sameDeep}
	switch t.Kind() {
	case reflect.String:
		c.Want, c.Decode, c.Encode = "a text", decodeRaw, encodeRaw
	case reflect.Bool:
		c.Want, c.Decode, c.Encode = "a checkbox", decodeBool, encodeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		c.Want, c.Decode, c.Encode = "a whole number that fits "+t.String(), decodeInt, encodeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		c.Want, c.Decode, c.Encode = "a whole number that fits "+t.String(), decodeUint, encodeUint
	case reflect.Float32, reflect.Float64:
		c.Want, c.Decode, c.Encode = "a number that fits "+t.String(), decodeFloat, encodeFloat
	default:
		if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Int {
			return c, fmt.Errorf("is of the type %s, which no custom field can be read into", t)
		}
		c.Want, c.Decode, c.Encode, c.Same = "a list of whole numbers", decodeInts, encodeInts, sameInts
	}
	return c, nil
}

// holder gives the value that a pointer or an sql.Null holds, which it has if it
// is valid. make has it hold one.
type holder func(v reflect.Value, make bool) (inner reflect.Value, valid bool)

func pointerOf(v reflect.Value, make bool) (reflect.Value, bool) {
	if make {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem(), !v.IsNil()
}

func nullableOf(v reflect.Value, make bool) (reflect.Value, bool) {
	if make {
		v.Field(1).SetBool(true)
	}
	return v.Field(0), v.Field(1).Bool()
}

// optional is the codec of a type that may hold no value.
func optional(of reflect.Type, own Own, hold holder) (Codec, error) {
	c, err := Of(of, own)
	if err != nil {
		return c, err
	}
	inner := c
	c.Decode = func(s Source, dst reflect.Value) error {
		value, _ := hold(dst, true)
		err := inner.Decode(s, value)
		if err != nil || inner.IsDate && value.IsZero() { // the server's way to say none
			dst.SetZero()
		}
		return err
	}
	c.Encode = func(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
		value, valid := hold(src, false)
		if !valid {
			return superoffice.NullValue, nil
		}
		return inner.Encode(value, old)
	}
	c.Same = func(a, b reflect.Value) bool {
		first, hasFirst := hold(a, false)
		second, hasSecond := hold(b, false)
		return hasFirst == hasSecond && (!hasFirst || inner.Same(first, second))
	}
	return c, nil
}

func sameDeep(a, b reflect.Value) bool { return reflect.DeepEqual(a.Interface(), b.Interface()) }

func decodeRaw(s Source, dst reflect.Value) error {
	dst.SetString(string(s.Value))
	return nil
}

func encodeRaw(src reflect.Value, _ superoffice.FieldValue) (superoffice.FieldValue, error) {
	return superoffice.FieldValue(src.String()), nil
}

func decodeBool(s Source, dst reflect.Value) error {
	b, err := s.Value.Bool()
	dst.SetBool(b)
	return err
}

func encodeBool(src reflect.Value, _ superoffice.FieldValue) (superoffice.FieldValue, error) {
	return superoffice.BoolValue(src.Bool()), nil
}

var errTooLarge = errors.New("the number is too large")

func decodeInt(s Source, dst reflect.Value) error {
	n, err := s.Value.Int()
	if err == nil && dst.OverflowInt(int64(n)) {
		return errTooLarge
	}
	dst.SetInt(int64(n))
	return err
}

func encodeInt(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	return wholeValue(int(src.Int()), old), nil
}

func decodeUint(s Source, dst reflect.Value) error {
	n, err := s.Value.Int()
	if err == nil && (n < 0 || dst.OverflowUint(uint64(n))) {
		return errTooLarge
	}
	dst.SetUint(uint64(n))
	return err
}

func encodeUint(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	if src.Uint() > math.MaxInt {
		return "", errTooLarge
	}
	return wholeValue(int(src.Uint()), old), nil
}

// wholeValue encodes a number, as a span if there is one.
func wholeValue(n int, old superoffice.FieldValue) superoffice.FieldValue {
	if hasKind(old, kindSpan) {
		return superoffice.FieldValue(fmt.Sprintf("[%s:%d]", kindSpan, n))
	}
	return superoffice.IntValue(n)
}

// The kinds of encodings that are kept.
const (
	kindMoney    = "M"
	kindDate     = "D"
	kindDateTime = "DT"
	kindTime     = "T"
	kindSpan     = "TS"
	kindWhole    = "I"
)

func hasKind(v superoffice.FieldValue, kind string) bool {
	before, _, ok := strings.Cut(strings.TrimSpace(string(v)), ":")
	return ok && strings.EqualFold(before, "["+kind)
}

func decodeFloat(s Source, dst reflect.Value) error {
	f, err := s.Value.Float()
	if err == nil && dst.OverflowFloat(f) {
		return errTooLarge
	}
	dst.SetFloat(f)
	return err
}

func encodeFloat(src reflect.Value, old superoffice.FieldValue) (superoffice.FieldValue, error) {
	f := shortest(src)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("%v is no number of the server's", f)
	}
	if hasKind(old, kindMoney) {
		return superoffice.MoneyValue(f), nil
	}
	return superoffice.FloatValue(f), nil
}

// shortest is a number in no more digits than its type has: a float32 of 19.9 is
// 19.9, and not 19.899999618530273.
func shortest(v reflect.Value) float64 {
	f := v.Float()
	if v.Kind() != reflect.Float32 {
		return f
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64)
	if err != nil || v.OverflowFloat(short) || float64(float32(short)) != f {
		return f
	}
	return short
}

func decodeInts(s Source, dst reflect.Value) error {
	all, err := s.Value.Ints()
	dst.Set(reflect.ValueOf(all).Convert(dst.Type()))
	return err
}

// encodeInts writes a list. An empty one is no value.
func encodeInts(src reflect.Value, _ superoffice.FieldValue) (superoffice.FieldValue, error) {
	if src.Len() == 0 {
		return superoffice.NullValue, nil
	}
	all := make([]int, src.Len())
	for i := range all {
		all[i] = int(src.Index(i).Int())
	}
	return superoffice.IntsValue(all...), nil
}

// sameInts takes no list for an empty one.
func sameInts(a, b reflect.Value) bool { return a.Len() == 0 && b.Len() == 0 || sameDeep(a, b) }

func decodeText(s Source, dst reflect.Value) error {
	return dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s.Value))
}

func encodeText(src reflect.Value, _ superoffice.FieldValue) (superoffice.FieldValue, error) {
	text, err := src.Addr().Interface().(encoding.TextMarshaler).MarshalText()
	return superoffice.FieldValue(text), err
}

// sameText compares what two values are written as. A value that has no text, which
// the zero may be, is still the same as itself.
func sameText(a, b reflect.Value) bool {
	if a.IsZero() && b.IsZero() || sameDeep(a, b) {
		return true
	}
	first, errFirst := a.Addr().Interface().(encoding.TextMarshaler).MarshalText()
	second, errSecond := b.Addr().Interface().(encoding.TextMarshaler).MarshalText()
	return errFirst == nil && errSecond == nil && string(first) == string(second)
}
