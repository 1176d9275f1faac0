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
	Class   string `json:"class"`   // goes, changed, stays; none: no event of the schema goes there
	Verdict string `json:"verdict"` // as explain has it, in its table
}

// NewMatrix puts side by side what the outputs' rows of explain say.
func NewMatrix(outputs []string, explained [][]filters.Row) *Matrix {
	m := &Matrix{Outputs: outputs, Schemas: []SchemaMatrix{}}
	type key struct{ schema, version string }
	schemas := map[key]int{}
	rows := map[key]map[string]int{}
	for i := range explained {
		for _, r := range explained[i] {
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
			s.Rows[row].Verdicts[i] = verdictOf(&r)
		}
	}
	return m
}

func verdictOf(r *filters.Row) Verdict {
	if r.Drops {
		return Verdict{"stays", "drops event"}
	}
	switch r.Verdict {
	case "sent":
		return Verdict{"goes", r.Verdict}
	case "denied", "null":
		return Verdict{"stays", r.Verdict}
	}
	return Verdict{"changed", r.Verdict}
}

// ServeHTTP answers with the Matrix.
func (m *Matrix) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(m) // who asked has gone
}
