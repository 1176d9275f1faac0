package file

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/genfile"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// Config is one [[outputs.file]] of the configuration.
type Config struct {
	Path   string `toml:"path"` // "-" is standard output
	Rotate Rotate `toml:"rotate"`
}

// Rotate says when a file is closed for good and what happens to it then.
type Rotate struct {
	Size     units.Size     `toml:"size"`     // begin a new file at this size; 0 for no bound
	Age      units.Duration `toml:"age"`      // begin a new file at this age; 0 for no bound
	Keep     int            `toml:"keep"`     // old files that stay; 0 for all
	Compress bool           `toml:"compress"` // old files with gzip
}

// stdout is the path that means standard output.
const stdout = "-"

// New is the kind "file" with its defaults: one file that is never rotated.
func New() outputs.Config { return &Config{} }

// Validate returns every mistake, each beginning with its key.
func (c *Config) Validate() []error {
	var mistakes []error
	mistake := func(text string) { mistakes = append(mistakes, errors.New(text)) }
	rotates := c.Rotate.Size > 0 || c.Rotate.Age > 0
	switch {
	case c.Path == "":
		mistake(`path: is missing: name a file, such as "/var/log/jupyter-events-agent/audit.ndjson", or "-" for standard output`)
	case c.Path == stdout && c.Rotate != Rotate{}:
		mistake(`rotate: standard output cannot be rotated: take rotate out, or name a file in path`)
	case strings.HasSuffix(c.Path, "/") || filepath.Base(c.Path) == ".." || filepath.Base(c.Path) == ".":
		mistake(`path: is a folder: name a file in it, such as "audit.ndjson"`)
	}
	if strings.HasSuffix(c.Path, ".gz") {
		mistake(`path: ends in .gz, and what is written to is never compressed: take .gz out, and set rotate.compress for the older files`)
	}
	if c.Rotate.Keep < 0 {
		mistake(`rotate.keep: must not be negative; 0 keeps every file`)
	}
	if c.Path != stdout && !rotates && c.Rotate.Keep > 0 {
		mistake(`rotate.keep: nothing is ever rotated: add rotate.size, such as "100MiB", or rotate.age, such as "24h"`)
	}
	if c.Path != stdout && !rotates && c.Rotate.Compress {
		mistake(`rotate.compress: nothing is ever rotated: add rotate.size, such as "100MiB", or rotate.age, such as "24h"`)
	}
	return mistakes
}

// Templates is nil: a file has none.
func (c *Config) Templates() []filters.Template { return nil }

// Files are the paths that this output writes.
func (c *Config) Files() []string {
	if c.Path == stdout {
		return nil
	}
	return []string{c.Path}
}

// Traits: what is ready is written at once, whole, and a file takes anything.
func (c *Config) Traits() outputs.Traits {
	return outputs.Traits{BatchAge: 10 * time.Millisecond, Local: true}
}

// Open opens the file, or standard output.
func (c *Config) Open(_ context.Context, env outputs.Env) (outputs.Output, error) {
	if c.Path == stdout {
		return &stream{to: env.Stdout}, nil
	}
	f, err := genfile.Open(genfile.Config{
		Path: c.Path, Mode: 0o640,
		Size: int64(c.Rotate.Size), Age: c.Rotate.Age.Std(),
		Keep: c.Rotate.Keep, Compress: c.Rotate.Compress,
		Log: env.Log,
	}, env.State)
	if err != nil {
		return nil, err
	}
	return &output{file: f}, nil
}
