package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/superoffice-go/superoffice"
	"github.com/superoffice-go/superoffice/udef"
)

// goOf is the Go of a lock, which compiles.
func goOf(t *testing.T, lock *Lock, overrides map[string]string) map[string]string {
	t.Helper()
	made, err := lock.generate("crm", overrides)
	require.NoError(t, err)
	again, err := lock.generate("crm", overrides)
	require.NoError(t, err)
	require.Equal(t, made, again, "the same lock gives the same bytes")
	all := make(map[string]string)
	for name, text := range made {
		all[name] = string(text)
	}
	compiles(t, all)
	return all
}

// compiles has the compiler look at files as if they were in a folder of the module.
func compiles(t *testing.T, files map[string]string) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("go is missing")
	}
	module, err := filepath.Abs(".")
	require.NoError(t, err)
	folder := t.TempDir()
	var overlay struct{ Replace map[string]string }
	overlay.Replace = make(map[string]string)
	for name, text := range files {
		if strings.HasSuffix(name, ".go") {
			overlay.Replace[filepath.Join(module, "testdata", "made", name)] = filepath.Join(folder, name)
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	text, err := json.Marshal(overlay)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "overlay"), text, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(folder, "overlay"), "./testdata/made").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func contactLock(fields ...Field) *Lock {
	for i := range fields {
		fields[i].Entity, fields[i].Type = "contact", "Number"
	}
	return &Lock{Version: lockVersion, Fields: fields}
}

// What is new takes no name from what had it, which would compile and read other data.
func TestNamesStay(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := t.TempDir()
	field := func(key, label string) superoffice.UserDefinedFieldInfo {
		return superoffice.UserDefinedFieldInfo{ProgID: key, FieldLabel: label, FieldType: "Number"}
	}
	sogen := func(args ...string) map[string]string {
		t.Helper()
		status, _, stderr := s.sogen(t, append([]string{"-o", folder, "-package", "crm"}, args...)...)
		require.Zero(t, status, stderr)
		return files(t, folder)
	}
	s.fields["Contact"] = []superoffice.UserDefinedFieldInfo{field("SuperOffice:2", "Grade"), field("SuperOffice:3", "grade")}
	s.lists["category"] = []superoffice.MDOListItem{{ID: 5, Name: "A"}, {ID: 7, Name: "A!"}}
	s.tables = []modelTable{{"y_thing", []modelField{{"x_no", 0, true, 0}, {"No", 0, true, 0}}}}
	s.model(t)
	first := sogen("-fields", "contact", "-lists", "category", "-tables", "y_thing")
	assert.Contains(t, first["fields.go"], "Grade int `so:\"SuperOffice:2\"`")
	assert.Contains(t, first["fields.go"], "Grade_3 int `so:\"SuperOffice:3\"`")

	s.fields["Contact"] = append(s.fields["Contact"], field("aaa", "Grade"), field("SuperOffice:1", "GRADE"))
	s.fields["Contact"][0].FieldLabel = "Score" // and what has a name keeps it
	s.lists["category"] = append(s.lists["category"], superoffice.MDOListItem{ID: 1, Name: "A"})
	s.tables[0].Fields = append([]modelField{{"no!", 0, true, 0}}, s.tables[0].Fields...)
	s.tables = append(s.tables, modelTable{"y_into_thing", []modelField{{"x_a", 0, true, 0}}}, modelTable{"y_category_a", []modelField{{"x_a", 0, true, 0}}})
	s.model(t)
	status, stdout, _ := s.sogen(t, "-o", folder, "-check")
	assert.Equal(t, exitDrift, status)
	assert.NotContains(t, stdout, "names")
	second := sogen("-fields", "contact", "-lists", "category", "-tables", "y_thing,y_into_thing,y_category_a")
	for _, want := range []string{"Grade int `so:\"SuperOffice:2\"`", "Grade_3 int `so:\"SuperOffice:3\"`", "`so:\"aaa\"`", "GRADE int `so:\"SuperOffice:1\"`"} {
		assert.Contains(t, second["fields.go"], want)
	}
	assert.Contains(t, second["lists.go"], "CategoryA   = 5 ")
	assert.Contains(t, second["lists.go"], "CategoryA_7 = 7 ")
	assert.Contains(t, second["tables.go"], "\tNo int `so:\"x_no\"`")
	assert.Contains(t, second["tables.go"], "No_2 int `so:\"No\"`")
	assert.Contains(t, second["tables.go"], "func IntoThing(client")
	assert.Contains(t, second["tables.go"], "type IntoThing_0 struct")
	assert.Contains(t, second["tables.go"], "type CategoryA_0 struct")
	compiles(t, second)
	assert.Equal(t, second, sogen("-offline"))
	assert.Equal(t, second, sogen())
	status, stdout, _ = s.sogen(t, "-o", folder, "-check")
	assert.Zero(t, status, stdout)

	s.fields["Contact"] = s.fields["Contact"][1:] // what is gone has a name no more
	third := sogen()
	assert.NotContains(t, third[lockFile], `"fields/contact/SuperOffice:2"`)
	assert.Contains(t, third["fields.go"], "Grade_3 int `so:\"SuperOffice:3\"`")
}

// The names of a lock that has none are those that were made of it.
func TestNamesOfALockWithoutAny(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := t.TempDir()
	s.fields["Contact"] = []superoffice.UserDefinedFieldInfo{{ProgID: "SuperOffice:2", FieldLabel: "Grade", FieldType: "Number"}, {ProgID: "aaa", FieldLabel: "Grade", FieldType: "Number"}}
	old := contactLock(Field{Key: "SuperOffice:2", Label: "Grade"})
	old.Asked.Fields = []string{"contact"}
	text, err := old.text()
	require.NoError(t, err)
	assert.NotContains(t, string(text), "names\":")
	require.NoError(t, os.WriteFile(filepath.Join(folder, lockFile), text, 0o600))
	status, _, stderr := s.sogen(t, "-o", folder)
	require.Zero(t, status, stderr)
	assert.Contains(t, files(t, folder)["fields.go"], "Grade int `so:\"SuperOffice:2\"`")
	assert.Contains(t, files(t, folder)["fields.go"], "Grade_0 int `so:\"aaa\"`")
}

// An override wins over the name of the lock, which comes back without it.
func TestOverridesAndTheLock(t *testing.T) {
	t.Parallel()
	lock := contactLock(Field{Key: "SuperOffice:2", Label: "Grade"})
	goOf(t, lock, nil)
	lock.Fields = append(lock.Fields, contactLock(Field{Key: "SuperOffice:9", Label: "Grade"}).Fields...)
	override := map[string]string{"fields/contact/SuperOffice:2": "Mark"}
	made := goOf(t, lock, override)["fields.go"]
	assert.Contains(t, made, "Mark int `so:\"SuperOffice:2\"`")
	assert.Contains(t, made, "Grade_9 int `so:\"SuperOffice:9\"`")
	assert.NotContains(t, lock.Names, "Mark")
	made = goOf(t, lock, nil)["fields.go"]
	assert.Contains(t, made, "Grade int `so:\"SuperOffice:2\"`")
	assert.Contains(t, made, "Grade_9 int `so:\"SuperOffice:9\"`")
}

// An override that something else is called by is refused, and both are told.
func TestOverridesOfTheSameName(t *testing.T) {
	t.Parallel()
	lock := contactLock(Field{Key: "SuperOffice:2", Label: "Grade"}, Field{Key: "SuperOffice:3", Label: "Score"})
	lock.Lists = []List{{"cat", []Item{{1, "A"}, {2, "B"}}}}
	lock.Tables = []Table{{"y_rental", []Column{{Name: "x_no", Type: "int"}}}}
	lock.Archives = []Archive{{"FindSale", []Column{{Name: "saleId", Type: "int"}}}}
	fresh := *lock
	goOf(t, lock, nil)
	for _, one := range []struct {
		of, name, other string
		onlyLater       bool
	}{
		{"lists/cat/1", "ContactFields", "fields/contact", false},
		{"lists/cat/1", "Rental", "tables/y_rental", false},
		{"lists/cat/1", "RentalColumns", "columns/y_rental", false},
		{"lists/cat/1", "IntoRental", "writers/y_rental", false},
		{"lists/cat/1", "FindSale", "archives/FindSale", false},
		{"tables/y_rental", "ContactFields", "fields/contact", false},
		{"lists/cat/1", "CatB", "lists/cat/2", true},
		{"tables/y_rental", "CatB", "lists/cat/2", true},
		{"fields/contact/SuperOffice:3", "Grade", "fields/contact/SuperOffice:2", true},
	} {
		_, err := lock.generate("crm", map[string]string{one.of: one.name})
		require.ErrorContains(t, err, namesFile+": "+one.of+" is to be called "+one.name+", which is the name of "+one.other)
		again := fresh // without names
		if one.onlyLater {
			goOf(t, &again, map[string]string{one.of: one.name})
			continue
		}
		_, err = again.generate("crm", map[string]string{one.of: one.name})
		require.ErrorContains(t, err, one.other, one.of)
	}
	_, err := lock.generate("crm", map[string]string{"lists/cat/1": "Same", "tables/y_rental": "Same"})
	require.ErrorContains(t, err, "tables/y_rental and lists/cat/1 have the same name Same")
	goOf(t, lock, map[string]string{"fields/contact/SuperOffice:2": "Old", "fields/contact/SuperOffice:3": "Grade"}) // as both are told
}

// Numbers may be negative, and the same.
func TestNumbersOfItems(t *testing.T) {
	t.Parallel()
	lock := &Lock{Version: lockVersion, Lists: []List{{"cat", []Item{{-2, "A"}, {-2, "A"}, {-1, "A"}, {-1, "a minus 1"}, {0, "A"}}}}}
	made := goOf(t, lock, nil)["lists.go"]
	assert.Contains(t, made, "CatA ")
	assert.Contains(t, made, "CatA_Minus1 ")
	for _, names := range []map[string]string{{"lists/cat/-2": "Two"}, maps.Clone(lock.Names)} {
		goOf(t, lock, names)
	}
}

// What nobody sees is in no name.
func TestNamesOfWhatNobodySees(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Gra\u00adde": "Grade", "\ufeffgrade": "Grade", "gra\x00de": "Grade", "a\u200db": "Ab", "a\tb\nc": "ABC", "\u2066x\u2069": "X", "\ufeff": "N", "i\u200bd": "ID",
	} {
		assert.Equal(t, want, goName(text), "%q", text)
	}
	made := goOf(t, contactLock(Field{Key: "SuperOffice:2", Label: "Gra\u00adde\ufeff\x00"}, Field{Key: "size", Label: "\ufeff \x00"}), nil)["fields.go"]
	assert.Contains(t, made, "Grade int `so:\"SuperOffice:2\"`")
	assert.Contains(t, made, "Size int `so:\"size\"`")
}

// A key that no tag can name is left out, so that the others work.
func TestKeysThatNoTagCanName(t *testing.T) {
	t.Parallel()
	keys := []string{"a,b", "a,key", "c,", "d:e,key", "f:g,", " h", "i ", "-", "", "\u00a0j", "SIZE"}
	fields := []Field{{Key: "size", Label: "Size"}, {Key: "f:g,h", Label: "Function"}}
	table := Table{Name: "y_,x", Columns: []Column{{Name: "size", Type: "string", Length: 5}, {Name: "a:y_,x_id", Type: "id"}, {Name: "y_,x_id", Type: "id"}}}
	for _, key := range keys {
		fields = append(fields, Field{Key: key, Label: "l" + key})
		table.Columns = append(table.Columns, Column{Name: key, Type: "string", Length: 5})
	}
	lock := contactLock(fields...)
	lock.Tables = []Table{table}
	made := goOf(t, lock, nil)
	for _, file := range []string{"fields.go", "tables.go"} {
		left := strings.Count(made[file], " Left out: a tag cannot name it.\n")
		assert.Equal(t, len(keys), left-strings.Count(made[file], "y_,x_id: id. Left out"), file)
	}
	assert.Equal(t, 2, strings.Count(made["fields.go"], "`so:"))
	assert.Equal(t, 1, strings.Count(made["tables.go"], "\tLimit("))
	type same struct { // which the package takes
		Size     int `so:"size"`
		Function int `so:"f:g,h"`
	}
	_, err := udef.Decode[same](nil)
	require.NoError(t, err)
}

// Git may end lines with CR and LF, and leave the marks of a merge.
func TestFilesOfGit(t *testing.T) {
	t.Parallel()
	s := newTenant(t)
	folder := t.TempDir()
	status, _, stderr := s.sogen(t, append([]string{"-o", folder, "-package", "crm"}, everything...)...)
	require.Zero(t, status, stderr)
	made := files(t, folder)
	for name, text := range made {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o600))
	}
	status, stdout, stderr := s.sogen(t, "-o", folder, "-check")
	require.Zero(t, status, stdout+stderr)
	status, _, stderr = s.sogen(t, "-o", folder, "-offline", "-package", "crm")
	require.Zero(t, status, stderr)
	assert.Equal(t, made, files(t, folder))

	for behind, want := range map[string]string{
		">>>>>>> theirs\n": "the marks of a merge", "{}": "behind the end", "x": "behind the end",
	} {
		for _, name := range []string{lockFile, namesFile} {
			text := "{}\n"
			if name == lockFile {
				text = made[lockFile]
			}
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text+behind), 0o600))
			status, _, stderr = s.sogen(t, "-o", folder, "-offline")
			assert.Equal(t, exitError, status, behind)
			assert.Contains(t, stderr, name)
			assert.Contains(t, stderr, want)
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
		}
	}
	wrong := strings.Replace(made[lockFile], `"tables/y_thing0": "Thing0"`, `"tables/y_thing0": "thing 0"`, 1)
	require.NotEqual(t, made[lockFile], wrong)
	require.NoError(t, os.WriteFile(filepath.Join(folder, lockFile), []byte(wrong), 0o600))
	status, _, stderr = s.sogen(t, "-o", folder, "-offline")
	assert.Equal(t, exitError, status)
	assert.Contains(t, stderr, "no exported name")
	merged := strings.Replace(made[lockFile], `"tables/y_thing0": "Thing0"`, `"tables/y_thing0": "Thing1"`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(folder, lockFile), []byte(merged), 0o600))
	status, _, stderr = s.sogen(t, "-o", folder, "-offline")
	assert.Equal(t, exitError, status)
	assert.Contains(t, stderr, "tables/y_thing0 and tables/y_thing1 have the same name Thing1")
}
