package superoffice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/superoffice-go/superoffice/internal/operation"
	"github.com/superoffice-go/superoffice/internal/steady"
)

// A call whose result is an operation.Reader hands over the body within the
// attempt: an answer that is cut short is retried as any other is.

// readsArriving reports whether the result can read the answer as it arrives:
// one with a value that is said to be JSON in UTF-8.
func (s *callSpec) readsArriving(resp *http.Response) bool {
	if s.reader() == nil || !isStream(resp) {
		return false
	}
	t := ContentType(resp.Header.Get(headerContentType))
	return t.format() == formatJSON && (t.charset() == "" || t.charset() == "utf-8")
}

// readArriving lets the result read the body of an answer, of at most so many
// bytes. Its error is one of
// the body; what the result has against the answer is left to settleReader.
func (l *lastAttempt) readArriving(reader operation.Reader, resp *http.Response, most int64) error {
	defer closeBody(resp.Body)
	if resp.ContentLength > most {
		return &sizeError{most}
	}
	body := &boundedBody{from: steady.Reader(resp.Body), most: most, left: most}
	err := reader.ReadAnswer(body)
	if body.err != nil {
		return fmt.Errorf("reading the answer: %w", body.err)
	}
	l.read, l.unread = true, err
	if unread, ok := errors.AsType[*operation.Unread](err); ok {
		l.reply = unread.Text
	}
	return nil
}

// boundedBody is a body of a bounded size that remembers how it failed.
type boundedBody struct {
	from       io.Reader
	most, left int64
	err        error // but for io.EOF
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		err = &sizeError{b.most}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// settleReader settles an answer that the result has read, or is yet to read
// if it is not declared to be JSON in UTF-8.
func (c *call) settleReader(resp *http.Response) error {
	contentType := resp.Header.Get(headerContentType)
	reader := c.reader()
	if !c.last.read && isNothing(resp, c.last.reply) {
		reader.Reset()
		return nil
	}
	err := c.last.unread
	if !c.last.read {
		err = readWhole(reader, contentType, c.last.reply)
	}
	if err == nil {
		return nil
	}
	reader.Reset()
	if text, unreadable := toUTF8(contentType, c.last.reply); unreadable == nil && saysError(contentType, text) {
		return c.fail(resp, nil)
	}
	return c.undecoded(resp, err)
}

// readWhole lets the result read an answer that is in memory.
func readWhole(reader operation.Reader, contentType string, reply []byte) error {
	text, err := toUTF8(contentType, reply)
	if err != nil {
		return err
	}
	switch f := formatOf(contentType, text); {
	case f == formatJSON:
		return reader.ReadAnswer(bytes.NewReader(text))
	case f == formatHTML || isHTML(text):
		return errHTML
	}
	return fmt.Errorf("the answer is of type %q, where JSON was due", contentType)
}
