package superofficetest

import (
	"strings"

	"github.com/superoffice-go/superoffice/internal/filter"
)

// dynamicProvider is the provider whose rows are those of any table.
const dynamicProvider = "dynamic"

// dynamicArchive are the rows of one table, whose columns are called
// table.column. A column of a table that it refers to is called
// table.column.other.
type dynamicArchive struct {
	server *Server
	root   *table
}

// begin finds out which table a request is for: that of its first column, or the
// first extra table if it asks for all columns.
func (d *dynamicArchive) begin(params map[string]string) {
	for _, text := range []string{params["$select"], params["$orderby"]} {
		for _, name := range splitColumns(text) {
			if f, ok := parseColumnFunction(name); ok {
				name = f.of
			}
			name, _, _ = strings.Cut(strings.TrimSpace(name), ".")
			if t := d.server.database.table(name); t != nil && !t.isFields {
				d.root = t
				return
			}
		}
	}
	for _, t := range d.server.database.tables() {
		if t.isExtra {
			d.root = t
			return
		}
	}
}

func (d *dynamicArchive) rows() []archiveRow {
	if d.root == nil {
		return nil
	}
	stored := d.root.store.rows()
	rows := make([]archiveRow, len(stored))
	for i, one := range stored {
		rows[i] = archiveRow{d.root.name, int64(one.id), one.of}
	}
	return rows
}

// columns are those of the table, or of all tables where none was named.
func (d *dynamicArchive) columns() []archiveColumn {
	from := []*table{d.root}
	if d.root == nil {
		from = d.server.database.tables()
	}
	var all []archiveColumn
	for _, t := range from {
		for i := range t.all() {
			if !t.isFields {
				all = append(all, d.columnOf(t, i))
			}
		}
	}
	return all
}

func (d *dynamicArchive) column(name string) (archiveColumn, bool) {
	first, rest, _ := strings.Cut(name, ".")
	t := d.server.database.table(first)
	if t == nil || t.isFields || d.root != nil && t != d.root {
		return archiveColumn{}, false
	}
	c, ok := d.at(t, rest)
	c.name = name
	return c, ok
}

// at returns the column of a table at a path.
func (d *dynamicArchive) at(t *table, path string) (archiveColumn, bool) {
	name, rest, isPath := strings.Cut(path, ".")
	i := t.column(name)
	if i < 0 {
		return archiveColumn{}, false
	}
	c := d.columnOf(t, i)
	if !isPath {
		return c, true
	}
	other := d.server.database.table(t.all()[i].Table)
	if other == nil {
		return archiveColumn{}, false
	}
	joined, ok := d.at(other, rest)
	return archiveColumn{kind: joined.kind, cell: func(r archiveRow) any {
		id, _ := c.cell(r).(int64)
		stored, found := other.store.get(int(id))
		if !found {
			return nil
		}
		return joined.cell(archiveRow{other.name, id, stored.of})
	}}, ok
}

func (d *dynamicArchive) columnOf(t *table, i int) archiveColumn {
	c, base := t.all()[i], d.server.settings.baseZone()
	return archiveColumn{t.name + "." + c.Name, columnKinds[c.Type], func(r archiveRow) any {
		return archived(t.store.cell(r.of, i), base)
	}}
}

// columnKinds are the kinds of columns in archives.
var columnKinds = map[ColumnType]filter.Kind{
	ColumnInt: filter.Int, ColumnID: filter.Int, ColumnString: filter.String, ColumnDecimal: filter.Decimal, ColumnBool: filter.Bool,
	ColumnDate: filter.DateTime, ColumnDateTime: filter.DateTime, ColumnTime: filter.DateTime, ColumnTimeSpan: filter.Int, ColumnIDs: filter.IntArray,
}
