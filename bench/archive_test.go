package bench

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/wire"
)

// archiveRow is a row of an archive as those who write their calls by hand
// would type it.
type archiveRow struct {
	EntityName      string
	PrimaryKey      int
	ColumnData      map[string]archiveColumn
	LinkHint        string
	StyleHint       string
	TableRight      *right
	FieldProperties map[string]field
}

type archiveColumn struct {
	DisplayValue string
	TooltipHint  string
	LinkHint     string
}

// archive is an answer with rows of ten columns, as a list of persons looks:
// names, codes and dates; some with links, most without hints.
func archive(rows int) []byte {
	columns := []struct{ name, value, tooltip, link string }{
		{"personId", `"[I:%d]"`, `null`, `null`},
		{"fullName", `"Åse Nordmann %d"`, `"person"`, `"SuperOffice:person.main?person_id=%d"`},
		{"contactId", `"[I:%d]"`, `null`, `null`},
		{"name", `"Company \"%d\" AS"`, `"contact"`, `"SuperOffice:contact.main?contact_id=%d"`},
		{"category", `"Customer"`, `null`, `null`},
		{"business", `"IT / \u00d8konomi"`, `null`, `null`},
		{"email/emailAddress", `"person%d@example.com"`, `""`, `"mailto:person%d@example.com"`},
		{"personAssociate/fullName", `"Per Saksbehandler"`, `"associate"`, `null`},
		{"registered", `"[DT:05/13/2026 20:28:37.0000000]"`, `null`, `null`},
		{"retired", `"[I:0]"`, `null`, `null`},
	}
	var b strings.Builder
	for n := range rows {
		fmt.Fprintf(&b, `,{"EntityName":"person","PrimaryKey":%d,"ColumnData":{`, n)
		for i, c := range columns {
			pair := fmt.Sprintf(`%q:{"DisplayValue":%s,"TooltipHint":%s,"LinkHint":%s},`, c.name, c.value, c.tooltip, c.link)
			if i == len(columns)-1 {
				pair = strings.TrimSuffix(pair, ",")
			}
			b.WriteString(strings.ReplaceAll(pair, "%d", fmt.Sprint(100_000+n)))
		}
		b.WriteString(`},"LinkHint":null,"StyleHint":"","TableRight":null,"FieldProperties":null}`)
	}
	return []byte("[" + strings.TrimPrefix(b.String(), ",") + "]")
}

// archiveCodecs are ways to read an archive and to write it.
func archiveCodecs() map[string]struct{ read, write func(text []byte) error } {
	plain := new([]archiveRow)
	carriers := new([]superoffice.ArchiveListItem)
	return map[string]struct{ read, write func(text []byte) error }{
		"encoding/json": {
			func(text []byte) error { plain = new([]archiveRow); return stdjson.Unmarshal(text, plain) },
			func([]byte) error { _, err := stdjson.Marshal(plain); return err },
		},
		"this SDK": {
			func(text []byte) error {
				carriers = new([]superoffice.ArchiveListItem)
				return wire.Unmarshal(text, carriers)
			},
			func([]byte) error { _, err := wire.Marshal(carriers); return err },
		},
	}
}

// BenchmarkArchive reads a thousand rows from memory, and writes them.
func BenchmarkArchive(b *testing.B) {
	text := archive(1000)
	for name, c := range archiveCodecs() {
		for part, work := range map[string]func([]byte) error{"decode": c.read, "encode": c.write} {
			b.Run(part+", "+name, func(b *testing.B) {
				if err := c.read(text); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if err := work(text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// TestArchive sees to it that the answer is what it should be: the SDK writes
// it as it came, and encoding/json has all of its members.
func TestArchive(t *testing.T) {
	t.Parallel()
	text := archive(20)
	var rows []superoffice.ArchiveListItem
	if err := wire.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	again, err := wire.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	var came, went any
	if stdjson.Unmarshal(text, &came) != nil || stdjson.Unmarshal(again, &went) != nil || !reflect.DeepEqual(came, went) {
		t.Errorf("read %s\nwrote %s", text, again)
	}
	var plain []archiveRow
	decoder := stdjson.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&plain); err != nil || plain[19].ColumnData["fullName"].DisplayValue != rows[19].ColumnData["fullName"].DisplayValue {
		t.Errorf("encoding/json read %v, %v", plain, err)
	}
}

// TestArchiveAllocations holds the SDK to half of encoding/json's allocations.
// Times are measured and not judged here: they are about a third.
func TestArchiveAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	text := archive(1000)
	count := make(map[string]float64)
	for name, c := range archiveCodecs() {
		count[name] = testing.AllocsPerRun(10, func() {
			if err := c.read(text); err != nil {
				t.Fatal(err)
			}
		})
	}
	if t.Logf("allocations to read a thousand rows: %v", count); count["this SDK"] > count["encoding/json"]/2 {
		t.Errorf("the SDK allocates %v times, encoding/json %v times", count["this SDK"], count["encoding/json"])
	}
}
