package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// found is one file to read.
type found struct {
	path  string
	named bool // by its own path: it has to be a schema
}

// findFiles expands paths to files, each once, in the order of paths and
// sorted below each.
func findFiles(paths []string, m *messages) []found {
	var files []found
	index := map[string]int{}
	add := func(path string, named bool) {
		key, err := filepath.Abs(path)
		if err != nil {
			key = filepath.Clean(path)
		}
		if i, again := index[key]; again {
			files[i].named = files[i].named || named
			return
		}
		index[key] = len(files)
		files = append(files, found{path, named})
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir():
			before := len(m.mistakes)
			if walk(path, 0, add, m) == 0 && len(m.mistakes) == before {
				m.warn(path, "", "no schema file is in it: there is no .json, .yaml or .yml")
			}
		case err == nil && !isSchemaFile(path):
			m.mistake(path, "", "is not .json, .yaml or .yml: name a schema file, a folder or a glob")
		case err == nil:
			add(path, true)
		case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?[{"):
			glob(path, add, m)
		default:
			m.mistake(path, "", "cannot be read: "+cause(err)+"; correct schemas.paths, or let the agent's user read it")
		}
	}
	return files
}

func glob(pattern string, add func(string, bool), m *messages) {
	matches, err := doublestar.FilepathGlob(pattern, doublestar.WithNoHidden())
	if err != nil {
		m.mistake(pattern, "", "is not a glob: "+cause(err))
		return
	}
	before := len(m.warnings) + len(m.mistakes)
	matched := false
	for _, path := range matches {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			m.warn(path, "", "skipped: "+cause(err))
		case info.IsDir():
			matched = walk(path, 0, add, m) > 0 || matched
		case isSchemaFile(path):
			matched = true
			add(path, false)
		}
	}
	if !matched && len(m.warnings)+len(m.mistakes) == before {
		m.warn(pattern, "", "matches no schema file: no .json, .yaml or .yml")
	}
}

// walk takes the schema files of a folder. Hidden files are left out: they
// are editors' and, in a mounted ConfigMap, the same files once more. Links
// to files are followed, links to folders below the first are not. It returns
// how many there are.
func walk(folder string, depth int, add func(string, bool), m *messages) (files int) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		m.mistake(folder, "", "cannot be read: "+cause(err)+"; let the agent's user read it")
		return 0
	}
	if depth > maxDepth {
		m.mistake(folder, "", "folders are nested too deep")
		return 0
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			files += walk(path, depth+1, add, m)
		case isSchemaFile(path):
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				continue
			}
			add(path, false)
			files++
		}
	}
	return files
}

func isSchemaFile(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json", ".yaml", ".yml":
		return true
	}
	return false
}

// readFile reads a schema or overlay file within bounds.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("is not a regular file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("is larger than %d MiB", maxFile>>20)
	}
	return os.ReadFile(path)
}

// cause is an error without the path that the message names already.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return err.Error()
}
