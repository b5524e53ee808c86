package superoffice

import (
	"encoding/binary"
	"reflect"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/wire"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	for text, want := range map[ContentType]format{
		"application/json": formatJSON, "Application/JSON ; charset=x": formatJSON, "text/json": formatJSON, "application/problem+json": formatJSON,
		"application/xml": formatXML, "text/xml;q": formatXML, "application/soap+xml": formatXML, "application/xhtml+xml": formatHTML,
		"text/html; charset=utf-8": formatHTML, "application/x-www-form-urlencoded": formatForm, "": formatUnknown, "text/plain": formatUnknown,
		"application/octet-stream": formatUnknown, ";": formatUnknown,
	} {
		assert.Equal(t, want, text.format(), text)
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ contentType, body string }{
		{"application/json", `"æøå"`}, {"application/json; charset=UTF-8", "\ufeff\"æøå\""}, {"application/json; a=b; Charset=\"latin1\"", "\"\xe6\xf8\xe5\""},
		{"text/json", "\xff\xfe\"\x00\xe6\x00\xf8\x00\xe5\x00\"\x00"}, {"text/json; charset=utf-16", "\"\x00\xe6\x00\xf8\x00\xe5\x00\"\x00"},
		{"text/json; charset=utf-16be", "\x00\"\x00\xe6\x00\xf8\x00\xe5\x00\""}, {"text/json", "\xfe\xff\x00\"\x00\xe6\x00\xf8\x00\xe5\x00\""},
		{"application/xml", `<string>æøå</string>`}, {"text/xml", "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><string>\xe6\xf8\xe5</string>"},
		{"text/xml; charset=utf-16", "\xff\xfe<\x00a\x00>\x00\xe6\x00\xf8\x00\xe5\x00<\x00/\x00a\x00>\x00"},
	} {
		var got string
		require.NoError(t, decode(c.contentType, []byte(c.body), &got, &wire.Own), c)
		assert.Equal(t, "æøå", got, c)
	}
	var got string
	assert.ErrorContains(t, decode("application/json; charset=ebcdic", []byte(`""`), &got, &wire.Own), "ebcdic")
	assert.ErrorContains(t, decode("application/xml; charset=ebcdic", []byte(`<a/>`), &got, &wire.Own), "ebcdic")
	assert.Error(t, decode("application/xml", []byte(`<?xml version="1.0" encoding="ebcdic"?><a/>`), &got, &wire.Own))
}

// Half a surrogate in UTF-16 is kept, as its escape in UTF-8 is.
func TestHalfSurrogatesInUTF16(t *testing.T) {
	t.Parallel()
	units := func(units ...uint16) string {
		var b []byte
		for _, unit := range units {
			b = binary.LittleEndian.AppendUint16(b, unit)
		}
		return string(b)
	}
	around := func(middle ...uint16) string {
		return units(utf16.Encode([]rune(`{"Provider":"`))...) + units(middle...) + units(utf16.Encode([]rune(`"}`))...)
	}
	for _, c := range []struct{ body, want string }{
		{around('A', 0xd83d), `A\ud83d`},
		{around(0xde00, 'A'), `\ude00A`},
		{around(0xd83d, 0xde00), "\U0001f600"},
		{around(0xd83d, 0xd83d, 0xde00), "\\ud83d\U0001f600"},
		{around(0xde00, 0xd83d), `\ude00\ud83d`},
	} {
		var info TokenManagementInfo
		require.NoError(t, decode("application/json; charset=utf-16", []byte(c.body), &info, &wire.Own))
		again, err := encode(&info, ContentTypeJSON, "", &wire.Own)
		require.NoError(t, err)
		assert.Equal(t, `{"Provider":"`+c.want+`"}`, string(again))
	}
	var info TokenManagementInfo
	assert.Error(t, decode("application/json; charset=utf-16", []byte(around('A')+"\x00"), &info, &wire.Own), "half a character at the end")
	text, err := toUTF8("text/plain; charset=utf-16", []byte(units('A', 0xd83d)))
	require.NoError(t, err)
	assert.Equal(t, "A\ufffd", string(text))
}

// FuzzDecode reads any body of any type into a carrier, writes it in the same
// form and reads it again: the same comes out.
func FuzzDecode(f *testing.F) {
	f.Add("application/json", []byte(`{"Provider":"p","TableRight":{"Mask":"Select"},"FieldProperties":{"f":{"FieldLength":1}}}`))
	f.Add("application/xml", []byte(`<a><Provider>p</Provider><TableRight/><FieldProperties><f><FieldLength>1</FieldLength></f></FieldProperties><New>1</New></a>`))
	f.Add("text/xml", []byte(`<a xmlns:i="x"><Provider i:nil="1"/><FieldProperties><e><Key>k</Key><Value/></e></FieldProperties></a>`))
	f.Add("application/xml", []byte(`<a xmlns:i="x" i:nil="1"/>`))
	f.Add("", []byte("\xff\xfe{\x00}\x00"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		var first TokenManagementInfo
		if decode(contentType, body, &first, &wire.All) != nil {
			assert.Equal(t, TokenManagementInfo{}, first, "never a half-filled value")
			return
		}
		form := ContentTypeJSON
		if text, _ := toUTF8(contentType, body); formatOf(contentType, text) == formatXML {
			form = ContentTypeXML
		}
		again, err := encode(&first, form, "", &wire.All)
		if err != nil {
			return // what XML cannot carry
		}
		var second TokenManagementInfo
		require.NoError(t, decode(string(form), again, &second, &wire.All), "%q", again)
		assert.Equal(t, first.Provider, second.Provider)
		assert.Equal(t, first.FieldProperties == nil, second.FieldProperties == nil)
		assert.Equal(t, len(first.FieldProperties), len(second.FieldProperties))
		if first.TableRight != nil && second.TableRight != nil {
			assert.Equal(t, first.TableRight.Mask, second.TableRight.Mask)
		}
		thrice, err := encode(&second, form, "", &wire.All)
		require.NoError(t, err)
		assert.Equal(t, string(again), string(thrice))
	})
}

func TestResultTypes(t *testing.T) {
	t.Parallel()
	assert.Nil(t, resultType(nil))
	assert.Equal(t, reflect.TypeFor[string](), resultType(new(string)))
}

// TestAgentsUseOwnTypes follows what agents send and answer down to its last
// member. What is foreign to wire.Own would fail every call, unless it is in a
// carrier that is open.
func TestAgentsUseOwnTypes(t *testing.T) {
	t.Parallel()
	seen := make(map[reflect.Type]bool)
	agents := reflect.TypeFor[Agents]()
	for i := range agents.NumField() {
		agent := agents.Field(i).Type
		for m := range agent.NumMethod() {
			method := agent.Method(m).Type
			for p := 2; p < method.NumIn()-1; p++ {
				checkOwn(t, method.In(p), seen)
			}
			for r := range method.NumOut() - 1 {
				checkOwn(t, method.Out(r), seen)
			}
		}
	}
	assert.Greater(t, len(seen), 800)
}

func checkOwn(t *testing.T, typ reflect.Type, seen map[reflect.Type]bool) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice:
		if typ != reflect.TypeFor[[]byte]() {
			checkOwn(t, typ.Elem(), seen)
		}
		return
	case reflect.Map:
		if typ.Elem() != reflect.TypeFor[any]() {
			checkOwn(t, typ.Elem(), seen)
		}
		return
	case reflect.Interface:
		return // kinds, which are open, and files
	}
	if seen[typ] || typ == reflect.TypeFor[Stream]() {
		return
	}
	seen[typ] = true
	_, err := wire.Own.Marshal(reflect.New(typ).Elem().Interface())
	assert.NoError(t, err, typ)
	for i := 0; typ.Kind() == reflect.Struct && i < typ.NumField(); i++ {
		if f := typ.Field(i); f.IsExported() {
			checkOwn(t, f.Type, seen)
		}
	}
}
