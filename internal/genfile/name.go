package genfile

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"jupyter-events-agent/internal/atomicfile"
)

const (
	timeForm    = "20060102T150405Z"
	gzSuffix    = ".gz"
	numberWidth = 6
)

// names are the names of one file and its generations.
type names struct {
	folder, stem, ext string
}

func namesOf(path string) names {
	base := filepath.Base(path)
	ext := filepath.Ext(base)
	if ext == base { // ".ndjson" has no ending
		ext = ""
	}
	return names{filepath.Dir(path), strings.TrimSuffix(base, ext), ext}
}

// of is the path of a generation.
func (n names) of(rotated time.Time, number uint64) string {
	return filepath.Join(n.folder, fmt.Sprintf("%s-%s-%0*d%s", n.stem, rotated.UTC().Format(timeForm), numberWidth, number, n.ext))
}

// generation is one older file.
type generation struct {
	path    string
	number  uint64
	rotated time.Time
	packed  bool // compressed
}

// original is the path before the generation was compressed.
func (g generation) original() string {
	if g.packed {
		return strings.TrimSuffix(g.path, gzSuffix)
	}
	return g.path
}

// parse takes the name of a generation apart.
func (n names) parse(name string) (generation, bool) {
	g := generation{path: filepath.Join(n.folder, name)}
	rest, ok := strings.CutPrefix(name, n.stem+"-")
	if !ok {
		return g, false
	}
	if rest, g.packed = strings.CutSuffix(rest, n.ext+gzSuffix); !g.packed {
		rest, ok = strings.CutSuffix(rest, n.ext)
	}
	stamp, number, found := strings.Cut(rest, "-")
	if !ok || !found || len(number) < numberWidth {
		return g, false
	}
	var err error
	if g.rotated, err = time.Parse(timeForm, stamp); err != nil {
		return g, false
	}
	g.number, err = strconv.ParseUint(number, 10, 64)
	return g, err == nil && n.of(g.rotated, g.number) == g.original()
}

// list is all generations, the oldest first.
func (n names) list() ([]generation, error) {
	entries, err := os.ReadDir(n.folder)
	if err != nil {
		return nil, err
	}
	var list []generation
	for _, e := range entries {
		if g, ok := n.parse(e.Name()); ok && e.Type().IsRegular() {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b generation) int {
		return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.path, b.path))
	})
	return list, nil
}

// clean removes what an interrupted compression has left.
func (n names) clean() error {
	entries, err := os.ReadDir(n.folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, temporary := strings.CutSuffix(e.Name(), atomicfile.Suffix)
		if g, ok := n.parse(name); temporary && ok && g.packed {
			if err := os.Remove(filepath.Join(n.folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
