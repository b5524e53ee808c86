// Package api holds this project's definition of the WebAPI: the agents with
// their calls, the carriers and the enums, in one readable file for each agent
// and shared.api for what several use. The generator makes the SDK from it,
// and the test server its answers and checks. The form is told at Read in
// internal/apidef.
package api

import (
	"embed"
	"io/fs"
)

//go:embed *.api
var files embed.FS

// Files returns the definition files.
func Files() fs.FS { return files }
