// Package ignore lets a line of code answer a finding:
//
//	//lint:ignore funclen the table of the protocol reads best in one piece
//
// at the end of the line of the finding or on the line above it. It is
// staticcheck's notation, for one check at a time.
package ignore

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

const directive = "//lint:ignore"

// Analyzer reports answers that give no reason.
var Analyzer = &analysis.Analyzer{
	Name: "ignore",
	Doc:  "reports lint:ignore directives that name no check or no reason",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		for comment := range comments(file) {
			words := strings.Fields(comment.Text)
			if words[0] == directive && len(words) < 3 {
				pass.Reportf(comment.Pos(), "%s needs the name of a check and a reason", directive)
			}
		}
	}
	return nil, nil
}

// Wrap returns a copy of rule that adds its name to every finding, so that a
// reader can look it up, and leaves out those that the code answers.
func Wrap(rule *analysis.Analyzer) *analysis.Analyzer {
	wrapped := *rule
	wrapped.Run = func(pass *analysis.Pass) (any, error) {
		report := pass.Report
		pass.Report = func(finding analysis.Diagnostic) {
			if !answered(pass, finding.Pos, rule.Name) {
				finding.Message += " (" + rule.Name + ")"
				report(finding)
			}
		}
		return rule.Run(pass)
	}
	return &wrapped
}

// answered reports whether a directive for the check stands on the line of pos
// or on the one above.
func answered(pass *analysis.Pass, pos token.Pos, name string) bool {
	line := func(p token.Pos) int { return pass.Fset.Position(p).Line }
	for _, file := range pass.Files {
		if pos < file.FileStart || pos > file.FileEnd {
			continue
		}
		for comment := range comments(file) {
			words := strings.Fields(comment.Text)
			if len(words) >= 3 && words[0] == directive && words[1] == name {
				if below := line(pos) - line(comment.Pos()); below == 0 || below == 1 {
					return true
				}
			}
		}
	}
	return false
}

func comments(file *ast.File) func(yield func(*ast.Comment) bool) {
	return func(yield func(*ast.Comment) bool) {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if !yield(comment) {
					return
				}
			}
		}
	}
}
