package archive_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// company is what one wants to know of a company.
type company struct {
	ID       int    `so:"contactId,key"`
	Name     string `so:"name"`
	Category string `so:"category"`
}

// What is saved by an agent stands in the lists.
func TestWhatIsSavedIsListed(t *testing.T) {
	t.Parallel()
	_, client := newServer(t, superofficetest.WithDemoData(20))
	ctx := background()
	fresh, err := client.Contact.CreateDefaultContactEntity(ctx)
	require.NoError(t, err)
	fresh.Name = "Ny's AS"
	fresh.CustomFields.Set("SuperOffice:2", superoffice.IntValue(42))
	saved, err := client.Contact.SaveContactEntity(ctx, fresh)
	require.NoError(t, err)
	query := archive.From[company](client, archive.FindContact).Where(archive.Text("name").Is("Ny's AS"), archive.Int("contactUdef/SuperOffice:2").Is(42))
	found, err := query.First(ctx)
	require.NoError(t, err)
	assert.Equal(t, saved.ContactID, found.ID)

	known, err := client.Contact.GetContactEntity(ctx, 7)
	require.NoError(t, err)
	listed, err := archive.From[company](client, archive.SimpleContact).Where(archive.Int("contactId").Is(7)).First(ctx)
	require.NoError(t, err)
	assert.Equal(t, known.Name, listed.Name)
	known.Name = "Renamed"
	_, err = client.Contact.SaveContactEntity(ctx, known)
	require.NoError(t, err)
	type person struct {
		ID      int    `so:"personId,key"`
		Name    string `so:"fullName"`
		Company string `so:"contact/name"`
	}
	persons, err := archive.Below[person](client, "Contact", 7, "Persons").Collect(ctx)
	require.NoError(t, err)
	require.Len(t, persons, 2)
	for _, p := range persons {
		assert.Equal(t, "Renamed", p.Company)
	}
	sales, err := archive.Below[archive.Row](client, "Contact", 7, "Sales").Collect(ctx)
	require.NoError(t, err)
	assert.Len(t, sales, 10)
	require.NoError(t, client.Contact.DeleteContactEntity(ctx, 7))
	_, err = archive.From[company](client, archive.FindContact).Where(archive.Int("contactId").Is(7)).First(ctx)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
	for _, list := range []string{"Appointments", "Documents", "Tickets", "Activities"} {
		rows, err := archive.Below[archive.Row](client, "Contact", 3, list).Collect(ctx)
		require.NoError(t, err, list)
		assert.NotEmpty(t, rows, list)
	}
}

// The agent's calls list the same rows.
func TestTheAgentListsTheSame(t *testing.T) {
	t.Parallel()
	_, client := newServer(t, superofficetest.WithDemoData(30))
	ctx := background()
	want, err := archive.From[company](client, archive.FindContact).Where(archive.Text("name").Contains("Oslo"), archive.Int("contactId").Greater(1)).Collect(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, want)
	texts, err := client.Archive.GetArchiveListByColumns2(ctx, superoffice.ArchiveGetArchiveListByColumns2Request{
		ProviderName: "FindContact", Columns: "contactId,name", Restrictions: "name contains 'Oslo' and contactId gt 1", SortOrder: "contactId", PageSize: 100,
	})
	require.NoError(t, err)
	structured, err := client.Archive.GetArchiveListByColumnsWithHeader(ctx, superoffice.ArchiveGetArchiveListByColumnsWithHeaderRequest{
		ProviderName: "FindContact", Columns: []string{"contactId", "name"}, PageSize: 100,
		SortOrder: []superoffice.ArchiveOrderByInfo{{Name: "contactId", Direction: superoffice.OrderBySortTypeASC}},
		Restriction: []superoffice.ArchiveRestrictionInfo{
			{Name: "name", Operator: "contains", Values: []string{"Oslo"}, InterOperator: superoffice.InterRestrictionOperatorAnd},
			{Name: "contactId", Operator: ">", Values: []string{"[I:1]"}},
		},
	})
	require.NoError(t, err)
	assert.Equal(t, len(want), structured.RowCount)
	require.Len(t, texts, len(want))
	require.Len(t, structured.Rows, len(want))
	for i, row := range texts {
		id, err := superoffice.FieldValue(row.ColumnData["contactId"].DisplayValue).Int()
		require.NoError(t, err)
		assert.Equal(t, want[i].ID, id)
		assert.Equal(t, want[i].ID, row.PrimaryKey)
		assert.Equal(t, want[i].Name, structured.Rows[i].ColumnData["name"].DisplayValue)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	_, client := newServer(t, superofficetest.WithDemoData(1))
	query := archive.From[company](client, archive.FindContact)
	for language, want := range map[string]string{"en": "Prospect", "nb": "Potensiell kunde", "": `US:"Prospect";NO:"Potensiell kunde"`} {
		got, err := query.With(superoffice.WithLanguage(language)).First(background())
		require.NoError(t, err)
		assert.Equal(t, want, got.Category)
	}
	type full struct {
		Category archive.Cell[int] `so:"category"`
	}
	got, err := archive.From[full](client, archive.FindContact).With(superoffice.WithLanguage("en")).First(background())
	require.NoError(t, err)
	assert.Equal(t, archive.Cell[int]{Value: 2, Text: "Prospect", Hint: "{category}"}, got.Category)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	_, client := newServer(t, superofficetest.WithDemoData(1))
	good := archive.From[Sale](client, archive.FindSale).Where(Updated.After(noon), archive.Text("heading").Begins("a"), archive.List("status").AnyOf(1)).
		OrderBy(archive.Text("heading").Asc())
	require.NoError(t, good.Check(background()))
	type worker struct {
		ID int `so:"personId,key"`
	}
	require.NoError(t, archive.Below[worker](client, "Contact", 1, "Persons").Where(archive.Int("contactId").Is(1)).Check(background()))

	type wrong struct {
		ID   int    `so:"saleId,key"`
		Typo string `so:"headding"`
	}
	bad := archive.From[wrong](client, archive.FindSale).OrderBy(archive.Text("nothing").Asc()).
		Where(archive.Text("amount").Contains("5"), archive.Or(archive.Int("heading").Is(5), archive.Date("saleId").On(noon)), archive.List("updatedDate").IsNull())
	err := bad.Check(background())
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	for _, part := range []string{"Typo", "headding", "nothing", "amount is of the kind decimal", "heading is of the kind string", "saleId is of the kind int"} {
		assert.ErrorContains(t, err, part)
	}
	assert.NotContains(t, err.Error(), "updatedDate")
	require.ErrorIs(t, archive.Below[item](client, "Nothing", 1, "Known").Check(background()), superoffice.ErrInvalidArgument)
	require.ErrorIs(t, archive.From[int](client, "x").Check(background()), superoffice.ErrInvalidArgument)

	columns, err := archive.Columns(background(), client, archive.FindSale)
	require.NoError(t, err)
	assert.Greater(t, len(columns), 20)
	_, err = archive.Columns(background(), client, "")
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	_, err = archive.Columns(background(), nil, archive.FindSale)
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

// The filters that are written are those that the server understands.
func TestFiltersSelect(t *testing.T) {
	t.Parallel()
	server, client := newServer(t, superofficetest.WithToday(noon))
	type row struct {
		ID   int       `so:"itemId,key"`
		Name *string   `so:"name"`
		Amt  float64   `so:"amount"`
		Stop bool      `so:"xstop"`
		Date time.Time `so:"date"`
		Tags []int     `so:"tags"`
	}
	server.Rows("x", []row{
		{1, pointer("Oslo"), 0.5, true, noon, []int{1, 2}},
		{2, pointer("oslo fjord"), 1, false, noon.AddDate(0, 0, -1), []int{2}},
		{3, nil, 2, false, time.Time{}, nil},
		{4, pointer(`a\'b`), 3, true, noon.AddDate(0, -1, 0), []int{3}},
	})
	id, tagged := archive.Int("itemId"), archive.Tags("tags")
	for want, conds := range map[string][]archive.Cond{
		"1 2 3 4": nil, "1": {aText.Is("OSLO")}, "1 2": {aText.Begins("os")}, "2": {aText.Ends("fjord")}, "4": {aText.Contains(`\'`)}, "3": {aText.IsNull()},
		"1 2 4": {aText.IsNotNull()}, "1 4": {aBool.Is(true)}, "2 3": {aBool.Is(false)}, "3 4": {aFloat.Greater(1)}, "1 2 ": {aFloat.Less(2)},
		"2 3 ": {aFloat.Between(1, 2)}, "2 4": {id.In(2, 4, 9)}, "1 3": {id.In(1, 3)}, "1 ": {aDate.On(noon)}, "2 ": {aDate.Before(noon), aDate.After(noon.AddDate(0, 0, -3))},
		"1 2  ": {aDate.In(archive.ThisPeriod(archive.Months))}, "4 ": {aDate.In(archive.PreviousPeriod(1, archive.Months))}, "1 2 4 ": {aDate.In(archive.ThisPeriod(archive.Years))},
		"1  ": {tagged.AllOf(1, 2)}, "1 2   ": {tagged.AnyOf(2)}, "3  ": {aDate.IsNull()}, "1 4 ": {archive.Or(aDate.On(noon), id.Is(4))},
		"2 3 4": {archive.Not(id.Is(1))}, "3 4 ": {archive.Not(id.Less(3))}, "1 4  ": {archive.Not(id.Between(2, 3))}, "2  ": {archive.Not(archive.Or(id.Is(1), id.Greater(2)))},
		"": {archive.Raw("getNoRows=true")}, "1 2 3 4 ": {archive.Raw("getAllRows=true")},
	} {
		all, err := archive.From[row](client, "x").Where(conds...).Collect(background())
		require.NoError(t, err, conds)
		var ids []string
		for _, r := range all {
			ids = append(ids, string(rune('0'+r.ID)))
		}
		assert.Equal(t, strings.TrimSpace(want), strings.Join(ids, " "), archive.From[row](client, "x").Where(conds...).String())
	}
}

// Groups come between the rows that head and close them, whatever the size of
// the pages.
func TestGroups(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	type sold struct {
		ID     int     `so:"saleId,key"`
		Stage  string  `so:"stage"`
		Year   int     `so:"year"`
		Amount float64 `so:"amount"`
	}
	server.Rows("FindSale", []sold{{1, "won", 2025, 10}, {2, "lost", 2026, 20}, {3, "Won", 2026, 30.5}, {4, "won", 2025, 1}})
	type line struct {
		Kind  string  `so:"EntityName"`
		Stage string  `so:"GroupBy(stage):Header,Footer"`
		Year  int     `so:"GroupBy(year):Footer"`
		Sum   float64 `so:"Sum(amount):HideDetail"`
		Count int     `so:"CountAll(saleId):HideDetail"`
		ID    int     `so:"saleId"`
	}
	want := []line{
		{"header:1", "lost", 0, 20, 1, 0}, {"sale", "lost", 2026, 0, 0, 2}, {"footer:2", "lost", 2026, 20, 1, 0}, {"footer:1", "lost", 0, 20, 1, 0},
		{"header:1", "won", 0, 41.5, 3, 0}, {"sale", "won", 2025, 0, 0, 1}, {"sale", "won", 2025, 0, 0, 4}, {"footer:2", "won", 2025, 11, 2, 0},
		{"sale", "Won", 2026, 0, 0, 3}, {"footer:2", "Won", 2026, 30.5, 1, 0}, {"footer:1", "won", 0, 41.5, 3, 0},
		{"grandtotal", "", 0, 61.5, 4, 0},
	}
	for _, size := range []int{1, 2, 3, 11, 1000} {
		all, err := archive.From[line](client, archive.FindSale).GrandTotal().PageSize(size).Collect(background())
		require.NoError(t, err)
		assert.Equal(t, want, all, size)
	}
	type stage struct {
		Kind  string  `so:"EntityName"`
		Stage string  `so:"GroupBy(stage):Footer,HideDetail"`
		Mean  float64 `so:"Avg(amount)"`
		Years int     `so:"Count(year)"`
	}
	stages, err := archive.From[stage](client, archive.FindSale).OrderBy(archive.Text("stage").Desc()).Collect(background())
	require.NoError(t, err)
	assert.Equal(t, []stage{{"footer:1", "won", 41.5 / 3, 2}, {"footer:1", "lost", 20, 1}}, stages)
}

func TestGrandTotal(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	type sold struct {
		ID     int     `so:"saleId"`
		Amount float64 `so:"amount"`
	}
	server.Rows("FindSale", []sold{{1, 10}, {2, 20}, {3, 30.5}})
	type total struct {
		Kind string  `so:"EntityName"`
		ID   int     `so:"saleId,key"`
		Sum  float64 `so:"Sum(amount):HideDetail"`
	}
	for _, size := range []int{1000, 2, 3} {
		all, err := archive.From[total](client, archive.FindSale).GrandTotal().PageSize(size).Collect(background())
		require.NoError(t, err)
		require.Len(t, all, 4)
		assert.Equal(t, total{"grandtotal", 0, 60.5}, all[3])
	}
}
