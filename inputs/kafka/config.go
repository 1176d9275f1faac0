// Package kafka reads lines from the topics of a Kafka cluster: the records
// that other agents have written there, or anybody.
//
// In come topics, by one consumer group per output; out come Blocks of lines,
// one for each record, with the record's offset as its position. The metadata
// that an agent puts beside a record, as headers, becomes members of the line
// again. It reads the cluster and, of what is delivered, tells it the offsets;
// it has the store remember which partitions there are. It starts no goroutine
// but those of kafka-go's consumer groups, which end with the Input.
//
// Where an output goes on in a partition is both in the cursor, in one step with
// the state of the output, and in the group, for whoever gets the partition
// next. The group hears of an offset only once that is durable in the cursor, so
// that it is never ahead of what a crash leaves. A Reader that is closed stays in
// its group until the Input is closed, or goes on and nobody opens it again.
package kafka

import (
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/kafkaconn"
	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/internal/units"
)

// Bounds of max_line, in bytes.
const (
	defaultMaxLine = 1 << 20
	largestMaxLine = 64 << 20
)

// Config is one [[inputs.kafka]] but for the keys that all inputs have.
type Config struct {
	Brokers []string         `toml:"brokers"`
	Topics  []string         `toml:"topics"`
	Group   string           `toml:"group"` // how its consumer groups begin; default "jupyter-events-agent.NAME"
	TLS     *tlsfiles.Config `toml:"tls"`
	SASL    kafkasasl.Config `toml:"sasl"`
	StartAt string           `toml:"start_at"` // "beginning" (default) or "end", for partitions that the group has no offset of
	MaxLine units.Size       `toml:"max_line"` // default 1MiB

	// PathFields are the fields of __path__ that agents may send; nil for none.
	PathFields *PathFields `toml:"path_fields"`
}

// PathFields is the key path_fields, which stands only beside envelope = "agent".
type PathFields struct {
	Categories map[string][]string `toml:"categories"` // of each field
}

// Pattern is what says which fields there are; nil where there are none, or
// where Validate has errors.
func (c *Config) Pattern() *inputs.PathPattern {
	if c.PathFields == nil {
		return nil
	}
	p, _ := inputs.NewUpstreamFields(c.PathFields.Categories)
	return p
}

// The longest names that Kafka takes, in bytes.
const (
	longestTopic = 249
	longestGroup = 128 // and an output's name of 64 behind it
)

// Validate returns every mistake, each beginning with its key.
func (c *Config) Validate() []error {
	cluster := c.cluster()
	errs := cluster.Validate()
	if len(c.Topics) == 0 {
		errs = append(errs, fmt.Errorf(`topics: missing; name at least one, such as ["jupyter-events"]`))
	}
	for i, t := range c.Topics {
		switch {
		case t == "" || t == "." || t == ".." || len(t) > longestTopic || strings.ContainsFunc(t, illegal):
			errs = append(errs, fmt.Errorf("topics[%d]: %q is no name of a topic: letters, digits, '.', '_' and '-', %d at most", i, t, longestTopic))
		case slices.Contains(c.Topics[:i], t):
			errs = append(errs, fmt.Errorf("topics[%d]: %q stands there twice", i, t))
		}
	}
	if len(c.Group) > longestGroup || strings.ContainsFunc(c.Group, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		errs = append(errs, fmt.Errorf("group: may have no spaces and %d bytes at most", longestGroup))
	}
	if c.PathFields != nil {
		_, more := inputs.NewUpstreamFields(c.PathFields.Categories)
		errs = append(errs, more...)
	}
	switch c.StartAt {
	case "", "beginning", "end":
	default:
		errs = append(errs, fmt.Errorf(`start_at: %q is not known; use "beginning" or "end"`, c.StartAt))
	}
	if c.MaxLine < 0 || c.MaxLine > largestMaxLine {
		errs = append(errs, fmt.Errorf("max_line: %v is out of range; use 1B to 64MiB", c.MaxLine))
	}
	return errs
}

// illegal says that no topic's name may hold the character.
func illegal(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-')
}

// Globs: it reads no files.
func (c *Config) Globs() []string { return nil }

// Warnings are what is not wrong yet should not stay.
func (c *Config) Warnings() []string {
	cluster := c.cluster()
	return cluster.Warnings()
}

// Unreadable is what is wrong with its certificates and its secret.
func (c *Config) Unreadable() error {
	cluster := c.cluster()
	return cluster.Unreadable()
}

func (c *Config) cluster() kafkaconn.Config {
	return kafkaconn.Config{Brokers: c.Brokers, TLS: c.TLS, SASL: c.SASL}
}

// Open makes the input; it connects to nothing before a Reader is opened.
func (c *Config) Open(env inputs.Env) (inputs.Input, error) {
	if errs := c.Validate(); len(errs) > 0 {
		return nil, errs[0]
	}
	set, conns := c.settings(env.Source.Input), c.cluster()
	dialer, err := conns.Open()
	if err != nil {
		return nil, err
	}
	c.warn(env)
	return newInput(env, set, dialer)
}

func (c *Config) warn(env inputs.Env) {
	for _, w := range c.Warnings() {
		env.Log.Warn(w, "input", env.Source.Input)
	}
}
