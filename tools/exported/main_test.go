package main

import (
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	var b strings.Builder
	if err := list(&b, "testdata/sample", "."); err != nil {
		t.Fatal(err)
	}
	const want = `example.com/sample: const Answer untyped int = 42
example.com/sample: const Loose untyped int = 7
example.com/sample: func Make(n int) *Thing
example.com/sample: func New() *Generated
example.com/sample: generated type Colour, 3 names, cb409687
example.com/sample: generated type Generated, 3 names, 64467568
example.com/sample: method (*Generated) Ours()
example.com/sample: method (*Thing) Change(name string) error
example.com/sample: method (Thing) String() string
example.com/sample: type Doer interface
example.com/sample: type Doer interface, Do(t Thing) error
example.com/sample: type ID int
example.com/sample: type Thing struct
example.com/sample: type Thing struct, Name string
example.com/sample: var ErrNone error
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if list(&b, "testdata/nothing", ".") == nil {
		t.Error("a folder that is not there gives no error")
	}
}
