// Package check holds what the project's analyzers share: where a rule
// applies, and the one way in which a rule forbids names.
package check

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Root is the import path of the SDK's root package.
const Root = "github.com/superoffice-go/superoffice"

// Path returns the import path of the package, without the mark that go vet
// puts behind the variant that is built with its tests.
func Path(pass *analysis.Pass) string {
	path, _, _ := strings.Cut(pass.Pkg.Path(), " ")
	return path
}

// IsTest reports whether file is a test file.
func IsTest(pass *analysis.Pass, file *ast.File) bool {
	return strings.HasSuffix(pass.Fset.File(file.FileStart).Name(), "_test.go")
}

// Sources returns the files of the package that are not tests.
func Sources(pass *analysis.Pass) []*ast.File {
	return slices.DeleteFunc(slices.Clone(pass.Files), func(file *ast.File) bool { return IsTest(pass, file) })
}

// IsLibrary reports whether programs of other people can have the package in
// them. What examples share is for themselves.
func IsLibrary(pass *analysis.Pass) bool {
	return pass.Pkg.Name() != "main" && !slices.Contains(strings.Split(Path(pass), "/"), "examples")
}

// IsPublic reports whether other modules can import the package.
func IsPublic(pass *analysis.Pass) bool {
	return IsLibrary(pass) && !slices.Contains(strings.Split(Path(pass), "/"), "internal")
}

// Forbidden are names that must not be used, each with the reason. Names are
// as types.Func.FullName has them: "os.Getenv", "(*net/http.Client).Do".
type Forbidden map[string]string

// Report complains about every use of a forbidden name in file.
func (f Forbidden) Report(pass *analysis.Pass, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		name := fullName(pass.TypesInfo.Uses[id])
		if why, ok := f[name]; ok {
			pass.Reportf(id.Pos(), "%s is forbidden here: %s", name, why)
		}
		return true
	})
}

// fullName is the name of a function, a method, or a variable or type of a
// package, and empty for anything else.
func fullName(obj types.Object) string {
	switch obj := obj.(type) {
	case *types.Func:
		return obj.Origin().FullName()
	case *types.Var, *types.TypeName:
		if obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() {
			return obj.Pkg().Path() + "." + obj.Name()
		}
	}
	return ""
}
