package nohttpmockglobal_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/superoffice-go/superoffice/tools/lint/internal/nohttpmockglobal"
)

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), nohttpmockglobal.Analyzer, "a")
}
