// Package noambient keeps libraries from depending on what surrounds them.
package noambient

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"

	"github.com/superoffice-go/superoffice/tools/lint/internal/check"
)

const noEnvironment = "a library takes its settings as arguments; two clients in one process may differ"

var environment = check.Forbidden{
	"os.Environ":      noEnvironment,
	"os.ExpandEnv":    noEnvironment,
	"os.Getenv":       noEnvironment,
	"os.LookupEnv":    noEnvironment,
	"syscall.Environ": noEnvironment,
	"syscall.Getenv":  noEnvironment,
}

// Analyzer reports, in packages that others import, reads of the environment
// and functions that run on import. Programs and tests may do both.
var Analyzer = &analysis.Analyzer{
	Name: "noambient",
	Doc:  "reports environment reads and init functions in libraries",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	if !check.IsLibrary(pass) {
		return nil, nil
	}
	for _, file := range check.Sources(pass) {
		environment.Report(pass, file)
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.FuncDecl); ok && decl.Recv == nil && decl.Name.Name == "init" {
				pass.Reportf(decl.Pos(), "func init is forbidden here: importing a library must do nothing")
			}
		}
	}
	return nil, nil
}
