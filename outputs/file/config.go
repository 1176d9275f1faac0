package file

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	Audit  bool   `toml:"audit"` // chain and sign the records
	Sign   Sign   `toml:"sign"`
}

// Sign says with what an audit file is signed, and when.
type Sign struct {
	KeyFile string         `toml:"key_file"`
	Records int            `toml:"records"` // unsigned ones at most
	Age     units.Duration `toml:"age"`     // that a record is unsigned at most
	Idle    units.Duration `toml:"idle"`    // between two signatures at most, also where nothing is written
}

// defaultSign is what an audit file has that says nothing else.
var defaultSign = Sign{Records: 1000, Age: units.Duration(10 * time.Second), Idle: units.Duration(15 * time.Minute)}

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
func New() outputs.Config { return &Config{Sign: defaultSign} }

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
	return append(mistakes, c.validateSign()...)
}

// validateSign returns every mistake of what audit files alone have.
func (c *Config) validateSign() []error {
	if !c.Audit {
		if c.Sign != defaultSign && c.Sign != (Sign{}) {
			return []error{errors.New(`sign: stands only beside audit = true: add that, or take sign out`)}
		}
		return nil
	}
	var mistakes []error
	mistake := func(text string) { mistakes = append(mistakes, errors.New(text)) }
	if c.Path == stdout {
		mistake(`audit: standard output cannot be sealed, as a start could not take back what a crash has left there: name a file in path`)
	}
	if c.Sign.Records < 1 {
		mistake(`sign.records: must be 1 or more`)
	}
	if c.Sign.Age.Std() <= 0 {
		mistake(`sign.age: must be more than nothing, such as "10s"`)
	}
	if c.Sign.Idle.Std() < time.Second {
		mistake(`sign.idle: must be a second or more, such as "15m"`)
	}
	return mistakes
}

// Audited reports whether the records are chained and signed.
func (c *Config) Audited() bool { return c.Audit }

// SigningKey is the file of the key that signs, for who fills in the default.
func (c *Config) SigningKey() *string { return &c.Sign.KeyFile }

// Shape adds the chain's member to the JSON Schema of records.
func (c *Config) Shape(record map[string]any) {
	properties, ok := record["properties"].(map[string]any)
	if !c.Audit || !ok {
		return
	}
	required, _ := record["required"].([]string)
	record["required"] = append(required, "__audit__")
	properties["__audit__"] = map[string]any{
		"type": "object", "required": []string{"seq", "prev"}, "additionalProperties": false,
		"properties": map[string]any{
			"seq":  map[string]any{"type": "integer", "minimum": 1},
			"prev": map[string]any{"type": "string", "pattern": "^[0-9a-f]{64}$"},
		},
	}
}

// Templates is nil: a file has none.
func (c *Config) Templates() []filters.Template { return nil }

// At is outputs.Movable's: rotated by size alone, as that is what hangs on records.
func (c *Config) At(to string) outputs.Config {
	if c.Path == stdout {
		return &Config{Path: stdout}
	}
	return &Config{Path: to, Rotate: Rotate{Size: c.Rotate.Size}}
}

// Stdout reports whether the output writes to standard output, which takes one.
func (c *Config) Stdout() bool { return c.Path == stdout }

// Files are the paths that this output writes.
func (c *Config) Files() []string {
	if c.Path == stdout {
		return nil
	}
	return []string{c.Path}
}

// Unreadable is what is wrong with what has the file's name already.
func (c *Config) Unreadable() error {
	if c.Path == stdout {
		return nil
	}
	switch info, err := os.Stat(c.Path); {
	case err != nil || info.Mode().IsRegular():
		return nil // Open makes it, or says what keeps it from that
	case info.IsDir():
		return fmt.Errorf(`path: %s is a directory: name a file in it, such as "%s"`, c.Path, filepath.Join(c.Path, "audit.ndjson"))
	}
	return fmt.Errorf(`path: %s is no regular file: name one, or "-" for standard output`, c.Path)
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
	files := genfile.Config{
		Path: c.Path, Mode: 0o640,
		Size: int64(c.Rotate.Size), Age: c.Rotate.Age.Std(),
		Keep: c.Rotate.Keep, Compress: c.Rotate.Compress,
		Log: env.Log,
	}
	if c.Audit {
		return openAudited(c, files, env, time.Now)
	}
	f, err := genfile.Open(files, env.State)
	if err != nil {
		return nil, err
	}
	return &output{file: f}, nil
}
