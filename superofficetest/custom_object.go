package superofficetest

import (
	"maps"
	"strconv"
	"strings"
)

// customObjectResult answers the calls for custom objects, which are the rows of
// extra tables.
func (s *Server) customObjectResult(op operation, r *request) (value any, failed *failure, known bool) {
	agent, name, isAgent := strings.Cut(op.name, "/")
	if op.call.Entity != "" {
		isAgent = false
	}
	in, _ := r.body.(map[string]any)
	definition, id, row := memberText(in, "DefinitionName"), asInt(in, "Id"), in
	switch {
	case isAgent && agent == "CustomObject":
		inner, _ := member(in, "Row")
		row, _ = inner.(map[string]any)
	case op.call.Entity == "CustomObject", op.call.Entity == "CustomObjectDefinition":
		definition, name = op.values["definitionName"], op.call.Entity+op.call.Name
		id, _ = strconv.Atoi(op.values["id"])
	default:
		return nil, nil, false
	}
	if name == "GetCustomObjectsMetadata" {
		all := s.customObjectsMetadata()
		return all, nil, len(all) > 0
	}
	if !tableName.MatchString(definition) {
		return nil, nil, false
	}
	t := s.database.table(definition)
	if t == nil || !t.isExtra {
		return nil, notFound(), true
	}
	value, failed = s.customObjectCall(t, name, id, row)
	if op.call.Entity != "" && failed == nil && value == nil && op.call.Result != "" {
		failed = notFound()
	}
	return value, failed, true
}

// customObjectCall does what a call wants, by its name in the agent or in REST.
func (s *Server) customObjectCall(t *table, name string, id int, row map[string]any) (any, *failure) {
	switch name {
	case "GetCustomObject", "CustomObjectGet":
		return t.customObject(id), nil
	case "SaveCustomObject", "CustomObjectSave":
		return s.saveCustomObject(t, row)
	case "DeleteCustomObject", "CustomObjectDelete":
		return nil, s.deleteRow(t.name, id)
	case "CreateDefaultCustomObject":
		stored := storedRow{of: freshRow(t.all())}
		values := t.values(stored)
		delete(values, t.all()[0].Name)
		return customObjectCarrier(t.name, 0, values), nil
	case "GetCustomObjectDefinition", "CustomObjectDefinitionGet":
		return t.customObjectDefinition(), nil
	}
	return false, nil // HasScreenChooser
}

func customObjectCarrier(table string, id int, values map[string]any) map[string]any {
	return map[string]any{"DefinitionName": table, "Id": demoNumber(id), "Values": values, "TableRight": nil, "FieldProperties": nil}
}

// customObject is a row as a custom object, or nil.
func (t *table) customObject(id int) any {
	stored, found := t.store.get(id)
	if !found {
		return nil
	}
	return customObjectCarrier(t.name, id, t.values(stored))
}

// saveCustomObject changes the row of a number, or adds one.
func (s *Server) saveCustomObject(t *table, row map[string]any) (any, *failure) {
	id := asInt(row, "Id")
	value, _ := member(row, "Values")
	given, _ := value.(map[string]any)
	values := maps.Clone(given)
	if id > 0 {
		if failed := s.updateRow(t.name, id, values); failed != nil {
			return nil, failed
		}
		return t.customObject(id), nil
	}
	for name := range values {
		if strings.EqualFold(name, t.all()[0].Name) {
			delete(values, name)
		}
	}
	number, failed := s.insertRow(t.name, values)
	if failed != nil {
		return nil, failed
	}
	return t.customObject(asInt(map[string]any{"Id": number}, "Id")), nil
}

// customObjectDefinition tells of the columns of an extra table.
func (t *table) customObjectDefinition() map[string]any {
	fields := []any{}
	for i, c := range t.all()[1:] {
		label := c.Label
		if label == "" {
			label = c.Name
		}
		fields = append(fields, map[string]any{
			"FieldName": c.Name, "FieldType": string(c.Type), "DisplayName": label, "Description": "", "UseDefaultValue": c.Default != "",
			"DefaultValue": encodedDefault(c), "Rank": demoNumber(i + 1), "IsDefault": true,
		})
	}
	return map[string]any{
		"Id": demoNumber(t.number), "Name": t.name, "Title": t.shown(), "DisplayField": t.display, "Description": t.description,
		"IconId": demoNumber(0), "Flags": demoNumber(0), "Fields": fields, "TableRight": nil, "FieldProperties": nil,
	}
}

func encodedDefault(c Column) string {
	if c.Default == "" {
		return ""
	}
	cell, _ := parseCell(c, c.Default)
	return encodeCell(c.Type, cell)
}

// shown is what users call a table.
func (t *table) shown() string {
	if t.title == "" {
		return t.name
	}
	return t.title
}

// customObjectsMetadata tells of all extra tables.
func (s *Server) customObjectsMetadata() []any {
	var all []any
	for _, t := range s.database.tables() {
		if !t.isExtra {
			continue
		}
		one := sampler{theAPI(), false}.blank(theAPI().carriers["CustomObjectMetadata"])
		relations := []any{}
		for _, c := range t.all() {
			if c.Table != "" {
				relation := sampler{theAPI(), false}.blank(theAPI().carriers["CustomObjectRelation"])
				relation["EntityName"], relation["EntityType"], relation["RelationField"] = c.Table, c.Table, c.Name
				relations = append(relations, relation)
			}
		}
		one["Name"], one["TableName"], one["Relations"] = t.shown(), t.name, relations
		all = append(all, one)
	}
	return all
}
