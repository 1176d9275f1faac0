package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// The archives in testdata/places are one rule of policy.md §1 each: schemas
// (loaded by the glob *.yaml and *.json), overlays (*.toml), and what comes
// of them: the file want has the places, warnings the warnings, mistakes the
// error.
func TestPlaces(t *testing.T) {
	archives, err := filepath.Glob("testdata/places/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			dir := t.TempDir()
			c := Config{Aliases: map[string]string{"PII": "user-identifiable-information"}}
			for _, f := range a.Files {
				path := filepath.Join(dir, f.Name)
				switch filepath.Ext(f.Name) {
				case ".yaml", ".json":
					c.Paths = append(c.Paths, path)
				case ".toml":
					c.Overlays = append(c.Overlays, path)
				default:
					want[f.Name] = string(f.Data)
					continue
				}
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Load(c)
			for _, s := range r.Schemas() {
				distinct(t, s)
			}
			got := map[string]string{"want": dump(r, dir), "warnings": join0(r.Warnings(), dir)}
			if err != nil {
				got["mistakes"] = strings.ReplaceAll(err.Error(), dir+"/", "") + "\n"
			}
			for _, name := range []string{"want", "warnings", "mistakes"} {
				if _, asked := want[name]; (asked || name != "warnings") && got[name] != want[name] {
					t.Errorf("%s:\n%s\ngot:\n%s", name, want[name], got[name])
				}
			}
		})
	}
}

// distinct fails where two places of a schema have the same identity.
func distinct(t *testing.T, s *Schema) {
	t.Helper()
	known := map[string]PlaceID{}
	for i := range s.Places() {
		p := &s.Places()[i]
		if other, again := known[p.Identity]; again && p.ID > Root {
			t.Errorf("schema %s: places %d and %d are both %s", s.ID(), other, p.ID, p.Identity)
		}
		known[p.Identity] = p.ID
	}
}

func join0(lines []string, dir string) string {
	return strings.ReplaceAll(strings.Join(append(lines, ""), "\n"), dir+"/", "")
}

// dump writes one line a place: identity, what it is where that is not a plain
// member, categories and where they come from.
func dump(r *Registry, dir string) string {
	var b strings.Builder
	for _, s := range r.Schemas() {
		if len(r.Schemas()) > 1 {
			fmt.Fprintf(&b, "%s %s\n", s.ID(), s.Version())
		}
		seen := map[PlaceID]bool{}
		var walk func(id PlaceID, indent string)
		walk = func(id PlaceID, indent string) {
			p := &s.Places()[id]
			fmt.Fprintf(&b, "%s%s%s%s\n", indent, p.Identity, kindNames[p.Kind], describe(p, dir))
			if seen[id] {
				return
			}
			seen[id] = true
			for _, c := range p.Children {
				if seen[c] {
					fmt.Fprintf(&b, "%s  %s again\n", indent, s.Places()[c].Identity)
					continue
				}
				walk(c, indent+"  ")
			}
		}
		for _, c := range s.Places()[Root].Children {
			walk(c, "")
		}
	}
	return b.String()
}

var kindNames = map[PlaceKind]string{PatternPlace: " pattern", AdditionalPlace: " additional", ItemPlace: " item", TuplePlace: " position"}

func describe(p *Place, dir string) string {
	var b strings.Builder
	if p.Conditional {
		b.WriteString(" conditional")
	}
	switch {
	case p.Inherited:
		b.WriteString(" inherits")
	case !p.Categorised:
		b.WriteString(" uncategorised")
	}
	b.WriteString(" [" + strings.Join(p.Categories, " ") + "]")
	for _, o := range p.Origins {
		fmt.Fprintf(&b, " %s:%s", o.Source, strings.TrimPrefix(o.File, dir+"/"))
	}
	for _, o := range p.Replaced {
		fmt.Fprintf(&b, " -%s:%s", o.Category, o.Source)
	}
	if p.Closed {
		fmt.Fprintf(&b, " closed%v", p.Enum)
	}
	if p.Bounded {
		b.WriteString(" bounded")
	}
	if p.Required {
		b.WriteString(" required")
	}
	return b.String()
}
