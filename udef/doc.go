// Package udef reads and writes a tenant's own fields as fields of a struct: custom
// fields, extra fields, and the rows of extra tables and custom objects.
//
//	type Company struct {
//		Grade  int         `so:"SuperOffice:2"`
//		Branch udef.Item   `so:"branch"`
//		Since  *time.Time  `so:"SuperOffice:7"`
//		Rental bool        `so:"x_rental"`
//	}
//
//	own, err := udef.Decode[Company](contact.CustomFields)
//	own.Grade++
//	err = udef.Encode(own, &contact.CustomFields)
//
// A tag is the key of a field, in any case; see [superoffice.CustomFields].
// Fields without a tag are left alone, and embedded structs count.
//
// # Types
//
//	string                      text, as it is
//	int..., uint...             [I:5], also [TS:5]
//	float32, float64            [F:1.5], also [M:1.5] and [I:1]
//	bool                        [I:1], [I:0], True, False
//	time.Time                   [D:...] and [DT:...]: what a clock shows, in UTC
//	superoffice.Date, DateTime  the same
//	time.Duration               [TS:90] and [I:90] as seconds; [T:14:35], [DT:...] and 14:35 as the
//	                            time since midnight
//	[]int                       [A:3,4], also [I:3]
//	Item                        the item of a list: its ID, and the text that the server shows
//	superoffice.FieldValue      what is there
//	encoding.TextUnmarshaler    the text, for types that have TextMarshaler too
//	*T, sql.Null[T], sql.NullString and their like: none, or one of these
//
// A field that is missing, and one that has no value, is the zero of its type, or nil.
//
// # What Encode writes
//
// [Encode] sets the keys whose value differs from what is there, and leaves all
// others as they are: so a [rest.Diff] has a step for each field that was changed,
// and no more. nil clears a field that has a value; its key stays.
//
// A [D:...] and a [DT:...], an amount [M:...] and a span [TS:...] stay what they are,
// and a duration keeps the form that is there: a [T:...] and a 14:35 stay times of day, a
// [DT:...] keeps its date, an [I:...] stays a number. A duration that such a form has no
// place for, as 25 hours, is refused. In place of nothing, or of what cannot be read, a
// time at midnight becomes a date, [D:...], and a duration seconds, [TS:...]. All other
// numbers are written as [I:...] or [F:...].
//
// The text of a list's item is the server's, in an entry of its own, which Encode leaves
// alone: to change or remove it would be a second step, and one that the server does not
// read. So after another ID was encoded, [Decode] gives that ID with the text of the item
// before, until the record was fetched again.
//
// [rest.Diff]: https://pkg.go.dev/github.com/superoffice-go/superoffice/rest#Diff
package udef
