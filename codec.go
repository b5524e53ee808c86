package superoffice

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/superoffice-go/superoffice/internal/operation"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// ContentType is a form in which the server takes and gives data.
type ContentType string

// The content types that the vendor documents for a call with a body. All but
// the form serve as an answer's type as well. The two patch types carry the
// same JSON on calls that are no patches.
const (
	// ContentTypeJSON is application/json, the default.
	ContentTypeJSON ContentType = "application/json"
	// ContentTypeTextJSON is text/json.
	ContentTypeTextJSON ContentType = "text/json"
	// ContentTypeXML is application/xml.
	ContentTypeXML ContentType = "application/xml"
	// ContentTypeTextXML is text/xml.
	ContentTypeTextXML ContentType = "text/xml"
	// ContentTypeForm is application/x-www-form-urlencoded, for requests only.
	ContentTypeForm ContentType = "application/x-www-form-urlencoded"
	// ContentTypeJSONPatch is application/json-patch+json.
	ContentTypeJSONPatch ContentType = "application/json-patch+json"
	// ContentTypeMergePatch is application/merge-patch+json.
	ContentTypeMergePatch ContentType = "application/merge-patch+json"
)

// format is the family of a content type: which codec it takes.
type format int

const (
	formatUnknown format = iota
	formatJSON
	formatXML
	formatForm
	formatHTML
)

// format returns the family of t, parameters aside.
func (t ContentType) format() format {
	media, _, _ := strings.Cut(string(t), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch {
	case media == "application/json", media == "text/json", strings.HasSuffix(media, "+json"):
		return formatJSON
	case media == "text/html", media == "application/xhtml+xml":
		return formatHTML
	case media == "application/xml", media == "text/xml", strings.HasSuffix(media, "+xml"):
		return formatXML
	case media == string(ContentTypeForm):
		return formatForm
	}
	return formatUnknown
}

// charset returns the charset parameter of t in lower case, or nothing. It is
// looked for by hand: the server's one parameter is not worth a map.
func (t ContentType) charset() string {
	_, params, _ := strings.Cut(string(t), ";")
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") {
			return strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return ""
}

// checkEncoded refuses what no value can be encoded as. Empty is fine: it
// leaves the type unsaid.
func (t ContentType) checkEncoded() error {
	switch t.format() {
	case formatUnknown, formatHTML:
		if t != "" {
			return invalid("WithContentType", fmt.Sprintf("got %q, which only a body of bytes or a reader can be; use one of the ContentType constants", string(t)))
		}
	}
	return nil
}

// checkResponse refuses what no answer can come as.
func (t ContentType) checkResponse() error {
	if t.format() == formatForm {
		return invalid("WithAccept", "got the form type, which the server takes but does not give")
	}
	return checkHeaderValue("WithAccept", string(t))
}

// checkDecoded refuses what an answer can come as, but only in a Stream.
func (t ContentType) checkDecoded() error {
	switch t.format() {
	case formatJSON, formatXML:
		return nil
	}
	if t == "" {
		return nil
	}
	return invalid("WithAccept", fmt.Sprintf("got %q, which only calls that return a Stream take; use one of the ContentType constants but the form", string(t)))
}

// encode writes in as a body of type t. Bytes are a body already. root is the
// name of the root in XML, or empty for that of in's type.
func encode(in any, t ContentType, root string, codecs *wire.Codecs) ([]byte, error) {
	if raw, ok := in.([]byte); ok {
		return raw, nil
	}
	body, err := codecs.Marshal(in)
	if err != nil {
		return nil, err
	}
	switch t.format() {
	case formatXML:
		return wire.JSONToXML(body, root, reflect.TypeOf(in))
	case formatForm:
		return wire.JSONToForm(body)
	}
	return body, nil
}

// xmlRoot names the root of a document, if the body is to be one. The parameters of an agent's call are
// named for it, everything else for its type.
func (s *callSpec) xmlRoot(t ContentType) string {
	if t.format() != formatXML {
		return ""
	}
	_, carrier := s.in.(json.Marshaler)
	if carrier || reflect.TypeOf(s.in).Kind() != reflect.Pointer || !strings.HasPrefix(s.path, operation.AgentPath) {
		return ""
	}
	return path.Base(s.path) + "Request"
}

// decode reads body, which came with the given Content-Type, into out, a
// non-nil pointer, with the codecs of out's type. What out held before is gone,
// or kept whole on an error.
func decode(contentType string, body []byte, out any, codecs *wire.Codecs) error {
	if raw, ok := out.(*[]byte); ok {
		*raw = body
		return nil
	}
	text, err := toUTF8(contentType, body)
	if err != nil {
		return err
	}
	switch formatOf(contentType, text) {
	case formatJSON:
		return codecs.Unmarshal(text, out)
	case formatXML:
		if isHTML(text) {
			return errHTML
		}
		converted, err := wire.XMLToJSON(text, reflect.TypeOf(out).Elem())
		if err != nil {
			return err
		}
		return codecs.Unmarshal(converted, out)
	case formatHTML:
		return errHTML
	}
	return fmt.Errorf("the answer is of type %q, which is neither JSON nor XML", contentType)
}

// errHTML is an answer for people where one for programs was due.
var errHTML = fmt.Errorf("the answer is an HTML page, such as a login page, where data was due; look at the base URL and the credentials")

// formatOf tells which codec an answer takes: by its Content-Type, and by its
// first character if that says nothing.
func formatOf(contentType string, body []byte) format {
	f := ContentType(contentType).format()
	if f != formatUnknown {
		return f
	}
	media, _, _ := strings.Cut(contentType, ";")
	if media = strings.TrimSpace(media); media != "" && !strings.EqualFold(media, "text/plain") {
		return formatUnknown
	}
	start := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(start) == 0:
		return formatUnknown
	case start[0] == '<' && isHTML(start):
		return formatHTML
	case start[0] == '<':
		return formatXML
	}
	return formatJSON
}

// isHTML tells a page from XML by its first tag.
func isHTML(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	if bytes.HasPrefix(text, []byte("<?")) {
		_, text, _ = bytes.Cut(text, []byte("?>"))
		text = bytes.TrimLeft(text, " \t\r\n")
	}
	start := bytes.ToLower(text[:min(len(text), 64)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// isScalar reports whether a body, in UTF-8, is a single number, text or truth
// value.
func isScalar(f format, text []byte) bool {
	switch f {
	case formatJSON:
		value := jsontext.Value(bytes.TrimSpace(text))
		return value.IsValid() && value.Kind() != '{' && value.Kind() != '['
	case formatXML:
		converted, err := wire.XMLToJSON(text, reflect.TypeFor[any]())
		return err == nil && isScalar(formatJSON, converted)
	}
	return false
}

// isNamed reports whether a Content-Type names the given media type.
func isNamed(contentType, media string) bool {
	name, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(name), media)
}

// toUTF8 brings a body to UTF-8, as its byte order mark or its charset
// parameter says, and drops the mark.
func toUTF8(contentType string, body []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		return body[3:], nil
	case bytes.HasPrefix(body, []byte("\xff\xfe")):
		return fromUTF16(contentType, body[2:], false), nil
	case bytes.HasPrefix(body, []byte("\xfe\xff")):
		return fromUTF16(contentType, body[2:], true), nil
	}
	switch charset := ContentType(contentType).charset(); charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return body, nil
	case "utf-16", "utf-16le":
		return fromUTF16(contentType, body, false), nil
	case "utf-16be":
		return fromUTF16(contentType, body, true), nil
	case "iso-8859-1", "latin1":
		return wire.FromLatin1(body), nil
	default:
		return nil, fmt.Errorf("the answer is in the charset %q, which is not read here; ask for another type with WithAccept", charset)
	}
}

// fromUTF16 decodes UTF-16. Half a surrogate, which UTF-8 has no form for,
// becomes its escape if the body is JSON, and so is kept.
func fromUTF16(contentType string, body []byte, bigEndian bool) []byte {
	order := binary.ByteOrder(binary.LittleEndian)
	if bigEndian {
		order = binary.BigEndian
	}
	text := make([]byte, 0, len(body))
	for len(body) > 1 {
		r, size := rune(order.Uint16(body)), 2
		if utf16.IsSurrogate(r) && len(body) > 3 {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(body[2:]))); pair != utf8.RuneError {
				r, size = pair, 4
			}
		}
		if utf16.IsSurrogate(r) && ContentType(contentType).format() == formatJSON {
			text = fmt.Appendf(text, `\u%04x`, r)
		} else {
			text = utf8.AppendRune(text, r)
		}
		body = body[size:]
	}
	if len(body) > 0 { // a character was cut in two
		text = utf8.AppendRune(text, utf8.RuneError)
	}
	return text
}

// isNothing reports whether an answer holds no value: no body at all, or JSON's
// or XML's way to say null.
func isNothing(resp *http.Response, body []byte) bool {
	if resp.StatusCode == http.StatusNoContent {
		return true
	}
	text, err := toUTF8(resp.Header.Get(headerContentType), body)
	if err != nil {
		return false
	}
	body = bytes.TrimSpace(text)
	return len(body) == 0 || string(body) == "null" || wire.IsNilXML(body)
}
