// Package funclen bounds the length of functions.
package funclen

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"

	"github.com/superoffice-go/superoffice/tools/lint/internal/check"
)

// Most is the number of lines that a function may have, from func to the
// closing brace: what still fits on one screen.
const Most = 90

// Analyzer reports functions that are too long. A function inside another
// counts as part of it. Test files are exempt, since a long table of cases is
// no harm, and so is generated code, which nobody reads from top to bottom.
var Analyzer = &analysis.Analyzer{
	Name: "funclen",
	Doc:  "reports functions of more than 90 lines",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range check.Sources(pass) {
		if !ast.IsGenerated(file) {
			ast.Inspect(file, func(n ast.Node) bool { return measure(pass, n) })
		}
	}
	return nil, nil
}

// measure tells of n if it is a function that is too long, and reports whether
// to look for functions inside n.
func measure(pass *analysis.Pass, n ast.Node) bool {
	name := "the function literal"
	switch n := n.(type) {
	case *ast.FuncDecl:
		name = n.Name.Name
	case *ast.FuncLit:
	default:
		return true
	}
	line := func(at ast.Node) (first, last int) {
		return pass.Fset.Position(at.Pos()).Line, pass.Fset.Position(at.End()).Line
	}
	first, last := line(n)
	if decl, ok := n.(*ast.FuncDecl); ok {
		first, _ = line(decl.Type) // the doc comment does not count
	}
	if lines := last - first + 1; lines > Most {
		pass.Reportf(n.Pos(), "%s has %d lines, more than %d", name, lines, Most)
	}
	return false
}
