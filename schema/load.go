package schema

import (
	"errors"

	"jupyter-events-agent/internal/jsonscan"
)

// Load reads every schema, overlay and the catalog and compiles them. The
// error joins every mistake, each with its file.
func Load(c Config) (*Registry, error) { return nil, errors.New("not built") }

type marker struct{}

func (m *marker) mark(line []byte, tape []jsonscan.Token) {}
