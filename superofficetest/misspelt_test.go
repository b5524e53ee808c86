package superofficetest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestReplyRefusesMisspeltMembers(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	for _, c := range []struct {
		call   string
		answer any
		wrong  string
	}{
		{"Contact/GetContactEntity", map[string]any{"ContactId": 5, "Nmae": "Oslo Ost"}, `Contact/GetContactEntity: ContactEntity has no member "Nmae"; did you mean "Name"?`},
		{"Contact/GetContactEntity", map[string]any{"contact_id": 5}, `ContactEntity has no member "contact_id"; did you mean "ContactId"?`},
		{"Contact/GetContactEntity", map[string]any{"Departmen": "North"}, `did you mean "Department"?`},
		{"Contact/GetContactEntity", map[string]any{"Associate": map[string]any{"Fulname": "Kari"}}, `Associate has no member "Associate/Fulname"; did you mean "FullName"?`},
		{"Contact/GetContactList", []any{map[string]any{}, map[string]any{"ContactID ": 5}}, `did you mean "ContactId"?`},
		{"User/GetExternalTokens", map[string]any{"FieldProperties": map[string]any{"Name": map[string]any{"FieldTipe": "x"}}}, `did you mean "FieldType"?`},
	} {
		assert.Contains(t, panicOf(func() { server.Reply(c.call, c.answer) }), c.wrong)
	}
	file := filepath.Join(t.TempDir(), "answer.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"Nmae":"Oslo Ost"}`), 0o600))
	assert.Contains(t, panicOf(func() { server.Reply("Contact/GetContactEntity", superofficetest.File(file)) }), `did you mean "Name"?`)
}

// panicOf returns what f panics with, or "".
func panicOf(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}

// What a newer server has, and what another case writes, is taken.
func TestReplyTakesOtherMembers(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	client := server.Client()
	for _, answer := range []map[string]any{
		{"contactid": 5, "NAME": "Oslo Ost"},
		{"ContactId": 5, "Name": "Oslo Ost", "Name2": "there is a Name"},
		{"ContactId": 5, "Name": "Oslo Ost", "CarbonFootprint": 7.5},
	} {
		server.Reply("Contact/GetContactEntity", answer)
		contact, err := client.Contact.GetContactEntity(t.Context(), 5)
		require.NoError(t, err)
		assert.Equal(t, "Oslo Ost", contact.Name)
	}
	server.Reply("User/GetExternalTokens", superoffice.TokenManagementInfo{Provider: "p"})
	info, err := client.User.GetExternalTokens(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, "p", info.Provider)
}
