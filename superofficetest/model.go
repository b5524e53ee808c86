package superofficetest

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// The whole database is told of in one column of one row, as the vendor does it:
// base64 of raw deflate of JSON, in which an object is written where it is met
// first, wherever that is, and is a reference everywhere else.

// WithDatabaseTables fills the database of the server up to n tables, besides those
// that tests add, for trying on how large the model of a real one is: the vendor's
// has 540.
func WithDatabaseTables(n int) Option {
	return func(s *settings) { s.tables = n }
}

// modelTable is the table of the database's model.
const modelTable = "databasemodel"

// modelRows is the one row of the model.
type modelRows struct{ database *database }

// newModel returns the table of the model of a database.
func newModel(d *database) *table {
	return &table{name: modelTable, number: 351, store: modelRows{d}, columns: []Column{
		{Name: "databasemodel_id", Type: ColumnID, NotNull: true}, {Name: "ModelData", Type: ColumnString},
	}}
}

func (m modelRows) rows() []storedRow            { return []storedRow{{id: 1}} }
func (m modelRows) get(id int) (storedRow, bool) { return storedRow{id: 1}, id == 1 }
func (m modelRows) cell(_ any, column int) any {
	if column == 0 {
		return int64(1)
	}
	return m.database.model()
}

// Nobody writes to the table, since it is protected.
func (m modelRows) put(int, row)                 {}
func (m modelRows) remove(int)                   {}
func (m modelRows) next() int                    { return 1 }
func (m modelRows) truncate() int                { return 0 }
func (m modelRows) index([]int) map[string][]int { return nil }
func (m modelRows) grow(Column)                  {}

// modelObject is an object of the model: its members in their order.
type modelObject struct {
	id      int // 0 until it is written
	members []modelMember
}

// modelMember is a member: a *modelObject or a list of them, a text, a number, a
// boolean or nil.
type modelMember struct {
	name  string
	value any
}

func (o *modelObject) set(name string, value any) {
	o.members = append(o.members, modelMember{name, value})
}

// modelTypes are the vendor's numbers for the types of columns. Those of decimals
// and bits are not public.
var modelTypes = map[ColumnType]int{
	ColumnInt: 0, ColumnID: 1, ColumnBool: 9, ColumnTimeSpan: 0, ColumnString: 11, ColumnDecimal: 10, ColumnDate: 14, ColumnDateTime: 14, ColumnTime: 14, ColumnIDs: 11,
}

// model is the model of the database as it is sent.
func (d *database) model() string {
	w := &modelWriter{}
	w.object(d.modelDatabase())
	var packed bytes.Buffer
	deflater, _ := flate.NewWriter(&packed, flate.DefaultCompression) // never fails for this level
	_, _ = deflater.Write(w.text.Bytes())
	_ = deflater.Close() // it writes to memory
	return base64.StdEncoding.EncodeToString(packed.Bytes())
}

// modelDatabase makes the objects of the model.
func (d *database) modelDatabase() *modelObject {
	root, step := new(modelObject), new(modelObject)
	step.set("Name", "SuperOffice")
	step.set("StepNumber", 1)
	step.set("Description", nil)
	step.set("State", 2)
	keys, relations := make(map[string]*modelObject), make(map[*modelObject]Column)
	var tables []*modelObject
	last := 0
	for _, t := range d.tables() {
		if t.isFields {
			continue
		}
		tables = append(tables, t.modelObject(root, step, keys, relations))
		last = max(last, t.number)
	}
	for field, c := range relations {
		var relation any
		to := c.Table
		if to == "" {
			to = c.List
		}
		if other := keys[strings.ToLower(to)]; other != nil {
			of := new(modelObject)
			of.set("FromForeignKey", field)
			of.set("ToPrimaryKey", other)
			relation = of
		}
		for i := range field.members {
			if field.members[i].name == "Relation" {
				field.members[i].value = relation
			}
		}
	}
	root.set("DictionarySteps", []*modelObject{step})
	root.set("Tables", tables)
	root.set("NextTableNumber", last+1)
	return root
}

// modelObject makes the object of a table. It puts its primary key into keys, and the
// fields that may refer to others into relations.
func (t *table) modelObject(root, step *modelObject, keys map[string]*modelObject, relations map[*modelObject]Column) *modelObject {
	of := new(modelObject)
	var fields []*modelObject
	for i, c := range t.all() {
		field := t.modelField(of, step, c)
		fields = append(fields, field)
		if relations[field] = c; i == 0 {
			keys[strings.ToLower(t.name)] = field
		}
	}
	index := new(modelObject)
	index.set("Fields", fields[:1])
	index.set("IsUnique", true)
	index.set("IsClustered", true)
	index.set("IsFulltext", false)
	index.set("Created", step)
	index.set("Updated", nil)
	of.set("Database", root)
	of.set("Name", t.name)
	of.set("Description", orNil(t.description))
	of.set("DisplayField", orNil(t.display))
	of.set("CanHaveCsExtraFields", !t.isList)
	of.set("OwnedBySuperOffice", !t.isExtra)
	of.set("HasAutoIncrementPK", t.isExtra)
	of.set("BulkImportFacade", !isProtected(t.name))
	of.set("Privacy", "None")
	of.set("Fields", fields)
	of.set("PhysicalFields", fields)
	of.set("Indexes", []*modelObject{index})
	of.set("TableNumber", t.number)
	of.set("DefaultTimeZoneInterpretation", 0)
	of.set("Created", step)
	of.set("Updated", nil)
	return of
}

func (t *table) modelField(of, step *modelObject, c Column) *modelObject {
	field := new(modelObject)
	kind, enum := modelTypes[c.Type], t.enumOf(c)
	if enum != "" {
		kind = 9
	}
	field.set("Table", of)
	field.set("Name", c.Name)
	field.set("Description", orNil(c.Label))
	field.set("Type", kind)
	field.set("NotNull", c.NotNull)
	field.set("MaxLength", c.MaxLength)
	field.set("DefaultValue", orNil(c.Default))
	field.set("EnumName", orNil(enum))
	field.set("IsCsVirtual", false)
	field.set("Relation", nil)
	field.set("OwnedBySuperOffice", !t.isExtra && !strings.HasPrefix(c.Name, "x_"))
	field.set("Privacy", "None")
	field.set("TimeZoneInterpretation", 0)
	field.set("Created", step)
	field.set("Updated", nil)
	return field
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// enumOf is the name of the enum whose numbers a column holds, or empty.
func (t *table) enumOf(c Column) string {
	rows, isCarrier := t.store.(*carrierRows)
	if !isCarrier {
		return ""
	}
	for _, one := range rows.members() {
		if enum := theAPI().enums[rows.memberType(one.member)]; one.Name == c.Name && enum != nil {
			return enum.Name
		}
	}
	return ""
}

// modelWriter writes objects as JSON.
type modelWriter struct {
	text bytes.Buffer
	last int
}

func (w *modelWriter) object(o *modelObject) {
	if o.id != 0 {
		fmt.Fprintf(&w.text, `{"$ref":"%d"}`, o.id)
		return
	}
	w.last++
	o.id = w.last
	fmt.Fprintf(&w.text, `{"$id":"%d"`, o.id)
	for _, m := range o.members {
		w.text.WriteString(`,"` + m.name + `":`)
		w.value(m.value)
	}
	w.text.WriteByte('}')
}

func (w *modelWriter) value(value any) {
	switch v := value.(type) {
	case *modelObject:
		w.object(v)
	case []*modelObject:
		w.text.WriteByte('[')
		for i, one := range v {
			if i > 0 {
				w.text.WriteByte(',')
			}
			w.object(one)
		}
		w.text.WriteByte(']')
	case string:
		w.text.Write(quoted(v))
	case int:
		w.text.WriteString(strconv.Itoa(v))
	case bool:
		w.text.WriteString(strconv.FormatBool(v))
	default:
		w.text.WriteString("null")
	}
}

// fill adds tables until there are n.
func (d *database) fill(n int) {
	types := []ColumnType{ColumnInt, ColumnString, ColumnDateTime, ColumnBool, ColumnDecimal}
	before := ""
	for i := len(d.tables()); i < n; i++ {
		name := fmt.Sprintf("vendor%03d", i)
		t := &table{name: name, display: "column01", columns: []Column{{Name: name + "_id", Type: ColumnID, NotNull: true}, {Name: "contact_id", Type: ColumnID, Table: "contact"}}}
		if before != "" {
			t.columns = append(t.columns, Column{Name: before + "_id", Type: ColumnID, Table: before})
		}
		for k := range 20 {
			c := Column{Name: fmt.Sprintf("column%02d", k), Type: types[k%len(types)]}
			if c.Type == ColumnString {
				c.MaxLength = 10 * k
			}
			t.columns = append(t.columns, c)
		}
		t.store = &memoryRows{table: t, note: d.note, isHeard: d.isHeard}
		d.put(t)
		before = name
	}
}
