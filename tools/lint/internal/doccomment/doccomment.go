// Package doccomment holds comments to the conventions of Go and to plain words.
package doccomment

import (
	"go/ast"
	"go/types"
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
// In all packages, and in generated code as well, it also reports
//   - exported functions that return only a bool, and do not say what they report,
//   - links to names, in brackets, that lead nowhere,
//   - words in comments and names for which the field has usual ones.
var Analyzer = &analysis.Analyzer{
	Name: "doccomment",
	Doc:  "reports exported names without a doc comment that begins with the name, and comments that are not in Go's usual words",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range check.Sources(pass) {
		checkWords(pass, file)
		checkLinks(pass, file)
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.FuncDecl); ok {
				checkReport(pass, decl)
			}
			if !check.IsPublic(pass) {
				continue
			}
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

// checkReport reports an exported function that returns a bool and nothing else,
// and has a doc comment whose first sentence does not say what it reports.
func checkReport(pass *analysis.Pass, decl *ast.FuncDecl) {
	if !decl.Name.IsExported() || !hasText(decl.Doc) || !returnsBool(pass, decl) {
		return
	}
	first, _, _ := strings.Cut(strings.Join(strings.Fields(decl.Doc.Text()), " ")+" ", ". ")
	if !strings.Contains(first, "reports whether") && !strings.HasPrefix(first, "Deprecated: ") {
		pass.Reportf(decl.Name.Pos(), "%s returns a bool: its doc comment begins with %q", decl.Name.Name, decl.Name.Name+" reports whether")
	}
}

func returnsBool(pass *analysis.Pass, decl *ast.FuncDecl) bool {
	f, ok := pass.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok {
		return false
	}
	results := f.Signature().Results()
	return results.Len() == 1 && types.Identical(results.At(0).Type(), types.Typ[types.Bool])
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

// demand reports name if its doc comment is not as it should be. It returns
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
