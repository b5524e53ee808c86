package superofficetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/apidef"
	"github.com/superoffice-go/superoffice/internal/filter"
)

// archive is what a provider's rows come from.
type archive interface {
	// column returns a column by its name in any case.
	column(name string) (archiveColumn, bool)
	// columns returns the columns that are listed, and sent if none is asked for.
	columns() []archiveColumn
	rows() []archiveRow
}

// archiveColumn is a column and how its cells are found.
type archiveColumn struct {
	name string
	kind filter.Kind
	cell func(archiveRow) any // as filter.Filter.Match takes it
}

// archiveRow is a row. What it is of, its archive knows.
type archiveRow struct {
	entity string
	key    int64
	of     any
}

// entityArchives are the providers whose rows are entities, by their name in
// lower case.
var entityArchives = map[string]string{
	"findcontact": "ContactEntity", "simplecontact": "ContactEntity", "contact": "ContactEntity",
	"findperson": "PersonEntity", "person": "PersonEntity",
	"findsale": "SaleEntity", "sale": "SaleEntity", "salefilteredwithstakeholder": "SaleEntity",
	"findappointment": "AppointmentEntity", "appointment": "AppointmentEntity", "contactactivity": "AppointmentEntity",
	"finddocument": "DocumentEntity", "document": "DocumentEntity",
	"findproject": "ProjectEntity", "project": "ProjectEntity",
	"ticket": "TicketEntity",
}

// archiveNames are how the server spells the providers of entities.
var archiveNames = []string{
	"ContactActivity", "FindAppointment", "FindContact", "FindDocument", "FindPerson", "FindProject", "FindSale",
	"Person", "SaleFilteredWithStakeholder", "SimpleContact", "Ticket",
}

// entityArchive are the entities of a carrier.
type entityArchive struct {
	server  *Server
	carrier *apidef.Carrier
	entity  string // the kind of its rows
	id      string // the member that is their key
}

func (s *Server) entityArchive(carrier string) *entityArchive {
	c := theAPI().carriers[apidef.Type(carrier)]
	entity := strings.ToLower(strings.TrimSuffix(carrier, "Entity"))
	return &entityArchive{s, c, entity, theAPI().idOf(c, entity+"Id")}
}

func (a *entityArchive) rows() []archiveRow {
	all := a.server.entities.all(a.carrier.Name)
	rows := make([]archiveRow, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		rows = append(rows, archiveRow{a.entity, int64(id), all[id]})
	}
	return rows
}

// aliases are columns that are called otherwise than the members of carriers.
var aliases = map[string]string{
	"registereddate": "CreatedDate", "registeredby": "CreatedBy", "associateid": "Associate", "probpercent": "Probability",
	"saledate": "Saledate", "orgnumber": "OrgNr", "ownedby": "OwnedBy", "text": "Description",
}

func (a *entityArchive) columns() []archiveColumn {
	var all []archiveColumn
	for _, m := range theAPI().members(a.carrier) {
		if c, ok := a.column(strings.ToLower(m.Name[:1]) + m.Name[1:]); ok {
			all = append(all, c)
		}
	}
	for _, name := range []string{"registeredDate", "associateId", "contactId", "contact/name", "personId", "person/fullName"} {
		if c, ok := a.column(name); ok {
			all = append(all, c)
		}
	}
	return all
}

func (a *entityArchive) column(name string) (archiveColumn, bool) {
	first, rest, isPath := strings.Cut(name, "/")
	lower := strings.ToLower(first)
	switch {
	case isPath && (strings.HasSuffix(lower, "udef") || strings.HasSuffix(lower, "extra")):
		if c, ok := a.server.customColumn(a.entity, name, rest); ok {
			return c, true
		}
		return archiveColumn{name, filter.Any, a.customField(rest)}, rest != ""
	case isPath && strings.HasSuffix(lower, "associate"):
		return a.below("Associate", name, rest)
	case isPath:
		return a.joined(name, first, rest)
	}
	if m := a.member(name); m != nil {
		c, ok := a.of(name, *m)
		if stamp := stamps[lower]; ok && stamp != nil {
			c.cell = a.stamped(c.cell, stamp)
		}
		return c, ok
	}
	if ref, isID := strings.CutSuffix(name, "Id"); isID {
		if m := a.member(ref); m != nil && theAPI().carriers[m.Type] != nil {
			return archiveColumn{name, filter.Int, func(r archiveRow) any { return asCellID(tree(r), m.Name, name) }}, true
		}
		if m := a.member("Person"); m != nil && strings.EqualFold(name, "contactId") { // of a request
			return a.joined(name, "Person", name)
		}
	}
	return archiveColumn{}, false
}

// stamps are the columns that the server sets when a record is saved.
var stamps = map[string]func(*entityStore) map[string]time.Time{
	"registereddate": func(s *entityStore) map[string]time.Time { return s.made }, "createdat": func(s *entityStore) map[string]time.Time { return s.made },
	"updateddate": func(s *entityStore) map[string]time.Time { return s.touched }, "lastchanged": func(s *entityStore) map[string]time.Time { return s.touched },
}

// stamped reads when a record was saved here, or what cell says of it.
func (a *entityArchive) stamped(cell func(archiveRow) any, times func(*entityStore) map[string]time.Time) func(archiveRow) any {
	s := a.server.entities
	return func(r archiveRow) any {
		s.mu.Lock()
		at, ok := times(s)[key(a.carrier.Name, int(r.key))]
		s.mu.Unlock()
		if ok {
			return at
		}
		return cell(r)
	}
}

// member is the member of the carrier that a column is of, or nil.
func (a *entityArchive) member(column string) *apidef.Member {
	if alias, ok := aliases[strings.ToLower(column)]; ok {
		if m := theAPI().member(a.carrier, alias); m != nil {
			return m
		}
	}
	return theAPI().member(a.carrier, column)
}

func tree(r archiveRow) map[string]any {
	object, _ := r.of.(map[string]any)
	return object
}

// asCellID is the number of what an entity refers to.
func asCellID(object map[string]any, name, id string) any {
	ref, _ := member(object, name)
	inner, ok := ref.(map[string]any)
	if !ok {
		return int64(0)
	}
	return int64(asInt(inner, id))
}

// of returns the column of a member.
func (a *entityArchive) of(name string, m apidef.Member) (archiveColumn, bool) {
	c := archiveColumn{name: name}
	api, base := theAPI(), a.server.settings.baseZone()
	read := func(value func(any) any) func(archiveRow) any {
		return func(r archiveRow) any {
			v, _ := member(tree(r), m.Name)
			return value(v)
		}
	}
	switch m.Type {
	case "int", "long":
		c.kind, c.cell = filter.Int, read(wholeCell)
	case "double":
		c.kind, c.cell = filter.Decimal, read(decimalCell)
	case "bool":
		c.kind, c.cell = filter.Bool, read(func(v any) any { b, _ := v.(bool); return b })
	case "string":
		c.kind, c.cell = filter.String, read(func(v any) any { text, _ := v.(string); return text })
	case "time", "date":
		c.kind, c.cell = filter.DateTime, read(func(v any) any { return timeCell(v, base) })
	case "Associate":
		c.kind, c.cell = filter.Associate, read(func(v any) any { return itemCell(v, "AssociateId", "Name") })
	default:
		switch carrier, enum := api.carriers[m.Type], api.enums[m.Type]; {
		case enum != nil:
			c.kind, c.cell = filter.ListAny, read(func(v any) any { return enumCell(enum, v) })
		case carrier != nil && api.member(carrier, "Id") != nil && api.member(carrier, "Value") != nil:
			c.kind, c.cell = filter.ListAny, read(func(v any) any { return itemCell(v, "Id", "Value") })
		case carrier != nil && strings.HasPrefix(string(m.Type), "Ticket") && strings.HasSuffix(string(m.Type), "Entity"):
			c.kind, c.cell = filter.ListAny, read(func(v any) any { return itemCell(v, api.idOf(carrier, string(m.Type)), "Name") })
		default:
			return c, false
		}
	}
	return c, true
}

func wholeCell(v any) any {
	number, _ := v.(json.Number)
	n, _ := number.Int64()
	return n
}

func decimalCell(v any) any {
	number, _ := v.(json.Number)
	f, _ := number.Float64()
	return f
}

// timeCell is the instant of a clock in the zone of the installation.
func timeCell(v any, base *time.Location) any {
	text, _ := v.(string)
	d, err := superoffice.ParseDateTime(text)
	if err != nil || d.IsZero() {
		return time.Time{}
	}
	t, err := d.Time(base)
	if err != nil {
		return time.Time{}
	}
	return t
}

func itemCell(v any, id, text string) any {
	object, ok := v.(map[string]any)
	if !ok {
		return filter.Item{}
	}
	shown, _ := member(object, text)
	name, _ := shown.(string)
	return filter.Item{ID: int64(asInt(object, id)), Text: name}
}

func enumCell(e *apidef.Enum, v any) any {
	name, _ := v.(string)
	for _, m := range e.Members {
		if strings.EqualFold(m.Name, name) {
			return filter.Item{ID: int64(m.Value), Text: m.Name}
		}
	}
	return filter.Item{Text: name}
}

// customField reads a custom field, whose value is encoded text.
func (a *entityArchive) customField(key string) func(archiveRow) any {
	base := a.server.settings.baseZone()
	return func(r archiveRow) any {
		fields, _ := member(tree(r), "CustomFields")
		all, _ := fields.(map[string]any)
		v, found := member(all, key)
		text, isText := v.(string)
		if !found || !isText {
			return nil
		}
		return encodedCell(text, base)
	}
}

// encodedCell is the value of a text such as [I:7].
func encodedCell(text string, base *time.Location) any {
	v := superoffice.FieldValue(text)
	switch kind, _, _ := strings.Cut(strings.TrimPrefix(text, "["), ":"); {
	case !strings.HasPrefix(text, "["):
		return text
	case kind == "I" || kind == "TS":
		if n, err := v.Int(); err == nil {
			return int64(n)
		}
	case kind == "F" || kind == "M":
		if f, err := v.Float(); err == nil {
			return f
		}
	case kind == "D" || kind == "DT":
		if d, err := v.DateTime(); err == nil {
			return timeCell(d.String(), base)
		}
	case kind == "A":
		if all, err := v.Ints(); err == nil {
			ids := make([]int64, len(all))
			for i, n := range all {
				ids[i] = int64(n)
			}
			return ids
		}
	}
	return text
}

// below returns the column of a member of what a member holds.
func (a *entityArchive) below(name, column, rest string) (archiveColumn, bool) {
	m := a.member(name)
	if m == nil {
		return archiveColumn{}, false
	}
	inner := &entityArchive{server: a.server, carrier: theAPI().carriers[m.Type], entity: a.entity}
	c, ok := inner.column(rest)
	if !ok {
		return archiveColumn{}, false
	}
	return archiveColumn{column, c.kind, func(r archiveRow) any {
		v, _ := member(tree(r), m.Name)
		r.of = v
		return c.cell(r)
	}}, true
}

// joined returns the column of another entity that the rows refer to.
func (a *entityArchive) joined(column, ref, rest string) (archiveColumn, bool) {
	m := a.member(ref)
	if m == nil || theAPI().carriers[m.Type] == nil {
		return archiveColumn{}, false
	}
	entity := string(m.Type) + "Entity"
	if theAPI().carriers[apidef.Type(entity)] == nil {
		return a.below(ref, column, rest)
	}
	other := a.server.entityArchive(entity)
	c, ok := other.column(rest)
	if !ok {
		return archiveColumn{}, false
	}
	return archiveColumn{column, c.kind, func(r archiveRow) any {
		r.key, _ = asCellID(tree(r), m.Name, other.id).(int64)
		r.of = a.server.entities.find(entity, int(r.key))
		return c.cell(r)
	}}, true
}

// all returns what there is of an entity, by its number.
func (s *entityStore) all(carrier string) map[int]map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := maps.Clone(s.seeded[carrier])
	if all == nil {
		all = make(map[int]map[string]any)
	}
	for key, object := range s.saved {
		if id, ok := idIn(key, carrier); ok {
			all[id] = object
		}
	}
	for key := range s.deleted {
		if id, ok := idIn(key, carrier); ok {
			delete(all, id)
		}
	}
	return all
}

// idIn is the number in a key of an entity, as the function key makes it.
func idIn(key, entity string) (id int, ok bool) {
	text, ok := strings.CutPrefix(key, entity)
	if !ok || !strings.HasPrefix(text, "/") {
		return 0, false
	}
	id, err := strconv.Atoi(text[1:])
	return id, err == nil
}

// find returns what is stored of an entity, or nil.
func (s *entityStore) find(carrier string, id int) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := key(carrier, id)
	if s.deleted[at] {
		return nil
	}
	if object, ok := s.saved[at]; ok {
		return object
	}
	return s.seeded[carrier][id]
}
