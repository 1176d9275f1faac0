package outputs

import (
	"jupyter-events-agent/filters"
)

// Part is one piece of what a destination gets of a record.
type Part struct {
	// Name says where it stands: "body"; "topic", "key", "index", "id", "tenant";
	// "labels.job", "headers.__schema__", with the destination's own word before the point.
	Name  string
	Value []byte
}

// Body is the name of the part that holds the record itself.
const Body = "body"

// Disclosing is a Config that can say all that its destination gets of a record,
// made by the code that also writes it: for policy tests and other proofs. The
// policy of the record had the Config's Templates and Traits.
type Disclosing interface {
	Parts(r *filters.Record) []Part
}

// Parts are all that a destination gets of a record, in a fixed order, without
// what is the same for every record of the output. Of a Config that is not
// Disclosing they are the record, its id, its metadata and the values of its
// templates as they are.
func Parts(c Config, r *filters.Record) []Part {
	if d, ok := c.(Disclosing); ok {
		return d.Parts(r)
	}
	parts := []Part{{Body, r.JSON()}}
	for i, t := range c.Templates() {
		if value, has := r.Field(i); has {
			parts = append(parts, Part{t.Use, value})
		}
	}
	if !c.Traits().Apart {
		return parts
	}
	return append(parts, Beside("metadata", r)...)
}

// Beside are the parts of the metadata that travels beside a record, under the
// destination's word for it; the event id among them, where the record has one.
func Beside(word string, r *filters.Record) []Part {
	var parts []Part
	if r.HasID() {
		parts = append(parts, Part{word + ".__event_id__", r.ID()})
	}
	for _, m := range r.Beside() {
		parts = append(parts, Part{word + "." + m.Name, m.Value})
	}
	return parts
}
