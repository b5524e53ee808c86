package wire

import (
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// scanner is at a place in a JSON text. The server's JSON is taken as it comes: a
// name twice, or half a surrogate, is no reason to fail a call.
type scanner struct {
	text    []byte
	pos     int
	depth   int
	again   []byte      // a text as it is written again
	ends    map[int]int // where the larger objects and lists end, by their start; see lookAhead
	looking bool        // whether ends is being filled
}

// maxDepth bounds the nesting of objects and lists.
const maxDepth = 10_000

// syntaxError is text that is no JSON.
type syntaxError struct{ offset int }

func (e *syntaxError) Error() string { return fmt.Sprintf("the JSON is broken at byte %d", e.offset) }

// broken is the error for what stands at an offset, or for the end of the text.
func (d *scanner) broken(offset int) error {
	if offset >= len(d.text) {
		return fmt.Errorf("the JSON ends too early: %w", io.ErrUnexpectedEOF)
	}
	return &syntaxError{offset}
}

// peek passes over blanks and returns the next byte, 0 at the end.
func (d *scanner) peek() byte {
	for ; d.pos < len(d.text); d.pos++ {
		if c := d.text[d.pos]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// value reads over the next value and returns it.
func (d *scanner) value() (raw jsontext.Value, err error) {
	c := d.peek()
	start := d.pos
	switch c {
	case '"':
		_, err = d.quoted()
	case '{', '[':
		err = d.nested(c)
	case 'n':
		err = d.literal("null")
	case 't':
		err = d.literal("true")
	case 'f':
		err = d.literal("false")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		err = d.number()
	default:
		err = d.broken(start)
	}
	if err != nil {
		return nil, err
	}
	return d.text[start:d.pos:d.pos], nil
}

// enter steps into the object or the list whose bracket is next, and
// returns whether there is anything in it.
func (d *scanner) enter(end byte) (more bool, err error) {
	if d.depth == maxDepth {
		return false, d.broken(d.pos)
	}
	d.pos++
	if d.peek() == end {
		d.pos++
		return false, nil
	}
	d.depth++
	return true, nil
}

// next steps over the comma behind a value, or out of the object or list.
func (d *scanner) next(end byte) (more bool, err error) {
	switch d.peek() {
	case ',':
		d.pos++
		return true, nil
	case end:
		d.pos++
		d.depth--
		return false, nil
	}
	return false, d.broken(d.pos)
}

// name reads a name, in its quotes, and the colon behind it.
func (d *scanner) name() (name jsontext.Value, escaped bool, err error) {
	if d.peek() != '"' {
		return nil, false, d.broken(d.pos)
	}
	start := d.pos
	if escaped, err = d.quoted(); err != nil {
		return nil, false, err
	}
	name = d.text[start:d.pos:d.pos]
	if d.peek() != ':' {
		return nil, false, d.broken(d.pos)
	}
	d.pos++
	return name, escaped, nil
}

// nested reads over an object or a list.
func (d *scanner) nested(bracket byte) error {
	const large = 64 // bytes that are worth a place in ends
	start := d.pos
	if end, known := d.ends[start]; known {
		d.pos = end
		return nil
	}
	err := d.pass(bracket)
	if d.looking && err == nil && d.pos-start >= large {
		if d.ends == nil {
			d.ends = make(map[int]int)
		}
		d.ends[start] = d.pos
	}
	return err
}

func (d *scanner) pass(bracket byte) error {
	end := bracket + 2 // as ASCII has them
	more, err := d.enter(end)
	for more && err == nil {
		if bracket == '{' {
			if _, _, err := d.name(); err != nil {
				return err
			}
		}
		if _, err := d.value(); err != nil {
			return err
		}
		more, err = d.next(end)
	}
	return err
}

// Entries returns the values in an object by their names. They share the
// memory of text.
func Entries(text []byte) (map[string]jsontext.Value, error) {
	all := make(map[string]jsontext.Value)
	err := eachEntry(validUTF8(text), func(key string, _, value jsontext.Value) { all[key] = value })
	if err != nil {
		return nil, err
	}
	return all, nil
}

// eachEntry calls entry with the key, the quoted name and the value of each
// entry of an object.
func eachEntry(text []byte, entry func(key string, name, value jsontext.Value)) error {
	d := newDecoder(text)
	defer d.free()
	if d.peek() != '{' {
		return d.broken(d.pos)
	}
	more, err := d.enter('}')
	for more && err == nil {
		d.peek()
		start := d.pos
		key, _, keyErr := d.key()
		if keyErr != nil {
			return keyErr
		}
		end := d.pos
		var value jsontext.Value
		if value, err = d.value(); err == nil {
			entry(key, d.text[start:end:end], value)
			more, err = d.next('}')
		}
	}
	if err != nil {
		return err
	}
	return d.end()
}

// Elements returns the values in a list. They share the memory of text.
func Elements(text []byte) (all []jsontext.Value, err error) {
	d := newDecoder(text)
	defer d.free()
	if d.peek() != '[' {
		return nil, d.broken(d.pos)
	}
	more, err := d.enter(']')
	for more && err == nil {
		var value jsontext.Value
		if value, err = d.value(); err == nil {
			all = append(all, value)
			more, err = d.next(']')
		}
	}
	if err != nil {
		return nil, err
	}
	return all, d.end()
}

func (d *scanner) literal(word string) error {
	for i := range len(word) {
		if d.pos+i >= len(d.text) || d.text[d.pos+i] != word[i] {
			return d.broken(d.pos + i)
		}
	}
	d.pos += len(word)
	return nil
}

// number reads over a number. What follows it is looked at by the next step.
func (d *scanner) number() error {
	i := d.pos
	if d.text[i] == '-' {
		i++
	}
	first := i
	if i = d.digits(i); i == first {
		return d.broken(i)
	}
	if d.text[first] == '0' {
		i = first + 1 // another digit does not belong to it
	}
	if i < len(d.text) && d.text[i] == '.' {
		i++
		if fraction := d.digits(i); fraction > i {
			i = fraction
		} else {
			return d.broken(i)
		}
	}
	if i < len(d.text) && d.text[i]|0x20 == 'e' {
		i++
		if i < len(d.text) && (d.text[i] == '+' || d.text[i] == '-') {
			i++
		}
		if exponent := d.digits(i); exponent > i {
			i = exponent
		} else {
			return d.broken(i)
		}
	}
	d.pos = i
	return nil
}

// digits returns where the digits from an offset on end.
func (d *scanner) digits(i int) int {
	for i < len(d.text) && '0' <= d.text[i] && d.text[i] <= '9' {
		i++
	}
	return i
}

// special are the bytes at which the reading of a string stops.
var special = func() (table [256]bool) {
	for c := range ' ' {
		table[c] = true
	}
	table['"'], table['\\'] = true, true
	return table
}()

// quoted reads over the string whose quote is next, and reports whether there
// are escapes in it.
func (d *scanner) quoted() (escaped bool, err error) {
	text := d.text
	for i := d.pos + 1; ; {
		for i < len(text) && !special[text[i]] {
			i++
		}
		switch {
		case i == len(text):
			return false, d.broken(i)
		case text[i] == '"':
			d.pos = i + 1
			return escaped, nil
		case text[i] != '\\':
			return false, d.broken(i)
		}
		n := escape(text[i:])
		if n == 0 {
			return false, d.broken(i)
		}
		if i += n; i > len(text) {
			return false, d.broken(i)
		}
		escaped = true
	}
}

// escape returns the length of the escape at the start of text, 0 if it is
// none. It is longer than the text if that ends in it.
func escape(text []byte) int {
	if len(text) == 1 {
		return 2
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for _, c := range text[2:min(6, len(text))] {
			if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}
