package superoffice

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// growths are what reads text that may be of any size, each with such a text.
var growths = map[string]struct {
	begin, each, end string
	read             func(text string)
}{
	"flags known":         {"None", ",Select,UR", "", func(text string) { TableRightMask(text).With("Delete, Insert").Without("Update") }},
	"flags unknown":       {"Select", ",nope", "", func(text string) { TableRightMask(text).With("New").Without("Select").Has("Newer") }},
	"flags added":         {"Select", ",nope", "", func(text string) { TableRightSelect.With(TableRightMask(text)).Without(TableRightMask(text)) }},
	"field value, ints":   {"[A:1", ",2", "]", func(text string) { _, _ = FieldValue(text).Ints() }},
	"field value, float":  {"[F:1", "0", "]", func(text string) { _, _ = FieldValue(text).Float() }},
	"field value, date":   {"[D:1", ".2", "]", func(text string) { _, _ = FieldValue(text).DateTime() }},
	"field value, time":   {"[T:1", ":2", "]", func(text string) { _, _ = FieldValue(text).Time() }},
	"date time":           {"2024-05-01T10:00:00.", "0", "+02:00", func(text string) { _, _ = ParseDateTime(text) }},
	"date time, offsets":  {"2024-05-01T10:00:00", "+02", "", func(text string) { _, _ = ParseDateTime(text) }},
	"time span":           {"1.02", ":03", ".5", func(text string) { _, _ = ParseTimeSpan(text) }},
	"select, deep":        {"Contact", "/Contact", "", func(text string) { _ = checkSelect([]string{text}, reflect.TypeFor[Appointment]()) }},
	"select, misspelt":    {"Conta", "ct", "", func(text string) { _ = checkSelect([]string{text}, reflect.TypeFor[Appointment]()) }},
	"error, inner":        {`{"ErrorType":"x"`, `,"InnerException":{"a":1`, ``, func(text string) { looksLikeError([]byte(text + strings.Repeat("}", strings.Count(text, "{")))) }},
	"error, many members": {`{"Error":true`, `,"Message":""`, `}`, func(text string) { looksLikeError([]byte(text)) }},
	"error, XML":          {`<Error>`, `<a/>x`, `</Error>`, func(text string) { looksLikeError([]byte(text)) }},
	"error, HTML":         {`<title>`, `<title `, ``, func(text string) { htmlTitle([]byte(text), redactor(nil, nil)) }},
	"enum":                {`1`, `0`, ``, func(text string) { ticketSecurityLevelMembers.Named([]byte(text)) }},
}

func grown(name string, size int) string {
	g := growths[name]
	return g.begin + strings.Repeat(g.each, size/len(g.each)) + g.end
}

// A text of twice the size takes no more than twice the memory. This test is
// alone: it counts what the whole process takes.
func TestMemoryIsLinearInTheText(t *testing.T) { //nolint:paralleltest // see above
	const size = 1 << 14
	allocated := func(call func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		call()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for name, g := range growths {
		once, twice := grown(name, size), grown(name, 2*size)
		g.read(once)
		small := allocated(func() { g.read(once) })
		large := allocated(func() { g.read(twice) })
		assert.LessOrEqual(t, large, 3*small+size, "%s: %d bytes for %d of text, %d for %d", name, small, len(once), large, len(twice))
	}
}

// BenchmarkGrowth shows what a byte of text costs at growing sizes: about the
// same.
func BenchmarkGrowth(b *testing.B) {
	for name, g := range growths {
		b.Run(name, func(b *testing.B) {
			for _, size := range []int{1 << 12, 1 << 15, 1 << 18} {
				text := grown(name, size)
				b.Run(fmt.Sprint(size), func(b *testing.B) {
					for b.Loop() {
						g.read(text)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text)), "ns/byte")
				})
			}
		})
	}
}
