// Command apigen keeps the definition of the API in api/ and makes Go code
// from it. Its help, apigen -h, tells what it can do.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

const usage = `Usage: apigen [-root folder] command

Commands:
  import <folder>   bring api/ up to the vendor's OpenAPI document and enums.json
                    in a folder, and print what was added, removed and changed
  fmt               write api/ in its standard form: in order, in columns
  generate          do the same, and write the Go code and the docs from api/

Flags:
  -root folder      the folder of the repository (default "../..")

api/ is written in a language of its own, which the documentation of Read in
internal/apidef defines. Its basic types, and what they become in Go:

`

func main() { os.Exit(command(os.Args[1:], os.Stdout, os.Stderr)) }

// command runs a command line and returns its exit code: 2 if it makes no
// sense, 1 if it failed.
func command(args []string, out, problems io.Writer) (code int) {
	flags := flag.NewFlagSet("apigen", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.Usage = func() { printUsage(flags.Output()) }
	root := flags.String("root", "../..", "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	err = run(*root, flags.Args(), out)
	switch {
	case errors.Is(err, errUsage):
		flags.Usage()
		return 2
	case err != nil:
		fmt.Fprintln(problems, err)
		return 1
	}
	return 0
}

func printUsage(w io.Writer) {
	fmt.Fprint(w, usage)
	for _, t := range apidef.BasicTypes {
		fmt.Fprintf(w, "  %-8s%-21s%s\n", t.Name, t.Go, t.Doc)
	}
}

var errUsage = errors.New("apigen: no such command")

func run(root string, args []string, out io.Writer) error {
	importing := len(args) == 2 && args[0] == "import"
	if !importing && (len(args) != 1 || args[0] != "fmt" && args[0] != "generate") {
		return errUsage
	}
	folder := filepath.Join(root, "api")
	current, err := apidef.Read(os.DirFS(folder))
	if err != nil {
		return err
	}
	if importing {
		return importFrom(args[1], current, folder, out)
	}
	if err := current.Write(folder); err != nil || args[0] == "fmt" {
		return err
	}
	g := newGenerator(current)
	fmt.Fprintf(out, "%d members have no comment\n", g.withoutComment())
	return g.generate(root)
}

// importFrom brings the definition in a folder up to the vendor's documents.
func importFrom(documents string, current *apidef.Definition, folder string, out io.Writer) error {
	vendor, err := readVendor(documents)
	if err != nil {
		return err
	}
	merged, changes := merge(current, vendor)
	for _, change := range changes {
		fmt.Fprintln(out, change)
	}
	fmt.Fprintln(out, len(changes), "changes")
	return merged.Write(folder)
}
