package superofficetest_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestRequestTypes(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	const (
		object   = `{"Key":"quos"}`
		document = `<GetExternalTokensRequest><Key>quos</Key></GetExternalTokensRequest>`
	)
	tests := []struct {
		name, contentType, body string
		want                    int
	}{
		{"json", "application/json", object, 200},
		{"json with charset", `application/json; charset="UTF-8"`, object, 200},
		{"json in capitals", "Application/JSON", object, 200},
		{"json with BOM", "application/json", "\xef\xbb\xbf" + object, 200},
		{"json in another charset", "application/json; charset=utf-16", object, 415},
		{"text json", "text/json", object, 200},
		{"json patch", "application/json-patch+json", object, 200},
		{"merge patch", "application/merge-patch+json", object, 200},
		{"json in camelCase", "application/json", `{"key":"quos"}`, 200},
		{"json, exact name wins", "application/json", `{"KEY":"a","Key":"quos","key":"b"}`, 200},
		{"json, unknown member", "application/json", `{"Key":"quos","Other":[1,{}]}`, 400},
		{"xml", "application/xml", document, 200},
		{"text xml", "text/xml; charset=utf-8", document, 200},
		{"xml with declaration and BOM", "text/xml", "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + document, 200},
		{"xml with a namespace", "text/xml", `<r xmlns="http://schemas.example.com/x"><Key>quos</Key></r>`, 200},
		{"xml with a prefix, in lower case", "text/xml", `<p:r xmlns:p="urn:x"><p:key>quos</p:key></p:r>`, 200},
		{"form", "application/x-www-form-urlencoded", "Key=quos", 200},
		{"form in lower case", "application/x-www-form-urlencoded; charset=utf-8", "key=quos", 200},
		{"none", "", object, 415},
		{"plain text", "text/plain", object, 415},
		{"nonsense", "/", object, 415},
		{"multipart", "multipart/form-data; boundary=x", object, 415},
		{"xml called json", "application/json", document, 400},
		{"json called xml", "application/xml", object, 400},
		{"json cut short", "application/json", `{"Key":"qu`, 400},
		{"json twice", "application/json", object + object, 400},
		{"json array", "application/json", `["quos"]`, 400},
		{"xml text", "application/xml", `<Key>quos</Key>`, 400},
		{"xml cut short", "application/xml", `<r><Key>quos`, 400},
		{"form with a broken escape", "application/x-www-form-urlencoded", "Key=%zz", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := f.post(t, "GetExternalTokens", tt.body, header("Content-Type", tt.contentType))
			require.Equal(t, tt.want, got.status, "%s", got.body)
			if tt.want == 200 {
				assert.Equal(t, "nesciunt", got.object(t)["Provider"])
			} else {
				assert.NotEmpty(t, got.object(t)["Message"])
			}
		})
	}
}

// TestRequestTypesNested saves the same carrier in every request type.
func TestRequestTypesNested(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, tt := range map[string]struct{ contentType, body string }{
		"json":               {"application/json", `{"TokenManagementInfo":{"Provider":"p","AccessToken":"a & b","Claims":null}}`},
		"json in lower case": {"application/json", `{"tokenmanagementinfo":{"provider":"p","accesstoken":"a & b"}}`},
		"xml":                {"text/xml", `<x><TokenManagementInfo><Provider>p</Provider><AccessToken>a &amp; b</AccessToken></TokenManagementInfo></x>`},
		"xml with nil":       {"text/xml", `<x xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><TokenManagementInfo><Provider>p</Provider><AccessToken>a &amp; b</AccessToken><Claims i:nil="true"/></TokenManagementInfo></x>`},
		"form brackets":      {"application/x-www-form-urlencoded", "TokenManagementInfo[Provider]=p&TokenManagementInfo%5BAccessToken%5D=a+%26+b"},
		"form dots":          {"application/x-www-form-urlencoded", "TokenManagementInfo.Provider=p&TokenManagementInfo.AccessToken=a+%26+b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			saved := f.post(t, "SaveExternalTokens", tt.body, header("Content-Type", tt.contentType))
			require.Equal(t, 200, saved.status, "%s", saved.body)
			got := f.post(t, "GetExternalTokens", `{"Key":`+saved.body+`}`).object(t)
			assert.Equal(t, "p", got["Provider"])
			assert.Equal(t, "a & b", got["AccessToken"])
			assert.Nil(t, got["Claims"])
		})
	}
}

func TestResponseTypes(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	tests := []struct{ accept, want string }{
		{"", "application/json"},
		{"*/*", "application/json"},
		{"application/*", "application/json"},
		{"application/json", "application/json"},
		{"text/json", "text/json"},
		{"text/*", "text/json"},
		{"application/xml", "application/xml"},
		{"text/xml", "text/xml"},
		{"application/json-patch+json", "application/json-patch+json"},
		{"application/merge-patch+json", "application/merge-patch+json"},
		{"application/xml, application/json", "application/xml"},
		{"application/xml;q=0.5, application/json;q=0.6", "application/json"},
		{"application/xml;q=0.5, */*;q=0.4", "application/xml"},
		{"application/json;q=0, */*", "text/json"},
		{"application/xml;q=0, application/json;q=0, application/*", "application/json-patch+json"},
		{"image/png, text/xml;q=0.1", "text/xml"},
		{"TEXT/XML; charset=utf-8", "text/xml"},
		{"text/xml;q=5, application/json", "application/json"},
		{"text/xml;q=x, application/json", "application/json"},
		{"text/xml;q=NaN, application/json", "application/json"},
	}
	for _, tt := range tests {
		t.Run(tt.accept, func(t *testing.T) {
			t.Parallel()
			got := f.post(t, "GetExternalTokens", getSample, header("Accept", tt.accept))
			require.Equal(t, 200, got.status)
			assert.Equal(t, tt.want+"; charset=utf-8", got.header.Get("Content-Type"))
			if tt.want == "application/xml" || tt.want == "text/xml" {
				assert.Contains(t, got.body, "<Provider>nesciunt</Provider>")
			} else {
				assert.Equal(t, "nesciunt", got.object(t)["Provider"])
			}
		})
	}
	for _, accept := range []string{"application/x-www-form-urlencoded", "image/png", "application/json;q=0", "nonsense"} {
		got := f.post(t, "GetExternalTokens", getSample, header("Accept", accept))
		assert.Equal(t, 406, got.status, accept)
		assert.NotEmpty(t, got.object(t)["Message"])
	}
}

func TestResponseXML(t *testing.T) {
	t.Parallel()
	const xsi = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`
	selectSome := query("%24select=provider,fieldProperties/fieldName/fieldLength")
	tests := map[string]struct {
		opts []superofficetest.Option
		want string
	}{
		"nulls left out": {nil,
			`<TokenManagementInfo><FieldProperties><fieldName><FieldLength>721</FieldLength></fieldName></FieldProperties><Provider>nesciunt</Provider></TokenManagementInfo>`},
		"dictionary entries": {[]superofficetest.Option{superofficetest.XMLDictionaryEntries()},
			`<TokenManagementInfo><FieldProperties>` +
				`<KeyValueOfstringFieldProperty><Key>fieldName</Key><Value><FieldLength>721</FieldLength></Value></KeyValueOfstringFieldProperty>` +
				`<KeyValueOfstringFieldProperty><Key>other</Key><Value` + xsi + ` xsi:nil="true"/></KeyValueOfstringFieldProperty>` +
				`</FieldProperties><Provider>nesciunt</Provider></TokenManagementInfo>`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := withSample(t, tt.opts...).post(t, "GetExternalTokens", getSample, header("Accept", "text/xml"), selectSome)
			assert.Equal(t, tt.want, got.body)
		})
	}

	nils := withSample(t, superofficetest.XMLNil()).post(t, "GetExternalTokens", getSample, header("Accept", "text/xml"), selectSome)
	assert.Contains(t, nils.body, `<TokenManagementInfo`+xsi+`>`)
	assert.Contains(t, nils.body, `<AccessToken xsi:nil="true"/>`)
	assert.Contains(t, nils.body, `<other xsi:nil="true"/>`)

	f := newFixture(t)
	assert.Equal(t, `<TokenManagementInfo`+xsi+` xsi:nil="true"/>`,
		f.post(t, "GetExternalTokens", `{"Key":"unknown"}`, header("Accept", "text/xml")).body)
	assert.Regexp(t, `^<string>external-token-\d+</string>$`,
		f.post(t, "SaveExternalTokens", `{"TokenManagementInfo":{}}`, header("Accept", "text/xml")).body)
}

func TestErrorsFollowAccept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got := f.post(t, "GetExternalTokens", `{}`, header("Accept", "application/xml"))
	assert.Equal(t, 400, got.status)
	assert.Equal(t, "application/xml; charset=utf-8", got.header.Get("Content-Type"))
	assert.Contains(t, got.body, "<ErrorType>ArgumentException</ErrorType>")
	assert.Contains(t, got.body, "<Message>Key is missing.</Message>")
}

func TestTextSurvivesEveryType(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const text = "<&>\"' åß漢😀\t+%\\/ \u2028"
	info := sample()
	info.AccessToken = text
	f.PutExternalTokens(text, info)
	quoted, err := json.Marshal(map[string]string{"Key": text})
	require.NoError(t, err)
	form := url.Values{"Key": {text}}.Encode()
	assert.Equal(t, text, f.post(t, "GetExternalTokens", string(quoted)).object(t)["AccessToken"])
	assert.Equal(t, text, f.post(t, "GetExternalTokens", form, header("Content-Type", "application/x-www-form-urlencoded")).object(t)["AccessToken"])
}
