// Package doccomment asks for the documentation of everything exported.
package doccomment

import (
	"go/ast"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/go/analysis"

	"github.com/superoffice-go/superoffice/tools/lint/internal/check"
)

// Analyzer reports exported names of public packages that have no doc comment
// or one that does not begin with the name.
//
// It asks every function, every method of an exported type, and every type,
// constant and variable. For constants and variables a comment behind the
// line or above their group is enough, in any words. Fields of structs and
// methods of interfaces are not asked: the type's comment covers those whose
// name says it all, and hundreds of "Name is the name" would hide the rest.
//
// It also reports phrases of comments for which Go has usual ones.
var Analyzer = &analysis.Analyzer{
	Name: "doccomment",
	Doc:  "reports exported names without a doc comment that begins with the name",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	if !check.IsPublic(pass) {
		return nil, nil
	}
	for _, file := range check.Sources(pass) {
		checkWords(pass, file)
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				checkFunc(pass, decl)
			case *ast.GenDecl:
				checkGroup(pass, decl)
			}
		}
	}
	return nil, nil
}

// unusual are phrases for which Go has usual ones.
var unusual = map[string]string{
	"tells whether": "reports whether",
	"says whether":  "reports whether",
}

// checkWords reports comments that say in a dialect what Go has a phrase for.
func checkWords(pass *analysis.Pass, file *ast.File) {
	for _, group := range file.Comments {
		text := strings.Join(strings.Fields(group.Text()), " ")
		for phrase, usual := range unusual {
			if strings.Contains(text, phrase) {
				pass.Reportf(group.Pos(), "the comment says %q; Go says %q", phrase, usual)
			}
		}
	}
}

func checkFunc(pass *analysis.Pass, decl *ast.FuncDecl) {
	if decl.Recv == nil {
		demand(pass, decl.Name, decl.Doc)
	} else if owner := receiver(decl.Recv.List[0].Type); owner != nil && owner.IsExported() {
		demand(pass, decl.Name, decl.Doc)
	}
}

// receiver finds T in T, *T, T[P] and *T[P, Q].
func receiver(expr ast.Expr) *ast.Ident {
	for {
		switch e := expr.(type) {
		case *ast.Ident:
			return e
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		default:
			return nil
		}
	}
}

func checkGroup(pass *analysis.Pass, decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			demand(pass, spec.Name, ownDoc(decl, spec.Doc))
		case *ast.ValueSpec:
			checkValues(pass, decl, spec)
		}
	}
}

// ownDoc is the comment of one spec: the declaration's, if the declaration
// is no group.
func ownDoc(decl *ast.GenDecl, above *ast.CommentGroup) *ast.CommentGroup {
	if above == nil && !decl.Lparen.IsValid() {
		return decl.Doc
	}
	return above
}

func checkValues(pass *analysis.Pass, decl *ast.GenDecl, spec *ast.ValueSpec) {
	doc := ownDoc(decl, spec.Doc)
	if doc == nil && (hasText(spec.Comment) || hasText(decl.Doc)) {
		return
	}
	for _, name := range spec.Names {
		if demand(pass, name, doc) || doc != nil {
			return // one comment cannot begin with several names
		}
	}
}

// demand reports name if its doc comment is not as it should be, and tells
// whether it did.
func demand(pass *analysis.Pass, name *ast.Ident, doc *ast.CommentGroup) bool {
	switch {
	case !name.IsExported():
		return false
	case !hasText(doc):
		pass.Reportf(name.Pos(), "exported %s has no doc comment", name.Name)
	case !beginsWith(doc.Text(), name.Name):
		pass.Reportf(name.Pos(), "the doc comment of %s does not begin with its name", name.Name)
	default:
		return false
	}
	return true
}

func hasText(doc *ast.CommentGroup) bool { return doc != nil && strings.TrimSpace(doc.Text()) != "" }

// beginsWith allows an article before the name, and for a name that is no
// longer to be used nothing but the word Deprecated.
func beginsWith(text, name string) bool {
	text = strings.TrimSpace(text)
	for _, article := range []string{"A ", "An ", "The "} {
		if rest, ok := strings.CutPrefix(text, article); ok && name+" " != article {
			text = rest
			break
		}
	}
	rest, ok := strings.CutPrefix(text, name)
	next, _ := utf8.DecodeRuneInString(rest)
	return ok && !unicode.IsLetter(next) && !unicode.IsDigit(next) && next != '_' || strings.HasPrefix(text, "Deprecated: ")
}
