package kafka

import (
	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// Parts are the topic, the key, the headers and the body of a record. Its time
// is the body's __timestamp__.
func (c *Config) Parts(r *filters.Record) []outputs.Part {
	text := []byte(c.Topic)
	if !c.constant() {
		text, _ = r.Field(0)
	}
	parts := []outputs.Part{{Name: "topic", Value: []byte(topicName(text))}}
	if of := c.keyOf(); of != nil {
		if key := of(r); key != nil {
			parts = append(parts, outputs.Part{Name: "key", Value: key})
		}
	}
	parts = append(parts, outputs.Part{Name: "headers." + schemaHeader, Value: []byte(r.Schema())},
		outputs.Part{Name: "headers." + versionHeader, Value: []byte(r.Version())})
	parts = append(parts, outputs.Beside("headers", r)...)
	return append(parts, outputs.Part{Name: outputs.Body, Value: r.JSON()})
}
