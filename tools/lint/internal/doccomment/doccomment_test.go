package doccomment_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/superoffice-go/superoffice/tools/lint/internal/doccomment"
)

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), doccomment.Analyzer, "library", "library/internal/hidden", "program")
}
