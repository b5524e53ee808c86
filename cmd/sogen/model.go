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
const largestModel = 64 << 20

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

// model is the JSON of a database model. Its objects have IDs, and others refer
// to these; the columns never do.
type model struct {
	Tables modelList[struct {
		Name   string
		Fields modelList[struct {
			Name      string
			Type      int
			NotNull   bool
			MaxLength int
		}]
	}]
}

// modelList is a list, which may stand in an object with an ID.
type modelList[T any] []T

// UnmarshalJSON reads both forms.
func (l *modelList[T]) UnmarshalJSON(text []byte) error {
	var within struct {
		Values json.RawMessage `json:"$values"`
	}
	if bytes.HasPrefix(text, []byte("{")) {
		if err := json.Unmarshal(text, &within); err != nil {
			return err
		}
		text = within.Values
	}
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, (*[]T)(l))
}

var errLargeModel = fmt.Errorf("the database model is larger than %d MiB", largestModel>>20)

// readModel reads a database model: base64 of deflated JSON.
func readModel(text string) (map[string]Table, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
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
	var m model
	if err := json.Unmarshal(bytes.TrimPrefix(plain, []byte("\xef\xbb\xbf")), &m); err != nil {
		return nil, fmt.Errorf("the database model: %w", err)
	}
	tables := make(map[string]Table, len(m.Tables))
	for _, t := range m.Tables {
		table := Table{Name: strings.ToLower(t.Name)}
		for _, f := range t.Fields {
			column := Column{Name: f.Name, Type: typeName(f.Type), NotNull: f.NotNull}
			if column.Type == typeString {
				column.Length = max(f.MaxLength, 0)
			}
			table.Columns = append(table.Columns, column)
		}
		tables[table.Name] = table
	}
	return tables, nil
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
