package superofficetest

import (
	"fmt"
	"strings"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

// misspelt says which member of an answer of type t is written like one that
// it lacks, or returns "". The path leads to the value.
func (d *definition) misspelt(t apidef.Type, value any, path string) string {
	switch value := value.(type) {
	case []any:
		element, _ := t.List()
		for i, one := range value {
			if wrong := d.misspelt(element, one, fmt.Sprintf("%s/%d", path, i)); wrong != "" {
				return wrong
			}
		}
	case map[string]any:
		return d.misspeltMember(t, value, path)
	}
	return ""
}

func (d *definition) misspeltMember(t apidef.Type, object map[string]any, path string) string {
	inner, _ := t.Dictionary()
	c := d.carriers[t]
	if c != nil && c.By != "" {
		c = d.kind(c, object)
	}
	for _, name := range sortedKeys(object) {
		of := inner
		if c != nil {
			m := d.member(c, name)
			if m == nil {
				if meant := d.meant(c, name, object); meant != "" {
					return fmt.Sprintf("%s has no member %q; did you mean %q?", c.Name, strings.TrimPrefix(path+"/"+name, "/"), meant)
				}
				continue
			}
			of = m.Type
		}
		if wrong := d.misspelt(of, object[name], path+"/"+name); wrong != "" {
			return wrong
		}
	}
	return ""
}

// meant is the member of a carrier that a name is a misspelling of: nearly the
// same letters, and not in the object by its own name.
func (d *definition) meant(c *apidef.Carrier, name string, object map[string]any) string {
	written := onlyLetters(name)
	for _, m := range d.members(c) {
		if _, there := member(object, m.Name); there {
			continue
		}
		if edits(written, onlyLetters(m.Name)) <= min(2, (len(m.Name)-1)/3) {
			return m.Name
		}
	}
	return ""
}

// onlyLetters is a name in lower case without the signs that other languages
// put between words.
func onlyLetters(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// edits counts how many letters have to be put in, taken out, replaced, or
// exchanged with their neighbour to make b of a.
func edits(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
