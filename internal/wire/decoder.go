package wire

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
)

// decoder reads a JSON text from its start to its end, and notes what carriers
// are to keep of it. It is used again, and empty in between.
type decoder struct {
	scanner
	recorder
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// newDecoder returns a decoder of text; free gives it back.
func newDecoder(text []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.text = text
	return d
}

// free makes sure that nothing of what was read stays behind.
func (d *decoder) free() {
	d.scanner = scanner{again: emptied(d.again)}
	d.recorder.empty()
	decoders.Put(d)
}

// emptied returns the memory of all for the next text. That of a large text is
// given up, since to clear it would cost every small one as much.
func emptied[T any](all []T) []T {
	const most = 1 << 10
	if cap(all) > most {
		return nil
	}
	clear(all[:cap(all)])
	return all[:0]
}

// recorder notes what the carriers of a text are to keep.
type recorder struct {
	preserved []preservedMember // of the carriers being read, the inner behind the outer
	unknown   []byte            // likewise
	records   [16]knownRecord   // what carriers keep, to share
	turn      int               // which of them is replaced next, counted on
	shared    bool              // whether texts has any
	texts     [1 << 7]string    // short texts, to share
}

// empty makes sure that nothing of what was read stays behind.
func (r *recorder) empty() {
	r.preserved, r.unknown = emptied(r.preserved), emptied(r.unknown)
	clear(r.records[:min(r.turn, len(r.records))])
	if r.shared {
		clear(r.texts[:])
	}
	r.turn, r.shared = 0, false
}

// share returns text as a string. Short ones are mostly ones that came before,
// such as the names of columns, and share their memory.
func (r *recorder) share(text []byte) string {
	const longest = 32
	if len(text) < 2 || len(text) > longest {
		return string(text)
	}
	known := &r.texts[slot(text)]
	if *known != string(text) {
		*known = string(text)
		r.shared = true
	}
	return *known
}

// slot is a number below 1<<7 for text, mostly another one for another text.
func slot(text []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	n := uint64(len(text))
	if n < 8 {
		for _, c := range text {
			n = n<<8 | uint64(c)
		}
	} else {
		n += binary.LittleEndian.Uint64(text)*31 ^ binary.LittleEndian.Uint64(text[len(text)-8:])
	}
	return n * odd >> 57
}

// knownRecord is what a carrier of a type keeps.
type knownRecord struct {
	of     *structType
	record *record
}

// record returns what a carrier keeps, nil for nothing. The carriers of a list
// mostly keep the same, and share it.
func (r *recorder) record(s *structType, preserved []preservedMember, unknown []byte) *record {
	if len(preserved) == 0 && len(unknown) == 0 {
		return nil
	}
	for i := range r.records {
		if known := &r.records[i]; known.of == s && known.record.says(preserved, unknown) {
			return known.record
		}
	}
	made := newRecord(preserved, unknown)
	r.records[r.turn%len(r.records)] = knownRecord{s, made}
	r.turn++
	return made
}

// says reports whether r says the same.
func (r *record) says(preserved []preservedMember, unknown []byte) bool {
	return bytes.Equal(r.unknown, unknown) && slices.EqualFunc(r.preserved, preserved, preservedMember.equal)
}

func (k preservedMember) equal(other preservedMember) bool {
	return k.index == other.index && (k.raw == nil) == (other.raw == nil) && bytes.Equal(k.raw, other.raw)
}

// newRecord returns a record that shares no memory with the text that was read.
func newRecord(preserved []preservedMember, unknown []byte) *record {
	r := &record{preserved: slices.Clone(preserved)}
	if len(unknown) > 0 {
		r.unknown = bytes.Clone(unknown)
	}
	for i := range r.preserved {
		if raw := &r.preserved[i].raw; string(*raw) == "null" {
			*raw = null
		} else {
			*raw = bytes.Clone(*raw)
		}
	}
	return r
}

// null is the raw text of most members that are kept.
var null = []byte("null")
