// Command lint holds the project's house style by machine. It reads Go
// packages, as go vet does, and exits with a status other than 0 when it has
// something to say:
//
//	go build -C tools -o "$bin/lint" ./lint && "$bin/lint" ./...
//
// What it checks, and why, stands in rules.go. A finding that is wrong in one
// place is answered there, with the reason:
//
//	//lint:ignore errorlint the contract of io.Reader is io.EOF itself
package main

import "golang.org/x/tools/go/analysis/multichecker"

func main() { multichecker.Main(rules()...) }
