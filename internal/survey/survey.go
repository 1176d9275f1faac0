// Package survey looks for Jupyter on a machine: its configuration, the event
// logs that this names or that lie in the usual places, and the event schemas
// that installed packages bring.
//
// In comes the folder to look below, / as a rule; out come the paths of what is
// there. It lists folders and reads the beginnings of files as text; it runs
// nothing of what it finds, follows no link out of people's folders, writes
// nothing, and connects to nothing.
package survey

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Findings are what is on a machine. Paths are absolute, sorted.
type Findings struct {
	Configs []Config // of Jupyter Server and JupyterHub
	Logs    []Log    // to follow
	Schemas []string // files of installed packages that may be event schemas
	Homes   []string // the same below people's folders, where their owners can change them
	Open    []string // the same that everybody may write to
	Hub     bool     // JupyterHub is installed
	Server  bool     // Jupyter Server is installed
	TLJH    bool     // it is The Littlest JupyterHub
}

// Look looks below root. What cannot be read is left out: who may not look at a
// folder gets less, and the error is that of ctx alone.
func Look(ctx context.Context, root string) (*Findings, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	m := &machine{root: root, seen: map[string]bool{}}
	f := &Findings{TLJH: m.is("opt/tljh")}
	for _, where := range sites {
		for _, site := range m.glob(where.glob) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			f.Hub = f.Hub || !where.home && isFolder(filepath.Join(site, "jupyterhub"))
			f.Server = f.Server || isFolder(filepath.Join(site, "jupyter_server"))
			for _, file := range schemasIn(site) {
				switch {
				case m.again(file):
				case where.home:
					f.Homes = append(f.Homes, file)
				case anybodys(file):
					f.Open = append(f.Open, file)
				default:
					f.Schemas = append(f.Schemas, file)
				}
			}
		}
	}
	for _, where := range configs {
		for _, file := range m.glob(where.glob) {
			if text, ok := beginning(file, maxConfig); ok && !m.again(file) {
				c := search(text)
				c.File, c.Hub, c.Home = file, where.hub, where.home
				f.Configs = append(f.Configs, c)
				f.Hub = f.Hub || c.Hub
				f.Server = f.Server || !c.Hub
			}
		}
	}
	f.Logs = m.logs(f.Configs)
	slices.Sort(f.Schemas)
	slices.Sort(f.Homes)
	slices.Sort(f.Open)
	return f, ctx.Err()
}

// Writes says whether a configuration of the hub, or of servers, has events written.
func (f *Findings) Writes(hub bool) bool {
	return slices.ContainsFunc(f.Configs, func(c Config) bool { return c.Hub == hub && c.Line > 0 })
}

// machine is what is looked at.
type machine struct {
	root string
	seen map[string]bool // files by their real paths
}

// glob are the paths below root that a pattern finds, sorted; links are followed
// but for those below **.
func (m *machine) glob(pattern string) []string {
	names, err := doublestar.Glob(os.DirFS(m.root), pattern)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	for i := range names {
		names[i] = filepath.Join(m.root, filepath.FromSlash(names[i]))
	}
	return names
}

// again says whether a file was met before, by another name perhaps.
func (m *machine) again(file string) bool {
	real, err := filepath.EvalSymlinks(file)
	if err != nil || m.seen[real] {
		return true
	}
	m.seen[real] = true
	return false
}

func (m *machine) is(folder string) bool { return isFolder(filepath.Join(m.root, folder)) }

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// anybodys says that a file, or its folder, is one that everybody may write to.
func anybodys(file string) bool {
	for _, path := range []string{file, filepath.Dir(file)} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o002 != 0 {
			return true
		}
	}
	return false
}

// Bounds, in bytes: of what is read of a configuration, a schema, a log.
const (
	maxConfig = 1 << 20
	maxSchema = 1 << 20
	maxFirst  = 64 << 10
)

// beginning is at most the first n bytes of an ordinary file; a link, a pipe or a
// device below a person's folder is none.
func beginning(path string, n int) (string, bool) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 && !below(path, "home", "root") {
		info, err = os.Stat(path)
	}
	if err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	file, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer file.Close()
	text := make([]byte, min(int64(n), info.Size()))
	read, _ := file.ReadAt(text, 0)
	return string(text[:read]), read > 0 || info.Size() == 0
}

// below says that a path leads through a folder of one of the names.
func below(path string, names ...string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(path), "/"), func(part string) bool { return slices.Contains(names, part) })
}

// topmost are the members that every event schema in YAML begins a line with.
var topmost = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^["']?\$id["']?\s*:`),
	regexp.MustCompile(`(?m)^["']?version["']?\s*:`),
	regexp.MustCompile(`(?m)^["']?properties["']?\s*:`),
}

// schemasIn are the files in the packages of a site-packages folder that may be
// event schemas: below a folder whose name speaks of events, and elsewhere YAML
// with the members of one. (Of JSON there is too much to read all.)
func schemasIn(site string) []string {
	dir := os.DirFS(site)
	here, _ := doublestar.Glob(dir, "{*,*/*}/*event*/**/*.{yaml,yml,json}")
	more, _ := doublestar.Glob(dir, "{*,*/**/*}.{yaml,yml}")
	var files []string
	for _, name := range slices.Concat(here, more) {
		if strings.HasPrefix(name, "jupyter_events/") {
			continue // it describes schemas and no events
		}
		path := filepath.Join(site, filepath.FromSlash(name))
		info, err := os.Stat(path)
		if err != nil || info.Size() > maxSchema || slices.Contains(files, path) {
			continue
		}
		text, ok := beginning(path, maxSchema)
		told := strings.Contains(text, "$id") && strings.Contains(text, "version")
		if !slices.Contains(here, name) {
			told = !slices.ContainsFunc(topmost, func(member *regexp.Regexp) bool { return !member.MatchString(text) })
		}
		if ok && told {
			files = append(files, path)
		}
	}
	return files
}
