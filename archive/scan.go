package archive

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// The functions here read JSON in a window of a text that has more behind it.
// They take the offset at which to begin, and return the one behind what they
// read, or one of these.
const (
	incomplete = -1 // the window ends too early
	broken     = -2 // the text is no JSON
)

// maxDepth bounds the nesting of what is passed over.
const maxDepth = 1000

// skipSpace returns the offset of the next byte that is not blank, which may be
// the end of the window.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// special are the bytes in a string that need a closer look: its end, escapes,
// control characters, and what is not ASCII.
var special = func() (table [256]bool) {
	for c := range table {
		table[c] = c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\'
	}
	return table
}()

// plainEnd returns the offset of the first special byte from i on, or the end of
// the window. It looks at eight bytes at a time.
func plainEnd(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, backslash := w^(ones*'"'), w^(ones*'\\')
		// The lowest of the bits that are set is right; a borrow reaches up only.
		found := (w | (w-ones*' ')&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && !special[b[i]] {
		i++
	}
	return i
}

// text is a string as it stands in the window.
type text struct {
	raw     []byte // between the quotes
	escaped bool
	ascii   bool
}

// scanString reads the string whose quote is at i.
func scanString(b []byte, i int) (s text, end int) {
	start := i + 1
	s.ascii = true
	for i = start; ; i++ {
		if i = plainEnd(b, i); i >= len(b) {
			return s, incomplete
		}
		switch c := b[i]; {
		case c == '"':
			s.raw = b[start:i]
			return s, i + 1
		case c >= utf8.RuneSelf:
			s.ascii = false
		case c != '\\':
			return s, broken
		default:
			s.escaped = true
			n := escapeLength(b[i:])
			if n < 0 {
				return s, n
			}
			i += n - 1
		}
	}
}

// escapeLength returns the length of the escape that b begins with.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return incomplete
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			switch {
			case i >= len(b):
				return incomplete
			case hexDigit(b[i]) < 0:
				return broken
			}
		}
		return 6
	}
	return broken
}

func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// appendText appends what a string says. Half of a surrogate pair, and what is
// not UTF-8, becomes the replacement character.
func appendText(to []byte, s text) []byte {
	if !s.escaped && (s.ascii || utf8.Valid(s.raw)) {
		return append(to, s.raw...)
	}
	for raw := s.raw; len(raw) > 0; {
		if raw[0] == '\\' {
			r, n := unescape(raw)
			to, raw = utf8.AppendRune(to, r), raw[n:]
			continue
		}
		r, n := utf8.DecodeRune(raw)
		to, raw = utf8.AppendRune(to, r), raw[n:]
	}
	return to
}

// unescape returns the character of the escape that raw begins with. A pair of
// surrogates is one.
func unescape(raw []byte) (r rune, n int) {
	switch raw[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r = hex4(raw[2:6])
		const highFirst, highLast, lowFirst, lowLast = 0xd800, 0xdbff, 0xdc00, 0xdfff
		if r >= highFirst && r <= highLast && len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
			if low := hex4(raw[8:12]); low >= lowFirst && low <= lowLast {
				return 0x10000 + (r-highFirst)<<10 + (low - lowFirst), 12
			}
		}
		return r, 6 // half of a pair is made the replacement character by AppendRune
	}
	return rune(raw[1]), 2
}

func hex4(digits []byte) (r rune) {
	for _, c := range digits {
		r = r<<4 | hexDigit(c)
	}
	return r
}

// scanNumber reads the number at i. The byte behind it has to be there, since
// more digits could follow.
func scanNumber(b []byte, i int) (end int) {
	if b[i] == '-' {
		i++
	}
	first := i
	if i = digitsEnd(b, i); i < 0 {
		return i
	}
	if b[first] == '0' && i > first+1 {
		return broken
	}
	if b[i] == '.' {
		if i = digitsEnd(b, i+1); i < 0 {
			return i
		}
	}
	if b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digitsEnd(b, i)
	}
	return i
}

// digitsEnd reads at least one digit, and needs the byte behind them.
func digitsEnd(b []byte, i int) int {
	first := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	switch {
	case i >= len(b):
		return incomplete
	case i == first:
		return broken
	}
	return i
}

// scanWord reads true, false or null.
func scanWord(b []byte, i int, word string) (end int) {
	for j := range len(word) {
		switch {
		case i+j >= len(b):
			return incomplete
		case b[i+j] != word[j]:
			return broken
		}
	}
	return i + len(word)
}

// scanValue reads the value at i, whatever it is.
func scanValue(b []byte, i, depth int) (end int) {
	if i >= len(b) {
		return incomplete
	}
	switch c := b[i]; c {
	case '"':
		_, end = scanString(b, i)
		return end
	case '{', '[':
		return scanNested(b, i, depth)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return scanNumber(b, i)
		}
	}
	return broken
}

// scanNested reads the object or list whose bracket is at i.
func scanNested(b []byte, i, depth int) (end int) {
	if depth >= maxDepth {
		return broken
	}
	open, bracket := b[i], b[i]+2 // as ASCII has them
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == bracket {
		return i + 1
	}
	for {
		if open == '{' {
			if _, i = scanName(b, i); i < 0 {
				return i
			}
		}
		if i = scanValue(b, i, depth+1); i < 0 {
			return i
		}
		more := false
		if i, more = scanNext(b, i, bracket); i < 0 || !more {
			return i
		}
	}
}

// scanName reads the name at i and the colon behind it, up to the value.
func scanName(b []byte, i int) (name text, end int) {
	switch {
	case i >= len(b):
		return name, incomplete
	case b[i] != '"':
		return name, broken
	}
	if name, i = scanString(b, i); i < 0 {
		return name, i
	}
	if i = skipSpace(b, i); i >= len(b) {
		return name, incomplete
	}
	if b[i] != ':' {
		return name, broken
	}
	if i = skipSpace(b, i+1); i >= len(b) {
		return name, incomplete
	}
	return name, i
}

// scanNext reads over the comma behind a value, up to the next, or over the
// bracket that ends them.
func scanNext(b []byte, i int, bracket byte) (end int, more bool) {
	if i = skipSpace(b, i); i >= len(b) {
		return incomplete, false
	}
	switch b[i] {
	case bracket:
		return i + 1, false
	case ',':
		if i = skipSpace(b, i+1); i >= len(b) {
			return incomplete, false
		}
		return i, true
	}
	return broken, false
}
