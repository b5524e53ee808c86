package udef

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fieldcodec"
)

// Item is an item of a list. Its ID is what is written; Text is what the server shows
// for it, which is only read: after [Encode] of another ID it is still the text of the
// item before, until the record is fetched again. In a row of package archive a column of a list is
// mostly the text: such an Item has no ID, and cannot be written.
type Item struct {
	ID   int
	Text string
}

// String returns the text, or the ID if there is none.
func (i Item) String() string {
	if i.Text == "" && i.ID != 0 {
		return strconv.Itoa(i.ID)
	}
	return i.Text
}

// UnmarshalText reads an ID, [I:5] or 5, or else the text of an item.
func (i *Item) UnmarshalText(text []byte) error {
	*i = Item{}
	value := superoffice.FieldValue(text)
	if n, err := value.Int(); err == nil {
		i.ID = n
	} else {
		i.Text = strings.TrimSpace(value.Text())
	}
	return nil
}

// ownCodec is the codec of [Item].
func ownCodec(t reflect.Type) (fieldcodec.Codec, bool) {
	if t != reflect.TypeFor[Item]() {
		return fieldcodec.Codec{}, false
	}
	return fieldcodec.Codec{Want: "the ID of a list's item", WantText: true, Decode: decodeItem, Encode: encodeItem, Same: sameItem}, true
}

func decodeItem(s fieldcodec.Source, dst reflect.Value) error {
	id, err := s.Value.Int()
	if err != nil {
		return err
	}
	dst.Set(reflect.ValueOf(Item{id, s.Text}))
	return nil
}

// FieldValue returns the ID as it is written. An item that has a text and no ID, as
// rows of archives may give it, has no value.
func (i Item) FieldValue() (superoffice.FieldValue, error) {
	if i.ID == 0 && i.Text != "" {
		return "", fmt.Errorf("the item %q has no ID; the text alone is not written", i.Text)
	}
	return superoffice.IntValue(i.ID), nil
}

func encodeItem(src reflect.Value, _ superoffice.FieldValue) (superoffice.FieldValue, error) {
	return src.Interface().(Item).FieldValue()
}

// sameItem compares the IDs. An item with a text alone is none of those that are
// there, so that it is refused.
func sameItem(a, b reflect.Value) bool {
	there, item := a.Interface().(Item), b.Interface().(Item)
	return there.ID == item.ID && (item.ID != 0 || item.Text == "" || item.Text == there.Text)
}
