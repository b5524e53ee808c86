package archive

import (
	"encoding"
	"errors"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/rowtag"
)

// plan is how the rows of a struct type are asked for and read.
type plan struct {
	fields  []planField
	key     int    // the field that pages go by, or -1
	selects string // $select, empty for rows of any columns
	// scanFull reads a cell if rows come in full mode, and is nil if they are slim.
	scanFull   func(r *reader, b []byte, i, at int) (end int)
	anyColumns bool           // the rows are of the type Row
	dated      bool           // a field is a time, which is one of a zone
	byName     map[string]int // the fields by their column in lower case
	err        error
}

// planField is a field of a struct and its column.
type planField struct {
	column  string
	name    string // of the field in Go
	index   []int
	convert convert // of what Cell holds, if cell
	cell    bool    // the field is a Cell
	text    bool    // the field is a string, whose memory rows share
	isText  bool    // the field, or what the Cell holds, is a string
	own     bool    // the column is PrimaryKey or EntityName, which each row has
}

var plans sync.Map // reflect.Type -> *plan

// planOf returns the plan of a type, which is made once.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t))
	return p.(*plan)
}

func newPlan(t reflect.Type) *plan {
	p := &plan{key: -1, byName: make(map[string]int)}
	if _, p.anyColumns = reflect.New(t).Interface().(anyRow); p.anyColumns {
		return p
	}
	fields, err := rowtag.Fields(t, isCellValue)
	if err != nil {
		p.err = invalid("the row type %s: %s", t, err)
		return p
	}
	p.fields = make([]planField, len(fields))
	for i := range fields {
		if err := p.set(i, &fields[i]); err != nil {
			p.err = invalid("the row type %s: the field %s %s", t, fields[i].Name, err)
			return p
		}
	}
	p.selects = strings.TrimPrefix(p.selects, ",")
	return p
}

// set makes a field of the plan.
func (p *plan) set(at int, f *rowtag.Field) (err error) {
	one := &p.fields[at]
	one.column, one.name, one.index = f.Column, f.Name, f.Index
	p.byName[strings.ToLower(f.Column)] = at
	if one.own = strings.EqualFold(f.Column, primaryKey) || strings.EqualFold(f.Column, entityName); !one.own {
		p.selects += "," + f.Column
	}
	of := f.Type
	if c, isCell := reflect.New(of).Interface().(anyCell); isCell {
		p.scanFull, one.cell, of = c.scanner(), true, of.Field(0).Type
	}
	p.dated = p.dated || holdsTime(of)
	if f.Key {
		if !isWhole(of) || one.cell {
			return errors.New("is the key, which must be a whole number")
		}
		p.key = at
	}
	one.convert, err = converter(of)
	if of.Kind() == reflect.String {
		_, isOwn := reflect.New(of).Interface().(encoding.TextUnmarshaler)
		one.isText = of != reflect.TypeFor[superoffice.FieldValue]()
		one.text = one.isText && !one.cell && !isOwn
	}
	return err
}

func isWhole(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 }

// holdsTime reports whether a type is a time, or holds one.
func holdsTime(t reflect.Type) bool {
	switch {
	case t.Kind() == reflect.Pointer:
		return holdsTime(t.Elem())
	case rowtag.IsNullable(t):
		return holdsTime(t.Field(0).Type)
	}
	return t == reflect.TypeFor[time.Time]()
}
