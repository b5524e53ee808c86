package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// decoder reads a JSON text from its start to its end. The server's JSON is
// taken as it comes: a name twice, or half a surrogate, is no reason to fail a
// call. It is used again, and empty in between.
type decoder struct {
	text    []byte
	pos     int
	depth   int
	again   []byte          // a text as it is written again
	ends    map[int]int     // where the larger objects and lists end, by their start; see lookAhead
	looking bool            // whether ends is being filled
	kept    []keptMember    // of the carriers being read, the inner behind the outer
	unknown []byte          // likewise
	records [16]knownRecord // what carriers keep, to share
	turn    int             // which of them is replaced next, counted on
	shared  bool            // whether texts has any
	texts   [1 << 7]string  // short texts, to share
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// newDecoder returns a decoder of text; free gives it back.
func newDecoder(text []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.text = text
	return d
}

// free makes sure that nothing of what was read stays behind.
func (d *decoder) free() {
	d.text, d.again, d.kept, d.unknown = nil, emptied(d.again), emptied(d.kept), emptied(d.unknown)
	clear(d.records[:min(d.turn, len(d.records))])
	if d.shared {
		clear(d.texts[:])
	}
	d.pos, d.depth, d.turn, d.shared, d.ends = 0, 0, 0, false, nil
	decoders.Put(d)
}

// emptied returns the memory of all for the next text. That of a large text is
// given up, since to clear it would cost every small one as much.
func emptied[T any](all []T) []T {
	const most = 1 << 10
	if cap(all) > most {
		return nil
	}
	clear(all[:cap(all)])
	return all[:0]
}

// maxDepth bounds the nesting of objects and lists.
const maxDepth = 10_000

// syntaxError is text that is no JSON.
type syntaxError struct{ offset int }

func (e *syntaxError) Error() string { return fmt.Sprintf("the JSON is broken at byte %d", e.offset) }

// broken is the error for what stands at an offset, or for the end of the text.
func (d *decoder) broken(offset int) error {
	if offset >= len(d.text) {
		return fmt.Errorf("the JSON ends too early: %w", io.ErrUnexpectedEOF)
	}
	return &syntaxError{offset}
}

// peek passes over blanks and returns the next byte, 0 at the end.
func (d *decoder) peek() byte {
	for ; d.pos < len(d.text); d.pos++ {
		if c := d.text[d.pos]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// value reads over the next value and returns it.
func (d *decoder) value() (raw jsontext.Value, err error) {
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

// enter steps into the object or the list whose bracket is next, and tells
// whether there is anything in it.
func (d *decoder) enter(end byte) (more bool, err error) {
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
func (d *decoder) next(end byte) (more bool, err error) {
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
func (d *decoder) name() (name jsontext.Value, escaped bool, err error) {
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
func (d *decoder) nested(bracket byte) error {
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

func (d *decoder) pass(bracket byte) error {
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

func (d *decoder) literal(word string) error {
	for i := range len(word) {
		if d.pos+i >= len(d.text) || d.text[d.pos+i] != word[i] {
			return d.broken(d.pos + i)
		}
	}
	d.pos += len(word)
	return nil
}

// number reads over a number. What follows it is looked at by the next step.
func (d *decoder) number() error {
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
func (d *decoder) digits(i int) int {
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
func (d *decoder) quoted() (escaped bool, err error) {
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

// share returns text as a string. Short ones are mostly ones that came before,
// such as the names of columns, and share their memory.
func (d *decoder) share(text []byte) string {
	const longest = 32
	if len(text) < 2 || len(text) > longest {
		return string(text)
	}
	known := &d.texts[slot(text)]
	if *known != string(text) {
		*known = string(text)
		d.shared = true
	}
	return *known
}

// slot is a number below 1<<7 for text, mostly another one for another text.
func slot(text []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	n := uint64(len(text))
	if n < 8 {
		for _, c := range text {
			n = n<<8 | uint64(c)
		}
	} else {
		n += binary.LittleEndian.Uint64(text)*31 ^ binary.LittleEndian.Uint64(text[len(text)-8:])
	}
	return n * odd >> 57
}

// knownRecord is what a carrier of a type keeps.
type knownRecord struct {
	of     *structType
	record *record
}

// record returns what a carrier keeps, nil for nothing. The carriers of a list
// mostly keep the same, and share it.
func (d *decoder) record(s *structType, kept []keptMember, unknown []byte) *record {
	if len(kept) == 0 && len(unknown) == 0 {
		return nil
	}
	for i := range d.records {
		if known := &d.records[i]; known.of == s && known.record.says(kept, unknown) {
			return known.record
		}
	}
	r := newRecord(kept, unknown)
	d.records[d.turn%len(d.records)] = knownRecord{s, r}
	d.turn++
	return r
}

// says reports whether r says the same.
func (r *record) says(kept []keptMember, unknown []byte) bool {
	return bytes.Equal(r.unknown, unknown) && slices.EqualFunc(r.kept, kept, keptMember.equal)
}

func (k keptMember) equal(other keptMember) bool {
	return k.index == other.index && (k.raw == nil) == (other.raw == nil) && bytes.Equal(k.raw, other.raw)
}

// newRecord returns a record that shares no memory with the text that was read.
func newRecord(kept []keptMember, unknown []byte) *record {
	r := &record{kept: slices.Clone(kept)}
	if len(unknown) > 0 {
		r.unknown = bytes.Clone(unknown)
	}
	for i := range r.kept {
		if raw := &r.kept[i].raw; string(*raw) == "null" {
			*raw = null
		} else {
			*raw = bytes.Clone(*raw)
		}
	}
	return r
}

// null is the raw text of most members that are kept.
var null = []byte("null")
