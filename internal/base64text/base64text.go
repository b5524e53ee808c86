// Package base64text decodes base64 text that is a value of JSON or XML, while it
// arrives.
package base64text

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
)

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// reader decodes base64 as it comes: the inside of a JSON string, with its
// escapes, or the text of an XML element. It ends where tail ends it, and what
// follows must be the end of the answer.
type reader struct {
	from    io.Reader
	tail    string
	json    bool
	err     error
	buf     []byte
	partial int    // bytes of an unfinished escape, at the start of buf
	chars   []byte // base64 characters, fewer than four between two fills
	file    []byte // backs out
	out     []byte // decoded and not yet read
	full    bool   // the padding was seen, after which nothing comes
}

// New returns a reader of what the base64 text from from says, up to tail. The
// first piece is decoded at once, to find an empty text, which is io.EOF, or a
// broken one early.
func New(from io.Reader, tail string, json bool) (io.Reader, error) {
	const size = 16 << 10
	b := &reader{from: from, tail: tail, json: json}
	b.buf, b.chars, b.file = make([]byte, size), make([]byte, 0, size+4), make([]byte, size)
	b.advance()
	if len(b.out) == 0 {
		return nil, b.err
	}
	return b, nil
}

// Read implements io.Reader.
func (b *reader) Read(p []byte) (int, error) {
	b.advance()
	if len(b.out) == 0 {
		return 0, b.err
	}
	n := copy(p, b.out)
	b.out = b.out[n:]
	return n, nil
}

// advance decodes until there is something to read or nothing more to decode.
func (b *reader) advance() {
	for len(b.out) == 0 && b.err == nil {
		b.err = b.fill()
	}
}

// fill reads and decodes the next piece.
func (b *reader) fill() error {
	n, err := b.from.Read(b.buf[b.partial:])
	text := b.buf[:b.partial+n]
	seen, ended, problem := b.scan(text)
	if problem != nil {
		return problem
	}
	if err := b.decode(); err != nil {
		return err
	}
	if ended {
		return b.finish(text[seen:])
	}
	b.partial = copy(b.buf, text[seen:])
	if err == io.EOF {
		return broken("ends without " + strconv.Quote(b.tail))
	}
	return err
}

// broken is base64 text that cannot be what was sent.
func broken(how string) error {
	return fmt.Errorf("the base64 text %s: %w", how, io.ErrUnexpectedEOF)
}

// scan takes the base64 characters out of text, up to its end or to an escape
// that is not whole yet.
func (b *reader) scan(text []byte) (seen int, ended bool, err error) {
	for {
		plain := plainPrefix(text[seen:])
		b.chars = append(b.chars, text[seen:seen+plain]...)
		if seen += plain; seen == len(text) {
			return seen, false, nil
		}
		char, size := text[seen], 1
		switch {
		case char == b.tail[0]:
			return seen, true, nil
		case char == '\\' && b.json:
			if char, size = unescape(text[seen:]); size == 0 {
				return seen, false, nil
			}
		case isSpace(char) && b.json:
			return seen, false, broken("holds a bare line break or blank")
		}
		if seen += size; !isSpace(char) {
			b.chars = append(b.chars, char)
		}
	}
}

// plainPrefix is the number of bytes at the start of text that are base64
// characters or nothing at all.
func plainPrefix(text []byte) int {
	for i, char := range text {
		if char <= '"' || char == '\\' || char == '<' {
			return i
		}
	}
	return len(text)
}

// unescape reads one JSON escape. Its size is 0 if text ends inside it; a
// character that base64 does not have stands for all that it cannot mean.
func unescape(text []byte) (char byte, size int) {
	const short, long, wrong = 2, 6, '\\'
	switch {
	case len(text) < short, text[1] == 'u' && len(text) < long:
		return 0, 0
	case text[1] == 'u':
		code, err := strconv.ParseUint(string(text[short:long]), 16, 16)
		if err != nil || code > 'z' || code == ' ' || code == '\t' {
			return wrong, long
		}
		return byte(code), long
	}
	switch text[1] {
	case '/':
		return '/', short
	case 'r', 'n':
		return '\n', short
	}
	return wrong, short
}

// decode decodes the characters that make up whole bytes.
func (b *reader) decode() error {
	whole := len(b.chars) / 4 * 4
	if whole == 0 {
		return nil
	}
	if b.full {
		return broken("goes on behind its padding")
	}
	n, err := base64.StdEncoding.Decode(b.file, b.chars[:whole])
	b.out = b.file[:n]
	b.full = b.chars[whole-1] == '='
	b.chars = append(b.chars[:0], b.chars[whole:]...)
	if err != nil {
		return broken("is none: " + err.Error())
	}
	return nil
}

// finish makes sure that the text is whole and that nothing follows it.
func (b *reader) finish(rest []byte) error {
	if len(b.chars) > 0 {
		return broken("lacks its last characters")
	}
	left := bufio.NewReader(io.MultiReader(bytes.NewReader(rest), b.from))
	end := make([]byte, len(b.tail))
	if _, err := io.ReadFull(left, end); err != nil {
		return err
	}
	if string(end) != b.tail {
		return broken("does not end with " + strconv.Quote(b.tail))
	}
	for {
		char, err := left.ReadByte()
		switch {
		case err != nil:
			return err
		case !isSpace(char):
			return broken("is not all that came")
		}
	}
}
