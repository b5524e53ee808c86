package onepipeline_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/superoffice-go/superoffice/tools/lint/internal/onepipeline"
)

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), onepipeline.Analyzer, "github.com/superoffice-go/superoffice", "github.com/superoffice-go/superoffice/other", "github.com/superoffice-go/superoffice/online")
}
