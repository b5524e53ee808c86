package archive

import (
	"errors"
	"io"
	"sync"
)

// window is the part of an answer that is in memory: what was read and is not
// yet decoded.
type window struct {
	from  io.Reader
	buf   []byte
	start int // of what is not yet decoded
	end   int
	err   error // of from, once it has ended
}

const (
	windowSize  = 64 << 10 // holds some hundred rows
	largestKept = 1 << 20  // of a window that is used again
)

var buffers = sync.Pool{New: func() any { b := make([]byte, windowSize); return &b }}

func (w *window) open(from io.Reader) {
	w.from, w.buf, w.start, w.end, w.err = from, *buffers.Get().(*[]byte), 0, 0, nil
}

// close gives the memory back for the next answer.
func (w *window) close() {
	if len(w.buf) <= largestKept {
		b := w.buf
		buffers.Put(&b)
	}
	w.from, w.buf = nil, nil
}

// pending is what is not yet decoded.
func (w *window) pending() []byte { return w.buf[w.start:w.end] }

// more reads on. What is pending is looked at from its start again then, so that
// it at least doubles each time: the work stays linear in the answer.
func (w *window) more() error {
	if w.err != nil {
		return ended(w.err)
	}
	pending := w.end - w.start
	if 2*pending+1 > len(w.buf) {
		larger := make([]byte, max(2*len(w.buf), 2*pending+1))
		copy(larger, w.pending())
		w.buf, w.start, w.end = larger, 0, pending
	} else if w.start > 0 {
		copy(w.buf, w.pending())
		w.start, w.end = 0, pending
	}
	for wanted := 2*pending + 1; w.end < wanted; {
		n, err := w.from.Read(w.buf[w.end:])
		w.end += n
		if err != nil {
			w.err = err
			if w.end > w.start+pending && errors.Is(err, io.EOF) {
				return nil // what came is looked at first
			}
			return ended(err)
		}
	}
	return nil
}

// ended is the error for a text that ends within a value.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
