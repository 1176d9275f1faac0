package archtest

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// source is one Go file of the module, whatever its build tags.
type source struct {
	path  string // from the module's root, with slashes
	dir   string // path of its folder; "" for the root
	text  []byte
	file  *ast.File
	lines int
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s *source) generated() bool { return ast.IsGenerated(s.file) }

// at says where a node stands.
func (s *source) at(n ast.Node) string {
	return s.path + ":" + itoa(fset.Position(n.Pos()).Line)
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

var fset = token.NewFileSet()

// module is the root folder, and sources all Go files below it but those of
// other modules.
var module = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		panic(err)
	}
	return filepath.Dir(strings.TrimSpace(string(out)))
})

var sources = sync.OnceValues(func() (all []*source, err error) {
	root := module()
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name == root {
				return nil
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil || entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		s := &source{path: filepath.ToSlash(rel)}
		if s.dir = path.Dir(s.path); s.dir == "." {
			s.dir = ""
		}
		if s.text, err = os.ReadFile(name); err != nil {
			return err
		}
		s.lines = bytes.Count(s.text, []byte("\n"))
		if s.file, err = parser.ParseFile(fset, name, s.text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return err
		}
		all = append(all, s)
		return nil
	})
	return all, err
})

func files(t *testing.T) []*source {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files below %s: the test does not see the module", len(all), module())
	}
	return all
}

// calls visits every call in the file of a function by its package's name, or
// of a method: "time.Sleep", ".Go".
func (s *source) calls(visit func(name string, call *ast.CallExpr)) {
	imported := map[string]string{}
	for _, i := range s.file.Imports {
		p := strings.Trim(i.Path.Value, `"`)
		name := path.Base(p)
		if i.Name != nil {
			name = i.Name.Name
		}
		imported[name] = p
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && imported[x.Name] != "" {
			visit(imported[x.Name]+"."+sel.Sel.Name, call)
		} else {
			visit("."+sel.Sel.Name, call)
		}
		return true
	})
}
