package udef

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fieldcodec"
)

// Item is an item of a list. Its ID is what is written; Text is what the server shows
// for it, which is only read. In a row of package archive a column of a list is
// either of both.
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

func encodeItem(src reflect.Value, _ superoffice.FieldValue) (superoffice.FieldValue, error) {
	return superoffice.IntValue(src.Interface().(Item).ID), nil
}

func sameItem(a, b reflect.Value) bool { return a.Interface().(Item).ID == b.Interface().(Item).ID }
