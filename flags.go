package superoffice

import (
	mathbits "math/bits"
	"slices"
	"strconv"
	"strings"
)

// TableRightMask is a set of rights on a record: the server's text exactly as
// it came, names joined by ", ", such as "Select, Update", a composed name
// such as "FULL", or a number. Names that this package does not know are kept
// like the others.
type TableRightMask string

// The rights on a record. FULL, WRITE, UR, RI, URI, UDR, RF, FI and URU are
// the vendor's names for sets of the others.
const (
	TableRightNone             TableRightMask = "None"             // 0
	TableRightSelect           TableRightMask = "Select"           // 1: read
	TableRightR                TableRightMask = "R"                // 1: Select
	TableRightUpdate           TableRightMask = "Update"           // 2
	TableRightUR               TableRightMask = "UR"               // 3: Select, Update
	TableRightInsert           TableRightMask = "Insert"           // 4
	TableRightRI               TableRightMask = "RI"               // 5: Select, Insert
	TableRightURI              TableRightMask = "URI"              // 7: Select, Update, Insert
	TableRightDelete           TableRightMask = "Delete"           // 8
	TableRightUDR              TableRightMask = "UDR"              // 11: Select, Update, Delete
	TableRightFULL             TableRightMask = "FULL"             // 15: Select, Update, Insert, Delete
	TableRightFiltering        TableRightMask = "Filtering"        // 16: seen in filters
	TableRightF                TableRightMask = "F"                // 16: Filtering
	TableRightRF               TableRightMask = "RF"               // 17: Select, Filtering
	TableRightFI               TableRightMask = "FI"               // 20: Insert, Filtering
	TableRightRestrictedUpdate TableRightMask = "RestrictedUpdate" // 32: update of some fields
	TableRightURU              TableRightMask = "URU"              // 34: Update, RestrictedUpdate
	TableRightWRITE            TableRightMask = "WRITE"            // 38: Update, Insert, RestrictedUpdate
	TableRightUnused1          TableRightMask = "Unused1"          // 64
	TableRightUninitialized    TableRightMask = "Uninitialized"    // 128: not worked out yet
)

var tableRights = flagSet{
	{"None", 0}, {"Select", 1}, {"R", 1}, {"Update", 2}, {"UR", 3}, {"Insert", 4}, {"RI", 5}, {"URI", 7},
	{"Delete", 8}, {"UDR", 11}, {"FULL", 15}, {"Filtering", 16}, {"F", 16}, {"RF", 17}, {"FI", 20},
	{"RestrictedUpdate", 32}, {"URU", 34}, {"WRITE", 38}, {"Unused1", 64}, {"Uninitialized", 128},
}

// Has reports whether m holds all of flags, by their bits: FULL has Select,
// Update, Insert and Delete. A name that has no known bits is held where m
// names it too. Every mask has None and the empty mask.
func (m TableRightMask) Has(flags TableRightMask) bool {
	return tableRights.has(string(m), string(flags))
}

// With returns m and flags together. What m says already, names that this
// package does not know included, keeps its place.
func (m TableRightMask) With(flags TableRightMask) TableRightMask {
	return TableRightMask(tableRights.with(string(m), string(flags)))
}

// Without returns m without flags: FULL without Delete is Select, Update and
// Insert. If nothing is left it is None.
func (m TableRightMask) Without(flags TableRightMask) TableRightMask {
	return TableRightMask(tableRights.without(string(m), string(flags)))
}

// String returns the text as it goes over the wire.
func (m TableRightMask) String() string { return string(m) }

// FieldRightMask is a set of rights on a field and hints for showing it, in
// the same form as [TableRightMask].
type FieldRightMask string

// The rights on a field.
const (
	FieldRightNone              FieldRightMask = "None"              // 0
	FieldRightRead              FieldRightMask = "Read"              // 1
	FieldRightWrite             FieldRightMask = "Write"             // 2
	FieldRightUpdate            FieldRightMask = "Update"            // 3: Read, Write
	FieldRightUnused1           FieldRightMask = "Unused1"           // 4
	FieldRightUnused2           FieldRightMask = "Unused2"           // 8
	FieldRightUnused3           FieldRightMask = "Unused3"           // 16
	FieldRightUnused4           FieldRightMask = "Unused4"           // 32: Nullable's older name
	FieldRightNullable          FieldRightMask = "Nullable"          // 32: may be null
	FieldRightUIHintMandatory   FieldRightMask = "UIHintMandatory"   // 64: show as mandatory
	FieldRightUIHintReadOnly    FieldRightMask = "UIHintReadOnly"    // 128: show as read-only
	FieldRightUIHints           FieldRightMask = "UIHints"           // 192: UIHintMandatory, UIHintReadOnly
	FieldRightUndefinedValue256 FieldRightMask = "UndefinedValue256" // 256
)

var fieldRights = flagSet{
	{"None", 0}, {"Read", 1}, {"Write", 2}, {"Update", 3}, {"Unused1", 4}, {"Unused2", 8}, {"Unused3", 16},
	{"Unused4", 32}, {"Nullable", 32}, {"UIHintMandatory", 64}, {"UIHintReadOnly", 128}, {"UIHints", 192},
	{"UndefinedValue256", 256},
}

// Has reports whether m holds all of flags, as [TableRightMask.Has] does.
func (m FieldRightMask) Has(flags FieldRightMask) bool {
	return fieldRights.has(string(m), string(flags))
}

// With returns m and flags together. What m says already, names that this
// package does not know included, keeps its place.
func (m FieldRightMask) With(flags FieldRightMask) FieldRightMask {
	return FieldRightMask(fieldRights.with(string(m), string(flags)))
}

// Without returns m without flags. If nothing is left it is None.
func (m FieldRightMask) Without(flags FieldRightMask) FieldRightMask {
	return FieldRightMask(fieldRights.without(string(m), string(flags)))
}

// String returns the text as it goes over the wire.
func (m FieldRightMask) String() string { return string(m) }

// memberSet lists the members of an enum with their numbers.
type memberSet []member

type member struct {
	name   string
	number int64
}

// named returns the name of the member whose number text is, or text itself.
func (s memberSet) named(text []byte) string {
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		for _, m := range s {
			if m.number == n {
				return m.name
			}
		}
	}
	return string(text)
}

// flagSet lists the names of an enum whose values combine, with their bits.
type flagSet []flag

type flag struct {
	name string
	bits uint64
}

// named returns the name of the member whose bits are the number text, or text
// itself: a number that stands for several members is one that has understands.
func (s flagSet) named(text []byte) string {
	if n, err := strconv.ParseUint(string(text), 10, 64); err == nil {
		for _, f := range s {
			if f.bits == n {
				return f.name
			}
		}
	}
	return string(text)
}

// has reports whether text holds every flag that wanted names.
func (s flagSet) has(text, wanted string) bool { return s.held(text).has(s, wanted) }

// held is what a text of flags says, in a form to look things up in.
type held struct {
	bits  uint64          // of the names that are known
	names map[string]bool // the others, in small letters
}

// held takes a text apart.
func (s flagSet) held(text string) (h held) {
	for name := range names(text) {
		h.add(s, name)
	}
	return h
}

func (h *held) add(s flagSet, name string) {
	bits, known := s.bits(name)
	if known {
		h.bits |= bits
		return
	}
	if h.names == nil {
		h.names = make(map[string]bool)
	}
	h.names[strings.ToLower(name)] = true
}

// has reports whether all flags that wanted names are held.
func (h held) has(s flagSet, wanted string) bool {
	for name := range names(wanted) {
		if !h.hasOne(s, name) {
			return false
		}
	}
	return true
}

func (h held) hasOne(s flagSet, name string) bool {
	if bits, known := s.bits(name); known {
		return h.bits&bits == bits
	}
	return h.names[strings.ToLower(name)]
}

// with returns text with the names of added that it does not hold yet. What
// text says stays as it is, but a name for none goes when another comes.
func (s flagSet) with(text, added string) string {
	h := s.held(text)
	if h.has(s, added) {
		return text
	}
	bits, numeric := s.number(text)
	if more := s.held(added); numeric && more.names == nil {
		return strconv.FormatUint(bits|more.bits, 10)
	}
	all := slices.DeleteFunc(slices.Collect(names(text)), s.isNone)
	for name := range names(added) {
		if !h.hasOne(s, name) {
			h.add(s, name)
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// without returns text with nothing left of the flags that removed names. A
// composed name gives way to the names of what is left of it; if nothing is
// left, the name for none stands, or 0.
func (s flagSet) without(text, removed string) string {
	gone := s.held(removed)
	if s.holdsNone(text, gone) {
		return text
	}
	if bits, numeric := s.number(text); numeric {
		return strconv.FormatUint(bits&^gone.bits, 10)
	}
	var left []string
	seen := make(map[string]bool)
	keep := func(all ...string) {
		for _, name := range all {
			if lower := strings.ToLower(name); !seen[lower] {
				seen[lower] = true
				left = append(left, name)
			}
		}
	}
	for name := range names(text) {
		switch bits, known := s.bits(name); {
		case !known && gone.names[strings.ToLower(name)]:
		case bits&gone.bits == 0:
			keep(name)
		default:
			keep(s.singles(bits &^ gone.bits)...)
		}
	}
	if len(left) == 0 {
		return s.none()
	}
	return strings.Join(left, ", ")
}

// holdsNone reports whether text has nothing of gone.
func (s flagSet) holdsNone(text string, gone held) bool {
	for name := range names(text) {
		bits, known := s.bits(name)
		if bits&gone.bits != 0 || !known && gone.names[strings.ToLower(name)] {
			return false
		}
	}
	return true
}

// number returns the bits of a text that is one number.
func (s flagSet) number(text string) (bits uint64, ok bool) {
	bits, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	return bits, err == nil
}

// singles returns the first name of each bit, and a number for those without.
func (s flagSet) singles(bits uint64) (all []string) {
	for _, f := range s {
		if mathbits.OnesCount64(f.bits) == 1 && bits&f.bits != 0 {
			all = append(all, f.name)
			bits &^= f.bits
		}
	}
	if bits != 0 {
		all = append(all, strconv.FormatUint(bits, 10))
	}
	return all
}

// none is the name of the empty set.
func (s flagSet) none() string {
	for _, f := range s {
		if f.bits == 0 {
			return f.name
		}
	}
	return "0"
}

func (s flagSet) isNone(name string) bool {
	bits, known := s.bits(name)
	return known && bits == 0
}

// bits returns the bits of one name or number.
func (s flagSet) bits(name string) (bits uint64, known bool) {
	for _, f := range s {
		if strings.EqualFold(f.name, name) {
			return f.bits, true
		}
	}
	if n, err := strconv.ParseInt(name, 0, 64); err == nil {
		return uint64(n), true
	}
	return 0, false
}

// names yields the names in a comma-joined text.
func names(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range strings.SplitSeq(text, ",") {
			if name = strings.TrimSpace(name); name != "" && !yield(name) {
				return
			}
		}
	}
}
