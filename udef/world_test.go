package udef_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/bulk"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
	"github.com/superoffice-go/superoffice/udef"
)

// own are custom fields of all types that a tenant can have.
type own struct {
	Number    int              `so:"SuperOffice:11"`
	Short     string           `so:"SuperOffice:12"`
	Long      string           `so:"SuperOffice:13"`
	Date      superoffice.Date `so:"SuperOffice:14"`
	Unlimited superoffice.Date `so:"SuperOffice:15"`
	Checkbox  bool             `so:"SuperOffice:16"`
	List      udef.Item        `so:"SuperOffice:17"`
	Decimal   float64          `so:"SuperOffice:18"`
}

// ownRow is a row of the table of the companies' custom fields.
type ownRow struct {
	Company int `so:"contact_id,key"`
	own
}

// The same fields have the same values through agents, REST, archives and mass
// operations, whichever of them wrote them.
func TestFieldsOnEveryFace(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	client := server.Client()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	server.AddList("colour", superofficetest.ListItem{Name: "Red"}, superofficetest.ListItem{Name: "Blue"})
	for i, kind := range []superoffice.UDefFieldType{
		superoffice.UDefFieldTypeNumber, superoffice.UDefFieldTypeShortText, superoffice.UDefFieldTypeLongText, superoffice.UDefFieldTypeDate,
		superoffice.UDefFieldTypeUnlimitedDate, superoffice.UDefFieldTypeCheckbox, superoffice.UDefFieldTypeList, superoffice.UDefFieldTypeDecimal,
	} {
		f := superofficetest.Field{Entity: "contact", ProgID: "SuperOffice:" + strconv.Itoa(11+i), Label: string(kind), Type: kind}
		if kind == superoffice.UDefFieldTypeList {
			f.List = "colour"
		}
		server.AddField(f)
	}
	want := own{
		Number: -7, Short: "a [b]", Long: "c\nd", Date: superoffice.DateOf(2026, 5, 6), Unlimited: superoffice.DateOf(1890, 1, 2), Checkbox: true, List: udef.Item{ID: 2}, Decimal: 12.25,
	}
	entities := rest.New(client)
	contact, err := client.Contact.SaveContactEntity(t.Context(), &superoffice.ContactEntity{Name: "Oslo Ost"})
	require.NoError(t, err)
	id := contact.ContactID
	for name, write := range map[string]func(ctx context.Context, v own) error{
		"agent": func(ctx context.Context, v own) error {
			contact, err := client.Contact.GetContactEntity(ctx, id)
			if err == nil {
				err = udef.Encode(v, &contact.CustomFields)
			}
			if err == nil {
				_, err = client.Contact.SaveContactEntity(ctx, contact)
			}
			return err
		},
		"REST": func(ctx context.Context, v own) error {
			_, err := entities.Contact.Change(ctx, id, func(c *superoffice.ContactEntity) error { return udef.Encode(v, &c.CustomFields) })
			return err
		},
		"bulk": func(ctx context.Context, v own) error {
			for o, err := range bulk.Into[ownRow](client, "udcontactSmall").Upsert(ctx, []string{"contact_id"}, slices.Values([]ownRow{{id, v}})) {
				if err != nil || o.Err != nil {
					return errors.Join(err, o.Err)
				}
			}
			return nil
		},
	} {
		require.NoError(t, write(t.Context(), own{}), name)
		require.NoError(t, write(t.Context(), want), name)
		contact, err := client.Contact.GetContactEntity(t.Context(), id)
		require.NoError(t, err)
		got, err := udef.Decode[own](contact.CustomFields)
		require.NoError(t, err)
		assert.Equal(t, "Blue", got.List.Text, name)
		got.List.Text = ""
		assert.Equal(t, want, got, "%s, by the agent", name)
		contact, err = entities.Contact.Get(t.Context(), id)
		require.NoError(t, err)
		got, err = udef.Decode[own](contact.CustomFields)
		require.NoError(t, err)
		got.List.Text = ""
		assert.Equal(t, want, got, "%s, by REST", name)
		type row struct {
			ID  int `so:"contactId,key"`
			Own own `so:"contactUdef"`
		}
		const number archive.Int = "contactId"
		one, err := archive.From[row](client, archive.FindContact).Where(number.Is(id)).First(t.Context())
		require.NoError(t, err)
		if one.Own.List.Text != "" { // a list's column is the text in slim rows
			assert.Equal(t, "Blue", one.Own.List.Text)
			one.Own.List = want.List
		}
		assert.Equal(t, want, one.Own, "%s, by the archive", name)
	}
}

// A field that has changed is one step of a patch.
func TestOneChangeIsOneStep(t *testing.T) {
	t.Parallel()
	_, f := full()
	before := &superoffice.ContactEntity{ContactID: 5, CustomFields: f}
	after := rest.Clone(before)
	v, err := udef.Decode[all](after.CustomFields)
	require.NoError(t, err)
	v.Number++
	require.NoError(t, udef.Encode(v, &after.CustomFields))
	patch, err := rest.Diff(before, after)
	require.NoError(t, err)
	text, err := patch.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `[{"op":"replace","path":"/CustomFields/number","value":"[I:6]"}]`, string(text))
	at := time.Now()
	v.MayTime = &at
	require.NoError(t, udef.Encode(v, &after.CustomFields))
	patch, err = rest.Diff(before, after)
	require.NoError(t, err)
	text, err = patch.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(text), `"op"`))
}
