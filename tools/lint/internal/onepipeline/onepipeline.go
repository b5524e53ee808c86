// Package onepipeline keeps the client's way to the network single.
package onepipeline

import (
	"maps"
	"path/filepath"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/superoffice-go/superoffice/tools/lint/internal/check"
)

// sendSteps are the files that may reach the network, by package. In the root
// they are the retry loop and, inside it, the single attempt; in online the
// entry to the login service, for what speaks OAuth.
var sendSteps = map[string][]string{
	check.Root:             {"call_attempt.go", "call_retry.go"},
	check.Root + "/online": {"login_service.go"},
}

const (
	retryable = "github.com/hashicorp/go-retryablehttp"

	secondPath = "a second way to the network goes past the credentials, limits and retries of the pipeline"
	global     = "it is shared with the whole process"
	unbounded  = "it hides the retry loop behind a standard client, which then retries without knowing the call"
)

// outsideSteps is forbidden everywhere but in sendSteps.
var outsideSteps = check.Forbidden{
	"net.Dial":                          secondPath,
	"net.DialTimeout":                   secondPath,
	"(*net.Dialer).Dial":                secondPath,
	"(*net.Dialer).DialContext":         secondPath,
	"crypto/tls.Dial":                   secondPath,
	"(*crypto/tls.Dialer).Dial":         secondPath,
	"(net/http.RoundTripper).RoundTrip": secondPath,
	"(*net/http.Transport).RoundTrip":   secondPath,
	"(*net/http.Client).Do":             secondPath,
	"net/http.DefaultTransport":         global,
	"(*" + retryable + ".Client).Do":    secondPath,
}

// everywhere is forbidden in sendSteps too.
var everywhere = check.Forbidden{
	"net/http.DefaultClient":                     global,
	"net/http.Get":                               global,
	"net/http.Head":                              global,
	"net/http.Post":                              global,
	"net/http.PostForm":                          global,
	"(*net/http.Client).Get":                     secondPath,
	"(*net/http.Client).Head":                    secondPath,
	"(*net/http.Client).Post":                    secondPath,
	"(*net/http.Client).PostForm":                secondPath,
	retryable + ".Get":                           global,
	retryable + ".Head":                          global,
	retryable + ".Post":                          global,
	retryable + ".PostForm":                      global,
	"(*" + retryable + ".Client).Get":            secondPath,
	"(*" + retryable + ".Client).Head":           secondPath,
	"(*" + retryable + ".Client).Post":           secondPath,
	"(*" + retryable + ".Client).PostForm":       secondPath,
	"(*" + retryable + ".Client).StandardClient": unbounded,
	retryable + ".RoundTripper":                  unbounded,
}

// Analyzer reports ways to the network beside the pipeline, in the packages
// that have one. Their tests may take any.
var Analyzer = &analysis.Analyzer{
	Name: "onepipeline",
	Doc:  "reports ways to the network beside the client's pipeline",
	Run:  run,
}

func run(pass *analysis.Pass) (any, error) {
	steps, ruled := sendSteps[check.Path(pass)]
	if !ruled {
		return nil, nil
	}
	both := maps.Clone(everywhere)
	maps.Copy(both, outsideSteps)
	for _, file := range check.Sources(pass) {
		name := filepath.Base(pass.Fset.File(file.FileStart).Name())
		if slices.Contains(steps, name) {
			everywhere.Report(pass, file)
		} else {
			both.Report(pass, file)
		}
	}
	return nil, nil
}
