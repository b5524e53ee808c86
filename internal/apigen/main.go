// Command apigen keeps the definition of the API in api/ and makes Go code
// from it.
//
//	apigen import <folder>   brings api/ up to the vendor's OpenAPI documents
//	                         and enums in a folder, and says what changed
//	apigen generate          writes the Go code from api/ alone
//
// Both work on the repository that they are run in; -root names another.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/superoffice-go/superoffice/internal/apidef"
)

func main() {
	root := flag.String("root", "../..", "the folder of the repository")
	flag.Parse()
	if err := run(*root, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

func run(root string, args []string) error {
	current, err := apidef.Read(os.DirFS(filepath.Join(root, "api")))
	if err != nil {
		return err
	}
	switch {
	case len(args) == 2 && args[0] == "import":
		vendor, err := readVendor(args[1])
		if err != nil {
			return err
		}
		merged, changes := merge(current, vendor)
		for _, change := range changes {
			fmt.Println(change)
		}
		fmt.Println(len(changes), "changes")
		return merged.Write(filepath.Join(root, "api"))
	case len(args) == 1 && args[0] == "generate":
		return generate(root, current)
	}
	return errors.New("usage: apigen [-root folder] import <folder> | generate")
}
