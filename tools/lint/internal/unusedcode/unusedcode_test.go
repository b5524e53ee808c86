package unusedcode_test

import (
	"slices"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/superoffice-go/superoffice/tools/lint/internal/unusedcode"
)

// noWants takes the place of a test: comments in the sources cannot say what
// to expect, since it differs between the package and the package with tests.
type noWants struct{}

func (noWants) Errorf(string, ...any) {}

func TestAnalyzer(t *testing.T) {
	var got []string
	for _, result := range analysistest.Run(noWants{}, analysistest.TestData(), unusedcode.Analyzer, "a") {
		for _, finding := range result.Action.Diagnostics {
			got = append(got, finding.Message)
		}
	}
	slices.Sort(got)
	want := []string{"const left is unused", "func forTests is unused", "func helper is unused", "func unused is unused"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
