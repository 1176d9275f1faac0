package pages

import (
	"cmp"
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
		if says := e.Says(); says != "" {
			p.line("%s\n", says)
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
	if r.Who == "" {
		p.line("### %s\n", md(r.Name))
	} else {
		p.line("### %s (%s)\n", md(heading(r.Who)), md(r.Name))
	}
	for _, text := range r.Lines() {
		p.line("- %s", md(text))
	}
	p.line("")
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
	s := "It was made from the settings of the program that passes the entries on, so it says what that program does. What those settings do not let out is not passed on."
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
	if len(r.Entries) == 0 {
		return none
	}
	return "yes, " + r.exactly()
}

func (r *receiver) exactly() string { return cmp.Or(r.Time, "to a fraction of a second") }

// Says is what there is to say of an entry that has no parts to tell of; "" for others.
func (e *entry) Says() string {
	switch {
	case e.Nowhere:
		return "It goes to nobody."
	case len(e.Parts) == 0:
		return "None of its parts is described."
	}
	return ""
}

// Lines are what there is to say of a receiver.
func (r *receiver) Lines() (lines []string) {
	if r.Purpose != "" {
		lines = append(lines, "What for: "+sentence(lower(r.Purpose)))
	}
	if len(r.Entries) == 0 {
		return append(lines, "No entries go there.")
	}
	if r.Everything {
		lines = append(lines, "Gets everything that is in its entries, whole: every part of each, whatever it says about you.")
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
	lines = append(lines, "Of these entries: "+stopped(list(r.Entries)))
	always := "Of each of these entries, whatever is left out of it: which kind it is, and when it was made, " + r.exactly() + "."
	if r.Numbered {
		always = "Of each of these entries, whatever is left out of it: which kind it is, when it was made, " + r.exactly() + ", and a number that tells entries apart."
	}
	lines = append(lines, always)
	if r.Source {
		lines = append(lines, "It also learns which log an entry is from.")
	}
	if r.Consent {
		lines = append(lines, "Entries that name you go there only while you have said yes to it, and so has everybody else whom they name. Whom an entry names is what this page calls “who you are”. "+
			map[bool]string{true: "Entries that name nobody go there all the same.", false: "Entries that name nobody do not go there."}[r.Nobody])
	}
	if len(r.Drops) > 0 {
		lines = append(lines, "Entries that hold anything marked "+plain(list(r.Drops))+" do not go there at all.")
	}
	return lines
}

// Never is what leaves by no way.
func (n *notice) Never() (lines []string) {
	const undescribed = "Parts of entries that nobody has described"
	var to []string
	whole := true // they go only to who gets everything
	for i := range n.Receivers {
		if r := &n.Receivers[i]; r.Undescribed {
			to, whole = append(to, r.Name), whole && r.Everything
		}
	}
	switch {
	case len(to) == 0:
		lines = append(lines, undescribed+".")
	case whole:
		lines = append(lines, undescribed+": only who gets everything gets these.")
	default:
		lines = append(lines, undescribed+", but for what is said above of "+list(to)+".")
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
