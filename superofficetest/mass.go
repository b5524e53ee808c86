package superofficetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// massFailure is how a mass operation fails that a test wants to fail.
type massFailure struct {
	afterRows int
	message   string
}

// massOperation is a mass operation on its way.
type massOperation struct {
	server  *Server
	table   *table
	all     []Column // of the table
	columns []int    // that the data have
	keys    []int    // of an upsert, as places in columns
	data    []row    // cells by columns
	sent    [][]string
	failure *massFailure

	inserts, updates, deletes int
	status                    []rowStatus
}

// rowStatus is what an upsert did to a row.
type rowStatus struct {
	id     int
	action string
	keys   []string
}

// refusal is why a mass operation answers Success false; empty is no refusal.
type refusal string

// assignedKeys is what the server says of a key that it would assign itself.
const assignedKeys refusal = "The primary keys of this table are assigned by the database, and rows cannot be inserted with keys of their own."

// protectedTables are the tables that only the server itself writes to. A star is
// any end.
var protectedTables = []string{
	"associate", "ejuser", "credentials", "modulelicense*", "role", "functionright*", "registry", "config", "user_candidate", "user_attribute",
	"login*", "locking", "erp*", "travelcurrent", "batchtask", "email_account", "databasemodel", "sequence",
}

func isProtected(table string) bool {
	table = strings.ToLower(table)
	return slices.ContainsFunc(protectedTables, func(name string) bool {
		stem, isPrefix := strings.CutSuffix(name, "*")
		return table == stem || isPrefix && strings.HasPrefix(table, stem)
	})
}

func massException(format string, args ...any) *failure {
	return serviceFailure(http.StatusInternalServerError, "SoMassOperationException", fmt.Sprintf(format, args...))
}

// tableName is what a table can be called. Calls with another name are answered with
// samples.
var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// writable returns a table that may be written to, that of the custom fields by an
// upsert only.
func (s *Server) writable(name string, isUpsert bool, missing func(string, ...any) *failure) (*table, *failure) {
	if isProtected(name) {
		return nil, serviceFailure(http.StatusInternalServerError, "SoDbAccessException", "The table "+name+" is protected.")
	}
	t := s.database.table(name)
	if t == nil {
		return nil, missing("There is no table %q.", name)
	}
	if t.isFields && !isUpsert {
		return nil, missing("The table %s takes Upsert only.", t.name)
	}
	return t, nil
}

// massResult answers the calls of the DatabaseTable agent.
func (s *Server) massResult(c *call, op operation, r *request) (value any, failed *failure, known bool) {
	in, _ := r.body.(map[string]any)
	agent, name, _ := strings.Cut(op.name, "/")
	if agent != "DatabaseTable" || !tableName.MatchString(memberText(in, "TableName")) {
		return nil, nil, false
	}
	if strings.HasSuffix(name, "Row") {
		value, failed = s.rowCall(name, in)
		return value, failed, true
	}
	if scheme, _, _ := strings.Cut(c.Header.Get("Authorization"), " "); s.settings.online && strings.EqualFold(scheme, "Bearer") {
		return nil, serviceFailure(http.StatusForbidden, "SoSentryException", "Mass operations are for system users."), true
	}
	t, failed := s.writable(memberText(in, "TableName"), name == "Upsert", massException)
	if failed != nil {
		return nil, failed, true
	}
	s.database.writing.Lock()
	defer s.database.writing.Unlock()
	s.entities.changing.Lock()
	defer s.entities.changing.Unlock()
	began := time.Now()
	m := &massOperation{server: s, table: t, all: t.all(), failure: c.massFailure}
	refused, failed := m.run(name, in)
	if failed != nil {
		return nil, failed, true
	}
	return m.result(name, refused, time.Since(began)), nil, true
}

// run does the operation. What is wrong with its form is found before a row is
// touched.
func (m *massOperation) run(name string, in map[string]any) (refusal, *failure) {
	switch name {
	case "Truncate":
		m.deletes = m.table.store.truncate()
		return "", nil
	case "Delete":
		return m.delete(in), nil
	}
	if failed := m.read(in); failed != nil {
		return "", failed
	}
	if name == "Insert" {
		return m.insert()
	}
	return m.upsert(in)
}

// result is the answer. One that says no has no counts, since nothing is said of
// what they are then.
func (m *massOperation) result(name string, refused refusal, took time.Duration) any {
	result := map[string]any{
		"Success": refused == "", "Message": string(refused), "Inserts": json.Number("0"), "Updates": json.Number("0"), "Deletes": json.Number("0"),
		"RowStatus": []any{}, "TableRight": nil, "FieldProperties": nil,
	}
	if refused != "" {
		return result
	}
	result["Message"] = fmt.Sprintf("%s %s: %d inserted, %d updated, %d deleted in %d ms", name, m.table.name, m.inserts, m.updates, m.deletes, took.Milliseconds())
	result["Inserts"], result["Updates"], result["Deletes"] = demoNumber(m.inserts), demoNumber(m.updates), demoNumber(m.deletes)
	slices.SortStableFunc(m.status, func(a, b rowStatus) int { return a.id - b.id })
	statuses := make([]any, 0, len(m.status))
	for _, one := range m.status {
		keys := make([]any, len(one.keys))
		for i := range keys {
			keys[i] = one.keys[i]
		}
		statuses = append(statuses, map[string]any{"PrimaryKey": demoNumber(one.id), "Action": one.action, "RowKeys": keys, "TableRight": nil, "FieldProperties": nil})
	}
	result["RowStatus"] = statuses
	return result
}

// stop is why the operation fails before its nth row, if a test wants it to.
func (m *massOperation) stop(n int) refusal {
	if m.failure == nil || n < m.failure.afterRows {
		return ""
	}
	return refusal(m.failure.message)
}

// delete deletes rows by their primary keys. Those that are not there do not count.
func (m *massOperation) delete(in map[string]any) refusal {
	value, _ := member(in, "IDs")
	ids, _ := value.([]any)
	for n, one := range ids {
		if refused := m.stop(n); refused != "" {
			return refused
		}
		text, _ := scalarText(one)
		id, _ := strconv.Atoi(text)
		if _, found := m.table.store.get(id); found {
			m.table.store.remove(id)
			m.deletes++
		}
	}
	return m.stop(len(ids))
}

// read reads columns and data.
func (m *massOperation) read(in map[string]any) *failure {
	names := textsOf(in, "Columns")
	if len(names) == 0 {
		return massException("No columns are named.")
	}
	for i, name := range names {
		at := m.table.column(name)
		switch {
		case at < 0:
			return massException("The table %s has no column %q.", m.table.name, name)
		case slices.Contains(m.columns, at):
			return massException("The column %q is named twice.", name)
		case at == 0 && i > 0:
			return massException("The primary key %q has to be the first column.", name)
		}
		m.columns = append(m.columns, at)
	}
	value, _ := member(in, "Data")
	data, _ := value.([]any)
	for n, one := range data {
		cells, _ := one.([]any)
		if len(cells) != len(m.columns) {
			return massException("Row %d has %d values, and there are %d columns.", n, len(cells), len(m.columns))
		}
		if failed := m.readData(n, cells); failed != nil {
			return failed
		}
	}
	return nil
}

func (m *massOperation) readData(n int, cells []any) *failure {
	r, sent := make(row, len(cells)), make([]string, len(cells))
	for i, at := range m.columns {
		text, isText := scalarText(cells[i])
		c := m.all[at]
		if !isText && c.NotNull {
			return massException("Row %d: the column %s has to have a value.", n, c.Name)
		}
		if !isText {
			continue
		}
		cell, wrong := parseCell(c, text)
		if wrong != "" {
			return massException("Row %d: %s.", n, wrong)
		}
		r[i], sent[i] = cell, text
	}
	m.data, m.sent = append(m.data, r), append(m.sent, sent)
	return nil
}

func textsOf(in map[string]any, name string) []string {
	value, _ := member(in, name)
	list, _ := value.([]any)
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i], _ = scalarText(one)
	}
	return texts
}

// missing is a column that a new row has to have, and the data have not.
func (m *massOperation) missing() string {
	for i, c := range m.all {
		if i > 0 && c.NotNull && c.Default == "" && !slices.Contains(m.columns, i) {
			return c.Name
		}
	}
	return ""
}

// insert adds all rows, or none if one of them cannot be added.
func (m *massOperation) insert() (refusal, *failure) {
	if name := m.missing(); name != "" {
		return "", massException("The column %s has to have a value in new rows.", name)
	}
	hasKey := m.columns[0] == 0
	if hasKey && m.table.isExtra {
		return assignedKeys, nil
	}
	given := make(map[int]bool)
	for n, r := range m.data {
		id := m.givenKey(r)
		if _, taken := m.table.store.get(id); taken || given[id] {
			return refusal(fmt.Sprintf("Row %d: there is a row with the primary key %d already.", n, id)), nil
		}
		given[id] = id != 0
	}
	for n := range m.data {
		if refused := m.stop(n); refused != "" {
			return refused, nil
		}
		m.insertRow(n)
	}
	return m.stop(len(m.data)), nil
}

// givenKey is the primary key of a row of data, 0 for one that is to be assigned.
func (m *massOperation) givenKey(r row) int {
	if m.columns[0] != 0 {
		return 0
	}
	id, _ := r[0].(int64)
	return int(id)
}

// insertRow adds a row of the data.
func (m *massOperation) insertRow(n int) {
	fresh := freshRow(m.all)
	for i, at := range m.columns {
		fresh[at] = m.data[n][i]
	}
	id := m.givenKey(m.data[n])
	if id == 0 {
		id = m.table.store.next()
	}
	fresh[0] = int64(id)
	m.table.store.put(id, fresh)
	m.inserts++
	m.did("Inserted", id, m.keysSent(n))
}

// freshRow is a row with the defaults of its columns.
func freshRow(columns []Column) row {
	fresh := make(row, len(columns))
	for i, c := range columns {
		fresh[i], _ = parseCell(c, c.Default)
		if c.Type == ColumnString && c.Default == "" && !c.NotNull {
			fresh[i] = nil
		}
	}
	return fresh
}

func (m *massOperation) did(action string, id int, keys []string) {
	m.status = append(m.status, rowStatus{id, action, keys})
}

// keysSent are the values of a row's keys as they were sent.
func (m *massOperation) keysSent(n int) (keys []string) {
	for _, k := range m.keys {
		keys = append(keys, m.sent[n][k])
	}
	return keys
}

// upsert updates the rows that the keys find and adds the others.
func (m *massOperation) upsert(in map[string]any) (refusal, *failure) {
	if failed := m.readKeys(in); failed != nil {
		return "", failed
	}
	action := nomatchAction(in)
	if m.table.isFields && action != "NoChange" {
		return "", massException("The table %s takes NoChange only.", m.table.name)
	}
	if m.columns[0] == 0 && m.table.isExtra && !slices.Contains(m.keys, 0) {
		return assignedKeys, nil
	}
	keyColumns := make([]int, len(m.keys))
	for i, k := range m.keys {
		keyColumns[i] = m.columns[k]
	}
	matches := m.table.store.index(keyColumns)
	keys := make(map[string]bool)
	for n, r := range m.data {
		key := m.key(r)
		if keys[key] {
			return refusal(fmt.Sprintf("Row %d has the same keys as a row before it.", n)), nil
		}
		keys[key] = true
	}
	for n, r := range m.data {
		refused := m.stop(n)
		if refused == "" {
			refused = m.upsertRow(n, matches[m.key(r)])
		}
		if refused != "" {
			return refused, nil
		}
	}
	if refused := m.stop(len(m.data)); refused != "" {
		return refused, nil
	}
	m.unmatched(action, keyColumns, keys)
	if asked, _ := member(in, "ReturnRowStatus"); asked != true {
		m.status = nil
	}
	return "", nil
}

func nomatchAction(in map[string]any) string {
	value, _ := member(in, "NomatchAction")
	if number, isNumber := value.(json.Number); isNumber {
		value = enumName(theAPI().enums["UpsertNomatchAction"], number)
	}
	name, _ := value.(string)
	return name
}

func (m *massOperation) readKeys(in map[string]any) *failure {
	for _, name := range textsOf(in, "Keys") {
		at := slices.IndexFunc(m.columns, func(i int) bool { return strings.EqualFold(m.all[i].Name, name) })
		if at < 0 {
			return massException("The key %q is none of the columns.", name)
		}
		m.keys = append(m.keys, at)
	}
	if len(m.keys) == 0 {
		return massException("No keys are named.")
	}
	return nil
}

// key is what a row of data holds in the keys, as rowKey has it.
func (m *massOperation) key(r row) string {
	cells, columns := make(row, len(m.keys)), make([]Column, len(m.keys))
	places := make([]int, len(m.keys))
	for i, k := range m.keys {
		cells[i], columns[i], places[i] = r[k], m.all[m.columns[k]], i
	}
	return rowKey(columns, cells, places)
}

// upsertRow does one row of the data. ids are the rows that its keys find.
func (m *massOperation) upsertRow(n int, ids []int) refusal {
	switch {
	case len(ids) > 1:
		return refusal(fmt.Sprintf("Row %d: its keys match %d rows, and may match one at most.", n, len(ids)))
	case len(ids) == 0 && (m.table.isExtra && m.columns[0] == 0 || m.table.isFields):
		return assignedKeys
	case len(ids) == 0:
		if name := m.missing(); name != "" {
			return refusal(fmt.Sprintf("Row %d: the column %s has to have a value in new rows.", n, name))
		}
		m.insertRow(n)
		return ""
	}
	stored, _ := m.table.store.get(ids[0])
	before := m.table.readRow(stored)
	after, differs := slices.Clone(before), false
	for i, at := range m.columns {
		if !sameCell(m.all[at].Type, before[at], m.data[n][i]) {
			after[at], differs = m.data[n][i], true
		}
	}
	if !differs {
		m.did("NoUpdateNeeded", stored.id, m.keysSent(n))
		return ""
	}
	m.table.store.put(stored.id, after)
	m.updates++
	m.did("Updated", stored.id, m.keysSent(n))
	return ""
}

// unmatched does what is asked for with the rows that no row of the data matches.
func (m *massOperation) unmatched(action string, keyColumns []int, keys map[string]bool) {
	if action != "ZeroColumns" && action != "DeleteRow" {
		return
	}
	for _, stored := range m.table.store.rows() {
		r := m.table.readRow(stored)
		if keys[rowKey(m.all, r, keyColumns)] {
			continue
		}
		values := make([]string, len(keyColumns))
		for i, at := range keyColumns {
			values[i] = encodeCell(m.all[at].Type, r[at])
		}
		m.deletes++
		if action == "DeleteRow" {
			m.table.store.remove(stored.id)
			m.did("Deleted", stored.id, values)
			continue
		}
		zeroed := slices.Clone(r)
		for _, at := range m.columns {
			if !slices.Contains(keyColumns, at) {
				zeroed[at] = zeroCell(m.all[at].Type)
			}
		}
		m.table.store.put(stored.id, zeroed)
		m.did("ColumnsZeroed", stored.id, values)
	}
}
