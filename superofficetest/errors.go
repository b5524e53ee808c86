package superofficetest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// failure is an answer that says no, with a body in one of the vendor's
// shapes.
type failure struct {
	status int
	body   map[string]any
}

// serviceFailure is the usual shape: an exception with its class and source.
func serviceFailure(status int, class, message string) *failure {
	return &failure{status: status, body: map[string]any{
		"Error":        true,
		"ErrorType":    class,
		"ErrorMessage": message,
		"ErrorSource":  "SuperOffice.Services.Implementation",
	}}
}

// argumentFailure is the shape in which agents complain about arguments: the
// text is under Message instead of ErrorMessage.
func argumentFailure(message string) *failure {
	return &failure{status: http.StatusBadRequest, body: map[string]any{
		"Error":       true,
		"ErrorType":   "ArgumentException",
		"Message":     message,
		"ErrorSource": "SuperOffice.WebApi",
	}}
}

// frameworkFailure is the shape of the web framework below the API, which
// answers where the API itself was not reached.
func frameworkFailure(status int, message, detail string) *failure {
	body := map[string]any{"Message": message}
	if detail != "" {
		body["MessageDetail"] = detail
	}
	return &failure{status: status, body: body}
}

// unreadable is the failure for a request whose body could not be read.
func unreadable(err error) *failure {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return frameworkFailure(http.StatusRequestEntityTooLarge, "The request is too large.", "")
	}
	return frameworkFailure(http.StatusBadRequest, "The request could not be read to its end.", "")
}

// reply is an answer that is ready to be sent.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// newReply returns a reply with a body of the given content type.
func newReply(status int, contentType string, body []byte) reply {
	header := http.Header{"Cache-Control": {"no-cache"}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return reply{status: status, header: header, body: body}
}

// errorReply encodes a failure. It follows the media type that was agreed on,
// which is our reading: the vendor does not say how errors look in XML.
func errorReply(media string, style xmlStyle, f *failure) reply {
	return newReply(f.status, media+"; charset=utf-8", encode(media, style, "Error", f.body))
}

// writeTo sends the reply.
func (r reply) writeTo(w http.ResponseWriter) {
	r.writeHeaderTo(w, len(r.body))
	_, _ = w.Write(r.body) // the client may have gone, which is its right
}

// writeHeaderTo sends status and header, announcing length bytes.
func (r reply) writeHeaderTo(w http.ResponseWriter, length int) {
	for key, values := range r.header {
		w.Header()[key] = values
	}
	if r.status != http.StatusNoContent {
		w.Header().Set("Content-Length", fmt.Sprint(length))
	}
	if r.header.Get("Content-Type") == "" {
		w.Header()["Content-Type"] = nil // or net/http would guess one
	}
	w.WriteHeader(r.status)
}

// htmlPage is a page as a web server or a login service sends it.
func htmlPage(status int, title, text string) reply {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%s</h1>%s</body></html>\n", title, title, text)
	return newReply(status, "text/html; charset=utf-8", []byte(b.String()))
}
