package main

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/archive"
)

// largestModel is how large a database model may be once it is inflated.
const largestModel = 32 << 20

// databaseModel asks for the tables of the database, by their names.
func databaseModel(ctx context.Context, client *superoffice.Client) (map[string]Table, error) {
	type row struct {
		Model string `so:"databasemodel.ModelData"`
	}
	first, err := archive.From[row](client, archive.Dynamic).First(ctx)
	if err != nil {
		return nil, err
	}
	return readModel(first.Model)
}

var errLargeModel = fmt.Errorf("the database model is larger than %d MiB", largestModel>>20)

// readModel reads a database model: base64 of deflated JSON.
func readModel(encoded string) (map[string]Table, error) {
	packed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("the database model is no base64: %w", err)
	}
	if len(packed) == 0 {
		return nil, errors.New("the server gave no database model")
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), largestModel+1))
	if err != nil {
		return nil, fmt.Errorf("the database model cannot be inflated: %w", err)
	}
	if len(plain) > largestModel {
		return nil, errLargeModel
	}
	var root any
	if err := json.Unmarshal(bytes.TrimPrefix(plain, []byte("\xef\xbb\xbf")), &root); err != nil {
		return nil, fmt.Errorf("the database model: %w", err)
	}
	m := objects{}
	m.collect(root)
	tables := make(map[string]Table)
	for _, t := range m.list(root, "Tables") {
		table := Table{Name: strings.ToLower(text(t, "Name"))}
		for _, f := range m.list(t, "Fields") {
			table.Columns = append(table.Columns, columnOf(f))
		}
		tables[table.Name] = table
	}
	return tables, nil
}

// columnOf is a column of the model.
func columnOf(field map[string]any) Column {
	notNull, _ := field["NotNull"].(bool)
	column := Column{Name: text(field, "Name"), Type: typeName(number(field, "Type")), NotNull: notNull}
	if column.Type == typeString {
		column.Length = max(number(field, "MaxLength"), 0)
	}
	return column
}

func text(object map[string]any, name string) string {
	value, _ := object[name].(string)
	return value
}

func number(object map[string]any, name string) int {
	value, _ := object[name].(float64)
	return int(value)
}

// objects are the objects of a model by their $id. Each is written as a whole where it
// comes first, which may be deep in another, and is a $ref everywhere else.
type objects map[string]map[string]any

// collect finds the objects in a value.
func (o objects) collect(value any) {
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			o.collect(one)
		}
	case map[string]any:
		if id := text(value, "$id"); id != "" {
			o[id] = value
		}
		for _, one := range value {
			o.collect(one)
		}
	}
}

// of is an object, or the one that it refers to.
func (o objects) of(value any) map[string]any {
	object, _ := value.(map[string]any)
	if ref := text(object, "$ref"); ref != "" {
		return o[ref]
	}
	return object
}

// list are the objects of a list in a member, which may stand in an object with an
// $id of its own.
func (o objects) list(of any, name string) (all []map[string]any) {
	value := o.of(of)[name]
	if within := o.of(value); within != nil {
		value = within["$values"]
	}
	list, _ := value.([]any)
	for _, one := range list {
		if object := o.of(one); object != nil {
			all = append(all, object)
		}
	}
	return all
}

const typeString = "string"

// types are the types of columns by their numbers in the model.
var types = map[int]string{0: "int", 1: "id", 4: "uint", 6: "short", 9: "ushort", 11: typeString, 14: "datetime"}

func typeName(number int) string {
	if name := types[number]; name != "" {
		return name
	}
	return "type " + strconv.Itoa(number)
}
