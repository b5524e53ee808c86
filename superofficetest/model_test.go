package superofficetest_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
	"github.com/superoffice-go/superoffice/superofficetest"
)

// databaseModel reads the model of the database with its references followed.
func databaseModel(t *testing.T, client *superoffice.Client) (tables map[string]map[string]any, size int) {
	t.Helper()
	type row struct {
		ID   int    `so:"databasemodel.databasemodel_id,key"`
		Data string `so:"databasemodel.ModelData"`
	}
	rows, err := archive.From[row](client, archive.Dynamic).Collect(t.Context())
	require.NoError(t, err)
	require.Len(t, rows, 1)
	packed, err := base64.StdEncoding.DecodeString(rows[0].Data)
	require.NoError(t, err)
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	require.NoError(t, err)
	var root map[string]any
	require.NoError(t, json.Unmarshal(text, &root))
	objects := make(map[string]map[string]any)
	collect(root, objects)
	tables = make(map[string]map[string]any)
	for _, one := range root["Tables"].([]any) {
		table := followed(one, objects)
		tables[table["Name"].(string)] = table
	}
	for _, table := range tables {
		fields := table["Fields"].([]any)
		for i := range fields {
			fields[i] = followed(fields[i], objects)
			if relation, ok := fields[i].(map[string]any)["Relation"].(map[string]any); ok {
				to := followed(followed(relation, objects)["ToPrimaryKey"], objects)
				fields[i].(map[string]any)["To"] = followed(to["Table"], objects)["Name"]
			}
		}
	}
	return tables, len(text)
}

func collect(value any, objects map[string]map[string]any) {
	switch value := value.(type) {
	case map[string]any:
		if id, ok := value["$id"].(string); ok {
			objects[id] = value
		}
		for _, inner := range value {
			collect(inner, objects)
		}
	case []any:
		for _, inner := range value {
			collect(inner, objects)
		}
	}
}

func followed(value any, objects map[string]map[string]any) map[string]any {
	object, _ := value.(map[string]any)
	if id, isRef := object["$ref"].(string); isRef {
		return objects[id]
	}
	return object
}

func TestDatabaseModel(t *testing.T) {
	t.Parallel()
	_, client := withEquipment(t, superofficetest.WithDemoData(1))
	tables, _ := databaseModel(t, client)
	for _, name := range []string{equipment, "y_rental", "contact", "person", "sale", "appointment", "project", "document", "ticket", "associate", "category"} {
		assert.Contains(t, tables, name)
	}
	assert.NotContains(t, tables, "udcontactSmall")
	table := tables[equipment]
	assert.Equal(t, true, table["HasAutoIncrementPK"])
	assert.Equal(t, true, table["BulkImportFacade"])
	assert.Equal(t, false, tables["associate"]["BulkImportFacade"])
	assert.Equal(t, false, tables["contact"]["HasAutoIncrementPK"])
	assert.InDelta(t, 5, tables["contact"]["TableNumber"], 0)
	fields := table["Fields"].([]any)
	require.Len(t, fields, 11)
	field := func(i int) map[string]any { return fields[i].(map[string]any) }
	assert.Equal(t, "id", field(0)["Name"])
	assert.InDelta(t, 1, field(0)["Type"], 0)
	assert.Equal(t, true, field(1)["NotNull"])
	assert.InDelta(t, 11, field(1)["Type"], 0)
	assert.InDelta(t, 5, field(1)["MaxLength"], 0)
	assert.Equal(t, "1", field(2)["DefaultValue"])
	assert.Equal(t, "contact", field(3)["To"])
	assert.InDelta(t, 14, field(7)["Type"], 0)
	for _, one := range tables["sale"]["Fields"].([]any) {
		if f := one.(map[string]any); f["Name"] == "status" {
			assert.Equal(t, "SaleStatus", f["EnumName"])
		}
	}
}

func TestLargeDatabaseModel(t *testing.T) {
	t.Parallel()
	server := superofficetest.NewServer(superofficetest.WithTest(t), superofficetest.WithDatabaseTables(540))
	client := server.Client()
	t.Cleanup(client.CloseIdleConnections)
	tables, size := databaseModel(t, client)
	assert.Len(t, tables, 540)
	assert.Equal(t, "vendor538", tables["vendor539"]["Fields"].([]any)[2].(map[string]any)["To"])
	t.Logf("%d bytes", size)
	insert(t, client, "vendor539", []string{"vendor539_id", "column01"}, []string{"0", "a"})
	assert.Len(t, server.Table("vendor539"), 1)
}
