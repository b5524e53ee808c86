package bulk

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/fieldcodec"
	"github.com/superoffice-go/superoffice/internal/rowtag"
	"github.com/superoffice-go/superoffice/udef"
)

// table is how rows become cells.
type table struct {
	columns []column
	keys    []int // of the columns by which rows are found
	own     int   // the column of the primary key, or -1
	extra   bool  // the table is one of the tenant's
	isKey   bool  // rows are found by the primary key
}

// column is a column, and the field that its cells are made of.
type column struct {
	rowtag.Field
	fieldcodec.Codec
	limit int                    // in characters; 0 for none
	like  superoffice.FieldValue // whose encoding the cells have
}

// protected are the tables that mass operations do not write.
var protected = []string{
	"associate", "ejuser", "credentials", "role", "config", "registry", "user_candidate", "user_attribute", "locking", "travelcurrent", "batchtask", "email_account",
	"databasemodel", "sequence",
}

// protectedPrefixes are what the names of others begin with.
var protectedPrefixes = []string{"modulelicense", "functionright", "login", "erp"}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", superoffice.ErrInvalidArgument, fmt.Sprintf(format, args...))
}

// check refuses what can only fail.
func (s *settings) check() error {
	name := strings.ToLower(s.table)
	isLetter := func(r rune) bool { return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' }
	switch {
	case s.client == nil:
		return invalid("bulk.Into has no client, or is the zero Writer")
	case name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isLetter(r) }):
		return invalid("%q is no name of a table", s.table)
	case slices.Contains(protected, name) || slices.ContainsFunc(protectedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }):
		return invalid("the table %s is protected: mass operations do not write it", s.table)
	}
	return nil
}

// newTable returns how rows of T become cells. keys is nil for an insert.
func newTable[T any](s *settings, keys []string) (*table, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	of := reflect.TypeFor[T]()
	fields, err := rowtag.Fields(of, fieldcodec.IsValue)
	if err != nil {
		return nil, invalid("the row type %s: %s", of, err)
	}
	t := &table{own: -1, extra: strings.HasPrefix(strings.ToLower(s.table), "y_")}
	for _, f := range fields {
		codec, err := fieldcodec.Of(f.Type, itemCodec)
		if err != nil {
			return nil, invalid("the row type %s: the field %s %s", of, f.Name, err)
		}
		c := column{f, codec, s.limits[strings.ToLower(f.Column)], ""}
		if codec.IsDate {
			c.like = "[DT:" // an instant of the day, too
		}
		t.columns = append(t.columns, c)
	}
	if err := errors.Join(t.findOwn(s.table), t.setKeys(keys)); err != nil {
		return nil, err
	}
	return t, t.checkLimits(s.limits)
}

// findOwn finds the primary key, and puts it first, where the server wants it. That of
// an extra table is id. Of the server's own tables it is the number that is tagged as
// key, or the column that is named so; another key is one of the caller's.
func (t *table) findOwn(name string) error {
	isOwn := func(c column) bool { return c.Key && c.isNumber() && !t.extra }
	for _, also := range []string{name + "_id", "id"} {
		if !slices.ContainsFunc(t.columns, isOwn) {
			isOwn = func(c column) bool { return strings.EqualFold(c.Column, also) }
		}
	}
	at := slices.IndexFunc(t.columns, isOwn)
	if at < 0 {
		return nil
	}
	if !t.columns[at].isNumber() {
		return invalid("the primary key %s is of the type %s, and has to be a whole number", t.columns[at].Column, t.columns[at].Type)
	}
	c := t.columns[at]
	t.columns = slices.Insert(slices.Delete(t.columns, at, at+1), 0, c)
	t.own = 0
	return nil
}

// isNumber reports whether the cells of a column are whole numbers.
func (c *column) isNumber() bool {
	k := c.Type.Kind()
	_, isText := reflect.New(c.Type).Interface().(encoding.TextMarshaler)
	return k >= reflect.Int && k <= reflect.Uint64 && !isText && c.Type != reflect.TypeFor[time.Duration]()
}

// isText reports whether the cells of a column are the texts themselves.
func (c *column) isText() bool {
	_, isText := reflect.New(c.Type).Interface().(encoding.TextMarshaler)
	return c.Type.Kind() == reflect.String && !isText && c.Type != reflect.TypeFor[superoffice.FieldValue]()
}

func (t *table) setKeys(keys []string) error {
	for _, key := range keys {
		at := slices.IndexFunc(t.columns, func(c column) bool { return strings.EqualFold(c.Column, key) })
		if at < 0 {
			return invalid("no field of the row type has the key column %q", key)
		}
		if slices.Contains(t.keys, at) {
			return invalid("the key column %q is given twice", key)
		}
		t.keys = append(t.keys, at)
	}
	t.isKey = t.own >= 0 && slices.Contains(t.keys, t.own)
	if t.isKey && len(t.keys) > 1 {
		return invalid("the primary key %s is a key by itself", t.columns[t.own].Column)
	}
	return nil
}

func (t *table) checkLimits(limits map[string]int) error {
	for name := range limits {
		if !slices.ContainsFunc(t.columns, func(c column) bool { return strings.EqualFold(c.Column, name) }) {
			return invalid("no field of the row type has the column %q of a limit", name)
		}
	}
	return nil
}

// leftOut is the number of columns at the beginning that are not sent: the primary
// key of an extra table, which only the server assigns.
func (t *table) leftOut() int {
	if t.own >= 0 && t.extra && !t.isKey {
		return 1
	}
	return 0
}

// names are the columns as they are sent.
func (t *table) names() []string {
	all := make([]string, 0, len(t.columns))
	for _, c := range t.columns[t.leftOut():] {
		all = append(all, c.Column)
	}
	return all
}

func (t *table) keyNames() []string {
	all := make([]string, len(t.keys))
	for i, at := range t.keys {
		all[i] = t.columns[at].Column
	}
	return all
}

// cells makes the cells of a row.
func (t *table) cells(v reflect.Value) (cells []string, err error) {
	cells = make([]string, len(t.columns))
	for i := range t.columns {
		if cells[i], err = t.columns[i].cell(v); err != nil {
			return nil, err
		}
	}
	if err := t.checkOwn(cells); err != nil {
		return nil, err
	}
	return cells[t.leftOut():], nil
}

// cell makes one cell.
func (c *column) cell(row reflect.Value) (string, error) {
	value, err := c.Encode(row.FieldByIndex(c.Index), c.like)
	if err != nil {
		return "", invalid("the column %s: %s", c.Column, err)
	}
	text := value.Text()
	if n := utf8.RuneCountInString(text); c.limit > 0 && n > c.limit {
		return "", invalid("the column %s: the text has %d characters, at most %d are allowed", c.Column, n, c.limit)
	}
	return text, nil
}

var (
	errOwnGiven   = errors.New("the server assigns the primary keys of extra tables; leave it 0")
	errOwnMissing = errors.New("an upsert by the primary key only changes rows; it has none")
)

// checkOwn refuses a primary key that the server would.
func (t *table) checkOwn(cells []string) error {
	if t.own < 0 {
		return nil
	}
	id, err := superoffice.FieldValue(cells[t.own]).Int()
	switch {
	case err != nil:
		return invalid("the column %s: %s", t.columns[t.own].Column, err)
	case t.isKey && id <= 0:
		return fmt.Errorf("%w: the column %s: %w", superoffice.ErrInvalidArgument, t.columns[t.own].Column, errOwnMissing)
	case t.leftOut() > 0 && id != 0:
		return fmt.Errorf("%w: the column %s: %w", superoffice.ErrInvalidArgument, t.columns[t.own].Column, errOwnGiven)
	}
	return nil
}

// key is what a row is found by, as one text.
func (t *table) key(cells []string) string {
	if len(t.keys) == 1 {
		return cells[t.keys[0]-t.leftOut()]
	}
	return joined(t.keyCells(cells))
}

// hasTextKeys reports whether keys are compared as they are.
func (t *table) hasTextKeys() bool {
	return !slices.ContainsFunc(t.keys, func(at int) bool { return t.columns[at].Type.Kind() != reflect.String })
}

// keyCells are the cells that a row is found by.
func (t *table) keyCells(cells []string) []string {
	texts := make([]string, len(t.keys))
	for i, at := range t.keys {
		texts[i] = cells[at-t.leftOut()]
	}
	return texts
}

// joined is a list of texts as one that no other list gives.
func joined(texts []string) string {
	if len(texts) == 1 {
		return texts[0]
	}
	var all strings.Builder
	for _, text := range texts {
		all.WriteString(strconv.Itoa(len(text)) + ":" + text)
	}
	return all.String()
}

// comparable is a key as one text, without the encoding of what is no text: the server
// may give [I:5] back as 5.
func (t *table) comparable(keys []string) string {
	all := keys
	for i := range min(len(keys), len(t.keys)) {
		if t.columns[t.keys[i]].Type.Kind() == reflect.String {
			continue
		}
		if &all[0] == &keys[0] {
			all = slices.Clone(keys)
		}
		all[i] = bare(all[i])
	}
	return joined(all)
}

// bare is a text without its encoding.
func bare(text string) string {
	kind, value, isEncoded := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), ":")
	if isEncoded && strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") && len(kind) <= len("DT") {
		return value
	}
	return text
}

// itemCodec writes the ID of a list's item.
func itemCodec(t reflect.Type) (fieldcodec.Codec, bool) {
	if t != reflect.TypeFor[udef.Item]() {
		return fieldcodec.Codec{}, false
	}
	return fieldcodec.Codec{Want: "the ID of a list's item", Encode: func(src reflect.Value, _ superoffice.FieldValue) (superoffice.FieldValue, error) {
		return src.Interface().(udef.Item).FieldValue()
	}}, true
}

// newDeletion returns the table of the primary keys of rows.
func newDeletion(s *settings) (*table, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return &table{own: -1}, nil
}
