package filters

import (
	"slices"
	"strings"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// Fillings are the texts that a template of the output may become, sorted, for
// kinds of outputs whose destination wants them made before; field is its place
// in the kind's Templates. A number counts as the schema writes it. false where
// there are more than most, or where a place has no end of values.
func (f *Filter) Fillings(field, most int) ([]string, bool) {
	all := map[string]bool{}
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		for _, text := range p.fillings(f.fields[field], most) {
			all[text] = true
		}
		if p.endless(f.fields[field]) || len(all) > most {
			return nil, false
		}
	}
	texts := make([]string, 0, len(all))
	for text := range all {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return texts, true
}

// fillings are those of one schema; more than most of them are not looked for.
// A place that stands there twice may be given two values: too many texts do no harm.
func (p *plan) fillings(of field, most int) []string {
	texts := []string{""}
	for i := range of.parts {
		var longer []string
		for _, text := range texts {
			for _, v := range p.values(&of.parts[i]) {
				longer = append(longer, text+v)
			}
			if len(longer) > most {
				return longer
			}
		}
		texts = longer
	}
	return texts
}

// values are the texts that may stand for one part.
func (p *plan) values(part *part) []string {
	switch part.kind {
	case literal:
		return []string{part.text}
	case schemaID:
		return []string{p.schema.ID()}
	case schemaVersion:
		return []string{p.schema.Version()}
	case eventID:
		return nil
	}
	id := p.captures[part.slot]
	if id == schema.Undeclared {
		return []string{part.text}
	}
	place := &p.schema.Places()[id]
	listed := place.Enum
	if len(listed) == 0 {
		listed = []string{"true", "false", "null"}
	}
	var values []string
	for _, v := range listed {
		if typeOf(v)&place.Types == 0 {
			continue
		}
		if v[0] == '"' {
			v = string(jsonscan.AppendText(nil, []byte(v)))
		}
		values = append(values, v)
	}
	// Also of a place that is required: another agent may have withheld it.
	if part.orElse && !slices.Contains(values, part.text) {
		values = append(values, part.text)
	}
	return values
}

// endless says that a template holds a place whose values have no end.
func (p *plan) endless(of field) bool {
	return slices.ContainsFunc(of.parts, func(part part) bool {
		return part.kind == eventID || part.kind == eventPlace && p.captures[part.slot] != schema.Undeclared && !p.schema.Places()[p.captures[part.slot]].Closed
	})
}

// typeOf is the type of a scalar's JSON text.
func typeOf(text string) schema.TypeSet {
	switch {
	case text == "null":
		return schema.NullType
	case text == "true" || text == "false":
		return schema.BooleanType
	case strings.HasPrefix(text, `"`):
		return schema.StringType
	}
	return schema.NumberType | schema.IntegerType
}
