// Package bodyclosed reports HTTP responses whose body nobody closes.
package bodyclosed

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// Analyzer asks a function that gets an *http.Response from another package to
// close its body or to hand it on: to return or store the response, or to pass
// it or its body to a function of its own package. It does not follow
// branches, so a body that is closed on one of two paths is taken for closed.
//
// Responses of the package's own functions are not asked for: who got them
// from outside was asked, and in the client's pipeline they arrive read.
var Analyzer = &analysis.Analyzer{
	Name: "bodyclosed",
	Doc:  "reports HTTP responses whose body is not closed",
	Run:  run,

	Requires: []*analysis.Analyzer{inspect.Analyzer},
}

// inMemory names the sources of responses that hold nothing open.
var inMemory = map[string]bool{
	"(*net/http/httptest.ResponseRecorder).Result":       true,
	"github.com/jarcoal/httpmock.NewStringResponse":      true,
	"github.com/jarcoal/httpmock.NewBytesResponse":       true,
	"github.com/jarcoal/httpmock.NewJsonResponse":        true,
	"github.com/jarcoal/httpmock.NewJsonResponseOrPanic": true,
	"github.com/jarcoal/httpmock.NewXmlResponse":         true,
}

func run(pass *analysis.Pass) (any, error) {
	all := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root()
	for call := range all.Preorder((*ast.CallExpr)(nil)) {
		if index := responseIndex(pass, call.Node().(*ast.CallExpr)); index >= 0 && !kept(pass, call, index) {
			pass.Reportf(call.Node().Pos(), "the body of this response is not closed")
		}
	}
	return nil, nil
}

// responseIndex tells which result of call is a response of another package,
// or -1.
func responseIndex(pass *analysis.Pass, call *ast.CallExpr) int {
	callee, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func)
	if !ok || callee.Pkg() == pass.Pkg || inMemory[callee.FullName()] {
		return -1
	}
	results := callee.Signature().Results()
	for i := range results.Len() {
		if results.At(i).Type().String() == "*net/http.Response" {
			return i
		}
	}
	return -1
}

// kept reports whether the response of call, its result number index, is closed
// or handed on.
func kept(pass *analysis.Pass, call inspector.Cursor, index int) bool {
	switch parent := parentOf(call).Node().(type) {
	case *ast.ExprStmt, *ast.DeferStmt, *ast.GoStmt:
		return false
	case *ast.AssignStmt:
		if len(parent.Rhs) > 1 {
			index = call.ParentEdgeIndex()
		}
		name, ok := parent.Lhs[index].(*ast.Ident)
		return !ok || keptIn(pass, call, name) // not a name: stored in a field or an element
	case *ast.ValueSpec:
		if len(parent.Values) > 1 {
			index = call.ParentEdgeIndex()
		}
		return keptIn(pass, call, parent.Names[index])
	}
	return true
}

// keptIn reports whether a response that call puts into a variable is closed or
// handed on somewhere in the declaration around it, functions inside included.
func keptIn(pass *analysis.Pass, call inspector.Cursor, name *ast.Ident) bool {
	variable := pass.TypesInfo.ObjectOf(name)
	if variable == nil || name.Name == "_" {
		return false
	}
	if variable.Parent() == pass.Pkg.Scope() {
		return true
	}
	for function := range call.Enclosing((*ast.FuncDecl)(nil), (*ast.GenDecl)(nil)) {
		for use := range function.Preorder((*ast.Ident)(nil)) {
			if pass.TypesInfo.Uses[use.Node().(*ast.Ident)] == variable && handsOn(pass, use) {
				return true
			}
		}
	}
	return false
}

// handsOn reports whether this use of a response or of its body closes it or
// gives it to somebody else.
func handsOn(pass *analysis.Pass, use inspector.Cursor) bool {
	parent := parentOf(use)
	switch node := parent.Node().(type) {
	case *ast.SelectorExpr:
		return node.Sel.Name == "Close" || node.Sel.Name == "Body" && handsOn(pass, parent)
	case *ast.CallExpr:
		return isOwn(pass, node)
	case *ast.AssignStmt:
		return use.ParentEdgeKind() == edge.AssignStmt_Rhs
	case *ast.ReturnStmt, *ast.CompositeLit, *ast.KeyValueExpr, *ast.SendStmt, *ast.ValueSpec:
		return true
	}
	return false
}

// isOwn reports whether call goes to this package, to a function value or to
// append. What other packages do with a response is to read it: io.ReadAll
// closes nothing.
func isOwn(pass *analysis.Pass, call *ast.CallExpr) bool {
	callee := typeutil.Callee(pass.TypesInfo, call)
	return callee == nil || callee.Pkg() == nil || callee.Pkg() == pass.Pkg
}

// parentOf skips parentheses.
func parentOf(c inspector.Cursor) inspector.Cursor {
	parent := c.Parent()
	for {
		if _, ok := parent.Node().(*ast.ParenExpr); !ok {
			return parent
		}
		parent = parent.Parent()
	}
}
