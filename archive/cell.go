package archive

import (
	"bytes"
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

// value is what a cell holds.
type value struct {
	kind byte   // '"' for a string, '0' for a number, 't', 'f', 'n' for null, '[' and '{'
	text []byte // what a string says, and otherwise the JSON
	// unescaped says that text is memory of its own, and no part of the window.
	unescaped bool
}

// convert writes a value into a field of the kind that it was made for. The
// field holds its zero.
type convert func(z *zone, c value, field reflect.Value) error

// misfit is a value that does not fit a field.
type misfit struct{ want string }

func (e misfit) Error() string { return "does not fit: " + e.want + " was due" }

// isCellValue reports whether a struct is the value of one column.
func isCellValue(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case *time.Time, encoding.TextUnmarshaler, anyCell:
		return true
	}
	return rowtag.IsNullable(t)
}

// converter returns what writes values into fields of a type.
func converter(t reflect.Type) (convert, error) {
	switch reflect.New(t).Interface().(type) {
	case *time.Time:
		return toTime, nil
	case *time.Duration:
		return toDuration, nil
	case *superoffice.DateTime:
		return toDateTime, nil
	case *superoffice.Date:
		return toDate, nil
	case *superoffice.TimeSpan:
		return toTimeSpan, nil
	case *superoffice.FieldValue:
		return toFieldValue, nil
	case encoding.TextUnmarshaler:
		return toText, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return toOptional(t.Elem(), setPointer)
	case reflect.String:
		return toString, nil
	case reflect.Bool:
		return toBool, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return toInt, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return toUint, nil
	case reflect.Float32, reflect.Float64:
		return toFloat, nil
	case reflect.Slice:
		return toList(t.Elem())
	}
	if rowtag.IsNullable(t) {
		return toOptional(t.Field(0).Type, setNullable)
	}
	return nil, fmt.Errorf("is of the type %s, which no column can be read into", t)
}

// isNone reports whether a value says that there is none.
func (c value) isNone() bool {
	return c.kind == 'n' || c.kind == '"' && len(c.text) == 0
}

// encoded returns the value as the text that FieldValue reads.
func (c value) encoded() superoffice.FieldValue {
	switch c.kind {
	case 'n':
		return superoffice.NullValue
	case 't':
		return superoffice.BoolValue(true)
	case 'f':
		return superoffice.BoolValue(false)
	case '0':
		kind := "F"
		if _, ok := parseInt(c.text); ok {
			kind = "I"
		}
		return superoffice.FieldValue("[" + kind + ":" + string(c.text) + "]")
	}
	return superoffice.FieldValue(c.text)
}

// isEncoded reports whether a string is one such as [I:6].
func (c value) isEncoded() bool {
	return c.kind == '"' && len(c.text) > 3 && c.text[0] == '[' && c.text[len(c.text)-1] == ']'
}

func toString(_ *zone, c value, field reflect.Value) error {
	if c.kind != 'n' {
		field.SetString(string(c.text))
	}
	return nil
}

// parseInt reads a whole number as it is written in JSON, up to 18 digits of it.
func parseInt(text []byte) (n int64, ok bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

// integer reads an integer: 6, "6", 6.0 or [I:6].
func (c value) integer() (int64, error) {
	if n, ok := parseInt(c.text); ok {
		return n, nil
	}
	if c.kind == '"' || c.kind == 'n' {
		n, err := c.encoded().Int()
		if err != nil {
			return 0, misfit{"a whole number"}
		}
		return int64(n), nil
	}
	text := string(c.text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	const exact = 1 << 53 // of a float64
	f, err := strconv.ParseFloat(text, 64)
	if c.kind != '0' || err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, misfit{"a whole number"}
	}
	return int64(f), nil
}

func tooLarge(field reflect.Value) error {
	return misfit{"a number that fits " + field.Type().String()}
}

func toInt(_ *zone, c value, field reflect.Value) error {
	n, err := c.integer()
	switch {
	case err != nil:
		return err
	case field.OverflowInt(n):
		return tooLarge(field)
	}
	field.SetInt(n)
	return nil
}

func toUint(_ *zone, c value, field reflect.Value) error {
	n, err := c.integer()
	switch {
	case err != nil:
		return err
	case n < 0 || field.OverflowUint(uint64(n)):
		return tooLarge(field)
	}
	field.SetUint(uint64(n))
	return nil
}

func toFloat(_ *zone, c value, field reflect.Value) error {
	var f float64
	err := error(misfit{})
	switch c.kind {
	case '0':
		f, err = strconv.ParseFloat(string(c.text), 64)
	case '"', 'n':
		f, err = c.encoded().Float()
	}
	if err != nil || field.OverflowFloat(f) {
		return tooLarge(field)
	}
	field.SetFloat(f)
	return nil
}

func toBool(_ *zone, c value, field reflect.Value) error {
	switch c.kind {
	case 't':
		field.SetBool(true)
		return nil
	case 'f', 'n':
		return nil
	}
	b, err := superoffice.FieldValue(c.text).Bool()
	if err != nil {
		return misfit{"a boolean"}
	}
	field.SetBool(b)
	return nil
}

// toTime reads an instant. A time without an offset is one of the query's zone.
func toTime(z *zone, c value, field reflect.Value) error {
	t, ok, err := z.parse(c)
	if err == nil && ok {
		*field.Addr().Interface().(*time.Time) = t
	}
	return err
}

func toDateTime(z *zone, c value, field reflect.Value) error {
	d, err := c.dateTime()
	if err != nil {
		return err
	}
	return toText(z, value{kind: '"', text: []byte(d.String())}, field)
}

// toDate reads the day that is written, whatever time and zone stand behind it.
func toDate(z *zone, c value, field reflect.Value) error {
	d, err := c.dateTime()
	if err != nil || d.IsZero() {
		return err
	}
	day := d.String()[:len(time.DateOnly)]
	return toText(z, value{kind: '"', text: []byte(day + "T00:00:00")}, field)
}

// dateTime reads a date, as ISO or encoded.
func (c value) dateTime() (superoffice.DateTime, error) {
	switch {
	case c.isNone():
		return superoffice.DateTime{}, nil
	case c.kind != '"':
		return superoffice.DateTime{}, misfit{"a date"}
	}
	d, err := c.encoded().DateTime()
	if err != nil {
		return d, misfit{"a date"}
	}
	return d, nil
}

func toTimeSpan(z *zone, c value, field reflect.Value) error {
	span, err := c.span()
	if err != nil {
		return err
	}
	return toText(z, value{kind: '"', text: []byte(span.String())}, field)
}

func toDuration(_ *zone, c value, field reflect.Value) error {
	span, err := c.span()
	if err != nil {
		return err
	}
	d, err := span.Duration()
	field.SetInt(int64(d))
	return err
}

// span reads a length of time: seconds, encoded or not, or its text.
func (c value) span() (superoffice.TimeSpan, error) {
	if c.kind == '"' && !c.isEncoded() && bytes.IndexByte(c.text, ':') >= 0 {
		span, err := superoffice.ParseTimeSpan(string(c.text))
		if err != nil {
			return span, misfit{"a length of time"}
		}
		return span, nil
	}
	d, err := c.seconds()
	return superoffice.TimeSpanOf(d), err
}

func (c value) seconds() (time.Duration, error) {
	const most = int64(math.MaxInt64 / time.Second)
	n, err := c.integer()
	if err != nil || n > most || n < -most {
		return 0, misfit{"a number of seconds"}
	}
	return time.Duration(n) * time.Second, nil
}

func toFieldValue(_ *zone, c value, field reflect.Value) error {
	field.SetString(string(c.encoded()))
	return nil
}

// toText leaves a value to the type itself.
func toText(_ *zone, c value, field reflect.Value) error {
	if c.isNone() {
		return nil
	}
	return field.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(c.text)
}

// toOptional leaves a field as it is if there is no value: null, a text that is
// empty and no string, the zero date. Otherwise set puts the value into it.
func toOptional(t reflect.Type, set func(field, v reflect.Value)) (convert, error) {
	inner, err := converter(t)
	isString, isTime := t.Kind() == reflect.String, isDated(t)
	return func(z *zone, c value, field reflect.Value) error {
		if c.kind == 'n' || c.isNone() && !isString {
			return nil
		}
		v := reflect.New(t).Elem()
		err := inner(z, c, v)
		if err == nil && !(isTime && v.IsZero()) {
			set(field, v)
		}
		return err
	}, err
}

func isDated(t reflect.Type) bool {
	switch reflect.New(t).Interface().(type) {
	case *time.Time, *superoffice.DateTime, *superoffice.Date:
		return true
	}
	return false
}

func setPointer(field, v reflect.Value) { field.Set(v.Addr()) }

// setNullable sets a type such as sql.Null.
func setNullable(field, v reflect.Value) {
	field.Field(0).Set(v)
	field.Field(1).SetBool(true)
}

// toList reads a list, a text such as [A:1,2], or one value.
func toList(t reflect.Type) (convert, error) {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.String:
	default:
		return nil, fmt.Errorf("is a list of %s; lists are of whole numbers or texts", t)
	}
	inner, err := converter(t)
	if err != nil {
		return nil, err
	}
	return func(z *zone, c value, field reflect.Value) error {
		all, err := c.elements()
		if err != nil {
			return err
		}
		list := reflect.MakeSlice(field.Type(), len(all), len(all))
		for i, one := range all {
			if err := inner(z, one, list.Index(i)); err != nil {
				return err
			}
		}
		if len(all) > 0 {
			field.Set(list)
		}
		return nil
	}, nil
}

// elements are the values in a list.
func (c value) elements() ([]value, error) {
	switch {
	case c.isNone():
		return nil, nil
	case c.kind == '[':
		return listElements(c.text)
	case c.isEncoded() && c.text[1]|0x20 == 'a' && c.text[2] == ':':
		var all []value
		for _, one := range strings.Split(string(c.text[3:len(c.text)-1]), ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, value{kind: '"', text: []byte(one)})
			}
		}
		return all, nil
	case c.kind == '{':
		return nil, misfit{"a list"}
	}
	return []value{c}, nil
}

// listElements are the values in a JSON list that was scanned before.
func listElements(b []byte) (all []value, err error) {
	i := skipSpace(b, 1)
	if b[i] == ']' {
		return nil, nil
	}
	for more := true; more; i, more = scanNext(b, i, ']') {
		var one value
		if one, i = scanCell(b, i, nil); i < 0 {
			return nil, errors.New("the list is no JSON")
		}
		one.text = append([]byte(nil), one.text...)
		all = append(all, one)
	}
	return all, nil
}

// scanCell reads the value of a cell. A string that needs it is unescaped into
// memory that is appended to scratch.
func scanCell(b []byte, i int, scratch []byte) (c value, end int) {
	if i >= len(b) {
		return c, incomplete
	}
	switch c.kind = b[i]; c.kind {
	case '"':
		s, end := scanString(b, i)
		if end < 0 {
			return c, end
		}
		if c.text = s.raw; s.escaped || !s.ascii {
			c.text, c.unescaped = appendText(scratch[:0], s), true
		}
		return c, end
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		c.kind = '0'
		end = scanNumber(b, i)
	default:
		end = scanValue(b, i, 0)
	}
	if end > 0 {
		c.text = b[i:end]
	}
	return c, end
}
