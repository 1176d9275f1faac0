package loki

import (
	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// Parts are the tenant, the labels, the structured metadata and the line of a
// record. Its time is the line's __timestamp__.
func (c *Config) Parts(r *filters.Record) []outputs.Part {
	s := newStreams(c)
	var parts []outputs.Part
	if of := s.of(r); s.hasTenant {
		parts = append(parts, outputs.Part{Name: "tenant", Value: []byte(of.tenant)})
	}
	for i, name := range s.names {
		if value, _ := r.Field(s.first + i); len(value) > 0 {
			parts = append(parts, outputs.Part{Name: "labels." + name, Value: cutText(value, maxLabelValue)})
		}
	}
	parts = append(parts, outputs.Beside("metadata", r)...)
	return append(parts, outputs.Part{Name: outputs.Body, Value: r.JSON()})
}
