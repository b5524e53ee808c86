package superofficetest

import (
	"net/url"
	"testing"

	"github.com/superoffice-go/superoffice/api"
	"github.com/superoffice-go/superoffice/internal/apidef"
)

// BenchmarkDefinition measures what the first server of a program waits for.
func BenchmarkDefinition(b *testing.B) {
	for b.Loop() {
		if _, err := apidef.Read(api.Files()); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzChecker holds any body and query against any call.
func FuzzChecker(f *testing.F) {
	f.Add(uint16(3), "$select=Name", "application/json", []byte(`{"Name":[1,{"a":null}]}`))
	f.Add(uint16(900), "contactId=5", "application/xml", []byte(`<a><b>1</b></a>`))
	names := theAPI().Calls()
	f.Fuzz(func(t *testing.T, index uint16, query, contentType string, body []byte) {
		c := names[int(index)%len(names)]
		value, given, failed := decode(contentType, body)
		if failed != nil {
			return
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if !isJSON(contentType) {
			value = theAPI().typedBody(c, value)
		}
		checker := checker{definition: theAPI()}
		checker.call(c, values, value, given)
		theAPI().named(c.Result, value)
	})
}
