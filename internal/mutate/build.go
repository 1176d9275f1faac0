package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// build turns the package's files in the copy of the tree into such as have every
// change, of which MUTANT says the one that is made, and links its tests once for
// all. What cannot be switched, in constants, is left out: see alone.
func (w *work) build(ctx context.Context, changes []*change) error {
	set, folder := token.NewFileSet(), filepath.Join(w.tree(), w.folder)
	var parsed []*ast.File
	var sources [][]byte
	for _, name := range w.files {
		source, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(set, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		parsed, sources = append(parsed, f), append(sources, source)
	}
	imports, err := w.imports(ctx)
	if err != nil {
		return err
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	pkg, err := (&types.Config{Importer: importer.ForCompiler(set, "gc", imports)}).Check(w.folder, set, parsed, info)
	if err != nil {
		return fmt.Errorf("checking the types of %s: %w", w.folder, err)
	}
	for i, f := range parsed {
		s := &switched{set: set, pkg: pkg, types: info.Types, file: set.File(f.Pos()), source: sources[i], changes: map[[2]int][]*change{}, wants: map[ast.Expr]types.Type{}}
		lines := strings.Split(string(sources[i]), "\n")
		for _, c := range changes {
			if c.file == w.files[i] {
				c.text = lines[c.line-1]
				at := [2]int{c.line, c.column}
				s.changes[at] = append(s.changes[at], c)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, w.files[i]), []byte(s.text(f)), 0o600); err != nil {
			return err
		}
	}
	text := "package " + parsed[0].Name.Name + "\n" + switches
	if err := os.WriteFile(filepath.Join(folder, "mutant.go"), []byte(text), 0o600); err != nil {
		return err
	}
	return w.link(ctx, w.tests())
}

// imports finds what the package imports as compiled packages.
func (w *work) imports(ctx context.Context) (importer.Lookup, error) {
	c := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}", "./"+w.folder)
	c.Dir = w.tree()
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("compiling what %s imports: %w", w.folder, err)
	}
	files := map[string]string{}
	for _, line := range strings.Split(string(out), "\n") {
		path, file, _ := strings.Cut(line, "=")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }, nil
}

// tests is the program of the package's tests with all changes in it.
func (w *work) tests() string { return filepath.Join(w.dir, "tests") }

func (w *work) link(ctx context.Context, to string) error {
	c := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-trimpath", "-ldflags", "-s -w", "-o", to, "./"+w.folder)
	c.Dir = w.tree()
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("building the tests: %w\n%s", err, out)
	}
	return nil
}

// alone builds the tests with one change that was not switched, as it stands in a
// constant; false where that does not compile.
func (w *work) alone(ctx context.Context, c *change, to string) (bool, error) {
	name := filepath.Join(w.tree(), w.folder, c.file)
	before, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	from := operatorIn(c)
	if from == token.ILLEGAL || bytes.Count(before, []byte("\n"+c.text+"\n")) != 1 {
		return false, fmt.Errorf("%s:%d: no such operator stands there: %s", c.file, c.line, c.text)
	}
	at := c.column - 1
	line := c.text[:at] + kinds[c.kind][from].String() + c.text[at+len(from.String()):]
	after := bytes.Replace(before, []byte("\n"+c.text+"\n"), []byte("\n"+line+"\n"), 1)
	if err := os.WriteFile(name, after, 0o600); err != nil {
		return false, err
	}
	err = w.link(ctx, to)
	return err == nil, errors.Join(os.WriteFile(name, before, 0o600), ctx.Err())
}

// operatorIn reads the operator off the line: the longest that the kind knows.
func operatorIn(c *change) token.Token {
	found := token.ILLEGAL
	for from := range kinds[c.kind] {
		if strings.HasPrefix(c.text[c.column-1:], from.String()) && (found == token.ILLEGAL || len(from.String()) > len(found.String())) {
			found = from
		}
	}
	return found
}
