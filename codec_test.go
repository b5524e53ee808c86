package superoffice

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
		require.NoError(t, decode(c.contentType, []byte(c.body), &got), c)
		assert.Equal(t, "æøå", got, c)
	}
	var got string
	assert.ErrorContains(t, decode("application/json; charset=ebcdic", []byte(`""`), &got), "ebcdic")
	assert.ErrorContains(t, decode("application/xml; charset=ebcdic", []byte(`<a/>`), &got), "ebcdic")
	assert.Error(t, decode("application/xml", []byte(`<?xml version="1.0" encoding="ebcdic"?><a/>`), &got))
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
		if decode(contentType, body, &first) != nil {
			assert.Equal(t, TokenManagementInfo{}, first, "never a half-filled value")
			return
		}
		form := ContentTypeJSON
		if text, _ := toUTF8(contentType, body); formatOf(contentType, text) == formatXML {
			form = ContentTypeXML
		}
		again, err := encode(&first, form, new(operation))
		if err != nil {
			return // what XML cannot carry
		}
		var second TokenManagementInfo
		require.NoError(t, decode(string(form), again, &second), "%q", again)
		assert.Equal(t, first.Provider, second.Provider)
		assert.Equal(t, first.FieldProperties == nil, second.FieldProperties == nil)
		assert.Equal(t, len(first.FieldProperties), len(second.FieldProperties))
		if first.TableRight != nil && second.TableRight != nil {
			assert.Equal(t, first.TableRight.Mask, second.TableRight.Mask)
		}
		thrice, err := encode(&second, form, new(operation))
		require.NoError(t, err)
		assert.Equal(t, string(again), string(thrice))
	})
}

func TestResultTypes(t *testing.T) {
	t.Parallel()
	assert.Nil(t, resultType(nil))
	assert.Equal(t, reflect.TypeFor[string](), resultType(new(string)))
}
