package main

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Phone is the main phone number; empty for none.", sentence("Phone", "is the main phone number; empty for none"))
	assert.Empty(t, sentence("Phone", ""))
}

// A fact that makes no sentence with its name is refused.
func TestFactsAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fact string
		typ        apidef.Type
		isFlags    bool
		problem    string // of the error; empty for none
	}{
		{"OrgNr", "is the registration or VAT number", "string", false, ""},
		{"Deleted", "reports whether the user is retired", "bool", false, ""},
		{"Status", "says if something is wrong with it", "QuoteStatus", false, ""},
		{"Groups", "are the user groups, the wanted ones selected", "[]UserGroup", false, ""},
		{"Values", "is more on the document; the keys depend on it", "map[string]any", false, ""},
		{"Claims", "are the claims by name", "map[string]string", false, ""},
		{"Days", "are the days on which it takes place", "Weekday", true, ""},
		{"Licences", "are the licences by name, each true if it is there", "map[string]bool", false, ""},

		{"Name", "need not be unique", "string", false, "does not go on after"},
		{"Email", "main e-mail address", "string", false, "does not go on after"},
		{"Email", "is", "string", false, "does not go on after"},
		{"Email", "is the main address.", "string", false, "ends with a period"},
		{"Stop", "is the stop flag", "bool", false, "is a bool"},
		{"Type", "reports whether it is in the diary", "AppointmentType", false, "is no bool"},
		{"Type", "says whether it is in the diary", "AppointmentType", false, "is no bool"},
		{"Events", "names the events that trigger it", "[]string", false, "is a list"},
		{"Names", "are the initials", "string", false, "is one thing"},
		{"Usage", "say where it can be used", "DashTileUsage", true, "is one thing"},
		{"StreetAddress", "is the street address", "Address", false, "says nothing"},
		{"Email", "is the e-mail", "string", false, "says nothing"},
	} {
		err := checkFact(c.name, c.fact, c.typ, c.isFlags)
		if c.problem == "" {
			assert.NoError(t, err, c.fact)
			continue
		}
		assert.ErrorContains(t, err, c.problem, c.fact)
	}
}

// What is refused is named with file and line, and nothing is written.
func TestRefusedFactsAreLocated(t *testing.T) {
	t.Parallel()
	d, err := apidef.Read(fstest.MapFS{"box.api": {Data: []byte(`# boxes.
agent Box

# reports whether a box is full.
# - Depth: is how deep it is
# - Lid: the lid
read Measure(BoxId int, Lid string, Width int, Height int) Box

# reports whether a box is there.
carrier Box {
	Full  bool  # is full
	Name  string
}
`)}})
	require.NoError(t, err)
	err = newGenerator(d).generate(t.TempDir())
	for _, problem := range []string{
		"api/box.api:7: Measure: only calls that return a bool",
		`api/box.api:7: Measure: there is no parameter "Depth"`,
		`api/box.api:7: Measure, Lid: "the lid" does not go on after "Lid"`,
		"api/box.api:10: Box: a type reports nothing",
		"api/box.api:11: Box.Full: Full is a bool",
	} {
		assert.ErrorContains(t, err, problem)
	}
	assert.Equal(t, 3, newGenerator(d).withoutComment(), "Name, Width and Height")
}

// Every member and every field of a request has a comment; none may lose it.
func TestEveryMemberIsDocumented(t *testing.T) {
	t.Parallel()
	d, err := apidef.Read(os.DirFS("../../api"))
	require.NoError(t, err)
	g := newGenerator(d)
	assert.Zero(t, g.withoutComment())
	assert.NoError(t, g.checkFacts())
}

func TestFactsOfParameters(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "is ours", paramFact(apidef.Param{Name: "Count", Type: "int"}, map[string]string{"Count": "is ours"}))
	assert.Equal(t, "is the greatest number of results", paramFact(apidef.Param{Name: "Count", Type: "int"}, nil))
	assert.Equal(t, "are the columns to sort by", paramFact(apidef.Param{Name: "SortOrder", Type: "[]ArchiveOrderByInfo"}, nil))
	assert.Equal(t, "is the ID of the source company", paramFact(apidef.Param{Name: "SourceContactId", Type: "int"}, nil))
	assert.Empty(t, paramFact(apidef.Param{Name: "Id", Type: "int"}, nil))
	assert.Empty(t, paramFact(apidef.Param{Name: "OddId", Type: "string"}, nil))
	for name, fact := range paramFacts {
		assert.True(t, factVerbs[strings.Fields(fact)[0]], name)
	}
}
