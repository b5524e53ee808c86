package secret

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Redactor replaces secrets in a text that came from elsewhere, in whatever
// case and encoding they stand there: as they are, escaped for JSON, HTML, XML
// or a URL, each of these several times over and mixed, in base64, in hex, and
// with the zero bytes of UTF-16 between ASCII characters.
type Redactor struct {
	byStart map[[shortest]byte][]string // what to look for, by its first bytes
	known   map[string]bool
	longest int
	bytes   []string // secrets that are no UTF-8, whose ends may belong to characters of the text, or too short in lower case
}

const (
	// shortest is the length from which a secret is looked for: to replace
	// every "a" would destroy the text and protect nobody.
	shortest = 4
	// rounds is how many encodings, one inside the other, are undone.
	rounds = 3
	// widest is more than the number of bytes in which one byte of a secret
	// can stand in a text.
	widest = 16
)

// NewRedactor returns what replaces the given secrets.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{byStart: make(map[[shortest]byte][]string), known: make(map[string]bool)}
	for _, text := range secrets {
		if len(text) < shortest {
			continue
		}
		if !utf8.ValidString(text) || len(fold(text).text) < shortest {
			r.bytes = append(r.bytes, text)
		}
		r.add(text)
		r.add(strings.ReplaceAll(text, " ", "+"))
		r.add(hex.EncodeToString([]byte(text)))
		for _, core := range base64Cores(text) {
			r.add(core)
		}
	}
	for _, needles := range r.byStart {
		slices.SortFunc(needles, func(a, b string) int { return len(b) - len(a) })
	}
	return r
}

// base64Cores are the characters that a text becomes in base64 wherever it
// stands in what is encoded: those that its neighbours have no part in.
func base64Cores(text string) []string {
	var cores []string
	for shift := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), text...))
		first := (shift*8 + 5) / 6
		last := (shift + len(text)) * 8 / 6
		if core := encoded[first:last]; len(core) >= 2*shortest {
			cores = append(cores, core, strings.NewReplacer("+", "-", "/", "_").Replace(core))
		}
	}
	return cores
}

// add has the redactor look for a text and for what it is decoded, since the
// text that is searched is decoded too.
func (r *Redactor) add(text string) {
	folded := fold(text)
	for range rounds + 1 {
		if len(folded.text) < shortest {
			return
		}
		if text := string(folded.text); !r.known[text] {
			start := [shortest]byte(folded.text)
			r.known[text] = true
			r.byStart[start] = append(r.byStart[start], text)
			r.longest = max(r.longest, len(text))
		}
		next, changed := folded.decode()
		if !changed {
			return
		}
		folded = next
	}
}

// Replace returns text without the secrets.
func (r *Redactor) Replace(text string) string { return r.Start(text, len(text)) }

// Start returns the first most bytes of text without the secrets, also without
// the one that the cut goes through.
func (r *Redactor) Start(text string, most int) string {
	most = min(most, len(text))
	found := r.find(text[:min(len(text), most+r.longest*widest)])
	var b strings.Builder
	done := 0
	for _, s := range found {
		if s.start >= most {
			break
		}
		b.WriteString(text[done:s.start])
		b.WriteString(Redacted)
		done = s.end
	}
	if done < most {
		b.WriteString(text[done:most])
	}
	return b.String()
}

// span is where a secret stands in a text.
type span struct{ start, end int }

// find returns the places of all secrets in text, in order and apart from one
// another.
func (r *Redactor) find(text string) []span {
	if len(r.byStart)+len(r.bytes) == 0 || len(text) < shortest {
		return nil
	}
	found := r.findBytes(text)
	folded := fold(text)
	for range rounds + 1 {
		found = r.search(folded, found)
		next, changed := folded.decode()
		if !changed {
			break
		}
		folded = next
	}
	slices.SortFunc(found, func(a, b span) int { return a.start - b.start })
	merged := found[:0]
	for _, s := range found {
		if last := len(merged) - 1; last >= 0 && s.start < merged[last].end {
			merged[last].end = max(merged[last].end, s.end)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// findBytes returns the places of the secrets that are looked for as they are.
func (r *Redactor) findBytes(text string) (found []span) {
	for _, needle := range r.bytes {
		for from := 0; ; {
			i := strings.Index(text[from:], needle)
			if i < 0 {
				break
			}
			found = append(found, span{from + i, from + i + len(needle)})
			from += i + len(needle)
		}
	}
	return found
}

// search adds the places where a secret begins in f.
func (r *Redactor) search(f folded, found []span) []span {
	covered := 0 // up to where the last place goes
	for i := 0; i+shortest <= len(f.text); i++ {
		for _, needle := range r.byStart[[shortest]byte(f.text[i:])] {
			end := i + len(needle)
			if end > covered && end <= len(f.text) && string(f.text[i:end]) == needle {
				found = append(found, span{f.at[i], f.at[end]})
				covered = end
				break
			}
		}
	}
	return found
}

// folded is a text in lower case, and where each of its bytes stood in the
// text that it was made of.
type folded struct {
	text []byte
	at   []int // one more than text has bytes: the last is the end
}

// fold brings text to lower case, and bytes that are no UTF-8 to the character
// that JSON writes for them.
func fold(text string) folded {
	f := folded{make([]byte, 0, len(text)), make([]int, 0, len(text)+1)}
	for i, r := range text {
		f.add(unicode.ToLower(r), i)
	}
	f.at = append(f.at, len(text))
	return f
}

// add appends a character that stood at a place.
func (f *folded) add(r rune, at int) {
	before := len(f.text)
	f.text = utf8.AppendRune(f.text, r)
	for range len(f.text) - before {
		f.at = append(f.at, at)
	}
}

// decode undoes one round of escapes and leaves zero bytes out. It reports
// whether there was anything to do.
func (f folded) decode() (decoded folded, changed bool) {
	decoded = folded{make([]byte, 0, len(f.text)), make([]int, 0, len(f.at))}
	for i := 0; i < len(f.text); {
		r, taken := unescape(f.text[i:])
		switch {
		case f.text[i] == 0:
			i, changed = i+1, true
			continue
		case taken == 0:
			decoded.text = append(decoded.text, f.text[i])
			decoded.at = append(decoded.at, f.at[i])
			i++
			continue
		case r < utf8.RuneSelf || f.text[i] != '%' || taken > 3:
			decoded.add(unicode.ToLower(r), f.at[i])
		default: // one byte of several that make a character
			decoded.text = append(decoded.text, byte(r))
			decoded.at = append(decoded.at, f.at[i])
		}
		i, changed = i+taken, true
	}
	decoded.at = append(decoded.at, f.at[len(f.text)])
	return decoded, changed
}

// unescape reads the escape at the start of text, which is in lower case, and
// returns the character and how many bytes stand for it, or 0.
func unescape(text []byte) (r rune, taken int) {
	switch text[0] {
	case '\\':
		return unescapeJSON(text)
	case '%':
		if len(text) > 5 && text[1] == 'u' {
			return hexRune(text, 2, 4)
		}
		return hexRune(text, 1, 2)
	case '&':
		return unescapeHTML(text)
	}
	return 0, 0
}

// jsonEscapes are the short escapes of JSON.
var jsonEscapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func unescapeJSON(text []byte) (r rune, taken int) {
	if len(text) < 2 {
		return 0, 0
	}
	if text[1] != 'u' {
		if r, ok := jsonEscapes[text[1]]; ok {
			return r, 2
		}
		return 0, 0
	}
	r, taken = hexRune(text, 2, 4)
	if !utf16.IsSurrogate(r) {
		return r, taken
	}
	if len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
		if low, ok := hexRune(text[6:], 2, 4); ok > 0 {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12
			}
		}
	}
	return utf8.RuneError, taken
}

// hexRune reads the digits from text[from] on.
func hexRune(text []byte, from, digits int) (r rune, taken int) {
	if len(text) < from+digits {
		return 0, 0
	}
	n, err := strconv.ParseUint(string(text[from:from+digits]), 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(n), from + digits
}

// unescapeHTML reads a character reference of HTML or XML.
func unescapeHTML(text []byte) (r rune, taken int) {
	const longest = len("&#x0010ffff;")
	for i := 1; i < min(len(text), longest); i++ {
		if text[i] != ';' {
			continue
		}
		character := html.UnescapeString(string(text[:i+1]))
		if r, size := utf8.DecodeRuneInString(character); size == len(character) {
			return r, i + 1
		}
		return 0, 0
	}
	return 0, 0
}
