package superoffice

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice/internal/base64text"
	"github.com/superoffice-go/superoffice/internal/steady"
)

// Stream is a file on its way from the server. It is read as it arrives and
// never held in memory, so [WithMaxResponseBytes] does not bound it. Close it
// when you are done with it, at its end or before. It is for one goroutine at
// a time; to end a Read from another, cancel the context.
//
// The call's context, and [WithTimeout], hold until Close or the end of the
// file. RetryPolicy.AttemptTimeout bounds the time up to the header of the
// answer and, from then on, the time of a Read in which nothing arrives. The
// call is sent again, as [RetryPolicy] says, only until the header is there.
//
// A call that returns a Stream asks for application/octet-stream; with
// [WithAccept] it asks for any other type, such as "application/pdf", if the
// server offers one. What comes is the file itself, whatever it looks like: a
// file may be JSON. If WithAccept asks for JSON or XML the server sends base64
// text instead, a JSON string or an XML element base64Binary or string, which is
// decoded. HTML is the file only if WithAccept asks for it, and a login page
// otherwise; JSON and XML that say what went wrong are an *Error. No answer, null
// and an empty file are all [ErrNotFound].
type Stream struct {
	// ContentType is the media type of the file as the server tells it, with
	// its parameters. It is empty if the file came as base64 text, which
	// tells nothing of its type.
	ContentType string
	// Length is the number of bytes in the file, or -1 if the server does
	// not tell it.
	Length int64

	file *delivery
}

// octetStream is what a call for a Stream asks for.
const octetStream ContentType = "application/octet-stream"

var errStreamClosed = fmt.Errorf("superoffice: the Stream is closed: %w", fs.ErrClosed)

// Read reads the next bytes of the file. At its end, and only there, the error
// is io.EOF: a file that was cut short, or base64 text that is broken, is an
// *Error with io.ErrUnexpectedEOF in its chain.
func (s *Stream) Read(p []byte) (int, error) {
	if s.file == nil {
		return 0, errStreamClosed
	}
	return s.file.read(p)
}

// Close ends the reading and lets go of the connection. It may be called more
// than once, and its error is always nil.
func (s *Stream) Close() error {
	if s.file != nil {
		s.file.close()
	}
	return nil
}

// Format prints a line without anything of the file.
func (s Stream) Format(f fmt.State, verb rune) {
	formatText(f, verb, fmt.Sprintf("superoffice.Stream{%s, %d bytes}", oneLine(s.ContentType), s.Length))
}

// isStream reports whether an answer has a body that is left to the caller.
func isStream(resp *http.Response) bool {
	good := resp.StatusCode >= 200 && resp.StatusCode <= 299 && resp.StatusCode != http.StatusNoContent
	return good && resp.Body != nil && resp.Body != http.NoBody
}

// arriving is the body of an answer that is left to the caller. It holds the
// attempt's context until it is read to its end or closed.
type arriving struct {
	body   io.ReadCloser
	due    int64 // -1 if nobody knows
	got    int64
	reads  steady.Reads
	err    error // what every further Read says
	call   *call
	ctx    context.Context
	cancel context.CancelFunc
}

// Read implements io.Reader.
func (a *arriving) Read(p []byte) (n int, err error) {
	if a.err != nil {
		return 0, a.err
	}
	a.call.last.watch.moved()
	n, err = a.body.Read(p)
	a.call.last.watch.pause()
	if len(p) > 0 {
		err = a.reads.Check(n, err)
	}
	a.got += int64(n)
	//nolint:errorlint // the contract of io.Reader is io.EOF itself
	switch last := err == io.EOF; {
	case last && a.got < a.due:
		err = io.ErrUnexpectedEOF
	case last && a.due < 0 && a.ctx.Err() != nil:
		// The server may have ended the file because the call was given up:
		// over TLS it hears of that before this end of the connection is shut.
		err = a.call.ctx.attemptError(a.ctx, context.Cause(a.ctx))
	case err != nil && !last:
		err = a.call.ctx.attemptError(a.ctx, err)
	}
	a.err = err
	return n, err
}

// Close implements io.Closer.
func (a *arriving) Close() error {
	err := a.body.Close()
	a.cancel()
	return err
}

// delivery is the open end of a call whose answer is read by the caller.
type delivery struct {
	call   *call
	resp   *http.Response
	file   io.Reader
	cancel context.CancelFunc // of the call's timeout; may be nil
	err    error              // what every further Read says
}

// open settles an answer that is to become a Stream.
func (c *call) open(s *Stream, resp *http.Response) error {
	if c.last.arriving == nil {
		return c.nothing(resp)
	}
	d := &delivery{call: c, resp: resp, cancel: c.ctx.cancel}
	c.ctx.cancel = nil
	opened, err := d.open()
	if err == nil {
		*s = *opened
		return nil
	}
	d.close()
	switch {
	case errors.Is(err, errNothing):
		return c.nothing(resp)
	case errors.Is(err, errServerError):
		return c.fail(resp, nil)
	}
	return c.undecoded(resp, bare(err))
}

var (
	errNothing     = errors.New("the answer holds no file")
	errServerError = errors.New("the answer says what is wrong")
	errNoFile      = errors.New("the answer is JSON but no base64 text, where a file was due")
)

// open looks at the beginning of the answer, as its Content-Type suggests.
func (d *delivery) open() (*Stream, error) {
	body := bufio.NewReaderSize(d.resp.Body, d.view())
	if err := notEmpty(body.Peek(1)); err != nil {
		return nil, err
	}
	var err error
	s := &Stream{Length: -1, file: d}
	switch f := d.format(); {
	case f == formatHTML:
		err = d.openHTML(body)
	case f == formatJSON && d.call.settings.accept.wants(f):
		d.file, err = d.openJSON(body)
	case f == formatXML && d.call.settings.accept.wants(f):
		d.file, err = d.openXML(body)
	case f == formatJSON, f == formatXML:
		err = d.openFile(body)
	}
	if d.file == nil {
		d.file, s.ContentType, s.Length = body, d.resp.Header.Get(headerContentType), d.resp.ContentLength
	}
	return s, err
}

// format is the family of the answer's type.
func (d *delivery) format() format {
	return ContentType(d.resp.Header.Get(headerContentType)).format()
}

// view is how much of the answer is looked at before it is a file: the whole of
// an error, if it is of a type that errors have.
func (d *delivery) view() int {
	const usual = 4 << 10
	if f := d.format(); f == formatJSON || f == formatXML {
		return maxErrorBody
	}
	return usual
}

// openFile makes sure that a file of JSON or XML is one, and not what the server
// says of a failure.
func (d *delivery) openFile(body *bufio.Reader) error {
	start, err := body.Peek(body.Size())
	switch {
	case err == nil: // too long for an error of the server's
		return nil
	case err != io.EOF:
		return err
	case isNothing(d.resp, start):
		return errNothing
	case looksLikeError(start):
		d.call.last.reply = start
		return errServerError
	}
	return nil
}

// openHTML refuses a page that nobody asked for, and keeps its beginning.
func (d *delivery) openHTML(body io.Reader) error {
	if d.call.settings.accept.wants(formatHTML) {
		return nil
	}
	if err := d.keep(body); err != nil {
		return err
	}
	return errHTML
}

// keep keeps the beginning of what is no file, for the error.
func (d *delivery) keep(text io.Reader) (err error) {
	d.call.last.reply, err = io.ReadAll(io.LimitReader(text, maxErrorBody))
	return err
}

// wants reports whether a type of the family was asked for in so many words.
func (t ContentType) wants(f format) bool {
	for item := range strings.SplitSeq(string(t), ",") {
		if ContentType(item).format() == f {
			return true
		}
	}
	return false
}

// notEmpty turns the end of a file at its beginning into errNothing.
func notEmpty(_ []byte, err error) error {
	//nolint:errorlint // the contract of io.Reader is io.EOF itself
	if err == io.EOF {
		return errNothing
	}
	return err
}

// openJSON opens a string of base64 text. Anything else of JSON is no file.
func (d *delivery) openJSON(body *bufio.Reader) (io.Reader, error) {
	skipMark(body)
	for {
		b, err := body.ReadByte()
		switch {
		case err != nil:
			return nil, notEmpty(nil, err)
		case b == '"':
			return decoding(base64text.New(body, `"`, true))
		case !isSpace(b):
			_ = body.UnreadByte()
			return nil, d.openValue(body)
		}
	}
}

// openValue tells what JSON says that is no file.
func (d *delivery) openValue(body io.Reader) error {
	err := d.keep(body)
	switch text := d.call.last.reply; {
	case err != nil:
		return err
	case isNothing(d.resp, text):
		return errNothing
	case looksLikeError(text):
		return errServerError
	}
	return errNoFile
}

// decoding passes on a decoder, or errNothing if there is nothing to decode.
func decoding(file io.Reader, err error) (io.Reader, error) {
	if err != nil {
		return nil, notEmpty(nil, err)
	}
	return file, nil
}

// base64Element is the beginning of XML that holds a file as base64 text.
var base64Element = regexp.MustCompile(`^\s*(?:<\?xml[^>]*\?>\s*)?<((?:\w+:)?(?:base64Binary|string))(?:\s[^>]*?)?(/?)>`)

// openXML opens an element of base64 text. Any other XML is the file itself,
// unless it is an error; nil without an error says so.
func (d *delivery) openXML(body *bufio.Reader) (io.Reader, error) {
	skipMark(body)
	start, _ := body.Peek(body.Size())
	found := base64Element.FindSubmatch(start)
	switch {
	case found != nil && len(found[2]) > 0:
		return nil, errNothing
	case found != nil:
		_, _ = body.Discard(len(found[0]))
		return decoding(base64text.New(body, "</"+string(found[1])+">", false))
	}
	return nil, d.openFile(body)
}

// skipMark skips a byte order mark.
func skipMark(body *bufio.Reader) {
	if mark, _ := body.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = body.Discard(3)
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

func (d *delivery) read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.file.Read(p)
	if err == nil {
		return n, nil
	}
	d.err = err
	if err != io.EOF {
		d.err = d.call.fail(d.resp, fmt.Errorf("reading the file: %w", bare(err)))
	}
	d.release()
	return n, d.err
}

func (d *delivery) close() {
	if d.err == nil {
		d.drain()
		d.release()
	}
	d.err = errStreamClosed
}

// drain reads the little that may be left behind the file, so that the
// connection is used again. It does not wait long for it.
func (d *delivery) drain() {
	const most, longest = 32 << 10, 50 * time.Millisecond
	timer := time.AfterFunc(longest, d.call.last.arriving.cancel)
	defer timer.Stop()
	_, _ = io.CopyN(io.Discard, d.resp.Body, most)
}

// release gives back the connection and the limits in time.
func (d *delivery) release() {
	closeBody(d.resp.Body)
	if d.cancel != nil {
		d.cancel()
	}
}
