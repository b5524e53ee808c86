package wire_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// color is an enum that knows the names of numbers.
type color string

func (c *color) UnmarshalText(text []byte) error {
	switch string(text) {
	case "1":
		*c = "Red"
	case "-2":
		*c = "Green"
	default:
		*c = color(text)
	}
	return nil
}

// value is a text that may be null.
type value string

func (v value) IsNull() bool { return v == "\x00" }

func (v value) MarshalJSON() ([]byte, error) {
	if v.IsNull() {
		return []byte("null"), nil
	}
	return json.Marshal(string(v))
}

// child is a carrier that may come as its number alone.
type child struct {
	ID    int `json:"ChildId" wire:"alone"`
	Level color
	carrier
}

type odds struct {
	Color    color
	Colors   []color
	Values   map[string]value
	Children []child
	Rank     float64
	Ranks    []float64
	ByName   map[string]float64
	Count    int
	Small    int8
	Name     string
	Date     day
	carrier
}

func readOdds(t *testing.T, text string) *odds {
	t.Helper()
	o := new(odds)
	require.NoError(t, wire.Unmarshal([]byte(text), o), text)
	return o
}

func written(t *testing.T, v any) string {
	t.Helper()
	text, err := wire.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestAnEnumIsReadFromItsNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]color{
		`{"Color":1}`: "Red", `{"Color":"1"}`: "Red", `{"Color":-2}`: "Green", `{"Color":"\u0031"}`: "Red",
		`{"Color":3}`: "3", `{"Color":"4"}`: "4", `{"Color":"Red"}`: "Red", `{"Color":"Blue"}`: "Blue", `{"Color":null}`: "", `{"Color":""}`: "",
	} {
		o := readOdds(t, text)
		assert.Equal(t, want, o.Color, text)
		assert.JSONEq(t, strings.ReplaceAll(text, `\u0031`, "1"), written(t, o), "as it came")
	}
	o := readOdds(t, `{"Color":1,"Colors":[1,"Blue","-2",null]}`)
	assert.Equal(t, []color{"Red", "Blue", "Green", ""}, o.Colors)
	o.Color, o.Colors[1] = "Green", "Red"
	assert.JSONEq(t, `{"Color":"Green","Colors":[1,"Red","-2",null]}`, written(t, o))
	assert.ErrorContains(t, wire.Unmarshal([]byte(`{"Color":[]}`), o), "member Color is a list where a string")
}

func TestANullIsWrittenWhereTheTextStandsForIt(t *testing.T) {
	t.Parallel()
	o := readOdds(t, `{"Values":{"a":"x","b":null,"c":7}}`)
	assert.Equal(t, map[string]value{"a": "x", "b": "", "c": "7"}, o.Values)
	o.Values["a"], o.Values["d"], o.Values["e"] = "\x00", "\x00", "\x01"
	assert.Equal(t, `{"Values":{"a":null,"b":null,"c":7,"d":null,"e":"\u0001"}}`, written(t, o))
	assert.Equal(t, `{"a":null,"b":"\u0000x"}`, written(t, map[string]value{"a": "\x00", "b": "\x00x"}))
	assert.Equal(t, `["\u0000"]`, written(t, []string{"\x00"}), "a text of another type")
	assert.False(t, wire.IsOpen(reflect.TypeFor[value]()))
}

func TestACarrierThatComesAsItsNumberAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Children":[5,{"ChildId":6,"Level":"Red"},"7",5.0,null,{"Level":1,"New":2}]}`, `{"Children":[]}`, `{"Children":null}`,
	} {
		assert.JSONEq(t, text, written(t, readOdds(t, text)))
	}
	o := readOdds(t, `{"Children":[5,{"ChildId":6,"Level":"Red"},"7"]}`)
	assert.Equal(t, 5, o.Children[0].ID)
	assert.Equal(t, 6, o.Children[1].ID)
	assert.Equal(t, 7, o.Children[2].ID)
	o.Children[0].ID, o.Children[2].Level = 8, "Red"
	o.Children = append(o.Children, child{ID: 9})
	assert.JSONEq(t, `{"Children":[8,{"ChildId":6,"Level":"Red"},{"ChildId":"7","Level":"Red"},{"ChildId":9,"Level":""}]}`, written(t, o))
	for _, text := range []string{`{"Children":[true]}`, `{"Children":["x"]}`, `{"Children":[[5]]}`, `{"Children":[`} {
		assert.Error(t, wire.Unmarshal([]byte(text), o), text)
	}
	converted, err := wire.XMLToJSON([]byte(`<a><Children><int>5</int><child><ChildId>6</ChildId></child></Children></a>`), reflect.TypeFor[odds]())
	require.NoError(t, err)
	o = readOdds(t, string(converted))
	assert.Equal(t, 5, o.Children[0].ID)
	assert.Equal(t, 6, o.Children[1].ID)
}

// One odd number is no reason to fail all rows.
func TestOddNumbersAreReadAsNearAsGoCan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{
		`"NaN"`: math.NaN(), `1e400`: math.Inf(1), `-1e400`: math.Inf(-1), `"Infinity"`: math.Inf(1), `"-INF"`: math.Inf(-1), `1e-400`: 0,
	} {
		rows := new([]odds)
		require.NoError(t, wire.Unmarshal([]byte(`[{"Rank":1},{"Rank":`+text+`},{"Rank":2}]`), rows), text)
		got := (*rows)[1].Rank
		assert.True(t, got == want || math.IsNaN(got) && math.IsNaN(want), "%s: %v", text, got)
		assert.Equal(t, `[{"Rank":1},{"Rank":`+text+`},{"Rank":2}]`, written(t, rows))
	}
	for text, want := range map[string]int{
		`1e400`: math.MaxInt, `-1e400`: math.MinInt, `99999999999999999999`: math.MaxInt, `"NaN"`: 0, `1.5`: 1, `"-1.5"`: -1, `9007199254740993.0`: 1<<53 + 0,
	} {
		o := readOdds(t, `{"Count":`+text+`}`)
		assert.Equal(t, want, o.Count, text)
		assert.Equal(t, `{"Count":`+text+`}`, written(t, o))
	}
	o := readOdds(t, `{"Small":300,"Ranks":[1.50,"NaN",1e400],"ByName":{"a":"NaN","b":1.0}}`)
	assert.Equal(t, int8(127), o.Small)
	o.Small, o.Ranks[0], o.ByName["b"] = 5, 2, 3
	assert.Equal(t, `{"Ranks":[2,"NaN",1e400],"ByName":{"a":"NaN","b":3},"Small":5}`, written(t, o), "what was not changed goes out as it came")
	o.Ranks[1] = 7
	assert.Contains(t, written(t, o), `[2,7,1e400]`)
	for _, text := range []string{`{"Rank":"much"}`, `{"Rank":true}`, `{"Count":"five"}`, `{"Count":"1,5"}`, `{"Ranks":[[]]}`} {
		assert.Error(t, wire.Unmarshal([]byte(text), new(odds)), text)
	}
}

func TestHalfASurrogateComesBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Name":"A\ud83d"}`, `{"Name":"\ude00A"}`, `{"Name":"\ud83d\ud83d\ude00"}`, `{"Color":"\ud83d"}`, `{"Date":"\ud83d"}`,
		`{"Colors":["\ud83d","x"]}`, `{"Values":{"a\ud83d":"\ud83e"}}`, `{"\ud83d":"\ud83e"}`, `{"Children":[{"\ud83d":1}]}`,
	} {
		assert.Equal(t, text, written(t, readOdds(t, text)))
	}
	o := readOdds(t, `{"Colors":["\ud83d","x"],"Values":{"a\ud83d":"\ud83e","b":"x"}}`)
	o.Colors[1], o.Values["b"] = "y", "y"
	assert.Equal(t, `{"Colors":["\ud83d","y"],"Values":{"a\ud83d":"\ud83e","b":"y"}}`, written(t, o))
	o = readOdds(t, `{"Name":"\ud83d\ude00 \u00e5 �"}`)
	assert.Equal(t, "😀 å �", o.Name)
}

func TestNamesMayDifferByCase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"personId":5,"FULLNAME":"x","boss":{"personid":1,"new":2}}`: `{"PersonId":5,"FullName":"x","Boss":{"PersonId":1,"new":2}}`,
		`{"fullname":"x","FullName":"y"}`:                             `{"FullName":"y"}`,
		`{"FullName":"x","fullName":"y"}`:                             `{"FullName":"x","fullName":"y"}`,
		`{"\u0066ullName":"x"}`:                                       `{"FullName":"x"}`,
		`{"ſince":1,"` + strings.Repeat("a", 100) + `":2}`:            `{"ſince":1,"` + strings.Repeat("a", 100) + `":2}`,
	} {
		var p person
		require.NoError(t, wire.Unmarshal([]byte(text), &p), text)
		assert.Equal(t, want, written(t, p), text)
	}
	var one shape
	require.NoError(t, wire.Unmarshal([]byte(`{"radius":2,"kind":"circle"}`), &one))
	assert.Equal(t, 2, one.(*circle).Radius)
	converted, err := wire.XMLToJSON([]byte(`<a><personId>5</personId><boss><fullName>x</fullName></boss></a>`), personType)
	require.NoError(t, err)
	assert.Equal(t, `{"PersonId":5,"Boss":{"FullName":"x"}}`, string(converted))
	converted, err = wire.XMLToJSON([]byte(`<a><main><radius>2</radius><kind>Circle</kind></main></a>`), reflect.TypeFor[drawing]())
	require.NoError(t, err)
	assert.Equal(t, `{"Main":{"Radius":2,"Kind":"Circle"}}`, string(converted))
}
