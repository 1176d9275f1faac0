package noninterference

import (
	"slices"
	"strings"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// files are where the lines of the two sides come from: two files whose paths
// differ in the fields that the output may not see.
type files struct {
	of      [2]*inputs.Source
	dropped bool // drop_events_with drops whatever comes from there
}

func (w writer) files(in *inputs.Source, words *words, r *schema.Registry) files {
	f := files{of: [2]*inputs.Source{in, in}}
	if len(in.Pattern.Fields()) == 0 {
		return f
	}
	left, right := *in, *in
	for _, field := range in.Pattern.Fields() {
		value := w.part()
		left.Path = append(left.Path, value)
		place := schema.Place{Kind: schema.MemberPlace, Categorised: true}
		for _, c := range field.Categories {
			place.Categories = append(place.Categories, r.Category(c))
			f.dropped = f.dropped || slices.Contains(words.drops, r.Category(c))
		}
		if !words.everything && !words.sees(&place) {
			value = w.part()
		}
		right.Path = append(right.Path, value)
	}
	f.of = [2]*inputs.Source{&left, &right}
	return f
}

// part is a part of a path.
func (w writer) part() string {
	text := strings.ReplaceAll(w.anyText(), "/", "")
	return "u" + text[:min(len(text), 60)]
}
