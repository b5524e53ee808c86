package doccomment

import (
	"go/ast"
	"go/doc/comment"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// docLink finds what go doc takes for a link to a name: "[Name]", "[Type.Method]",
// "[pkg.Name]" and "[pkg.Type.Method]", each also with a star before it.
var docLink = regexp.MustCompile(`(?:^|[\s(,;:])\[\*?((?:[a-z][a-z0-9]*\.)?[A-Z]\w*(?:\.[A-Z]\w*)?)\](?:$|[\s).,;:'])`)

// checkLinks reports links of doc comments to names that are not there, which go
// doc prints with their brackets.
func checkLinks(pass *analysis.Pass, file *ast.File) {
	for _, group := range docComments(file) {
		var inText []string
		defined := make(map[string]bool)
		for line := range strings.SplitSeq(group.Text(), "\n") {
			if name, _, ok := strings.Cut(line, "]: "); ok && strings.HasPrefix(name, "[") {
				defined[name[1:]] = true
			} else if !strings.HasPrefix(line, "\t") { // code has no links
				inText = append(inText, line)
			}
		}
		for _, found := range docLink.FindAllStringSubmatch(strings.Join(inText, " "), -1) {
			if name := found[1]; !defined[name] && !resolves(pass.Pkg, file, name) {
				pass.Reportf(group.Pos(), "the link [%s] leads nowhere", name)
			}
		}
	}
}

// docComments are the comments of a file that go doc shows.
func docComments(file *ast.File) (all []*ast.CommentGroup) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.File:
			all = append(all, n.Doc)
		case *ast.FuncDecl:
			all = append(all, n.Doc)
			return false
		case *ast.GenDecl:
			all = append(all, n.Doc)
		case *ast.TypeSpec:
			all = append(all, n.Doc)
		case *ast.ValueSpec:
			all = append(all, n.Doc)
		case *ast.Field:
			all = append(all, n.Doc)
		}
		return true
	})
	return all
}

// resolves reports whether a name is there: in the package, in one that it
// imports, or in the standard library.
func resolves(pkg *types.Package, file *ast.File, name string) bool {
	first, rest, isQualified := strings.Cut(name, ".")
	if first[0] >= 'A' && first[0] <= 'Z' {
		return inPackage(pkg, first, rest)
	}
	if !isQualified {
		return false
	}
	name, rest, _ = strings.Cut(rest, ".")
	for _, imported := range pkg.Imports() {
		if imported.Name() == first || localName(file, imported.Path()) == first {
			return inPackage(imported, name, rest)
		}
	}
	_, isStandard := comment.DefaultLookupPackage(first)
	return isStandard
}

// localName is the name that a file gives an import, if it gives one.
func localName(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if spec.Name != nil && strings.Trim(spec.Path.Value, `"`) == path {
			return spec.Name.Name
		}
	}
	return ""
}

// inPackage reports whether a package has a name, and what the name stands for a
// field or method, if one is asked for.
func inPackage(pkg *types.Package, name, member string) bool {
	o := pkg.Scope().Lookup(name)
	if o == nil || member == "" {
		return o != nil
	}
	found, _, _ := types.LookupFieldOrMethod(types.NewPointer(o.Type()), true, pkg, member)
	if found == nil {
		found, _, _ = types.LookupFieldOrMethod(o.Type(), true, pkg, member)
	}
	return found != nil
}
