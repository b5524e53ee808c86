package superoffice

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// settle turns the end of a call into its result or its error.
func (c *call) settle(resp *http.Response, err error, out any) error {
	if err != nil {
		return c.fail(resp, bare(err))
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		c.noteRedirect(resp)
		return c.fail(resp, nil)
	}
	if s, ok := out.(*Stream); ok {
		return c.open(s, resp)
	}
	contentType := resp.Header.Get(headerContentType)
	switch {
	case isNothing(resp, c.reply):
		return c.nothing(resp, out)
	case out == nil:
		return c.ignore(resp, contentType)
	}
	if err := decode(contentType, c.reply, out, c.op.types()); err != nil {
		return c.misread(resp, err, out)
	}
	if isErrorInDisguise(c.reply, out) {
		reflect.ValueOf(out).Elem().SetZero()
		return c.fail(resp, nil)
	}
	if len(c.settings.selected) > 0 {
		wire.MarkPartial(out)
	}
	return nil
}

// noteRedirect says why a redirect was not followed that could have been, had
// the upload been one to send again.
func (c *call) noteRedirect(resp *http.Response) {
	switch resp.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		c.resendable()
	}
}

// nothing settles an answer without a value: fine where none is due, an empty
// list where a list is, and not found where something is.
func (c *call) nothing(resp *http.Response, out any) error {
	if out == nil {
		return nil
	}
	switch v := reflect.ValueOf(out).Elem(); {
	case v.Kind() == reflect.Slice && v.Type() != reflect.TypeFor[[]byte]():
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return nil
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		return nil
	}
	e := c.newError(resp)
	e.Message, e.cause = "nothing found: the answer holds no value", ErrNotFound
	return e
}

// ignore settles an answer that nobody waits for, unless it is an error.
func (c *call) ignore(resp *http.Response, contentType string) error {
	switch {
	case formatOf(contentType, c.reply) == formatHTML:
		return c.fail(resp, errHTML)
	case looksLikeError(c.reply):
		return c.fail(resp, nil)
	}
	return nil
}

// misread settles an answer that does not decode. An error of the server's is
// told as such; the body of an answer that may hold secrets is not kept.
func (c *call) misread(resp *http.Response, err error, out any) error {
	if looksLikeError(c.reply) {
		return c.fail(resp, nil)
	}
	if _, keeps := secretsIn(out); keeps && !errors.Is(err, errHTML) {
		c.reply = nil
	}
	return c.fail(resp, err)
}

// fail makes the error of a call from its last answer and what went wrong on
// this side.
func (c *call) fail(resp *http.Response, cause error) error {
	e := c.newError(resp)
	blot := blotter(c.request.Header, c.in)
	if resp != nil && (cause == nil || resp.StatusCode > 299) {
		e.readBody(resp.Header.Get(headerContentType), c.reply)
	}
	if resp != nil {
		e.Body = []byte(blot.Replace(string(c.reply[:min(len(c.reply), maxErrorBody)])))
	}
	if cause != nil {
		e.cause = blotted(cause, blot)
	}
	if e.Message == "" && cause == nil {
		e.Message = "the server gave no reason"
	}
	for _, text := range []*string{&e.Type, &e.Message, &e.Detail, &e.Source} {
		*text = blot.Replace(*text)
	}
	refused := e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden
	if refused && c.op.restricted != "" && e.note == "" {
		e.note = "the " + c.op.restricted + " agent is restricted in SuperOffice Online, where it is not available to applications by default"
	}
	return e
}

// newError returns an error with what is known of the call itself.
func (c *call) newError(resp *http.Response) *Error {
	e := &Error{
		Method: c.op.verb(), Path: c.path(), Operation: c.op.name(),
		Attempts: c.attempts, Waited: c.waited, note: c.note,
	}
	if resp != nil {
		e.StatusCode, e.Header = resp.StatusCode, resp.Header
	}
	return e
}

// blotted keeps the chain of err and takes the secrets out of its text.
func blotted(err error, blot interface{ Replace(string) string }) error {
	text := err.Error()
	if clean := blot.Replace(text); clean != text {
		return &blottedError{clean, err}
	}
	return err
}

type blottedError struct {
	text  string
	cause error
}

func (e *blottedError) Error() string        { return e.text }
func (e *blottedError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *blottedError) As(target any) bool   { return errors.As(e.cause, target) }
