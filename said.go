package superoffice

import (
	"bytes"
	"html"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// maxErrorBody bounds what an Error keeps of a body.
const maxErrorBody = 64 << 10

// said is what a server says of a failure. It comes in several shapes:
// NetServer's own carrier with ErrorMessage or, from agents, with Message;
// ASP.NET's Message with MessageDetail; the exception carriers of the SOAP
// services; each as JSON or as XML.
type said struct {
	failed  bool // Error is true
	kind    string
	message string
	detail  string
	source  string
}

// readBody fills in what the server said.
func (e *Error) readBody(contentType string, body []byte) {
	text, err := toUTF8(contentType, body)
	if err != nil {
		text = body
	}
	switch f := formatOf(contentType, text); f {
	case formatJSON, formatXML:
		s := parseSaid(f, text)
		e.Type, e.Message, e.Detail, e.Source = s.kind, s.message, s.detail, s.source
		if s == (said{}) && ContentType(contentType).format() == formatUnknown {
			e.Message = plainText(text)
		}
	case formatHTML:
		e.Message = "the answer is an HTML page"
		if title := htmlTitle(text); title != "" {
			e.Message += ": " + title
		}
	default:
		e.Message = plainText(text)
	}
	if e.Message == "" && e.StatusCode >= 300 && e.StatusCode < 400 {
		e.Message = "the answer is a redirect"
	}
}

// parseSaid reads an error body. What it does not recognise is left empty.
func parseSaid(f format, body []byte) said {
	if f == formatXML {
		converted, err := wire.XMLToJSON(body, reflect.TypeFor[any]())
		if err != nil {
			return said{}
		}
		body = converted
	}
	var s said
	switch jsontext.Value(bytes.TrimSpace(body)).Kind() {
	case '{':
		s.read(body, maxInner)
	case '"':
		_ = wire.Own.Unmarshal(body, &s.message)
	}
	return s
}

// maxInner bounds how many exceptions inside exceptions are looked into: each is
// read over once more for every one that it is in.
const maxInner = 8

// read takes what it knows from an object and, where that says nothing, from
// the exception inside, down to so many.
func (s *said) read(object []byte, inside int) {
	members, err := wire.Entries(object)
	if err != nil {
		return
	}
	byName := make(map[string]jsontext.Value, len(members))
	for name, value := range members {
		byName[strings.ToLower(name)] = value
	}
	text := func(names ...string) string {
		for _, name := range names {
			var value string
			if v := byName[name]; v.Kind() == '"' && wire.Own.Unmarshal(v, &value) == nil && value != "" {
				return value
			}
		}
		return ""
	}
	flag := string(byName["error"])
	s.failed = flag == "true" || strings.EqualFold(flag, `"true"`)
	s.kind = text("errortype", "exceptiontype")
	s.message = text("errormessage", "message", "friendlytext", "error_description")
	s.detail = text("messagedetail", "exceptionmessage")
	s.source = text("errorsource", "source")
	if inner := byName["innerexception"]; s.message == "" && inner.Kind() == '{' && inside > 0 {
		s.read(inner, inside-1)
	}
	if s.message == "" && byName["error"].Kind() == '"' && !s.failed {
		s.message = text("error")
	}
}

// looksLikeError tells whether a body with a good status is an error all the
// same, as some of the server's errors are.
func looksLikeError(body []byte) bool {
	if !bytes.Contains(body, []byte("rror")) && !bytes.Contains(body, []byte("essageDetail")) {
		return false
	}
	start := bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n")
	f := formatJSON
	if start[0] == '<' {
		f = formatXML
	}
	s := parseSaid(f, start)
	return s.failed || s.kind != "" && s.message != "" || s.message != "" && s.detail != ""
}

// isErrorInDisguise tells whether a body that decoded is an error: it says so,
// and the result has no member of its own from it.
func isErrorInDisguise(body []byte, out any) bool {
	return wire.IsBlank(out) && looksLikeError(body)
}

var titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// htmlTitle finds what a page calls itself, for people to recognise it.
func htmlTitle(page []byte) string {
	found := titlePattern.FindSubmatch(page[:min(len(page), maxErrorBody)])
	if found == nil {
		return ""
	}
	return plainText([]byte(html.UnescapeString(string(found[1]))))
}

// plainText is the start of a text on one line.
func plainText(text []byte) string {
	const most = 200
	line := strings.Join(strings.Fields(strings.ToValidUTF8(string(text[:min(len(text), 4*most)]), "?")), " ")
	return strings.ToValidUTF8(line[:min(len(line), most)], "")
}
