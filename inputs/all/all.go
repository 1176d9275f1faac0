// Package all is the list of input kinds: an input is one folder beside this
// one and one line here.
package all

import (
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/inputs/file"
	"jupyter-events-agent/inputs/kafka"
)

// Kinds gives each kind's name in the configuration its empty configuration.
var Kinds = map[string]func() inputs.Config{
	"file":  func() inputs.Config { return new(file.Config) },
	"kafka": func() inputs.Config { return new(kafka.Config) },
}
