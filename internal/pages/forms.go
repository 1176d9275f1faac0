package pages

import (
	"slices"
	"strings"
)

// forms counts in which form each output gets which kind of information.
type forms struct {
	outputs int
	kinds   []kind
	got     map[kind][]map[string]int // by output: how many properties in which form
}

func newTally(a *Agent) *forms {
	return &forms{outputs: len(a.outputs), got: map[kind][]map[string]int{}}
}

// add counts one property.
func (t *forms) add(k kind, cells []string) {
	if t.got[k] == nil {
		t.kinds = append(t.kinds, k)
		for range t.outputs {
			t.got[k] = append(t.got[k], map[string]int{})
		}
	}
	for i, c := range cells {
		t.got[k][i][c]++
	}
}

// rows are the kinds of information in the order of the page.
func (t *forms) rows() (rows []kindRow) {
	slices.SortFunc(t.kinds, before)
	for _, k := range t.kinds {
		row := kindRow{kind: k}
		for i := range t.outputs {
			row.Cells = append(row.Cells, t.say(k, i))
		}
		rows = append(rows, row)
	}
	return rows
}

// say is in which forms an output gets a kind of information.
func (t *forms) say(k kind, output int) string {
	used := t.used(k, output)
	got := t.got[k][output]
	switch {
	case len(used) == 0:
		return none
	case got[none] == 0 && got[absent] == 0:
		return list(used)
	}
	return someOf + list(used)
}

const someOf = "some of it, "

// class is the colour of a cell.
func class(says string) string {
	switch {
	case says == none || says == absent:
		return "stays"
	case says == asIs, says == someOf+asIs, strings.HasPrefix(says, "yes"):
		return "goes"
	}
	return "changed"
}

// used are the forms, without those in which nothing goes out.
func (t *forms) used(k kind, output int) (used []string) {
	for _, w := range ways {
		if t.got[k][output][w] > 0 {
			used = append(used, w)
		}
	}
	return used
}

// receiver says what an output gets, kind by kind.
func (t *forms) receiver(i int, o *output, entries []string) receiver {
	r := receiver{
		Name: o.Name, Who: o.who(), Purpose: plain(o.Purpose), Everything: o.everything(), Entries: entries, Drops: o.Policy.DropEvents, Consent: o.Policy.Consent != nil,
		Inherits: o.Policy.Undeclared == "inherit", Source: slices.Contains(o.Policy.Metadata, "source"),
		Numbered: o.filter.Numbered(),
		Time:     map[string]string{"minute": "to the minute", "hour": "to the hour", "day": "to the day"}[o.Policy.Time],
	}
	for _, k := range t.kinds {
		used := t.used(k, i)
		some := ""
		if t.got[k][i][none] > 0 {
			some = "some of "
		}
		title := lower(k.Title)
		switch {
		case len(used) == 0:
			r.Not = append(r.Not, title)
		case slices.Equal(used, []string{asIs}):
			r.Plain = append(r.Plain, some+title)
		default:
			r.Changed = append(r.Changed, some+title+": "+list(used))
		}
	}
	return r
}

// meanings explain the words that the page uses.
func (a *Agent) meanings(t *forms) (all []explanation) {
	uses := func(way string) bool {
		return slices.ContainsFunc(t.kinds, func(k kind) bool {
			return slices.ContainsFunc(t.got[k], func(m map[string]int) bool { return m[way] > 0 })
		})
	}
	say := func(way, text string) {
		if uses(way) {
			all = append(all, explanation{strings.ToUpper(way[:1]) + way[1:], text})
		}
	}
	period := map[string]string{"month": "within one calendar month", "quarter": "within one quarter of a year", "year": "within one calendar year", "none": "for as long as the key is not changed"}[a.config.Pseudonyms.Epoch]
	say(asIs, "The receiver gets exactly what was written down.")
	say(asCode, "Instead of your name, say, the receiver gets a long code. The same name gives the same code "+period+
		", so the receiver can see which entries belong together, and count people, without the names. Nobody can work the name out from the code alone. But those who run the service hold the key, and with it they can find out which code is yours. "+
		"Each receiver gets other codes, so two of them cannot match theirs. A code does not make you anonymous: somebody who knows when you did something may recognise you by what the entries say.")
	say(asToken, "Instead of your name, say, the receiver gets a random code. It is not worked out from the name: a table that those who run the service hold is the only thing that connects the two. "+
		"The receiver can see which entries belong together. A code does not make you anonymous: somebody who knows when you did something may recognise you by what the entries say.")
	say(cuts["address"], "Of your computer's address only the first part is left, which says in which network it is, not which computer.")
	say(cuts["hour"], "Of the time only the hour is left.")
	say(cuts["day"], "Of the time only the day is left.")
	say(cuts["path"], "Of the name of a file or folder only two things are left: how many folders deep it lies, and which kind of file it is, such as a notebook. What is no such name is left out.")
	say(shortened, "Only a part of it is left.")
	say(masked, "The receiver gets three stars, whatever was written down, also where nothing was.")
	say(emptied, "The receiver sees that there is something, and nothing of what it is.")
	say(none, "The receiver gets nothing of it.")
	return all
}
