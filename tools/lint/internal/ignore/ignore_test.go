package ignore_test

import (
	"go/ast"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/superoffice-go/superoffice/tools/lint/internal/ignore"
)

// nocalls is a rule to be answered.
var nocalls = &analysis.Analyzer{
	Name: "nocalls",
	Doc:  "reports every call",
	Run: func(pass *analysis.Pass) (any, error) {
		for _, file := range pass.Files {
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					pass.Reportf(call.Pos(), "a call")
				}
				return true
			})
		}
		return nil, nil
	},
}

func TestWrap(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), ignore.Wrap(nocalls), "wrap")
}

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), ignore.Analyzer, "directives")
}
