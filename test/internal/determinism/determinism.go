package determinism

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// Analyzer returns the analyser. It reports, outside test files:
//
//   - a range over a map, and maps.Keys and maps.Values that are not sorted at once;
//   - a goroutine, and a select with more than one way to go;
//   - a clock, randomness or the environment (time.Now, rand, os.Getenv and their kin);
//   - floating point arithmetic, which processors and compilers may fuse differently;
//   - state that outlives a transaction: a package variable that a function assigns,
//     and a field of a contract that a method assigns;
//   - private data that is revealed, by the method Reveal of a type Private: from there it
//     could get into a public record, an event, an answer or an error.
//
// A comment "//determinism: why" on the line, or the line above, admits one; of private
// data "//private: why".
func Analyzer() *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:     "determinism",
		Doc:      "report what endorsers could not agree on",
		Requires: []*analysis.Analyzer{inspect.Analyzer},
		Run:      run,
	}
}

// checker looks at one package.
type checker struct {
	pass     *analysis.Pass
	admitted lines
	revealed lines // where private data may be
}

func run(pass *analysis.Pass) (any, error) {
	c := &checker{pass: pass, admitted: linesWith(pass, directive), revealed: linesWith(pass, privateDirective)}
	in := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	in.WithStack(nil, func(n ast.Node, push bool, stack []ast.Node) bool {
		if push {
			c.look(n, stack)
		}
		return true
	})
	return nil, nil
}

const (
	directive        = "//determinism: "
	privateDirective = "//private: "
)

// lines are lines of files, by name.
type lines map[string]map[int]bool

func (l lines) has(at token.Position) bool { return l[at.Filename][at.Line] }

// linesWith are the lines that a directive with a reason admits: its own and the one
// below.
func linesWith(pass *analysis.Pass, directive string) lines {
	lines := lines{}
	for _, file := range pass.Files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if why, found := strings.CutPrefix(comment.Text, directive); !found || strings.TrimSpace(why) == "" {
					continue
				}
				at := pass.Fset.Position(comment.Pos())
				if lines[at.Filename] == nil {
					lines[at.Filename] = map[int]bool{}
				}
				lines[at.Filename][at.Line], lines[at.Filename][at.Line+1] = true, true
			}
		}
	}
	return lines
}

func (c *checker) report(pos token.Pos, message string) { c.reportUnless(c.admitted, pos, message) }

func (c *checker) reportUnless(admitted lines, pos token.Pos, message string) {
	if at := c.pass.Fset.Position(pos); strings.HasSuffix(at.Filename, "_test.go") || admitted.has(at) {
		return
	}
	c.pass.Reportf(pos, "%s", message)
}

func (c *checker) look(n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		c.call(n, stack)
	case *ast.SelectorExpr:
		c.use(n.Sel)
	case *ast.BinaryExpr:
		if c.isFloat(n.X) && arithmetic(n.Op) {
			c.report(n.Pos(), "floating point arithmetic may be rounded differently: use integers")
		}
	case *ast.AssignStmt:
		for _, target := range n.Lhs {
			c.assign(target, stack)
		}
	case *ast.IncDecStmt:
		c.assign(n.X, stack)
	default:
		c.order(n)
	}
}

// order reports statements that run in no certain order.
func (c *checker) order(n ast.Node) {
	switch n := n.(type) {
	case *ast.RangeStmt:
		if c.isMap(n.X) {
			c.report(n.Pos(), "the order of a map differs from endorser to endorser: sort its keys first")
		}
	case *ast.GoStmt:
		c.report(n.Pos(), "a goroutine runs in no certain order")
	case *ast.SelectStmt:
		if len(n.Body.List) > 1 {
			c.report(n.Pos(), "a select chooses at random")
		}
	}
}

func (c *checker) isMap(e ast.Expr) bool {
	t := c.pass.TypesInfo.TypeOf(e)
	if t == nil {
		return false
	}
	_, is := t.Underlying().(*types.Map)
	return is
}

func (c *checker) isFloat(e ast.Expr) bool {
	value := c.pass.TypesInfo.Types[e]
	if value.Type == nil || value.Value != nil { // a constant is exact
		return false
	}
	basic, is := value.Type.Underlying().(*types.Basic)
	return is && basic.Info()&(types.IsFloat|types.IsComplex) != 0
}

func arithmetic(op token.Token) bool {
	switch op {
	case token.ADD, token.SUB, token.MUL, token.QUO:
		return true
	default:
		return false
	}
}

// forbidden is what rules may not use, by package path: all of a package, or those named.
func forbidden() map[string][]string {
	return map[string][]string{
		"time":         {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		"os":           {"Getenv", "LookupEnv", "Environ", "Hostname", "Getpid", "ReadFile", "Open"},
		"math/rand":    nil,
		"math/rand/v2": nil,
		"crypto/rand":  nil,
		"runtime":      nil,
	}
}

// call reports the keys and values of a map in the map's own order.
func (c *checker) call(n *ast.CallExpr, stack []ast.Node) {
	function := c.callee(n)
	if function == nil || function.Pkg() == nil || function.Pkg().Path() != "maps" {
		return
	}
	switch name := function.Name(); name {
	case "Keys", "Values", "All":
		if !c.sortedAtOnce(stack) {
			c.report(n.Pos(), "maps."+name+" gives a map's order: wrap it in slices.Sorted")
		}
	}
}

// reveals reports whether a function is the method Reveal of a type Private.
func reveals(function *types.Func) bool {
	receiver := function.Signature().Recv()
	if function.Name() != "Reveal" || receiver == nil {
		return false
	}
	t := receiver.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	return ok && named.Obj().Name() == "Private"
}

// use reports private data that is revealed, and what a package says only of this machine
// and moment, called or not.
func (c *checker) use(name *ast.Ident) {
	object := c.pass.TypesInfo.Uses[name]
	if function, ok := object.(*types.Func); ok && reveals(function) {
		c.reportUnless(c.revealed, name.Pos(), "private data is revealed: say where it goes with "+privateDirective+"why")
		return
	}
	if object == nil || object.Pkg() == nil || object.Pkg().Scope().Lookup(object.Name()) != object {
		return // a method or a field
	}
	names, known := forbidden()[object.Pkg().Path()]
	if known && (names == nil || slices.Contains(names, object.Name())) {
		c.report(name.Pos(), object.Pkg().Path()+"."+object.Name()+" differs from endorser to endorser")
	}
}

func (c *checker) callee(n *ast.CallExpr) *types.Func {
	var id *ast.Ident
	switch f := ast.Unparen(n.Fun).(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	case *ast.IndexExpr: // a generic function with its type
		if s, ok := f.X.(*ast.SelectorExpr); ok {
			id = s.Sel
		}
	}
	if id == nil {
		return nil
	}
	function, _ := c.pass.TypesInfo.Uses[id].(*types.Func)
	return function
}

// sortedAtOnce reports whether the innermost call is the argument of slices.Sorted
// or one of its kin.
func (c *checker) sortedAtOnce(stack []ast.Node) bool {
	if len(stack) < 2 {
		return false
	}
	outer, ok := stack[len(stack)-2].(*ast.CallExpr)
	if !ok {
		return false
	}
	f := c.callee(outer)
	return f != nil && f.Pkg() != nil && f.Pkg().Path() == "slices" && strings.HasPrefix(f.Name(), "Sorted")
}

// assign reports state that the next transaction would find.
func (c *checker) assign(target ast.Expr, stack []ast.Node) {
	if enclosing(stack) == nil {
		return
	}
	root, isField := rootOf(target)
	if root == nil {
		return
	}
	v, ok := c.pass.TypesInfo.ObjectOf(root).(*types.Var)
	if !ok {
		return
	}
	switch {
	case v.Pkg() != nil && v.Parent() == v.Pkg().Scope():
		c.report(target.Pos(), "a package variable outlives the transaction: the next one finds what this one left")
	case isField && v == c.receiverOf(stack) && isContract(v.Type()):
		c.report(target.Pos(), "a field of a contract outlives the transaction: the next one finds what this one left")
	}
}

// rootOf returns the variable that an assignment reaches through selectors, indices
// and pointers, and whether it is inside that variable.
func rootOf(e ast.Expr) (root *ast.Ident, inside bool) {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x, inside
		case *ast.SelectorExpr:
			e, inside = x.X, true
		case *ast.IndexExpr:
			e, inside = x.X, true
		case *ast.StarExpr:
			e, inside = x.X, true
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil, false
		}
	}
}

// enclosing returns the function declaration around the innermost node.
func enclosing(stack []ast.Node) *ast.FuncDecl {
	for _, n := range stack {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f
		}
	}
	return nil
}

func (c *checker) receiverOf(stack []ast.Node) *types.Var {
	f := enclosing(stack)
	if f.Recv == nil || len(f.Recv.List) == 0 || len(f.Recv.List[0].Names) == 0 {
		return nil
	}
	v, _ := c.pass.TypesInfo.Defs[f.Recv.List[0].Names[0]].(*types.Var)
	return v
}

// isContract reports whether the type has a field called Contract, at any depth: it
// is one of contractapi's.
func isContract(t types.Type) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	object, _, _ := types.LookupFieldOrMethod(t, true, nil, "Contract")
	field, ok := object.(*types.Var)
	return ok && field.Embedded()
}
