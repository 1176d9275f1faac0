package pages

import (
	"fmt"
	"io"
)

// NoticeHTML writes what is recorded about people and where it goes, for them,
// as one page that needs nothing but itself. Errors are those of to.
func (a *Agent) NoticeHTML(to io.Writer) error {
	n := a.notice()
	n.head = dress(noticeCSS, "")
	return render(to, "notice.html.tmpl", n)
}

// NoticeMarkdown is NoticeHTML as Markdown.
func (a *Agent) NoticeMarkdown(to io.Writer) error {
	n := a.notice()
	var p page
	p.line("# What is recorded about you, and who gets it\n")
	p.line("%s\n", md(n.Intro()))
	p.line("%s\n", md(n.Made()))
	p.line("## In short\n")
	p.grid("What", n, func(add func(what string, cells []string)) {
		for _, k := range n.Kinds {
			add("**"+md(k.Title)+"**<br>"+md(k.Text), k.Cells)
		}
		add("**That something happened, and when**", n.Times())
	})
	p.line("## Who gets what\n")
	for i := range n.Receivers {
		p.receiver(&n.Receivers[i])
	}
	p.line("## What the words mean\n")
	for _, w := range n.Words {
		p.line("- **%s.** %s", w.Word, md(w.Text))
	}
	p.line("\n## What is never sent\n")
	for _, text := range n.Never() {
		p.line("- %s", md(text))
	}
	p.line("\n## What is written down, entry by entry\n")
	for _, e := range n.Entries {
		p.line("### %s\n", md(e.Title))
		if e.Text != "" {
			p.line("%s\n", md(sentence(e.Text)))
		}
		if len(e.Parts) == 0 {
			p.line("Nothing but that it happened, and when.\n")
			continue
		}
		p.grid("What", n, func(add func(string, []string)) {
			for _, part := range e.Parts {
				add(md(part.Text)+"<br>*"+md(part.Kind)+"*", part.Cells)
			}
		})
	}
	p.line("## Questions\n")
	p.line("%s", md(n.Questions()))
	_, err := io.WriteString(to, p.String())
	return err
}

// grid is a table with a column for each receiver.
func (p *page) grid(first string, n *notice, rows func(add func(what string, cells []string))) {
	head := []string{first}
	for _, r := range n.Receivers {
		head = append(head, md(r.Name))
	}
	p.row(head...)
	p.ruler(len(head))
	rows(func(what string, cells []string) {
		row := []string{what}
		for _, c := range cells {
			row = append(row, md(c))
		}
		p.row(row...)
	})
	p.line("")
}

func (p *page) receiver(r *receiver) {
	p.line("### %s\n", md(heading(r.Who))+inTables(r))
	for _, text := range r.Lines() {
		p.line("- %s", md(text))
	}
	p.line("")
}

// inTables says how the tables call a receiver.
func inTables(r *receiver) string {
	if r.Who == r.Name {
		return ""
	}
	return " (" + md(r.Name) + ")"
}

// Intro says what the page is about.
func (n *notice) Intro() string {
	where := "a Jupyter service"
	if n.Service != "" {
		where = n.Service
	}
	return fmt.Sprintf("When you use %s, some of what you do is written down: short entries, each with the time, such as that a notebook was saved. "+
		"This page says what is in them, who receives them, and in which form.", where)
}

// Made says why the page can be believed.
func (n *notice) Made() string {
	s := "It was made from the settings of the program that passes the entries on, so it says what that program does. What those settings do not name is not passed on."
	if n.Operator != "" {
		s += " The service is run by " + n.Operator + "."
	}
	return s
}

// Times are how exactly each receiver knows when something happened.
func (n *notice) Times() (cells []string) {
	for _, r := range n.Receivers {
		cells = append(cells, r.when())
	}
	return cells
}

func (r *receiver) when() string {
	if r.Time == "" {
		return "yes, to a fraction of a second"
	}
	return "yes, " + r.Time
}

// Lines are what there is to say of a receiver.
func (r *receiver) Lines() (lines []string) {
	if r.Purpose != "" {
		lines = append(lines, "What for: "+sentence(lower(r.Purpose)))
	}
	if r.Everything {
		lines = append(lines, "Gets everything that is written down, whole: every part of every entry, whatever it says about you.")
	} else {
		if len(r.Plain) > 0 {
			lines = append(lines, "Gets, as it is: "+sentence(list(r.Plain)))
		}
		for _, c := range r.Changed {
			lines = append(lines, "Gets, changed: "+sentence(c))
		}
		if len(r.Not) > 0 {
			lines = append(lines, "Does not get: "+sentence(list(r.Not)))
		}
	}
	if r.Inherits {
		lines = append(lines, "Gets, as they are: Parts that nobody has described, where they belong to a part that it gets.")
	}
	if len(r.Entries) > 0 {
		lines = append(lines, "Of these entries: "+sentence(list(r.Entries)))
	} else {
		lines = append(lines, "No entries go there.")
	}
	when := "to a fraction of a second"
	if r.Time != "" {
		when = r.Time
	}
	always := "Of each of these entries, whatever is left out of it: which kind it is, and when it was made, " + when + "."
	if r.Numbered {
		always = "Of each of these entries, whatever is left out of it: which kind it is, when it was made, " + when + ", and a number that tells entries apart."
	}
	lines = append(lines, always)
	if r.Source {
		lines = append(lines, "It also learns which log an entry is from.")
	}
	if r.Consent {
		lines = append(lines, "Entries about you go there only while you have said yes to it.")
	}
	if len(r.Drops) > 0 {
		lines = append(lines, "Entries that hold anything marked "+plain(list(r.Drops))+" do not go there at all.")
	}
	return lines
}

// Never is what leaves by no way.
func (n *notice) Never() (lines []string) {
	all := true
	for _, r := range n.Receivers {
		all = all && !r.Everything
	}
	if n.Untold && all {
		lines = append(lines, "Parts of entries that nobody has described.")
	} else if n.Untold {
		lines = append(lines, "Parts of entries that nobody has described: only who gets everything gets these.")
	}
	lines = append(lines, "Lines of the log that cannot be read as entries, or are not as they should be. "+map[bool]string{
		true: "They are kept aside for those who run the service.", false: "They are counted, and not kept by this program.",
	}[n.Kept])
	return append(lines, "Anything that is not in the log. This program reads the log, and nothing else.")
}

// Questions says whom to ask.
func (n *notice) Questions() string {
	s := "This page does not say how long each receiver keeps what it gets, nor what else is known about you elsewhere. "
	if n.Contact == "" {
		return s + "Ask those who run the service."
	}
	return s + "Ask " + n.Contact + "."
}
