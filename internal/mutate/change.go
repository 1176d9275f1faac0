package main

import (
	"context"
	"fmt"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// change is one operator that becomes another.
type change struct {
	number int // above 0: MUTANT of a test run
	kind   string
	file   string
	line   int
	column int    // of the operator, in bytes
	text   string // of its line, unchanged
	to     token.Token
	fate   fate
}

// fate is what became of a change.
type fate int

const (
	untried  fate = iota
	noticed       // a test failed
	endless       // the tests ran out of time, on a busy machine perhaps by the machine
	unviable      // it does not compile
	survived
)

// name is what the list says of it. It names no number of a line, so that it
// holds while code around it comes and goes; what is changed stands behind ».
func (c *change) name() string {
	at := min(max(c.column-1, 0), len(c.text))
	return fmt.Sprintf("%s %s: %s»%s", c.file, c.kind, strings.TrimLeft(c.text[:at], "\t "), strings.TrimSpace(c.text[at:]))
}

// kinds are gremlins' kinds of changes: what becomes of which operator.
var kinds = map[string]map[token.Token]token.Token{
	"ARITHMETIC_BASE":       {token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL},
	"INVERT_NEGATIVES":      {token.SUB: token.ADD},
	"CONDITIONALS_BOUNDARY": {token.GEQ: token.GTR, token.GTR: token.GEQ, token.LEQ: token.LSS, token.LSS: token.LEQ},
	"CONDITIONALS_NEGATION": {token.EQL: token.NEQ, token.NEQ: token.EQL, token.GEQ: token.LSS, token.GTR: token.LEQ, token.LEQ: token.GTR, token.LSS: token.GEQ},
	"INVERT_LOGICAL":        {token.LAND: token.LOR, token.LOR: token.LAND},
	"INVERT_BITWISE":        {token.AND: token.OR, token.OR: token.AND, token.XOR: token.AND, token.AND_NOT: token.AND, token.SHL: token.SHR, token.SHR: token.SHL},
	"INCREMENT_DECREMENT":   {token.DEC: token.INC, token.INC: token.DEC},
	"INVERT_LOOPCTRL":       {token.BREAK: token.CONTINUE, token.CONTINUE: token.BREAK},
	"INVERT_ASSIGNMENTS": {token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN, token.MUL_ASSIGN: token.QUO_ASSIGN,
		token.QUO_ASSIGN: token.MUL_ASSIGN, token.REM_ASSIGN: token.REM_ASSIGN},
	"INVERT_BWASSIGN": {token.AND_ASSIGN: token.OR_ASSIGN, token.OR_ASSIGN: token.AND_ASSIGN, token.XOR_ASSIGN: token.AND_ASSIGN,
		token.AND_NOT_ASSIGN: token.AND_ASSIGN, token.SHL_ASSIGN: token.SHR_ASSIGN, token.SHR_ASSIGN: token.SHL_ASSIGN},
	"REMOVE_SELF_ASSIGNMENTS": {token.ADD_ASSIGN: token.ASSIGN, token.SUB_ASSIGN: token.ASSIGN, token.MUL_ASSIGN: token.ASSIGN, token.QUO_ASSIGN: token.ASSIGN,
		token.REM_ASSIGN: token.ASSIGN, token.AND_ASSIGN: token.ASSIGN, token.OR_ASSIGN: token.ASSIGN, token.XOR_ASSIGN: token.ASSIGN,
		token.AND_NOT_ASSIGN: token.ASSIGN, token.SHL_ASSIGN: token.ASSIGN, token.SHR_ASSIGN: token.ASSIGN},
}

// changes asks gremlins which there are in the copy of the tree. By Go's measure
// of coverage the condition of a case belongs to no block, and gremlins leaves out
// what is not covered; what it finds as go therefore says that all is, which a
// survivor refutes.
func (w *work) changes(ctx context.Context) ([]*change, error) {
	module, err := exec.CommandContext(ctx, "go", "list", "-m").Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the module's name: %w", err)
	}
	var blocks strings.Builder
	for _, file := range w.files {
		fmt.Fprintf(&blocks, "%s/%s/%s:1.1,99999.1 1 1\n", strings.TrimSpace(string(module)), w.folder, file)
	}
	shim := "#!/bin/sh\nfor word; do\n\t[ \"$before\" = -coverprofile ] && cat >\"$word\" <<'end'\nmode: set\n" + blocks.String() + "end\n\tbefore=$word\ndone\n"
	path := filepath.Join(w.dir, "path")
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(path, "go"), []byte(shim), 0o700); err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, w.gremlins, "unleash", w.folder, "--dry-run",
		"--invert-assignments", "--invert-bitwise", "--invert-bwassign", "--invert-logical", "--invert-loopctrl", "--remove-self-assignments")
	c.Dir = w.tree()
	c.Env = append(os.Environ(), "PATH="+path+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("gremlins: %w\n%s", err, out)
	}
	var all []*change
	for _, line := range strings.Split(string(out), "\n") {
		words := strings.Fields(line)
		if len(words) != 4 || words[0] != "RUNNABLE" || words[2] != "at" {
			continue
		}
		one := &change{number: len(all) + 1, kind: words[1]}
		if one.file, one.line, one.column, err = place(words[3]); err != nil || kinds[one.kind] == nil {
			return nil, fmt.Errorf("gremlins says what is not known here: %s", line)
		}
		all = append(all, one)
	}
	return all, nil
}

// place reads file:line:column.
func place(text string) (file string, line, column int, err error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return "", 0, 0, fmt.Errorf("%q is no place", text)
	}
	if line, err = strconv.Atoi(parts[1]); err == nil {
		column, err = strconv.Atoi(parts[2])
	}
	return filepath.Base(parts[0]), line, column, err
}
