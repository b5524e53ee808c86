package wire_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wire"
)

type shape interface{ Base() *shapeBase }

type shapeBase struct {
	Kind string
	Name string
	wire.Carrier
}

func (s *shapeBase) Base() *shapeBase { return s }

func (*shapeBase) Subtypes() []any {
	return []any{&circle{shapeBase: shapeBase{Kind: "Circle"}}, &polygon{shapeBase: shapeBase{Kind: "Polygon"}}}
}

type circle struct {
	shapeBase
	Radius int
}

type polygon struct {
	shapeBase
	Corners []int
	Holes   []shape
}

type drawing struct {
	Main   shape
	Others []shape
	ByName map[string]shape
	wire.Carrier
}

func TestKindsAreToldByTheirMark(t *testing.T) {
	t.Parallel()
	const text = `{"Main":{"Kind":"circle","Name":"c","Radius":2,"New":1},"Others":[{"Kind":"Polygon","Name":"p","Corners":[3],"Holes":[{"Kind":"Circle","Name":"","Radius":0}]},` +
		`{"Kind":"Blob","Name":"b","Softness":7},{"Name":"n"},null],"ByName":{"a":{"Radius":1,"Kind":"Circle"}}}`
	var d drawing
	require.NoError(t, wire.Unmarshal([]byte(text), &d))
	main := d.Main.(*circle)
	assert.Equal(t, 2, main.Radius)
	assert.Equal(t, "c", main.Base().Name)
	assert.Equal(t, 0, d.Others[0].(*polygon).Holes[0].(*circle).Radius)
	assert.Equal(t, "Blob", d.Others[1].(*shapeBase).Kind)
	assert.IsType(t, &shapeBase{}, d.Others[2])
	assert.Nil(t, d.Others[3])
	assert.Equal(t, 1, d.ByName["a"].(*circle).Radius)
	again, err := wire.Marshal(d)
	require.NoError(t, err)
	assert.JSONEq(t, text, string(again))

	main.Radius, main.Name = 3, "bigger"
	again, err = wire.Marshal(&d)
	require.NoError(t, err)
	assert.Contains(t, string(again), `{"Kind":"circle","Name":"bigger","Radius":3,"New":1}`)
}

func TestKindsAreMarkedWhenTheyAreWritten(t *testing.T) {
	t.Parallel()
	text, err := wire.Marshal(drawing{Main: &circle{Radius: 1}, Others: []shape{(*circle)(nil), &shapeBase{Name: "b"}, &circle{shapeBase: shapeBase{Kind: "Disc"}}}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"Main":{"Kind":"Circle","Name":"","Radius":1},"Others":[null,{"Kind":"","Name":"b"},{"Kind":"Disc","Name":"","Radius":0}],"ByName":null}`, string(text))
	var one shape
	require.NoError(t, wire.Unmarshal([]byte("null"), &one))
	assert.Nil(t, one)
	assert.False(t, wire.HasMember(&one, func(string) bool { return false }), "an empty answer")
	require.NoError(t, wire.Unmarshal([]byte("{}"), &one))
	assert.False(t, wire.HasMember(&one, func(string) bool { return false }))
	require.NoError(t, wire.Unmarshal([]byte(`{"Kind":"Circle"}`), &one))
	assert.True(t, wire.HasMember(&one, func(string) bool { return false }))
	assert.ErrorContains(t, wire.Unmarshal([]byte(`[]`), &one), "a list where an object was due")
	assert.ErrorContains(t, wire.Unmarshal([]byte(`{"Main":{"Kind":"Circle","Radius":{}}}`), new(drawing)), "member Main/Radius is an object")
	assert.Error(t, wire.Unmarshal([]byte(`{"Kind":`), &one))
}

func (c circle) MarshalJSON() ([]byte, error)     { return wire.Marshal(&c) }
func (c *circle) UnmarshalJSON(text []byte) error { return wire.Unmarshal(text, c) }

// ring is a kind that is built on another.
type ring struct {
	circle
	Inner int
}

func TestAKindByItself(t *testing.T) {
	t.Parallel()
	for _, v := range []any{circle{Radius: 1}, &circle{Radius: 1}} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		assert.Equal(t, `{"Kind":"Circle","Name":"","Radius":1}`, string(text))
	}
	text, err := wire.Marshal([]circle{{Radius: 1}})
	require.NoError(t, err)
	assert.Equal(t, `[{"Kind":"Circle","Name":"","Radius":1}]`, string(text))
	for _, text := range []string{`{}`, `null`, `{"Kind":null,"Radius":"1"}`, `{"Kind":"Disc"}`} {
		var c circle
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		again, err := json.Marshal(c)
		require.NoError(t, err)
		assert.Equal(t, text, string(again), "as it came")
	}
	var r ring
	require.NoError(t, wire.Unmarshal([]byte(`{"Name":"r","Radius":2,"Inner":1}`), &r))
	assert.Equal(t, "r", r.Name)
	assert.Equal(t, 2, r.Radius)
	text, err = wire.Marshal(&r)
	require.NoError(t, err)
	assert.Equal(t, `{"Name":"r","Radius":2,"Inner":1}`, string(text))
}

func TestMembersOfKinds(t *testing.T) {
	t.Parallel()
	kinds := reflect.TypeFor[[]shape]()
	names, ok := wire.Members(kinds)
	assert.True(t, ok)
	assert.Equal(t, []string{"Kind", "Name", "Radius", "Corners", "Holes"}, names)
	assert.Equal(t, kinds, wire.MemberType(kinds, "holes"))
	assert.Nil(t, wire.MemberType(kinds, "Depth"))
	assert.False(t, wire.IsOpen(kinds))
	assert.True(t, wire.IsOpen(reflect.TypeFor[any]()))
	assert.False(t, wire.IsOpen(reflect.TypeFor[day]()))
	// Interfaces that only look alike.
	for _, other := range []reflect.Type{
		reflect.TypeFor[interface{ Base() int }](), reflect.TypeFor[interface{ Base(int) *shapeBase }](), reflect.TypeFor[interface{ Base() *day }](), reflect.TypeFor[interface{ Base() *person }](),
	} {
		_, ok := wire.Members(other)
		assert.False(t, ok, other)
	}
}

func TestKindsInXML(t *testing.T) {
	t.Parallel()
	const document = `<Drawing><Main><Kind>Circle</Kind><Name>c</Name><Radius>2</Radius></Main><Others><ShapeBase><Kind>Polygon</Kind><Name></Name><Corners><int>3</int></Corners><Holes></Holes></ShapeBase></Others></Drawing>`
	text, err := wire.XMLToJSON([]byte(document), reflect.TypeFor[drawing]())
	require.NoError(t, err)
	var d drawing
	require.NoError(t, wire.Unmarshal(text, &d))
	assert.Equal(t, 2, d.Main.(*circle).Radius)
	assert.Equal(t, []int{3}, d.Others[0].(*polygon).Corners)
	text, err = wire.Marshal(d)
	require.NoError(t, err)
	again, err := wire.JSONToXML(text, "", reflect.TypeFor[drawing]())
	require.NoError(t, err)
	assert.Equal(t, document, string(again))
}

// day is a text of its own.
type day struct{ text string }

func (d day) AppendText(b []byte) ([]byte, error) {
	if d.text == "never" {
		return nil, assert.AnError
	}
	if d.text == "" {
		return append(b, "none"...), nil
	}
	return append(b, d.text...), nil
}

func (d *day) UnmarshalText(text []byte) error {
	if string(text) == "bad" {
		return assert.AnError
	}
	if d.text = string(text); d.text == "none" {
		d.text = ""
	}
	return nil
}

type diary struct {
	Day  day
	Days []day
	Any  any
	More map[string]any
	Raw  []byte
	wire.Carrier
}

func TestTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Day":"none","Days":["Monday","none"],"Any":null,"More":{"a":1},"Raw":"AAEC"}`,
		`{"Day":null,"Days":[],"Any":{"b":1,"a":2},"More":{"n":1.0,"big":12345678901234567890},"Raw":""}`,
		`{"Day":5,"Days":null,"Any":[1.50],"More":null,"Raw":null}`,
		`{"Day":"","Days":["Monday"],"Any":"x<y","More":{},"Raw":"AAE"}`,
		`{"Day":true,"Any":false,"Raw":"AA\r\nEC"}`,
	} {
		var d diary
		require.NoError(t, wire.Unmarshal([]byte(text), &d), text)
		again, err := wire.Marshal(d)
		require.NoError(t, err)
		assert.Equal(t, text, string(again))
	}
	var d diary
	require.NoError(t, wire.Unmarshal([]byte(`{"Day":"Monday","Days":["Tuesday"],"Any":1,"More":{},"Raw":"AAEC"}`), &d))
	assert.Equal(t, diary{Day: day{"Monday"}, Days: []day{{"Tuesday"}}, Any: 1.0, More: map[string]any{}, Raw: []byte{0, 1, 2}}, d, "nothing to remember")
	for text, want := range map[string]string{
		`{"Day":"bad"}`: "member Day is a string where a day", `{"Day":{}}`: "member Day is an object", `{"Raw":"!"}`: "member Raw is a string where base64",
		`{"Raw":5}`: "member Raw is a number where base64", `{"Raw":[]}`: "member Raw is a list", `{"Any":`: "too early", `{"Raw":`: "too early",
	} {
		assert.ErrorContains(t, wire.Unmarshal([]byte(text), &d), want, text)
	}
	_, err := wire.Marshal(diary{Day: day{"never"}})
	assert.ErrorIs(t, err, assert.AnError)
	_, err = wire.Marshal(diary{Any: func() {}})
	assert.Error(t, err)
	text, err := wire.XMLToJSON([]byte(`<Diary><Day>Monday</Day><Days><Day>Tuesday</Day></Days></Diary>`), reflect.TypeFor[diary]())
	require.NoError(t, err)
	assert.JSONEq(t, `{"Day":"Monday","Days":["Tuesday"]}`, string(text))
}

func TestPartialCarriers(t *testing.T) {
	t.Parallel()
	var d drawing
	require.NoError(t, wire.Unmarshal([]byte(`{"Main":{"Kind":"Circle"},"Others":[{"Kind":"Polygon","Holes":[{"Kind":"Circle"}]}],"ByName":{"a":{},"b":null}}`), &d))
	assert.False(t, wire.IsPartial(&d))
	copied := d
	copied.Main, copied.Others, copied.ByName = nil, nil, nil
	wire.MarkPartial(&d)
	assert.True(t, wire.IsPartial(&d))
	assert.True(t, wire.IsPartial(d))
	assert.False(t, wire.IsPartial(copied), "what is remembered is not changed, but replaced")
	for _, inner := range []any{d.Main, d.Others, d.Others[0].(*polygon).Holes[0], d.ByName} {
		assert.True(t, wire.IsPartial(inner), inner)
	}
	again, err := wire.Marshal(d)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Main":{"Kind":"Circle"},"Others":[{"Kind":"Polygon","Holes":[{"Kind":"Circle"}]}],"ByName":{"a":{},"b":null}}`, string(again))

	type request struct {
		Name    string
		Drawing *drawing
		All     []drawing
		Any     shape
		Rights  map[string]drawing
		Numbers []int
	}
	marked := d
	assert.True(t, wire.IsPartial(&request{Drawing: &marked}))
	assert.True(t, wire.IsPartial(&request{All: []drawing{{}, marked}}))
	assert.True(t, wire.IsPartial(&request{Any: d.Main}))
	assert.True(t, wire.IsPartial(&request{Rights: map[string]drawing{"a": marked}}))
	for _, inside := range []drawing{{Main: d.Main}, {Others: []shape{nil, &circle{}, d.Others[0]}}, {ByName: d.ByName}} {
		assert.True(t, wire.IsPartial(&inside), "carriers inside one count")
	}
	assert.False(t, wire.IsPartial(&request{Name: "x", Drawing: &drawing{Main: &circle{}}, All: []drawing{{}}, Numbers: []int{1}, Rights: map[string]drawing{"a": {}}}))
	assert.False(t, wire.IsPartial(nil))
	assert.False(t, wire.IsPartial((*request)(nil)))
	var number int
	wire.MarkPartial(&number)
	list := []*drawing{nil, {}}
	wire.MarkPartial(&list)
	assert.True(t, wire.IsPartial(list))

	result := request{Drawing: &drawing{}, Rights: map[string]drawing{"a": {Others: []shape{&circle{}}}}}
	wire.MarkPartial(&result)
	assert.True(t, wire.IsPartial(result.Drawing))
	assert.True(t, wire.IsPartial(result.Rights["a"].Others[0]))
	text, err := wire.Marshal(result.Drawing)
	require.NoError(t, err)
	whole, err := wire.Marshal(&drawing{})
	require.NoError(t, err)
	assert.Equal(t, string(whole), string(text), "the mark is not written")
	require.NoError(t, wire.Unmarshal(text, &d))
	assert.False(t, wire.IsPartial(d), "nor read")
}
