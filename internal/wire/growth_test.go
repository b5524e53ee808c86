package wire_test

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/superoffice-go/superoffice/internal/wire"
)

// growth is a shape of text that may be of any size, and what is done with it.
type growth struct {
	text func(size int) string
	do   func(text string) error
}

// repeated is n bytes of one text after the other, between two ends.
func repeated(begin, each, end string) func(size int) string {
	return func(size int) string { return begin + strings.Repeat(each, size/len(each)) + end }
}

// nested is n bytes of one text inside the other, 450 deep, with the payload in
// the middle.
func nested(begin, payload, last, end string) func(size int) string {
	const depth = 450
	return func(size int) string {
		return strings.Repeat(begin, depth) + strings.Repeat(payload, size/len(payload)) + last + strings.Repeat(end, depth)
	}
}

func read[T any](text string) error { return wire.Unmarshal([]byte(text), new(T)) }

// change reads a carrier, changes one entry, and writes it.
func change(text string) error {
	p := new(person)
	if err := wire.Unmarshal([]byte(text), p); err != nil {
		return err
	}
	p.Emails[len(p.Emails)/2] = "changed"
	_, err := wire.Marshal(p)
	return err
}

func readXML(text string) error {
	_, err := wire.XMLToJSON([]byte(text), reflect.TypeFor[person]())
	return err
}

func readXMLDrawing(text string) error {
	converted, err := wire.XMLToJSON([]byte(text), reflect.TypeFor[drawing]())
	if err != nil {
		return err
	}
	return wire.Unmarshal(converted, new(drawing))
}

func mark(text string) error {
	p := new(person)
	if err := wire.Unmarshal([]byte(text), p); err != nil {
		return err
	}
	wire.MarkPartial(p)
	if !wire.IsPartial(p) {
		return fmt.Errorf("not marked")
	}
	return nil
}

func toForm(text string) error {
	_, err := wire.JSONToForm([]byte(text))
	return err
}

func toXML(text string) error {
	_, err := wire.JSONToXML([]byte(text), "a", reflect.TypeFor[person]())
	return err
}

func entries(text string) error {
	_, err := wire.Entries([]byte(text))
	return err
}

// growths are all shapes in which a text can be larger than its size tells.
var growths = map[string]growth{
	"JSON rows":                    {repeated(`[{}`, `,{"PersonId":5,"FullName":"Anna","New":"x"}`, `]`), read[[]person]},
	"JSON rows in another case":    {repeated(`[{}`, `,{"personId":5,"fullName":"Anna"}`, `]`), read[[]person]},
	"JSON members twice":           {repeated(`{"PersonId":1`, `,"PersonId":"2","FullName":null,"Emails":[1]`, `}`), read[person]},
	"JSON members in two cases":    {repeated(`{"PersonId":1`, `,"personId":"2","fullName":null`, `}`), read[person]},
	"JSON unknown members":         {repeated(`{"x":1`, `,"x":[1,{}]`, `}`), read[person]},
	"JSON unknown nested":          {nested(`{"New":1,"Boss":`, ` `, `{"x":[]}`, `,"PersonId":1}`), read[person]},
	"JSON carriers nested":         {nested(`{"PersonId":"1","Friends":[`, `{"New":[1]},`, `null`, `],"Newer":"","New":[1]}`), read[person]},
	"JSON escapes":                 {repeated(`{"FullName":"`, `\u00e5\n`, `"}`), read[person]},
	"JSON half surrogates":         {repeated(`{"FullName":"`, `\ud83d`, `"}`), read[person]},
	"JSON list":                    {repeated(`{"Emails":[""`, `,null,"a"`, `]}`), read[person]},
	"JSON list changed":            {repeated(`{"Emails":[""`, `,null,"a"`, `]}`), change},
	"JSON dictionary":              {repeated(`{"Custom":{"":""`, `,"a":null`, `}}`), read[person]},
	"JSON base64":                  {repeated(`{"Picture":"`, `AA EC\n`, `"}`), read[person]},
	"JSON number":                  {repeated(`{"Rank":1`, `0`, `}`), read[person]},
	"JSON any":                     {nested(`{"Any":[`, `{},`, `0`, `]}`), read[any]},
	"JSON kinds, mark first":       {nested(`{"Kind":"Polygon","Holes":[`, `{"Kind":"Circle"},`, `null`, `]}`), read[shape]},
	"JSON kinds, mark last":        {nested(`{"Holes":[`, `{"Radius":1},`, `null`, `],"Kind":"Polygon"}`), read[shape]},
	"JSON kinds, payload unknown":  {nested(`{"Holes":[`, `{"x":[[]]},`, `null`, `],"Kind":"Polygon"}`), read[shape]},
	"JSON entries":                 {repeated(`{"":0`, `,"a":[{}]`, `}`), entries},
	"JSON marked":                  {repeated(`{"PersonId":1,"Friends":[{}`, `,{"Boss":{}}`, `]}`), mark},
	"JSON as a form":               {repeated(`{"a":[0`, `,{"b":[1]}`, `]}`), toForm},
	"JSON as XML":                  {repeated(`{"Friends":[{}`, `,{"FullName":"<"}`, `]}`), toXML},
	"XML text between comments":    {repeated(`<a><FullName>`, `x<!---->`, `</FullName></a>`), readXML},
	"XML text between CDATA":       {repeated(`<a><FullName>`, `x<![CDATA[y]]>&amp;`, `</FullName></a>`), readXML},
	"XML blanks between elements":  {repeated(`<a>`, ` <x/>`, `</a>`), readXML},
	"XML list":                     {repeated(`<a><Emails>`, `<s>x</s>`, `</Emails></a>`), readXML},
	"XML dictionary":               {repeated(`<a><Custom>`, `<e><Key>k</Key><Value>v</Value></e>`, `</Custom></a>`), readXML},
	"XML escaped names":            {repeated(`<a><Custom><e`, `_x00`, `/></Custom></a>`), readXML},
	"XML attributes":               {repeated(`<a`, ` x="1"`, `/>`), readXML},
	"XML namespaces":               {nested(`<a xmlns:b="c">`, `<b:x/>`, ``, `</a>`), readXML},
	"XML unknown nested":           {nested(`<Boss>`, `<x>1</x>`, ``, `</Boss>`), readXML},
	"XML kinds, mark last":         {repeated(`<a><Others>`, `<s><Holes><s><Radius>1</Radius><Kind>Circle</Kind></s></Holes><Kind>Polygon</Kind></s>`, `</Others></a>`), readXMLDrawing},
	"XML kinds nested, mark last":  {nestedXMLKinds, readXMLDrawing},
	"XML that ends after comments": {repeated(``, `<!-- nil -->`, `<a nil="1"/>`), func(text string) error { wire.IsNilXML([]byte(text)); return nil }},
}

func nestedXMLKinds(size int) string {
	const depth, payload = 200, `<s><Kind>Circle</Kind></s>`
	return `<a><Main>` + strings.Repeat(`<Holes><s>`, depth) + `<Holes>` + strings.Repeat(payload, size/len(payload)) + `</Holes>` +
		strings.Repeat(`<Kind>Polygon</Kind></s></Holes>`, depth) + `<Kind>Polygon</Kind></Main></a>`
}

// allocated is how many bytes a call takes of memory.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A text of twice the size takes no more than twice the memory, but for what
// lists and dictionaries grow by. This test is alone: it counts what the whole
// process takes.
func TestMemoryIsLinearInTheText(t *testing.T) { //nolint:paralleltest // see above
	const size = 1 << 15
	for name, g := range growths {
		once, twice := g.text(size), g.text(2*size)
		assert.NoError(t, g.do(once), name)
		small := allocated(func() { _ = g.do(once) })
		large := allocated(func() { _ = g.do(twice) })
		assert.LessOrEqual(t, large, 3*small+size, "%s: %d bytes for %d of text, %d for %d", name, small, len(once), large, len(twice))
	}
}

// BenchmarkGrowth shows what a byte of text costs at growing sizes: about the
// same.
func BenchmarkGrowth(b *testing.B) {
	for name, g := range growths {
		b.Run(name, func(b *testing.B) {
			for _, size := range []int{1 << 14, 1 << 17, 1 << 20} {
				text := g.text(size)
				b.Run(fmt.Sprint(size), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						_ = g.do(text)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)), "ns/byte")
				})
			}
		})
	}
}
