package superofficetest

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const xsiAttr = ` xmlns:i="http://www.w3.org/2001/XMLSchema-instance"`

func TestDecodeXML(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	tests := map[string]struct {
		document string
		want     any
	}{
		"text":                 {`<a>x &lt;y&gt; &#65;<![CDATA[<z>]]></a>`, "x <y> A<z>"},
		"empty element":        {`<a/>`, ""},
		"nil":                  {`<a` + xsiAttr + ` i:nil="true"/>`, nil},
		"nil as number":        {`<a` + xsiAttr + ` i:nil="1"/>`, nil},
		"not nil":              {`<a` + xsiAttr + ` i:nil="false">x</a>`, "x"},
		"undeclared xsi":       {`<a xsi:nil="true"/>`, nil},
		"nil of no namespace":  {`<a nil="true">x</a>`, "x"},
		"members":              {"<a>\n <B>1</B>\n <C/>\n <D" + xsiAttr + ` i:nil="true"/></a>`, object{"B": "1", "C": "", "D": nil}},
		"namespaces":           {`<a xmlns="urn:a" xmlns:p="urn:p"><p:B q="1">1</p:B></a>`, object{"B": "1"}},
		"nested":               {`<a><B><C><D>x</D></C></B></a>`, object{"B": object{"C": object{"D": "x"}}}},
		"repeated":             {`<a><B>1</B><B>2</B><B>3</B></a>`, object{"B": []any{"1", "2", "3"}}},
		"comments":             {`<!-- x --><a><!-- y --><B>1</B><?pi?></a><!-- z -->`, object{"B": "1"}},
		"dictionary of names":  {`<a><P><fieldName><L>1</L></fieldName><x_x003A_1>2</x_x003A_1></P></a>`, object{"P": object{"fieldName": object{"L": "1"}, "x:1": "2"}}},
		"dictionary entries":   {`<a><P><KeyValueOfstringX><Key>x:1</Key><Value><L>1</L></Value></KeyValueOfstringX><KeyValuePair><key>b</key><value/></KeyValuePair></P></a>`, object{"P": object{"x:1": object{"L": "1"}, "b": ""}}},
		"entry without value":  {`<a><KeyValueX><Key>k</Key></KeyValueX></a>`, object{"KeyValueX": object{"Key": "k"}}},
		"members called alike": {`<a><Pair><Key>k</Key><Value>v</Value></Pair></a>`, object{"Pair": object{"Key": "k", "Value": "v"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeXML([]byte(tt.document))
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestDecodeXMLRefuses(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"nothing":         ``,
		"a comment only":  `<!-- x -->`,
		"no end":          `<a><b>`,
		"wrong end":       `<a></b>`,
		"two roots":       `<a/><b/>`,
		"unknown entity":  `<a>&nbsp;</a>`,
		"another charset": `<?xml version="1.0" encoding="utf-16"?><a/>`,
		"too deep":        strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1),
	} {
		_, err := decodeXML([]byte(document))
		assert.Error(t, err, name)
	}
	_, err := decodeXML([]byte(strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth)))
	assert.NoError(t, err)
}

func TestEncodeXML(t *testing.T) {
	t.Parallel()
	value := map[string]any{
		"Text": "<&>", "Number": 5, "Flag": true, "Null": nil,
		"List":            []any{"a", true, 1, json.Number("2"), json.Number("1.5"), map[string]any{"B": "c"}, nil},
		"FieldProperties": map[string]any{"SuperOffice:1": map[string]any{"L": 1}},
	}
	assert.Equal(t, `<Carrier>`+
		`<FieldProperties><SuperOffice_x003A_1><L>1</L></SuperOffice_x003A_1></FieldProperties>`+
		`<Flag>true</Flag>`+
		`<List><string>a</string><boolean>true</boolean><int>1</int><int>2</int><double>1.5</double><anyType><B>c</B></anyType><anyType xmlns:xsi="`+xsiNamespace+`" xsi:nil="true"/></List>`+
		`<Number>5</Number><Text>&lt;&amp;&gt;</Text></Carrier>`,
		string(encodeXML(xmlStyle{}, "Carrier", value)))
	assert.Equal(t, `<Carrier xmlns:xsi="`+xsiNamespace+`">`+
		`<FieldProperties><KeyValueOfstringFieldProperty><Key>SuperOffice:1</Key><Value><L>1</L></Value></KeyValueOfstringFieldProperty></FieldProperties>`+
		`<Flag>true</Flag>`+
		`<List><string>a</string><boolean>true</boolean><int>1</int><int>2</int><double>1.5</double><anyType><B>c</B></anyType><anyType xsi:nil="true"/></List>`+
		`<Null xsi:nil="true"/><Number>5</Number><Text>&lt;&amp;&gt;</Text></Carrier>`,
		string(encodeXML(xmlStyle{nilElements: true, dictionaryEntries: true}, "Carrier", value)))
	assert.Equal(t, `<string></string>`, string(encodeXML(xmlStyle{}, "string", "")))
}

func TestElementNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"fieldName":     "fieldName",
		"x_custom":      "x_custom",
		"Ärger":         "Ärger",
		"SuperOffice:1": "SuperOffice_x003A_1",
		"1st":           "_x0031_st",
		"a b":           "a_x0020_b",
		"":              "_x_",
		"_x0041_":       "_x005F_x0041_",
		"漢😀":            "_x6F22__x0001F600_",
	} {
		assert.Equal(t, want, encodeName(name), name)
		assert.Equal(t, name, decodeName(want), want)
	}
}

func TestDecodeForm(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	tests := map[string]struct {
		form string
		want object
	}{
		"empty":               {"", object{}},
		"flat":                {"A=1&B=a+b%26", object{"A": "1", "B": "a b&"}},
		"brackets":            {"A[B][C]=1&A%5BD%5D=2", object{"A": object{"B": object{"C": "1"}, "D": "2"}}},
		"dots":                {"A.B.C=1", object{"A": object{"B": object{"C": "1"}}}},
		"both":                {"A[B].C=1&A.B[D]=2", object{"A": object{"B": object{"C": "1", "D": "2"}}}},
		"dots within bracket": {"A[b.c]=1", object{"A": object{"b.c": "1"}}},
		"repeated":            {"A=1&A=2", object{"A": []any{"1", "2"}}},
		"no value":            {"A&B=", object{"A": "", "B": ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeForm([]byte(tt.form))
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
	for form, reason := range map[string]string{
		"=1":                                 "empty",
		"A[]=1":                              "empty",
		"A..B=1":                             "empty",
		"A.=1":                               "empty",
		"[A]=1":                              "empty",
		"A[B=1":                              "not closed",
		"A]=1":                               "not opened",
		"A.B]=1":                             "not opened",
		"A[B]C=1":                            "neither",
		"A=1&A.B=2":                          "A",
		"A.B=1&A[B]=2":                       "B",
		"%zz=1":                              "escape",
		"A;B=1":                              "semicolon",
		"A" + strings.Repeat(".a", maxDepth): "deeper",
	} {
		_, err := decodeForm([]byte(form))
		assert.ErrorContains(t, err, reason, form)
	}
}

// FuzzDecodeXML checks that whatever is understood can be written again, in
// every style, as a document that is understood.
func FuzzDecodeXML(f *testing.F) {
	for _, seed := range []string{
		`<a/>`, `<a><b>x</b><b/></a>`, `<a` + xsiAttr + ` i:nil="true"/>`,
		`<a><KeyValueOfx><Key>k</Key><Value>v</Value></KeyValueOfx></a>`, `<_x0041_><_x0020_>&amp;</_x0020_></_x0041_>`,
		`<?xml version="1.0"?><p:a xmlns:p="u"><![CDATA[x]]></p:a>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		value, err := decodeXML(document)
		if err != nil {
			return
		}
		for _, style := range []xmlStyle{{}, {nilElements: true}, {dictionaryEntries: true}} {
			again := encodeXML(style, "root", value)
			if _, err := decodeXML(again); err != nil && !strings.Contains(err.Error(), "nested") {
				t.Fatalf("%q was read as %v and written as %q: %v", document, value, again, err)
			}
		}
	})
}

// FuzzDecodeForm checks that what is understood means the same when it is
// written with brackets throughout.
func FuzzDecodeForm(f *testing.F) {
	for _, seed := range []string{"A=1", "A[B]=1&A.C=2", "A[b.c][d]=%26+", "A=1&A=2", "A[B", "A]=x", "&&="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, form []byte) {
		value, err := decodeForm(form)
		if err != nil {
			return
		}
		object, isObject := value.(map[string]any)
		require.True(t, isObject)
		again, err := decodeForm([]byte(bracketForm(object).Encode()))
		require.NoError(t, err)
		assert.Equal(t, value, again)
	})
}

// bracketForm writes what decodeForm has read.
func bracketForm(object map[string]any) url.Values {
	form := url.Values{}
	var add func(name string, value any)
	add = func(name string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, inner := range value {
				add(name+"["+key+"]", inner)
			}
		case []any:
			for _, item := range value {
				add(name, item)
			}
		case string:
			form.Add(name, value)
		}
	}
	for key, value := range object {
		add(key, value)
	}
	return form
}
