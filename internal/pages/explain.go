package pages

import (
	"cmp"
	"io"
	"strconv"
)

// explained is what the page of explain shows.
type explained struct {
	head
	File       string
	Outputs    []card
	Loud       []string // outputs that get everything
	Warnings   []string
	Matrices   []matrix
	Others     []string
	Overview   []overview
	Caveats    []caveat
	Properties int
	Schemas    int
	Columns    string // class of tables: " more" where columns are narrow, " many" where there are more than fit
}

// card is an output and what its policy says.
type card struct {
	Name, Kind, Purpose string
	Who                 string // "" where it is the name
	Loud                bool
	Rules               []rule
	Notes               []string
}

// overview is one schema, by how many of its properties go where.
type overview struct {
	Anchor, Title string
	Cells         []tally
}

type tally struct {
	Goes, Changed, Stays int
	Taken                bool
}

// columnsOf is how a table of so many outputs is laid out.
func columnsOf(outputs int) string {
	switch {
	case outputs > 8:
		return " many"
	case outputs > 4:
		return " more"
	}
	return ""
}

func (a *Agent) explain() *explained {
	e := &explained{File: plain(a.file), Warnings: a.warnings, Caveats: a.caveats(), Columns: columnsOf(len(a.outputs))}
	for i := range a.outputs {
		o := &a.outputs[i]
		c := card{Name: o.Name, Kind: o.Kind, Who: plain(o.Recipient), Purpose: plain(o.Purpose), Loud: o.everything(), Rules: o.rules()}
		for _, note := range o.filter.Notes() {
			c.Notes = append(c.Notes, a.text(note))
		}
		if c.Loud {
			e.Loud = append(e.Loud, c.Name)
		}
		e.Outputs = append(e.Outputs, c)
	}
	e.Matrices, e.Others = a.matrices()
	for i := range e.Matrices {
		m := &e.Matrices[i]
		if m.Place == "schema" {
			e.Schemas++
		}
		m.Anchor = "s" + strconv.Itoa(i+1)
		o := overview{Anchor: m.Anchor, Title: cmp.Or(m.Title, m.ID), Cells: make([]tally, len(a.outputs))}
		for _, l := range m.Rows {
			e.Properties++
			for n, c := range l.Cells {
				t := &o.Cells[n]
				t.Taken = t.Taken || c.Class != notTaken.Class
				switch c.Class {
				case "goes":
					t.Goes++
				case "changed":
					t.Changed++
				case "stays":
					t.Stays++
				}
			}
		}
		e.Overview = append(e.Overview, o)
	}
	return e
}

// ExplainHTML writes what goes where and why as one page that needs nothing
// but itself. Errors are those of to.
func (a *Agent) ExplainHTML(to io.Writer) error {
	e := a.explain()
	e.head = dress(explainCSS, explainJS)
	return render(to, "explain.html.tmpl", e)
}
