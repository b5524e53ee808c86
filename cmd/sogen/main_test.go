package main

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/superofficetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write testdata/crm anew")

// tenant is a server with fields, lists and tables, which a test may change.
type tenant struct {
	*superofficetest.Server
	fields map[string][]superoffice.UserDefinedFieldInfo
	lists  map[string][]superoffice.MDOListItem
	tables []modelTable
}

type (
	modelTable struct {
		Name   string
		Fields []modelField
	}
	modelField struct {
		Name      string
		Type      int
		NotNull   bool
		MaxLength int
	}
	modelRow struct {
		ID    int    `so:"databasemodel.databasemodel_id"`
		Model string `so:"databasemodel.ModelData"`
	}
)

// packed is a database model as a server gives it.
func packed(t testing.TB, tables []modelTable) string {
	t.Helper()
	var all []map[string]any
	for i, table := range tables {
		all = append(all, map[string]any{"$id": fmt.Sprint(i + 2), "Name": table.Name, "TableNumber": i, "Fields": map[string]any{"$id": "x", "$values": table.Fields}, "Indexes": []any{map[string]any{"$ref": "1"}}})
	}
	text, err := json.Marshal(map[string]any{"$id": "1", "Tables": all})
	require.NoError(t, err)
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

func newTenant(t *testing.T) *tenant {
	t.Helper()
	s := &tenant{Server: superofficetest.NewServer(superofficetest.WithDemoData(2))}
	t.Cleanup(s.Close)
	kinds := []superoffice.UDefFieldType{"Number", "ShortText", "LongText", "Date", "UnlimitedDate", "Checkbox", "List", "Decimal"}
	s.fields = make(map[string][]superoffice.UserDefinedFieldInfo)
	for i := range 40 {
		entity := []string{"Contact", "Sale"}[i%2]
		f := superoffice.UserDefinedFieldInfo{ProgID: fmt.Sprintf("SuperOffice:%d", i+1), FieldLabel: fmt.Sprintf("field %d", i/4), FieldType: kinds[i%len(kinds)]}
		switch f.FieldType {
		case "ShortText":
			f.TextLength = 40
		case "List":
			f.UDListDefinitionID = 7
		}
		s.fields[entity] = append(s.fields[entity], f)
	}
	s.fields["Contact"][0].FieldLabel, s.fields["Contact"][1].FieldLabel = "Größe (m²)", "2nd   name\n"
	s.fields["Contact"][2].FieldLabel, s.fields["Contact"][2].ProgID = "", "Acme.Shoes.Size"
	s.fields["Contact"][3].FieldType = "Picture" // which nobody knows yet
	s.lists = map[string][]superoffice.MDOListItem{
		"category": {{ID: 3, Name: "Customer"}, {ID: 1, Name: "Supplier"}, {ID: 7, Name: "customer!"}, {ID: 9, Name: "未定"}},
		"empty":    {},
	}
	for i := range 12 {
		s.tables = append(s.tables, modelTable{Name: fmt.Sprintf("y_thing%d", i), Fields: []modelField{
			{"id", 1, true, 0}, {"x_no", typeOf(i), i%2 == 0, 0}, {"x_name", 11, true, 30}, {"x_at", 14, false, 0}, {"x_odd", 77, false, 0}, {"No", 0, true, 0},
		}})
	}
	s.tables = append(s.tables, modelTable{Name: "contact", Fields: []modelField{{"contact_id", 1, true, 0}, {"name", 11, true, 219}}})
	s.Reply("UserDefinedFieldInfo/GetPublishedUserDefinedFieldList", func(r *http.Request) (any, error) {
		text, err := io.ReadAll(r.Body)
		for entity, fields := range s.fields {
			if strings.Contains(string(text)+r.URL.RawQuery, entity) {
				return fields, err
			}
		}
		return []superoffice.UserDefinedFieldInfo{}, err
	})
	s.Reply("MDO/GetSimpleList", func(r *http.Request) (any, error) {
		text, err := io.ReadAll(r.Body)
		for name, items := range s.lists {
			if strings.Contains(string(text)+r.URL.RawQuery, name) {
				return items, err
			}
		}
		return nil, err
	})
	s.model(t)
	return s
}

func typeOf(i int) int { return []int{0, 4, 6, 9}[i%4] }

// model has the server give the tables as they are now.
func (s *tenant) model(t testing.TB) {
	s.Rows("dynamic", []modelRow{{1, packed(t, s.tables)}})
}

// sogen runs the program.
func (s *tenant) sogen(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, func(bool) (*superoffice.Client, func(), error) { return s.Client(), func() {}, nil }, &out, &errs)
	return status, out.String(), errs.String()
}

var everything = []string{"-fields", "sale,Contact", "-lists", "category,empty", "-tables", "contact,y_thing0,y_thing1,y_thing2,y_thing3,y_thing4,y_thing5,y_thing6,y_thing7,y_thing8,y_thing9,y_thing10,y_thing11", "-archives", "FindSale:saleId:amount:heading:contact/name:updatedDate,FindPerson"}

// files are the files of a folder.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	all := make(map[string]string)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		require.NoError(t, err)
		all[e.Name()] = string(text)
	}
	return all
}

// What is made of the tenant is in testdata/crm, and compiles.
func TestGolden(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := filepath.Join(t.TempDir(), "crm")
	for range 2 { // the second time over the files of the first
		status, _, stderr := s.sogen(t, append([]string{"-o", folder}, everything...)...)
		require.Zero(t, status, stderr)
		require.Empty(t, stderr)
	}
	got := files(t, folder)
	const golden = "testdata/crm"
	if *update {
		require.NoError(t, os.MkdirAll(golden, 0o755))
		for name, text := range got {
			require.NoError(t, os.WriteFile(filepath.Join(golden, name), []byte(text), 0o644))
		}
	}
	assert.Equal(t, files(t, golden), got)

	status, stdout, stderr := s.sogen(t, "-o", folder, "-check")
	assert.Zero(t, status, stdout+stderr)
	assert.Empty(t, stdout)
	require.NoError(t, os.Remove(filepath.Join(folder, "lists.go")))
	s.Close()
	status, _, stderr = s.sogen(t, "-o", folder, "-offline") // asks nobody
	require.Zero(t, status, stderr)
	assert.Equal(t, got, files(t, folder))
}

func TestGoldenCompiles(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("go is missing")
	}
	out, err := exec.CommandContext(t.Context(), "go", "vet", "./testdata/crm").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// Each kind of drift is told, and is the exit status 1.
func TestCheck(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := t.TempDir()
	status, _, stderr := s.sogen(t, append([]string{"-o", folder}, everything...)...)
	require.Zero(t, status, stderr)
	before := files(t, folder)
	s.fields["Contact"][0].FieldLabel = "Size"
	s.fields["Contact"][1].TextLength = 80
	s.fields["Sale"] = append(s.fields["Sale"][1:], superoffice.UserDefinedFieldInfo{ProgID: "new", FieldLabel: "New", FieldType: "Number"})
	s.lists["category"] = append(s.lists["category"][1:], superoffice.MDOListItem{ID: 10, Name: "Partner"})
	s.tables[0].Fields[1].Type = 11
	s.tables[1].Fields = s.tables[1].Fields[:5]
	s.tables[2].Fields[2].MaxLength = 20
	s.tables[3].Name = "y_other" // nobody asked for it
	s.tables[4].Fields[2].Name = "x_title"
	s.model(t)
	status, stdout, stderr := s.sogen(t, "-o", folder, "-check")
	assert.Equal(t, exitDrift, status)
	assert.Empty(t, stderr)
	assert.Equal(t, strings.TrimLeft(`
renamed: fields/contact/SuperOffice:1: "Größe (m²)" is now "Size"
retyped: fields/contact/SuperOffice:3: LongText is now LongText(80)
removed: fields/sale/SuperOffice:2 ("field 0", ShortText(40))
removed: lists/category/3 ("Customer")
retyped: tables/y_thing0/x_no: int, not null is now string, not null
removed: tables/y_thing1/No (int, not null)
retyped: tables/y_thing2/x_name: string(30), not null is now string(20), not null
removed: tables/y_thing3
removed: tables/y_thing4/x_name (string(30), not null)
new: fields/sale/new ("New", Number)
new: lists/category/10 ("Partner")
new: tables/y_thing4/x_title (string(30), not null)
`, "\n"), stdout)
	assert.Equal(t, before, files(t, folder), "nothing is written")

	status, _, stderr = s.sogen(t, "-o", folder)
	assert.Equal(t, exitError, status, "what was asked for is there no more")
	assert.Contains(t, stderr, "y_thing3")
	s.tables[3].Name = "y_thing3"
	s.model(t)
	status, stdout, _ = s.sogen(t, "-o", folder)
	assert.Zero(t, status)
	assert.Contains(t, stdout, "renamed:")
	status, stdout, _ = s.sogen(t, "-o", folder, "-check")
	assert.Zero(t, status)
	assert.Empty(t, stdout)
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := t.TempDir()
	names := filepath.Join(folder, namesFile)
	generate := func(text string) (status int, stderr string) {
		require.NoError(t, os.WriteFile(names, []byte(text), 0o600))
		status, _, stderr = s.sogen(t, append([]string{"-o", folder, "-package", "crm"}, everything...)...)
		return status, stderr
	}
	status, stderr := generate(`{"fields/contact/SuperOffice:1": "Size", "lists/category/9": "Undecided", "tables/y_thing0": "Thing"}`)
	require.Zero(t, status, stderr)
	got := files(t, folder)
	assert.Contains(t, got["fields.go"], "Size ")
	assert.Contains(t, got["lists.go"], "Undecided ")
	assert.Contains(t, got["tables.go"], "type Thing struct")
	for _, wrong := range []string{`{"a":"b"}`, `{"fields/contact/SuperOffice:1": "Size", "fields/contact/SuperOffice:3": "Size"}`, `[]`} {
		status, stderr = generate(wrong)
		assert.Equal(t, exitError, status, wrong)
		assert.Contains(t, stderr, namesFile)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := t.TempDir()
	for want, args := range map[string][]string{
		"say what to ask for":                      {},
		"run sogen without":                        {"-check"},
		"run sogen without -check and":             {"-offline"},
		"there is no table \"y_thin\"":             {"-tables", "y_thin"},
		"; there is y_thing0, y_thing1, y_thing10": {"-tables", "y_things"},
		`"ticket" has no custom fields`:            {"-fields", "ticket"},
		`no column "nothing"`:                      {"-archives", "FindSale:nothing"},
		"unexpected argument":                      {"x"},
		"flag provided but":                        {"-x"},
		"-offline does not":                        {"-offline", "-check"},
	} {
		status, stdout, stderr := s.sogen(t, append([]string{"-o", folder}, args...)...)
		assert.Equal(t, exitError, status, want)
		assert.Contains(t, stderr, want)
		assert.Empty(t, stdout)
	}
	status, _, stderr := s.sogen(t, "-help")
	assert.Zero(t, status)
	assert.Contains(t, stderr, "-archives")
	assert.Empty(t, files(t, folder), "never half a file")

	s.Reply("UserDefinedFieldInfo/GetPublishedUserDefinedFieldList", superofficetest.Status(http.StatusForbidden, "SoSentryException", "no"))
	_, _, stderr = s.sogen(t, "-o", folder, "-fields", "contact")
	assert.Contains(t, stderr, "the user lacks the right")
	for text, want := range map[string]string{"%": "base64", "": "no database model", "AAAA": "inflated"} {
		s.Rows("dynamic", []modelRow{{1, text}})
		_, _, stderr = s.sogen(t, "-o", folder, "-tables", "contact")
		assert.Contains(t, stderr, want)
	}
	s.Close()
	status, _, stderr = s.sogen(t, "-o", folder, "-lists", "category")
	assert.Equal(t, exitError, status)
	assert.Contains(t, stderr, "asking for the list category")
}

// A file that somebody wrote by hand is not overwritten.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "lists.go")
	require.NoError(t, os.WriteFile(path, []byte("package crm\n"), 0o600))
	status, _, stderr := s.sogen(t, "-o", folder, "-lists", "category")
	assert.Equal(t, exitError, status)
	assert.Contains(t, stderr, "not of sogen's making")
	assert.Len(t, files(t, folder), 1)
	require.NoError(t, os.Remove(path))
	status, _, stderr = s.sogen(t, "-o", folder, "-lists", "category")
	require.Zero(t, status, stderr)
	status, _, stderr = s.sogen(t, "-o", folder, "-fields", "sale") // and the lists are gone
	require.Zero(t, status, stderr)
	assert.NoFileExists(t, path)
	require.NoError(t, os.WriteFile(filepath.Join(folder, lockFile), []byte(`{"version":2}`), 0o600))
	status, _, stderr = s.sogen(t, "-o", folder, "-offline")
	assert.Equal(t, exitError, status)
	assert.Contains(t, stderr, "version 2")
}

// The model of a server has objects that are written where they come first.
func TestModelOfAServer(t *testing.T) {
	t.Parallel()
	s := superofficetest.NewServer(superofficetest.WithDemoData(2), superofficetest.WithDatabaseTables(540))
	t.Cleanup(s.Close)
	s.AddTable(superofficetest.Table{Name: "y_equipment", Columns: []superofficetest.Column{
		{Name: "x_no", Type: superofficetest.ColumnString, MaxLength: 20, NotNull: true}, {Name: "x_since", Type: superofficetest.ColumnDateTime},
		{Name: "x_contact_id", Type: superofficetest.ColumnID, Table: "contact"},
	}})
	s.AddField(superofficetest.Field{Entity: "contact", ProgID: "SuperOffice:9", Label: "Score", Type: superoffice.UDefFieldTypeNumber})
	s.AddList("colour", superofficetest.ListItem{Name: "Red"}, superofficetest.ListItem{Name: "Blue"})
	client := s.Client()
	t.Cleanup(client.CloseIdleConnections)
	tables, err := databaseModel(t.Context(), client)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(tables), 540)
	for name, table := range tables {
		assert.NotEmpty(t, table.Columns, name)
	}
	folder := t.TempDir()
	var out bytes.Buffer
	status := run(t.Context(), []string{"-o", folder, "-all", "-lists", "colour", "-package", "crm"}, func(bool) (*superoffice.Client, func(), error) { return client, func() {}, nil }, &out, &out)
	require.Zero(t, status, out.String())
	got := files(t, folder)
	assert.Contains(t, got["tables.go"], "type Equipment struct")
	assert.Contains(t, got["tables.go"], "Limit(\"x_no\", 20)")
	assert.Contains(t, got["fields.go"], "Score int `so:\"SuperOffice:9\"`")
	assert.Contains(t, got["lists.go"], "ColourBlue = 2")
}

// The whole model of 540 tables is made in a few seconds.
func TestManyTables(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	var fields []modelField
	for i := range 40 {
		fields = append(fields, modelField{fmt.Sprintf("x_column%d", i), 11, true, 50})
	}
	s.tables = nil
	for i := range 540 {
		s.tables = append(s.tables, modelTable{fmt.Sprintf("y_table%d", i), fields})
	}
	s.model(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	folder := t.TempDir()
	var out bytes.Buffer
	status := run(ctx, []string{"-o", folder, "-all"}, func(bool) (*superoffice.Client, func(), error) { return s.Client(), func() {}, nil }, &out, &out)
	require.Zero(t, status, out.String())
	assert.Equal(t, 540, strings.Count(files(t, folder)["tables.go"], "type Table"))
}

// Without a server in the environment nobody is asked, unless -standin says so.
func TestNoServer(t *testing.T) {
	t.Setenv("SUPEROFFICE_URL", "")
	folder := t.TempDir()
	var out, errs bytes.Buffer
	assert.Equal(t, exitError, run(t.Context(), []string{"-o", folder, "-tables", "y_rental"}, connectTo, &out, &errs))
	assert.Contains(t, errs.String(), "SUPEROFFICE_URL is not set")
	assert.Empty(t, files(t, folder))
	require.Zero(t, run(t.Context(), []string{"-o", folder, "-standin", "-package", "crm", "-tables", "y_rental"}, connectTo, &out, &errs), errs.String())
	assert.Contains(t, files(t, folder)["tables.go"], "type Rental struct")
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"contact_id": "ContactID", "contactId": "ContactID", "orgNr": "OrgNr", "web url": "WebURL", "2nd": "N2nd", "": "N", "未定": "N未定", "Ærlig": "Ærlig", "størrelse (cm)": "StørrelseCm",
		"contact/name": "ContactName", "type": "Type",
	} {
		assert.Equal(t, want, goName(text), text)
	}
	for folder, want := range map[string]string{"crm": "crm", "my-crm": "mycrm", "2go": "crm", "type": "crm", "..": "crm"} {
		assert.Equal(t, want, packageName(folder), folder)
	}
}

// Whatever a tenant calls its things, the Go of it compiles.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	names := []string{"a`b", "a\"b", "a\\b", "a\nvar X = 1\n", "*/", "func", "\x00", "\u2028", strings.Repeat("long ", 50), "", "init", "true", "so:\"x\"", "a,key"}
	lock := &Lock{Version: lockVersion}
	list, table, one := List{Name: "l\nvar Y = 1"}, Table{Name: "y_\nvar Z = 1"}, Archive{Name: "A`\"\n"}
	for i, name := range names {
		lock.Fields = append(lock.Fields, Field{Entity: "contact", Key: name + "k", Label: name, Type: "Number\nvar V = 1"})
		list.Items = append(list.Items, Item{i, name})
		table.Columns = append(table.Columns, Column{Name: name + "c", Type: "int"}, Column{Name: name + "t", Type: "string", Length: 5})
		one.Columns = append(one.Columns, Column{Name: name + "a", Type: "string"})
	}
	lock.Lists, lock.Tables, lock.Archives = []List{list}, []Table{table}, []Archive{one}
	files, err := lock.generate("crm", nil)
	require.NoError(t, err)
	for name, text := range files {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			if g, ok := declaration.(*ast.GenDecl); ok && g.Tok == token.VAR {
				assert.Contains(t, string(text[g.Pos():g.Pos()+80]), "struct", "%s", name)
			}
		}
	}
}

// What was asked for stays in the lock as it was, beside the tables that -all adds.
func TestAskedStays(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	client := s.Client()
	t.Cleanup(client.CloseIdleConnections)
	asked := Asked{All: true, Tables: append(make([]string, 0, 100), "contact", "y_thing5", "y_thing7")}
	lock, err := (&asking{ctx: t.Context(), client: client, progress: io.Discard}).lock(asked)
	require.NoError(t, err)
	assert.Equal(t, []string{"contact", "y_thing5", "y_thing7"}, lock.Asked.Tables)
	assert.Len(t, lock.Tables, 13)
}
