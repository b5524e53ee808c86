package doccomment

import (
	"go/ast"
	"regexp"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// unusual are phrases of comments for which there are usual ones.
var unusual = []struct {
	phrase *regexp.Regexp
	usual  string
}{
	{regexp.MustCompile(`\b(tells|says) whether\b`), `"reports whether"`},
	{regexp.MustCompile(`\b(nil|empty|zero|true|false|0) where\b`), `"if" or "when", since "where" is for places`},
	{regexp.MustCompile(`\bwhere (there is none|it is (nil|empty|zero)|needed|possible|necessary|not given)\b`), `"if" or "when", since "where" is for places`},
	{regexp.MustCompile(`(?i)\b(un)?blot(s|ted|ting|ter)?\b`), `"redact"`},
	{regexp.MustCompile(`(?i)\b(bury|buries|buried)\b`), `"hide" or "wrap"`},
	{regexp.MustCompile(`(?i)\bdoors?\b`), `"entry" or "way in"`},
	{regexp.MustCompile(`(?i)\bin vain\b`), `"without success"`},
	{regexp.MustCompile(`\b(if|unless) (nothing|anything) is said\b`), `"by default"`},
	{regexp.MustCompile(`\b(the|its|a) said\b`), `"the answer", "the text" or "the value"`},
}

// unusualNames are words of names that a Go engineer does not expect.
var unusualNames = map[string]bool{"said": true, "vain": true, "door": true, "doors": true, "blot": true, "blotted": true, "blotter": true, "buried": true, "bury": true}

// checkWords reports comments and names that say in a dialect what there are
// usual words for.
func checkWords(pass *analysis.Pass, file *ast.File) {
	for _, group := range file.Comments {
		text := strings.Join(strings.Fields(group.Text()), " ")
		for _, word := range unusual {
			if found := word.phrase.FindString(text); found != "" {
				pass.Reportf(group.Pos(), "the comment says %q; usual is %s", found, word.usual)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && pass.TypesInfo.Defs[id] != nil && unusualNames[id.Name] {
			pass.Reportf(id.Pos(), "the name %s says nothing of what it holds", id.Name)
		}
		return true
	})
}
