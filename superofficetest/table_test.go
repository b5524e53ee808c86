package superofficetest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/rest"
	"github.com/superoffice-go/superoffice/superofficetest"
)

const equipment = "y_equipment"

// withEquipment starts a server with an extra table that has a column of each type.
func withEquipment(t *testing.T, opts ...superofficetest.Option) (*superofficetest.Server, *superoffice.Client) {
	t.Helper()
	server := superofficetest.NewServer(append([]superofficetest.Option{superofficetest.WithTest(t)}, opts...)...)
	server.AddTable(superofficetest.Table{Name: equipment, Title: "Equipment", Display: "x_no", Columns: []superofficetest.Column{
		{Name: "x_no", Type: superofficetest.ColumnString, MaxLength: 5, NotNull: true, Label: "Number"},
		{Name: "x_count", Type: superofficetest.ColumnInt, Default: "1"},
		{Name: "x_contact", Type: superofficetest.ColumnID, Table: "contact"},
		{Name: "x_price", Type: superofficetest.ColumnDecimal},
		{Name: "x_hired", Type: superofficetest.ColumnBool},
		{Name: "x_bought", Type: superofficetest.ColumnDate},
		{Name: "x_seen", Type: superofficetest.ColumnDateTime},
		{Name: "x_opens", Type: superofficetest.ColumnTime},
		{Name: "x_ran", Type: superofficetest.ColumnTimeSpan},
		{Name: "x_tags", Type: superofficetest.ColumnIDs},
	}})
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	return server, client
}

// insert adds rows to a table and wants it to work.
func insert(t *testing.T, client *superoffice.Client, table string, columns []string, data ...[]string) {
	t.Helper()
	result, err := client.DatabaseTable.Insert(t.Context(), table, columns, data)
	require.NoError(t, err)
	require.True(t, result.Success, result.Message)
	require.Equal(t, len(data), result.Inserts)
}

// everyKind is a row of the extra table as the server sends it.
var everyKind = map[string]superoffice.FieldValue{
	"id": "[I:1]", "x_no": "[I:5]", "x_count": "[I:42]", "x_contact": "[I:2]", "x_price": "[F:99.95]", "x_hired": "[I:1]", "x_bought": "[D:04/28/2024]",
	"x_seen": "[DT:04/28/2024 20:28:37.0000000]", "x_opens": "[T:08:30]", "x_ran": "[TS:500]", "x_tags": "[A:3,4]",
}

// encodedRow are the names and values of a row that is sent.
func encodedRow(values map[string]superoffice.FieldValue) (columns, cells []string) {
	for name, value := range values {
		if name != "id" {
			columns = append(columns, name)
			cells = append(cells, string(value))
		}
	}
	return columns, cells
}

// The same row comes back from each face of the server, whichever it went in by.
func TestTableOnEveryFace(t *testing.T) {
	t.Parallel()
	columns, cells := encodedRow(everyKind)
	values := make(map[string]string)
	for i := range columns {
		values[columns[i]] = cells[i]
	}
	writes := map[string]func(context.Context, *superoffice.Client) error{
		"mass insert": func(ctx context.Context, c *superoffice.Client) error {
			_, err := c.DatabaseTable.Insert(ctx, equipment, columns, [][]string{cells})
			return err
		},
		"upsert": func(ctx context.Context, c *superoffice.Client) error {
			_, err := c.DatabaseTable.Upsert(ctx, superoffice.DatabaseTableUpsertRequest{TableName: equipment, Columns: columns, Keys: []string{"x_no"}, Data: [][]string{cells}})
			return err
		},
		"row": func(ctx context.Context, c *superoffice.Client) error {
			_, err := c.DatabaseTable.InsertRow(ctx, equipment, values)
			return err
		},
		"REST": func(ctx context.Context, c *superoffice.Client) error {
			id, err := rest.New(c).Table.Insert(ctx, equipment, map[string]string{"x_no": "x"})
			if err == nil {
				err = rest.New(c).Table.Update(ctx, equipment, id, values)
			}
			return err
		},
		"bare": func(ctx context.Context, c *superoffice.Client) error {
			_, err := c.DatabaseTable.Insert(ctx, equipment, []string{"x_no", "x_count", "x_contact", "x_price", "x_hired", "x_bought", "x_seen", "x_opens", "x_ran", "x_tags"},
				[][]string{{"[I:5]", "42", "2", "99.95", "True", "2024-04-28", "2024-04-28T20:28:37", "08:30", "500", "3,4"}})
			return err
		},
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := withEquipment(t)
			require.NoError(t, write(t.Context(), client))
			assert.Equal(t, []map[string]superoffice.FieldValue{everyKind}, server.Table(equipment))

			record, err := client.DatabaseTable.ReadRow(t.Context(), equipment, 1)
			require.NoError(t, err)
			same, err := rest.New(client).Table.Get(t.Context(), equipment, 1)
			require.NoError(t, err)
			assert.Equal(t, record.Values, same.Values)
			for column, value := range everyKind {
				assert.Equal(t, string(value), record.Values[column])
			}
			type row struct {
				ID     int       `so:"y_equipment.id,key"`
				No     string    `so:"y_equipment.x_no"`
				Count  int       `so:"y_equipment.x_count"`
				Price  float64   `so:"y_equipment.x_price"`
				Hired  bool      `so:"y_equipment.x_hired"`
				Bought time.Time `so:"y_equipment.x_bought"`
				Seen   time.Time `so:"y_equipment.x_seen"`
				Ran    int       `so:"y_equipment.x_ran"`
				Tags   []int     `so:"y_equipment.x_tags"`
			}
			rows, err := archive.From[row](client, archive.Dynamic).Collect(t.Context())
			require.NoError(t, err)
			day := time.Date(2024, 4, 28, 0, 0, 0, 0, time.UTC)
			seen := day.Add(20*time.Hour + 28*time.Minute + 37*time.Second)
			require.Len(t, rows, 1)
			assert.True(t, rows[0].Bought.Equal(day) && rows[0].Seen.Equal(seen), rows[0])
			rows[0].Bought, rows[0].Seen = day, seen
			assert.Equal(t, []row{{1, "[I:5]", 42, 99.95, true, day, seen, 500, []int{3, 4}}}, rows)
		})
	}
}

func TestTableRows(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	_, err := client.DatabaseTable.ReadRow(t.Context(), equipment, 1)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	entities := rest.New(client)
	_, err = entities.Table.Get(t.Context(), equipment, 1)
	require.ErrorIs(t, err, superoffice.ErrNotFound)

	id, err := client.DatabaseTable.InsertRow(t.Context(), equipment, map[string]string{"X_NO": "a"})
	require.NoError(t, err)
	assert.Equal(t, []map[string]superoffice.FieldValue{{"id": "[I:1]", "x_no": "a", "x_count": "[I:1]"}}, server.Table(equipment), "the rest has no value")
	require.NoError(t, client.DatabaseTable.UpdateRow(t.Context(), equipment, id, map[string]string{"x_count": "[I:6]", "x_price": ""}))
	assert.Equal(t, superoffice.FieldValue("[I:6]"), server.Table(equipment)[0]["x_count"])

	for what, values := range map[string]map[string]string{
		"no such column": {"x_no": "b", "x_nothing": "1"}, "too long": {"x_no": "123456"}, "no number": {"x_no": "b", "x_count": "many"},
		"needs a value": {"x_count": "1"}, "a key of its own": {"id": "7", "x_no": "b"}, "another encoding": {"x_no": "b", "x_seen": "[I:5]"},
	} {
		_, err := entities.Table.Insert(t.Context(), equipment, values)
		failure, _ := asError(err)
		require.NotNil(t, failure, what)
		assert.Equal(t, 400, failure.StatusCode, what)
	}
	require.Error(t, entities.Table.Update(t.Context(), equipment, 99, map[string]string{"x_no": "b"}))
	require.Error(t, entities.Table.Update(t.Context(), equipment, id, map[string]string{"id": "99"}))
	_, err = entities.Table.Insert(t.Context(), "y_nothing", map[string]string{"x_no": "b"})
	require.Error(t, err)
	_, err = entities.Table.Insert(t.Context(), "ErpConnection", map[string]string{"x_no": "b"})
	failure, _ := asError(err)
	require.NotNil(t, failure)
	assert.Equal(t, "SoDbAccessException", failure.Type)

	require.NoError(t, entities.Table.Delete(t.Context(), equipment, id))
	require.NoError(t, client.DatabaseTable.DeleteRow(t.Context(), equipment, id), "it is gone")
	assert.Empty(t, server.Table(equipment))
}

func TestAddTable(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	insert(t, client, equipment, []string{"x_no"}, []string{"a"})
	server.AddTable(superofficetest.Table{Name: equipment, Columns: []superofficetest.Column{{Name: "x_later", Type: superofficetest.ColumnInt}}})
	require.NoError(t, client.DatabaseTable.UpdateRow(t.Context(), equipment, 1, map[string]string{"x_later": "5"}))
	assert.Equal(t, superoffice.FieldValue("[I:5]"), server.Table(equipment)[0]["x_later"])
	server.AddTable(superofficetest.Table{Name: "y_other", Key: "other_id"})
	insert(t, client, "contact", []string{"name"}, []string{"Berg AS"})
	server.AddTable(superofficetest.Table{Name: "contact", Columns: []superofficetest.Column{{Name: "x_size", Type: superofficetest.ColumnInt}}})
	id := must(server.Table("contact")[0]["contact_id"].Int())
	require.NoError(t, client.DatabaseTable.UpdateRow(t.Context(), "contact", id, map[string]string{"x_size": "[I:9]"}))
	contact, err := client.Contact.GetContactEntity(t.Context(), id)
	require.NoError(t, err)
	size, _ := contact.CustomFields.Get("x_size")
	assert.Equal(t, superoffice.IntValue(9), size)

	for what, table := range map[string]superofficetest.Table{
		"name":    {Name: "no table"},
		"taken":   {Name: equipment, Title: "Twice"},
		"column":  {Name: "y_new", Columns: []superofficetest.Column{{Name: "x no", Type: superofficetest.ColumnInt}}},
		"type":    {Name: "y_new", Columns: []superofficetest.Column{{Name: "x_no"}}},
		"twice":   {Name: equipment, Columns: []superofficetest.Column{{Name: "X_NO", Type: superofficetest.ColumnInt}}},
		"default": {Name: "y_new", Columns: []superofficetest.Column{{Name: "x_no", Type: superofficetest.ColumnInt, Default: "many"}}},
	} {
		assert.Panics(t, func() { server.AddTable(table) }, what)
	}
	assert.Panics(t, func() { server.Table("y_nothing") })
}

// What mass operations write, agents, entities and archives read, and the other way
// round.
func TestCoreTablesAreOneWorld(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithDemoData(3))
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	insert(t, client, "contact", []string{"contact_id", "name", "department", "orgNr", "category_idx", "associate_id", "xstop"},
		[]string{"0", "Berg AS", "Sales", "987", "[I:2]", "2", "1"})
	rows := server.Table("contact")
	id := must(rows[len(rows)-1]["contact_id"].Int())
	contact, err := client.Contact.GetContactEntity(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, "Berg AS", contact.Name)
	assert.Equal(t, "987", contact.OrgNr)
	assert.Equal(t, 2, contact.Category.ID)
	assert.Contains(t, contact.Category.Value, "Prospect")
	assert.Equal(t, "OB", contact.Associate.Name)
	assert.True(t, contact.Xstop)
	assert.False(t, contact.UpdatedDate.IsZero())

	type found struct {
		ID       int    `so:"contactId,key"`
		Name     string `so:"name"`
		Category string `so:"category"`
	}
	const name archive.Text = "name"
	byName, err := archive.From[found](client, archive.FindContact).Where(name.Is("Berg AS")).Collect(t.Context())
	require.NoError(t, err)
	require.Len(t, byName, 1)
	assert.Equal(t, id, byName[0].ID)

	contact.Department = "Service"
	_, err = client.Contact.SaveContactEntity(t.Context(), contact)
	require.NoError(t, err)
	type row struct {
		Department string `so:"contact.department"`
		Owner      string `so:"contact.associate_id.name"`
	}
	const number archive.Int = "contact.contact_id"
	dynamic, err := archive.From[row](client, archive.Dynamic).Where(number.Is(id)).Collect(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []row{{"Service", "OB"}}, dynamic)

	insert(t, client, "person", []string{"firstname", "lastname", "contact_id"}, []string{"Kari", "Berg", fmt.Sprint(id)})
	insert(t, client, "sale", []string{"heading", "amount", "contact_id", "status", "saledate"}, []string{"10 pumps", "[F:1.5]", fmt.Sprint(id), "2", "[D:01/31/2026]"})
	persons, err := archive.Below[archive.Row](client, "Contact", id, "Persons").Collect(t.Context())
	require.NoError(t, err)
	require.Len(t, persons, 1)
	fullName, _ := persons[0].Text("fullName")
	assert.Equal(t, "Kari Berg", fullName)
	sales := server.Table("sale")
	sale, err := client.Sale.GetSaleEntity(t.Context(), must(sales[len(sales)-1]["sale_id"].Int()))
	require.NoError(t, err)
	assert.Equal(t, superoffice.SaleStatusSold, sale.Status)
	assert.Equal(t, "Berg AS", sale.Contact.Name)
	assert.Equal(t, "2026-01-31T00:00:00", sale.Saledate.String())
	assert.InDelta(t, 1.5, sale.Amount, 0)

	result, err := client.DatabaseTable.Delete(t.Context(), "contact", []int{id, 99999})
	require.NoError(t, err)
	assert.Equal(t, 1, result.Deletes)
	_, err = client.Contact.GetContactEntity(t.Context(), id)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
}

// A row of the demo data keeps what an update does not name.
func TestUpdateOfDemoData(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithDemoData(3))
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	before, err := client.Contact.GetContactEntity(t.Context(), 2)
	require.NoError(t, err)
	result, err := client.DatabaseTable.Upsert(t.Context(), superoffice.DatabaseTableUpsertRequest{
		TableName: "contact", Columns: []string{"contact_id", "department"}, Keys: []string{"contact_id"}, Data: [][]string{{"2", "Sales"}},
	})
	require.NoError(t, err)
	assert.Equal(t, 1, result.Updates)
	after, err := client.Contact.GetContactEntity(t.Context(), 2)
	require.NoError(t, err)
	assert.Equal(t, "Sales", after.Department)
	before.Department, before.UpdatedDate = after.Department, after.UpdatedDate
	assert.Equal(t, before, after)
}

func TestDynamic(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t, superofficetest.WithDemoData(5))
	for i := range 25 {
		insert(t, client, equipment, []string{"x_no", "x_count", "x_contact"}, []string{fmt.Sprintf("n%d", i%2), fmt.Sprint(i), fmt.Sprint(i%5 + 1)})
	}
	type row struct {
		ID      int    `so:"y_equipment.id,key"`
		No      string `so:"y_equipment.x_no"`
		Count   int    `so:"y_equipment.x_count"`
		Company string `so:"y_equipment.x_contact.name"`
		Kind    string `so:"EntityName"`
	}
	const (
		no    archive.Text = "y_equipment.x_no"
		count archive.Int  = "y_equipment.x_count"
	)
	rows, err := archive.From[row](client, archive.Dynamic).Where(no.Is("N1"), count.Greater(9)).OrderBy(count.Desc()).PageSize(3).Collect(t.Context())
	require.NoError(t, err)
	require.Len(t, rows, 7)
	assert.Equal(t, row{24, "n1", 23, string(server.Table("contact")[3]["name"]), equipment}, rows[0])
	assert.True(t, slices.IsSortedFunc(rows, func(a, b row) int { return b.Count - a.Count }))

	listed, err := client.Archive.GetArchiveListByColumns(t.Context(), superoffice.ArchiveGetArchiveListByColumnsRequest{
		ProviderName: "Dynamic", Columns: []string{"y_equipment.x_no", "y_equipment.x_count"}, PageSize: 2,
	})
	require.NoError(t, err)
	require.Len(t, listed, 2)
	assert.Equal(t, "[I:0]", listed[0].ColumnData["y_equipment.x_count"].DisplayValue)

	all, err := archive.From[archive.Row](client, "dynamic").Limit(2).Collect(t.Context())
	require.NoError(t, err)
	assert.Contains(t, all[0].Columns(), "y_equipment.x_no", "the first extra table")
	for _, columns := range []string{"y_equipment.x_nothing", "y_nothing.id", "y_equipment.x_no,contact.name", "y_equipment.x_no.name"} {
		err := client.Call(t.Context(), "GET", "v1/Archive/dynamic?$select="+columns, nil, &map[string]any{})
		failure, _ := asError(err)
		require.NotNil(t, failure, columns)
		assert.Equal(t, 400, failure.StatusCode, columns)
	}
}
