// Package file reads lines from files that other programs write and rotate.
//
// In come files and globs; out come Blocks of whole lines, each line once,
// whatever rotation does to its file. It reads these files, lists and watches
// their folders, and has the store give each file its stream; it writes
// nothing and starts no goroutine.
//
// Lines end in \n or \r\n; empty lines are skipped. A line that begins with
// NUL bytes begins after them: they are a hole, declared as a gap.
package file

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/units"
)

// Bounds of max_line, in bytes.
const (
	defaultMaxLine = 1 << 20
	largestMaxLine = 64 << 20
)

// Config is one [[inputs.file]] but for the keys that all inputs have.
type Config struct {
	Paths   []string   `toml:"paths"`    // files and globs, ** for any folders
	StartAt string     `toml:"start_at"` // "beginning" (default) or "end", for what is there at the very first start
	MaxLine units.Size `toml:"max_line"` // default 1MiB

	// PathFields are the parts of a file's path that go with its lines; nil for none.
	PathFields *PathFields `toml:"path_fields"`
}

// PathFields is the key path_fields.
type PathFields struct {
	Pattern    string              `toml:"pattern"`    // of the paths, as in "/home/{username}/events.log"; "": of agents' records
	Categories map[string][]string `toml:"categories"` // of each field
}

// Pattern is what finds the fields in the paths; nil where there are none, or
// where Validate has errors.
func (c *Config) Pattern() *inputs.PathPattern {
	if c.PathFields == nil {
		return nil
	}
	p, _ := c.PathFields.read()
	return p
}

// read makes the pattern. Without one the fields are what other agents send,
// which stands only beside envelope = "agent": see internal/config.
func (f *PathFields) read() (*inputs.PathPattern, []error) {
	if f.Pattern == "" {
		return inputs.NewUpstreamFields(f.Categories)
	}
	return inputs.NewPathPattern(f.Pattern, f.Categories)
}

// Validate returns every mistake, each beginning with its key.
func (c *Config) Validate() []error {
	var errs []error
	if len(c.Paths) == 0 {
		errs = append(errs, fmt.Errorf(`paths: missing; name at least one file or glob, such as ["/var/log/jupyterhub/events.log*"]`))
	}
	for i, p := range c.Paths {
		switch {
		case p == "":
			errs = append(errs, fmt.Errorf("paths[%d]: is empty; name a file or a glob", i))
		case !doublestar.ValidatePathPattern(p):
			errs = append(errs, fmt.Errorf("paths[%d]: %q is not a glob; check its brackets and braces", i, p))
		}
	}
	switch c.StartAt {
	case "", "beginning", "end":
	default:
		errs = append(errs, fmt.Errorf(`start_at: %q is not known; use "beginning" or "end"`, c.StartAt))
	}
	if c.PathFields != nil {
		_, more := c.PathFields.read()
		errs = append(errs, more...)
	}
	if c.MaxLine < 0 || c.MaxLine > largestMaxLine {
		errs = append(errs, fmt.Errorf("max_line: %v is out of range; use 1B to 64MiB", c.MaxLine))
	}
	return errs
}

// Warnings are directories that have the names of logs: nothing is read by those.
func (c *Config) Warnings() (warnings []string) {
	for i, p := range c.Globs() {
		if takesAny(p) {
			continue
		}
		found, _ := doublestar.FilepathGlob(p) // what cannot be searched the run says
		folders := slices.DeleteFunc(found, func(path string) bool {
			at, err := os.Stat(path)
			return err != nil || !at.IsDir()
		})
		if len(folders) == 0 {
			continue
		}
		more := ""
		if len(folders) > 1 {
			more = fmt.Sprintf(" (one of %d)", len(folders))
		}
		warnings = append(warnings, fmt.Sprintf("paths[%d]: %s%s is a directory, and nothing is read by that name: name the files in it, as in %s, or have the log take its place",
			i, folders[0], more, filepath.Join(folders[0], "*.log")))
	}
	return warnings
}

// Globs are the patterns as they are matched: absolute and clean.
func (c *Config) Globs() []string {
	out := make([]string, 0, len(c.Paths))
	for _, p := range c.Paths {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		out = append(out, p)
	}
	return out
}

// Reads says that a file of that absolute path is read: a glob matches it, or a
// log of which it is, by its name, a rotated generation.
func (c *Config) Reads(path string) bool { return globs(c.Globs()).belongs(path) }

// IsGeneration says that a file of that path is read as a rotated generation of
// a log, by its name, whether or not a glob matches it.
func (c *Config) IsGeneration(path string) bool { return globs(c.Globs()).owner(path) != "" }

// Open makes the input; it looks at no file before Background runs.
func (c *Config) Open(env inputs.Env) (inputs.Input, error) {
	in, err := c.open(env, usual())
	if err != nil {
		return nil, err
	}
	return in, nil
}

func (c *Config) open(env inputs.Env, t tuning) (*Input, error) {
	if errs := c.Validate(); len(errs) > 0 {
		return nil, errs[0]
	}
	return newInput(env, t, globs(c.Globs()), c.maxLine(), c.StartAt == "end"), nil
}

func (c *Config) maxLine() int64 {
	if c.MaxLine == 0 {
		return defaultMaxLine
	}
	return int64(c.MaxLine)
}
