// Package wire turns Go values into the server's JSON, XML and form bodies and
// back, without loss.
//
// What came in goes out again as it was, unless the program changed it. The
// standard library cannot do that: it drops members that a struct does not
// have, and it cannot tell null from "", nor a missing member from an empty
// one. A server that takes a missing or empty member for "reset this" would
// then wipe data on every save. So each carrier embeds a Carrier, which is empty
// as long as the Go members say everything.
//
// JSON is the form that everything passes through. XML is turned into JSON by
// the Go type it is read into, and made from JSON on the way out; forms are
// made from JSON.
package wire

import (
	"bytes"
	"encoding"
	"encoding/json" // its interfaces alone, which links nothing of it
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Carrier is what a carrier embeds to go through JSON without loss. Copies of a
// carrier, and the carriers of a list, share what they keep, which is never
// changed once it is read.
type Carrier struct{ record *record }

func (k *Carrier) slot() **record { return &k.record }

// keeper is a pointer to a struct that embeds Carrier.
type keeper interface{ slot() **record }

// record is what a carrier keeps of the JSON object it was read from beyond
// what its Go members can say.
type record struct {
	null      bool              // null stood where the object was due
	alone     bool              // a member stood alone, without the object around it
	partial   bool              // only some members were asked for
	preserved []preservedMember // in the order of the members
	unknown   []byte            // "Name":value pairs of members that the struct does not have
}

// preservedMember is a member whose JSON differs from what its Go value would be
// written as. The JSON goes out again as long as it stands for the Go value.
type preservedMember struct {
	index int
	raw   []byte // nil: the member was missing
}

// structType describes a struct type's members.
type structType struct {
	members []member
	byName  map[string]int
	folded  map[string]int // by the name in small letters
	due     bitset         // the members that come unless they are missing
	keeps   bool           // embeds Carrier
	alone   int            // the member that may stand for the whole object, -1 for none
	mark    *mark          // of a carrier that is one of several kinds
	// codecs are the members', in the copy that a codec of the struct has. They
	// are not resolved before it is read or written.
	codecs []*codec
}

// member is one JSON member of a struct.
type member struct {
	name     string
	label    string // the name quoted, with its colon
	bases    []int  // the way to the embedded struct that has the field
	field    int
	typ      reflect.Type
	omitZero bool // members of newer servers: left out if empty
	assumed  bool // written as true if it is false and was never read
}

// of returns the member in the struct v.
func (m *member) of(v reflect.Value) reflect.Value {
	for _, base := range m.bases {
		v = v.Field(base)
	}
	return v.Field(m.field)
}

// codec reads and writes values of one Go type. exact is false if the JSON
// that was read is not what the value would be written as.
type codec struct {
	decode func(d *decoder, v reflect.Value) (exact bool, err error)
	encode func(b []byte, v reflect.Value) ([]byte, error)
	scalar bool // and null is read as its zero value
	// element is the codec of the entries of a list or dictionary, nil for
	// what is neither.
	element func() *codec
}

var (
	structs sync.Map // reflect.Type -> *structType

	modulePath = strings.TrimSuffix(reflect.TypeFor[Carrier]().PkgPath(), "/internal/wire")

	// The server's JSON is taken as it comes: a name twice, or half a surrogate,
	// is no reason to fail a call.
	lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
)

// Unmarshal reads text with the codecs of all types.
func Unmarshal(text []byte, out any) error { return All.Unmarshal(text, out) }

// Marshal writes in as JSON with the codecs of all types.
func Marshal(in any) ([]byte, error) { return All.Marshal(in) }

// Unmarshal reads text, one JSON value and nothing behind it, into out, a
// non-nil pointer. On an error *out is left zero.
func (c *Codecs) Unmarshal(text []byte, out any) error {
	v := reflect.ValueOf(out).Elem()
	err := c.of(v.Type()).unmarshal(text, v)
	if err != nil {
		v.SetZero()
	}
	return err
}

func (c *codec) unmarshal(text []byte, v reflect.Value) error {
	v.SetZero()
	d := newDecoder(validUTF8(text))
	defer d.free()
	if _, err := c.decode(d, v); err != nil {
		return err
	}
	return d.end()
}

// validUTF8 returns text as encoding/json reads it.
func validUTF8(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	return bytes.ToValidUTF8(text, []byte("\uFFFD"))
}

// end makes sure that nothing follows the value.
func (d *decoder) end() error {
	if c := d.peek(); d.pos == len(d.text) {
		return nil
	} else if c != '{' && c != '[' {
		if _, err := d.value(); err != nil {
			return err
		}
	}
	return errors.New("something follows the end of the data")
}

// typeError is JSON of another type than the member has.
type typeError struct {
	path []string // the innermost member first
	want string
	got  jsontext.Kind
}

func (e *typeError) Error() string {
	if len(e.path) == 0 {
		return "the answer is " + kindName(e.got) + " where " + e.want + " was due"
	}
	path := slices.Clone(e.path)
	slices.Reverse(path)
	return "member " + strings.Join(path, "/") + " is " + kindName(e.got) + " where " + e.want + " was due"
}

// within adds the name of the member in which err came up.
func within(name string, err error) error {
	var typed *typeError
	if errors.As(err, &typed) {
		typed.path = append(typed.path, name)
	}
	return err
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return "nothing readable"
}

// Marshal writes in as JSON.
func (c *Codecs) Marshal(in any) ([]byte, error) {
	v := reflect.ValueOf(in)
	if !v.IsValid() {
		return []byte("null"), nil
	}
	const usual = 64
	return c.of(v.Type()).encode(make([]byte, 0, usual), v)
}

// of returns the codec of a type. The table is filled before the codec's own
// parts are resolved, so that types may contain themselves.
func (c *Codecs) of(t reflect.Type) *codec {
	if known, ok := c.table.Load(t); ok {
		return known.(*codec)
	}
	known, _ := c.table.LoadOrStore(t, c.newCodec(t))
	return known.(*codec)
}

func (c *Codecs) newCodec(t reflect.Type) *codec {
	switch {
	case keeps(t):
		if open, ok := reflect.New(t).Interface().(opener); ok && open.codecs() != c {
			return open.codecs().of(t)
		}
		return c.structCodec(t)
	case isText(t):
		return &codec{decode: decodeText, encode: encodeText, scalar: true}
	case hasJSONMethods(t):
		return c.foreign
	case isOwnStruct(t):
		return c.structCodec(t)
	}
	switch t.Kind() {
	case reflect.String:
		return stringCodec(t)
	case reflect.Bool:
		return &codec{decode: decodeBool, encode: encodeBool, scalar: true}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &codec{decode: decodeInt, encode: encodeInt, scalar: true}
	case reflect.Float32, reflect.Float64:
		return &codec{decode: decodeFloat, encode: encodeFloat, scalar: true}
	case reflect.Pointer:
		return c.pointerCodec(t)
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return c.sliceCodec(t)
		}
		return &codec{decode: decodeBytes, encode: encodeBytes}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !hasJSONMethods(t.Key()) {
			return c.mapCodec(t)
		}
	case reflect.Interface:
		if k := kindsOf(t); k != nil {
			return c.kindCodec(k)
		}
	}
	return c.foreign
}

func stringCodec(t reflect.Type) *codec {
	c := &codec{decode: decodeString, encode: encodeString, scalar: true}
	if isEnum(t) {
		c.decode = decodeEnum
	}
	if isNullable(t) {
		c.encode = encodeNullable
	}
	return c
}

// keeps reports whether t is a carrier.
func keeps(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && reflect.PointerTo(t).Implements(reflect.TypeFor[keeper]())
}

// isOwnStruct tells the SDK's own structs, requests mostly, from those of
// other packages, which are left to the JSON library and their own tags.
func isOwnStruct(t reflect.Type) bool { return t.Kind() == reflect.Struct && isOwn(t) }

func isOwn(t reflect.Type) bool {
	path := t.PkgPath()
	return path == modulePath || strings.HasPrefix(path, modulePath+"/")
}

func hasJSONMethods(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return !isNullable(t) && (p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]()))
}

// structOf describes a struct type by its json tags.
func structOf(t reflect.Type) *structType {
	if known, ok := structs.Load(t); ok {
		return known.(*structType)
	}
	s := newStructType()
	s.keeps = keeps(t)
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Type == reflect.TypeFor[Carrier]():
		case f.Anonymous && keeps(f.Type):
			s.embed(i, structOf(f.Type))
		default:
			s.add(i, f)
		}
	}
	for i := range s.members {
		if !s.members[i].omitZero {
			s.due.add(i)
		}
	}
	s.mark = markOf(t, s)
	known, _ := structs.LoadOrStore(t, s)
	return known.(*structType)
}

func newStructType() *structType {
	return &structType{byName: make(map[string]int), folded: make(map[string]int), alone: -1}
}

// take takes a member. Of two whose names differ by case only, the first is the
// one that other spellings mean.
func (s *structType) take(m member) {
	if lower := strings.ToLower(m.name); !has(s.folded, lower) {
		s.folded[lower] = len(s.members)
	}
	s.byName[m.name] = len(s.members)
	s.members = append(s.members, m)
}

func has(names map[string]int, name string) bool {
	_, ok := names[name]
	return ok
}

// find finds a member by its name, or else by a name that differs by case only:
// the server may be set up to write camelCase.
func find[text ~string | ~[]byte](s *structType, name text) (index int, known bool) {
	if index, known = s.byName[string(name)]; known {
		return index, true
	}
	const longest = 64 // of the names that there are
	var lower [longest]byte
	if len(name) > longest {
		return 0, false
	}
	for i := range len(name) {
		lower[i] = name[i]
		if 'A' <= name[i] && name[i] <= 'Z' {
			lower[i] |= 0x20
		}
	}
	index, known = s.folded[string(lower[:len(name)])]
	return index, known
}

// add takes a field as a member, if it is one.
func (s *structType) add(index int, f reflect.StructField) {
	name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || name == "-" {
		return
	}
	if name == "" {
		name = f.Name
	}
	if f.Tag.Get("wire") == "alone" {
		s.alone = len(s.members)
	}
	s.take(member{
		name: name, label: strconv.Quote(name) + ":", field: index, typ: f.Type, omitZero: strings.Contains(rest, "omitzero"),
		assumed: f.Tag.Get("wire") == "assumetrue",
	})
}

// embed takes the members of a base carrier as the struct's own.
func (s *structType) embed(index int, base *structType) {
	for _, m := range base.members {
		m.bases = append([]int{index}, m.bases...)
		s.take(m)
	}
}

// structCodec is the codec of carriers.
func (c *Codecs) structCodec(t reflect.Type) *codec {
	s := *structOf(t)
	resolve := sync.OnceFunc(func() {
		for i := range s.members {
			s.codecs = append(s.codecs, c.of(s.members[i].typ))
		}
	})
	return &codec{
		decode: func(d *decoder, v reflect.Value) (bool, error) {
			resolve()
			return s.decode(d, v)
		},
		encode: func(b []byte, v reflect.Value) ([]byte, error) {
			resolve()
			return s.encode(b, v)
		},
	}
}

// decode reads an object into the struct v.
func (s *structType) decode(d *decoder, v reflect.Value) (exact bool, err error) {
	switch d.peek() {
	case 'n':
		s.remember(v, &record{null: true})
		return true, d.literal("null")
	case '{':
		return true, s.decodeMembers(d, v)
	case '[', 't', 'f':
	default:
		if s.alone >= 0 {
			return true, s.decodeAlone(d, v)
		}
	}
	return false, d.mismatch("an object")
}

// decodeAlone reads the value of the one member that stands for the object.
func (s *structType) decodeAlone(d *decoder, v reflect.Value) error {
	preserved := len(d.preserved)
	err := s.decodeMember(d, v, s.alone)
	if err == nil {
		r := newRecord(d.preserved[preserved:], nil)
		r.alone = true
		s.remember(v, r)
	}
	d.preserved = d.preserved[:preserved]
	return err
}

// isAlone reports whether no other member of v is set than the one that may stand
// for the object.
func (s *structType) isAlone(v reflect.Value) bool {
	for i := range s.members {
		if i != s.alone && !s.members[i].of(v).IsZero() {
			return false
		}
	}
	return true
}

func (s *structType) decodeMembers(d *decoder, v reflect.Value) error {
	var (
		seen               bitset
		preserved, unknown = len(d.preserved), len(d.unknown) // where those of v begin
		expected           = 0
	)
	more, err := d.enter('}')
	for more && err == nil {
		var (
			index int
			name  jsontext.Value
		)
		if index, name, err = s.nextMember(d, expected); err != nil {
			return err
		}
		switch {
		case index < 0, seen.has(index) && s.isRespelled(index, name):
			err = d.keepUnknown(name, unknown)
		case seen.has(index):
			s.forget(d, v, index, preserved)
			err = s.decodeMember(d, v, index)
		default:
			seen.add(index)
			expected = index + 1
			err = s.decodeMember(d, v, index)
		}
		if err != nil {
			return err
		}
		more, err = d.next('}')
	}
	if s.keeps && err == nil {
		s.sortPreserved(d, &seen, preserved)
		s.remember(v, d.record(s, d.preserved[preserved:], d.unknown[unknown:]))
	}
	d.preserved, d.unknown = d.preserved[:preserved], d.unknown[:unknown]
	return err
}

// nextMember reads a name with its colon and finds the member, or -1. Members
// mostly come one after the other, as they are written.
func (s *structType) nextMember(d *decoder, expected int) (index int, name jsontext.Value, err error) {
	d.peek()
	if rest := d.text[d.pos:]; expected < len(s.members) {
		if label := s.members[expected].label; len(rest) > len(label) && string(rest[:len(label)]) == label {
			d.pos += len(label)
			return expected, nil, nil
		}
	}
	name, escaped, err := d.name()
	if err != nil {
		return -1, nil, err
	}
	known := false
	if escaped {
		index, known = find(s, unquote(name))
	} else {
		index, known = find(s, name[1:len(name)-1])
	}
	if !known {
		index = -1
	}
	return index, name, nil
}

// isRespelled reports whether the member was found by a name that differs from
// its own. Beside the member itself it is an unknown one.
func (s *structType) isRespelled(index int, name jsontext.Value) bool {
	return name != nil && unquote(name) != s.members[index].name
}

func (s *structType) decodeMember(d *decoder, v reflect.Value, index int) error {
	m := &s.members[index]
	d.peek()
	start, field := d.pos, m.of(v)
	exact, err := s.codecs[index].decode(d, field)
	if err != nil {
		return within(m.name, err)
	}
	if !exact || m.assumed || m.omitZero && field.IsZero() {
		d.preserved = append(d.preserved, preservedMember{index, d.text[start:d.pos]})
	}
	return nil
}

// forget takes back a member that comes again: the last one counts.
func (s *structType) forget(d *decoder, v reflect.Value, index, preserved int) {
	s.members[index].of(v).SetZero()
	own := slices.DeleteFunc(d.preserved[preserved:], func(k preservedMember) bool { return k.index == index })
	d.preserved = d.preserved[:preserved+len(own)]
}

// keepUnknown remembers a member that the struct does not have, behind those
// that begin at start.
func (d *decoder) keepUnknown(name jsontext.Value, start int) error {
	value, err := d.value()
	if len(d.unknown) > start {
		d.unknown = append(d.unknown, ',')
	}
	d.unknown = append(append(append(d.unknown, name...), ':'), value...)
	return err
}

// sortPreserved puts what is kept, from start on, in the order of the members, and
// adds those that did not come, if they would be written.
func (s *structType) sortPreserved(d *decoder, seen *bitset, start int) {
	preserved := d.preserved[start:]
	byIndex := func(a, b preservedMember) int { return a.index - b.index }
	if !slices.IsSortedFunc(preserved, byIndex) {
		slices.SortFunc(preserved, byIndex)
	}
	if s.due.within(seen) {
		return
	}
	end := len(d.preserved)
	for i := range s.members {
		switch {
		case len(preserved) > 0 && preserved[0].index == i:
			d.preserved, preserved = append(d.preserved, preserved[0]), preserved[1:]
		case !seen.has(i) && !s.members[i].omitZero:
			d.preserved = append(d.preserved, preservedMember{index: i})
		}
	}
	d.preserved = slices.Delete(d.preserved, start, end)
}

// remember hangs r on the carrier v.
func (s *structType) remember(v reflect.Value, r *record) {
	if s.keeps && r != nil {
		*v.Addr().Interface().(keeper).slot() = r
	}
}

// encode writes the struct v as an object.
func (s *structType) encode(b []byte, v reflect.Value) ([]byte, error) {
	r := s.recall(v)
	if r.null && isBlank(v, s) {
		return append(b, "null"...), nil
	}
	if r.alone && s.isAlone(v) {
		var raw []byte
		if len(r.preserved) > 0 {
			raw = r.preserved[0].raw
		}
		return s.codecs[s.alone].amendEntry(b, s.members[s.alone].of(v), raw)
	}
	b = append(b, '{')
	empty, preserved := true, r.preserved
	for i := range s.members {
		m := &s.members[i]
		var was *preservedMember
		for len(preserved) > 0 && preserved[0].index == i {
			was, preserved = &preserved[0], preserved[1:]
		}
		field := m.of(v)
		if s.mark != nil && s.mark.index == i && was == nil && field.IsZero() {
			field = s.mark.value
		}
		if m.assumed && was == nil && field.IsZero() {
			field = reflect.ValueOf(true)
		}
		if m.skipped(field, was) {
			continue
		}
		if !empty {
			b = append(b, ',')
		}
		empty = false
		b = append(b, m.label...)
		var raw []byte
		if was != nil {
			raw = was.raw
		}
		var err error
		if b, err = s.codecs[i].amendEntry(b, field, raw); err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if len(r.unknown) > 0 {
		if !empty {
			b = append(b, ',')
		}
		b = append(b, r.unknown...)
	}
	return append(b, '}'), nil
}

// skipped reports whether a member is left out: it was missing and still is
// empty, or it is an empty member of a newer server.
func (m *member) skipped(v reflect.Value, was *preservedMember) bool {
	if was != nil {
		return was.raw == nil && v.IsZero()
	}
	return m.omitZero && v.IsZero() && v.Kind() != reflect.Pointer || m.omitZero && v.Kind() == reflect.Pointer && v.IsNil()
}

// recall returns what the carrier v remembers.
func (s *structType) recall(v reflect.Value) record {
	if !s.keeps {
		return record{}
	}
	if !v.CanAddr() {
		addressable := reflect.New(v.Type()).Elem()
		addressable.Set(v)
		v = addressable
	}
	if preserved := *v.Addr().Interface().(keeper).slot(); preserved != nil {
		return *preserved
	}
	return record{}
}

// isBlank reports whether no member of v is set.
func isBlank(v reflect.Value, s *structType) bool {
	for i := range s.members {
		if !s.members[i].of(v).IsZero() {
			return false
		}
	}
	return true
}

// bitset is a set of member indexes. The vendor's largest carriers have more
// than 64 members.
type bitset struct {
	low  uint64
	more []uint64
}

func (s *bitset) add(i int) {
	if i < 64 {
		s.low |= 1 << i
		return
	}
	for len(s.more) <= i/64-1 {
		s.more = append(s.more, 0)
	}
	s.more[i/64-1] |= 1 << (i % 64)
}

func (s *bitset) has(i int) bool {
	if i < 64 {
		return s.low&(1<<i) != 0
	}
	return i/64-1 < len(s.more) && s.more[i/64-1]&(1<<(i%64)) != 0
}

// within reports whether all of s are in other too.
func (s *bitset) within(other *bitset) bool {
	if s.low&^other.low != 0 || len(s.more) > len(other.more) {
		return false
	}
	for i, word := range s.more {
		if word&^other.more[i] != 0 {
			return false
		}
	}
	return true
}
