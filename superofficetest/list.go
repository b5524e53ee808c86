package superofficetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// ListItem is an item of a list.
type ListItem struct {
	ID      int    // counted from 1 in the order of the items, unless told
	Name    string // which may be in several languages: US:"Customer";NO:"Kunde"
	Tooltip string
	Rank    int // the ID, unless told
	Deleted bool
}

// AddList adds a list, or items to one that is there, such as category: the agents
// List and MDO, v1/List and v1/MDOList answer with its items, and those that are
// saved later, and mass operations write them to the table of its name. It panics
// for a name that no table can have and for one of a table that is no list.
func (s *Server) AddList(name string, items ...ListItem) {
	t := s.database.table(name)
	if !tableName.MatchString(name) || t != nil && !t.isList {
		panic(fmt.Sprintf("superofficetest: AddList: %q is no name of a list", name))
	}
	if t == nil {
		t = s.listTable(name, 0)
		s.database.put(t)
	}
	t.isKnown.Store(true)
	for i, item := range items {
		if item.ID == 0 {
			item.ID = i + 1
		}
		s.entities.seedAs(listEntity(name), item.ID, listItem(item.ID, item))
	}
}

// seedAs stores a record under a number, and nobody is told.
func (s *entityStore) seedAs(entity string, id int, record map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seeded := maps.Clone(s.seeded)
	if seeded == nil {
		seeded = make(map[string]map[int]map[string]any)
	}
	seeded[entity] = maps.Clone(seeded[entity])
	if seeded[entity] == nil {
		seeded[entity] = make(map[int]map[string]any)
	}
	seeded[entity][id] = record
	s.seeded = seeded
}

// listItem is an item as it is stored.
func listItem(id int, item ListItem) map[string]any {
	rank := item.Rank
	if rank == 0 {
		rank = id
	}
	return map[string]any{
		"Id": demoNumber(id), "Name": item.Name, "Tooltip": item.Tooltip, "Deleted": item.Deleted, "UdListDefinitionId": demoNumber(0),
		"Rank": demoNumber(rank), "TableRight": nil, "FieldProperties": nil,
	}
}

// list is the table of a list, by its name or the number of its definition, or nil.
// One of the vendor's that nobody has put an item into is not there.
func (s *Server) list(name string) *table {
	t := s.database.table(name)
	if number, err := strconv.Atoi(name); err == nil {
		for _, one := range s.database.tables() {
			if one.isList && one.number == number {
				t = one
			}
		}
	}
	if t == nil || !t.isList || !t.isKnown.Load() && len(t.store.rows()) == 0 {
		return nil
	}
	return t
}

// lists are the names of the lists that are there.
func (s *Server) lists() (names []any) {
	for _, t := range s.database.tables() {
		if s.list(t.name) != nil {
			names = append(names, t.name)
		}
	}
	return names
}

// itemsOf are the items of a list by their ranks, those that are saved as carriers of
// the list's own included.
func (s *Server) itemsOf(t *table, withDeleted bool) []map[string]any {
	var items []map[string]any
	for _, stored := range t.store.rows() {
		items = append(items, itemOf(stored))
	}
	for _, a := range theAPI().actions {
		if a.agent == "List" && strings.EqualFold(a.entity, t.name+"Entity") {
			for id, entity := range s.entities.all(a.entity) {
				items = append(items, itemOf(storedRow{id, entity}))
			}
			break
		}
	}
	items = slices.DeleteFunc(items, func(item map[string]any) bool { return item["Deleted"] == true && !withDeleted })
	slices.SortStableFunc(items, func(a, b map[string]any) int {
		if n := asInt(a, "Rank") - asInt(b, "Rank"); n != 0 {
			return n
		}
		return asInt(a, "Id") - asInt(b, "Id")
	})
	return items
}

// itemOf is an item as it is stored, or made of a carrier of another kind.
func itemOf(stored storedRow) map[string]any {
	item := stored.of.(map[string]any)
	if _, has := item["Id"]; has {
		return item
	}
	return listItem(stored.id, ListItem{
		Name: memberText(item, "Name"), Tooltip: memberText(item, "Tooltip"), Rank: asInt(item, "Rank"), Deleted: item["Deleted"] == true,
	})
}

// listAgentResult answers the calls of the agents List and MDO for lists that are
// there.
func (s *Server) listAgentResult(c *call, op operation, r *request) (value any, failed *failure, known bool) {
	agent, name, _ := strings.Cut(op.name, "/")
	in, _ := r.body.(map[string]any)
	switch {
	case agent == "MDO":
		return s.mdoResult(c, name, in)
	case agent != "List":
		return nil, nil, false
	case name == "GetListDefinitions" && len(s.lists()) > 0:
		definitions := []any{}
		for _, one := range s.lists() {
			definitions = append(definitions, listDefinition(s.database.table(one.(string))))
		}
		return definitions, nil, true
	}
	definition := memberText(in, "UdListDefinitionName") + memberText(in, "Name")
	if number := asInt(in, "UdListDefinitionId"); number != 0 {
		definition = strconv.Itoa(number)
	}
	t := s.list(definition)
	if t == nil {
		return nil, nil, false
	}
	if name == "GetListEntityByName" {
		return listDefinition(t), nil, true
	}
	a, id := t.store.(*carrierRows).action, asInt(in, "Id")
	item, _ := member(in, "Item")
	body, _ := theAPI().named("ListItemEntity", item).(map[string]any)
	verb, _, isOfList := strings.Cut(name, "FromList")
	switch {
	case !isOfList:
		return nil, nil, false
	case verb == "GetAll":
		return anys(s.itemsOf(t, asBool(in, "IncludeDeleted"))), nil, true
	case verb == "Get":
		return nilOr(s.entities.find(a.entity, id)), nil, true
	case verb == "Add" && body != nil:
		return s.entities.create(a, &request{body: body}), nil, true
	case verb == "Save" && body != nil:
		s.entities.mu.Lock()
		defer s.entities.mu.Unlock()
		return s.entities.keep(a, id, body), nil, true
	case verb == "Delete":
		s.entities.drop(a, id)
		return nil, nil, true
	}
	return nil, nil, false
}

func nilOr(object map[string]any) any {
	if object == nil {
		return nil
	}
	return object
}

// listDefinition is what is known of a list.
func listDefinition(t *table) map[string]any {
	definition := sampler{theAPI(), false}.blank(theAPI().carriers["ListEntity"])
	definition["Id"], definition["Name"], definition["ListType"] = demoNumber(t.number), t.name, strings.ToLower(t.name)
	definition["IsMDOList"], definition["IsCustomList"] = true, t.isKnown.Load()
	return definition
}

// mdoResult answers a call of the MDO agent.
func (s *Server) mdoResult(c *call, name string, in map[string]any) (value any, failed *failure, known bool) {
	if name == "GetListNames" && len(s.lists()) > 0 {
		return s.lists(), nil, true
	}
	t := s.list(memberText(in, "Name") + memberText(in, "ListName"))
	if t == nil {
		return nil, nil, false
	}
	carrier := apidef.Type("MDOListItem")
	if strings.Contains(name, "Selectable") {
		carrier = "SelectableMDOListItem"
	}
	items := s.mdoItems(c, t, carrier, memberText(in, "SearchValue"))
	switch name {
	case "GetListIdByListName":
		return demoNumber(t.number), nil, true
	case "GetListItem":
		for _, item := range items {
			if asInt(item, "Id") == asInt(in, "Id") {
				return item, nil, true
			}
		}
		return nil, nil, true
	case "SetSelected":
		return nil, nil, false
	}
	return anys(items), nil, true
}

// mdoListResult answers a call of v1/MDOList.
func (s *Server) mdoListResult(c *call, op operation) (value any, failed *failure, known bool) {
	t := s.list(op.values["listname"])
	switch {
	case op.call.Entity != "MDOList" || t == nil && op.call.Name != "All" || len(s.lists()) == 0:
		return nil, nil, false
	case op.call.Name == "All":
		return s.lists(), nil, true
	case op.call.Name == "Selectable":
		return anys(s.mdoItems(c, t, "SelectableMDOListItem", "")), nil, true
	}
	return anys(s.mdoItems(c, t, "MDOListItem", "")), nil, true
}

// mdoItems are the items of a list whose names have a text in them, as carriers.
func (s *Server) mdoItems(c *call, t *table, carrier apidef.Type, search string) []map[string]any {
	var items []map[string]any
	for _, item := range s.itemsOf(t, false) {
		name := memberText(item, "Name")
		if language := requestLanguage(c.Header); language != "" {
			name = resolve(name, language, s.settings.resources)
		}
		if !strings.Contains(strings.ToLower(name), strings.ToLower(search)) {
			continue
		}
		one := sampler{theAPI(), false}.blank(theAPI().carriers[carrier])
		maps.Copy(one, map[string]any{"Id": item["Id"], "Name": name, "FullName": name, "ToolTip": item["Tooltip"], "Rank": item["Rank"], "Deleted": false})
		items = append(items, one)
	}
	return items
}
