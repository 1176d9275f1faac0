package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

func TestPackagesSayWhatTheyAre(t *testing.T) {
	said := map[string]bool{}
	for _, s := range files(t) {
		if s.test() || s.dir == "" {
			continue
		}
		name := s.file.Name.Name
		begins := "Package " + name + " "
		if name == "main" {
			begins = "Command "
		}
		said[s.dir] = said[s.dir] || strings.HasPrefix(s.file.Doc.Text(), begins)
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s: no file has a package comment: say in two or three lines what comes in, what goes out and what it may touch", dir)
		}
	}
}

// known are methods whose meaning is that of the interface they are for.
var known = []string{"Error", "Unwrap", "Is", "As", "String", "Len", "Less", "Swap", "UnmarshalText", "MarshalText", "UnmarshalTOML", "MarshalJSON", "UnmarshalJSON"}

func TestExportedNamesAreExplained(t *testing.T) {
	for _, s := range files(t) {
		if s.test() || s.file.Name.Name == "main" || s.generated() {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !(d.Recv != nil && slices.Contains(known, d.Name.Name)) {
					unexplained(t, s, d, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
							unexplained(t, s, spec, spec.Name.Name)
						}
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							if name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
								unexplained(t, s, spec, name.Name)
							}
						}
					}
				}
			}
		}
	}
}

func unexplained(t *testing.T, s *source, n ast.Node, name string) {
	t.Helper()
	t.Errorf("%s: %s has no comment: say what it is, its units and bounds, its errors, and who owns what it returns", s.at(n), name)
}

// exportedReceiver: functions, and methods of exported types.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	of := d.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	switch generic := of.(type) {
	case *ast.IndexExpr:
		of = generic.X
	case *ast.IndexListExpr:
		of = generic.X
	}
	id, ok := of.(*ast.Ident)
	return !ok || id.IsExported()
}

// TestTheTree: nothing beside the rooms of the design.
func TestTheTree(t *testing.T) {
	top := map[string]bool{}
	for _, s := range files(t) {
		dir, _, _ := strings.Cut(s.dir, "/")
		top[dir] = true
	}
	for dir := range top {
		if !slices.Contains([]string{"", "cmd", "inputs", "filters", "outputs", "checkpoint", "schema", "pipeline", "internal", "packaging", "docs"}, dir) {
			t.Errorf("%s/: the design has no such folder at the top: what an event meets is a room, every tool is in internal/", dir)
		}
	}
}
