package superofficetest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/superoffice-go/superoffice"
)

// ColumnType is what the cells of a [Column] hold.
type ColumnType string

// The types of columns.
const (
	ColumnInt      ColumnType = "int"
	ColumnID       ColumnType = "id" // the number of a row, of this table or another
	ColumnString   ColumnType = "string"
	ColumnDecimal  ColumnType = "decimal"
	ColumnBool     ColumnType = "bool"
	ColumnDate     ColumnType = "date"
	ColumnDateTime ColumnType = "datetime"
	ColumnTime     ColumnType = "time"     // a time of day, to the minute
	ColumnTimeSpan ColumnType = "timespan" // in seconds
	ColumnIDs      ColumnType = "ids"      // several numbers, such as tags
)

// Column is a column of a [Table].
type Column struct {
	// Name is the name in the database; those of extra tables and columns begin
	// with x_.
	Name string
	Type ColumnType
	// MaxLength bounds a text, unless it is 0.
	MaxLength int
	// NotNull is whether a new row has to have a value.
	NotNull bool
	// Default is the value of new rows that have none, encoded or bare.
	Default string
	// Label is the name for users; Name serves if it is empty.
	Label string
	// List is the name of a list whose items the column holds the numbers of.
	List string
	// Table is a table whose rows the column holds the numbers of.
	Table string
}

// Table is a table of the database. Its rows are what mass operations, v1/Table,
// custom objects and the archive provider "dynamic" work on.
type Table struct {
	// Name is the name in the database; those of extra tables begin with y_.
	Name string
	// Title and Description are for users.
	Title, Description string
	// Key is the primary key, "id" unless told. It is no part of Columns.
	Key string
	// Display is the column that stands for a row, or empty.
	Display string
	Columns []Column
}

var columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// AddTable adds an extra table, which is empty, or columns to a table that is
// there. Rows are numbered from 1. It panics for a name that no table or column
// can have, or that is taken.
func (s *Server) AddTable(t Table) {
	if problem := s.database.add(t); problem != "" {
		panic("superofficetest: AddTable: " + problem)
	}
}

// Table returns the rows of a table, an extra one or one of the vendor's such as
// contact, in the order of their primary keys. Values are encoded as the server
// sends them, by the names of their columns; those without a value are left out.
// It panics for a table that is not there.
func (s *Server) Table(name string) []map[string]superoffice.FieldValue {
	t := s.database.table(name)
	if t == nil {
		panic(fmt.Sprintf("superofficetest: Table: there is no table %q", name))
	}
	columns := t.all()
	rows := make([]map[string]superoffice.FieldValue, 0)
	for _, stored := range t.store.rows() {
		row := make(map[string]superoffice.FieldValue, len(columns))
		for i, c := range columns {
			if cell := t.store.cell(stored.of, i); cell != nil {
				row[c.Name] = superoffice.FieldValue(encodeCell(c.Type, cell))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// database are the tables by their names.
type database struct {
	writing sync.Mutex // held by whoever changes rows

	mu      sync.RWMutex
	byName  map[string]*table // in lower case
	last    int               // the number of the last table that was added
	note    func(recordChange)
	isHeard *atomic.Bool // whether somebody wants to know of changes
}

// table is a table and what keeps its rows.
type table struct {
	name, title, description string
	display                  string
	number                   int
	isExtra                  bool // the database assigns the keys
	isList                   bool
	isKnown                  atomic.Bool // of a list: it is there without items
	isFields                 bool        // of custom fields, whose rows are those of another table
	store                    rowStore

	mu      sync.RWMutex
	columns []Column // the primary key first; they are added only
}

// rowStore keeps the rows of a table.
type rowStore interface {
	// rows returns all rows by their numbers.
	rows() []storedRow
	// get returns one row.
	get(id int) (storedRow, bool)
	// cell returns what a row holds in a column, as archives take it; nil is none.
	cell(of any, column int) any
	// put stores a row, whose number is its first cell, over what there is of it.
	put(id int, r row)
	remove(id int)
	// next returns a number for a new row.
	next() int
	// truncate removes all rows, and numbers new ones from 1.
	truncate() int
	// index returns the numbers of the rows by what they hold in some columns.
	index(columns []int) map[string][]int
	// grow tells of a column that was added, and is the last.
	grow(c Column)
}

// storedRow is a row as it is stored: its store knows what it is.
type storedRow struct {
	id int
	of any
}

// row are the cells of a row by the columns of its table. It is never changed
// once it is stored.
type row []any

// readRow returns the cells of a row that is stored.
func (t *table) readRow(stored storedRow) row {
	r := make(row, len(t.all()))
	for i := range r {
		r[i] = t.store.cell(stored.of, i)
	}
	return r
}

func (t *table) all() []Column {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.columns[:len(t.columns):len(t.columns)]
}

// column finds a column by its name in any case, -1 for none.
func (t *table) column(name string) int {
	return slices.IndexFunc(t.all(), func(c Column) bool { return strings.EqualFold(c.Name, name) })
}

func (d *database) table(name string) *table {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.byName[strings.ToLower(name)]
}

// tables returns all tables by their names.
func (d *database) tables() []*table {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := slices.Collect(maps.Values(d.byName))
	slices.SortFunc(all, func(a, b *table) int { return strings.Compare(a.name, b.name) })
	return all
}

// put makes a table known.
func (d *database) put(t *table) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byName == nil {
		d.byName = make(map[string]*table)
	}
	if t.number == 0 {
		const firstNumber = 1000 // above the vendor's
		d.last++
		t.number = firstNumber + d.last
	}
	d.byName[strings.ToLower(t.name)] = t
}

// add adds a table or columns, and returns why it cannot.
func (d *database) add(t Table) (problem string) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if !columnName.MatchString(t.Name) {
		return fmt.Sprintf("%q is no name of a table", t.Name)
	}
	known := d.table(t.Name)
	isNew := known == nil
	switch {
	case isNew:
		if t.Key == "" {
			t.Key = "id"
		}
		known = &table{
			name: t.Name, title: t.Title, description: t.Description, display: t.Display, isExtra: true,
			columns: []Column{{Name: t.Key, Type: ColumnID, NotNull: true}},
		}
		known.store = &memoryRows{table: known, note: d.note, isHeard: d.isHeard}
	case known.isExtra && t.Key+t.Title+t.Display == "" || !known.isExtra:
	default:
		return "there is a table " + t.Name + " already"
	}
	for _, c := range t.Columns {
		if problem := known.addColumn(c); problem != "" {
			return problem
		}
	}
	if isNew {
		d.put(known)
	}
	return ""
}

func (t *table) addColumn(c Column) (problem string) {
	types := []ColumnType{ColumnInt, ColumnID, ColumnString, ColumnDecimal, ColumnBool, ColumnDate, ColumnDateTime, ColumnTime, ColumnTimeSpan, ColumnIDs}
	_, wrong := parseCell(c, c.Default)
	switch {
	case !columnName.MatchString(c.Name):
		return fmt.Sprintf("%q is no name of a column", c.Name)
	case !slices.Contains(types, c.Type):
		return fmt.Sprintf("%q of the column %s is no type", c.Type, c.Name)
	case t.column(c.Name) >= 0:
		return fmt.Sprintf("there is a column %s.%s already", t.name, c.Name)
	case c.Default != "" && wrong != "":
		return "the default of " + wrong
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.store.grow(c) // before anybody sees the column
	t.columns = append(t.columns, c)
	return ""
}

// memoryRows keep the rows of a table that nothing else knows of.
type memoryRows struct {
	table   *table
	note    func(recordChange)
	isHeard *atomic.Bool

	mu      sync.RWMutex
	last    int
	byID    map[int]row
	sorted  []int            // the numbers, nil if they have to be sorted again
	indexes map[string]index // by the numbers of their columns
}

// index finds rows by what they hold in some columns.
type index struct {
	columns []int
	ids     map[string][]int
}

func (m *memoryRows) grow(Column) {}

func (m *memoryRows) cell(of any, column int) any {
	r, _ := of.(row)
	if column >= len(r) { // the column was added later
		return nil
	}
	return r[column]
}

func (m *memoryRows) rows() []storedRow {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sorted == nil {
		m.sorted = slices.Sorted(maps.Keys(m.byID))
	}
	all := make([]storedRow, len(m.sorted))
	for i, id := range m.sorted {
		all[i] = storedRow{id, m.byID[id]}
	}
	return all
}

func (m *memoryRows) get(id int) (storedRow, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.byID[id]
	return storedRow{id, r}, ok
}

func (m *memoryRows) next() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	return m.last
}

func (m *memoryRows) put(id int, r row) {
	before := m.load(id, r)
	m.tell(id, before, r)
}

// load stores a row, and nobody is told. It returns what was there.
func (m *memoryRows) load(id int, r row) (before row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, known := m.byID[id]
	if m.byID == nil {
		m.byID = make(map[int]row)
	}
	switch {
	case known:
		m.unindex(id, before)
	case m.sorted != nil && (len(m.sorted) == 0 || m.sorted[len(m.sorted)-1] < id):
		m.sorted = append(m.sorted, id)
	default:
		m.sorted = nil
	}
	m.byID[id], m.last = r, max(m.last, id)
	for _, x := range m.indexes {
		key := rowKey(m.table.all(), r, x.columns)
		x.ids[key] = append(x.ids[key], id)
	}
	return before
}

func (m *memoryRows) remove(id int) {
	m.mu.Lock()
	before := m.byID[id]
	m.unindex(id, before)
	delete(m.byID, id)
	m.sorted = nil
	m.mu.Unlock()
	m.tell(id, before, nil)
}

func (m *memoryRows) truncate() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.byID)
	m.byID, m.last, m.sorted, m.indexes = nil, 0, nil, nil
	return n
}

// unindex takes a row out of the indexes. m is locked.
func (m *memoryRows) unindex(id int, r row) {
	for _, x := range m.indexes {
		key := rowKey(m.table.all(), r, x.columns)
		if x.ids[key] = slices.DeleteFunc(x.ids[key], func(one int) bool { return one == id }); len(x.ids[key]) == 0 {
			delete(x.ids, key)
		}
	}
}

// index returns an index, which is kept from now on. Only who writes may read it.
func (m *memoryRows) index(columns []int) map[string][]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := fmt.Sprint(columns)
	if x, known := m.indexes[name]; known {
		return x.ids
	}
	x := index{slices.Clone(columns), make(map[string][]int)}
	for id, r := range m.byID {
		key := rowKey(m.table.all(), r, columns)
		x.ids[key] = append(x.ids[key], id)
	}
	if m.indexes == nil {
		m.indexes = make(map[string]index)
	}
	m.indexes[name] = x
	return x.ids
}

// rowKey is what a row holds in some columns, as one text.
func rowKey(all []Column, r row, columns []int) string {
	var b strings.Builder
	for _, i := range columns {
		if i < len(r) && r[i] != nil {
			b.WriteString(encodeCell(all[i].Type, r[i]))
		}
		b.WriteByte(0)
	}
	return b.String()
}

// tell notes a change of an extra table: in its events values are encoded, and
// texts are left out.
func (m *memoryRows) tell(id int, before, after row) {
	if m.note == nil || !m.isHeard.Load() {
		return
	}
	change := recordChange{table: strings.ToLower(m.table.name), id: id, before: m.members(before), after: m.members(after), values: make(map[string]any)}
	for i, c := range m.table.all() {
		if i < len(after) && after[i] != nil && c.Type != ColumnString {
			change.values[c.Name] = encodeCell(c.Type, after[i])
		}
	}
	m.note(change)
}

// members are the cells of a row by their columns, nil for no row.
func (m *memoryRows) members(r row) map[string]any {
	if r == nil {
		return nil
	}
	members := make(map[string]any, len(r))
	for i, c := range m.table.all() {
		if i < len(r) && r[i] != nil {
			members[c.Name] = encodeCell(c.Type, r[i])
		}
	}
	return members
}
