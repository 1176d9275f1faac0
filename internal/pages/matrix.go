package pages

import (
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// matrix is one schema, or the fields of one input's paths: its properties,
// and what becomes of each at every output.
type matrix struct {
	ID, Version string
	Title       string
	Text        string // what the schema says of itself
	File        string
	Inputs      []string // that may bring such events
	Rows        []line
	Samples     []sample
	Place       string // "schema" or "input"
	Anchor      string
}

// line is one property.
type line struct {
	Property string
	Text     string // what the schema says of it
	Kind     string // "" for a plain member
	Said     []said
	Nobody   bool // it has no category
	Replaced []string
	Cells    []cell
}

// said is a category and who said it.
type said struct {
	Category string
	By       []string
}

// cell is what becomes of the property at one output.
type cell struct {
	Output string
	form
	Reason string
}

// matrices are those of the inputs' paths, then of every schema that goes
// anywhere; others are the ids of schemas that do not.
func (a *Agent) matrices() (all []matrix, others []string) {
	for i := range a.config.Inputs {
		in := &a.config.Inputs[i]
		if len(in.Rules.Source.Pattern.Fields()) == 0 {
			continue
		}
		m := matrix{ID: in.Name, Title: "Paths of " + in.Name, Place: "input", Text: "What the paths of the files of this input say goes with its events, of whatever schema."}
		m.Rows = a.lines(func(r *filters.Row) bool { return r.Input == in.Name }, nil)
		all = append(all, m)
	}
	for _, s := range a.registry.Schemas() {
		inputs := a.allowed(s)
		if !a.taken(s) {
			others = append(others, plain(s.ID()+" version "+s.Version()))
			continue
		}
		m := matrix{
			ID: plain(s.ID()), Version: plain(s.Version()), Title: plain(s.Title()), Text: plain(s.Places()[schema.Root].Text),
			File: a.text(s.File()), Place: "schema",
		}
		if m.Title == "" {
			m.Title = m.ID
		}
		if m.Text == m.Title { // it has no description
			m.Text = ""
		}
		for _, i := range inputs {
			m.Inputs = append(m.Inputs, a.config.Inputs[i].Name)
		}
		m.Rows = a.lines(func(r *filters.Row) bool { return r.Input == "" && r.Schema == s.ID() && r.Version == s.Version() }, s)
		m.Samples = a.samples(s, inputs)
		all = append(all, m)
	}
	return all, others
}

// lines joins the rows that all outputs have of the same places.
func (a *Agent) lines(of func(*filters.Row) bool, s *schema.Schema) (lines []line) {
	type place struct {
		id       schema.PlaceID
		property string
	}
	var places []place
	seen := map[place]bool{}
	rows := make([]map[place]*filters.Row, len(a.outputs))
	for i := range a.outputs {
		rows[i] = map[place]*filters.Row{}
		for j := range a.outputs[i].rows {
			r := &a.outputs[i].rows[j]
			if !of(r) {
				continue
			}
			p := place{r.Place, r.Property}
			if rows[i][p] = r; !seen[p] {
				places, seen[p] = append(places, p), true
			}
		}
	}
	for _, p := range places {
		var l line
		for i := range a.outputs {
			name := a.outputs[i].Name
			r := rows[i][p]
			if r == nil {
				l.Cells = append(l.Cells, cell{Output: name, form: notTaken})
				continue
			}
			if l.Property == "" {
				l = a.line(r, s, l.Cells)
			}
			l.Cells = append(l.Cells, cell{Output: name, form: formOf(r), Reason: plain(r.Reason)})
		}
		lines = append(lines, l)
	}
	return lines
}

// line is what is the same of a property at every output.
func (a *Agent) line(r *filters.Row, s *schema.Schema, cells []cell) line {
	l := line{Property: plain(r.Property), Nobody: !r.Categorised, Cells: cells}
	if s != nil {
		l.Text = plain(s.Places()[r.Place].Text)
	}
	if r.Declared != "member" && r.Declared != "path field" {
		l.Kind = r.Declared
	}
	for _, c := range r.Categories {
		one := said{Category: plain(c)}
		for _, o := range r.Origins {
			if o.Category == c {
				one.By = append(one.By, a.origin(o))
			}
		}
		l.Said = append(l.Said, one)
	}
	for _, c := range r.Replaced {
		l.Replaced = append(l.Replaced, plain(c))
	}
	return l
}

// origin is where a category was said: in the schema, an overlay, the catalog.
func (a *Agent) origin(o schema.Origin) string {
	file := a.text(o.File)
	if file == "" || file == o.Source || o.Source == "path_fields" {
		return o.Source
	}
	words := map[string]string{"root": "the whole schema", "parent": "what holds it"}
	word, ok := words[o.Source]
	if !ok {
		word = o.Source
	}
	if i := strings.LastIndexAny(file, `/\`); i >= 0 {
		file = file[i+1:]
	}
	if o.Source == "parent" || file == "catalog" {
		return word
	}
	return word + " " + file
}
