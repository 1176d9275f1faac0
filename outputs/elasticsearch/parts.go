package elasticsearch

import (
	"bytes"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// Parts are the document id, the index and the document of a record. One without
// a time has that of its writing, here 1970.
func (c *Config) Parts(r *filters.Record) []outputs.Part {
	index, constant := constantIndex(c.index())
	d := documents{dataset: string(appendText(nil, []byte(dataset(c.index())))), routed: !constant}
	_, document, _ := bytes.Cut(bytes.TrimSuffix(d.of([]filters.Record{*r}, 0), []byte("\n")), []byte("\n"))
	if !constant {
		text, _ := r.Field(fieldIndex)
		index = string(appendIndex(nil, text))
	}
	return []outputs.Part{{Name: "id", Value: r.ID()}, {Name: "index", Value: []byte(index)}, {Name: outputs.Body, Value: document}}
}
