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
//	time.Duration               [TS:90] as seconds, and [T:14:35] as the time since midnight
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
// and no more. nil clears a field that has a value; its key stays. A time, a
// number or a duration keeps the encoding that is there. Without one, a time at
// midnight becomes a date, [D:...], and a duration seconds, [TS:...].
//
// [rest.Diff]: https://pkg.go.dev/github.com/superoffice-go/superoffice/rest#Diff
package udef
