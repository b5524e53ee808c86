package superofficetest

import (
	"slices"
	"strconv"
	"strings"
)

// badRow says no to a call of one row.
func badRow(format string, args ...any) *failure {
	text := massException(format, args...).body["ErrorMessage"].(string)
	return argumentFailure(text)
}

// rowCall answers a call of the DatabaseTable agent for one row.
func (s *Server) rowCall(name string, in map[string]any) (any, *failure) {
	table, id := memberText(in, "TableName"), asInt(in, "Id")
	value, _ := member(in, "Values")
	values, _ := value.(map[string]any)
	switch name {
	case "InsertRow":
		return s.insertRow(table, values)
	case "UpdateRow":
		return nil, s.updateRow(table, id, values)
	case "DeleteRow":
		return nil, s.deleteRow(table, id)
	}
	t := s.database.table(table)
	if t == nil {
		return nil, badRow("There is no table %q.", table)
	}
	return t.record(id), nil
}

// tableResult answers a call of v1/Table.
func (s *Server) tableResult(op operation, r *request) (value any, failed *failure, known bool) {
	name := op.values["tableName"]
	if op.call.Entity != "Table" || !tableName.MatchString(name) {
		return nil, nil, false
	}
	id, _ := strconv.Atoi(op.values["id"])
	values, _ := r.body.(map[string]any)
	switch op.call.Name {
	case "Insert":
		value, failed = s.insertRow(name, values)
	case "Update":
		failed = s.updateRow(name, id, values)
	case "Delete":
		failed = s.deleteRow(name, id)
	default:
		t := s.database.table(name)
		if t == nil {
			return nil, notFound(), true
		}
		value, failed = found(t.record(id))
	}
	return value, failed, true
}

// record is a row as the calls for one row give it, or nil.
func (t *table) record(id int) any {
	stored, ok := t.store.get(id)
	if !ok {
		return nil
	}
	return map[string]any{"Values": t.values(stored), "TableRight": nil, "FieldProperties": nil}
}

// values are the cells of a row, encoded, by their columns. One without a value is
// null.
func (t *table) values(stored storedRow) map[string]any {
	values := make(map[string]any)
	for i, c := range t.all() {
		if values[c.Name] = nil; t.store.cell(stored.of, i) != nil {
			values[c.Name] = encodeCell(c.Type, t.store.cell(stored.of, i))
		}
	}
	return values
}

// write lets f change rows. Nobody else changes any meanwhile.
func (s *Server) write(f func() *failure) *failure {
	s.database.writing.Lock()
	defer s.database.writing.Unlock()
	s.entities.changing.Lock()
	defer s.entities.changing.Unlock()
	return f()
}

func (s *Server) insertRow(name string, values map[string]any) (any, *failure) {
	t, failed := s.writable(name, false, badRow)
	if failed != nil {
		return nil, failed
	}
	id := 0
	failed = s.write(func() *failure {
		r := freshRow(t.all())
		if failed := t.fill(r, values); failed != nil {
			return failed
		}
		if given, _ := r[0].(int64); given != 0 {
			return badRow("%s", assignedKeys)
		}
		for i, c := range t.all() {
			if _, given := member(values, c.Name); i > 0 && c.NotNull && c.Default == "" && !given {
				return badRow("The column %s has to have a value in new rows.", c.Name)
			}
		}
		id = t.store.next()
		r[0] = int64(id)
		t.store.put(id, r)
		return nil
	})
	return demoNumber(id), failed
}

// fill writes values into a row.
func (t *table) fill(r row, values map[string]any) *failure {
	all := t.all()
	for name, value := range values {
		i := slices.IndexFunc(all, func(c Column) bool { return strings.EqualFold(c.Name, name) })
		if i < 0 {
			return badRow("The table %s has no column %q.", t.name, name)
		}
		text, isText := scalarText(value)
		if !isText {
			r[i] = emptyCell(all[i])
			continue
		}
		cell, wrong := parseCell(all[i], text)
		if wrong != "" {
			return badRow("%s.", wrong)
		}
		r[i] = cell
	}
	return nil
}

func (s *Server) updateRow(name string, id int, values map[string]any) *failure {
	t, failed := s.writable(name, false, badRow)
	if failed != nil {
		return failed
	}
	return s.write(func() *failure {
		stored, found := t.store.get(id)
		if !found {
			return badRow("The table %s has no row %d.", t.name, id)
		}
		r := t.readRow(stored)
		if failed := t.fill(r, values); failed != nil {
			return failed
		}
		if r[0] != int64(id) {
			return badRow("The primary key of a row cannot be changed.")
		}
		t.store.put(id, r)
		return nil
	})
}

func (s *Server) deleteRow(name string, id int) *failure {
	t, failed := s.writable(name, false, badRow)
	if failed != nil {
		return failed
	}
	return s.write(func() *failure {
		if _, found := t.store.get(id); found {
			t.store.remove(id)
		}
		return nil
	})
}
