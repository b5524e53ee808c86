// Package archive reads the lists of SuperOffice, which it calls archives, into
// Go structs:
//
//	type Sale struct {
//		ID      int       `so:"saleId,key"`
//		Heading string    `so:"heading"`
//		Company string    `so:"contact/name"`
//		Amount  float64   `so:"amount"`
//		Grade   *int      `so:"saleUdef/SuperOffice:2"`
//		Updated time.Time `so:"updatedDate"`
//	}
//	var Updated archive.Date = "updatedDate"
//
//	for sale, err := range archive.From[Sale](client, archive.FindSale).Where(Updated.After(since)).All(ctx) {
//		...
//	}
//
// # Columns and fields
//
// The tag of a field names its column, in any case. A struct without a tag that
// is embedded counts as if its fields stood there, and a struct with a tag is a
// group whose columns begin with it: `so:"postAddress"` and `so:"city"` in it make
// postAddress/city. EntityName and PrimaryKey, which each row has, are columns
// too. Fields are of these types:
//
//   - string, bool, whole numbers and floats, and types made of them such as the
//     enums of the SDK; of a list's item a string gets the name, and its id is to
//     be had with [Cell];
//   - time.Time, an instant in the zone of the query, and time.Duration;
//   - superoffice.DateTime, Date, TimeSpan and FieldValue;
//   - []int and []string;
//   - pointers and sql.Null of these, nil or not valid if there is no value;
//   - any encoding.TextUnmarshaler;
//   - [Cell], for all that the server tells of a cell.
//
// Numbers and dates are read as JSON, as text, and as encoded text ([I:6]). No
// value leaves the zero value, as does the date 0001-01-01. Columns that nobody
// asked for are passed over; one that was asked for and comes in no row of the
// first page is an error.
//
// # Pages
//
// Rows come in pages; [Query.PageSize] says how large, and [Query.Limit] how many
// rows there are in all. What the pages promise depends on the order:
//
//   - A struct with a key (`so:"saleId,key"`, a whole number) and no other order
//     is paged by key: each request asks for the rows behind the last key. Each
//     row that is there all the time comes exactly once, whatever is inserted,
//     changed and deleted meanwhile, and the last page costs as much as the
//     first. Rows whose keys do not grow are an error, and none is lost.
//   - Any other order pages by $skip, with the key as the last of the orders. A
//     row that is inserted or deleted before the place where the query stands
//     moves all others, so that one may come twice or not at all, and the server
//     begins anew for each page.
//   - A struct without a key pages by $skip in the order of the query alone.
//
// A page may hold fewer rows than were asked for without being the last, since
// servers cap pages. So one more request decides, and its answer is empty.
//
// # Times
//
// Conditions and answers are in the zone that [superoffice.WithTimeZone] names,
// of the client or of [Query.With], and in UTC if there is none. [Query.Zone] is
// for zones with other names.
package archive
