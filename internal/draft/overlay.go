package draft

import (
	"fmt"
	"strings"

	"jupyter-events-agent/internal/docs"
	"jupyter-events-agent/schema"
)

// Overlay is the text of an overlay with a proposal for every schema that has
// top-level members without categories; "" where none has. A category is only
// proposed where a scalar's name says what it is about, and never "unrestricted";
// every other place stands there as a comment, and goes nowhere.
func Overlay(all []*schema.Schema) string {
	var t text
	for _, s := range all {
		if rows := proposal(s); len(rows) > 0 {
			t.line("")
			t.line("[[schema]]")
			t.line("id      = %s", quote(s.ID()))
			t.line("version = %s", quote(s.Version()))
			if title := plain(s.Title()); title != "" {
				t.line("# %s", title)
			}
			t.line("[schema.categories]")
			for _, row := range rows {
				t.line("%s", row)
			}
		}
	}
	if t.Len() == 0 {
		return ""
	}
	return overlayHead + t.String()
}

var overlayHead = `# Categories for schemas whose own files have none. Written by "jupyter-events-agent init" from the names of their
# properties alone: a proposal, to be looked at line by line. What is commented out goes to no output (but to ["*"]);
# nothing here is "unrestricted", which every output gets: take such a # away only where a value says nothing of a person,
# and put a category in the place of a ? before you take its # away.
# The keys are JSON pointers into the event; ` + docs.Page("overlays.md") + `. Then: jupyter-events-agent check, and explain.
`

// proposal is a line for each place of a schema, where it has top-level members
// without categories.
func proposal(s *schema.Schema) []string {
	places := s.Places()
	var rows []string
	open := false
	seen := make([]bool, len(places))
	var walk func(of schema.PlaceID)
	walk = func(of schema.PlaceID) {
		for _, id := range places[of].Children {
			p := &places[id]
			if seen[id] || p.Conditional || p.Categorised || p.Parent == schema.Root && schema.Reserved(p.Name) {
				continue
			}
			seen[id] = true
			open = true
			category, why := "", about(places, p)
			if single(places, p) {
				category = guess(p.Name)
			}
			switch {
			case category != "":
				rows = append(rows, fmt.Sprintf("%s = %s    # by its name; %s", quote(p.Pointer), list([]string{category}), why))
				continue // its items are of its category
			case p.Closed:
				rows = append(rows, fmt.Sprintf(`#%s = ["unrestricted"]    # if it says nothing of a person; %s`, quote(p.Pointer), why))
			default:
				rows = append(rows, fmt.Sprintf(`#%s = ["?"]    # uncategorised; %s`, quote(p.Pointer), why))
			}
			walk(id)
		}
	}
	walk(schema.Root)
	if !open {
		return nil
	}
	return rows
}

// single says that a place is one value, or a list of values: whatever is below
// it is of its category, so what may hold more gets none by its name.
func single(places []schema.Place, p *schema.Place) bool {
	if p.Kind != schema.MemberPlace || p.Types&schema.ObjectType != 0 {
		return false
	}
	for _, id := range p.Children {
		if c := &places[id]; c.Kind != schema.ItemPlace || c.Types&^schema.ScalarTypes != 0 || len(c.Children) > 0 {
			return false
		}
	}
	return p.Types&schema.ArrayType == 0 || len(p.Children) > 0
}

// about says what a schema says of a place.
func about(places []schema.Place, p *schema.Place) string {
	what := "any value"
	switch {
	case p.Closed && len(p.Enum) > 0 && len(p.Enum) <= 8:
		what = "one of " + strings.Join(p.Enum, ", ")
	case p.Closed && len(p.Enum) > 0:
		what = fmt.Sprintf("one of %d values", len(p.Enum))
	case p.Closed:
		what = "true or false"
	case p.Types == schema.AnyType:
	case p.Types&schema.ObjectType != 0:
		what = "an object: what is below it goes nowhere while it has no category"
	case p.Types&schema.ArrayType != 0:
		what = "an array: its items go nowhere while it has no category"
	case p.Types&schema.StringType != 0:
		what = "a text"
	case p.Types&(schema.NumberType|schema.IntegerType) != 0:
		what = "a number"
	}
	if p.Kind == schema.PatternPlace || p.Kind == schema.AdditionalPlace {
		what += "; the names of such members are content"
	}
	if text := plain(p.Text); text != "" {
		const most = 100
		if short := []rune(text); len(short) > most {
			text = string(short[:most]) + "…"
		}
		what += ": " + text
	}
	return plain(what)
}
