package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// switched is one source file whose operators become those that MUTANT says.
type switched struct {
	set     *token.FileSet
	pkg     *types.Package
	types   map[ast.Expr]types.TypeAndValue
	file    *token.File
	source  []byte
	changes map[[2]int][]*change // by line and column
	nodes   []ast.Node           // that may have one; the outer before the inner
	wants   map[ast.Expr]types.Type
}

// switches are what its operators turn into.
const switches = `
import (
	"os"
	"strconv"
)

var mutant, _ = strconv.Atoi(os.Getenv("MUTANT"))

func mutantAnd(n int, a bool, b func() bool) bool { if mutant == n { return a || b() }; return a && b() }
func mutantOr(n int, a bool, b func() bool) bool { if mutant == n { return a && b() }; return a || b() }
func mutantOf[T any](n int, a, b func() T) T { if mutant == n { return b() }; return a() }
`

// text is the file with the switches in it.
func (s *switched) text(f *ast.File) string {
	ast.Inspect(f, func(n ast.Node) bool {
		if n, ok := n.(*ast.BinaryExpr); ok && isArithmetic(n.Op) {
			t := s.typeOf(n)
			s.wants[ast.Unparen(n.X)] = t // where that is a constant it has no type of its own
			if n.Op != token.SHL && n.Op != token.SHR {
				s.wants[ast.Unparen(n.Y)] = t
			}
		}
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok != token.CONST // no variable stands there: see alone
		case *ast.BinaryExpr, *ast.UnaryExpr, *ast.IncDecStmt, *ast.BranchStmt, *ast.AssignStmt:
			if pos, op := operator(n); len(s.at(pos)) > 0 {
				for _, c := range s.at(pos) {
					c.to = kinds[c.kind][op]
				}
				s.nodes = append(s.nodes, n)
			}
		}
		return true
	})
	slices.SortStableFunc(s.nodes, func(a, b ast.Node) int {
		if a.Pos() != b.Pos() {
			return int(a.Pos() - b.Pos())
		}
		return int(b.End() - a.End())
	})
	from := token.Pos(s.file.Base())
	return s.render(from, from+token.Pos(s.file.Size()))
}

// operator is where and which the node's operator is.
func operator(n ast.Node) (token.Pos, token.Token) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		return n.OpPos, n.Op
	case *ast.UnaryExpr:
		return n.OpPos, n.Op
	case *ast.IncDecStmt:
		return n.TokPos, n.Tok
	case *ast.AssignStmt:
		return n.TokPos, n.Tok
	case *ast.BranchStmt:
		return n.TokPos, n.Tok
	}
	return token.NoPos, token.ILLEGAL
}

// at are the changes of the operator there.
func (s *switched) at(pos token.Pos) []*change {
	p := s.set.PositionFor(pos, false)
	return s.changes[[2]int{p.Line, p.Column}]
}

// render is the source between two places, with its switches.
func (s *switched) render(from, to token.Pos) string {
	var b strings.Builder
	for _, n := range s.nodes {
		if n.Pos() < from || n.End() > to {
			continue // beside it, around it, or within what has been written
		}
		b.Write(s.source[s.file.Offset(from):s.file.Offset(n.Pos())])
		b.WriteString(s.node(n))
		from = n.End()
	}
	b.Write(s.source[s.file.Offset(from):s.file.Offset(to)])
	return b.String()
}

func (s *switched) expression(e ast.Expr) string { return "(" + s.render(e.Pos(), e.End()) + ")" }

// node is what stands for a node with changes.
func (s *switched) node(n ast.Node) string {
	pos, _ := operator(n)
	changes := s.at(pos)
	switch n := n.(type) {
	case *ast.BinaryExpr:
		return s.binary(n, changes)
	case *ast.UnaryExpr:
		x := s.expression(n.X)
		if n.Op != token.SUB {
			lose(changes) // the address of something; what has a bar before it is no expression
			return n.Op.String() + x
		}
		return s.choose(s.typeOf(n), "-"+x, changes, func(to token.Token) string { return to.String() + x })
	case *ast.IncDecStmt:
		x := s.render(n.X.Pos(), n.X.End())
		step := func(tok token.Token) string { return x + tok.String()[:1] + "1" }
		return x + " = " + s.choose(s.typeOf(n.X), step(n.Tok), changes, step)
	case *ast.AssignStmt:
		x, y := s.render(n.Lhs[0].Pos(), n.Lhs[0].End()), s.expression(n.Rhs[0])
		result := func(tok token.Token) string {
			if tok == token.ASSIGN {
				return y
			}
			return x + " " + strings.TrimSuffix(tok.String(), "=") + " " + y
		}
		return x + " = " + s.choose(s.typeOf(n.Lhs[0]), result(n.Tok), changes, result)
	case *ast.BranchStmt:
		label := ""
		if n.Label != nil {
			label = " " + n.Label.Name
		}
		return fmt.Sprintf("if mutant == %d { %s%s }; %s%s", changes[0].number, changes[0].to, label, n.Tok, label)
	}
	return ""
}

func (s *switched) binary(n *ast.BinaryExpr, changes []*change) string {
	x, y := s.expression(n.X), s.expression(n.Y)
	switch {
	case n.Op == token.LAND:
		return fmt.Sprintf("mutantAnd(%d, %s, func() bool { return %s })", changes[0].number, x, y)
	case n.Op == token.LOR:
		return fmt.Sprintf("mutantOr(%d, %s, func() bool { return %s })", changes[0].number, x, y)
	case isArithmetic(n.Op):
		return s.choose(s.typeOf(n), x+n.Op.String()+y, changes, func(to token.Token) string { return x + to.String() + y })
	}
	var text, otherwise strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&text, "mutant == %d && %s %s %s || ", c.number, x, c.to, y)
		fmt.Fprintf(&otherwise, "mutant != %d && ", c.number)
	}
	return "(" + text.String() + otherwise.String() + x + n.Op.String() + y + ")"
}

func isArithmetic(op token.Token) bool {
	return kinds["ARITHMETIC_BASE"][op] != token.ILLEGAL || kinds["INVERT_BITWISE"][op] != token.ILLEGAL
}

// choose is the value, or that of the change that is made.
func (s *switched) choose(t types.Type, value string, changes []*change, other func(to token.Token) string) string {
	if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
		changes = slices.DeleteFunc(slices.Clone(changes), func(c *change) bool {
			if c.kind == "REMOVE_SELF_ASSIGNMENTS" {
				return false
			}
			lose([]*change{c}) // a text can only be added to
			return true
		})
	}
	name := types.TypeString(t, func(p *types.Package) string {
		if p == s.pkg {
			return ""
		}
		return p.Name()
	})
	for _, c := range changes {
		value = fmt.Sprintf("mutantOf(%d, func() %s { return %s }, func() %s { return %s })", c.number, name, value, name, other(c.to))
	}
	return value
}

// typeOf is the type of an expression, of a constant that of what it stands in.
func (s *switched) typeOf(e ast.Expr) types.Type {
	t := s.types[e].Type
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		if s.wants[e] != nil {
			return s.wants[e]
		}
		return types.Default(t)
	}
	return t
}

func lose(changes []*change) {
	for _, c := range changes {
		c.fate = unviable
	}
}
