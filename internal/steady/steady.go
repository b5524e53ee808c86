// Package steady keeps readers that give nothing, and never end, from being
// read for ever.
package steady

import "io"

// most is how many Reads in a row may give nothing, as in package bufio.
const most = 100

// Reads counts the Reads in a row that gave nothing.
type Reads int

// Check returns the error of a Read that gave n bytes: err, or io.ErrNoProgress
// if it is one too many that gave neither a byte nor an error.
func (r *Reads) Check(n int, err error) error {
	if n > 0 || err != nil {
		*r = 0
		return err
	}
	if *r++; *r >= most {
		return io.ErrNoProgress
	}
	return nil
}

// Reader returns from, bounded so.
func Reader(from io.Reader) io.Reader { return &reader{from: from} }

// Body is Reader for what is to be closed.
func Body(from io.ReadCloser) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{Reader(from), from}
}

type reader struct {
	from  io.Reader
	reads Reads
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if len(p) == 0 {
		return n, err
	}
	return n, r.reads.Check(n, err)
}
