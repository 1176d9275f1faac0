package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// licences says under which licences modules are, by what stands in their folders.
type licences struct {
	folders map[string]string // of "path version"
	known   *classifier.Classifier
}

// newLicences asks where the modules lie that a program was built from.
func newLicences(program *debug.BuildInfo) (*licences, error) {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}", program.Path)
	list.Env = os.Environ()
	for _, s := range program.Settings {
		if slices.Contains(shown, s.Key) {
			list.Env = append(list.Env, s.Key+"="+s.Value)
		}
	}
	list.Stderr = os.Stderr
	said, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w: run this in the module that the program is built from", program.Path, err)
	}
	l := &licences{folders: map[string]string{}}
	for line := range strings.Lines(string(said)) {
		module, dir, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		l.folders[module] = dir
	}
	l.known, err = assets.DefaultClassifier()
	return l, err
}

func (l *licences) of(m *debug.Module) ([]string, error) {
	dir := l.folders[m.Path+" "+m.Version]
	if dir == "" {
		return nil, fmt.Errorf("%s %s: go list does not have it: build the program anew", m.Path, m.Version)
	}
	return l.in(dir, m.Path)
}

func (l *licences) ofGo() ([]string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	return l.in(strings.TrimSpace(string(root)), "Go")
}

// in are the licences of a folder, sorted. One that cannot be told is an error:
// what is shipped has to be known.
func (l *licences) in(dir, what string) (all []string, err error) {
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			for _, m := range l.known.Match(l.known.Normalize(text)).Matches {
				if m.MatchType == "License" && !slices.Contains(all, m.Name) {
					all = append(all, m.Name)
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New(what + ": its licence is not recognised: look at it, and do not ship it before")
	}
	slices.Sort(all)
	return all, nil
}
