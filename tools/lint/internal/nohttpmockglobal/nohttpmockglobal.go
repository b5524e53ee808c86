// Package nohttpmockglobal forbids the global half of httpmock.
package nohttpmockglobal

import (
	"golang.org/x/tools/go/analysis"

	"github.com/superoffice-go/superoffice/tools/lint/internal/check"
)

const (
	httpmock = "github.com/jarcoal/httpmock."
	why      = "it works on the whole process, so tests that use it cannot run in parallel; take httpmock.NewMockTransport"
)

var globals = forbid(
	"Activate", "ActivateNonDefault", "Deactivate", "DeactivateAndReset", "DeactivateNonDefault",
	"DefaultTransport", "GetCallCountInfo", "GetTotalCallCount", "InitialTransport",
	"RegisterMatcherResponder", "RegisterMatcherResponderWithQuery", "RegisterNoResponder",
	"RegisterRegexpMatcherResponder", "RegisterRegexpResponder", "RegisterResponder",
	"RegisterResponderWithQuery", "Reset", "ZeroCallCounters",
)

func forbid(names ...string) check.Forbidden {
	all := check.Forbidden{}
	for _, name := range names {
		all[httpmock+name] = why
	}
	return all
}

// Analyzer reports uses of the functions and variables of httpmock that share
// one transport across the process.
var Analyzer = &analysis.Analyzer{
	Name: "nohttpmockglobal",
	Doc:  "reports uses of httpmock's global transport",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	for _, file := range pass.Files {
		globals.Report(pass, file)
	}
	return nil, nil
}
