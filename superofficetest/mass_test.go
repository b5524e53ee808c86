package superofficetest_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func asError(err error) (*superoffice.Error, bool) {
	var failure *superoffice.Error
	ok := errors.As(err, &failure)
	return failure, ok
}

// upsertOf is an upsert of the number and count of equipment.
func upsertOf(data ...[]string) superoffice.DatabaseTableUpsertRequest {
	return superoffice.DatabaseTableUpsertRequest{TableName: equipment, Columns: []string{"x_no", "x_count"}, Keys: []string{"x_no"}, Data: data, ReturnRowStatus: true}
}

// counts are the numbers and counts of the equipment of a server.
func counts(server *superofficetest.Server) map[string]string {
	all := make(map[string]string)
	for _, row := range server.Table(equipment) {
		all[string(row["x_no"])] = string(row["x_count"])
	}
	return all
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	insert(t, client, equipment, []string{"x_no", "x_count"}, []string{"a", "1"}, []string{"b", "2"}, []string{"c", "3"})
	result, err := client.DatabaseTable.Upsert(t.Context(), upsertOf([]string{"d", "4"}, []string{"b", "[I:2]"}, []string{"a", "9"}))
	require.NoError(t, err)
	require.True(t, result.Success)
	assert.Equal(t, [3]int{1, 1, 0}, [3]int{result.Inserts, result.Updates, result.Deletes}, "what needs no update is not counted")
	assert.Contains(t, result.Message, "1 inserted")
	var status []string
	for _, one := range result.RowStatus {
		status = append(status, fmt.Sprintf("%d %s %v", one.PrimaryKey, one.Action, one.RowKeys))
	}
	assert.Equal(t, []string{"1 Updated [a]", "2 NoUpdateNeeded [b]", "4 Inserted [d]"}, status, "not in the order of the data")
	assert.Equal(t, map[string]string{"a": "[I:9]", "b": "[I:2]", "c": "[I:3]", "d": "[I:4]"}, counts(server))

	silent := upsertOf([]string{"a", "9"})
	silent.ReturnRowStatus = false
	result, err = client.DatabaseTable.Upsert(t.Context(), silent)
	require.NoError(t, err)
	assert.Empty(t, result.RowStatus)
}

func TestUpsertOfUnmatchedRows(t *testing.T) {
	t.Parallel()
	for action, want := range map[superoffice.UpsertNomatchAction]map[string]string{
		superoffice.UpsertNomatchActionNoChange:    {"a": "[I:5]", "b": "[I:2]", "c": "[I:3]"},
		superoffice.UpsertNomatchActionZeroColumns: {"a": "[I:5]", "b": "[I:0]", "c": "[I:0]"},
		superoffice.UpsertNomatchActionDeleteRow:   {"a": "[I:5]"},
	} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			server, client := withEquipment(t)
			insert(t, client, equipment, []string{"x_no", "x_count"}, []string{"a", "1"}, []string{"b", "2"}, []string{"c", "3"})
			request := upsertOf([]string{"a", "5"})
			request.NomatchAction = action
			result, err := client.DatabaseTable.Upsert(t.Context(), request)
			require.NoError(t, err)
			assert.Equal(t, want, counts(server))
			if action != superoffice.UpsertNomatchActionNoChange {
				assert.Equal(t, 2, result.Deletes)
				assert.Len(t, result.RowStatus, 3)
				assert.Equal(t, []string{"b"}, result.RowStatus[1].RowKeys)
			}
		})
	}
}

// What the vendor answers with an exception, before a row is touched.
func TestMassExceptions(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	table := func(name string, columns []string, data ...[]string) error {
		_, err := client.DatabaseTable.Insert(t.Context(), name, columns, data)
		return err
	}
	upsert := func(keys ...string) error {
		request := upsertOf([]string{"a", "1"})
		request.Keys = keys
		_, err := client.DatabaseTable.Upsert(t.Context(), request)
		return err
	}
	no := []string{"x_no"}
	for what, err := range map[string]error{
		"too few cells":       table(equipment, []string{"x_no", "x_count"}, []string{"a", "1"}, []string{"b"}),
		"too many cells":      table(equipment, no, []string{"a", "1"}),
		"too long":            table(equipment, no, []string{"a"}, []string{"123456"}),
		"no number":           table(equipment, []string{"x_no", "x_count"}, []string{"a", "many"}),
		"no such table":       table("y_nothing", no, []string{"a"}),
		"no such column":      table(equipment, []string{"x_no", "x_nothing"}, []string{"a", "b"}),
		"a column twice":      table(equipment, []string{"x_no", "X_No"}, []string{"a", "b"}),
		"no columns":          table(equipment, nil),
		"a value missing":     table(equipment, []string{"x_count"}, []string{"1"}),
		"key not first":       table("contact", []string{"name", "contact_id"}, []string{"a", "0"}),
		"key no column":       upsert("x_price"),
		"no keys":             upsert(),
		"name of the company": table("contact", []string{"department"}, []string{"a"}),
	} {
		failure, _ := asError(err)
		require.NotNil(t, failure, what)
		assert.Equal(t, 500, failure.StatusCode, what)
		assert.Equal(t, "SoMassOperationException", failure.Type, what)
	}
	for _, name := range []string{"associate", "Registry", "erpconnection", "functionRightX", "loginlog", "sequence"} {
		failure, _ := asError(table(name, no, []string{"a"}))
		require.NotNil(t, failure, name)
		assert.Equal(t, "SoDbAccessException", failure.Type, name)
	}
	assert.Empty(t, server.Table(equipment))
}

// What the vendor answers with 200 and Success false.
func TestMassRefusals(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	insert(t, client, equipment, []string{"x_no"}, []string{"a"}, []string{"two"}, []string{"two"})
	refused := func(what string, result *superoffice.MassOperationResult, err error) {
		t.Helper()
		require.NoError(t, err, what)
		assert.False(t, result.Success, what)
		assert.NotEmpty(t, result.Message, what)
		assert.Zero(t, result.Inserts+result.Updates+result.Deletes, what)
		assert.Empty(t, result.RowStatus, what)
	}
	result, err := client.DatabaseTable.Insert(t.Context(), equipment, []string{"id", "x_no"}, [][]string{{"0", "b"}})
	refused("a key of its own", result, err)
	byKey := upsertOf([]string{"1", "[I:7]"}, []string{"8", "[I:8]"})
	byKey.Columns, byKey.Keys = []string{"id", "x_count"}, []string{"id"}
	result, err = client.DatabaseTable.Upsert(t.Context(), byKey)
	refused("an unknown key", result, err)
	assert.Contains(t, result.Message, "assigned by the database")
	assert.Equal(t, superoffice.FieldValue("[I:7]"), server.Table(equipment)[0]["x_count"], "the row before it was stored")
	result, err = client.DatabaseTable.Upsert(t.Context(), upsertOf([]string{"n", "1"}, []string{"two", "2"}, []string{"m", "3"}))
	refused("two rows with the key", result, err)
	assert.Contains(t, counts(server), "n")
	assert.NotContains(t, counts(server), "m")
	result, err = client.DatabaseTable.Upsert(t.Context(), upsertOf([]string{"o", "1"}, []string{"o", "2"}))
	refused("the same key twice", result, err)
	assert.NotContains(t, counts(server), "o")
	insert(t, client, "contact", []string{"contact_id", "name"}, []string{"1001", "taken"}, []string{"0", "next"})
	result, err = client.DatabaseTable.Insert(t.Context(), "contact", []string{"contact_id", "name"}, [][]string{{"0", "free"}, {"1001", "again"}})
	refused("a key that is taken", result, err)
	assert.Len(t, server.Table("contact"), 2, "none of them")
}

func TestTruncateAndDelete(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	insert(t, client, equipment, []string{"x_no"}, []string{"a"}, []string{"b"}, []string{"c"})
	result, err := client.DatabaseTable.Delete(t.Context(), equipment, []int{2, 3, 9})
	require.NoError(t, err)
	assert.Equal(t, 2, result.Deletes)
	insert(t, client, equipment, []string{"x_no"}, []string{"d"})
	assert.Equal(t, superoffice.FieldValue("[I:4]"), server.Table(equipment)[1]["id"], "numbers are not used again")
	result, err = client.DatabaseTable.Truncate(t.Context(), equipment)
	require.NoError(t, err)
	assert.True(t, result.Success)
	assert.Empty(t, server.Table(equipment))
	insert(t, client, equipment, []string{"x_no"}, []string{"e"})
	assert.Equal(t, superoffice.FieldValue("[I:1]"), server.Table(equipment)[0]["id"], "but after this")
	insert(t, client, "contact", []string{"name"}, []string{"Berg AS"})
	_, err = client.DatabaseTable.Truncate(t.Context(), "contact")
	require.NoError(t, err)
	assert.Empty(t, server.Table("contact"))
}

// A batch can fail part-way, be lost before it is done, and be done without an
// answer.
func TestMassFaults(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	const operation = "DatabaseTable/Upsert"
	server.InjectOn(operation, 1, superofficetest.MassFailure(2, "The disk is full."))
	result, err := client.DatabaseTable.Upsert(t.Context(), upsertOf([]string{"a", "1"}, []string{"b", "1"}, []string{"c", "1"}))
	require.NoError(t, err)
	assert.False(t, result.Success)
	assert.Equal(t, "The disk is full.", result.Message)
	assert.Equal(t, map[string]string{"a": "[I:1]", "b": "[I:1]"}, counts(server))

	for name, fault := range map[string]superofficetest.Fault{
		"d": superofficetest.LostAnswer(), "e": superofficetest.CutBody(), "f": superofficetest.Reset(),
		"g": superofficetest.Handled(superofficetest.Status(504, "SoServerException", "The gateway does not wait any longer.")),
	} {
		server.InjectOn(operation, 1, fault)
		_, err := client.DatabaseTable.Upsert(t.Context(), upsertOf([]string{name, "1"}))
		require.Error(t, err)
		_, stored := counts(server)[name]
		assert.Equal(t, name != "f", stored, name)
	}
	assert.Len(t, server.Requests(), 5)

	server.InjectOn("DatabaseTable/Insert", 1, superofficetest.MassFailure(1, "The disk is full."))
	result, err = client.DatabaseTable.Insert(t.Context(), equipment, []string{"x_no"}, [][]string{{"h"}, {"i"}})
	require.NoError(t, err)
	assert.False(t, result.Success)
	assert.Contains(t, counts(server), "h")
	server.InjectOn("DatabaseTable/Delete", 1, superofficetest.MassFailure(1, "The disk is full."))
	result, err = client.DatabaseTable.Delete(t.Context(), equipment, []int{1, 2})
	require.NoError(t, err)
	assert.False(t, result.Success)
	assert.NotContains(t, counts(server), "a")
	assert.Contains(t, counts(server), "b")
}

func TestMassOperationsOnline(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t, superofficetest.Online())
	insert(t, client, equipment, []string{"x_no"}, []string{"a"})
	user := server.Client(superoffice.WithAuth(superoffice.BearerAuth(server.Credentials().AccessToken)))
	t.Cleanup(user.CloseIdleConnections)
	_, err := user.DatabaseTable.Truncate(t.Context(), equipment)
	require.ErrorIs(t, err, superoffice.ErrForbidden)
	_, err = user.DatabaseTable.ReadRow(t.Context(), equipment, 1)
	require.NoError(t, err)
}

// Each row that changes is an event, and Truncate is none.
func TestEventsOfTables(t *testing.T) {
	t.Parallel()
	server, client, got, _ := withReceiver(t, "y_rental.created", "y_rental.changed", "y_rental.deleted", "contact.created", "contact.softdeleted")
	insert(t, client, "y_rental", []string{"x_name", "x_contact", "x_price"}, []string{"A", "6", "1.5"}, []string{"B", "", ""})
	require.NoError(t, server.WaitForEvents(t.Context()))
	require.Equal(t, []string{"y_rental.created", "y_rental.created"}, got.names())
	assert.Equal(t, map[string]superoffice.FieldValue{"id": "[I:4]", "x_contact": "[I:6]", "x_price": "[F:1.5]"}, got.all[0].Fields)
	assert.True(t, got.all[0].Changed("x_name"))
	assert.Equal(t, 4, got.all[0].PrimaryKey)

	_, err := client.DatabaseTable.Upsert(t.Context(), superoffice.DatabaseTableUpsertRequest{
		TableName: "y_rental", Columns: []string{"id", "x_price"}, Keys: []string{"id"}, Data: [][]string{{"4", "2"}, {"5", ""}},
	})
	require.NoError(t, err)
	_, err = client.DatabaseTable.Delete(t.Context(), "y_rental", []int{5})
	require.NoError(t, err)
	insert(t, client, "contact", []string{"name"}, []string{"Berg AS"})
	_, err = client.DatabaseTable.Truncate(t.Context(), "y_rental")
	require.NoError(t, err)
	require.NoError(t, server.WaitForEvents(t.Context()))
	require.Equal(t, []string{"y_rental.created", "y_rental.created", "y_rental.changed", "y_rental.deleted", "contact.created"}, got.names())
	assert.Equal(t, []string{"updated", "x_price"}, got.all[2].Changes)
	assert.Equal(t, superoffice.FieldValue("Berg AS"), got.all[4].Fields["name"])
}

// Several write to one table while others read it.
func TestTablesFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	server, client := withEquipment(t)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 5 {
				name := fmt.Sprintf("%d-%d", worker, i)
				_, err := client.DatabaseTable.Upsert(t.Context(), upsertOf([]string{name, "1"}, []string{"all", fmt.Sprint(i)}))
				assert.NoError(t, err)
				_, err = archive.From[archive.Row](client, archive.Dynamic).Limit(5).Collect(t.Context())
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.Len(t, server.Table(equipment), 21)
}
