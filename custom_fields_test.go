package superoffice_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestCustomFieldsGoWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	fields := superoffice.CustomFields{"SUPEROFFICE:1": "a", "superoffice:1": "b", "Other": "c"}
	v, ok := fields.Get("SuperOffice:1")
	assert.Equal(t, superoffice.FieldValue("a"), v, "always the same one")
	assert.True(t, ok)
	v, _ = fields.Get("superoffice:1")
	assert.Equal(t, superoffice.FieldValue("b"), v, "the very key before others")
	fields.Set("SuperOffice:1", "d")
	assert.Equal(t, superoffice.CustomFields{"SuperOffice:1": "d", "Other": "c"}, fields)
	fields.Set("other", superoffice.NullValue)
	assert.Equal(t, superoffice.CustomFields{"SuperOffice:1": "d", "other": superoffice.NullValue}, fields)

	var none superoffice.CustomFields
	_, ok = none.Get("SuperOffice:1")
	assert.False(t, ok)
	_, ok = none.Get("")
	assert.False(t, ok)
	none.Set("", "x")
	v, ok = none.Get("")
	assert.Equal(t, superoffice.FieldValue("x"), v)
	assert.True(t, ok)
}

// A record whose answer had null takes a field, and clears one, in every form.
func TestACustomFieldIsSetAndCleared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		contentType superoffice.ContentType
		want        []string
	}{
		{superoffice.ContentTypeJSON, []string{`"CustomFields":{"SuperOffice:1":"[I:5]","x_gone":null}`}},
		{superoffice.ContentTypeXML, []string{`<Value>[I:5]</Value>`, `<x_gone xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>`}},
	} {
		var sent string
		server := superofficetest.NewServer()
		t.Cleanup(server.Close)
		server.Reply("Contact/GetContactEntity", json.RawMessage(`{"ContactId":5,"CustomFields":null}`))
		client := server.Client(superoffice.WithContentType(c.contentType))
		contact, err := client.Contact.GetContactEntity(t.Context(), 5)
		require.NoError(t, err)
		contact.CustomFields.Set("SuperOffice:1", superoffice.IntValue(5))
		contact.CustomFields.Set("x_gone", superoffice.NullValue)
		_, err = client.Contact.SaveContactEntity(t.Context(), contact)
		require.NoError(t, err)
		for _, r := range server.Requests() {
			if strings.HasSuffix(r.Path, "SaveContactEntity") && r.Method == http.MethodPost {
				sent = string(r.Body)
			}
		}
		for _, want := range c.want {
			assert.Contains(t, sent, want)
		}
	}
}

// All dictionaries of encoded values are of the one type.
func TestEveryDictionaryOfFieldValuesIsCustomFields(t *testing.T) {
	t.Parallel()
	found := 0
	for name, one := range everyCarrier {
		typ := reflect.TypeOf(one()).Elem()
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Type.Kind() == reflect.Map && f.Type.Elem() == reflect.TypeFor[superoffice.FieldValue]() {
				assert.Equal(t, reflect.TypeFor[superoffice.CustomFields](), f.Type, "%s.%s", name, f.Name)
				found++
			}
		}
	}
	assert.Greater(t, found, 20)
}

// back reads text into a carrier, and holds what it writes against it.
func back[T any](t *testing.T, text string) *T {
	t.Helper()
	carrier := new(T)
	require.NoError(t, json.Unmarshal([]byte(text), carrier), text)
	again, err := json.Marshal(carrier)
	require.NoError(t, err)
	assert.JSONEq(t, text, string(again))
	return carrier
}

func TestMembersAreOfTheirOwnTypes(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"a", "b"}, back[superoffice.VersionInfo](t, `{"VersionId":"1","ExtraFields":["a","b"]}`).ExtraFields)

	children := back[superoffice.TicketRelationAction](t, `{"Children":[5,{"TicketId":6,"Slevel":"External","EmailAddress":"a@x"},{"TicketId":7,"Slevel":2,"New":1}]}`).Children
	assert.Equal(t, 5, children[0].TicketID)
	assert.Equal(t, 6, children[1].TicketID)
	assert.Equal(t, "a@x", children[1].EmailAddress)
	assert.Equal(t, superoffice.TicketSecurityLevelExternal, children[2].Slevel, "its number")

	series := back[superoffice.RecurrenceInfo](t, `{"StartDate":"2024-03-31T00:00:00","EndDate":"2024-10-27T00:00:00+02:00","Dates":[{"Date":"2024-03-31T00:00:00"}]}`)
	assert.Equal(t, superoffice.DateOf(2024, 3, 31), series.StartDate)
	assert.Equal(t, superoffice.DateOf(2024, 3, 31), series.Dates[0].Date)
	day, err := series.EndDate.Time(nil)
	require.NoError(t, err)
	assert.Equal(t, "2024-10-27", day.Format("2006-01-02"), "the day as it is written, in whatever zone")

	right := back[superoffice.TableRight](t, `{"Mask":3}`)
	assert.Equal(t, superoffice.TableRightMask("3"), right.Mask, "masks keep the text")
	assert.True(t, right.Mask.Has(superoffice.TableRightUpdate))
}
