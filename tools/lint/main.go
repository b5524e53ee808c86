// Command lint holds what is this project's own style, and no public checker
// has; .golangci.yml names those that are used beside it. It reads Go packages,
// as go vet does, and exits with a status other than 0 when it has something to
// say:
//
//	go build -C tools -o "$bin/lint" ./lint && "$bin/lint" ./...
package main

import (
	"golang.org/x/tools/go/analysis/multichecker"

	"github.com/superoffice-go/superoffice/tools/lint/internal/doccomment"
	"github.com/superoffice-go/superoffice/tools/lint/internal/onepipeline"
)

func main() {
	multichecker.Main(
		doccomment.Analyzer,  // the documentation is part of what is promised
		onepipeline.Analyzer, // credentials, retries and limits hold on one path only
	)
}
