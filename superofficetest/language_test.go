package superofficetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/superoffice-go/superoffice/superofficetest"
)

func reasons(t *testing.T, a answer) (table, field string) {
	t.Helper()
	info := a.object(t)
	right, _ := info["TableRight"].(map[string]any)
	properties, _ := info["FieldProperties"].(map[string]any)
	property, _ := properties["fieldName"].(map[string]any)
	fieldRight, _ := property["FieldRight"].(map[string]any)
	table, _ = right["Reason"].(string)
	field, _ = fieldRight["Reason"].(string)
	return table, field
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	const (
		rawTable, rawField = "[SR_READ_ONLY]", `US:"Read only";NO:"Skrivebeskyttet"`
		english, norwegian = "Read only", "Skrivebeskyttet"
	)
	tests := map[string]struct {
		language, accept, culture string
		table, field              string
	}{
		"none":                              {"", "", "", rawTable, rawField},
		"SO-Language":                       {"en", "", "", english, english},
		"SO-Language, Norwegian":            {"no", "", "", norwegian, norwegian},
		"SO-Language, Bokmål with a region": {"nb-NO", "", "", norwegian, norwegian},
		"SO-Language, the vendor's code":    {"US", "", "", english, english},
		"SO-Language overrides":             {"no", "en", "", norwegian, norwegian},
		"SO-Language off by *":              {"*", "en", "", rawTable, rawField},
		"SO-Language off by x":              {"X", "en", "", rawTable, rawField},
		"Accept-Language":                   {"", "no", "", norwegian, norwegian},
		"Accept-Language with qualities":    {"", "en;q=0.5, nn;q=0.8, fr;q=0.1", "", norwegian, norwegian},
		"Accept-Language, first of equals":  {"", "no, en", "", norwegian, norwegian},
		"Accept-Language off by *":          {"", "*", "", rawTable, rawField},
		"Accept-Language, nonsense quality": {"", "no;q=x, en;q=0.1", "", english, english},
		"only one of them has the language": {"de", "", "", "Schreibgeschützt", english},
		"unknown language falls to English": {"fi", "", "", english, english},
		"culture alone is ignored":          {"", "", "no", rawTable, rawField},
		"culture does not choose the text":  {"en", "", "no", english, english},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := f.post(t, "GetExternalTokens", getSample,
				header("SO-Language", tt.language), header("Accept-Language", tt.accept), header("SO-Culture", tt.culture))
			table, field := reasons(t, got)
			assert.Equal(t, tt.table, table)
			assert.Equal(t, tt.field, field)
		})
	}
	table, _ := reasons(t, f.post(t, "GetExternalTokens", getSample))
	assert.Equal(t, rawTable, table, "what is stored is left as it was")
}

func TestLanguageText(t *testing.T) {
	t.Parallel()
	f := newFixture(t, superofficetest.WithResource("sr_own", `SW:"Egen";NO:"Egen tekst"`), superofficetest.WithResource("SR_PLAIN", "Plain"))
	for raw, want := range map[string]string{
		"[SR_OWN]":            "Egen tekst",
		"[SR_PLAIN]":          "Plain",
		"[SR_UNKNOWN]":        "[SR_UNKNOWN]",
		"[not one]":           "[not one]",
		`SW:"Egen";GE:"Eig"`:  "Egen",
		`NO:"a;b";US:"c"`:     "a;b",
		`NO:""`:               "",
		`NO:"broken`:          `NO:"broken`,
		`see NO:"x"`:          `see NO:"x"`,
		"":                    "",
		"No:\"two\nlines\"":   "two\nlines",
		`NO:"a" and US:"b"`:   `NO:"a" and US:"b"`,
		`NOR:"three letters"`: `NOR:"three letters"`,
	} {
		info := sample()
		info.TableRight.Reason = raw
		f.PutExternalTokens(sampleKey, info)
		table, _ := reasons(t, f.post(t, "GetExternalTokens", getSample, header("SO-Language", "no")))
		assert.Equal(t, want, table, "%q", raw)
	}
}

func TestLanguageLeavesTokensAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	info := sample()
	info.AccessToken = "[SR_READ_ONLY]"
	f.PutExternalTokens(sampleKey, info)
	got := f.post(t, "GetExternalTokens", getSample, header("SO-Language", "en"))
	assert.Equal(t, "[SR_READ_ONLY]", got.object(t)["AccessToken"])
}

func TestTimeZone(t *testing.T) {
	t.Parallel()
	f := withSample(t)
	for zone, want := range map[string]int{
		"":                      200,
		"UTC":                   200,
		"us-ny":                 200,
		"261":                   200,
		"NO, includeTZOffset":   200,
		"UTC,includeTZOffset":   200,
		"includetzoffset":       200,
		"Europe/Oslo":           400,
		"0":                     400,
		"1000":                  400,
		"-1":                    400,
		"UTC,":                  400,
		"Mars, includeTZOffset": 400,
	} {
		got := f.post(t, "GetExternalTokens", getSample, header("SO-TimeZone", zone))
		assert.Equal(t, want, got.status, zone)
		if want == 200 {
			assert.Equal(t, zone, got.header.Get("SO-TimeZone"), "echoed")
		} else {
			assert.Equal(t, "ArgumentException", got.object(t)["ErrorType"])
		}
	}
}
