package pages

import (
	"slices"
	"strings"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// kind is a kind of information, in words for those whom it is about.
type kind struct {
	category string
	Title    string
	Text     string
}

// kinds are the categories whose meaning is known, the more telling first.
var kinds = []kind{
	{"health", "Health", "What says something about your health."},
	{"user-content", "What you write", "The content of what you work on: code, texts, answers."},
	{"location", "Where you are", "A place, as far as it is known."},
	{"network-address", "The network you come from", "The address of your computer or network."},
	{"user-identifier", "Who you are", "Your user name, or a number or code that stands for you or for what you have running."},
	{"user-identifiable-information", "What may point to you", "Names of your files and folders, and texts in which somebody might recognise you."},
	{"personal-data", "Other personal data", "What the makers of the program call personal data."},
	{"action-timestamp", "Times of what you did", "Further times, beside the time of the entry itself."},
	{schema.Unrestricted, "What happened", "What was done and how it ended, in words from fixed lists and in numbers. " + unprotected},
}

const (
	freely      = "What was done and how it ended, in words and numbers, also in texts from no fixed list. " + unprotected
	unprotected = "Those who run the service, or the makers of the program, have said that it needs no protection."
	markedBy    = "What those who run the service, or the makers of the program, have marked "

	unknown = "" // the category of what nobody has said anything about
)

// kindOf says a category in words.
func kindOf(category string) kind {
	if i := slices.IndexFunc(kinds, func(k kind) bool { return k.category == category }); i >= 0 {
		return kinds[i]
	}
	if category == unknown {
		return kind{unknown, "Parts that nobody has described", "Nobody has said what these are about, so they are treated as the most private."}
	}
	if level, ok := strings.CutPrefix(category, schema.LevelPrefix); ok {
		return kind{category, "What is marked as " + plain(strings.ReplaceAll(level, "_", " ")), markedBy + "so."}
	}
	return kind{category, heading(plain(strings.ReplaceAll(category, "-", " "))), markedBy + "“" + plain(category) + "”."}
}

// kindsOf are the categories of the kinds that a property is of. It is of each
// of them, so a page says that somebody does not get one only where no property
// of it goes there. unrestricted takes no part where there are others.
func kindsOf(r *filters.Row) []string {
	if !r.Categorised && len(r.Categories) == 0 {
		return []string{unknown}
	}
	all := slices.DeleteFunc(slices.Clone(r.Categories), func(c string) bool { return c == schema.Unrestricted })
	if len(all) == 0 {
		return []string{schema.Unrestricted}
	}
	slices.SortFunc(all, before)
	return all
}

// before says which kind comes first on the page: own words, then what is known
// in its order, then levels, and what is not described last.
func before(x, y string) int {
	rank := func(category string) int {
		switch {
		case category == unknown:
			return len(kinds) + 1
		case strings.HasPrefix(category, schema.LevelPrefix):
			return len(kinds)
		}
		return slices.IndexFunc(kinds, func(known kind) bool { return known.category == category })
	}
	if d := rank(x) - rank(y); d != 0 {
		return d
	}
	return strings.Compare(x, y)
}
