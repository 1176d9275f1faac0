package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"jupyter-events-agent/internal/docs"
)

// TestPages: what the program says names a page by Page, and one that there is.
func TestPages(t *testing.T) {
	const root = "../.."
	byHand, named := regexp.MustCompile(`\bdocs/[\w/-]+\.md`), 0
	for _, room := range []string{"cmd", "filters", "inputs", "internal", "outputs", "pipeline", "schema", "checkpoint"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "tools" || entry.Name() == "bench"):
				return fs.SkipDir // no code, or none of the agent's
			case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if page := byHand.FindString(n.Value); page != "" {
						t.Errorf("%s says %s, which is not on a machine that has a package: use docs.Page", path, page)
					}
				case *ast.CallExpr:
					if called, ok := n.Fun.(*ast.SelectorExpr); ok && called.Sel.Name == "Page" && len(n.Args) == 1 {
						if name, ok := n.Args[0].(*ast.BasicLit); ok && name.Kind == token.STRING {
							named++
							text, _ := strconv.Unquote(name.Value)
							if _, err := os.Stat(filepath.Join(root, docs.Page(text))); err != nil {
								t.Errorf("%s: %v", path, err)
							}
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if named < 5 {
		t.Errorf("only %d pages are named: the test does not see them", named)
	}
}
