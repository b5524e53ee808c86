// Package unusedcode reports code that nothing uses.
package unusedcode

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/analysis"
	"honnef.co/go/tools/unused"

	"github.com/superoffice-go/superoffice/tools/lint/internal/check"
)

// Analyzer is staticcheck's U1000 for a driver that sees one package at a
// time. It is the stricter for it: what only tests use belongs in a test file.
// Types and fields are left out, since reflection and promotion through an
// alias use them if no name shows it.
var Analyzer = &analysis.Analyzer{
	Name:     "unusedcode",
	Doc:      "reports unexported functions, constants and variables that nothing uses, or nothing but tests",
	Run:      run,
	Requires: []*analysis.Analyzer{unused.Analyzer.Analyzer},
}

func run(pass *analysis.Pass) (any, error) {
	sources := check.Sources(pass)
	withTests := len(sources) < len(pass.Files)
	for _, object := range pass.ResultOf[unused.Analyzer.Analyzer].(unused.Result).Unused {
		file := fileOf(pass, object.Position)
		if file == nil || ast.IsGenerated(file) || object.Kind == "type" || object.Kind == "field" {
			continue
		}
		// The sources have their turn when the package comes without its tests.
		if check.IsTest(pass, file) == withTests {
			pass.Reportf(posIn(pass, file, object.Position), "%s %s is unused", object.Kind, object.Name)
		}
	}
	return nil, nil
}

func fileOf(pass *analysis.Pass, at token.Position) *ast.File {
	for _, file := range pass.Files {
		if pass.Fset.File(file.FileStart).Name() == at.Filename {
			return file
		}
	}
	return nil
}

func posIn(pass *analysis.Pass, file *ast.File, at token.Position) token.Pos {
	return pass.Fset.File(file.FileStart).Pos(at.Offset)
}
