package superofficetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/internal/filter"
)

// Field is a custom field of contacts, persons, projects, sales, appointments or
// documents that is published. Extra fields, whose names begin with x_, are columns:
// see [Server.AddTable].
type Field struct {
	// Entity is contact, person, project, sale, appointment or document.
	Entity string
	// ProgID is the key in CustomFields: SuperOffice and the next number unless
	// told.
	ProgID string
	Label  string
	Type   superoffice.UDefFieldType
	// TextLength bounds a short text: 49 unless told.
	TextLength int
	// List is the name of the list that a field of the type List chooses from.
	List                string
	Mandatory, ReadOnly bool
	Default, Tooltip    string
}

// fieldCarrier is what custom fields are kept as.
const fieldCarrier = "UserDefinedFieldInfo"

// fieldEntities are the kinds of records that have custom fields, by their tables.
var fieldEntities = map[string]string{
	"contact": "Contact", "person": "Person", "project": "Project", "sale": "Sale", "appointment": "Appointment", "document": "Document",
}

// fieldColumns are the types of custom fields as those of columns.
var fieldColumns = map[string]ColumnType{
	"Number": ColumnInt, "ShortText": ColumnString, "LongText": ColumnString, "Date": ColumnDate, "UnlimitedDate": ColumnDate,
	"Checkbox": ColumnBool, "List": ColumnID, "Decimal": ColumnDecimal,
}

// AddField adds a custom field and publishes it: it is among the published fields of
// its entity from now on, and archives and mass operations (udcontactSmall,
// udpersonSmall and so on) know its type. It panics for an entity that has no custom
// fields, an unknown type or list, and a ProgID that is taken.
func (s *Server) AddField(f Field) {
	if problem := s.addField(f); problem != "" {
		panic("superofficetest: AddField: " + problem)
	}
}

func (s *Server) addField(f Field) (problem string) {
	entity := strings.ToLower(f.Entity)
	owner := fieldEntities[entity]
	kind, known := fieldColumns[string(f.Type)]
	list := s.list(f.List)
	switch {
	case owner == "":
		return fmt.Sprintf("%q has no custom fields", f.Entity)
	case !known:
		return fmt.Sprintf("%q is no type", f.Type)
	case f.Type == superoffice.UDefFieldTypeList && list == nil:
		return fmt.Sprintf("there is no list %q", f.List)
	}
	s.database.writing.Lock()
	defer s.database.writing.Unlock()
	fields := s.fields(owner, false)
	if f.ProgID == "" {
		f.ProgID = "SuperOffice:" + strconv.Itoa(len(fields)+1)
	}
	if s.field(entity, f.ProgID) != nil {
		return "there is a field " + f.ProgID + " already"
	}
	if f.Type == superoffice.UDefFieldTypeShortText && f.TextLength == 0 {
		f.TextLength = 49
	}
	info := sampler{theAPI(), false}.blank(theAPI().carriers[fieldCarrier])
	maps.Copy(info, map[string]any{
		"FieldLabel": f.Label, "FieldType": string(f.Type), "Type": owner, "ProgId": f.ProgID, "TextLength": demoNumber(f.TextLength),
		"FieldDefault": f.Default, "IsMandatory": f.Mandatory, "IsReadOnly": f.ReadOnly, "Tooltip": f.Tooltip, "HasBeenPublished": true, "Version": demoNumber(1),
		"ColumnId": demoNumber(len(fields) + 1), "TabOrder": demoNumber(len(fields) + 1), "UdefIdentity": demoNumber(len(fields) + 1), "MdoListName": f.List,
	})
	if list != nil {
		info["UDListDefinitionId"] = demoNumber(list.number)
	}
	id := len(s.entities.all(fieldCarrier)) + 1
	info["UDefFieldId"] = demoNumber(id)
	s.entities.seedAs(fieldCarrier, id, info)
	s.fieldsAdded.Store(true)
	length := f.TextLength
	if f.Type != superoffice.UDefFieldTypeShortText {
		length = 0
	}
	s.fieldTable(entity).growField(Column{Name: f.ProgID, Type: kind, MaxLength: length, Label: f.Label, List: f.List})
	return ""
}

// fieldTable is the table of the custom fields of an entity, whose rows are those of
// the entity: its columns are the primary key and prog ids.
func (s *Server) fieldTable(entity string) *table {
	name := fieldTableName(entity)
	if known := s.database.table(name); known != nil {
		return known
	}
	of := s.database.table(entity).store.(*carrierRows)
	t := s.carrierTable(name, of.action.entity, "", s.database.table(entity).number, of.members()[:1])
	t.isFields = true
	s.database.put(t)
	return t
}

func fieldTableName(entity string) string {
	switch entity {
	case "appointment":
		return "udappntSmall"
	case "document":
		return "uddocSmall"
	}
	return "ud" + entity + "Small"
}

// growField adds a column that is a custom field.
func (t *table) growField(c Column) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.store.grow(c) // before anybody sees the column
	t.columns = append(t.columns, c)
}

// fields are the custom fields of a kind of owner, in the order of their numbers.
func (s *Server) fields(owner string, published bool) []map[string]any {
	all := s.entities.all(fieldCarrier)
	var fields []map[string]any
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if f := all[id]; f["Type"] == owner && (f["HasBeenPublished"] == true || !published) {
			fields = append(fields, f)
		}
	}
	return fields
}

// field is the custom field of an entity with a prog id, or nil.
func (s *Server) field(entity, progID string) *Column {
	t := s.database.table(fieldTableName(entity))
	if t == nil {
		return nil
	}
	i := t.column(progID)
	if i <= 0 {
		return nil
	}
	return &t.all()[i]
}

// customColumn is a custom or extra field of an entity as a column of an archive.
func (s *Server) customColumn(entity, name, progID string) (archiveColumn, bool) {
	c := s.field(entity, progID)
	if t := s.database.table(entity); c == nil && t != nil && t.column(progID) > 0 && strings.HasPrefix(strings.ToLower(progID), "x_") {
		c = &t.all()[t.column(progID)]
	}
	if c == nil {
		return archiveColumn{}, false
	}
	base := s.settings.baseZone()
	column := archiveColumn{name, columnKinds[c.Type], func(r archiveRow) any { return archived(customCell(tree(r), *c), base) }}
	if c.List != "" {
		column.kind, column.cell = filter.ListAny, func(r archiveRow) any {
			id, _ := customCell(tree(r), *c).(int64)
			return filter.Item{ID: id, Text: s.textOf(c.List, int(id), "Name")}
		}
	}
	return column, true
}

// withDisplayTexts adds the texts of the items that the custom fields of an entity
// choose from lists, as the server does when it is asked for one.
func (s *Server) withDisplayTexts(a action, value any) any {
	entity, ok := value.(map[string]any)
	table := strings.ToLower(strings.TrimSuffix(a.entity, "Entity"))
	if !ok || fieldEntities[table] == "" || !s.fieldsAdded.Load() {
		return value
	}
	fields, _ := entity["CustomFields"].(map[string]any)
	shown := maps.Clone(fields)
	for key, value := range fields {
		c := s.field(table, key)
		if text, isText := value.(string); isText && c != nil && c.List != "" {
			id, _ := parseBare(ColumnID, strings.TrimSuffix(strings.TrimPrefix(text, "[I:"), "]")).(int64)
			shown[key+":DisplayText"] = s.textOf(c.List, int(id), "Name")
		}
	}
	if len(shown) == len(fields) && maps.EqualFunc(shown, fields, func(a, b any) bool { return a == b }) {
		return value
	}
	entity = maps.Clone(entity)
	entity["CustomFields"] = shown
	return entity
}

// fieldResult answers the calls that tell of custom fields, once there are any.
func (s *Server) fieldResult(op operation, r *request) (value any, failed *failure, known bool) {
	if !s.fieldsAdded.Load() && op.call.Entity != "Schema" && !strings.Contains(op.name, "GetCustomFieldInfo") {
		return nil, nil, false
	}
	if op.call.Entity != "" {
		return s.entityFields(op)
	}
	agent, name, _ := strings.Cut(op.name, "/")
	if agent != fieldCarrier {
		return nil, nil, false
	}
	in, _ := r.body.(map[string]any)
	owner, _ := theAPI().named("UDefType", ownerOf(in)).(string)
	key := memberText(in, "ProgId") + memberText(in, "FieldLabel")
	published := strings.HasPrefix(name, "GetPublished")
	switch strings.Replace(name, "Published", "", 1) {
	case "GetUserDefinedFieldList":
		return anys(s.fields(owner, published)), nil, true
	case "GetUserDefinedFieldFromProgId", "GetUserDefinedFieldFromFieldLabel":
		return fieldCalled(s.fields(owner, published), key), nil, true
	case "GetCustomFieldInfoList":
		return s.fieldInfos(memberText(in, "TableName"), asBool(in, "IncludeStandard"))
	case "GetCustomFieldInfo":
		infos, failed, known := s.fieldInfos(memberText(in, "TableName"), true)
		return infoCalled(infos, memberText(in, "FieldName")), failed, known
	case "Publish":
		return s.publish(owner), nil, true
	case "DetectUnpublishedChanges":
		return len(s.fields(owner, true)) != len(s.fields(owner, false)), nil, true
	}
	return nil, nil, false
}

func ownerOf(in map[string]any) any {
	value, _ := member(in, "OwnerType")
	return value
}

func asBool(in map[string]any, name string) bool {
	value, _ := member(in, name)
	text, _ := scalarText(value)
	return strings.EqualFold(text, "true")
}

// anys is a list as it is answered.
func anys(all []map[string]any) []any {
	list := make([]any, len(all))
	for i := range all {
		list[i] = all[i]
	}
	return list
}

// fieldCalled is the field with a prog id or a label, or nil.
func fieldCalled(fields []map[string]any, name string) any {
	const around = " :.,;*"
	for _, f := range fields {
		label, _ := f["FieldLabel"].(string)
		progID, _ := f["ProgId"].(string)
		if strings.EqualFold(progID, name) || strings.EqualFold(strings.Trim(label, around), strings.Trim(name, around)) {
			return f
		}
	}
	return nil
}

// publish publishes the fields of an owner, and returns how many there are.
func (s *Server) publish(owner string) any {
	fields := s.fields(owner, false)
	for _, f := range fields {
		published := maps.Clone(f)
		published["HasBeenPublished"] = true
		s.entities.mu.Lock()
		s.entities.saved[key(fieldCarrier, asInt(f, "UDefFieldId"))] = published
		s.entities.mu.Unlock()
	}
	return demoNumber(len(fields))
}

// entityFields answers the calls of REST entities that tell of custom fields.
func (s *Server) entityFields(op operation) (value any, failed *failure, known bool) {
	table := strings.ToLower(op.call.Entity)
	owner := fieldEntities[table]
	if op.call.Entity == "Schema" {
		return s.schemaResult(op)
	}
	if owner == "" {
		return nil, nil, false
	}
	switch op.call.Name {
	case "PublishedFields", "Fields":
		return anys(s.fields(owner, op.call.Name != "Fields")), nil, true
	case "PublishedField", "Field":
		value, failed = found(fieldCalled(s.fields(owner, op.call.Name != "Field"), op.values["progidOrLabel"]))
		return value, failed, true
	case "CustomFields":
		return s.fieldInfos(table, false)
	case "CustomField":
		infos, _, _ := s.fieldInfos(table, false)
		value, failed = found(infoCalled(infos, op.values["fieldName"]))
		return value, failed, true
	case "Publish":
		return s.publish(owner), nil, true
	}
	return nil, nil, false
}

func (s *Server) schemaResult(op operation) (value any, failed *failure, known bool) {
	if op.call.Name == "Fields" {
		return s.fieldInfos(op.values["tableName"], strings.EqualFold(op.values["includeStandard"], "true"))
	}
	infos, failed, known := s.fieldInfos(op.values["tableName"], true)
	if !known || failed != nil {
		return nil, failed, known
	}
	value, failed = found(infoCalled(infos, op.values["fieldName"]))
	return value, failed, true
}

// infoCalled is the field with a name, or nil.
func infoCalled(infos any, name string) any {
	all, _ := infos.([]any)
	for _, one := range all {
		info, _ := one.(map[string]any)
		if text, _ := info["FieldName"].(string); strings.EqualFold(text, name) {
			return info
		}
	}
	return nil
}

// fieldInfos tells of the custom and extra fields of a table, and of the others where
// they are wanted.
func (s *Server) fieldInfos(name string, standard bool) (value any, failed *failure, known bool) {
	if !tableName.MatchString(name) {
		return nil, nil, false
	}
	t := s.database.table(name)
	if t == nil {
		return nil, notFound(), true
	}
	infos := []any{}
	for i, c := range t.all() {
		isStandard := i == 0 || !t.isExtra && !strings.HasPrefix(strings.ToLower(c.Name), "x_")
		if !isStandard || standard {
			info := s.fieldInfo(c)
			info["IsDisplayField"] = strings.EqualFold(c.Name, t.display)
			info["Rank"] = demoNumber(i)
			infos = append(infos, info)
		}
	}
	for i, f := range s.fields(fieldEntities[strings.ToLower(name)], true) {
		c := s.field(strings.ToLower(name), fmt.Sprint(f["ProgId"]))
		if c == nil {
			continue
		}
		info := s.fieldInfo(*c)
		for _, member := range []string{"IsMandatory", "IsReadOnly", "IsIndexed", "ShortLabel", "HideLabel", "TemplateVariableName"} {
			info[member] = f[member]
		}
		info["Description"], info["Rank"] = f["Tooltip"], demoNumber(i+1)
		if f["FieldType"] == "LongText" {
			info = s.infoOfKind("LongText", info)
		}
		infos = append(infos, info)
	}
	return infos, nil, true
}

// infoKinds are the types of columns as kinds of custom fields.
var infoKinds = map[ColumnType]string{
	ColumnInt: "Integer", ColumnID: "Integer", ColumnString: "ShortText", ColumnDecimal: "Decimal", ColumnBool: "Checkbox",
	ColumnDate: "Date", ColumnDateTime: "DateTime", ColumnTime: "Time", ColumnTimeSpan: "TimeSpan",
}

// fieldInfo tells of a column.
func (s *Server) fieldInfo(c Column) map[string]any {
	kind := infoKinds[c.Type]
	switch {
	case c.List != "":
		kind = "MdoList"
	case c.Table != "":
		kind = "RelationTo"
	case c.Type == ColumnString && c.MaxLength == 0:
		kind = "LongText"
	case kind == "":
		kind = "Unknown"
	}
	label := c.Label
	if label == "" {
		label = c.Name
	}
	info := s.infoOfKind(kind, map[string]any{"FieldName": c.Name, "DisplayName": label, "IsMandatory": c.NotNull})
	for name, value := range map[string]any{"TextLength": demoNumber(c.MaxLength), "MdoListName": c.List, "TargetTable": c.Table} {
		if _, has := info[name]; has {
			info[name] = value
		}
	}
	if _, has := info["DefaultValue"]; has && c.Default != "" {
		info["DefaultValue"] = defaultMember(c)
	}
	return info
}

// defaultMember is the default of a column as a member of a carrier.
func defaultMember(c Column) any {
	cell, _ := parseCell(c, c.Default)
	switch v := cell.(type) {
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	case bool, string:
		return v
	}
	return nil
}

// infoOfKind is a carrier of a kind of field, with what is known of it.
func (s *Server) infoOfKind(kind string, known map[string]any) map[string]any {
	base := theAPI().carriers["FieldInfoBase"]
	carrier := theAPI().kind(base, map[string]any{base.By: kind})
	info := sampler{theAPI(), false}.blank(carrier)
	for _, m := range theAPI().members(carrier) {
		if value, has := known[m.Name]; has {
			info[m.Name] = value
		}
	}
	info[base.By] = kind
	return info
}
