package archive

import (
	"errors"
	"reflect"
	"strings"
	"sync"

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
	if reflect.PointerTo(t).Implements(anyRowType) {
		p.anyColumns = true
		return p
	}
	fields, err := rowtag.Fields(t, isCellValue)
	if err != nil {
		p.err = invalid("the row type %s: %s", t, err)
		return p
	}
	var selects []string
	for i, f := range fields {
		one, err := newPlanField(f)
		if err == nil && f.Key && !isWhole(f.Type) {
			err = errors.New("is the key, which must be a whole number")
		}
		if err != nil {
			p.err = invalid("the row type %s: the field %s %s", t, f.Name, err)
			return p
		}
		if f.Key {
			p.key = i
		}
		if !one.own {
			selects = append(selects, f.Column)
		}
		if one.cell {
			p.scanFull = reflect.New(f.Type).Interface().(anyCell).scanner()
		}
		p.dated = p.dated || holdsTime(f.Type)
		p.byName[strings.ToLower(f.Column)] = i
		p.fields = append(p.fields, one)
	}
	p.selects = strings.Join(selects, ",")
	return p
}

func newPlanField(f rowtag.Field) (planField, error) {
	p := planField{column: f.Column, name: f.Name, index: f.Index}
	p.own = strings.EqualFold(f.Column, primaryKey) || strings.EqualFold(f.Column, entityName)
	of := f.Type
	if reflect.PointerTo(of).Implements(cellType) {
		p.cell, of = true, of.Field(0).Type
	}
	var err error
	p.convert, err = converter(of)
	p.isText = of.Kind() == reflect.String && of != fieldValueType
	p.text = p.isText && !p.cell && !reflect.PointerTo(of).Implements(textType)
	return p, err
}

func isWhole(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 }

// holdsTime reports whether a type is a time, or holds one.
func holdsTime(t reflect.Type) bool {
	switch {
	case t == timeType:
		return true
	case t.Kind() == reflect.Pointer:
		return holdsTime(t.Elem())
	case reflect.PointerTo(t).Implements(cellType) || isNullable(t):
		return holdsTime(t.Field(0).Type)
	}
	return false
}
