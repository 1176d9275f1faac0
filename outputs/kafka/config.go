// Package kafka is the output that produces to Apache Kafka.
//
// In come batches of records; out go record batches, one a partition, each
// with a producer's id and sequence numbers, so that a batch which is sent
// again is not stored again. It connects to the brokers of its configuration
// and to those that they name, and reads the files of its certificates and its
// password.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/kafkaconn"
	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/outputs"
)

// Config is one [[outputs.kafka]] of the configuration.
type Config struct {
	Brokers     []string         `toml:"brokers"`     // host:port of some; they name the others
	Topic       string           `toml:"topic"`       // a template; its values become names of topics
	Key         string           `toml:"key"`         // a template; "" for none
	Compression string           `toml:"compression"` // none, gzip, snappy, lz4, zstd
	Acks        string           `toml:"acks"`        // all
	TLS         *tlsfiles.Config `toml:"tls"`         // nil: none; the zero Config: the system's authorities
	SASL        kafkasasl.Config `toml:"sasl"`
}

// eventID is the template of the event id.
const eventID = "{__event_id__}"

// New is the kind "kafka" with its defaults.
func New() outputs.Config {
	return &Config{Key: eventID, Compression: "snappy", Acks: "all"}
}

// Traits: metadata goes as headers. Keys of templates are seen to by who fills these.
func (c *Config) Traits() outputs.Traits {
	return outputs.Traits{BatchAge: time.Second, Apart: true, Numbered: c.Key == eventID}
}

// At is outputs.Movable's.
func (c *Config) At(to string) outputs.Config {
	return &Config{Brokers: []string{to}, Topic: c.Topic, Key: c.Key, Compression: c.Compression, Acks: c.Acks}
}

// Files is nil: it writes none.
func (c *Config) Files() []string { return nil }

// Validate returns every mistake, each beginning with its key.
func (c *Config) Validate() []error {
	connection := c.connection()
	mistakes := connection.Validate()
	mistake := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	if hint := refuseTopic(c.Topic); hint != "" {
		mistake("topic: %s", hint)
	}
	if !slices.Contains(compressions, c.Compression) {
		mistake("compression: must be one of %s", strings.Join(compressions, ", "))
	}
	if c.Acks != "all" {
		mistake(`acks: must be "all": with less, a broker that fails takes records with it that it has acknowledged, and none can be told from one sent twice`)
	}
	return mistakes
}

// connection is what says where the brokers are and who the agent is there.
func (c *Config) connection() *kafkaconn.Config {
	return &kafkaconn.Config{Brokers: c.Brokers, TLS: c.TLS, SASL: c.SASL}
}

// refuseTopic says what is wrong with the texts of the topic's template; its
// places are judged with the policy.
func refuseTopic(topic string) string {
	if topic == "" {
		return `is missing: name one, such as "jupyter-events", or make it of permitted values, such as "events-{schema}"`
	}
	template := filters.Template{Text: topic}
	length := 0
	for _, p := range template.Pieces() {
		if p.Place == "" && strings.ContainsFunc(p.Text, func(r rune) bool { return !legal(r) }) {
			return fmt.Sprintf("%q holds a character that no topic's name has: take letters, digits, . _ -", topic)
		}
		length += len(p.Text)
	}
	switch {
	case length > longestTopic:
		return fmt.Sprintf("is longer than the %d characters that a topic's name may have", longestTopic)
	case topic == "." || topic == "..":
		return "cannot be . or ..: Kafka takes neither"
	}
	return ""
}

// constant says that the topic is no template.
func (c *Config) constant() bool { return !strings.ContainsAny(c.Topic, "{}") }

// Templates are those of the topic and of the key, unless they are known
// without.
func (c *Config) Templates() []filters.Template {
	var all []filters.Template
	if !c.constant() {
		all = append(all, filters.Template{Use: "topic", Text: c.Topic, Closed: true})
	}
	if c.Key != "" && c.Key != eventID {
		all = append(all, filters.Template{Use: "key", Text: c.Key})
	}
	return all
}

// keyOf is where the key of a record comes from; nil where none has one.
func (c *Config) keyOf() func(*filters.Record) []byte {
	switch c.Key {
	case "":
		return nil
	case eventID:
		return (*filters.Record).ID
	}
	field := len(c.Templates()) - 1
	return func(r *filters.Record) []byte {
		key, _ := r.Field(field)
		if len(key) == 0 {
			return nil // an empty key would put all such records into one partition
		}
		return key
	}
}

// Warnings are what is not wrong yet should not stay.
func (c *Config) Warnings() []string {
	connection := c.connection()
	return connection.Warnings()
}

// Unreadable is what is wrong with its certificates and its secret.
func (c *Config) Unreadable() error { return c.connection().Unreadable() }

// Open makes the output. It connects to nothing yet: Kafka may be away while
// the agent starts.
func (c *Config) Open(_ context.Context, env outputs.Env) (outputs.Output, error) {
	if mistakes := c.Validate(); len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	connection := c.connection()
	dialer, err := connection.Open()
	if err != nil {
		return nil, err
	}
	for _, warning := range c.Warnings() {
		env.Log.Warn(warning)
	}
	return newOutput(c, dialer, env.Log), nil
}
