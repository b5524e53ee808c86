package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

func TestMemberDocs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		phrase string
		typ    apidef.Type
		want   string
	}{
		{"registration or VAT number", "string", "X is the registration or VAT number."},
		{"ID in the list \"country\"", "int", "X is the ID in the list \"country\"."},
		{"0 for a new one", "int", "X is 0 for a new one."},
		{"whether the user is retired", "bool", "X reports whether the user is retired."},
		{"whether something is wrong with it", "Status", "X reports whether something is wrong with it."},
		{"when the user last logged in", "time", "X is when the user last logged in."},
		{"how well it matches, from 0 to 1", "double", "X tells how well it matches, from 0 to 1."},
		{"tells companies of the same name apart", "string", "X tells companies of the same name apart."},
		{"initials, which identify the user in lists", "string", "X are the initials, which identify the user in lists."},
		{"user groups, the wanted ones selected", "[]UserGroup", "X are the user groups, the wanted ones selected."},
		{"address of the request", "string", "X is the address of the request."},
		{"in order of rank", "[]EntityElement", "X are in order of rank."},
		{"minutes", "int", "X is in minutes."},
		{"since midnight", "span", "X counts since midnight."},
		{"Amount times Probability / 100", "double", "X is Amount times Probability / 100."},
		{"may be empty", "string", "X may be empty."},
		{"people who take part", "[]Person", "X are the people who take part."},
		{"", "string", ""},
	} {
		assert.Equal(t, c.want, memberDoc("X", apidef.Member{Name: "X", Type: c.typ, Doc: c.phrase}), c.phrase)
	}
	assert.Equal(t, "TableRight is what the user may do with the record.", memberDoc("TableRight", apidef.Member{Name: "TableRight"}))
}

// Every member has a comment; none may lose it.
func TestEveryMemberIsDocumented(t *testing.T) {
	t.Parallel()
	d, err := apidef.Read(os.DirFS("../../api"))
	require.NoError(t, err)
	assert.Zero(t, withoutComment(d))
}
