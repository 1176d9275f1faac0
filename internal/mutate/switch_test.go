package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// TestSwitches: of every kind of change both are there, the operator and what
// becomes of it, and the result is Go.
func TestSwitches(t *testing.T) {
	for _, c := range []struct {
		kind, source, want string // » stands before the operator
	}{
		{"CONDITIONALS_BOUNDARY", "func f(a, b int) bool { return a »< b }", "func f(a, b int) bool { return (mutant == 1 && (a) <= (b) || mutant != 1 && (a)<(b)) }"},
		{"CONDITIONALS_NEGATION", "func f(a, b int) bool { return a »== b }", "func f(a, b int) bool { return (mutant == 1 && (a) != (b) || mutant != 1 && (a)==(b)) }"},
		{"INVERT_LOGICAL", "func f(a, b bool) bool { return a »&& b }", "func f(a, b bool) bool { return mutantAnd(1, (a), func() bool { return (b) }) }"},
		{"INVERT_LOGICAL", "func f(a, b bool) bool { return a »|| b }", "func f(a, b bool) bool { return mutantOr(1, (a), func() bool { return (b) }) }"},
		{"ARITHMETIC_BASE", "func f(a, b int) int { return a »% b }", "func f(a, b int) int { return mutantOf(1, func() int { return (a)%(b) }, func() int { return (a)*(b) }) }"},
		{"ARITHMETIC_BASE", "func f(a, b string) string { return a »+ b }", "func f(a, b string) string { return (a)+(b) }"},
		{"INVERT_NEGATIVES", "func f(a int) int { return »-a }", "func f(a int) int { return mutantOf(1, func() int { return -(a) }, func() int { return +(a) }) }"},
		{"INVERT_BITWISE", "func f(a uint8) uint8 { return a & (1»<<3 - 1) }", "func f(a uint8) uint8 { return a & (mutantOf(1, func() uint8 { return (1)<<(3) }, func() uint8 { return (1)>>(3) }) - 1) }"},
		{"INVERT_BITWISE", "func f(a int) *int { return »&a }", "func f(a int) *int { return &(a) }"},
		{"INCREMENT_DECREMENT", "func f(a int) int { a»++; return a }", "func f(a int) int { a = mutantOf(1, func() int { return a+1 }, func() int { return a-1 }); return a }"},
		{"INVERT_ASSIGNMENTS", "func f(a int) int { a »-= 2; return a }", "func f(a int) int { a = mutantOf(1, func() int { return a - (2) }, func() int { return a + (2) }); return a }"},
		{"REMOVE_SELF_ASSIGNMENTS", "func f(a string) string { a »+= a; return a }", "func f(a string) string { a = mutantOf(1, func() string { return a + (a) }, func() string { return (a) }); return a }"},
		{"INVERT_BWASSIGN", "func f(a int) int { a »|= 2; return a }", "func f(a int) int { a = mutantOf(1, func() int { return a | (2) }, func() int { return a & (2) }); return a }"},
		{"INVERT_LOOPCTRL", "func f() { l: for { »continue l } }", "func f() { l: for { if mutant == 1 { break l }; continue l } }"},
	} {
		one := &change{number: 1, kind: c.kind, line: 2, column: strings.Index(c.source, "»") + 1}
		s, f := parsed(t, "package p\n"+strings.Replace(c.source, "»", "", 1))
		s.changes[[2]int{one.line, one.column}] = []*change{one}
		got := strings.TrimPrefix(s.text(f), "package p\n")
		if got != c.want {
			t.Errorf("%s: %s, want\n%s", c.source, got, c.want)
		}
		if made := strings.Contains(got, "mutant"); made == (one.fate == unviable) {
			t.Errorf("%s: made %v, %d", c.source, made, one.fate)
		}
		_, declared, _ := strings.Cut(switches, ")\n") // all but the imports
		parsed(t, "package p\n"+got+strings.Replace(declared, `strconv.Atoi(os.Getenv("MUTANT"))`, "0, error(nil)", 1))
	}
}

// TestConstantsAreLeftOut: no variable can stand in them.
func TestConstantsAreLeftOut(t *testing.T) {
	const source = "package p\nconst c = 2 * 8\n"
	one := &change{number: 1, kind: "ARITHMETIC_BASE", line: 2, column: 13, text: "const c = 2 * 8"}
	s, f := parsed(t, source)
	s.changes[[2]int{2, 13}] = []*change{one}
	if got := s.text(f); got != source || one.to != token.ILLEGAL {
		t.Errorf("%v: %s", one.to, got)
	}
	if got := operatorIn(one); got != token.MUL {
		t.Errorf("operator %s", got)
	}
}

func parsed(t *testing.T, source string) (*switched, *ast.File) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "p.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	pkg, err := new(types.Config).Check("p", set, []*ast.File{f}, info)
	if err != nil {
		t.Fatal(err)
	}
	return &switched{set: set, pkg: pkg, types: info.Types, file: set.File(f.Pos()), source: []byte(source), changes: map[[2]int][]*change{}, wants: map[ast.Expr]types.Type{}}, f
}
