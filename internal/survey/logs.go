package survey

import (
	"encoding/json"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Log is an event log.
type Log struct {
	Path    string // without a rotated generation's ending; with * for the person, below people's folders
	Pattern string // the same with {username}; "" elsewhere
	Hub     bool   // JupyterHub writes it
	Said    string // the configuration that names it; "" where it was found by itself
	There   bool   // there is such a file
}

// rotated is what rotation adds to a log's name.
var rotated = regexp.MustCompile(`(?:[.-](?:\d{1,14}|\d{4}-\d{2}-\d{2}(?:[_T-]\d{2}(?:-\d{2}){0,2})?)|\.gz)+$`)

// logs are the logs that configurations name and those in the usual places, each once.
func (m *machine) logs(configs []Config) []Log {
	var all []Log
	add := func(l Log) {
		i := slices.IndexFunc(all, func(known Log) bool { return known.Path == l.Path })
		if i < 0 {
			all = append(all, l)
			return
		}
		all[i].There = all[i].There || l.There
	}
	for _, c := range configs {
		for _, name := range c.Logs {
			file, home := m.named(name)
			if file == "" {
				continue
			}
			add(m.log(file, home || below(file, "home"), c.Hub, c.File))
		}
	}
	for _, where := range usual {
		for _, file := range m.glob(where.glob) {
			plain := rotated.ReplaceAllString(file, "")
			if first, ok := beginning(file, maxFirst); ok && !strings.HasSuffix(file, ".gz") && event(first) {
				l := m.log(plain, where.home, where.hub, "")
				l.There = true
				add(l)
			}
		}
	}
	slices.SortFunc(all, func(a, b Log) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// named is the path of a log that a configuration names: "" where only who runs
// the server knows in which folder it is.
func (m *machine) named(name string) (file string, home bool) {
	switch {
	case strings.HasPrefix(name, "~/"):
		return filepath.Join(m.root, "home", "*", name[2:]), true
	case filepath.IsAbs(name) && m.root == string(filepath.Separator):
		return filepath.Clean(name), false
	case filepath.IsAbs(name):
		return filepath.Join(m.root, name), false
	}
	return "", false
}

// log is the log at a path; whose it is stands in the path, below people's folders.
func (m *machine) log(file string, home, hub bool, said string) Log {
	l := Log{Path: file, Hub: hub, Said: said, There: len(m.matches(file)) > 0}
	folder := filepath.Join(m.root, "home") + string(filepath.Separator)
	rest, in := strings.CutPrefix(file, folder)
	if _, after, deep := strings.Cut(rest, "/"); home && in && deep {
		l.Path = folder + "*/" + after
		l.Pattern = folder + "{username}/" + after
		l.There = l.There || len(m.matches(l.Path)) > 0
	}
	return l
}

func (m *machine) matches(file string) []string {
	rel, err := filepath.Rel(m.root, file)
	if err != nil {
		return nil
	}
	return m.glob(path.Clean(filepath.ToSlash(rel)))
}

// event says whether a file begins with an event, in one of the envelopes of
// Jupyter's own programs.
func event(text string) bool {
	line, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	var envelope struct {
		Schema    *string `json:"__schema__"`
		Timestamp *string `json:"__timestamp__"`
	}
	return json.Unmarshal([]byte(line), &envelope) == nil && envelope.Schema != nil && envelope.Timestamp != nil
}

// Relative are the names of logs in a configuration that only who runs the
// server can complete.
func (c *Config) Relative() []string {
	return slices.DeleteFunc(slices.Clone(c.Logs), func(name string) bool { return filepath.IsAbs(name) || strings.HasPrefix(name, "~/") })
}
