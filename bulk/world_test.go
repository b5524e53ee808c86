package bulk_test

import (
	"context"
	"slices"
	"strconv"
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

// rental has a column of each type.
type rental struct {
	ID    int           `so:"id"`
	No    string        `so:"x_no"`
	Count int           `so:"x_count"`
	Price float64       `so:"x_price"`
	Out   bool          `so:"x_out"`
	Day   time.Time     `so:"x_day"`
	At    *time.Time    `so:"x_at"`
	Noon  time.Duration `so:"x_span"`
	Kind  udef.Item     `so:"x_kind"`
	Tags  []int         `so:"x_tags"`
}

var rentals = superofficetest.Table{Name: "y_lease", Columns: []superofficetest.Column{
	{Name: "x_no", Type: superofficetest.ColumnString, MaxLength: 20, NotNull: true}, {Name: "x_count", Type: superofficetest.ColumnInt},
	{Name: "x_price", Type: superofficetest.ColumnDecimal}, {Name: "x_out", Type: superofficetest.ColumnBool}, {Name: "x_day", Type: superofficetest.ColumnDate},
	{Name: "x_at", Type: superofficetest.ColumnDateTime}, {Name: "x_span", Type: superofficetest.ColumnTimeSpan}, {Name: "x_kind", Type: superofficetest.ColumnInt},
	{Name: "x_tags", Type: superofficetest.ColumnIDs},
}}

func newServer(t *testing.T) (*superofficetest.Server, *superoffice.Client) {
	t.Helper()
	server := superofficetest.NewServer(superofficetest.WithTest(t))
	server.AddTable(rentals)
	client := server.Client()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	return server, client
}

func leases(n int) []rental {
	all := make([]rental, n)
	for i, e := range pieces(n) {
		all[i] = rental{No: e.No, Count: i, Day: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}
	}
	return all
}

// A row has the same values whichever way it is read.
func TestEveryFace(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	want := rental{
		No: "a [b] 'c'", Count: -7, Price: 12.25, Out: true, Day: time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC), At: &at, Noon: 90 * time.Second,
		Kind: udef.Item{ID: 5}, Tags: []int{3, 4},
	}
	into := bulk.Into[rental](client, "y_lease")
	all, err := collect(t, into.Upsert(background(), []string{"x_no"}, slices.Values([]rental{want})))
	require.NoError(t, err)
	require.NoError(t, all[0].Err)
	want.ID = all[0].PrimaryKey
	require.Positive(t, want.ID)

	record, err := rest.New(client).Table.Get(background(), "y_lease", want.ID)
	require.NoError(t, err)
	got, err := udef.DecodeValues[rental](record.Values)
	require.NoError(t, err)
	assert.Equal(t, want, got, "v1/Table: %v", record.Values)

	record, err = client.DatabaseTable.ReadRow(background(), "y_lease", want.ID)
	require.NoError(t, err)
	got, err = udef.DecodeValues[rental](record.Values)
	require.NoError(t, err)
	assert.Equal(t, want, got, "the agent")

	type row struct {
		Lease rental `so:"y_lease."`
	}
	one, err := archive.From[row](client, archive.Dynamic).First(background())
	require.NoError(t, err)
	assert.Equal(t, want, one.Lease, "dynamic")

	all, err = collect(t, into.Upsert(background(), []string{"id"}, slices.Values([]rental{got})))
	require.NoError(t, err)
	assert.Equal(t, bulk.Unchanged, all[0].Status, "%v", all[0].Err)
}

// Rows of the vendor's tables are those of agents.
func TestVendorTables(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	type company struct {
		ID         int    `so:"contact_id"`
		Name       string `so:"name"`
		Department string `so:"department"`
	}
	all, err := collect(t, bulk.Into[company](client, "contact").Insert(background(), slices.Values([]company{{Name: "Oslo Ost"}, {Name: "Bergen Brygge"}})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Inserted, bulk.Inserted}, statuses(all))
	const name archive.Text = "name"
	type row struct {
		ID int `so:"contactId,key"`
	}
	found, err := archive.From[row](client, archive.FindContact).Where(name.Is("Oslo Ost")).First(background())
	require.NoError(t, err)
	contact, err := client.Contact.GetContactEntity(background(), found.ID)
	require.NoError(t, err)
	assert.Equal(t, "Oslo Ost", contact.Name)
	all, err = collect(t, bulk.Into[company](client, "contact").Upsert(background(), []string{"contact_id"}, slices.Values([]company{{found.ID, "Oslo Ost", "Sales"}})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Updated}, statuses(all))
	contact, err = client.Contact.GetContactEntity(background(), found.ID)
	require.NoError(t, err)
	assert.Equal(t, "Sales", contact.Department)
	all, err = collect(t, bulk.Into[company](client, "contact").Delete(background(), slices.Values([]int{found.ID})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Deleted}, statuses(all))
	_, err = client.Contact.GetContactEntity(background(), found.ID)
	require.ErrorIs(t, err, superoffice.ErrNotFound)
}

// What is lost on the way back is Unknown, and Resume finds out.
func TestResume(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	into := bulk.Into[rental](client, "y_lease").BatchRows(100)
	rows := leases(500)
	server.InjectOn("DatabaseTable/Insert", 1, superofficetest.LostAnswer())
	server.InjectOn("DatabaseTable/Insert", 1, superofficetest.Reset())
	all, err := collect(t, into.Insert(background(), slices.Values(rows)))
	require.NoError(t, err)
	assert.Equal(t, slices.Concat(slices.Repeat([]bulk.Status{bulk.Unknown}, 200), slices.Repeat([]bulk.Status{bulk.Inserted}, 300)), statuses(all))
	assert.Len(t, server.Table("y_lease"), 400)

	var unknown []rental
	for _, o := range all {
		if o.Status == bulk.Unknown {
			unknown = append(unknown, rows[o.Row])
		}
	}
	again, err := collect(t, into.Resume(background(), []string{"x_no"}, slices.Values(unknown)))
	require.NoError(t, err)
	assert.Equal(t, slices.Concat(slices.Repeat([]bulk.Status{bulk.Unchanged}, 100), slices.Repeat([]bulk.Status{bulk.Inserted}, 100)), statuses(again))
	assert.Positive(t, again[0].PrimaryKey)
	assert.Len(t, server.Table("y_lease"), 500)
	again, err = collect(t, into.Resume(background(), []string{"x_no", "x_count"}, slices.Values(rows)))
	require.NoError(t, err)
	assert.Equal(t, slices.Repeat([]bulk.Status{bulk.Unchanged}, 500), statuses(again))

	server.InjectOn("Archive/{provider}", 1, superofficetest.Status(403, "SoSentryException", "no"))
	again, err = collect(t, into.Resume(background(), []string{"x_no"}, slices.Values(rows[:1])))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.NotSent}, statuses(again))
	for name, keys := range map[string][]string{"no keys": nil, "an unknown key": {"x_other"}, "one that is not comparable": {"x_no", "x_day"}} {
		_, err = collect(t, into.Resume(background(), keys, slices.Values(rows)))
		require.ErrorIs(t, err, superoffice.ErrInvalidArgument, name)
	}
	byNumber, err := collect(t, into.Resume(background(), []string{"x_count"}, slices.Values([]rental{{No: "new", Count: 9999}, {No: "old", Count: 3}})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Inserted, bulk.Unchanged}, statuses(byNumber))
}

// grade is a number that is written as a text.
type grade int

func (g grade) MarshalText() ([]byte, error)     { return []byte("grade " + strconv.Itoa(int(g))), nil }
func (g *grade) UnmarshalText(text []byte) error { return nil }

// Keys are compared as they are: none is taken for another one.
func TestResumeComparesKeys(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	into := bulk.Into[rental](client, "y_lease")
	row := func(no string) rental {
		one := leases(1)[0]
		one.No = no
		return one
	}
	_, err := collect(t, into.Insert(background(), slices.Values([]rental{row("7")})))
	require.NoError(t, err)
	all, err := collect(t, into.Resume(background(), []string{"x_no"}, slices.Values([]rental{row("7"), row("[A:7]")})))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Unchanged, bulk.Inserted}, statuses(all))
	type graded struct {
		Grade grade `so:"x_no"`
	}
	_, err = collect(t, bulk.Into[graded](client, "y_lease").Resume(background(), []string{"x_no"}, slices.Values([]graded{{1}})))
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
	type raw struct {
		No superoffice.FieldValue `so:"x_no"`
	}
	_, err = collect(t, bulk.Into[raw](client, "y_lease").Resume(background(), []string{"x_no"}, slices.Values([]raw{{"1"}})))
	require.ErrorIs(t, err, superoffice.ErrInvalidArgument)
}

// A batch that fails halfway says which of its rows are there, if the server does.
func TestPartialUpsert(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.InjectOn("DatabaseTable/Upsert", 1, superofficetest.MassFailure(3, "the disk is full"))
	all, err := collect(t, bulk.Into[rental](client, "y_lease").BatchRows(5).Upsert(background(), []string{"x_no"}, slices.Values(leases(7))))
	require.NoError(t, err)
	require.ErrorContains(t, all[4].Err, "the disk is full")
	there := server.Table("y_lease")
	for _, o := range all {
		if o.Err == nil {
			assert.True(t, slices.ContainsFunc(there, func(row map[string]superoffice.FieldValue) bool {
				return row["x_no"] == superoffice.FieldValue(leases(7)[o.Row].No)
			}))
		}
	}
	assert.Equal(t, []bulk.Status{bulk.Inserted, bulk.Inserted}, statuses(all[5:]))
}

// Many rows into the stand-in take as many calls as they must.
func TestManyRowsIntoTheStandIn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const n = 100_000
	server := superofficetest.NewServer(superofficetest.WithRecordLimit(0))
	server.AddTable(rentals)
	calls := new(callCounter)
	client := server.Client(superoffice.WithObserver(calls))
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	rows := func(yield func(rental) bool) {
		for i := range n {
			if !yield(rental{No: strconv.Itoa(i), Count: i, Day: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}) {
				return
			}
		}
	}
	for o, err := range bulk.Into[rental](client, "y_lease").Insert(background(), rows) {
		require.NoError(t, err)
		require.Equal(t, bulk.Inserted, o.Status, "%v", o.Err)
	}
	assert.LessOrEqual(t, calls.n, n/500+1)
	assert.Len(t, server.Table("y_lease"), n)
}

// callCounter counts the calls of a client, of which one at a time is made.
type callCounter struct{ n int }

func (c *callCounter) CallStarted(ctx context.Context, _ superoffice.CallInfo) context.Context {
	c.n++
	return ctx
}
func (c *callCounter) CallEnded(context.Context, superoffice.CallInfo, superoffice.CallOutcome) {}

// What this package refuses, the server refuses too.
func TestWhatTheServerRefuses(t *testing.T) {
	t.Parallel()
	_, client := newServer(t)
	rows := leases(2)
	rows[1].No = "a text that is longer than the column"
	all, err := collect(t, bulk.Into[rental](client, "y_lease").Insert(background(), slices.Values(rows)))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Failed, bulk.Failed}, statuses(all))
	all, err = collect(t, bulk.Into[rental](client, "y_lease").Limit("x_no", 20).Insert(background(), slices.Values(rows)))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Inserted, bulk.Failed}, statuses(all))
	all, err = collect(t, bulk.Into[rental](client, "y_nothing").Insert(background(), slices.Values(rows)))
	require.NoError(t, err)
	assert.Equal(t, []bulk.Status{bulk.Failed, bulk.Failed}, statuses(all))
}
