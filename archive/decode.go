package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/superoffice-go/superoffice/internal/operation"
)

// reader reads the answer to one request: a page of rows. It is used again for
// the next, and keeps what it has learned of the columns.
type reader struct {
	plan *plan
	zone *zone

	rows     list
	errs     []*RowError
	errRows  []int   // which row each of errs is of
	keys     []int64 // of the rows, if pages go by key
	nextLink bool    // the server says that there is more
	// lastEntity is the kind of the last row.
	lastEntity string
	found      bool // a row came, in any page, that is no summary of others

	window  window
	layout  layout
	seen    []bool // by field: it came in one of the rows
	isRows  bool   // the rows are of the type Row
	current rowState
}

// rowState is what is gathered of a row while it is read.
type rowState struct {
	row         reflect.Value // that is filled in, behind the last of the rows
	entity, key []byte
	errors      []*RowError
	arena       []byte // the strings of the row, which share its memory
	pending     []pendingText
	scratch     []byte // one string that was unescaped
	names       int    // how many came
	numericKey  int64
}

// pendingText is a text in the arena and the slot that it is of. It belongs into
// a field, or is that of a value of a kind in a row of any columns.
type pendingText struct {
	at, start, end int
	into           reflect.Value
	kind           byte
}

// layout is the order in which the columns come, which is nearly always that of
// the row before.
type layout struct {
	slots   []slot
	columns *columns // of the rows of type Row
}

type slot struct {
	name  []byte // as it is written
	head  []byte // with its quotes and the colon
	field int    // in the plan, or one of these
	last  string // what the column held in the row before
}

const (
	slotUnknown    = -1 // of no field
	slotPrimaryKey = -2
	slotEntity     = -3
	slotColumn     = -4 // the cells of a row in full mode
)

// list is what rows are put into: a slice of some type.
type list interface {
	// reset empties the list.
	reset()
	// expect says how many rows are likely to come.
	expect(n int)
	// next returns a cleared row behind the last one.
	next() reflect.Value
	// keep makes it the last one.
	keep()
	len() int
	// take returns the rows, a []T. Unless the list may use their memory again,
	// they are the caller's.
	take(reuse bool) any
}

// listOf is a list of rows of a type.
type listOf[T any] struct {
	rows []T
	hint int
}

func (l *listOf[T]) expect(n int) { l.hint = n }
func (l *listOf[T]) len() int     { return len(l.rows) }
func (l *listOf[T]) keep()        { l.rows = l.rows[:len(l.rows)+1] }

func (l *listOf[T]) reset() {
	clear(l.rows)
	l.rows = l.rows[:0]
}

func (l *listOf[T]) next() reflect.Value {
	if l.rows == nil {
		const most = 1000
		l.rows = make([]T, 0, min(max(l.hint, 1), most))
	}
	l.rows = slices.Grow(l.rows, 1)
	row := &l.rows[:len(l.rows)+1][len(l.rows)]
	var zero T
	*row = zero
	return reflect.ValueOf(row).Elem()
}

func (l *listOf[T]) take(reuse bool) any {
	rows := l.rows
	if !reuse {
		l.rows = nil
	}
	return rows
}

// newReader returns a reader that puts rows into a list.
func newReader(p *plan, z *zone, rows list) *reader {
	return &reader{plan: p, zone: z, rows: rows, seen: make([]bool, len(p.fields)), isRows: p.anyColumns}
}

// Reset implements operation.Reader.
func (r *reader) Reset() {
	r.rows.reset()
	r.errs, r.errRows, r.keys, r.nextLink = nil, nil, r.keys[:0], false
}

var errNoRows = errors.New("the answer holds no list of rows")

// ReadAnswer implements operation.Reader.
func (r *reader) ReadAnswer(body io.Reader) error {
	r.Reset()
	w := &r.window
	w.open(body)
	defer w.close()
	found, err := r.readHead()
	if err != nil {
		text := w.pending()
		if saysNothing(text) && errors.Is(w.err, io.EOF) {
			return nil
		}
		const most = 64 << 10
		return &operation.Unread{Text: bytes.Clone(text[:min(len(text), most)]), Err: err}
	}
	if found {
		if err := r.readRows(); err != nil {
			return &operation.Unread{Err: fmt.Errorf("row %d of the answer: %w", r.rows.len()+1, err)}
		}
	}
	if err := r.readTail(); err != nil {
		return &operation.Unread{Err: err}
	}
	return nil
}

// saysNothing reports whether an answer is the server's way to say that there is
// none.
func saysNothing(text []byte) bool {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, mark(text)))
	return len(text) == 0 || string(text) == "null"
}

// retry calls scan with what is in the window until that suffices, and passes
// over what scan has read.
func (w *window) retry(scan func(b []byte) (end int)) error {
	for {
		end := scan(w.pending())
		switch end {
		case incomplete:
			if err := w.more(); err != nil {
				return err
			}
		case broken:
			return errors.New("the JSON is broken")
		default:
			w.start += end
			return nil
		}
	}
}

// readHead reads up to the first row. found is false if the list is null.
func (r *reader) readHead() (found bool, err error) {
	var denied bool
	isList := false
	err = r.window.retry(func(b []byte) int {
		denied, isList = false, false
		i := skipSpace(b, len(mark(b)))
		switch {
		case i >= len(b):
			return incomplete
		case b[i] != '{':
			denied = true
			return 0
		}
		if i = skipSpace(b, i+1); i >= len(b) {
			return incomplete
		}
		for more := b[i] != '}'; more; {
			var name text
			if name, i = scanName(b, i); i < 0 {
				return i
			}
			if strings.EqualFold(string(name.raw), "value") && (b[i] == '[' || b[i] == 'n') {
				if isList = b[i] == '['; isList {
					return i + 1
				}
				return scanValue(b, i, 0)
			}
			if isDenial(name.raw) {
				denied = true
				return 0
			}
			start := i
			if i = scanValue(b, i, 0); i < 0 {
				return i
			}
			r.member(name, b[start:i])
			if i, more = scanNext(b, i, '}'); i < 0 {
				return i
			}
		}
		denied = true
		return 0
	})
	if err == nil && denied {
		return false, r.readDenial()
	}
	return isList, err
}

// readDenial reads the beginning of an answer that is no list of rows.
func (r *reader) readDenial() error {
	const most = 64 << 10
	for r.window.err == nil && len(r.window.pending()) < most {
		if r.window.more() != nil {
			break
		}
	}
	return errNoRows
}

// mark is a byte order mark at the beginning of b.
func mark(b []byte) []byte {
	const bom = "\xef\xbb\xbf"
	if bytes.HasPrefix(b, []byte(bom)) {
		return b[:len(bom)]
	}
	return nil
}

// isDenial reports whether a member is one that only errors have.
func isDenial(name []byte) bool {
	switch strings.ToLower(string(name)) {
	case "error", "errortype", "errormessage", "odata.error":
		return true
	}
	return false
}

// member takes a member beside the rows.
func (r *reader) member(name text, raw []byte) {
	switch strings.ToLower(string(name.raw)) {
	case "odata.nextlink", "@odata.nextlink":
		r.nextLink = len(raw) > len(`""`) && raw[0] == '"'
	}
}

// readTail reads what is behind the rows, up to the end of the answer.
func (r *reader) readTail() error {
	denied := false
	err := r.window.retry(func(b []byte) int {
		i, more := scanNext(b, 0, '}')
		for more && i >= 0 {
			var name text
			if name, i = scanName(b, i); i < 0 {
				return i
			}
			denied = denied || isDenial(name.raw)
			start := i
			if i = scanValue(b, i, 0); i < 0 {
				return i
			}
			r.member(name, b[start:i])
			i, more = scanNext(b, i, '}')
		}
		return i
	})
	if err != nil {
		return err
	}
	if denied {
		return errNoRows
	}
	for {
		if i := skipSpace(r.window.pending(), 0); i < len(r.window.pending()) {
			return errors.New("the JSON goes on behind its end")
		}
		r.window.start = r.window.end
		if err := r.window.more(); err != nil {
			if errors.Is(r.window.err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// readRows reads the rows and the bracket behind them.
func (r *reader) readRows() error {
	w := &r.window
	done := false
	for first := true; !done; first = false {
		err := w.retry(func(b []byte) int {
			i := skipSpace(b, 0)
			if i >= len(b) {
				return incomplete
			}
			if first && b[i] == ']' {
				done = true
				return i + 1
			}
			if !first {
				more := false
				if i, more = scanNext(b, i, ']'); i < 0 || !more {
					done = i >= 0
					return i
				}
			}
			return r.scanRow(b, i)
		})
		if err != nil {
			return err
		}
		if !done {
			r.keep()
		}
	}
	return nil
}

// keep adds the row that was read to the page.
func (r *reader) keep() {
	s := &r.current
	if r.isRows {
		s.row.Addr().Interface().(anyRow).fill(s, &r.layout)
	} else if len(s.pending) > 0 {
		shared := string(s.arena)
		for _, p := range s.pending {
			slot := &r.layout.slots[p.at]
			slot.last = shared[p.start:p.end]
			p.into.SetString(slot.last)
		}
	}
	for _, e := range s.errors {
		e.Entity, e.PrimaryKey = string(s.entity), string(s.key)
		r.errs, r.errRows = append(r.errs, e), append(r.errRows, r.rows.len())
	}
	if r.plan.key >= 0 {
		r.keys = append(r.keys, s.numericKey)
	}
	if string(s.entity) != r.lastEntity || r.rows.len() == 0 {
		r.lastEntity = string(s.entity)
		r.found = r.found || !isSummary(r.lastEntity)
	}
	r.rows.keep()
}

// scanRow reads a row. What it reads counts only once it is complete.
func (r *reader) scanRow(b []byte, i int) (end int) {
	s := &r.current
	s.entity, s.key, s.errors = s.entity[:0], s.key[:0], s.errors[:0]
	s.arena, s.pending, s.names, s.numericKey = s.arena[:0], s.pending[:0], 0, 0
	s.row = r.rows.next()
	switch {
	case i >= len(b):
		return incomplete
	case b[i] != '{':
		return broken
	}
	return r.scanCells(b, i)
}

// scanCells reads an object of cells by their columns.
func (r *reader) scanCells(b []byte, i int) (end int) {
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for more := true; more; {
		at := r.current.names
		r.current.names++
		if at < len(r.layout.slots) && bytes.HasPrefix(b[i:], r.layout.slots[at].head) {
			i = skipSpace(b, i+len(r.layout.slots[at].head))
		} else {
			var name text
			if name, i = scanName(b, i); i < 0 {
				return i
			}
			at = r.layout.slot(name, r.find)
		}
		if i = r.scanCell(b, i, at); i < 0 {
			return i
		}
		if i, more = scanNext(b, i, '}'); i < 0 {
			return i
		}
	}
	return i
}

// slot returns which of the slots a name is for. find tells the field of a new one.
func (l *layout) slot(name text, find func(name string) int) int {
	for i := range l.slots {
		if bytes.Equal(l.slots[i].name, name.raw) {
			return i
		}
	}
	plain := name.raw
	if name.escaped || !name.ascii {
		plain = appendText(nil, name)
	}
	head := append(append([]byte{'"'}, name.raw...), `":`...)
	l.slots = append(l.slots, slot{name: head[1 : len(head)-2], head: head, field: find(string(plain))})
	return len(l.slots) - 1
}

// find returns the field of a column, or what else the column is.
func (r *reader) find(name string) int {
	if field, ok := r.plan.byName[strings.ToLower(name)]; ok {
		return field
	}
	switch {
	case strings.EqualFold(name, primaryKey):
		return slotPrimaryKey
	case strings.EqualFold(name, entityName):
		return slotEntity
	case r.plan.scanFull != nil && strings.EqualFold(name, "Column"):
		return slotColumn
	}
	return slotUnknown
}

// scanCell reads the value behind a name.
func (r *reader) scanCell(b []byte, i, at int) (end int) {
	s, field := &r.current, r.layout.slots[at].field
	if field == slotColumn && i < len(b) && b[i] == '{' {
		return r.scanCells(b, i)
	}
	if field >= 0 && r.plan.scanFull != nil && !r.plan.fields[field].own {
		return r.plan.scanFull(r, b, i, at)
	}
	if field == slotUnknown && !r.isRows {
		return scanValue(b, i, 0)
	}
	c, end := scanCell(b, i, s.scratch)
	if end < 0 {
		return end
	}
	switch {
	case field == slotPrimaryKey:
		s.key = append(s.key[:0], c.text...)
	case field == slotEntity:
		s.entity = append(s.entity[:0], c.text...)
	case r.isRows:
		r.takeCell(c, at)
	default:
		r.take(c, at)
	}
	if c.unescaped && cap(c.text) > cap(s.scratch) {
		s.scratch = c.text[:0]
	}
	return end
}

// take writes a cell into its field.
func (r *reader) take(c value, at int) {
	slot := &r.layout.slots[at]
	f := &r.plan.fields[slot.field]
	s := &r.current
	r.seen[slot.field] = true
	if f.own {
		r.takeOwn(f, c)
	}
	into := r.field(f)
	switch {
	case !f.text:
		r.convert(f, c, into, slot.field == r.plan.key)
	case c.kind == 'n':
	case string(c.text) == slot.last:
		into.SetString(slot.last)
	default:
		start := len(s.arena)
		s.arena = append(s.arena, c.text...)
		s.pending = append(s.pending, pendingText{at: at, start: start, end: len(s.arena), into: into})
	}
}

// field is a field of the row.
func (r *reader) field(f *planField) reflect.Value {
	v := r.current.row
	for _, i := range f.index {
		v = v.Field(i)
	}
	return v
}

// takeOwn notes the key or the kind of the row, which is a column of it too.
func (r *reader) takeOwn(f *planField, c value) {
	if strings.EqualFold(f.column, primaryKey) {
		r.current.key = append(r.current.key[:0], c.text...)
	} else {
		r.current.entity = append(r.current.entity[:0], c.text...)
	}
}

// convert writes a value into a field. One that does not fit is noted.
func (r *reader) convert(f *planField, c value, into reflect.Value, isKey bool) {
	if err := f.convert(r.zone, c, into); err != nil {
		into.SetZero()
		r.current.errors = append(r.current.errors, &RowError{Column: f.column, Value: excerpt(c.text), Err: err})
	} else if isKey {
		r.current.numericKey = asInt64(into)
	}
}

func (c value) string() string {
	if c.kind == 'n' || c.kind == 0 {
		return ""
	}
	return string(c.text)
}

func asInt64(v reflect.Value) int64 {
	if v.CanInt() {
		return v.Int()
	}
	return int64(v.Uint())
}

// excerpt is the beginning of what a cell holds.
func excerpt(text []byte) string {
	const most = 80
	if len(text) > most {
		return string(bytes.ToValidUTF8(text[:most], nil)) + "..."
	}
	return string(text)
}

// takeCell keeps a cell of a row of any columns.
func (r *reader) takeCell(c value, at int) {
	s := &r.current
	start := len(s.arena)
	s.arena = append(s.arena, c.text...)
	s.pending = append(s.pending, pendingText{at: at, start: start, end: len(s.arena), kind: c.kind})
}
