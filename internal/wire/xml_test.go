package wire_test

import (
	"encoding/json"
	"io"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wire"
)

var personType = reflect.TypeFor[*person]()

func TestXMLBecomesTheJSONOfItsType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<Person><PersonId>5</PersonId><FullName> Anna &amp; "B" </FullName><Active>true</Active><Rank>1.50</Rank></Person>`:                                           `{"PersonId":5,"FullName":" Anna & \"B\" ","Active":true,"Rank":1.50}`,
		`<p:Any xmlns:p="urn:x"><p:PersonId> 5 </p:PersonId></p:Any>`:                                                                                                  `{"PersonId":5}`,
		`<a xmlns:i="x"><FullName i:nil="true"/><Boss i:nil="1"/><Emails i:nil="false"/></a>`:                                                                          `{"FullName":null,"Boss":null,"Emails":[]}`,
		`<a><FullName/><PersonId/><Boss/><Emails/><Custom/><Picture>AAEC</Picture><Active></Active></a>`:                                                               `{"FullName":"","PersonId":null,"Boss":{},"Emails":[],"Custom":{},"Picture":"AAEC","Active":null}`,
		`<a><Emails><string>a</string><string>b</string></Emails><Friends><Person><PersonId>1</PersonId></Person></Friends></a>`:                                       `{"Emails":["a","b"],"Friends":[{"PersonId":1}]}`,
		`<a><Custom><x>1</x><KeyValueOfstringstring><Key>SuperOffice:1</Key><Value>2</Value></KeyValueOfstringstring><e><value>4</value><key>3</key></e></Custom></a>`: `{"Custom":{"x":"1","SuperOffice:1":"2","3":"4"}}`,
		`<a><Rights><f><Mask>Read</Mask><Level>2</Level></f></Rights></a>`:                                                                                             `{"Rights":{"f":{"Mask":"Read","Level":2}}}`,
		`<a><New>1</New><Deep><x>1</x><x>2</x><y/></Deep></a>`:                                                                                                         `{"New":"1","Deep":{"x":["1","2"],"y":""}}`,
		`<a><Any><x>1</x></Any><Since>2026-11-23T08:00:00Z</Since></a>`:                                                                                                `{"Any":{"x":"1"},"Since":"2026-11-23T08:00:00Z"}`,
		`<a><PersonId>five</PersonId><Active><x/></Active></a>`:                                                                                                        `{"PersonId":"five","Active":{"x":""}}`,
		`<a><Custom><SuperOffice_x003A_1>2</SuperOffice_x003A_1><_x0031_>3</_x0031_><a_xb_x00>4</a_xb_x00><x_x00zz_>5</x_x00zz_></Custom></a>`:                         `{"Custom":{"SuperOffice:1":"2","1":"3","a_xb_x00":"4","x_x00zz_":"5"}}`,
		`<a><Emails>text</Emails><Custom>text</Custom><Boss>text</Boss></a>`:                                                                                           `{"Emails":"text","Custom":"text","Boss":"text"}`,
		`<?xml version="1.0"?><!-- c --><!DOCTYPE a><a><![CDATA[]]><FullName><![CDATA[<b>]]>&#65;</FullName><?pi?></a>`:                                                `{"FullName":"<b>A"}`,
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a><FullName>\xe5</FullName></a>":                                                                              `{"FullName":"å"}`,
		`<a xmlns:i="x" i:nil="true"/>`: `null`,
	} {
		got, err := wire.XMLToJSON([]byte(text), personType)
		require.NoError(t, err, text)
		assert.Equal(t, want, string(got), text)
	}
	for text, want := range map[string]string{`<int>5</int>`: `5`, `<string>5</string>`: `"5"`} {
		target := reflect.TypeFor[int]()
		if strings.Contains(text, "string") {
			target = reflect.TypeFor[string]()
		}
		got, err := wire.XMLToJSON([]byte(text), target)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

func TestXMLThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``: "no root element", `   `: "no root element", `<a>`: "ends too early", `<a><b>text`: "ends too early", `<a`: "ends too early", `<a></b>`: "broken at line 1",
		"<a>\n&secret;</a>": "broken at line 2", `<a/><b/>`: "more than one root", `text`: "no root", `<a b=></a>`: "broken at line",
		`<!DOCTYPE a [<!ENTITY x "secret">]><a>&x;</a>`: "broken", `<?xml version="1.0" encoding="ebcdic"?><a/>`: "cannot be read",
		strings.Repeat("<a>", 501) + strings.Repeat("</a>", 501): "nested deeper than 500",
	} {
		_, err := wire.XMLToJSON([]byte(text), personType)
		if assert.ErrorContains(t, err, want, text) {
			assert.NotContains(t, err.Error(), "secret")
		}
	}
	for _, text := range []string{``, `<a>`, `<a><b>`} {
		_, err := wire.XMLToJSON([]byte(text), personType)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, text)
	}
}

func TestIsNilXML(t *testing.T) {
	t.Parallel()
	assert.True(t, wire.IsNilXML([]byte(`<?xml version="1.0"?><a xmlns:i="x" i:nil="true"/>`)))
	for _, text := range []string{``, `null`, `<a/>`, `<a nil="false"/>`, `<nil`, `<!-- nil -->`, `<a><b nil="true"/></a>`} {
		assert.False(t, wire.IsNilXML([]byte(text)), text)
	}
}

// TimeSpan is a text that .NET has a name of its own for.
type TimeSpan struct{ day }

func TestJSONBecomesXML(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		`<Right><Mask>a &lt; b</Mask><Level>2</Level></Right>`:                                                 &right{Mask: "a < b", Level: 2},
		`<ArrayOfRight><Right><Mask></Mask><Level>1</Level></Right></ArrayOfRight>`:                            []right{{Level: 1}},
		`<ArrayOfstring><string>a</string></ArrayOfstring>`:                                                    []string{"a"},
		`<ArrayOflong><long>1</long></ArrayOflong>`:                                                            []int64{1},
		`<ArrayOfboolean><boolean>true</boolean></ArrayOfboolean>`:                                             []bool{true},
		`<ArrayOfdouble><double>1.5</double></ArrayOfdouble>`:                                                  []float64{1.5},
		`<ArrayOfArrayOfstring><ArrayOfstring></ArrayOfstring></ArrayOfArrayOfstring>`:                         [][]string{{}},
		`<ArrayOfbase64Binary><base64Binary>AAE=</base64Binary></ArrayOfbase64Binary>`:                         [][]byte{{0, 1}},
		`<anyType><a>1</a><KeyValueOfstringint><Key>b:c</Key><Value>2</Value></KeyValueOfstringint></anyType>`: map[string]int{"a": 1, "b:c": 2},
		`<anyType><x><anyType>1</anyType></x></anyType>`:                                                       map[string]any{"x": []any{1}},
		`<ArrayOfduration><duration>1</duration></ArrayOfduration>`:                                            []TimeSpan{{day{"1"}}},
		`<string>x</string>`: "x",
		`<Right xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>`:                              (*right)(nil),
		`<ArrayOfRight><Right xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/></ArrayOfRight>`: []*right{nil},
		`<anyType><a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/></anyType>`:               map[string]*right{"a": nil},
	} {
		text, err := wire.Marshal(v)
		require.NoError(t, err)
		got, err := wire.JSONToXML(text, "", reflect.TypeOf(v))
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
	for _, text := range []string{`{"Mask":"\u0001"}`, `{"a b":1}`, `{"Mask":"x"`, `[`, `{"a":[`, `{"a":`, `"`, `{"1":{}}`} {
		_, err := wire.JSONToXML([]byte(text), "", reflect.TypeFor[right]())
		assert.Error(t, err, text)
	}
	_, err := wire.JSONToXML([]byte(`{"a b":`), "", reflect.TypeFor[map[string]string]())
	assert.Error(t, err)
}

func TestForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`: ``, `{"Key":"a b&c"}`: `Key=a+b%26c`, `{"A":{"B":1,"C":null,"D":{}},"E":[true,[2],{"F":"é"}],"G":""}`: `A[B]=1&E[0]=true&E[1][0]=2&E[2][F]=é&G=`,
	} {
		got, err := wire.JSONToForm([]byte(text))
		require.NoError(t, err)
		plain, err := url.QueryUnescape(strings.ReplaceAll(string(got), "%26", "%2526"))
		require.NoError(t, err)
		assert.Equal(t, strings.ReplaceAll(want, "+", " "), plain, text)
	}
	for _, text := range []string{`[]`, `"x"`, `5`, `null`, `{"a":`, `{"a":[`, `{"a":[1`, `{"a":{`, `{"a"`, `{`} {
		_, err := wire.JSONToForm([]byte(text))
		assert.Error(t, err, text)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	names, ok := wire.Members(reflect.TypeFor[[]*right]())
	assert.True(t, ok)
	assert.Equal(t, []string{"Mask", "Level"}, names)
	for _, none := range []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[map[string]int]()} {
		_, ok := wire.Members(none)
		assert.False(t, ok)
		assert.Nil(t, wire.MemberType(none, "x"))
	}
	assert.Equal(t, reflect.TypeFor[string](), wire.MemberType(personType, "fullname"))
	assert.Nil(t, wire.MemberType(personType, "Skipped"))
	for _, open := range []any{map[string]int{}, new(any), new(json.RawMessage)} {
		assert.True(t, wire.IsOpen(reflect.TypeOf(open)))
	}
	assert.False(t, wire.IsOpen(personType))
	none, id := func(string) bool { return false }, func(name string) bool { return name == "PersonId" }
	assert.False(t, wire.HasMember(&person{}, none))
	assert.True(t, wire.HasMember(&person{ID: 1}, none))
	assert.False(t, wire.HasMember(&person{ID: 1}, id))
	assert.True(t, wire.HasMember(&[]person{}, none), "an empty list")
	assert.False(t, wire.HasMember(&[]*person{{ID: 1}, nil}, none))
	assert.True(t, wire.HasMember(&[]*person{{ID: 1}}, none))
}

func FuzzXML(f *testing.F) {
	for _, seed := range []string{
		`<a><PersonId>5</PersonId><FullName>x</FullName></a>`, `<a xmlns:i="x"><Boss i:nil="true"/><Emails><s>1</s></Emails></a>`,
		`<a><Custom><x>1</x><e><Key>k:1</Key><Value>v</Value></e></Custom><New><y/><y/></New></a>`, `<a><!DOCTYPE`, `<a>&lt;</a>`, `<a><Rights><f><Level>1</Level></f></Rights></a>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := wire.XMLToJSON(text, personType)
		if err != nil {
			return
		}
		require.True(t, json.Valid(first), "%s", first)
		var p, again person
		if wire.Unmarshal(first, &p) != nil {
			return
		}
		written, err := wire.Marshal(&p)
		require.NoError(t, err)
		document, err := wire.JSONToXML(written, "", personType)
		if err != nil || len(document) == 0 {
			return // what XML cannot carry
		}
		second, err := wire.XMLToJSON(document, personType)
		require.NoError(t, err, "%s", document)
		require.NoError(t, wire.Unmarshal(second, &again), "%s", document)
		assert.Equal(t, p.ID, again.ID)
		assert.Equal(t, p.Name, again.Name)
		assert.Equal(t, p.Active, again.Active)
		assert.Equal(t, len(p.Custom), len(again.Custom))
	})
}

func FuzzForm(f *testing.F) {
	f.Add([]byte(`{"A":{"B":[1,null,"x&y=z"]},"C":""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		form, err := wire.JSONToForm(text)
		if err != nil {
			return
		}
		_, err = url.ParseQuery(string(form))
		assert.NoError(t, err, "%s", form)
	})
}
