package archive

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
)

// The members that every row has beside its columns.
const (
	primaryKey = "PrimaryKey"
	entityName = "EntityName"

	grandTotal = "grandtotal" // the EntityName of a total
)

// isSummary reports whether rows of a kind are made of others.
func isSummary(entity string) bool {
	return strings.HasPrefix(entity, "header:") || strings.HasPrefix(entity, "footer:") || entity == grandTotal
}

// isFunction reports whether a column is a function of others, such as
// Sum(amount), which only some rows may have. The columns of the provider dynamic
// have parentheses around joins.
func isFunction(column string) bool {
	return strings.Contains(column, "(") && !strings.Contains(column, "->")
}

// Row is a row of any columns. A query for rows of this type asks for no
// columns and gets the provider's default ones; so a struct asks for fewer bytes.
type Row struct {
	// EntityName is the kind of what the row is of, such as "contact": 69
	// providers give rows of several kinds. The rows of an aggregating query are
	// of the kinds "header:1", "footer:1" (with the level of the group) and
	// "grandtotal".
	EntityName string
	// PrimaryKey is the key of it, mostly a number. Together with EntityName it
	// identifies a row, but for rows of the provider dynamic, which repeat it.
	PrimaryKey string

	columns *columns
	cells   []value
}

// columns are the columns of a row, shared by the rows of a page.
type columns struct {
	names []string
	slots []int          // of the layout
	lower map[string]int // where the name in lower case is found
}

// anyRow is a *Row. It is asked for as an interface, so that programs without
// rows of any columns do without the code for them.
type anyRow interface {
	fill(s *rowState, l *layout)
}

// fill makes the row of its cells.
func (r *Row) fill(s *rowState, l *layout) {
	shared := bytes.Clone(s.arena)
	*r = Row{EntityName: string(s.entity), PrimaryKey: string(s.key), columns: l.of(s.pending), cells: make([]value, 0, len(s.pending))}
	for _, p := range s.pending {
		r.cells = append(r.cells, value{kind: p.kind, text: shared[p.start:p.end:p.end]})
	}
}

// of returns the columns of a row by its cells, shared with the row before if
// that had the same.
func (l *layout) of(cells []pendingText) *columns {
	if l.columns != nil && slices.EqualFunc(l.columns.slots, cells, func(at int, c pendingText) bool { return at == c.at }) {
		return l.columns
	}
	l.columns = &columns{lower: make(map[string]int)}
	for i, c := range cells {
		raw := l.slots[c.at].name
		name := string(appendText(nil, text{raw: raw, escaped: bytes.IndexByte(raw, '\\') >= 0}))
		l.columns.slots = append(l.columns.slots, c.at)
		l.columns.names = append(l.columns.names, name)
		l.columns.lower[strings.ToLower(name)] = i
	}
	return l.columns
}

// Columns returns the names of the columns in the order in which the server
// sent them, EntityName and PrimaryKey aside.
func (r Row) Columns() []string {
	if r.columns == nil {
		return nil
	}
	return append([]string(nil), r.columns.names...)
}

// Text returns what a column holds as text, and whether there is one of the
// name, in any case, that is not null. A number or boolean is given as JSON
// writes it.
func (r Row) Text(column string) (string, bool) {
	c, ok := r.cell(column)
	if !ok || c.kind == 'n' {
		return "", false
	}
	return string(c.text), true
}

// Value returns what a column holds, and whether there is one of the name, in
// any case. Its methods read numbers, dates and lists: a number comes as a text
// such as [I:6], and null is [superoffice.NullValue].
func (r Row) Value(column string) (superoffice.FieldValue, bool) {
	c, ok := r.cell(column)
	if !ok {
		return "", false
	}
	return c.encoded(), true
}

func (r Row) cell(column string) (value, bool) {
	if r.columns == nil {
		return value{}, false
	}
	i, ok := r.columns.lower[strings.ToLower(column)]
	if !ok {
		return value{}, false
	}
	return r.cells[i], true
}

// RowError is a cell that does not fit its field. The other fields of the row
// are filled in, and the loop may go on.
type RowError struct {
	// Entity and PrimaryKey tell the row, as [Row] has them.
	Entity     string
	PrimaryKey string
	// Column is the column of the cell.
	Column string
	// Value is the beginning of what the cell holds.
	Value string
	// Err says what was due.
	Err error
}

// Error names the row, the column and what was due.
func (e *RowError) Error() string {
	return fmt.Sprintf("superoffice: the row %s %s: the column %s: %s %v", e.Entity, e.PrimaryKey, e.Column, strconv.Quote(e.Value), e.Err)
}

// Unwrap returns Err.
func (e *RowError) Unwrap() error { return e.Err }
