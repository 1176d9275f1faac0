package file

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// globs are the patterns of one input: absolute and clean.
type globs []string

func (g globs) match(path string) bool {
	for _, p := range g {
		if doublestar.PathMatchUnvalidated(p, path) {
			return true
		}
	}
	return false
}

// meant says that path matches by more than a pattern that takes any name.
func (g globs) meant(path string) bool {
	return slices.ContainsFunc(g, func(p string) bool { return !takesAny(p) && globs{p}.match(path) })
}

// takesAny says that a pattern's last element is wildcards alone.
func takesAny(pattern string) bool { return strings.Trim(filepath.Base(pattern), "*?") == "" }

// owner is the path that matches and of which path is, by its name, a rotated
// generation: events.log for events.log.3.gz and events-20261122.log. It is
// "" where there is none.
func (g globs) owner(path string) string {
	for live := range ancestors(path) {
		if g.match(live) {
			return live
		}
	}
	return ""
}

// belongs says that path matches or is a generation of what matches.
func (g globs) belongs(path string) bool { return g.match(path) || g.owner(path) != "" }

// ancestors yields the paths of which path may be a rotated generation, the
// longest first.
func ancestors(path string) func(func(string) bool) {
	return func(yield func(string) bool) {
		dir, name := filepath.Split(path)
		name = strings.TrimSuffix(name, ".gz")
		ext := filepath.Ext(name)
		if strings.HasSuffix(path, ".gz") && !yield(dir+name) {
			return
		}
		for i := len(name) - 1; i > 0; i-- {
			if !strings.ContainsRune(".-_~", rune(name[i])) {
				continue
			}
			if marksGeneration(name[i+1:]) || name[i:] == "~" {
				if !yield(dir + name[:i]) {
					return
				}
			}
			if end := len(name) - len(ext); ext != "" && i < end && marksGeneration(name[i+1:end]) {
				if !yield(dir + name[:i] + ext) {
					return
				}
			}
		}
	}
}

// marksGeneration says that rotation adds such a part to a name: numbers and
// dates, and a few words.
func marksGeneration(part string) bool {
	switch part {
	case "old", "bak", "prev", "orig", "copy":
		return true
	}
	digits := 0
	for _, c := range part {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case strings.ContainsRune(".-_:TZ+", c):
		default:
			return false
		}
	}
	return digits > 0
}

// names says that a pattern names the folder itself, so that it ought to be there.
func (g globs) names(dir string) bool {
	return slices.ContainsFunc(g, func(p string) bool { return filepath.Dir(p) == dir })
}

// folders are the folders in which files may match now: those that patterns
// name, and those in which a pattern with folders to guess has matches.
func (g globs) folders() (dirs []string, err error) {
	seen := map[string]bool{}
	add := func(dir string) {
		if !seen[dir] {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	for _, p := range g {
		dir := filepath.Dir(p)
		if !strings.ContainsAny(dir, "*?[{") && !strings.Contains(filepath.Base(p), "**") {
			add(dir)
			continue
		}
		found, e := doublestar.FilepathGlob(p)
		if e != nil {
			err = e
		}
		for _, f := range found {
			add(filepath.Dir(f))
		}
	}
	return dirs, err
}
