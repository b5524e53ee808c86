// Command exported lists what packages export, a line for each name, field and
// method, for a change of it to be seen:
//
//	exported <folder> <packages...>
//
// What is in generated files is left out: a change of that shows in api/.
package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: exported <folder> <packages...>")
		os.Exit(2)
	}
	if err := list(os.Stdout, os.Args[1], os.Args[2:]...); err != nil {
		fmt.Fprintln(os.Stderr, "exported:", err)
		os.Exit(1)
	}
}

// list writes what the packages in a folder's module export.
func list(w io.Writer, folder string, patterns ...string) error {
	loaded, err := packages.Load(&packages.Config{
		Dir: folder, Mode: packages.NeedName | packages.NeedTypes | packages.NeedSyntax | packages.NeedImports | packages.NeedDeps | packages.NeedTypesInfo | packages.NeedFiles,
	}, patterns...)
	if err != nil {
		return err
	}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return p.Errors[0]
		}
		l := lister{pkg: p, generated: generatedFiles(p)}
		for _, name := range p.Types.Scope().Names() {
			l.object(p.Types.Scope().Lookup(name))
		}
		slices.Sort(l.lines)
		for _, line := range l.lines {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}

func generatedFiles(p *packages.Package) map[string]bool {
	generated := make(map[string]bool)
	for _, file := range p.Syntax {
		if ast.IsGenerated(file) {
			generated[p.Fset.Position(file.Pos()).Filename] = true
		}
	}
	return generated
}

// lister collects the lines of one package.
type lister struct {
	pkg       *packages.Package
	generated map[string]bool
	lines     []string
}

func (l *lister) add(format string, args ...any) {
	l.lines = append(l.lines, l.pkg.PkgPath+": "+fmt.Sprintf(format, args...))
}

// isOurs reports whether something is exported and written by hand.
func (l *lister) isOurs(name string, pos token.Pos) bool {
	return token.IsExported(name) && !l.generated[l.pkg.Fset.Position(pos).Filename]
}

func (l *lister) text(t types.Type) string {
	return types.TypeString(t, types.RelativeTo(l.pkg.Types))
}

func (l *lister) object(o types.Object) {
	if !l.isOurs(o.Name(), o.Pos()) {
		return
	}
	switch o := o.(type) {
	case *types.Const:
		l.add("const %s %s = %s", o.Name(), l.text(o.Type()), o.Val())
	case *types.Var:
		l.add("var %s %s", o.Name(), l.text(o.Type()))
	case *types.Func:
		l.add("func %s%s", o.Name(), strings.TrimPrefix(l.text(o.Type()), "func"))
	case *types.TypeName:
		l.typeName(o)
	}
}

func (l *lister) typeName(o *types.TypeName) {
	named, ok := o.Type().(*types.Named)
	if !ok || o.IsAlias() {
		l.add("type %s = %s", o.Name(), l.text(o.Type()))
		return
	}
	switch u := named.Underlying().(type) {
	case *types.Struct:
		l.add("type %s struct", o.Name())
		for i := range u.NumFields() {
			if f := u.Field(i); f.Exported() {
				l.add("type %s struct, %s %s", o.Name(), f.Name(), l.text(f.Type()))
			}
		}
	case *types.Interface:
		l.add("type %s interface", o.Name())
		for i := range u.NumMethods() {
			if m := u.Method(i); m.Exported() {
				l.add("type %s interface, %s%s", o.Name(), m.Name(), strings.TrimPrefix(l.text(m.Type()), "func"))
			}
		}
	default:
		l.add("type %s %s", o.Name(), l.text(u))
	}
	methods := types.NewMethodSet(types.NewPointer(named))
	for i := range methods.Len() {
		m, ok := methods.At(i).Obj().(*types.Func)
		if ok && l.isOurs(m.Name(), m.Pos()) && m.Pkg() == l.pkg.Types && len(methods.At(i).Index()) == 1 {
			signature, _ := m.Type().(*types.Signature)
			l.add("method (%s) %s%s", l.text(signature.Recv().Type()), m.Name(), strings.TrimPrefix(l.text(m.Type()), "func"))
		}
	}
}
