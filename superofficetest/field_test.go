package superofficetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// withFields starts a server whose companies have a custom field of each type.
func withFields(t *testing.T) (*superofficetest.Server, *superoffice.Client) {
	t.Helper()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	server.AddList("y_colour", superofficetest.ListItem{Name: `US:"Red";NO:"Rød"`}, superofficetest.ListItem{ID: 7, Name: "Blue", Tooltip: "As the sky", Rank: 1})
	for _, f := range []superofficetest.Field{
		{Label: "Employees", Type: superoffice.UDefFieldTypeNumber, Mandatory: true},
		{Label: "Motto", Type: superoffice.UDefFieldTypeShortText, TextLength: 10},
		{Label: "Story", Type: superoffice.UDefFieldTypeLongText},
		{Label: "Visited", Type: superoffice.UDefFieldTypeDate},
		{Label: "Founded", Type: superoffice.UDefFieldTypeUnlimitedDate},
		{Label: "Good:", Type: superoffice.UDefFieldTypeCheckbox},
		{Label: "Colour", Type: superoffice.UDefFieldTypeList, List: "y_colour"},
		{Label: "Rate", Type: superoffice.UDefFieldTypeDecimal, ProgID: "Acme:Rate", Tooltip: "Per day"},
	} {
		f.Entity = "Contact"
		server.AddField(f)
	}
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	return server, client
}

// everyField are values of the custom fields.
var everyField = map[string]superoffice.FieldValue{
	"SuperOffice:1": "[I:42]", "SuperOffice:2": "[I:5]", "SuperOffice:3": "Long ago", "SuperOffice:4": "[D:04/28/2024]", "SuperOffice:5": "[D:12/31/1850]",
	"SuperOffice:6": "[I:1]", "SuperOffice:7": "[I:7]", "Acme:Rate": "[F:99.95]",
}

// The same custom fields come back from each face of the server, whichever they
// went in by.
func TestFieldsOnEveryFace(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, *superoffice.Client, int) error{
		"agent": func(ctx context.Context, c *superoffice.Client, id int) error {
			contact, err := c.Contact.GetContactEntity(ctx, id)
			if err != nil {
				return err
			}
			for key, value := range everyField {
				contact.CustomFields.Set(key, value)
			}
			_, err = c.Contact.SaveContactEntity(ctx, contact)
			return err
		},
		"REST": func(ctx context.Context, c *superoffice.Client, id int) error {
			_, err := rest.New(c).Contact.Change(ctx, id, func(contact *superoffice.ContactEntity) error {
				for key, value := range everyField {
					contact.CustomFields.Set(key, value)
				}
				return nil
			})
			return err
		},
		"upsert": func(ctx context.Context, c *superoffice.Client, id int) error {
			columns, cells := encodedRow(everyField)
			_, err := c.DatabaseTable.Upsert(ctx, superoffice.DatabaseTableUpsertRequest{
				TableName: "udcontactSmall", Columns: append([]string{"contact_id"}, columns...), Keys: []string{"contact_id"},
				Data: [][]string{append([]string{string(superoffice.IntValue(id))}, cells...)}, NomatchAction: superoffice.UpsertNomatchActionNoChange,
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := withFields(t)
			contact, err := client.Contact.SaveContactEntity(t.Context(), &superoffice.ContactEntity{Name: "Berg AS", CustomFields: superoffice.CustomFields{"x_other": "kept"}})
			require.NoError(t, err)
			require.NoError(t, write(t.Context(), client, contact.ContactID))

			want := superoffice.CustomFields{"x_other": "kept", "SuperOffice:7:DisplayText": "Blue"}
			for key, value := range everyField {
				want[key] = value
			}
			saved, err := client.Contact.GetContactEntity(t.Context(), contact.ContactID)
			require.NoError(t, err)
			assert.Equal(t, want, saved.CustomFields)
			same, err := rest.New(client).Contact.Get(t.Context(), contact.ContactID)
			require.NoError(t, err)
			assert.Equal(t, want, same.CustomFields)

			type row struct {
				Employees int       `so:"contactUdef/SuperOffice:1"`
				Motto     string    `so:"contactUdef/SuperOffice:2"`
				Story     string    `so:"contactUdef/SuperOffice:3"`
				Visited   time.Time `so:"contactUdef/SuperOffice:4"`
				Founded   time.Time `so:"contactUdef/SuperOffice:5"`
				Good      bool      `so:"contactUdef/SuperOffice:6"`
				Colour    string    `so:"contactUdef/SuperOffice:7"`
				Rate      float64   `so:"contactUdef/Acme:Rate"`
			}
			const colour archive.List = "contactUdef/SuperOffice:7"
			rows, err := archive.From[row](client, archive.FindContact).Where(colour.AnyOf(7)).Collect(t.Context())
			require.NoError(t, err)
			require.Len(t, rows, 1)
			visited, founded := time.Date(2024, 4, 28, 0, 0, 0, 0, time.UTC), time.Date(1850, 12, 31, 0, 0, 0, 0, time.UTC)
			assert.True(t, rows[0].Visited.Equal(visited) && rows[0].Founded.Equal(founded), rows[0])
			rows[0].Visited, rows[0].Founded = visited, founded
			assert.Equal(t, row{42, "[I:5]", "Long ago", visited, founded, true, "Blue", 99.95}, rows[0])
		})
	}
}

func TestPublishedFields(t *testing.T) {
	t.Parallel()
	_, client := withFields(t)
	entities := rest.New(client)
	all, err := client.UserDefinedFieldInfo.GetPublishedUserDefinedFieldList(t.Context(), superoffice.UDefTypeContact)
	require.NoError(t, err)
	require.Len(t, all, 8)
	assert.Equal(t, "SuperOffice:1", all[0].ProgID)
	assert.Equal(t, "Employees", all[0].FieldLabel)
	assert.Equal(t, superoffice.UDefFieldTypeNumber, all[0].FieldType)
	assert.True(t, all[0].IsMandatory)
	assert.Equal(t, 10, all[1].TextLength)
	assert.Equal(t, "y_colour", all[6].MDOListName)
	assert.Equal(t, "Per day", all[7].Tooltip)
	same, err := entities.Contact.Layout.PublishedFields(t.Context())
	require.NoError(t, err)
	assert.Equal(t, all, same)
	others, err := entities.Sale.Layout.PublishedFields(t.Context())
	require.NoError(t, err)
	assert.Empty(t, others)

	byLabel, err := client.UserDefinedFieldInfo.GetPublishedUserDefinedFieldFromFieldLabel(t.Context(), " good", superoffice.UDefTypeContact)
	require.NoError(t, err)
	assert.Equal(t, "SuperOffice:6", byLabel.ProgID)
	byID, err := client.UserDefinedFieldInfo.GetUserDefinedFieldInfo(t.Context(), all[2].UDefFieldID)
	require.NoError(t, err)
	assert.Equal(t, "Story", byID.FieldLabel)
	_, err = client.UserDefinedFieldInfo.GetPublishedUserDefinedFieldFromProgID(t.Context(), "Nobody:1", superoffice.UDefTypeContact)
	require.ErrorIs(t, err, superoffice.ErrNotFound)

	_, err = client.UserDefinedFieldInfo.SaveUserDefinedFieldInfo(t.Context(), &superoffice.UserDefinedFieldInfo{
		FieldLabel: "New", ProgID: "SuperOffice:9", FieldType: superoffice.UDefFieldTypeNumber, Type: superoffice.UDefTypeContact,
	})
	require.NoError(t, err)
	changed, err := client.UserDefinedFieldInfo.DetectUnpublishedChanges(t.Context(), superoffice.UDefTypeContact)
	require.NoError(t, err)
	assert.True(t, changed)
	_, err = client.UserDefinedFieldInfo.Publish(t.Context(), superoffice.UDefTypeContact)
	require.NoError(t, err)
	all, err = client.UserDefinedFieldInfo.GetPublishedUserDefinedFieldList(t.Context(), superoffice.UDefTypeContact)
	require.NoError(t, err)
	assert.Len(t, all, 9)
}

func TestSchema(t *testing.T) {
	t.Parallel()
	server, client := withFields(t)
	server.AddTable(superofficetest.Table{Name: "contact", Columns: []superofficetest.Column{{Name: "x_size", Type: superofficetest.ColumnInt, Default: "3", Label: "Size"}}})
	entities := rest.New(client)
	custom, err := entities.Schema.Fields(t.Context(), "contact")
	require.NoError(t, err)
	require.Len(t, custom, 9)
	size, ok := custom[0].(*superoffice.FieldInfoInt)
	require.True(t, ok, "%T", custom[0])
	assert.Equal(t, 3, size.DefaultValue)
	assert.Equal(t, "Size", size.DisplayName)
	list, ok := custom[7].(*superoffice.FieldInfoMDOList)
	require.True(t, ok, "%T", custom[7])
	assert.Equal(t, "y_colour", list.MDOListName)
	assert.IsType(t, new(superoffice.FieldInfoLongText), custom[3])
	same, err := entities.Contact.CustomFields(t.Context())
	require.NoError(t, err)
	assert.Equal(t, custom, same)
	standard, err := client.UserDefinedFieldInfo.GetCustomFieldInfoList(t.Context(), "contact", true)
	require.NoError(t, err)
	assert.Greater(t, len(standard), 20)
	one, err := entities.Schema.Field(t.Context(), "contact", "SuperOffice:2")
	require.NoError(t, err)
	assert.Equal(t, 10, one.(*superoffice.FieldInfoShortText).TextLength)
	_, err = entities.Schema.Fields(t.Context(), "y_nothing")
	require.ErrorIs(t, err, superoffice.ErrNotFound)
}

func TestAddField(t *testing.T) {
	t.Parallel()
	server, client := withFields(t)
	for what, field := range map[string]superofficetest.Field{
		"entity": {Entity: "ticket", Type: superoffice.UDefFieldTypeNumber},
		"type":   {Entity: "sale", Type: "Colour"},
		"list":   {Entity: "sale", Type: superoffice.UDefFieldTypeList, List: "y_nothing"},
		"taken":  {Entity: "contact", Type: superoffice.UDefFieldTypeNumber, ProgID: "superoffice:1"},
	} {
		assert.Panics(t, func() { server.AddField(field) }, what)
	}
	fields := superoffice.DatabaseTableUpsertRequest{
		TableName: "udcontactSmall", Columns: []string{"contact_id", "SuperOffice:2"}, Keys: []string{"contact_id"}, Data: [][]string{{"1", "short"}},
		NomatchAction: superoffice.UpsertNomatchActionDeleteRow,
	}
	_, err := client.DatabaseTable.Upsert(t.Context(), fields)
	require.Error(t, err, "NoChange only")
	fields.NomatchAction = superoffice.UpsertNomatchActionNoChange
	result, err := client.DatabaseTable.Upsert(t.Context(), fields)
	require.NoError(t, err)
	assert.False(t, result.Success, "there is no such company")
	fields.Data = [][]string{{"1", "much too long"}}
	_, err = client.DatabaseTable.Upsert(t.Context(), fields)
	require.Error(t, err)
	_, err = client.DatabaseTable.Truncate(t.Context(), "udcontactSmall")
	require.Error(t, err)
}

func TestLists(t *testing.T) {
	t.Parallel()
	server, client := withFields(t)
	entities := rest.New(client)
	items, err := client.MDO.GetList(t.Context(), superoffice.MDOGetListRequest{Name: "y_colour"})
	require.NoError(t, err)
	names := func(items []superoffice.MDOListItem) (names []string) {
		for _, item := range items {
			names = append(names, item.Name)
		}
		return names
	}
	assert.Equal(t, []string{`US:"Red";NO:"Rød"`, "Blue"}, names(items))
	assert.Equal(t, 7, items[1].ID)
	assert.Equal(t, "As the sky", items[1].ToolTip)
	translated, err := entities.MDOList.Get(t.Context(), "Y_Colour", superoffice.WithLanguage("NO"))
	require.NoError(t, err)
	assert.Equal(t, []string{"Rød", "Blue"}, names(translated))

	added, err := client.List.AddFromListName(t.Context(), "y_colour", &superoffice.ListItemEntity{Name: "Green"})
	require.NoError(t, err)
	insert(t, client, "y_colour", []string{"name", "rank"}, []string{"Black", "-1"})
	_, err = client.List.SaveFromListName(t.Context(), 7, "y_colour", &superoffice.ListItemEntity{ID: 7, Name: "Navy", Rank: 9})
	require.NoError(t, err)
	simple, err := client.MDO.GetSimpleList(t.Context(), "y_colour")
	require.NoError(t, err)
	assert.Equal(t, []string{"Black", "Green", `US:"Red";NO:"Rød"`, "Navy"}, names(simple))
	require.NoError(t, client.List.DeleteFromListName(t.Context(), added.ID, "y_colour"))
	selectable, err := entities.MDOList.Selectable(t.Context(), "y_colour")
	require.NoError(t, err)
	assert.Len(t, selectable, 3)
	whole, err := client.List.GetAllFromListName(t.Context(), "y_colour", true)
	require.NoError(t, err)
	assert.Len(t, whole, 3)
	found, err := client.MDO.GetListWithRestriction(t.Context(), "y_colour", "", "nav")
	require.NoError(t, err)
	assert.Equal(t, []string{"Navy"}, names(found))

	_, err = entities.Lists.Category.Add(t.Context(), &superoffice.ListItemEntity{Name: "Customer"})
	require.NoError(t, err)
	all, err := client.MDO.GetListNames(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"category", "y_colour"}, all)
	categories, err := entities.MDOList.Get(t.Context(), "category")
	require.NoError(t, err)
	assert.Equal(t, []string{"Customer"}, names(categories))
	definitions, err := client.List.GetListDefinitions(t.Context(), false)
	require.NoError(t, err)
	require.Len(t, definitions, 2)
	byNumber, err := client.List.GetAllFromListDefinition(t.Context(), definitions[1].ID, false)
	require.NoError(t, err)
	assert.Len(t, byNumber, 3)
	assert.Panics(t, func() { server.AddList("contact") })
}

func TestDemoLists(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithDemoData(2))
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	entities := rest.New(client)
	items, err := entities.Lists.Category.Items(t.Context())
	require.NoError(t, err)
	assert.Len(t, items, 4)
	currencies, err := entities.Lists.Currency.Items(t.Context())
	require.NoError(t, err)
	require.Len(t, currencies, 3)
	assert.Equal(t, "NOK", currencies[0].Name)
	assert.NotZero(t, currencies[1].CurrencyID)
	fields, err := client.UserDefinedFieldInfo.GetPublishedUserDefinedFieldList(t.Context(), superoffice.UDefTypeSale)
	require.NoError(t, err)
	assert.Len(t, fields, 3)
}

func TestCustomObjects(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	entities := rest.New(client)
	fresh, err := client.CustomObject.CreateDefaultCustomObject(t.Context(), equipment)
	require.NoError(t, err)
	assert.Equal(t, "[I:1]", fresh.Values["x_count"])
	fresh.Values["x_no"] = "a"
	saved, err := client.CustomObject.SaveCustomObject(t.Context(), equipment, fresh)
	require.NoError(t, err)
	assert.Equal(t, 1, saved.ID)
	assert.Equal(t, "a", saved.Values["x_no"])
	saved.Values["x_price"] = "[F:1.5]"
	_, err = entities.CustomObject.Save(t.Context(), equipment, saved)
	require.NoError(t, err)
	assert.Equal(t, []map[string]superoffice.FieldValue{{"id": "[I:1]", "x_no": "a", "x_count": "[I:1]", "x_price": "[F:1.5]"}}, server.Table(equipment))
	same, err := entities.CustomObject.Get(t.Context(), equipment, 1)
	require.NoError(t, err)
	assert.Equal(t, "[F:1.5]", same.Values["x_price"])
	require.NoError(t, entities.CustomObject.Delete(t.Context(), equipment, 1))
	_, err = entities.CustomObject.Get(t.Context(), equipment, 1)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	_, err = client.CustomObject.GetCustomObject(t.Context(), equipment, 1)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	_, err = entities.CustomObject.Get(t.Context(), "contact", 1)
	require.ErrorIs(t, err, superoffice.ErrNotFound, "is none")

	definition, err := entities.CustomObjectDefinition.Get(t.Context(), equipment)
	require.NoError(t, err)
	assert.Equal(t, "Equipment", definition.Title)
	assert.Equal(t, "x_no", definition.DisplayField)
	require.Len(t, definition.Fields, 10)
	assert.Equal(t, superoffice.CustomObjectField{FieldName: "x_count", FieldType: "int", DisplayName: "x_count", UseDefaultValue: true, DefaultValue: "[I:1]", Rank: 2, IsDefault: true}, definition.Fields[1])
	twin, err := client.CustomObject.GetCustomObjectDefinition(t.Context(), equipment)
	require.NoError(t, err)
	assert.Equal(t, definition, twin)
	all, err := client.CustomObject.GetCustomObjectsMetadata(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, equipment, all[0].TableName)
	assert.Equal(t, "x_contact", all[0].Relations[0].RelationField)
}
