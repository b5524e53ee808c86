package apidef

import (
	"cmp"
	"slices"
	"strings"
)

// Entity is one entity of the REST half of the API: what begins with v1/{Name}.
type Entity struct {
	Name  string
	Doc   string
	Calls []*Call
	// Lists are the lists that the entity List has by their names.
	Lists []*List
}

// List is one list of the entity List. All lists have the same calls but for
// those that its marks say.
type List struct {
	Name string // "Category", or "{id}" and "{name}" for a list by its number or name
	Of   Type   // the carrier of its items
	// Default says that it has calls for a new item, Visible that items have
	// user groups and headings, Plain that the items can be read as a short
	// list, Whole that all items can be replaced and deleted at once, and Shown
	// that deleted items can be asked for.
	Default, Visible, Plain, Whole, Shown bool
}

// Entity returns the entity with the given name, or nil.
func (d *Definition) Entity(name string) *Entity {
	return find(d.Entities, name, func(e *Entity) string { return e.Name })
}

// EntityCalls returns the calls of all entities, those of the lists included.
func (d *Definition) EntityCalls() (calls []*Call) {
	for _, e := range d.Entities {
		calls = append(calls, e.Calls...)
		for _, l := range e.Lists {
			calls = append(calls, l.Calls()...)
		}
	}
	return calls
}

// ByParam reports whether the list is told by a parameter, whose type that is.
func (l *List) ByParam() (name string, of Type, ok bool) {
	switch l.Name {
	case "{id}":
		return "id", "int", true
	case "{name}":
		return "name", "string", true
	}
	return "", "", false
}

// Calls returns the calls of the list.
func (l *List) Calls() []*Call {
	x := listExpansion{list: l}
	if _, _, isParam := l.ByParam(); !isParam {
		x.add("Definition", "GET", "", nil, "ListEntity")
		x.add("SetDefinition", "PUT", "", x.body("ListEntity"), "ListEntity")
	}
	item := Param{Name: "itemId", Type: "int"}
	deleted := Param{Name: "includeDeleted", Type: "bool", Query: true}
	var shown []Param
	if l.Shown {
		shown = []Param{deleted}
	}
	x.add("Items", "GET", "/Items", shown, "[]"+l.Of)
	x.add("Add", "POST", "/Items", x.body(l.Of), l.Of)
	x.add("Item", "GET", "/Items/{itemId}", []Param{item}, l.Of)
	x.add("Replace", "PUT", "/Items/{itemId}", append([]Param{item}, x.body(l.Of)...), l.Of)
	x.add("Delete", "DELETE", "/Items/{itemId}", []Param{item}, "")
	x.add("Headings", "GET", "/Headings", nil, "[]HeadingEntity")
	x.add("SetHeadings", "PUT", "/Headings", x.body("[]HeadingEntity"), "[]HeadingEntity")
	x.add("AddHeading", "POST", "/Headings", x.body("HeadingEntity"), "HeadingEntity")
	x.add("DeleteHeadings", "DELETE", "/Headings", nil, "")
	if l.Default {
		x.add("Default", "GET", "/Items/Default", nil, l.Of)
	}
	if l.Visible {
		some := Type("[]SelectableMDOListItem")
		x.add("UserGroupsOf", "GET", "/Items/{itemId}/UserGroups", []Param{item}, some)
		x.add("SetUserGroupsOf", "PUT", "/Items/{itemId}/UserGroups", append([]Param{item}, x.body(some)...), some)
		x.add("HeadingsOf", "GET", "/Items/{itemId}/Headings", []Param{item, {Name: "showDeleted", Type: "bool", Query: true}}, some)
		x.add("SetHeadingsOf", "PUT", "/Items/{itemId}/Headings", append([]Param{item}, x.body(some)...), some)
	}
	if l.Plain {
		x.add("MDOItems", "GET", "/MDOItems", []Param{{Name: "flat", Type: "bool", Query: true}, {Name: "query", Type: "string", Query: true}}, "[]MDOListItem")
	}
	if l.Whole {
		x.add("ReplaceAll", "PUT", "/Items", x.body("[]"+l.Of), "[]"+l.Of)
		x.add("DeleteAll", "DELETE", "/Items", nil, "")
	}
	return x.calls
}

// listExpansion collects the calls of a list.
type listExpansion struct {
	list  *List
	calls []*Call
}

func (x *listExpansion) body(t Type) []Param {
	return []Param{{Name: "entity", Type: t, Required: !strings.HasPrefix(string(t), listMark)}}
}

// listTwins are the calls of the List agent that do what those of a list do: by
// the name of the list first, and by its number or, for a list with items of its own,
// for these.
var listTwins = map[string]string{
	"Definition": "GetListEntityByName", "SetDefinition": "SaveListEntityByName", "Items": "GetAllFromListName", "Add": "AddFromListName",
	"ReplaceAll": "SaveAllFromListName", "DeleteAll": "DeleteAllFromListName", "Item": "GetFromListName", "Replace": "SaveFromListName",
	"Delete": "DeleteFromListName", "Headings": "GetHeadingsFromName", "SetHeadings": "SaveHeadingsFromName", "AddHeading": "SaveHeadingFromName",
	"DeleteHeadings": "DeleteAllHeadingsFromName", "UserGroupsOf": "GetVisibleForUserGroupsFromListName",
	"SetUserGroupsOf": "SetVisibleForUserGroupsFromListName", "HeadingsOf": "GetHeadingsForListItemFromListName",
	"SetHeadingsOf": "SaveHeadingsForListItemFromListName",
}

func (x *listExpansion) add(name, method, below string, params []Param, result Type) {
	c := &Call{
		Entity: "List", List: x.list.Name, Name: name, Method: method, Route: "v1/List/" + x.list.Name + below,
		Write: method != "GET", Again: method == "DELETE", Whole: true, Result: result,
	}
	if slices.ContainsFunc(params, func(p Param) bool { return p.Name == "entity" }) {
		c.Shape = ShapeBody
	}
	switch twin := listTwins[name]; {
	case name == "MDOItems":
		c.Twin = "MDO/GetList"
	case twin != "":
		c.Twin = "List/" + twin
	}
	if param, of, isParam := x.list.ByParam(); isParam {
		params = append([]Param{{Name: param, Type: of}}, params...)
	}
	c.Params = params
	x.calls = append(x.calls, c)
}

func (e *Entity) sort() {
	slices.SortFunc(e.Calls, func(a, b *Call) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(methodOrder[a.Method], methodOrder[b.Method]), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(e.Lists, func(a, b *List) int { return cmp.Compare(a.Name, b.Name) })
}

// methodOrder is the order in which the calls of a route stand.
var methodOrder = map[string]int{"GET": 1, "POST": 2, "PUT": 3, "PATCH": 4, "DELETE": 5}
