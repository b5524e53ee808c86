package superoffice

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/superoffice-go/superoffice/internal/guard"
	"github.com/superoffice-go/superoffice/internal/steady"
)

// uploader is a request with a member that is too large for memory: its name
// on the wire, and where its bytes come from. The member is sent last, as
// base64, while it is read.
type uploader interface {
	upload() (member string, from io.Reader)
}

// upload is the body of a call that sends a file. It has one reader and, over
// retries, renewals and redirects, any number of bodies made of it, of which
// only the last may touch the reader: net/http may still be at the body of an
// attempt when that is over.
type upload struct {
	ctx        context.Context // the call's
	limit      time.Duration   // of an attempt
	head, tail []byte          // of the body, around the base64 text
	from       io.Reader
	seeker     io.Seeker // from, if it can go back; else nil
	start      int64     // where seeker stood
	size       int64     // of what is to be read; -1 if nobody knows
	raw        bool      // the reader is the whole body, and sent as it is

	mu      sync.Mutex
	body    *uploadBody     // the last one
	attempt context.Context // nil if none is on its way
	watch   *watch          // over attempt
	busy    chan struct{}   // closed when the last read is over; nil before the first
}

var (
	errOver       = errors.New("the attempt that this body was made for is over")
	errOnce       = errors.New("its reader cannot go back")
	errReaderBusy = errors.New("its reader is still busy with the attempt before")
	errReaderLeft = errors.New("the reader did not return")
)

// newUpload looks at the reader of in, whose other members are encoded in
// body. It reads nothing.
func newUpload(chosen *settings, in uploader, body []byte) (*upload, error) {
	member, from := in.upload()
	argument := strings.ToLower(member[:1]) + member[1:]
	if v := reflect.ValueOf(from); from == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, invalid(argument, "is nil; to send nothing, pass an empty reader")
	}
	if chosen.contentType.format() == formatForm {
		return nil, invalid("WithContentType", fmt.Sprintf("got %q, which does not go with the upload of %s; use a JSON or XML type", string(chosen.contentType), argument))
	}
	u := &upload{limit: chosen.retry.AttemptTimeout, from: rewindable(from), size: -1}
	if chosen.contentType.format() == formatXML {
		u.aroundXML(member, body)
	} else {
		u.aroundJSON(member, body)
	}
	if err := u.measure(); err != nil {
		return nil, invalid(argument, "cannot be sent: "+err.Error())
	}
	return u, nil
}

// newRawUpload sends a reader as the body itself.
func newRawUpload(chosen *settings, argument string, from io.Reader) (*upload, error) {
	if v := reflect.ValueOf(from); from == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, invalid(argument, "is a nil reader; to send nothing, pass an empty one")
	}
	u := &upload{limit: chosen.retry.AttemptTimeout, from: rewindable(from), size: -1, raw: true}
	if err := u.measure(); err != nil {
		return nil, invalid(argument, "cannot be sent: "+err.Error())
	}
	return u, nil
}

// aroundForm makes the file the one field of a form, and returns the type of that.
func (u *upload) aroundForm(field string, file ContentType) (ContentType, error) {
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return "", &stepError{"choosing a boundary", err}
	}
	boundary := hex.EncodeToString(random)
	u.head = fmt.Appendf(nil, "--%s\r\nContent-Disposition: form-data; name=%q; filename=%q\r\nContent-Type: %s\r\n\r\n", boundary, field, field, file)
	u.tail = []byte("\r\n--" + boundary + "--\r\n")
	return ContentType("multipart/form-data; boundary=" + boundary), nil
}

// rewindable is from, or a reader of the same bytes that can go back.
func rewindable(from io.Reader) io.Reader {
	if buffer, ok := from.(*bytes.Buffer); ok {
		return bytes.NewReader(buffer.Bytes())
	}
	return from
}

// aroundJSON makes the member the last of the object in body.
func (u *upload) aroundJSON(member string, body []byte) {
	u.head = bytes.TrimSuffix(body, []byte("}"))
	if len(u.head) > 1 {
		u.head = append(u.head, ',')
	}
	u.head = append(u.head, `"`+member+`":"`...)
	u.tail = []byte(`"}`)
}

// aroundXML makes the member the last child of the root in body.
func (u *upload) aroundXML(member string, body []byte) {
	end := bytes.LastIndex(body, []byte("</"))
	u.tail = append([]byte("</"+member+">"), body[end:]...)
	u.head = append(body[:end:end], "<"+member+">"...)
}

// measure finds out whether the reader can go back, and how much there is to
// read from where it stands. Pipes have a Seek too, which fails.
func (u *upload) measure() error {
	if limited, ok := u.from.(*io.LimitedReader); ok && u.raw {
		u.size = max(0, limited.N)
		return nil
	}
	seeker, ok := u.from.(io.Seeker)
	if !ok {
		return nil
	}
	start, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil //nolint:nilerr // it is read without going back
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return nil //nolint:nilerr // it has not moved
	}
	if _, err := seeker.Seek(start, io.SeekStart); err != nil {
		return err
	}
	u.seeker, u.start, u.size = seeker, start, max(0, end-start)
	return nil
}

// attach makes the upload the body of r, a request of a call with ctx.
func (u *upload) attach(ctx context.Context, r *retryablehttp.Request) error {
	u.ctx = ctx
	err := r.SetBody(u.open)
	r.ContentLength = -1
	switch {
	case u.raw && u.size >= 0:
		r.ContentLength = int64(len(u.head)+len(u.tail)) + u.size
	case u.size >= 0:
		r.ContentLength = int64(len(u.head)+len(u.tail)) + (u.size+2)/3*4
	}
	if u.seeker == nil {
		// Without it net/http sends the body once and follows no redirect.
		r.GetBody = nil
	}
	return err
}

// open returns a new body. It waits for the read that an earlier body may be
// at, and goes back to where the reader stood.
func (u *upload) open() (io.Reader, error) {
	body := &uploadBody{upload: u, pending: u.head, last: len(u.head)}
	u.mu.Lock()
	u.body = body
	busy := u.busy
	u.mu.Unlock()
	if busy == nil {
		return body, nil
	}
	if err := u.rewind(busy); err != nil {
		return nil, &stepError{"sending the upload again", err}
	}
	return body, nil
}

func (u *upload) rewind(busy <-chan struct{}) error {
	if u.seeker == nil {
		return errOnce
	}
	ctx, cancel := u.ctx, context.CancelFunc(func() {})
	if u.limit > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, u.limit, errReaderBusy)
	}
	defer cancel()
	select {
	case <-busy:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	_, err := u.seeker.Seek(u.start, io.SeekStart)
	return err
}

// isRepeatable reports whether the body can be sent once more.
func (u *upload) isRepeatable() bool { return u == nil || u.seeker != nil || u.unread() }

const noteBodyGone = "not sent again: the upload was read from a reader that cannot go back; an io.Seeker, such as a file, can"

// stopUnlessRepeatable reports whether the call's body can be sent once more. It
// notes why the call ends if it cannot.
func (c *call) stopUnlessRepeatable() bool {
	if c.payload.upload.isRepeatable() {
		return true
	}
	c.progress.stop(noteBodyGone)
	return false
}

// unread reports whether nobody has touched the reader yet.
func (u *upload) unread() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.busy == nil
}

// begin lets the last body read for an attempt, under watch.
func (u *upload) begin(attempt context.Context, watch *watch) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.attempt, u.watch = attempt, watch
}

// end lets no body begin to read.
func (u *upload) end() {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.attempt = nil
}

// close ends the use of the reader, which is the caller's again. A read under
// way has a moment to come back; one that blocks is left behind.
func (u *upload) close() {
	const moment = 100 * time.Millisecond
	u.mu.Lock()
	u.body = nil
	busy := u.busy
	u.mu.Unlock()
	if busy == nil {
		return
	}
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-busy:
	case <-timer.C:
	}
}

// read reads for body, if it is the last one and its attempt is on its way.
// The reader is left alone with p if the attempt ends first: it is read on
// a goroutine of its own because it may block, and net/http does not notice
// the end of an attempt while it reads.
func (u *upload) read(body *uploadBody, p []byte) (n int, err error) {
	u.mu.Lock()
	if u.body != body || u.attempt == nil {
		u.mu.Unlock()
		return 0, errOver
	}
	attempt, busy := u.attempt, make(chan struct{})
	u.busy = busy
	u.mu.Unlock()
	var got struct {
		n   int
		err error
	}
	got.err = errReaderLeft // stays if the reader ends its goroutine, as t.FailNow does
	go func() {
		defer close(busy)
		got.n, got.err = guardedRead(u.from, p)
	}()
	select {
	case <-busy:
		u.moved(body, got.n)
		return got.n, readerError(got.err)
	case <-attempt.Done():
		return 0, context.Cause(attempt)
	}
}

// moved begins the limit of the attempt anew for n bytes that have moved, if
// the attempt still is the body's.
func (u *upload) moved(body *uploadBody, n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if n > 0 && u.body == body && u.attempt != nil {
		u.watch.moved()
	}
}

// readerError marks an error of the caller's reader as one that no further
// attempt mends.
func readerError(err error) error {
	//nolint:errorlint // the contract of io.Reader is io.EOF itself
	if err == nil || err == io.EOF {
		return err
	}
	return &stepError{"reading the upload", err}
}

// guardedRead reads from the caller's reader, on a goroutine of ours.
func guardedRead(from io.Reader, p []byte) (n int, err error) {
	err = guard.Call("the reader", func() (err error) {
		n, err = from.Read(p)
		_ = p[:n] // a reader that counts wrong is as good as one that panics
		return err
	})
	if n < 0 || n > len(p) {
		n = 0
	}
	return n, err
}

// uploadBody is the body of one attempt.
type uploadBody struct {
	upload   *upload
	pending  []byte // encoded and not yet sent
	raw      []byte // what is read
	leftover int    // at the start of raw, and not yet encoded
	text     []byte // raw, encoded
	total    int64  // read so far
	last     int    // bytes that moved the last time
	reads    steady.Reads
	err      error // what follows pending
}

// Read implements io.Reader.
func (b *uploadBody) Read(p []byte) (int, error) {
	for len(b.pending) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.pending)
	b.pending = b.pending[n:]
	return n, nil
}

// Close implements io.Closer. The reader is the caller's, and stays open.
func (b *uploadBody) Close() error { return nil }

// fill reads and encodes the next piece. Three bytes are four characters, so
// one or two bytes may be kept for the next piece.
func (b *uploadBody) fill() {
	const most = 24 << 10
	if b.raw == nil {
		b.raw = make([]byte, most)
		b.text = make([]byte, 0, base64.StdEncoding.EncodedLen(most)+len(b.upload.tail))
	}
	b.upload.moved(b, b.last) // by now it is sent
	n, err := b.upload.read(b, b.raw[b.leftover:])
	if err = b.reads.Check(n, err); errors.Is(err, io.ErrNoProgress) {
		err = readerError(err)
	}
	b.total, b.last = b.total+int64(n), n
	//nolint:errorlint // the contract of io.Reader is io.EOF itself
	ended := err == io.EOF
	if err != nil && !ended {
		b.err = err
		return
	}
	if b.err = b.upload.checkSize(b.total, ended); b.err != nil {
		return
	}
	piece := b.raw[:b.leftover+n]
	if b.upload.raw {
		b.pending = piece
		if ended {
			b.pending, b.err = append(piece, b.upload.tail...), io.EOF
		}
		return
	}
	full := len(piece)
	if !ended {
		full -= full % 3
	}
	b.pending = base64.StdEncoding.AppendEncode(b.text, piece[:full])
	b.leftover = copy(b.raw, piece[full:])
	if ended {
		b.pending, b.err = append(b.pending, b.upload.tail...), io.EOF
	}
}

// checkSize refuses a reader that has more or less to give than it said: what
// is sent must be the whole of it, or nothing.
func (u *upload) checkSize(total int64, ended bool) error {
	if u.size < 0 || total <= u.size && (!ended || total == u.size) {
		return nil
	}
	return readerError(fmt.Errorf("its size changed: %d bytes were there, %d were read: %w", u.size, total, io.ErrUnexpectedEOF))
}
