package superofficetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// The vendor's tables, as far as they are known here: what agents and REST calls
// save as carriers, by the columns of the database.

// coreTable is a table whose rows are carriers.
type coreTable struct {
	name, carrier, display string
	number                 int
	columns                []coreColumn // the key first
}

// coreColumn is a column that is a member of a carrier.
type coreColumn struct {
	Column
	member string // or where a carrier has it: Category/Id
	text   string // of what a number refers to: the member that holds its text
}

func coreKey(name, member string) coreColumn {
	return coreColumn{Column: Column{Name: name, Type: ColumnID, NotNull: true}, member: member}
}

func coreText(name string, length int, member string) coreColumn {
	return coreColumn{Column: Column{Name: name, Type: ColumnString, MaxLength: length}, member: member}
}

func coreOf(t ColumnType, name, member string) coreColumn {
	return coreColumn{Column: Column{Name: name, Type: t}, member: member}
}

// coreRef is a column that refers to another table; member is the member that
// holds what it refers to, and its number.
func coreRef(name, table, member, text string) coreColumn {
	return coreColumn{Column: Column{Name: name, Type: ColumnID, Table: table}, member: member, text: text}
}

func coreUser(name, member string) coreColumn {
	return coreRef(name, "associate", member+"/AssociateId", "Name")
}

func coreItem(name, list, member string) coreColumn {
	c := coreRef(name, list, member, "Value")
	c.List = list
	return c
}

// stamped are the columns that the server writes itself.
func stamped(columns ...coreColumn) []coreColumn {
	return append(columns,
		coreOf(ColumnDateTime, "registered", "CreatedDate"), coreUser("registered_associate_id", "CreatedBy"),
		coreOf(ColumnDateTime, "updated", "UpdatedDate"), coreUser("updated_associate_id", "UpdatedBy"))
}

// notNull makes a column one that a new row has to have a value in.
func notNull(c coreColumn) coreColumn {
	c.NotNull = true
	return c
}

var coreTables = []coreTable{
	{"contact", "ContactEntity", "name", 5, stamped(
		coreKey("contact_id", "ContactId"), notNull(coreText("name", 219, "Name")), coreText("department", 219, "Department"), coreText("kananame", 219, "Kananame"),
		coreText("orgNr", 49, "OrgNr"), coreText("number1", 49, "Number1"), coreText("number2", 49, "Number2"), coreText("dbi_key", 255, "DbiKey"),
		coreUser("associate_id", "Associate"), coreItem("category_idx", "category", "Category/Id"), coreItem("business_idx", "business", "Business/Id"),
		countryColumn(), coreOf(ColumnBool, "xstop", "Xstop"), coreOf(ColumnBool, "nomailing", "NoMailing"), coreOf(ColumnInt, "source", "Source"),
		coreOf(ColumnInt, "group_id", "GroupId"), coreOf(ColumnInt, "deleted", "Deleted"),
	)},
	{"person", "PersonEntity", "lastname", 6, stamped(
		coreKey("person_id", "PersonId"), coreText("firstname", 99, "Firstname"), coreText("middleName", 99, "MiddleName"), coreText("lastname", 99, "Lastname"),
		coreText("mrmrs", 49, "Mrmrs"), coreText("title", 255, "Title"), coreText("person_number", 49, "PersonNumber"), coreText("salutation", 99, "Salutation"),
		coreRef("contact_id", "contact", "Contact/ContactId", "Name"), coreUser("associate_id", "Associate"), coreItem("position_idx", "persPos", "Position/Id"),
		coreItem("category_idx", "category", "Category/Id"), coreItem("business_idx", "business", "Business/Id"), countryColumn(),
		coreOf(ColumnBool, "retired", "Retired"), coreOf(ColumnBool, "nomailing", "NoMailing"), coreOf(ColumnInt, "source", "Source"), coreText("dbi_key", 255, "DbiKey"),
	)},
	{"project", "ProjectEntity", "name", 9, stamped(
		coreKey("project_id", "ProjectId"), notNull(coreText("name", 219, "Name")), coreText("project_number", 49, "ProjectNumber"), coreUser("associate_id", "Associate"),
		coreItem("status_idx", "projStatus", "ProjectStatus/Id"), coreItem("type_idx", "projType", "ProjectType/Id"),
		coreOf(ColumnDateTime, "endDate", "EndDate"), coreOf(ColumnBool, "done", "Completed"),
	)},
	{"sale", "SaleEntity", "heading", 13, stamped(
		coreKey("sale_id", "SaleId"), coreText("heading", 219, "Heading"), coreText("number1", 49, "Number"), coreOf(ColumnDecimal, "amount", "Amount"),
		coreOf(ColumnDecimal, "earning", "Earning"), coreItem("currency_id", "currency", "Currency/Id"), coreRef("contact_id", "contact", "Contact/ContactId", "Name"),
		coreRef("person_id", "person", "Person/PersonId", "FullName"), coreRef("project_id", "project", "Project/ProjectId", "Name"), coreUser("associate_id", "Associate"),
		coreOf(ColumnInt, "status", "Status"), coreOf(ColumnInt, "probability", "Probability"), coreOf(ColumnDateTime, "saledate", "Saledate"),
		coreOf(ColumnDateTime, "nextDueDate", "NextDueDate"), coreItem("source_id", "source", "Source/Id"), coreItem("saleType_id", "saleType", "SaleType/Id"),
	)},
	{"appointment", "AppointmentEntity", "title", 4, stamped(
		coreKey("appointment_id", "AppointmentId"), coreText("title", 255, "Title"), coreText("location", 255, "Location"), coreOf(ColumnDateTime, "do_by", "StartDate"),
		coreOf(ColumnDateTime, "endDate", "EndDate"), coreRef("contact_id", "contact", "Contact/ContactId", "Name"), coreRef("person_id", "person", "Person/PersonId", "FullName"),
		coreRef("project_id", "project", "Project/ProjectId", "Name"), coreRef("sale_id", "sale", "Sale/SaleId", "Title"), coreUser("associate_id", "Associate"),
		coreOf(ColumnInt, "mother_id", "MotherId"), coreOf(ColumnInt, "color_index", "ColorIndex"), coreOf(ColumnBool, "freeBusy", "IsFree"),
	)},
	{"document", "DocumentEntity", "header", 10, stamped(
		coreKey("document_id", "DocumentId"), coreText("header", 219, "Header"), coreText("name", 254, "Name"), coreText("our_ref", 219, "OurRef"), coreText("your_ref", 219, "YourRef"),
		coreText("attention", 99, "Attention"), coreText("extref", 254, "ExternalRef"), coreRef("contact_id", "contact", "Contact/ContactId", "Name"),
		coreRef("person_id", "person", "Person/PersonId", "FullName"), coreRef("project_id", "project", "Project/ProjectId", "Name"),
		coreRef("sale_id", "sale", "Sale/SaleId", "Title"), coreUser("associate_id", "Associate"), coreOf(ColumnInt, "snum", "Snum"),
	)},
	{"ticket", "TicketEntity", "title", 266, []coreColumn{
		coreKey("id", "TicketId"), coreText("title", 255, "Title"), coreOf(ColumnDateTime, "created_at", "CreatedAt"), coreOf(ColumnDateTime, "last_changed", "LastChanged"),
		coreOf(ColumnDateTime, "deadline", "Deadline"), coreOf(ColumnDateTime, "closed_at", "ClosedAt"), coreUser("owned_by", "OwnedBy"),
		coreUser("created_by", "CreatedBy"), coreRef("cust_id", "person", "Person/PersonId", "FullName"), coreOf(ColumnInt, "status", "BaseStatus"),
		coreText("author", 255, "Author"), coreOf(ColumnInt, "num_messages", "NumMessages"), coreOf(ColumnInt, "num_replies", "NumReplies"),
	}},
}

func countryColumn() coreColumn {
	c := coreRef("country_id", "country", "Country/CountryId", "Name")
	c.List = "country"
	return c
}

// listColumns are the columns of a list, whose rows are its items.
func listColumns(name string) []coreColumn {
	return []coreColumn{
		coreKey(strings.ToLower(name)+"_id", "Id"), notNull(coreText("name", 239, "Name")), coreText("tooltip", 254, "Tooltip"),
		coreOf(ColumnInt, "rank", "Rank"), coreOf(ColumnBool, "deleted", "Deleted"),
	}
}

// newDatabase returns the tables that every server has.
func newDatabase(s *Server) *database {
	d := &database{note: s.entities.note, isHeard: &s.entities.isHeard}
	for _, c := range coreTables {
		d.put(s.carrierTable(c.name, c.carrier, c.display, c.number, c.columns))
	}
	for i, name := range []string{"category", "business", "country", "currency", "persPos", "projStatus", "projType", "saleType", "source"} {
		const firstList = 60
		d.put(s.listTable(name, firstList+i))
	}
	users := &table{name: "associate", display: "name", number: 103, columns: []Column{
		{Name: "associate_id", Type: ColumnID, NotNull: true}, {Name: "name", Type: ColumnString, MaxLength: 254}, {Name: "type", Type: ColumnInt},
		{Name: "rank", Type: ColumnInt}, {Name: "deleted", Type: ColumnBool},
	}}
	rows := &memoryRows{table: users}
	users.store = rows
	for i, name := range demoUsers {
		initials, _, _ := strings.Cut(name, " ")
		rows.load(i+1, row{int64(i + 1), initials, int64(0), int64(i + 1), false})
	}
	d.put(users)
	d.put(newModel(d))
	d.fill(s.settings.tables)
	return d
}

// listTable is the table of the items of a list.
func (s *Server) listTable(name string, number int) *table {
	t := s.carrierTable(name, "ListItemEntity", "name", number, listColumns(name))
	t.isList = true
	t.store.(*carrierRows).action.entity = listEntity(name)
	return t
}

// listEntity is under what name the store keeps the items of a list.
func listEntity(name string) string { return "List/" + strings.ToLower(name) }

func (s *Server) carrierTable(name, carrier, display string, number int, columns []coreColumn) *table {
	c := theAPI().carriers[apidef.Type(carrier)]
	t := &table{name: name, display: display, number: number}
	rows := &carrierRows{server: s, action: action{entity: carrier, id: columns[0].member, sample: c}}
	rows.columns.Store(&columns)
	t.store = rows
	for _, one := range columns {
		t.columns = append(t.columns, one.Column)
	}
	return t
}

// carrierRows keep the rows of a table as carriers, where agents and REST calls
// keep them too.
type carrierRows struct {
	server  *Server
	action  action
	columns atomic.Pointer[[]coreColumn] // as those of the table
}

func (m *carrierRows) members() []coreColumn { return *m.columns.Load() }

func (m *carrierRows) grow(c Column) {
	grown := append(slices.Clone(m.members()), coreColumn{Column: c})
	m.columns.Store(&grown)
}

func (m *carrierRows) rows() []storedRow {
	all := m.server.entities.all(m.action.entity)
	rows := make([]storedRow, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		rows = append(rows, storedRow{id, all[id]})
	}
	return rows
}

func (m *carrierRows) get(id int) (storedRow, bool) {
	found := m.server.entities.find(m.action.entity, id)
	return storedRow{id, found}, found != nil
}

func (m *carrierRows) next() int {
	s := m.server.entities
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.last++; s.current(m.action, s.last) != nil; s.last++ {
	}
	return s.last
}

func (m *carrierRows) remove(id int) { m.server.entities.drop(m.action, id) }

func (m *carrierRows) truncate() int {
	n := 0
	for _, stored := range m.rows() {
		m.server.entities.forget(m.action, stored.id)
		n++
	}
	return n
}

func (m *carrierRows) index(columns []int) map[string][]int {
	ids, all := make(map[string][]int), make([]Column, 0)
	for _, c := range m.members() {
		all = append(all, c.Column)
	}
	for _, stored := range m.rows() {
		r := make(row, len(all))
		for _, i := range columns {
			r[i] = m.cell(stored.of, i)
		}
		key := rowKey(all, r, columns)
		ids[key] = append(ids[key], stored.id)
	}
	return ids
}

func (m *carrierRows) cell(of any, column int) any {
	object, _ := of.(map[string]any)
	c := m.members()[column]
	if c.member == "" {
		return customCell(object, c.Column)
	}
	if stamp := m.stamp(object, c.member); !stamp.IsZero() {
		return stamp
	}
	name, id, isRef := strings.Cut(c.member, "/")
	value, _ := member(object, name)
	if isRef {
		inner, _ := value.(map[string]any)
		return int64(asInt(inner, id))
	}
	switch c.Type {
	case ColumnDateTime:
		text, _ := value.(string)
		if v, ok := parseClockCell(c.Type, text).(time.Time); ok && v.Year() > 1 {
			return v
		}
		return time.Time{}
	case ColumnDecimal:
		return decimalCell(value)
	case ColumnBool:
		b, _ := value.(bool)
		return b
	case ColumnString:
		text, _ := value.(string)
		return text
	}
	if enum := theAPI().enums[m.memberType(name)]; enum != nil {
		return enumNumber(enum, value)
	}
	return wholeCell(value)
}

// stamp is when a record was saved, by the member that says so, or zero.
func (m *carrierRows) stamp(object map[string]any, name string) time.Time {
	times := stamps[strings.ToLower(map[string]string{"CreatedDate": "registeredDate"}[name])]
	if times == nil {
		times = stamps[strings.ToLower(name)]
	}
	if times == nil {
		return time.Time{}
	}
	s := m.server.entities
	s.mu.Lock()
	at, ok := times(s)[key(m.action.entity, asInt(object, m.action.id))]
	s.mu.Unlock()
	if !ok {
		return time.Time{}
	}
	return wallClock(at, m.server.settings.baseZone())
}

// wallClock is what a clock shows at an instant, to the second.
func wallClock(at time.Time, zone *time.Location) time.Time {
	at = at.In(zone)
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
}

func (m *carrierRows) memberType(name string) apidef.Type {
	if found := theAPI().member(m.action.sample, name); found != nil {
		return found.Type
	}
	return ""
}

func enumNumber(e *apidef.Enum, value any) any {
	name, _ := value.(string)
	for _, m := range e.Members {
		if strings.EqualFold(m.Name, name) {
			return int64(m.Value)
		}
	}
	return wholeCell(value)
}

// customCell reads a custom field as a cell, nil if there is none.
func customCell(object map[string]any, c Column) any {
	fields, _ := member(object, "CustomFields")
	all, _ := fields.(map[string]any)
	value, _ := member(all, c.Name)
	text, ok := value.(string)
	if !ok {
		return nil
	}
	c.MaxLength, c.NotNull = 0, false
	cell, _ := parseCell(c, text)
	return cell
}

// put makes the carrier of a row: the one that is there, with the members of the
// columns that differ.
func (m *carrierRows) put(id int, r row) {
	s := m.server.entities
	blank := sampler{theAPI(), false}.blank(m.action.sample)
	now := s.find(m.action.entity, id)
	carrier := withBlanks(blank, deepCopyOf(now))
	for i, c := range m.members() {
		if i < len(r) && (now == nil || !sameCell(c.Type, m.cell(now, i), r[i])) {
			m.set(carrier, c, r[i])
		}
	}
	carrier[m.action.id] = json.Number(strconv.Itoa(id))
	clock := demoClock(time.Now().In(m.server.settings.baseZone()))
	if _, has := carrier["UpdatedDate"]; has {
		carrier["UpdatedDate"] = clock
		if now == nil {
			carrier["CreatedDate"] = clock
		}
	}
	if m.action.entity == "PersonEntity" {
		first, _ := carrier["Firstname"].(string)
		last, _ := carrier["Lastname"].(string)
		carrier["FullName"] = strings.TrimSpace(first + " " + last)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(m.action, id, carrier)
}

func deepCopyOf(object map[string]any) map[string]any {
	if object == nil {
		return nil
	}
	return deepCopy(object).(map[string]any)
}

func sameCell(t ColumnType, a, b any) bool {
	return (a == nil) == (b == nil) && encodeCell(t, a) == encodeCell(t, b)
}

// set writes a cell into a carrier.
func (m *carrierRows) set(carrier map[string]any, c coreColumn, cell any) {
	name, id, isRef := strings.Cut(c.member, "/")
	switch n, _ := cell.(int64); {
	case c.member == "":
		setCustom(carrier, c.Column, cell)
	case isRef && n == 0:
		carrier[name] = nil
	case isRef:
		carrier[name] = map[string]any{id: json.Number(strconv.FormatInt(n, 10)), c.text: m.server.textOf(c.Table, int(n), c.text)}
	default:
		carrier[name] = m.value(name, c.Type, cell)
	}
}

// value is a cell as a member of a carrier.
func (m *carrierRows) value(name string, t ColumnType, cell any) any {
	if cell == nil {
		cell = zeroCell(t)
	}
	switch v := cell.(type) {
	case int64:
		number := json.Number(strconv.FormatInt(v, 10))
		if enum := theAPI().enums[m.memberType(name)]; enum != nil {
			return enumName(enum, number)
		}
		return number
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	case time.Time:
		return demoClock(v)
	}
	return cell
}

// setCustom writes a cell into the custom fields of a carrier.
func setCustom(carrier map[string]any, c Column, cell any) {
	fields, _ := carrier["CustomFields"].(map[string]any)
	if fields == nil {
		fields = make(map[string]any)
		carrier["CustomFields"] = fields
	}
	name := c.Name
	for known := range fields {
		if strings.EqualFold(known, name) {
			name = known
		}
	}
	if fields[name] = encodeCell(c.Type, cell); cell == nil {
		fields[name] = nil
	}
}

// textOf is the text that stands for a row that another one refers to.
func (s *Server) textOf(name string, id int, text string) string {
	t := s.database.table(name)
	if t == nil {
		return ""
	}
	stored, found := t.store.get(id)
	if !found {
		return ""
	}
	if object, isCarrier := stored.of.(map[string]any); isCarrier {
		if value, ok := object[text].(string); ok {
			return value
		}
	}
	value, _ := t.store.cell(stored.of, t.column(t.display)).(string)
	return value
}
