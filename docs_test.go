package superoffice_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var link = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)

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
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
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
