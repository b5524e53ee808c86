package superoffice_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	// codeInText holds what looks like a link and is none, such as a call of a
	// generic function.
	codeInText = regexp.MustCompile("(?ms)^```.*?^```|`[^`\n]*`")
)

// Every link of the documentation that stays in the repository leads somewhere.
func TestLinksOfTheDocs(t *testing.T) {
	t.Parallel()
	pages, places := 0, make(map[string]map[string]bool)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".git") && path != "." || d.Name() == "node_modules" || d.Name() == "testdata") {
			return skip(err, d)
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		pages++
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(codeInText.ReplaceAllString(string(text), ""), -1) {
			to, anchor := found[1], strings.TrimPrefix(found[2], "#")
			if strings.Contains(to, "://") {
				continue
			}
			target := path
			if to != "" {
				target = filepath.Join(filepath.Dir(path), to)
				_, err := os.Stat(target)
				assert.NoError(t, err, "%s: %s", path, to)
			}
			if anchor != "" && err == nil {
				if places[target] == nil {
					places[target] = anchors(t, target)
				}
				assert.True(t, places[target][anchor], "%s: %s", path, found[0])
			}
		}
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, pages, 10)
}

// skip passes over a folder that is not read.
func skip(err error, d fs.DirEntry) error {
	if err == nil && d.IsDir() {
		return filepath.SkipDir
	}
	return err
}

var (
	heading     = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notInAnchor = regexp.MustCompile(`[^\w\- ]`)
	idAnchor    = regexp.MustCompile(`<a id="([^"]*)">`)
)

// anchors are the places of a page that a link can lead to.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	all := make(map[string]bool)
	for _, found := range heading.FindAllStringSubmatch(string(text), -1) {
		plain := notInAnchor.ReplaceAllString(strings.ToLower(found[1]), "")
		all[strings.ReplaceAll(plain, " ", "-")] = true
	}
	for _, found := range idAnchor.FindAllStringSubmatch(string(text), -1) {
		all[found[1]] = true
	}
	return all
}

// packageFolders are the folders with Go files of all modules here.
func packageFolders(t *testing.T) map[string]bool {
	t.Helper()
	folders := make(map[string]bool)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".git") || d.Name() == "node_modules" || d.Name() == "testdata") {
			return skip(err, d)
		}
		if filepath.Ext(path) == ".go" {
			folders[filepath.ToSlash(filepath.Dir(path))] = true
		}
		return nil
	})
	require.NoError(t, err)
	delete(folders, ".") // the layout names its files
	require.Greater(t, len(folders), 20)
	return folders
}

var quoted = regexp.MustCompile("`([^`]*)`")

// The layout in CONTRIBUTING.md names the folder of every package. A name that
// ends in /... stands for the folders below it too.
func TestLayoutNamesEveryPackage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	_, layout, found := strings.Cut(string(text), "\n## Layout\n")
	require.True(t, found)
	named, trees := make(map[string]bool), []string(nil)
	for _, name := range quoted.FindAllStringSubmatch(layout, -1) {
		named[strings.TrimSuffix(name[1], "/...")] = true
		if tree, ok := strings.CutSuffix(name[1], "..."); ok {
			trees = append(trees, tree)
		}
	}
	for folder := range packageFolders(t) {
		below := func(tree string) bool { return strings.HasPrefix(folder, tree) }
		assert.True(t, named[folder] || slices.ContainsFunc(trees, below), "CONTRIBUTING.md, Layout: %s is missing", folder)
	}
}

// requirement is a line of a go.mod that requires a module.
var requirement = regexp.MustCompile(`(?m)^(?:require)?\s+(\S+\.\S+/\S+) v\S+`)

// The license of every module that a go.mod here requires, directly or not, is
// told.
func TestLicensesOfEveryDependency(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/licenses.md")
	require.NoError(t, err)
	files, required := 0, 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".git") || d.Name() == "node_modules" || d.Name() == "testdata") {
			return skip(err, d)
		}
		if d.Name() != "go.mod" {
			return nil
		}
		mod, err := os.ReadFile(path)
		require.NoError(t, err)
		files++
		for _, line := range requirement.FindAllStringSubmatch(string(mod), -1) {
			if !strings.HasPrefix(line[1], "github.com/superoffice-go/superoffice") {
				required++
				assert.Regexp(t, `(?m)^\| `+regexp.QuoteMeta(line[1])+` \| [A-Z]`, string(text), "docs/licenses.md: %s, which %s requires", line[1], path)
			}
		}
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, files, 5)
	assert.Greater(t, required, 40)
}

var exampleLink = regexp.MustCompile(`\[(Example\w*)(?: \((\w)(\w*)\))?\]\(\.\./([^)]*)\)`)

// Each example that the cookbook names is in the file that it leads to.
func TestCookbookNamesExamples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/cookbook.md")
	require.NoError(t, err)
	links := exampleLink.FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(links), 30)
	for _, found := range links {
		name := found[1]
		if found[2] != "" { // godoc writes the suffix of an example so
			name += "_" + strings.ToLower(found[2]) + found[3]
		}
		file, err := os.ReadFile(found[4])
		require.NoError(t, err)
		assert.Contains(t, string(file), "\nfunc "+name+"() {", "docs/cookbook.md: %s", found[0])
	}
}
