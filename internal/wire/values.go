package wire

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// mismatch reads over a value of the wrong type and names it.
func (d *decoder) mismatch(want string) error {
	raw, err := d.value()
	if err != nil {
		return err
	}
	return &typeError{want: want, got: raw.Kind()}
}

// open steps into a list or dictionary and reports whether there is anything in
// it. A null makes v nil instead.
func (d *decoder) open(v reflect.Value, bracket byte, want string) (more bool, err error) {
	switch d.peek() {
	case bracket:
		return d.enter(bracket + 2)
	case 'n':
		v.SetZero()
		return false, d.literal("null")
	}
	return false, d.mismatch(want)
}

// scalar reads one value that must not be an object or a list.
func (d *decoder) scalar(want string) (jsontext.Value, error) {
	raw, err := d.value()
	if err != nil {
		return nil, err
	}
	if raw[0] == '{' || raw[0] == '[' {
		return nil, &typeError{want: want, got: raw.Kind()}
	}
	return raw, nil
}

// unquote returns the text of a JSON string.
func unquote(raw jsontext.Value) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	text, _ := jsontext.AppendUnquote(nil, raw)
	return string(text)
}

// text returns a scalar as text, whichever JSON type it has; null is empty.
func text(raw jsontext.Value) string {
	switch raw.Kind() {
	case '"':
		return unquote(raw)
	case 'n':
		return ""
	}
	return string(raw)
}

// decodeString takes any scalar: a mask can arrive as a number.
func decodeString(d *decoder, v reflect.Value) (bool, error) {
	if d.peek() == '"' {
		content, exact, err := d.content()
		v.SetString(content)
		return exact, err
	}
	raw, err := d.scalar("a string")
	if err != nil {
		return false, err
	}
	v.SetString(text(raw))
	return false, nil
}

// content reads the string whose quote is next.
func (d *decoder) content() (content string, exact bool, err error) {
	start := d.pos
	escaped, err := d.quoted()
	switch {
	case err != nil:
		return "", false, err
	case escaped:
		content, exact = d.unquote(d.text[start:d.pos])
		return content, exact, nil
	}
	return d.share(d.text[start+1 : d.pos-1]), true, nil
}

// unquote returns the text of a JSON string with escapes. It is not exact if
// an escape is half a surrogate, for which Go's text has another character.
func (d *decoder) unquote(raw jsontext.Value) (content string, exact bool) {
	d.again, _ = jsontext.AppendUnquote(d.again[:0], raw)
	return d.share(d.again), !isMangled(d.again)
}

// isMangled reports whether text may have lost something when it was unquoted.
func isMangled(content []byte) bool { return bytes.Contains(content, replacement) }

var replacement = []byte(string(utf8.RuneError))

func encodeString(b []byte, v reflect.Value) ([]byte, error) { return appendQuoted(b, v.String()) }

// isEnum reports whether t is an enum: a text that knows the names of numbers.
func isEnum(t reflect.Type) bool {
	return t.Kind() == reflect.String && isOwn(t) && reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// decodeEnum reads as decodeString does, but that a number becomes the name that
// the enum has for it.
func decodeEnum(d *decoder, v reflect.Value) (bool, error) {
	exact, err := decodeString(d, v)
	if name := v.String(); err != nil || name == "" || name[0] != '-' && (name[0] < '0' || name[0] > '9') {
		return exact, err
	}
	number := v.String()
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(number)); err != nil {
		return false, &typeError{want: "a " + v.Type().Name(), got: '"'}
	}
	return exact && v.String() == number, nil
}

// nullable is a text one value of which stands for null.
type nullable interface{ IsNull() bool }

// isNullable reports whether t is such a text.
func isNullable(t reflect.Type) bool {
	return t.Kind() == reflect.String && isOwn(t) && t.Implements(reflect.TypeFor[nullable]())
}

func encodeNullable(b []byte, v reflect.Value) ([]byte, error) {
	if text := v.String(); len(text) == 1 && special[text[0]] && v.Interface().(nullable).IsNull() {
		return append(b, "null"...), nil
	}
	return encodeString(b, v)
}

func appendQuoted[text string | []byte](b []byte, content text) ([]byte, error) {
	if isPlain(content) {
		return append(append(append(b, '"'), content...), '"'), nil
	}
	b, err := jsontext.AppendQuote(b, content)
	if err != nil {
		return nil, errors.New("is not valid UTF-8")
	}
	return b, nil
}

// isPlain reports whether content is written as it is, for all that can be told
// without looking at runes.
func isPlain[text string | []byte](content text) bool {
	for i := range len(content) {
		if c := content[i]; c >= utf8.RuneSelf || special[c] {
			return false
		}
	}
	return true
}

// decodeBool takes true, "true" and 1.
func decodeBool(d *decoder, v reflect.Value) (bool, error) {
	raw, err := d.scalar("a boolean")
	if err != nil {
		return false, err
	}
	kind := raw.Kind()
	switch strings.ToLower(strings.TrimSpace(text(raw))) {
	case "true", "1":
		v.SetBool(true)
	case "false", "0", "":
		v.SetBool(false)
	default:
		return false, &typeError{want: "a boolean", got: kind}
	}
	return kind == 't' || kind == 'f', nil
}

func encodeBool(b []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendBool(b, v.Bool()), nil
}

// decodeInt takes whole numbers in any spelling, and as text. Another number
// becomes the nearest that there is, and goes back as it came.
func decodeInt(d *decoder, v reflect.Value) (bool, error) {
	raw, err := d.scalar("a whole number")
	if err != nil {
		return false, err
	}
	if n, ok := plainInt(raw); ok && !v.OverflowInt(n) {
		v.SetInt(n)
		return true, nil
	}
	number := strings.TrimSpace(text(raw))
	if number == "" {
		v.SetInt(0)
		return false, nil
	}
	n, ok := wholeNumber(number)
	if ok && !v.OverflowInt(n) {
		v.SetInt(n)
		return raw.Kind() == '0' && strconv.FormatInt(n, 10) == number, nil
	}
	f, ok := anyNumber(number)
	if !ok {
		return false, &typeError{want: "a whole number", got: raw.Kind()}
	}
	v.SetInt(nearest(f, v.Type().Bits()))
	return false, nil
}

// anyNumber reads a number in any spelling. One beyond all is infinite.
func anyNumber(text string) (f float64, ok bool) {
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

// nearest is the whole number of so many bits that comes nearest to f without
// going beyond it, and 0 for what is no number.
func nearest(f float64, bits int) int64 {
	least, most := int64(-1)<<(bits-1), int64(1)<<(bits-1)-1
	switch {
	case math.IsNaN(f):
		return 0
	case f <= float64(least):
		return least
	case f >= float64(most):
		return most
	}
	return int64(f)
}

// plainInt reads a number that is written as encodeInt writes it: no fraction,
// no exponent, no minus before a zero. Longer ones than 18 digits are left to
// wholeNumber.
func plainInt(raw jsontext.Value) (n int64, ok bool) {
	digits := bytes.TrimPrefix(raw, []byte("-"))
	negative := len(digits) < len(raw)
	if len(digits) == 0 || len(digits) > 18 || negative && digits[0] == '0' {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func wholeNumber(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

func encodeInt(b []byte, v reflect.Value) ([]byte, error) {
	return strconv.AppendInt(b, v.Int(), 10), nil
}

// decodeFloat takes numbers, and numbers as text. "NaN" and what is too large
// for a float64 are what Go has for these, since one odd number is no reason to
// fail all rows of an answer.
func decodeFloat(d *decoder, v reflect.Value) (bool, error) {
	raw, err := d.scalar("a number")
	if err != nil {
		return false, err
	}
	number := strings.TrimSpace(text(raw))
	if number == "" {
		v.SetFloat(0)
		return false, nil
	}
	f, ok := anyNumber(number)
	if !ok {
		return false, &typeError{want: "a number", got: raw.Kind()}
	}
	v.SetFloat(f)
	canonical, _ := encodeFloat(nil, v)
	return raw.Kind() == '0' && string(canonical) == number, nil
}

func encodeFloat(b []byte, v reflect.Value) ([]byte, error) {
	f := v.Float()
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, errors.New("is not a finite number, and JSON has no word for that")
	}
	style := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		style = 'e'
	}
	return strconv.AppendFloat(b, f, style, -1, v.Type().Bits()), nil
}

// strictBase64 takes what encodeBytes writes, and line ends, which a JSON
// string cannot hold as they are.
var strictBase64 = base64.StdEncoding.Strict()

// decodeBytes takes base64, with or without its padding, and with blanks and
// line ends in it.
func decodeBytes(d *decoder, v reflect.Value) (bool, error) {
	raw, err := d.scalar("base64")
	if err != nil {
		return false, err
	}
	kind := raw.Kind()
	switch kind {
	case 'n':
		v.SetZero()
		return true, nil
	case '"':
	default:
		return false, &typeError{want: "base64", got: kind}
	}
	quoted := raw[1 : len(raw)-1]
	b := make([]byte, base64.StdEncoding.DecodedLen(len(quoted)))
	if n, err := strictBase64.Decode(b, quoted); err == nil {
		v.SetBytes(b[:n])
		return true, nil
	}
	bare := strings.TrimRight(strings.Join(strings.Fields(unquote(raw)), ""), "=")
	if b, err = base64.RawStdEncoding.DecodeString(bare); err != nil {
		return false, &typeError{want: "base64", got: kind}
	}
	v.SetBytes(b)
	return false, nil
}

// encodeBytes tells null, which is nil, from no bytes.
func encodeBytes(b []byte, v reflect.Value) ([]byte, error) {
	if v.IsNil() {
		return append(b, "null"...), nil
	}
	b = base64.StdEncoding.AppendEncode(append(b, '"'), v.Bytes())
	return append(b, '"'), nil
}

// pointerCodec reads null as nil.
func (c *Codecs) pointerCodec(t reflect.Type) *codec {
	element := t.Elem()
	inner := c.lazy(element)
	return &codec{
		decode: func(d *decoder, v reflect.Value) (bool, error) {
			if d.peek() == 'n' {
				v.SetZero()
				return true, d.literal("null")
			}
			target := reflect.New(element)
			exact, err := inner().decode(d, target.Elem())
			if err == nil {
				v.Set(target)
			}
			return exact, err
		},
		encode: func(b []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return append(b, "null"...), nil
			}
			return inner().encode(b, v.Elem())
		},
	}
}

// sliceCodec tells null, which is nil, from an empty list.
func (c *Codecs) sliceCodec(t reflect.Type) *codec {
	inner := c.lazy(t.Elem())
	return &codec{
		decode: func(d *decoder, v reflect.Value) (bool, error) {
			return decodeElements(d, v, inner())
		},
		encode: func(b []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return append(b, "null"...), nil
			}
			b = append(b, '[')
			for i := range v.Len() {
				if i > 0 {
					b = append(b, ',')
				}
				var err error
				if b, err = inner().encode(b, v.Index(i)); err != nil {
					return nil, err
				}
			}
			return append(b, ']'), nil
		},
		element: inner,
	}
}

// decodeElements reads a list into v.
func decodeElements(d *decoder, v reflect.Value, inner *codec) (allExact bool, err error) {
	list := d.peek() == '['
	more, err := d.open(v, '[', "a list")
	if list && !more && err == nil {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	allExact = true
	for n := 0; more && err == nil; n++ {
		if n == v.Cap() {
			v.Grow(max(4, n))
		}
		v.SetLen(n + 1)
		var exact bool
		if exact, err = inner.decode(d, v.Index(n)); err != nil {
			return false, err
		}
		allExact = allExact && exact
		more, err = d.next(']')
	}
	return allExact, err
}

// mapCodec tells null, which is nil, from an empty dictionary. Entries are
// written in the order of their keys.
func (c *Codecs) mapCodec(t reflect.Type) *codec {
	inner := c.lazy(t.Elem())
	pool := sync.Pool{New: func() any { return newEntries(t) }}
	return &codec{
		decode: func(d *decoder, v reflect.Value) (bool, error) {
			if d.peek() != '{' {
				_, err := d.open(v, '{', "a dictionary")
				return true, err
			}
			e := pool.Get().(*entries)
			defer pool.Put(e)
			defer e.clear()
			return e.decode(d, v, inner())
		},
		encode: func(b []byte, v reflect.Value) ([]byte, error) {
			if v.IsNil() {
				return append(b, "null"...), nil
			}
			e := pool.Get().(*entries)
			defer pool.Put(e)
			defer e.clear()
			return e.encode(b, v, inner())
		},
		element: inner,
	}
}

// entries is where the entries of a dictionary are on their way into it and
// out of it. It is used again, and empty in between.
type entries struct {
	key    reflect.Value
	values reflect.Value // a list
	names  []entryName
	usual  int // how many entries the dictionary before had
}

// entryName is the key of an entry, and where its value is.
type entryName struct {
	name string
	at   int
}

func newEntries(t reflect.Type) *entries {
	e := &entries{key: reflect.New(t.Key()).Elem(), values: reflect.New(reflect.SliceOf(t.Elem())).Elem()}
	e.values.Grow(1)
	e.values.SetLen(1)
	return e
}

func (e *entries) clear() {
	const most = 64 // what is kept for the next dictionary
	e.key.SetZero()
	e.values.Clear()
	if clear(e.names); e.values.Len() > most {
		e.values.Set(reflect.MakeSlice(e.values.Type(), 1, 1))
		e.names = nil
	}
	e.usual = min(e.usual, most)
	e.values.SetLen(1)
}

// decode reads a dictionary into v.
func (e *entries) decode(d *decoder, v reflect.Value, inner *codec) (allExact bool, err error) {
	all, value := reflect.MakeMapWithSize(v.Type(), e.usual), e.values.Index(0)
	allExact = true
	more, err := d.enter('}')
	for more && err == nil {
		key, sameKey, keyErr := d.key()
		if keyErr != nil {
			return false, keyErr
		}
		e.key.SetString(key)
		value.SetZero()
		var exact bool
		if exact, err = inner.decode(d, value); err != nil {
			return false, within(key, err)
		}
		allExact = allExact && exact && sameKey
		all.SetMapIndex(e.key, value)
		more, err = d.next('}')
	}
	v.Set(all)
	e.usual = all.Len()
	return allExact, err
}

// encode writes the dictionary v.
func (e *entries) encode(b []byte, v reflect.Value, inner *codec) ([]byte, error) {
	n := v.Len()
	e.values.Grow(n)
	e.values.SetLen(max(1, n))
	e.names = slices.Grow(e.names[:0], n)
	for each := v.MapRange(); each.Next(); {
		e.key.SetIterKey(each)
		e.values.Index(len(e.names)).SetIterValue(each)
		e.names = append(e.names, entryName{e.key.String(), len(e.names)})
	}
	slices.SortFunc(e.names, func(a, b entryName) int { return strings.Compare(a.name, b.name) })
	b = append(b, '{')
	for i, entry := range e.names {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendQuoted(b, entry.name); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = inner.encode(b, e.values.Index(entry.at)); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// key reads a name, and the colon behind it, as text.
func (d *decoder) key() (key string, exact bool, err error) {
	name, escaped, err := d.name()
	switch {
	case err != nil:
		return "", false, err
	case escaped:
		key, exact = d.unquote(name)
		return key, exact, nil
	}
	return d.share(name[1 : len(name)-1]), true, nil
}

// lazy resolves an inner type at first use, since a type may contain itself.
func (c *Codecs) lazy(t reflect.Type) func() *codec {
	return sync.OnceValue(func() *codec { return c.of(t) })
}

// isText reports whether t is a text of the SDK's own, such as a date: it takes
// any text and gives it back.
func isText(t reflect.Type) bool {
	return isOwn(t) && t.Implements(reflect.TypeFor[encoding.TextAppender]()) && reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// decodeText reads a text, or a number or boolean as it is spelled. What would
// be written otherwise, null too, is not exact.
func decodeText(d *decoder, v reflect.Value) (bool, error) {
	raw, err := d.scalar("a string")
	if err != nil {
		return false, err
	}
	kind, content := raw.Kind(), []byte(raw)
	switch {
	case kind == 'n':
		v.SetZero()
		return false, nil
	case kind == '"' && bytes.IndexByte(raw, '\\') < 0:
		content = raw[1 : len(raw)-1]
	case kind == '"':
		content = []byte(unquote(raw))
	}
	target := v.Addr().Interface()
	if err := target.(encoding.TextUnmarshaler).UnmarshalText(content); err != nil {
		return false, &typeError{want: "a " + v.Type().Name(), got: kind}
	}
	d.again, err = target.(encoding.TextAppender).AppendText(d.again[:0])
	return err == nil && kind == '"' && bytes.Equal(d.again, content) && !(isMangled(content) && bytes.IndexByte(raw, '\\') >= 0), nil
}

func encodeText(b []byte, v reflect.Value) ([]byte, error) {
	text, err := v.Interface().(encoding.TextAppender).AppendText(nil)
	if err != nil {
		return nil, err
	}
	return appendQuoted(b, text)
}
