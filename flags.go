package superoffice

import "github.com/superoffice-go/superoffice/internal/enum"

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

var tableRights = enum.Flags{
	{Name: "None", Bits: 0}, {Name: "Select", Bits: 1}, {Name: "R", Bits: 1}, {Name: "Update", Bits: 2}, {Name: "UR", Bits: 3}, {Name: "Insert", Bits: 4}, {Name: "RI", Bits: 5}, {Name: "URI", Bits: 7},
	{Name: "Delete", Bits: 8}, {Name: "UDR", Bits: 11}, {Name: "FULL", Bits: 15}, {Name: "Filtering", Bits: 16}, {Name: "F", Bits: 16}, {Name: "RF", Bits: 17}, {Name: "FI", Bits: 20},
	{Name: "RestrictedUpdate", Bits: 32}, {Name: "URU", Bits: 34}, {Name: "WRITE", Bits: 38}, {Name: "Unused1", Bits: 64}, {Name: "Uninitialized", Bits: 128},
}

// Has reports whether m holds all of flags, by their bits: FULL has Select,
// Update, Insert and Delete. A name that has no known bits is held if m
// names it too. Every mask has None and the empty mask.
func (m TableRightMask) Has(flags TableRightMask) bool {
	return tableRights.Has(string(m), string(flags))
}

// With returns m and flags together. What m says already, names that this
// package does not know included, keeps its place.
func (m TableRightMask) With(flags TableRightMask) TableRightMask {
	return TableRightMask(tableRights.With(string(m), string(flags)))
}

// Without returns m without flags: FULL without Delete is Select, Update and
// Insert. If nothing is left it is None.
func (m TableRightMask) Without(flags TableRightMask) TableRightMask {
	return TableRightMask(tableRights.Without(string(m), string(flags)))
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

var fieldRights = enum.Flags{
	{Name: "None", Bits: 0}, {Name: "Read", Bits: 1}, {Name: "Write", Bits: 2}, {Name: "Update", Bits: 3}, {Name: "Unused1", Bits: 4}, {Name: "Unused2", Bits: 8}, {Name: "Unused3", Bits: 16},
	{Name: "Unused4", Bits: 32}, {Name: "Nullable", Bits: 32}, {Name: "UIHintMandatory", Bits: 64}, {Name: "UIHintReadOnly", Bits: 128}, {Name: "UIHints", Bits: 192},
	{Name: "UndefinedValue256", Bits: 256},
}

// Has reports whether m holds all of flags, as [TableRightMask.Has] does.
func (m FieldRightMask) Has(flags FieldRightMask) bool {
	return fieldRights.Has(string(m), string(flags))
}

// With returns m and flags together. What m says already, names that this
// package does not know included, keeps its place.
func (m FieldRightMask) With(flags FieldRightMask) FieldRightMask {
	return FieldRightMask(fieldRights.With(string(m), string(flags)))
}

// Without returns m without flags. If nothing is left it is None.
func (m FieldRightMask) Without(flags FieldRightMask) FieldRightMask {
	return FieldRightMask(fieldRights.Without(string(m), string(flags)))
}

// String returns the text as it goes over the wire.
func (m FieldRightMask) String() string { return string(m) }
