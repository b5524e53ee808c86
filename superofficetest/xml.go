package superofficetest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

const xsiNamespace = "http://www.w3.org/2001/XMLSchema-instance"

// maxDepth bounds nesting in requests, which no carrier comes near.
const maxDepth = 64

// xmlStyle says how the server writes what the vendor has not documented.
type xmlStyle struct {
	nilElements       bool // null as xsi:nil instead of no element
	dictionaryEntries bool // dictionaries as Key and Value elements
}

// dictionaryEntry returns the name of an entry element, when member is one of
// the carriers' dictionaries.
func dictionaryEntry(member string) (name string, isDictionary bool) {
	if member == "FieldProperties" {
		return "KeyValueOfstringFieldProperty", true
	}
	return "", false
}

type xmlWriter struct {
	bytes.Buffer
	style xmlStyle
}

// encodeXML writes value as an element called root: no declaration and no
// namespace, members as child elements of their names.
func encodeXML(style xmlStyle, root string, value any) []byte {
	w := &xmlWriter{style: style}
	w.element(root, value, style.nilElements || value == nil)
	return w.Bytes()
}

// element writes one element. With xsi it declares the xsi prefix, which its
// descendants may use.
func (w *xmlWriter) element(name string, value any, xsi bool) {
	tag := encodeName(name)
	w.WriteString("<" + tag)
	if xsi {
		w.WriteString(` xmlns:xsi="` + xsiNamespace + `"`)
	}
	if value == nil {
		w.WriteString(` xsi:nil="true"/>`)
		return
	}
	w.WriteString(">")
	w.content(name, value)
	w.WriteString("</" + tag + ">")
}

func (w *xmlWriter) content(name string, value any) {
	switch value := value.(type) {
	case map[string]any:
		w.members(name, value)
	case []any:
		for _, item := range value {
			w.element(itemName(item), item, item == nil && !w.style.nilElements)
		}
	default:
		_ = xml.EscapeText(w, []byte(fmt.Sprint(value))) // a Buffer never fails
	}
}

func (w *xmlWriter) members(name string, object map[string]any) {
	entry, isDictionary := dictionaryEntry(name)
	for _, key := range sortedKeys(object) {
		value := object[key]
		switch {
		case isDictionary && w.style.dictionaryEntries:
			w.WriteString("<" + entry + ">")
			w.element("Key", key, false)
			w.element("Value", value, value == nil && !w.style.nilElements)
			w.WriteString("</" + entry + ">")
		case value != nil || w.style.nilElements:
			w.element(key, value, false)
		}
	}
}

// itemName names an element of a list after its type, as the vendor's
// platform does.
func itemName(item any) string {
	switch item := item.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case nil, map[string]any, []any:
		return "anyType"
	case json.Number:
		if strings.ContainsAny(item.String(), ".eE") {
			return "double"
		}
	}
	return "int"
}

// encodeName makes any text an element name: what XML does not allow there
// becomes _xHHHH_, which is the convention of the vendor's platform.
func encodeName(name string) string {
	if name == "" {
		return "_x_"
	}
	var b strings.Builder
	for i, r := range name {
		if nameRune(r, i == 0) && !escapedName.MatchString(name[i:]) {
			b.WriteRune(r)
		} else if r > 0xFFFF {
			fmt.Fprintf(&b, "_x%08X_", r)
		} else {
			fmt.Fprintf(&b, "_x%04X_", r)
		}
	}
	return b.String()
}

// escapedName matches an escape at the beginning of a text.
var escapedName = regexp.MustCompile(`^_x([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})_`)

// nameRune is stricter than XML, so that every parser agrees.
func nameRune(r rune, first bool) bool {
	switch {
	case r == '_', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r >= 0xC0 && r <= 0xFF && unicode.IsLetter(r):
		return true
	}
	return !first && (r == '-' || r == '.' || '0' <= r && r <= '9')
}

// decodeName undoes encodeName.
func decodeName(name string) string {
	if name == "_x_" {
		return ""
	}
	var b strings.Builder
	for name != "" {
		if match := escapedName.FindStringSubmatch(name); match != nil {
			code, _ := strconv.ParseUint(match[1], 16, 32) // the pattern makes it a number
			b.WriteRune(rune(code))
			name = name[len(match[0]):]
			continue
		}
		b.WriteByte(name[0])
		name = name[1:]
	}
	return b.String()
}

// decodeXML reads a document into a tree whose scalars are strings. The
// root's name and all namespaces are ignored.
func decodeXML(body []byte) (any, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	var value any
	for seen := false; ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && seen {
			return value, nil
		}
		if err != nil {
			return nil, err
		}
		start, isStart := token.(xml.StartElement)
		if !isStart {
			continue
		}
		if seen {
			return nil, errors.New("there is a second root element")
		}
		seen = true
		if value, err = decodeElement(dec, start, 1); err != nil {
			return nil, err
		}
	}
}

// decodeElement reads what follows start up to its end: null with xsi:nil, an
// object with child elements, text otherwise.
func decodeElement(dec *xml.Decoder, start xml.StartElement, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("elements are nested deeper than %d", maxDepth)
	}
	var text strings.Builder
	var children []xmlChild
	for {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			value, err := decodeElement(dec, token, depth+1)
			if err != nil {
				return nil, err
			}
			children = append(children, xmlChild{token.Name.Local, value})
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			return elementValue(start, text.String(), children), nil
		}
	}
}

type xmlChild struct {
	name  string
	value any
}

func elementValue(start xml.StartElement, text string, children []xmlChild) any {
	switch {
	case isNil(start):
		return nil
	case len(children) == 0:
		return text
	}
	object := map[string]any{}
	for _, child := range children {
		if key, value, isEntry := child.entry(); isEntry {
			addMember(object, key, value)
		} else {
			addMember(object, decodeName(child.name), child.value)
		}
	}
	return object
}

// entry recognises a dictionary entry by its name and its two members.
func (c xmlChild) entry() (key string, value any, isEntry bool) {
	object, _ := c.value.(map[string]any)
	if _, named := cutPrefixFold(c.name, "KeyValue"); !named || object == nil {
		return "", nil, false
	}
	k, _ := member(object, "Key")
	key, isText := k.(string)
	value, found := member(object, "Value")
	return key, value, isText && found
}

// addMember makes a list of what is given more than once.
func addMember(object map[string]any, name string, value any) {
	before, repeated := object[name]
	if !repeated {
		object[name] = value
		return
	}
	if list, isList := before.([]any); isList {
		object[name] = append(list, value)
		return
	}
	object[name] = []any{before, value}
}

func isNil(start xml.StartElement) bool {
	for _, attr := range start.Attr {
		if attr.Name.Local == "nil" && (attr.Name.Space == xsiNamespace || attr.Name.Space == "xsi") {
			return attr.Value == "true" || attr.Value == "1"
		}
	}
	return false
}
