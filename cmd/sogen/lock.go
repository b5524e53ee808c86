package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	lockFile     = "superoffice.lock.json"
	namesFile    = "superoffice.names.json"
	lockVersion  = 1
	lockContents = "names and types of a tenant, without data; written by sogen"
)

// Lock is what a tenant had when it was asked.
type Lock struct {
	About    string    `json:"about"`
	Version  int       `json:"version"`
	Asked    Asked     `json:"asked"`
	Fields   []Field   `json:"fields,omitempty"`
	Lists    []List    `json:"lists,omitempty"`
	Tables   []Table   `json:"tables,omitempty"`
	Archives []Archive `json:"archives,omitempty"`
	// Names are those that were given in Go, by the paths of what has them; without
	// those that are given by hand.
	Names map[string]string `json:"names,omitempty"`
}

// Asked is what is wanted of a tenant.
type Asked struct {
	All      bool     `json:"all,omitempty"`
	Fields   []string `json:"fields,omitempty"`
	Lists    []string `json:"lists,omitempty"`
	Tables   []string `json:"tables,omitempty"`
	Archives []string `json:"archives,omitempty"`
}

// Field is a custom field.
type Field struct {
	Entity string `json:"entity"`
	Key    string `json:"key"`
	Label  string `json:"label"`
	Type   string `json:"type"`
	Length int    `json:"length,omitempty"`
	List   int    `json:"list,omitempty"` // the number of the list that it chooses from
}

// List is a list and its items.
type List struct {
	Name  string `json:"name"`
	Items []Item `json:"items"`
}

// Item is an item of a list.
type Item struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// Table is a table of the database.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Column is a column of a table, or of an archive, where Type is what the server
// calls the type of a restriction.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Length  int    `json:"length,omitempty"`
	NotNull bool   `json:"notNull,omitempty"`
}

// Archive is a provider and its columns.
type Archive struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

func (a *Asked) isEmpty() bool {
	return !a.All && len(a.Fields)+len(a.Lists)+len(a.Tables)+len(a.Archives) == 0
}

// normalize orders what is asked for, so that the order of the arguments does not
// matter, and refuses what cannot be asked.
func (a *Asked) normalize() error {
	for i, entity := range a.Fields {
		a.Fields[i] = strings.ToLower(entity)
		if _, ok := owners[a.Fields[i]]; !ok {
			return fmt.Errorf("-fields: %q has no custom fields; those that have are %s", entity, strings.Join(entities(), ", "))
		}
	}
	for i, table := range a.Tables {
		a.Tables[i] = strings.ToLower(table)
	}
	for _, list := range []*[]string{&a.Fields, &a.Lists, &a.Tables, &a.Archives} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return nil
}

// readLock reads the lock in a folder.
func readLock(folder string) (*Lock, error) {
	path := filepath.Join(folder, lockFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; run sogen without -check and -offline to make it", err)
	}
	if err != nil {
		return nil, err
	}
	lock := new(Lock)
	if err := strictly(text, lock); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if lock.Version != lockVersion {
		return nil, fmt.Errorf("%s is of version %d, and this sogen knows %d", path, lock.Version, lockVersion)
	}
	if err := checkNames(lock.Names); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lock, nil
}

var errBehind = errors.New("something stands behind the end of the JSON, such as the marks of a merge")

// strictly reads JSON without members that are not known, and nothing behind it.
func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errBehind
	}
	return nil
}

// checkNames refuses what is no exported name of Go.
func checkNames(names map[string]string) error {
	for _, path := range slices.Sorted(maps.Keys(names)) {
		if !isExported(names[path]) {
			return fmt.Errorf("%s: %q is no exported name of Go", path, names[path])
		}
	}
	return nil
}

// readOverrides reads the names that are given by hand, by what they are of.
func readOverrides(folder string) (map[string]string, error) {
	path := filepath.Join(folder, namesFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	overrides := make(map[string]string)
	if err := strictly(text, &overrides); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := checkNames(overrides); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return overrides, nil
}

// text is the lock as it is written.
func (l *Lock) text() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	err := encoder.Encode(l)
	return out.Bytes(), err
}

// generated are the files of Go that there may be.
var generated = []string{"archives.go", "fields.go", "lists.go", "tables.go"}

// write writes files into a folder, each as a whole. A file of Go that nothing is
// left for is removed, if it was made by sogen.
func write(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // sources are for everybody
		return err
	}
	for _, name := range generated {
		path := filepath.Join(folder, name)
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !isOurs(text):
			return fmt.Errorf("%s is not of sogen's making; move it, or write into another folder", path)
		case files[name] == nil:
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		if err := replace(filepath.Join(folder, name), text); err != nil {
			return err
		}
	}
	return nil
}

// isOurs reports whether a file was made by sogen. Git may have ended its lines
// with CR and LF.
func isOurs(text []byte) bool {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimSuffix(first, []byte("\r"))) == strings.TrimSuffix(header, "\n")
}

// replace writes a file beside the one of its name, and then over it.
func replace(path string, text []byte) error {
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, text) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
