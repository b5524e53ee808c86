package library

// Good does something.
func Good() {}

func Missing() {} // want "exported Missing has no doc comment"

// It does something.
func Misnamed() {} // want "the doc comment of Misnamed does not begin with its name"

// MisnamedToo does something.
func Misname() {} // want "the doc comment of Misname does not begin with its name"

// Deprecated: use Good.
func Old() {}

//go:noinline
func OnlyDirective() {} // want "exported OnlyDirective has no doc comment"

func unexported() {}

// A Type is one.
type Type struct {
	Field int
}

// Method does something.
func (t *Type) Method() {}

func (t Type) MissingMethod() {} // want "exported MissingMethod has no doc comment"

type hidden struct{}

func (hidden) Method() {}

// Generic holds a T and a U.
type Generic[T, U any] struct{}

func (*Generic[T, U]) Method() {} // want "exported Method has no doc comment"

type (
	// Grouped is one of several.
	Grouped int
	Bare    int // want "exported Bare has no doc comment"
)

// The colours, which need no further word.
const (
	Red Colour = iota
	Green
	// Blue is the last.
	Blue
	// Odd one.
	Violet // want "the doc comment of Violet does not begin with its name"
)

// Colour is one of the constants.
type Colour int

const (
	Behind = 1 // is fine too
	// The next has none of its own.

	Lone = /* want "exported Lone has no doc comment" */ 2
)

// First and Second come together.
var First, Second = 1, 2

var Third, Fourth = 1, 2 // behind

var _, unexportedToo int

// The rest is about other names.
var Fifth int // want "the doc comment of Fifth does not begin with its name"

// Plain tells whether it is plain. // want `usual is "reports whether"`
func Plain() bool { return true } // want "Plain returns a bool"

// Whether something is so is what IsSo is about.
//
// It goes on.
func (t *Type) IsSo() bool { return true } // want "does not begin with its name" "IsSo returns a bool"

// IsFine reports whether [Type.Field], [Type.IsSo], [*Generic] and [Type.Nothing] are there. // want `link \[Type.Nothing\] leads nowhere`
// [text] and [I:42] are no links, [strings.Builder] is one, nor is
//
//	[Nowhere]
//
// and this one is given: [Given].
//
// [Given]: https://example.com
func IsFine() bool { return true }

// Fetch returns whether it has fetched, beside an error.
func Fetch() (bool, error) {
	said := true // want "the name said says nothing"
	return said, nil
}

// Redacted has its secrets blotted, which is done in vain if it is nil where it counts. // want `"blotted"` `"in vain"` `"nil where"`
func Redacted() {}
