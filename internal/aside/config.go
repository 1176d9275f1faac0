package aside

import (
	"errors"

	"jupyter-events-agent/internal/units"
)

// Config is [quarantine] or [rejected] of the configuration.
type Config struct {
	Path    string         `toml:"path"`     // a folder
	MaxSize units.Size     `toml:"max_size"` // of all generations of one store together; 0 for no bound
	MaxAge  units.Duration `toml:"max_age"`  // of a line; 0 for no bound
}

// Default is a Config with the defaults; it has no path.
func Default() Config { return Config{MaxSize: units.GiB} }

// Validate returns every mistake, each beginning with its key.
func (c *Config) Validate() []error {
	var mistakes []error
	if c.Path == "" {
		mistakes = append(mistakes, errors.New(`path: is missing: name a folder for the agent alone, such as one below "/var/lib/jupyter-events-agent"`))
	}
	if c.MaxSize != 0 && c.MaxSize < units.MiB {
		mistakes = append(mistakes, errors.New(`max_size: must be at least "1MiB", or 0 for no bound`))
	}
	return mistakes
}
