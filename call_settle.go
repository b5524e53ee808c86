package superoffice

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/superoffice-go/superoffice/internal/secret"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// settle turns the end of a call into its result or its error.
func (c *call) settle(resp *http.Response, err error) error {
	if err != nil {
		return c.unanswered(resp, bare(err))
	}
	if !c.op.IsAnswer(resp.StatusCode) {
		c.noteRedirect(resp)
		return c.fail(resp, nil)
	}
	if s, ok := c.out.(*Stream); ok {
		return c.open(s, resp)
	}
	if c.reader() != nil {
		return c.settleReader(resp)
	}
	contentType := resp.Header.Get(headerContentType)
	switch {
	case isNothing(resp, c.last.reply):
		return c.nothing(resp)
	case c.out == nil:
		return c.ignore(resp, contentType)
	}
	if err := decode(contentType, c.last.reply, c.out, c.op.Types()); err != nil {
		return c.misread(resp, err)
	}
	if err := denial(contentType, c.last.reply, c.out); err != nil {
		reflect.ValueOf(c.out).Elem().SetZero()
		return c.misread(resp, err)
	}
	if len(c.settings.selected) > 0 {
		wire.MarkPartial(c.out)
	}
	return nil
}

// noteRedirect says why a redirect was not followed that could have been, had
// the upload been one to send again.
func (c *call) noteRedirect(resp *http.Response) {
	switch resp.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		c.stopUnlessRepeatable()
	}
}

// nothing settles an answer without a value: fine if none is due, an empty
// list if a list is, and not found if something is.
func (c *call) nothing(resp *http.Response) error {
	if c.out == nil {
		return nil
	}
	switch v := reflect.ValueOf(c.out).Elem(); {
	case v.Kind() == reflect.Slice && v.Type() != reflect.TypeFor[[]byte]():
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return nil
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		return nil
	}
	e := c.newError(resp)
	e.Header = redactedHeader(resp.Header, c.redactor())
	e.Message, e.cause = "nothing found: the answer holds no value", ErrNotFound
	return e
}

// ignore settles an answer if no result is due: anything but a scalar is
// an error. A Call that drops its result may drop all but an error.
func (c *call) ignore(resp *http.Response, contentType string) error {
	text, err := toUTF8(contentType, c.last.reply)
	if err != nil {
		return c.undecoded(resp, err)
	}
	switch f := formatOf(contentType, text); {
	case f == formatHTML || isHTML(text):
		return c.fail(resp, errHTML)
	case saysError(contentType, text):
		return c.fail(resp, nil)
	case c.generic || isScalar(f, text):
		return nil
	}
	return c.undecoded(resp, errUnexpected)
}

// errUnexpected is an answer that says something where nothing was due.
var errUnexpected = errors.New("the answer holds a value, where this call has none to expect; whether the server did what was asked is not known")

// misread settles an answer that is not a result. An error of the server's is
// told as such; the body of an answer that may hold secrets is not kept.
func (c *call) misread(resp *http.Response, err error) error {
	contentType := resp.Header.Get(headerContentType)
	if text, unread := toUTF8(contentType, c.last.reply); unread == nil && saysError(contentType, text) {
		return c.fail(resp, nil)
	}
	return c.undecoded(resp, err)
}

// unanswered is the error of a call whose answer did not come, or not whole.
func (c *call) unanswered(resp *http.Response, err error) error {
	if resp != nil && c.op.IsAnswer(resp.StatusCode) {
		return c.undecoded(resp, err)
	}
	return c.fail(resp, err)
}

// undecoded is the error of an answer that could not be read. If that may hold
// secrets it is not kept, unless it is a page.
func (c *call) undecoded(resp *http.Response, err error) error {
	if c.keepsSecret() && !errors.Is(err, errHTML) {
		c.last.reply = nil
	}
	return c.fail(resp, err)
}

// keepsSecret reports whether the result of the call is a secret or holds one,
// as its operation says, or the route of a Call, or the type of the result.
func (s *callSpec) keepsSecret() bool {
	if s.op.SecretResult {
		return true
	}
	_, keeps := secretsIn(s.out)
	return keeps
}

// fail makes the error of a call from its last answer and what went wrong on
// this side. All that came back is redacted before it is cut.
func (c *call) fail(resp *http.Response, cause error) error {
	e := c.newError(resp)
	redact := c.redactor()
	if resp != nil {
		text, err := toUTF8(resp.Header.Get(headerContentType), c.last.reply)
		if err != nil {
			text = c.last.reply
		}
		if cause == nil || resp.StatusCode > 299 {
			e.readBody(resp.Header.Get(headerContentType), text, redact)
		}
		e.Body = []byte(redact.Start(string(text), maxErrorBody))
		e.Header = redactedHeader(resp.Header, redact)
	}
	if cause != nil {
		e.cause = redacted(cause, redact)
	}
	if e.Message == "" && cause == nil {
		e.Message = "the server gave no reason"
	}
	refused := e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden
	if refused && c.op.Restricted != "" && e.note == "" {
		e.note = "the " + c.op.Restricted + " agent is restricted in SuperOffice Online, where it is not available to applications by default"
	}
	return e
}

// newError returns an error with what is known of the call itself.
func (c *call) newError(resp *http.Response) *Error {
	e := &Error{
		Method: c.op.Verb(), Path: c.fullPath(), Operation: c.name(),
		Attempts: c.progress.attempts, Waited: c.progress.waited, note: c.progress.note,
	}
	if resp != nil {
		e.StatusCode = resp.StatusCode
	}
	return e
}

// redactor redacts what the call sent last and must not be repeated.
func (c *call) redactor() *secret.Redactor { return redactor(c.request.Header, c.payload.in) }

// redacted keeps the chain of err and takes the secrets out of its text.
func redacted(err error, redact interface{ Replace(string) string }) error {
	text := err.Error()
	if clean := redact.Replace(text); clean != text {
		return &redactedError{clean, err}
	}
	return err
}

// redactedError is an error with another text. It has no Unwrap, which would
// lead to the text.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string        { return e.text }
func (e *redactedError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *redactedError) As(target any) bool   { return errors.As(e.cause, target) }
