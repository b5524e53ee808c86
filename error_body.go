package superoffice

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/superoffice-go/superoffice/internal/secret"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// maxErrorBody bounds what an Error keeps of a body, a message or a header.
const maxErrorBody = 64 << 10

// errorBody is what a server says of a failure. It comes in several shapes:
// NetServer's own carrier with ErrorMessage or, from agents, with Message;
// ASP.NET's Message with MessageDetail or ModelState; problem details
// (RFC 9457); OData's and OAuth's error; a SOAP fault; the exception carriers
// of the SOAP services; each as JSON or as XML.
type errorBody struct {
	refused bool // its status says that it is an error
	failed  bool // it says so itself
	bare    bool // it holds nothing but what errors are made of
	kind    string
	message string
	detail  string
	source  string
}

// isError reports whether an answer with a good status is an error all the
// same, as some of the server's errors are.
func (s errorBody) isError() bool {
	explained := s.message != "" && (s.kind != "" || s.detail != "")
	return s.failed || explained || (s.bare || s.refused) && s.message != ""
}

// saysError reports whether an answer with a good status is an error all the
// same.
func saysError(contentType string, text []byte) bool {
	return readRefusal(formatOf(contentType, text), text, isNamed(contentType, problemJSON)).isError()
}

// problemJSON is the type of problem details.
const problemJSON = "application/problem+json"

// looksLikeError reports whether a body where a file was due is an error. A file
// may hold members by the same names, so less counts than in other answers.
func looksLikeError(body []byte) bool {
	start := bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n")
	f := formatJSON
	if len(start) > 0 && start[0] == '<' {
		f = formatXML
	}
	s := readErrorBody(f, start)
	s.bare = false
	return s.isError()
}

// readBody fills in what the server said in text, which is in UTF-8.
func (e *Error) readBody(contentType string, text []byte, redact *secret.Redactor) {
	f := formatOf(contentType, text)
	if f == formatXML && isHTML(text) {
		f = formatHTML
	}
	switch f {
	case formatJSON, formatXML:
		s := readRefusal(f, text, e.StatusCode > 299 || isNamed(contentType, problemJSON))
		e.Type, e.Message, e.Detail, e.Source = s.kind, s.message, s.detail, s.source
		if s.message == "" && s.kind == "" && ContentType(contentType).format() == formatUnknown {
			e.Message = plainText(text, redact)
		}
	case formatHTML:
		e.Message = "the answer is an HTML page"
		if title := htmlTitle(text, redact); title != "" {
			e.Message += ": " + title
		}
	default:
		e.Message = plainText(text, redact)
	}
	for _, part := range []*string{&e.Type, &e.Message, &e.Detail, &e.Source} {
		*part = redact.Start(*part, maxErrorBody)
	}
	if e.Message == "" {
		e.Message = statusMessage(e.StatusCode)
	}
}

// statusMessage says what an answer with an empty body means, if its status
// needs a word.
func statusMessage(status int) string {
	switch {
	case status == http.StatusNotModified:
		return "nothing has changed since the time that the request named"
	case status >= 300 && status < 400:
		return "the answer is a redirect"
	}
	return ""
}

// readErrorBody reads an error body. What it does not recognise is left empty.
func readErrorBody(f format, body []byte) errorBody { return readRefusal(f, body, false) }

// readRefusal reads an error body of which the status may have said already
// that it is one: then more counts as a reason.
func readRefusal(f format, body []byte, refused bool) errorBody {
	if f == formatXML {
		converted, err := wire.XMLToJSON(body, reflect.TypeFor[any]())
		if err != nil {
			return errorBody{}
		}
		body = converted
	}
	s := errorBody{refused: refused}
	switch jsontext.Value(bytes.TrimSpace(body)).Kind() {
	case '{':
		s.bare = true
		s.read(body, 0)
	case '[':
		if refused {
			var found reasons
			found.collect("", body, 0)
			s.message = found.text()
		}
	case '"':
		_ = wire.Own.Unmarshal(body, &s.message)
	}
	return s
}

// errorMembers are the names, in lower case, that error bodies are made of,
// and nothing else in what the server sends.
var errorMembers = map[string]bool{
	"error": true, "errortype": true, "errormessage": true, "errorsource": true, "errorid": true, "errorcode": true,
	"message": true, "messagedetail": true, "modelstate": true, "friendlytext": true, "parameters": true,
	"exceptiontype": true, "exceptionmessage": true, "stacktrace": true, "innerexception": true,
	"odata.error": true, "error_description": true, "error_uri": true, "traceid": true, "source": true, "errors": true,
}

// deepestErrorBody bounds how far an explanation inside another is followed.
const deepestErrorBody = 8

// read takes what it knows from an object and, if that says nothing, from
// the explanation inside.
func (s *errorBody) read(object []byte, depth int) {
	members, err := wire.Entries(object)
	if err != nil || depth > deepestErrorBody {
		s.bare = false
		return
	}
	m := lowered(members)
	for name := range m {
		s.bare = s.bare && errorMembers[name]
	}
	s.bare = s.bare && len(m) > 0
	flag := string(m["error"])
	s.failed = s.failed || flag == "true" || strings.EqualFold(flag, `"true"`)
	s.take(m)
	s.problem(m)
	for _, name := range []string{"error", "odata.error", "innerexception", "body", "fault", "detail"} {
		if inner := m[name]; s.message == "" && inner.Kind() == '{' {
			bare := s.bare
			s.read(inner, depth+1)
			s.bare = bare
			s.failed = s.failed || name == "fault" || s.message != "" && (name == "error" || name == "odata.error")
		}
	}
	if word := m.text("error"); word != "" && !s.failed {
		s.failed = s.bare
		if s.message == "" {
			s.message = word
		} else if s.kind == "" {
			s.kind = word
		}
	}
	s.explain(m)
}

// take reads the members that hold an explanation as a text.
func (s *errorBody) take(m bodyMembers) {
	first := func(into *string, names ...string) {
		if *into == "" {
			*into = m.text(names...)
		}
	}
	first(&s.kind, "errortype", "exceptiontype")
	first(&s.message, "errormessage", "message", "friendlytext", "error_description", "faultstring")
	first(&s.detail, "messagedetail", "exceptionmessage")
	first(&s.source, "errorsource", "source")
	for _, name := range []string{"message", "reason"} { // OData's and SOAP 1.2's
		if inner, err := wire.Entries(m[name]); s.message == "" && err == nil {
			s.message = bodyMembers(inner).text("value", "Text", "#text")
		}
	}
}

// problem reads problem details: title and detail. They say that they are an
// error by a status of their own, which they may leave to HTTP's, or by errors.
func (s *errorBody) problem(m bodyMembers) {
	title := m.text("title")
	status, _ := strconv.Atoi(strings.Trim(string(m["status"]), `"`))
	if title != "" && (status >= http.StatusBadRequest || m["errors"].Kind() == '{') {
		s.failed = true
	} else if !s.refused {
		return
	}
	s.message = cmp.Or(s.message, title)
	s.detail = cmp.Or(s.detail, m.text("detail", "description", "reason"))
}

// explain adds the reasons that stand in lists and dictionaries to the detail,
// which is the message if there is no other.
func (s *errorBody) explain(m bodyMembers) {
	var found reasons
	found.add("", s.detail)
	found.skip(s.message)
	if s.refused || s.failed || s.message == "" {
		for _, name := range []string{"errors", "validationerrors", "messages", "details"} {
			found.collect("", m[name], 0)
		}
		for _, name := range []string{"error", "message"} { // mostly no list
			if m[name].Kind() == '[' {
				found.collect("", m[name], 0)
			}
		}
	}
	found.collect("", m["modelstate"], 0)
	s.detail = found.text()
	if s.message == "" && (s.refused || s.bare) {
		s.message, s.detail = s.detail, ""
	}
}

// bodyMembers are the members of an object by their names in lower case.
type bodyMembers map[string]jsontext.Value

func lowered(members map[string]jsontext.Value) bodyMembers {
	m := make(bodyMembers, len(members))
	for name, value := range members {
		m[strings.ToLower(name)] = value
	}
	return m
}

// text is the first of the named members that is a text and not empty.
func (m bodyMembers) text(names ...string) string {
	for _, name := range names {
		var value string
		if v := m[name]; v.Kind() == '"' && wire.Own.Unmarshal(v, &value) == nil && value != "" {
			return value
		}
	}
	return ""
}

// reasons collects what the lists and dictionaries of an error body give as
// reasons, each once.
type reasons struct {
	lines []string
	last  string          // the field of the last line
	seen  map[string]bool // by field and text
}

// mostReasons bounds how many reasons are told.
const mostReasons = 20

// skip has a text not told again.
func (r *reasons) skip(text string) {
	if r.seen == nil {
		r.seen = make(map[string]bool)
	}
	r.seen[": "+text] = true
}

// add adds a reason, which may be that of a field. Those of one field share a
// line.
func (r *reasons) add(field, text string) {
	line := field + ": " + text
	if text == "" || r.seen[line] || len(r.seen) >= mostReasons {
		return
	}
	if r.seen == nil {
		r.seen = make(map[string]bool)
	}
	r.seen[line] = true
	switch {
	case field == "":
		r.lines = append(r.lines, text)
	case r.last == field:
		r.lines[len(r.lines)-1] += ", " + text
	default:
		r.lines = append(r.lines, line)
	}
	r.last = field
}

// collect adds the reasons in a text, a list, or a dictionary by the names of
// fields, as ASP.NET explains a refused model. What lies inside may be an
// object that tells one reason.
func (r *reasons) collect(field string, value jsontext.Value, depth int) {
	if depth > deepestErrorBody || len(r.seen) >= mostReasons {
		return
	}
	value = bytes.TrimSpace(value)
	switch value.Kind() {
	case '"':
		r.add(field, bodyMembers{"": value}.text(""))
	case '[':
		elements, _ := wire.Elements(value)
		for _, element := range elements {
			r.collect(field, element, depth+1)
		}
	case '{':
		members, _ := wire.Entries(value)
		if depth > 0 && r.take(field, members) {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			inner := name
			if name == "string" { // an item of a list in XML
				inner = field
			}
			r.collect(inner, members[name], depth+1)
		}
	}
}

// take adds the reason that an object tells, and reports whether it does.
func (r *reasons) take(field string, members map[string]jsontext.Value) bool {
	m := lowered(members)
	text := m.text("message", "errormessage", "defaultmessage", "detail", "description", "reason", "title")
	if text != "" {
		r.add(cmp.Or(field, m.text("field", "propertyname", "pointer", "target")), text)
	}
	return text != ""
}

// text is all reasons in one line.
func (r *reasons) text() string { return strings.Join(r.lines, "; ") }

// denial returns an error if an answer that decoded into *out is none of its
// type: it holds members, and all that out knows of them are those of an
// error. Into a dictionary goes any name, so there is less to tell by.
func denial(contentType string, body []byte, out any) error {
	t := reflect.TypeOf(out).Elem()
	text, err := toUTF8(contentType, body)
	if err != nil {
		return nil //nolint:nilerr // it is bytes as they came
	}
	root := wire.XMLRoot(text)
	if isNamed(contentType, problemJSON) || root == soapEnvelope || t != reflect.TypeFor[[]byte]() && isErrorRoot(root) {
		return errDenied
	}
	f := formatOf(contentType, text)
	if !wire.HasMembers(t) {
		return openDenial(f, text, t)
	}
	if wire.HasMember(out, isErrorMember) {
		return nil
	}
	return deniedMembers(f, text, t)
}

// isErrorMember reports whether a member says nothing of what an answer is,
// since errors have such a one too.
func isErrorMember(name string) bool {
	var small [32]byte
	lower := small[:0]
	for i := range min(len(name), len(small)) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	return errorMembers[string(lower)] || problemMembers[string(lower)]
}

// problemMembers are the names of problem details, in lower case.
var problemMembers = map[string]bool{"type": true, "title": true, "status": true, "detail": true, "instance": true}

// soapEnvelope is the root of an answer of the SOAP services, in place of one of
// another kind was due.
const soapEnvelope = "Envelope"

// isErrorRoot reports whether the root of an XML document is named for an error.
func isErrorRoot(name string) bool {
	switch strings.ToLower(name) {
	case "error", "errors", "httperror", "fault", "exception", "problem", "problemdetails":
		return true
	}
	return false
}

var (
	errDenied = errors.New("the answer is an error")
	errMember = errors.New("the answer holds none of the members of the result")
)

// openDenial judges an answer of which no Go type says what it is, or which
// goes by no names of members: scalars, and lists and dictionaries of them.
func openDenial(f format, text []byte, t reflect.Type) error {
	kind := t.Kind()
	isOpen := kind == reflect.Interface || kind == reflect.Map && t.Elem().Kind() == reflect.Interface
	isList := kind == reflect.Slice && f == formatXML && t.Elem().Kind() != reflect.Uint8
	isTexts := kind == reflect.Map && f == formatJSON && isScalarType(t.Elem())
	if !isOpen && !isList && !isTexts {
		return nil // no object was decoded, or nothing tells it from an error
	}
	s := readErrorBody(f, text)
	says := s.failed && (s.kind != "" || s.message != "")
	if isOpen && says || isList && s.isError() || isTexts && says && holdsOthers(text) {
		return errDenied
	}
	return nil
}

// isScalarType reports whether a value of type t is a text, a number or the like.
func isScalarType(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return false
	}
	return !wire.HasMembers(t)
}

// holdsOthers reports whether an object that was read as a dictionary of texts
// holds what is none.
func holdsOthers(object []byte) bool {
	members, _ := wire.Entries(object)
	for _, value := range members {
		if kind := value.Kind(); kind != '"' && kind != 'n' {
			return true
		}
	}
	return false
}

// deniedMembers judges an answer by the names of its members, and a list by
// those of its elements.
func deniedMembers(f format, text []byte, t reflect.Type) (err error) {
	if f == formatXML {
		if text, err = wire.XMLToJSON(text, t); err != nil {
			return nil //nolint:nilerr // it has been decoded
		}
	}
	if jsontext.Value(bytes.TrimSpace(text)).Kind() == '[' {
		return deniedElements(text, t)
	}
	if isBlank(text, t) {
		return errMember
	}
	return deniedObject(text, t)
}

// isBlank reports whether an answer is an object without members where one
// carrier was due, which has some. Saved, it would become a new record.
func isBlank(object []byte, t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	known, _ := wire.Members(t)
	members, err := wire.Entries(object)
	return t.Kind() != reflect.Slice && len(known) > 0 && err == nil && len(members) == 0
}

func deniedElements(list []byte, t reflect.Type) error {
	elements, err := wire.Elements(list)
	if err != nil {
		return nil //nolint:nilerr // it has been decoded
	}
	for i, element := range elements {
		if err := deniedObject(element, t); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// deniedObject judges one object. One without members is an empty element of a
// list; see isBlank.
func deniedObject(object []byte, t reflect.Type) error {
	members, err := wire.Entries(object)
	if err != nil || len(members) == 0 {
		return nil //nolint:nilerr // it is no object
	}
	known, own, foreign := 0, 0, 0 // members of an error, of the result only, of an error only
	for name := range members {
		switch {
		case wire.MemberType(t, name) == nil:
			if isErrorMember(name) {
				foreign++
			}
		case isErrorMember(name):
			known++
		default:
			own++
		}
	}
	s := readErrorBody(formatJSON, object)
	all, _ := wire.Members(t) // of which the server leaves none out
	switch {
	case own > 0:
		return nil
	case known == 0:
		return errMember
	case s.isError() && (foreign > 0 || known < len(all)):
		return errDenied
	}
	return nil
}

var titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// htmlTitle finds what a page calls itself, for people to recognise it.
func htmlTitle(page []byte, redact *secret.Redactor) string {
	found := titlePattern.FindSubmatch(page[:min(len(page), maxErrorBody)])
	if found == nil {
		return ""
	}
	return plainText([]byte(html.UnescapeString(string(found[1]))), redact)
}

// plainText is the start of a text on one line.
func plainText(text []byte, redact *secret.Redactor) string {
	const most = 200
	start := redact.Start(string(text), 4*most)
	line := strings.Join(strings.Fields(strings.ToValidUTF8(start, "?")), " ")
	return strings.ToValidUTF8(line[:min(len(line), most)], "")
}
