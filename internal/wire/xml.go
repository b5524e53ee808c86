package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What the vendor documents of XML is one answer: the root named for the
// carrier, PascalCase children, no namespace, an empty element for "". The
// rest is our reading of what .NET's serializers do: xsi:nil for null, lists
// as ArrayOf... with items named for their type, dictionaries as
// <name>value</name> or as entries with a Key and a Value. Reading takes any
// namespace and either form of dictionary.

// maxXMLDepth bounds the nesting of elements.
const maxXMLDepth = 500

// element is one XML element, names without their namespace.
type element struct {
	name     string
	null     bool
	text     []byte // collected piece by piece
	children []*element
}

// textOf returns the text of the child with the given name, case apart.
func (e *element) textOf(name string) string {
	for _, child := range e.children {
		if strings.EqualFold(child.name, name) {
			return string(child.text)
		}
	}
	return ""
}

// leaf reports whether the element holds text and no elements.
func (e *element) leaf() bool { return len(e.children) == 0 }

// saysText reports whether the element holds nothing but text that is not blank.
func (e *element) saysText() bool { return e.leaf() && len(bytes.TrimSpace(e.text)) > 0 }

// XMLToJSON rewrites an XML document as the JSON that a value of type t is
// read from.
func XMLToJSON(text []byte, t reflect.Type) ([]byte, error) {
	root, err := parseXML(text)
	if err != nil {
		return nil, err
	}
	return root.json(nil, t)
}

// IsNilXML reports whether text is an XML document whose root says xsi:nil.
func IsNilXML(text []byte) bool {
	if !bytes.Contains(text, []byte("nil")) {
		return false
	}
	root, ok := xmlRoot(text)
	return ok && isNil(root)
}

// XMLRoot returns the name of the root of an XML document, without its
// namespace, or nothing if text is none.
func XMLRoot(text []byte) string {
	root, _ := xmlRoot(text)
	return root.Name.Local
}

func xmlRoot(text []byte) (root xml.StartElement, ok bool) {
	if text = bytes.TrimLeft(text, " \t\r\n"); len(text) == 0 || text[0] != '<' {
		return root, false
	}
	d := newXMLDecoder(text)
	for {
		token, err := d.Token()
		if err != nil {
			return root, false
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, true
		}
	}
}

func newXMLDecoder(text []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = charsetReader
	return d
}

// charsetReader serves documents that name their charset inside. UTF-16 has
// been turned to UTF-8 before it gets here.
func charsetReader(charset string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii":
		return input, nil
	case "iso-8859-1", "latin1":
		text, err := io.ReadAll(input)
		return bytes.NewReader(FromLatin1(text)), err
	}
	return nil, fmt.Errorf("the charset %q is not read here", charset)
}

// FromLatin1 turns ISO 8859-1 into UTF-8.
func FromLatin1(text []byte) []byte {
	converted := make([]byte, 0, len(text))
	for _, b := range text {
		converted = utf8.AppendRune(converted, rune(b))
	}
	return converted
}

// parseXML reads a document with exactly one root.
func parseXML(text []byte) (*element, error) {
	var (
		d    = newXMLDecoder(text)
		root *element
		open []*element
	)
	for {
		token, err := d.Token()
		if err == io.EOF && root != nil {
			return root, nil
		}
		if err != nil {
			return nil, xmlError(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, null: isNil(token)}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			case root != nil:
				return nil, errors.New("the XML has more than one root")
			default:
				root = e
			}
			if open = append(open, e); len(open) > maxXMLDepth {
				return nil, fmt.Errorf("the XML is nested deeper than %d elements", maxXMLDepth)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				last := open[len(open)-1]
				last.text = append(last.text, token...)
			}
		}
	}
}

// xmlError words a parsing error without what the parser quotes of the text.
func xmlError(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the XML has no root element: %w", io.ErrUnexpectedEOF)
	case errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"):
		return fmt.Errorf("the XML ends too early: %w", io.ErrUnexpectedEOF)
	case errors.As(err, &syntax):
		return fmt.Errorf("the XML is broken at line %d", syntax.Line)
	}
	return fmt.Errorf("the XML cannot be read: %w", err)
}

func isNil(start xml.StartElement) bool {
	for _, attr := range start.Attr {
		if attr.Name.Local == "nil" && (attr.Value == "true" || attr.Value == "1") {
			return true
		}
	}
	return false
}

// json appends the element as a value of type t; a nil t takes it as it looks.
func (e *element) json(b []byte, t reflect.Type) ([]byte, error) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case e.null:
		return append(b, "null"...), nil
	case t == nil:
		return e.guess(b)
	case isText(t):
		return e.scalar(b, true)
	case keeps(t), t.Kind() == reflect.Struct && !hasJSONMethods(t):
		return e.object(b, structOf(t))
	case hasJSONMethods(t):
		return e.scalar(b, t.Kind() != reflect.Slice && t.Kind() != reflect.Map)
	}
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return e.list(b, t.Elem())
		}
	case reflect.Map:
		return e.dictionary(b, t.Elem())
	case reflect.Interface:
		if k := kindsOf(t); k != nil {
			return e.object(b, structOf(k.named(e.textOf(k.by))))
		}
		return e.guess(b)
	case reflect.String:
		return e.scalar(b, true)
	}
	return e.scalar(b, t.Kind() == reflect.Slice)
}

// scalar appends the element's text, quoted, or bare if it is a JSON number
// or boolean. An element with children is no scalar, and is given as what it
// is, so that reading it names the mistake.
func (e *element) scalar(b []byte, quoted bool) ([]byte, error) {
	if !e.leaf() {
		return e.guess(b)
	}
	if quoted {
		return jsontext.AppendQuote(b, e.text)
	}
	text := bytes.TrimSpace(e.text)
	if len(text) == 0 {
		return append(b, "null"...), nil
	}
	if kind := jsontext.Value(text).Kind(); kind != '"' && jsontext.Value(text).IsValid() {
		return append(b, text...), nil
	}
	return jsontext.AppendQuote(b, text)
}

// object appends the children as the members of a struct. Children that it
// does not have are kept as they look.
func (e *element) object(b []byte, s *structType) ([]byte, error) {
	if e.saysText() {
		return e.scalar(b, true)
	}
	var unknown []*element
	b = append(b, '{')
	first := true
	for _, child := range e.children {
		index, known := find(s, child.name)
		if !known {
			unknown = append(unknown, child)
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, s.members[index].label...)
		var err error
		if b, err = child.json(b, s.members[index].typ); err != nil {
			return nil, err
		}
	}
	b, err := appendMembers(b, unknown, first)
	return append(b, '}'), err
}

// guess appends an element of which no Go type tells what it is: text, or an
// object whose members are lists if a name comes twice.
func (e *element) guess(b []byte) ([]byte, error) {
	if e.leaf() {
		return jsontext.AppendQuote(b, e.text)
	}
	b, err := appendMembers(append(b, '{'), e.children, true)
	return append(b, '}'), err
}

// appendMembers appends elements as members, those of one name as a list.
func appendMembers(b []byte, elements []*element, first bool) ([]byte, error) {
	byName := make(map[string][]*element)
	for _, e := range elements {
		byName[e.name] = append(byName[e.name], e)
	}
	for _, e := range elements {
		same := byName[e.name]
		if same == nil {
			continue
		}
		byName[e.name] = nil
		if !first {
			b = append(b, ',')
		}
		first = false
		var err error
		if b, err = jsontext.AppendQuote(b, e.name); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if len(same) == 1 {
			b, err = same[0].json(b, nil)
		} else {
			b, err = (&element{children: same}).list(b, nil)
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// list appends the children as the elements of a list.
func (e *element) list(b []byte, item reflect.Type) ([]byte, error) {
	if e.saysText() {
		return e.scalar(b, true)
	}
	b = append(b, '[')
	for i, child := range e.children {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = child.json(b, item); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// dictionary appends the children as entries, each named by its element or by
// a Key inside it.
func (e *element) dictionary(b []byte, value reflect.Type) ([]byte, error) {
	if e.saysText() {
		return e.scalar(b, true)
	}
	b = append(b, '{')
	for i, child := range e.children {
		name, holder := unescaped(child.name), child
		if key, inner, ok := child.entry(); ok {
			name, holder = key, inner
		}
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = jsontext.AppendQuote(b, name); err != nil {
			return nil, err
		}
		if b, err = holder.json(append(b, ':'), value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// unescaped reads the name of an element in which characters that no name may
// have stand as .NET writes them: _x003A_ for a colon.
func unescaped(name string) string {
	const length = len("_x003A_")
	var b strings.Builder
	for {
		i := strings.Index(name, "_x")
		if i < 0 || len(name) < i+length {
			return b.String() + name
		}
		code, err := strconv.ParseUint(name[i+2:i+length-1], 16, 16)
		if err != nil || name[i+length-1] != '_' {
			b.WriteString(name[:i+1])
			name = name[i+1:]
			continue
		}
		b.WriteString(name[:i])
		b.WriteRune(rune(code))
		name = name[i+length:]
	}
}

// entry takes an element apart that has a Key and a Value and nothing else.
func (e *element) entry() (key string, value *element, ok bool) {
	if len(e.children) != 2 {
		return "", nil, false
	}
	k, v := e.children[0], e.children[1]
	if strings.EqualFold(k.name, "Value") {
		k, v = v, k
	}
	ok = strings.EqualFold(k.name, "Key") && strings.EqualFold(v.name, "Value") && k.leaf()
	return string(k.text), v, ok
}

// JSONToXML rewrites JSON, as Marshal wrote it for a value of type t, as an
// XML document without a namespace. Null members are left out: saying null
// takes a namespace. root names the document's root; if it is empty, the
// type does.
func JSONToXML(text []byte, root string, t reflect.Type) ([]byte, error) {
	if root == "" {
		root = typeName(t)
	}
	w := xmlWriter{Decoder: jsontext.NewDecoder(bytes.NewBuffer(text), lenient...)}
	if err := w.value(root, t); err != nil {
		return nil, err
	}
	return w.out, nil
}

type xmlWriter struct {
	*jsontext.Decoder
	out []byte
}

// nilAttributes mark an element as null.
const nilAttributes = ` xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"`

// value writes the next JSON value as an element.
func (w *xmlWriter) value(name string, t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind := w.PeekKind()
	if kind == 'n' {
		w.out = append(append(append(append(w.out, '<'), name...), nilAttributes...), "/>"...)
		return w.SkipValue()
	}
	w.out = append(append(append(w.out, '<'), name...), '>')
	var err error
	switch {
	case kind == '{' && isDictionary(t):
		err = w.dictionary(t.Elem())
	case kind == '{':
		err = w.object(t)
	case kind == '[':
		err = w.list(t)
	default:
		err = w.text()
	}
	w.out = append(append(append(w.out, "</"...), name...), '>')
	return err
}

func isDictionary(t reflect.Type) bool { return t != nil && t.Kind() == reflect.Map }

// text writes a scalar.
func (w *xmlWriter) text() error {
	raw, err := w.ReadValue()
	if err != nil {
		return err
	}
	return w.escape(text(raw))
}

func (w *xmlWriter) escape(content string) error {
	if strings.ContainsFunc(content, func(r rune) bool { return !isXMLChar(r) }) {
		return errors.New("a text holds a control character, which XML cannot carry; send it as JSON")
	}
	var escaped bytes.Buffer
	err := xml.EscapeText(&escaped, []byte(content))
	w.out = append(w.out, escaped.Bytes()...)
	return err
}

func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r != 0xfffe && r != 0xffff
}

func (w *xmlWriter) object(t reflect.Type) error {
	var s *structType
	if k := kindsOf(t); k != nil {
		s = k.all
	} else if t != nil && t.Kind() == reflect.Struct {
		s = structOf(t)
	}
	return w.each(func(name string) error {
		if !isXMLName(name) {
			return fmt.Errorf("the member %q cannot be an XML element; send it as JSON", name)
		}
		if w.PeekKind() == 'n' {
			return w.SkipValue() // a member that is left out is null
		}
		return w.value(name, s.typeOf(name))
	})
}

// typeOf returns the type of a member, nil for one that is not known.
func (s *structType) typeOf(name string) reflect.Type {
	if s == nil {
		return nil
	}
	if index, known := find(s, name); known {
		return s.members[index].typ
	}
	return nil
}

// dictionary writes entries as elements of their names, or with a Key and a
// Value if a name cannot be an element.
func (w *xmlWriter) dictionary(value reflect.Type) error {
	return w.each(func(name string) error {
		if isXMLName(name) {
			return w.value(name, value)
		}
		entry := "KeyValueOfstring" + typeName(value)
		w.out = append(append(append(w.out, '<'), entry...), "><Key>"...)
		if err := w.escape(name); err != nil {
			return err
		}
		w.out = append(w.out, "</Key>"...)
		err := w.value("Value", value)
		w.out = append(append(append(w.out, "</"...), entry...), '>')
		return err
	})
}

// each calls member with the name of each member of the next object.
func (w *xmlWriter) each(member func(name string) error) error {
	if _, err := w.ReadToken(); err != nil {
		return err
	}
	for w.PeekKind() != '}' {
		name, err := w.ReadToken()
		if err != nil {
			return err
		}
		if err := member(name.String()); err != nil {
			return err
		}
	}
	_, err := w.ReadToken()
	return err
}

func (w *xmlWriter) list(t reflect.Type) error {
	var item reflect.Type
	if t != nil && t.Kind() == reflect.Slice {
		item = t.Elem()
	}
	if _, err := w.ReadToken(); err != nil {
		return err
	}
	for w.PeekKind() != ']' {
		if err := w.value(typeName(item), item); err != nil {
			return err
		}
	}
	_, err := w.ReadToken()
	return err
}

// dotNetNames are .NET's names for the SDK's own types of values.
var dotNetNames = map[string]string{"DateTime": "dateTime", "Date": "dateTime", "TimeSpan": "duration", "FieldValue": "string"}

// typeName is the element name for a value of type t: a carrier's own, and
// .NET's names for the rest.
func typeName(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "anyType"
	}
	if k := kindsOf(t); k != nil {
		t = k.base
	}
	if name, ok := dotNetNames[t.Name()]; ok && isOwn(t) {
		return name
	}
	if t.Name() != "" && t.Name() != t.Kind().String() {
		r, size := utf8.DecodeRuneInString(t.Name())
		return string(unicode.ToUpper(r)) + t.Name()[size:]
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int32:
		return "int"
	case reflect.Int64:
		return "long"
	case reflect.Float64, reflect.Float32:
		return "double"
	case reflect.String:
		return "string"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "base64Binary"
		}
		return "ArrayOf" + typeName(t.Elem())
	}
	return "anyType"
}

// isXMLName reports whether name can be an element without a namespace.
func isXMLName(name string) bool {
	for i, r := range name {
		switch {
		case unicode.IsLetter(r), r == '_':
		case i > 0 && (unicode.IsDigit(r) || r == '-' || r == '.'):
		default:
			return false
		}
	}
	return name != "" && strconv.CanBackquote(name)
}
