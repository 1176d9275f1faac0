package pages

import (
	"fmt"
	"io"
	"strings"
)

// page is Markdown in the making.
type page struct{ strings.Builder }

func (p *page) line(format string, a ...any) { fmt.Fprintf(p, format+"\n", a...) }

// row is a line of a table.
func (p *page) row(cells ...string) { p.line("| %s |", strings.Join(cells, " | ")) }

// ruler divides the head of a table of n columns from the rest.
func (p *page) ruler(n int) { p.line("|%s", strings.Repeat("---|", n)) }

// json is a block of JSON. What it holds cannot end it: no line of JSON begins
// with a backtick.
func (p *page) json(text string) { p.line("```json\n%s\n```\n", text) }

// ExplainMarkdown writes what goes where and why as Markdown. Errors are those of to.
func (a *Agent) ExplainMarkdown(to io.Writer) error {
	e := a.explain()
	var p page
	p.line("# What leaves, to whom, and why\n")
	p.line("Made from %s by `jupyter-events-agent explain`; no log was read for it. %s, %s, %s. What no policy lets out does not leave.\n", mdCode(e.File),
		count(len(e.Outputs), "output", "outputs"), count(e.Schemas, "schema", "schemas"), count(e.Properties, "property", "properties"))
	for _, name := range e.Loud {
		p.line("> **%s gets EVERYTHING.** Its policy is `categories = [\"*\"]`: every valid event that it takes goes out whole, personal data, uncategorised and undeclared properties too.\n", md(name))
	}
	if len(e.Warnings) > 0 {
		p.line("## Warnings\n")
		for _, w := range e.Warnings {
			p.line("- %s", md(w))
		}
		p.line("")
	}
	p.line("## Outputs and their policies\n")
	for _, o := range e.Outputs {
		p.output(&o)
	}
	p.line("## Properties\n")
	p.line("● goes as it is, ◐ goes as an action of the policy makes it, ○ stays, – no event of the schema goes there.\n")
	for i := range e.Matrices {
		p.matrix(e, &e.Matrices[i])
	}
	if len(e.Others) > 0 {
		p.line("## Schemas that go nowhere\n\nThe agent knows them, but no input may bring such events, or no output takes them from there.\n")
		for _, s := range e.Others {
			p.line("- %s", md(s))
		}
		p.line("")
	}
	p.line("## What is not covered\n\nThe promise: of two events that agree on all that an output may see, it gets the same bytes. These things are outside of it.\n")
	for _, c := range e.Caveats {
		p.line("- (%s) **%s.** %s", c.Letter, c.Title, md(c.Text))
	}
	_, err := io.WriteString(to, p.String())
	return err
}

func (p *page) output(o *card) {
	p.line("### %s\n", md(o.Name))
	for _, text := range []string{o.Who, o.Purpose} {
		if text != "" {
			p.line("%s\n", md(sentence(text)))
		}
	}
	p.line("- Kind: %s", o.Kind)
	for _, r := range o.Rules {
		p.line("- %s: %s", r.Name, md(r.Text))
	}
	p.line("- What shows all the same:")
	for _, note := range o.Notes {
		p.line("  - %s", md(note))
	}
	p.line("")
}

func (p *page) matrix(e *explained, m *matrix) {
	p.line("### %s\n", md(m.Title))
	id := m.Place + " " + mdCode(m.ID)
	if m.Version != "" {
		id += " version " + md(m.Version)
	}
	p.line("%s\n", id)
	if m.Text != "" {
		p.line("%s\n", md(sentence(m.Text)))
	}
	if m.File != "" {
		from := ""
		if len(m.Inputs) > 0 {
			from = " Events of it may come from " + md(list(m.Inputs)) + "."
		}
		p.line("Said by %s.%s\n", md(m.File), from)
	}
	if len(m.Rows) == 0 {
		p.line("The schema declares no property: of such an event goes out that it happened.\n")
	} else {
		head := []string{"Property", "Category (said by)"}
		for _, o := range e.Outputs {
			head = append(head, md(o.Name))
		}
		p.row(head...)
		p.ruler(len(head))
		for i := range m.Rows {
			p.property(&m.Rows[i])
		}
		p.line("")
	}
	if len(m.Samples) == 0 {
		return
	}
	p.line("A made-up event, and what becomes of it:\n")
	for _, s := range m.Samples {
		switch {
		case s.Held != "":
			p.line("%s gets nothing: %s.\n", md(s.Output), s.Held)
		case s.Output == "":
			p.json(s.JSON)
		default:
			p.line("%s gets\n", md(s.Output))
			p.json(s.JSON)
		}
	}
}

func (p *page) property(l *line) {
	name := mdCode(l.Property)
	if l.Kind != "" {
		name += " (" + l.Kind + ")"
	}
	if l.Text != "" {
		name += "<br>" + md(l.Text)
	}
	var said []string
	for _, s := range l.Said {
		text := md(s.Category)
		if len(s.By) > 0 {
			text += " (" + md(strings.Join(s.By, ", ")) + ")"
		}
		said = append(said, text)
	}
	categories := strings.Join(said, "<br>")
	switch {
	case l.Nobody:
		categories = "uncategorised: nobody has said"
	case categories == "":
		categories = "none: nothing to protect"
	}
	if len(l.Replaced) > 0 {
		categories += "<br>an overlay took away " + md(strings.Join(l.Replaced, ", "))
	}
	cells := []string{name, categories}
	for _, c := range l.Cells {
		text := c.Mark + " **" + md(c.Word) + "**"
		if c.Reason != "" {
			text += "<br>" + md(c.Reason)
		}
		cells = append(cells, text)
	}
	p.row(cells...)
}
