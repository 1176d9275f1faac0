package pages

import (
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// forms counts in which form each output gets which kind of information.
type forms struct {
	outputs int
	got     map[string][]map[string]int // by category and output: how many properties in which form
	free    bool                        // of what needs no protection goes out what stands in no fixed list and is no number
	titles  []kind                      // what kinds gives, once all is counted
}

func newTally(a *Agent) *forms {
	return &forms{outputs: len(a.outputs), got: map[string][]map[string]int{}}
}

// add counts one property under each of its kinds.
func (t *forms) add(categories, cells []string) {
	for _, k := range categories {
		if t.got[k] == nil {
			for range t.outputs {
				t.got[k] = append(t.got[k], map[string]int{})
			}
		}
		for i, c := range cells {
			t.got[k][i][c]++
		}
	}
}

// kinds are the kinds of information in the order of the page, no two of them
// with one title. All is counted before.
func (t *forms) kinds() []kind {
	if t.titles != nil {
		return t.titles
	}
	titled := map[string]int{}
	for _, category := range slices.SortedFunc(maps.Keys(t.got), before) {
		k := kindOf(category)
		if category == schema.Unrestricted && t.free {
			k.Text = freely
		}
		titled[k.Title]++
		t.titles = append(t.titles, k)
	}
	for i := range t.titles {
		if k := &t.titles[i]; titled[k.Title] > 1 && k.category != unknown && !slices.ContainsFunc(kinds, func(known kind) bool { return known.category == k.category }) {
			k.Title = "“" + plain(k.category) + "”"
		}
	}
	return t.titles
}

// called are the titles of categories, as one says them.
func (t *forms) called(categories []string) string {
	var titles []string
	for _, k := range t.kinds() {
		if slices.Contains(categories, k.category) {
			titles = append(titles, lower(k.Title))
		}
	}
	return heading(list(titles))
}

// rows are the kinds of information, and what each output gets of them.
func (t *forms) rows() (rows []kindRow) {
	for _, k := range t.kinds() {
		row := kindRow{kind: k}
		for i := range t.outputs {
			row.Cells = append(row.Cells, t.say(k.category, i))
		}
		rows = append(rows, row)
	}
	return rows
}

// say is in which forms an output gets a kind of information.
func (t *forms) say(category string, output int) string {
	used := t.used(category, output)
	got := t.got[category][output]
	switch {
	case len(used) == 0 && got[held] > 0 && got[none] == 0:
		return held
	case len(used) == 0:
		return none
	case got[none]+got[held]+got[absent] == 0:
		return list(used)
	}
	return someOf + list(used)
}

const someOf = "some of it, "

// class is the colour of a cell.
func class(says string) string {
	switch {
	case says == none || says == absent || says == held:
		return "stays"
	case says == asIs, says == someOf+asIs, strings.HasPrefix(says, "yes"):
		return "goes"
	}
	return "changed"
}

// used are the forms, without those in which nothing goes out. That a part is
// there is not worth a word where others go out with what they say.
func (t *forms) used(category string, output int) (used []string) {
	for _, w := range ways {
		if t.got[category] != nil && t.got[category][output][w] > 0 && (w != there || len(used) == 0) {
			used = append(used, w)
		}
	}
	return used
}

// receiver says what an output gets, kind by kind.
func (t *forms) receiver(i int, o *output, entries []string) receiver {
	r := receiver{
		Name: o.Name, Who: plain(o.Recipient), Purpose: plain(o.Purpose), Everything: o.everything(), Entries: entries, Drops: o.Policy.DropEvents,
		Inherits: o.loose, Undescribed: len(t.used(unknown, i)) > 0, Source: slices.Contains(o.Policy.Metadata, "source"),
		Numbered: o.filter.Numbered(),
		Time:     map[string]string{"minute": "to the minute", "hour": "to the hour", "day": "to the day"}[o.Policy.Time],
	}
	if c := o.Policy.Consent; c != nil {
		r.Consent, r.Nobody = true, c.WithoutSubject == "deliver"
	}
	for _, k := range t.kinds() {
		used, got := t.used(k.category, i), t.got[k.category][i]
		some := ""
		if got[none]+got[held] > 0 {
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
func (a *Agent) meanings(n *notice) (all []explanation) {
	var cells []string
	for _, k := range n.Kinds {
		cells = append(cells, k.Cells...)
	}
	for _, e := range n.Entries {
		for _, p := range e.Parts {
			cells = append(cells, p.Cells...)
		}
	}
	uses := func(way string) bool {
		return slices.ContainsFunc(cells, func(c string) bool { return c == way || goes(way) && strings.Contains(c, way) })
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
	say(there, "The receiver sees that there is something, perhaps how many of it, and nothing of what it is but for parts of it that have a line of their own.")
	say(none, "The receiver gets nothing of it.")
	say(held, "An entry that holds it does not go to the receiver at all.")
	return all
}
