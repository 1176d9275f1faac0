package telemetry

import (
	"encoding/json"
	"net/http"

	"jupyter-events-agent/filters"
)

// Matrix is what becomes of every property at every output.
type Matrix struct {
	Outputs []string       `json:"outputs"`
	Schemas []SchemaMatrix `json:"schemas"`
}

// SchemaMatrix is one schema, or the fields of one input's paths.
type SchemaMatrix struct {
	Schema  string        `json:"schema"`
	Version string        `json:"version"`
	Rows    []PropertyRow `json:"rows"`
}

// PropertyRow is one property, with a verdict for each of the Matrix's outputs.
type PropertyRow struct {
	Property   string    `json:"property"`
	Categories []string  `json:"categories"`
	Verdicts   []Verdict `json:"verdicts"`
}

// Verdict is what becomes of a property at an output.
type Verdict struct {
	Class   string `json:"class"`   // goes, changed, stays; none: the output does not take the schema
	Verdict string `json:"verdict"` // as explain has it
}

// NewMatrix puts side by side what the filters of the outputs say.
func NewMatrix(outputs []string, made []*filters.Filter) *Matrix {
	m := &Matrix{Outputs: outputs, Schemas: []SchemaMatrix{}}
	type key struct{ schema, version string }
	schemas := map[key]int{}
	rows := map[key]map[string]int{}
	for i, f := range made {
		for _, r := range f.Explain() {
			k := key{r.Schema, r.Version}
			if r.Input != "" {
				k = key{"the paths of input " + r.Input, ""}
			}
			at, ok := schemas[k]
			if !ok {
				at = len(m.Schemas)
				schemas[k], rows[k] = at, map[string]int{}
				m.Schemas = append(m.Schemas, SchemaMatrix{Schema: k.schema, Version: k.version})
			}
			s := &m.Schemas[at]
			row, ok := rows[k][r.Property+"\x00"+r.Declared]
			if !ok {
				row = len(s.Rows)
				rows[k][r.Property+"\x00"+r.Declared] = row
				made := PropertyRow{Property: r.Property, Categories: r.Categories}
				for range outputs {
					made.Verdicts = append(made.Verdicts, Verdict{"none", "not taken"})
				}
				s.Rows = append(s.Rows, made)
			}
			s.Rows[row].Verdicts[i] = Verdict{classOf(r.Verdict), r.Verdict}
		}
	}
	return m
}

func classOf(verdict string) string {
	switch verdict {
	case "sent":
		return "goes"
	case "denied", "null":
		return "stays"
	}
	return "changed"
}

// ServeHTTP answers with the Matrix.
func (m *Matrix) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(m) // who asked has gone
}
