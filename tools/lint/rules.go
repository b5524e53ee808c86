package main

import (
	"slices"
	"strings"

	"github.com/gostaticanalysis/nilerr"
	"github.com/polyfloyd/go-errorlint/errorlint"
	"golang.org/x/tools/go/analysis"
	"honnef.co/go/tools/analysis/lint"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/stylecheck"

	"github.com/superoffice-go/superoffice/tools/lint/internal/bodyclosed"
	"github.com/superoffice-go/superoffice/tools/lint/internal/doccomment"
	"github.com/superoffice-go/superoffice/tools/lint/internal/funclen"
	"github.com/superoffice-go/superoffice/tools/lint/internal/ignore"
	"github.com/superoffice-go/superoffice/tools/lint/internal/noambient"
	"github.com/superoffice-go/superoffice/tools/lint/internal/nohttpmockglobal"
	"github.com/superoffice-go/superoffice/tools/lint/internal/onepipeline"
	"github.com/superoffice-go/superoffice/tools/lint/internal/unusedcode"
)

// leftOut names the checks of staticcheck that are not wanted here, each with
// the reason. Its quick fixes (QF) are suggestions for editors and none of
// them is used.
var leftOut = map[string]string{
	"ST1020": "doccomment asks for the same and does not pass over missing comments, groups and generated files",
	"ST1021": "as ST1020",
	"ST1022": "as ST1020",
	"ST1023": "a type that is written out is often the point: var _ Auth = (*staticAuth)(nil)",
}

// own are the project's rules, which no public checker has in this form.
var own = []*analysis.Analyzer{
	bodyclosed.Analyzer,       // a body left open is a connection lost
	doccomment.Analyzer,       // the documentation is part of what is promised
	funclen.Analyzer,          // a function is read on one screen
	noambient.Analyzer,        // a library depends on what it is given, nothing else
	nohttpmockglobal.Analyzer, // global mocks do not go with parallel tests
	onepipeline.Analyzer,      // credentials, retries and limits hold on one path only
	unusedcode.Analyzer,       // code that nobody calls is code that nobody tests
}

// rules returns everything that is checked, in the order of names.
func rules() []*analysis.Analyzer {
	all := slices.Concat(own, []*analysis.Analyzer{
		errorWrapping(),
		nilerr.Analyzer, // an error that is seen and then dropped
		ignore.Analyzer,
	})
	for _, family := range [][]*lint.Analyzer{staticcheck.Analyzers, simple.Analyzers, stylecheck.Analyzers} {
		for _, check := range family {
			if leftOut[check.Analyzer.Name] == "" {
				all = append(all, check.Analyzer)
			}
		}
	}
	for i, rule := range all {
		all[i] = ignore.Wrap(rule)
	}
	slices.SortFunc(all, func(a, b *analysis.Analyzer) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// errorWrapping returns errorlint with all three of its parts on: callers use
// errors.Is and errors.As, so a comparison, an assertion or a %v that breaks
// the chain is a defect. Readers whose documentation promises io.EOF itself
// may be asked for it with ==, as errorlint allows for those of io.
func errorWrapping() *analysis.Analyzer {
	rule := errorlint.NewAnalyzer(errorlint.WithAllowedErrors([]errorlint.AllowPair{
		{Err: "io.EOF", Fun: "(*encoding/xml.Decoder).Token"},
		{Err: "io.EOF", Fun: "(*encoding/xml.Decoder).RawToken"},
		{Err: "io.EOF", Fun: "(*github.com/go-json-experiment/json/jsontext.Decoder).ReadToken"},
		{Err: "io.EOF", Fun: "(*github.com/go-json-experiment/json/jsontext.Decoder).ReadValue"},
	}))
	for _, part := range []string{"comparison", "asserts", "errorf"} {
		if err := rule.Flags.Set(part, "true"); err != nil {
			panic("errorlint has no part " + part + " any more: " + err.Error())
		}
	}
	return rule
}
