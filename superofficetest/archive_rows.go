package superofficetest

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/filter"
	"github.com/superoffice-go/superoffice/internal/rowtag"
)

// Rows makes rows what the archive of a provider, such as "FindSale" or a name
// of your own, consists of: a slice of structs whose fields have tags as for the
// package archive. A field that is tagged PrimaryKey or as the key gives the
// rows their keys, and one that is tagged EntityName their kind. Rows may be
// called again at any time, also between two pages of one query. nil takes them
// back. It panics for anything that is no such slice.
func (s *Server) Rows(provider string, rows any) {
	name := strings.ToLower(provider)
	if rows == nil {
		s.tables.set(name, nil)
		return
	}
	table, err := newRowTable(provider, reflect.ValueOf(rows), s.settings.baseZone())
	if err != nil {
		panic("superofficetest: Rows: " + err.Error())
	}
	s.tables.set(name, table)
}

// tableStore holds the rows that tests have given, by the provider in lower
// case.
type tableStore struct {
	mu     sync.Mutex
	byName map[string]*rowTable
}

func (t *tableStore) set(provider string, rows *rowTable) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byName == nil {
		t.byName = make(map[string]*rowTable)
	}
	t.byName[provider] = rows
}

func (t *tableStore) of(provider string) *rowTable {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byName[strings.ToLower(provider)]
}

func (t *tableStore) names() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	for name, table := range t.byName {
		if table != nil {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// rowTable are the rows that a test has given.
type rowTable struct {
	all    []archiveRow
	listed []archiveColumn
	byName map[string]archiveColumn
}

func (t *rowTable) rows() []archiveRow       { return t.all }
func (t *rowTable) columns() []archiveColumn { return t.listed }

func (t *rowTable) column(name string) (archiveColumn, bool) {
	c, ok := t.byName[strings.ToLower(name)]
	return c, ok
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// isCell reports whether a struct is the value of one column.
func isCell(t reflect.Type) bool {
	return t == reflect.TypeFor[time.Time]() || t.Implements(textMarshaler) || t.NumField() == 2 && t.Field(1).Name == "Valid"
}

func newRowTable(provider string, rows reflect.Value, base *time.Location) (*rowTable, error) {
	if rows.Kind() != reflect.Slice {
		return nil, fmt.Errorf("%s is no slice of structs", rows.Type())
	}
	fields, err := rowtag.Fields(rows.Type().Elem(), isCell)
	if err != nil {
		return nil, err
	}
	t := &rowTable{byName: make(map[string]archiveColumn)}
	var key, entity *rowtag.Field
	for i, f := range fields {
		switch {
		case strings.EqualFold(f.Column, "EntityName"):
			entity = &fields[i]
			continue
		case strings.EqualFold(f.Column, "PrimaryKey"):
			key = &fields[i]
			continue
		case f.Key && key == nil:
			key = &fields[i]
		}
		c := archiveColumn{name: f.Column, kind: kindOfType(f.Type), cell: func(r archiveRow) any {
			return cellOf(r.of.(reflect.Value).FieldByIndex(f.Index), base)
		}}
		t.listed = append(t.listed, c)
		t.byName[strings.ToLower(f.Column)] = c
	}
	kind := strings.ToLower(strings.TrimPrefix(provider, "Find"))
	for i := range rows.Len() {
		row := archiveRow{kind, int64(i + 1), rows.Index(i)}
		if key != nil {
			n, ok := cellOf(rows.Index(i).FieldByIndex(key.Index), base).(int64)
			if !ok {
				return nil, fmt.Errorf("the key %s is no whole number", key.Name)
			}
			row.key = n
		}
		if entity != nil {
			row.entity = fmt.Sprint(rows.Index(i).FieldByIndex(entity.Index))
		}
		t.all = append(t.all, row)
	}
	return t, nil
}

// kindOfType is the kind of a column by the type of its field.
func kindOfType(t reflect.Type) filter.Kind {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[superoffice.DateTime](), reflect.TypeFor[superoffice.Date]():
		return filter.DateTime
	case reflect.TypeFor[superoffice.FieldValue]():
		return filter.Any
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindOfType(t.Elem())
	case reflect.Bool:
		return filter.Bool
	case reflect.Float32, reflect.Float64:
		return filter.Decimal
	case reflect.String:
		return filter.String
	case reflect.Slice:
		return filter.IntArray
	}
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 {
		return filter.Int
	}
	return filter.Any
}

// cellOf is the cell of a field.
func cellOf(v reflect.Value, base *time.Location) any {
	switch held := v.Interface().(type) {
	case time.Time:
		return held
	case superoffice.FieldValue:
		return encodedCell(string(held), base)
	case superoffice.DateTime:
		return timeCell(held.String(), base)
	case superoffice.Date:
		return timeCell(held.String(), base)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return cellOf(v.Elem(), base)
	case reflect.Bool:
		return v.Bool()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.String:
		return v.String()
	case reflect.Slice:
		return idsOf(v)
	case reflect.Struct:
		return structCell(v, base)
	}
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint())
	}
	return fmt.Sprint(v)
}

func idsOf(v reflect.Value) any {
	ids := make([]int64, 0, v.Len())
	for i := range v.Len() {
		if one := v.Index(i); one.CanInt() {
			ids = append(ids, one.Int())
		}
	}
	return ids
}

// structCell is the cell of a struct: a value that may be missing, or a text.
func structCell(v reflect.Value, base *time.Location) any {
	if text, ok := v.Interface().(encoding.TextMarshaler); ok {
		b, err := text.MarshalText()
		if err == nil {
			return string(b)
		}
	}
	if v.NumField() == 2 && v.Type().Field(1).Name == "Valid" {
		if !v.Field(1).Bool() {
			return nil
		}
		return cellOf(v.Field(0), base)
	}
	return fmt.Sprint(v)
}
