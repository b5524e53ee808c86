// Command exported lists what packages export, a line for each name, field and
// method, for a change of it to be seen:
//
//	exported <folder> <packages...>
//
// What is in generated files has one line for each type, with the number of its
// names and a hash of them: what changed shows in api/ and the generated code,
// and here that something did.
package main

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
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
		l := lister{pkg: p, generated: generatedFiles(p), constants: make(map[types.Type][]string)}
		names := p.Types.Scope().Names()
		slices.SortStableFunc(names, func(a, b string) int { return order(p.Types.Scope().Lookup(a)) - order(p.Types.Scope().Lookup(b)) })
		for _, name := range names {
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

// order has the constants come before the types that they are of.
func order(o types.Object) int {
	if _, isConst := o.(*types.Const); isConst {
		return 0
	}
	return 1
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
	// constants are those of generated files, by their types.
	constants map[types.Type][]string
}

func (l *lister) add(format string, args ...any) {
	l.lines = append(l.lines, l.pkg.PkgPath+": "+fmt.Sprintf(format, args...))
}

// isOurs reports whether something is written by hand.
func (l *lister) isOurs(o types.Object) bool {
	return !l.generated[l.pkg.Fset.Position(o.Pos()).Filename]
}

func (l *lister) text(t types.Type) string {
	return types.TypeString(t, types.RelativeTo(l.pkg.Types))
}

func (l *lister) signature(f *types.Func) string {
	return strings.TrimPrefix(l.text(f.Type()), "func")
}

// object lists what a name stands for. The constants must come before the types.
func (l *lister) object(o types.Object) {
	if !o.Exported() {
		return
	}
	switch o := o.(type) {
	case *types.Const:
		line := fmt.Sprintf("const %s %s = %s", o.Name(), l.text(o.Type()), o.Val())
		if _, isNamed := o.Type().(*types.Named); isNamed && !l.isOurs(o) {
			l.constants[o.Type()] = append(l.constants[o.Type()], line)
			return
		}
		l.add("%s", line)
	case *types.Var:
		l.add("var %s %s", o.Name(), l.text(o.Type()))
	case *types.Func:
		l.add("func %s%s", o.Name(), l.signature(o))
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
	ours, generated := l.methods(named)
	definition := l.definition(o.Name(), named.Underlying())
	if l.isOurs(o) {
		ours = append(append(definition, ours...), generated...)
	} else {
		generated = append(append(definition, l.constants[named]...), generated...)
		hash := sha256.Sum256([]byte(strings.Join(generated, "\n")))
		l.add("generated type %s, %d names, %x", o.Name(), len(generated), hash[:4])
	}
	for _, line := range ours {
		l.add("%s", line)
	}
}

// definition lists a type with its fields or methods.
func (l *lister) definition(name string, underlying types.Type) (lines []string) {
	switch u := underlying.(type) {
	case *types.Struct:
		lines = append(lines, fmt.Sprintf("type %s struct", name))
		for f := range u.Fields() {
			if f.Exported() {
				lines = append(lines, fmt.Sprintf("type %s struct, %s %s", name, f.Name(), l.text(f.Type())))
			}
		}
	case *types.Interface:
		lines = append(lines, fmt.Sprintf("type %s interface", name))
		for m := range u.Methods() {
			if m.Exported() {
				lines = append(lines, fmt.Sprintf("type %s interface, %s%s", name, m.Name(), l.signature(m)))
			}
		}
	default:
		lines = append(lines, fmt.Sprintf("type %s %s", name, l.text(u)))
	}
	return lines
}

// methods lists the methods of a type, those that it does not have from a field.
func (l *lister) methods(named *types.Named) (ours, generated []string) {
	set := types.NewMethodSet(types.NewPointer(named))
	for i := range set.Len() {
		m, ok := set.At(i).Obj().(*types.Func)
		if !ok || !m.Exported() || m.Pkg() != l.pkg.Types || len(set.At(i).Index()) != 1 {
			continue
		}
		line := fmt.Sprintf("method (%s) %s%s", l.text(m.Signature().Recv().Type()), m.Name(), l.signature(m))
		if l.isOurs(m) {
			ours = append(ours, line)
		} else {
			generated = append(generated, line)
		}
	}
	return ours, generated
}
