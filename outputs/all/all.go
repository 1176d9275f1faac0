// Package all is the list of the kinds of outputs that an agent has.
package all

import (
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/elasticsearch"
	"jupyter-events-agent/outputs/file"
	"jupyter-events-agent/outputs/kafka"
	"jupyter-events-agent/outputs/loki"
)

// Kinds are the kinds by their name in the configuration. Each makes a Config
// with its defaults.
var Kinds = map[string]func() outputs.Config{
	"elasticsearch": elasticsearch.New,
	"file":          file.New,
	"kafka":         kafka.New,
	"loki":          loki.New,
}
