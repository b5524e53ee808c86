package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wire"
)

type carrier = wire.Carrier

// person is a carrier with a member of every kind.
type person struct {
	ID      int    `json:"PersonId"`
	Name    string `json:"FullName"`
	Active  bool
	Rank    float64
	Newer   string `json:",omitzero"`
	Boss    *person
	Emails  []string
	Friends []person
	Custom  map[string]string
	Rights  map[string]right
	Picture []byte
	Since   time.Time
	Any     any
	Skipped string `json:"-"`

	carrier
}

type right struct {
	Mask  string
	Level int8

	carrier
}

func (p person) MarshalJSON() ([]byte, error)  { return wire.Marshal(&p) }
func (p *person) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, p) }
func (r right) MarshalJSON() ([]byte, error)   { return wire.Marshal(&r) }
func (r *right) UnmarshalJSON(b []byte) error  { return wire.Unmarshal(b, r) }

// wide has more members than a word has bits.
type wide struct {
	A00, A01, A02, A03, A04, A05, A06, A07, A08, A09 string
	A10, A11, A12, A13, A14, A15, A16, A17, A18, A19 string
	A20, A21, A22, A23, A24, A25, A26, A27, A28, A29 string
	A30, A31, A32, A33, A34, A35, A36, A37, A38, A39 string
	A40, A41, A42, A43, A44, A45, A46, A47, A48, A49 string
	A50, A51, A52, A53, A54, A55, A56, A57, A58, A59 string
	A60, A61, A62, A63, A64, A65, A66, A67, A68, A69 string

	carrier
}

// whole is a person with every member, each in the form in which it is written.
const whole = `{"PersonId":5,"FullName":"Anna \"A\" Ås","Active":true,"Rank":1.5,"Boss":{"PersonId":1,"FullName":"","Active":false,"Rank":0,"Boss":null,` +
	`"Emails":null,"Friends":null,"Custom":null,"Rights":null,"Picture":"","Since":"0001-01-01T00:00:00Z","Any":null},"Emails":["a@x","b@x"],` +
	`"Friends":[],"Custom":{"SuperOffice:1":"[I:5]"},"Rights":{"f":{"Mask":"Read","Level":2}},"Picture":"AAEC","Since":"2026-11-23T08:00:00Z","Any":{"x":[1,null]}}`

func TestCanonicalJSONLeavesNothingToKeep(t *testing.T) {
	t.Parallel()
	var p person
	require.NoError(t, wire.Unmarshal([]byte(whole), &p))
	assert.Equal(t, wire.Carrier{}, p.carrier, "the Go members say everything")
	assert.Equal(t, wire.Carrier{}, p.Boss.carrier)
	assert.Equal(t, `Anna "A" Ås`, p.Name)
	assert.Equal(t, []byte{0, 1, 2}, p.Picture)
	assert.Equal(t, right{Mask: "Read", Level: 2}, p.Rights["f"])
	assert.NotNil(t, p.Friends, "[] is not null")
	text, err := wire.Marshal(p)
	require.NoError(t, err)
	assert.Equal(t, whole, string(text))
	text, err = json.Marshal(&p)
	require.NoError(t, err)
	assert.JSONEq(t, whole, string(text))
	text, err = jsonv2.Marshal([]person{p})
	require.NoError(t, err)
	assert.JSONEq(t, "["+whole+"]", string(text))
}

// What Go cannot say is kept and goes out again.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `null`, `{"PersonId":null}`, `{"PersonId":"5"}`, `{"PersonId":5.0}`, `{"PersonId":5e0}`, `{"PersonId":-0}`, `{"PersonId":1000000000000000000}`, `{"PersonId":""}`,
		`{"FullName":null}`, `{"FullName":7}`, `{"FullName":true}`, `{"FullName":""}`, `{"Active":null}`, `{"Active":"true"}`, `{"Active":"False"}`, `{"Active":1}`, `{"Active":0}`,
		`{"Rank":null}`, `{"Rank":99.50}`, `{"Rank":"1.5"}`, `{"Rank":1E3}`, `{"Rank":1e-9}`, `{"Rank":""}`, `{"Newer":""}`, `{"Newer":null}`, `{"Newer":"x"}`,
		`{"Emails":null}`, `{"Emails":[]}`, `{"Emails":[null,"a",1]}`, `{"Custom":{}}`, `{"Custom":{"a":null,"b":"x"}}`, `{"Boss":{}}`, `{"Boss":{"Boss":{"New":1}}}`,
		`{"Friends":[null,{}]}`, `{"Rights":{"f":null,"g":{"Level":"3","New":[]}}}`, `{"New":{"deep":[1.50,null,"x"]},"Other":null}`, `{"\u0046ullName":"x","N\u0065w":1}`,
		`{"Since":null}`, `{"Since":"2026-11-23T08:00:00.000Z"}`, `{"Picture":null}`, `{"Picture":""}`, `{"Picture":"AA EC"}`, `{"Picture":"AAE"}`, `{"Any":null,"Skipped":"kept as unknown","-":1}`,
	} {
		var p person
		require.NoError(t, wire.Unmarshal([]byte(text), &p), text)
		once, err := wire.Marshal(&p)
		require.NoError(t, err, text)
		assert.JSONEq(t, text, string(once), text)
		var again person
		require.NoError(t, wire.Unmarshal(once, &again), text)
		twice, err := wire.Marshal(again)
		require.NoError(t, err)
		assert.Equal(t, string(once), string(twice))
	}
	var p person
	require.NoError(t, wire.Unmarshal([]byte(`{"FullName":1,"FullName":"last","Rank":1.50,"Rank":1.5,"X":1,"X":2}`), &p))
	assert.Equal(t, "last", p.Name)
	text, err := wire.Marshal(&p)
	require.NoError(t, err)
	assert.Equal(t, `{"FullName":"last","Rank":1.5,"X":1,"X":2}`, string(text), "the last of two counts")
}

func TestAChangeWinsOverWhatWasKept(t *testing.T) {
	t.Parallel()
	var p person
	require.NoError(t, wire.Unmarshal([]byte(`{"PersonId":"5","FullName":null,"Rank":99.50,"Custom":{"a":null},"New":1}`), &p))
	p.ID, p.Name, p.Rank, p.Active = 6, "x", 2, true
	p.Custom = map[string]string{"a": "1"}
	text, err := wire.Marshal(&p)
	require.NoError(t, err)
	assert.JSONEq(t, `{"PersonId":6,"FullName":"x","Active":true,"Rank":2,"Custom":{"a":"1"},"New":1}`, string(text))
	p.Name, p.Active = "", false
	text, err = wire.Marshal(&p)
	require.NoError(t, err)
	assert.JSONEq(t, `{"PersonId":6,"FullName":null,"Rank":2,"Custom":{"a":"1"},"New":1}`, string(text), "what is empty again goes out as it came")
}

// Lists and dictionaries of plain values too: what was not changed goes out as
// it came.
func TestAChangeLeavesItsNeighboursAlone(t *testing.T) {
	t.Parallel()
	type holder struct {
		Emails []string
		Custom map[string]string
		Deep   map[string][]int
		carrier
	}
	const text = `{"Emails":[null,"a",1,"b",null],"Custom":{"a":null,"b":"x","n":7},"Deep":{"a":[1,"2",null],"b":null,"c":["3"]}}`
	for want, change := range map[string]func(*holder){
		`{"Emails":[null,"A",1,"b",null],"Custom":{"a":null,"b":"y","n":7},"Deep":{"a":[1,"2",4],"b":null,"c":["3"]}}`: func(h *holder) {
			h.Emails[1], h.Custom["b"], h.Deep["a"][2] = "A", "y", 4
		},
		`{"Emails":[null,"a",1,"b",null,"c"],"Custom":{"":"","a":null,"b":"x","n":7},"Deep":{"a":[1,"2",null],"b":[],"c":["3"]}}`: func(h *holder) {
			h.Emails, h.Custom[""], h.Deep["b"] = append(h.Emails, "c"), "", []int{}
		},
		`{"Emails":[null,"a","b",null],"Custom":{"b":"x","n":7},"Deep":{"a":[1,"2",null],"c":["3"]}}`: func(h *holder) {
			h.Emails = append(h.Emails[:2], h.Emails[3:]...)
			delete(h.Custom, "a")
			delete(h.Deep, "b")
		},
		`{"Emails":[null,"new","a",1,"b",null],"Custom":{"a":"z","b":"x","n":"8"},"Deep":{"a":null,"b":null,"c":["3"]}}`: func(h *holder) {
			h.Emails = append([]string{"", "new"}, h.Emails[1:]...)
			h.Custom["a"], h.Custom["n"], h.Deep["a"] = "z", "8", nil
		},
		`{"Emails":null,"Custom":{},"Deep":null}`: func(h *holder) { h.Emails, h.Custom, h.Deep = nil, map[string]string{}, nil },
		`{"Emails":[],"Custom":null,"Deep":{}}`:   func(h *holder) { h.Emails, h.Custom, h.Deep = h.Emails[:0], nil, map[string][]int{} },
	} {
		var h holder
		require.NoError(t, wire.Unmarshal([]byte(text), &h))
		change(&h)
		got, err := wire.Marshal(&h)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

// What is learnt of a type is learnt by whoever comes first, while others look
// at it.
func TestManyMeetATypeAtOnce(t *testing.T) {
	t.Parallel()
	type inner struct {
		Name string
		carrier
	}
	type outer struct {
		Name  string
		Inner *inner
		All   []inner
		carrier
	}
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			var o outer
			switch i % 4 {
			case 0:
				_, ok := wire.Members(reflect.TypeFor[outer]())
				assert.True(t, ok)
			case 1:
				assert.NoError(t, wire.Unmarshal([]byte(`{"Inner":{"Name":"x"},"All":[{}]}`), &o))
			case 2:
				o.Inner = new(inner)
				wire.MarkPartial(&o)
				assert.True(t, wire.IsPartial(&o))
			default:
				_, err := wire.Marshal(&o)
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
}

func TestCarriersWithManyMembers(t *testing.T) {
	t.Parallel()
	var w wide
	text := `{"A64":"x","A00":"y","A65":null}`
	require.NoError(t, wire.Unmarshal([]byte(text), &w))
	back, err := wire.Marshal(&w)
	require.NoError(t, err)
	assert.JSONEq(t, text, string(back))
}

func TestMismatchesNameThePlaceAndNotTheValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"PersonId":"five-secret"}`:      "member PersonId is a string where a whole number",
		`{"PersonId":{"secret":1}}`:       "member PersonId is an object",
		`{"FullName":["secret"]}`:         "member FullName is a list where a string",
		`{"Active":"secret"}`:             "member Active is a string where a boolean",
		`{"Rank":"secret"}`:               "member Rank is a string where a number",
		`{"Rank":[]}`:                     "member Rank is a list",
		`{"Boss":5}`:                      "member Boss is a number where an object",
		`{"Boss":{"Boss":{"Active":[]}}}`: "member Boss/Boss/Active is a list",
		`{"Emails":{"secret":1}}`:         "member Emails is an object where a list",
		`{"Emails":[[]]}`:                 "member Emails is a list where a string",
		`{"Custom":["secret"]}`:           "member Custom is a list where a dictionary",
		`{"Rights":{"f":{"Level":"x"}}}`:  "member Rights/f/Level is a string where a whole number was due",
		`{"PersonId":true}`:               "member PersonId is a boolean where a whole number",
		`{"Friends":true}`:                "member Friends is a boolean where a list",
		`{"Since":"secret"}`:              "does not fit the Go type time.Time",
		`true`:                            "the answer is a boolean where an object",
		`"secret"`:                        "the answer is a string",
		`{"PersonId":5}{"secret":1}`:      "something follows the end",
		`{"PersonId":5}secret`:            "broken at byte",
		`{"PersonId" secret}`:             "broken at byte",
		`{"PersonId":5,}`:                 "broken at byte",
		``:                                "ends too early",
		"\x00":                            "broken at byte",
	} {
		p := person{Name: "before"}
		err := wire.Unmarshal([]byte(text), &p)
		if assert.ErrorContains(t, err, want, text) {
			assert.NotContains(t, err.Error(), "secret", text)
			assert.Equal(t, person{}, p, "left zero: %s", text)
		}
	}
}

func TestEveryCutIsAnError(t *testing.T) {
	t.Parallel()
	for cut := range len(whole) {
		var p person
		err := wire.Unmarshal([]byte(whole[:cut]), &p)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, whole[:cut])
		require.Equal(t, person{}, p)
	}
}

func TestOtherValues(t *testing.T) {
	t.Parallel()
	for _, v := range []any{"x", 5, int64(-1 << 62), true, 2.5, []int{1, 2}, []string(nil), map[string]bool{"b": true, "a": false}, []right{{Mask: "m"}}, map[int]string{1: "a"}, time.Second} {
		text, err := wire.Marshal(v)
		require.NoError(t, err)
		out := reflect.New(reflect.TypeOf(v))
		require.NoError(t, wire.Unmarshal(text, out.Interface()), "%s", text)
		assert.Equal(t, v, out.Elem().Interface())
	}
	text, err := wire.Marshal(nil)
	require.NoError(t, err)
	assert.Equal(t, "null", string(text))
	for _, bad := range []any{"\xff", math.NaN(), []float64{math.Inf(1)}, map[string]string{"\xff": "x"}, map[string]float64{"a": math.NaN()}, func() {}, person{Name: "\xff"}} {
		_, err := wire.Marshal(bad)
		assert.Error(t, err)
	}
	var out string
	require.NoError(t, wire.Unmarshal([]byte("\"a\xffb\""), &out))
	assert.Equal(t, "a\ufffdb", out)
}

func FuzzJSONRoundTrip(f *testing.F) {
	f.Add([]byte(whole))
	for _, seed := range []string{
		`{}`, `null`, `{"Rank":99.50,"New":[{}]}`, `{"Custom":{"a":null}}`, `{"Friends":[null]}`, `{"\ud800":1}`, `{"PersonId":-0,"A":1,"A":2}`,
		`{"Main":{"Kind":"Circle","Radius":"1","New":0},"Others":[null,{"Kind":"Polygon","Holes":[{"Kind":5}]},{"Radius":1}],"ByName":{"a":null}}`,
		`{"Day":"Monday","Days":["none",5,null],"Any":[1.0,{"b":1e5,"a":20000000000000000000}],"More":{"z":1,"a":-0},"Raw":"AA E="}`, `{"Day":"never","Days":["never"],"Raw":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		roundTrip(t, text, new(person), new(person))
		roundTrip(t, text, new(drawing), new(drawing))
		roundTrip(t, text, new(diary), new(diary))
	})
}

// roundTrip reads text and writes it again. Nothing is lost: every member
// comes back as it was spelled, but for the last of two with one name.
func roundTrip(t *testing.T, text []byte, first, second any) {
	t.Helper()
	if wire.Unmarshal(text, first) != nil {
		assert.True(t, reflect.ValueOf(first).Elem().IsZero())
		return
	}
	once, err := wire.Marshal(first)
	require.NoError(t, err)
	require.NoError(t, wire.Unmarshal(once, second), "%s", once)
	twice, err := wire.Marshal(second)
	require.NoError(t, err)
	assert.Equal(t, string(once), string(twice))
	if came, unique := spelled(text); unique {
		went, _ := spelled(once)
		assert.Equal(t, came, went, "%s", text)
	}
}

// spelled is JSON with its numbers as they are spelled and its names in small
// letters, and whether no name comes twice in it.
func spelled(text []byte) (value any, unique bool) {
	text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	if _, err := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowInvalidUTF8(true)).ReadValue(); err != nil {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, false
	}
	return folded(value)
}

// folded puts the names in value in small letters.
func folded(value any) (_ any, unique bool) {
	unique = true
	switch value := value.(type) {
	case []any:
		for i := range value {
			inner, ok := folded(value[i])
			value[i], unique = inner, unique && ok
		}
	case map[string]any:
		all := make(map[string]any, len(value))
		for name, one := range value {
			inner, ok := folded(one)
			all[strings.ToLower(name)], unique = inner, unique && ok
		}
		return all, unique && len(all) == len(value)
	}
	return value, unique
}

// row is an archive's row, more or less: what a server sends thousands of.
type row struct {
	PersonID int `json:"PersonId"`
	FullName string
	Active   bool
	Rank     float64
	Boss     *right
	Emails   []string
	Friends  []right
	Custom   map[string]string
	Columns  map[string]right
	Entity   string

	carrier
}

// plainRow is the same for encoding/json, which keeps nothing.
type plainRow struct {
	PersonID int `json:"PersonId"`
	FullName string
	Active   bool
	Rank     float64
	Boss     *plainRight
	Emails   []string
	Friends  []plainRight
	Custom   map[string]string
	Columns  map[string]plainRight
	Entity   string
}

type plainRight struct {
	Mask  string
	Level int8
}

func BenchmarkUnmarshalThousandRows(b *testing.B) {
	const text = `{"PersonId":5,"FullName":"Anna Ås","Active":true,"Rank":1.5,"Boss":null,"Emails":["a@x"],"Friends":null,` +
		`"Custom":{"a":"b"},"Columns":{"name":{"Mask":"Read","Level":1},"associate":{"Mask":"Update","Level":2}},"Entity":"person"},`
	rows := []byte("[" + strings.TrimSuffix(strings.Repeat(text, 1000), ",") + "]")
	b.Run("this codec", func(b *testing.B) {
		b.SetBytes(int64(len(rows)))
		b.ReportAllocs()
		for b.Loop() {
			var out []row
			if err := wire.Unmarshal(rows, &out); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(rows)))
		b.ReportAllocs()
		for b.Loop() {
			var out []plainRow
			if err := json.Unmarshal(rows, &out); err != nil {
				b.Fatal(err)
			}
		}
	})
}
