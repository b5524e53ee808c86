package superoffice

import "strings"

// CustomFields are the custom fields of a record: what the administrator has
// added to it, and extra columns of the database. The key of a field is
//
//   - its prog ID, as the administrator has set it, such as "shoe_size";
//   - "SuperOffice:" and a number, if that was left as it was: "SuperOffice:1";
//   - the name of the column, for an extra column: "x_rental".
//
// Beside the fields of lists come entries that the server does not read back:
// the key with ":DisplayText" behind it, and the text of the item.
//
// The server takes keys without regard to case, so use Set and Get, which do
// the same.
type CustomFields map[string]FieldValue

// Set sets the field of a key, which replaces one that is spelled in another
// case. NullValue clears it. It makes the dictionary if *f is nil.
func (f *CustomFields) Set(key string, v FieldValue) {
	if *f == nil {
		*f = make(CustomFields)
	}
	for other := range *f {
		if other != key && strings.EqualFold(other, key) {
			delete(*f, other)
		}
	}
	(*f)[key] = v
}

// Get returns the field of a key, without regard to the key's case, and whether
// it is there. One that is there and has no value is empty.
func (f CustomFields) Get(key string) (FieldValue, bool) {
	if v, ok := f[key]; ok {
		return v, true
	}
	found := "" // of several the first by its key, so that it is always the same
	for other := range f {
		if strings.EqualFold(other, key) && (found == "" || other < found) {
			found = other
		}
	}
	v, ok := f[found]
	return v, ok && found != ""
}
