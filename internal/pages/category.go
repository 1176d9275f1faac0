package pages

import (
	"slices"
	"strings"

	"jupyter-events-agent/schema"
)

// kind is a kind of information, in words for those whom it is about.
type kind struct {
	category string
	Title    string
	Text     string
}

// kinds are the categories whose meaning is known, the more telling first. Where
// a property has several, the first one says what it is about.
var kinds = []kind{
	{"health", "Health", "What says something about your health."},
	{"user-content", "What you write", "The content of what you work on: code, texts, answers."},
	{"location", "Where you are", "A place, as far as it is known."},
	{"network-address", "The network you come from", "The address of your computer or network."},
	{"user-identifier", "Who you are", "Your user name, or a number or code that stands for you or for what you have running."},
	{"user-identifiable-information", "What may point to you", "Names of your files and folders, and texts in which somebody might recognise you."},
	{"personal-data", "Other personal data", "What the makers of the program call personal data."},
	{"action-timestamp", "Times of what you did", "Further times, beside the time of the entry itself."},
	{schema.Unrestricted, "What happened", "What was done and how it ended, in words from fixed lists and in numbers that say nothing about a person."},
}

// undescribed is what nobody has said anything about.
var undescribed = kind{"", "Parts that nobody has described", "Nobody has said what these are about, so they are treated as the most private."}

// kindOf is the kind of information of a property with these categories: one of
// the operator's own before those that are known, in the order of letters.
func kindOf(categories []string, categorised bool) kind {
	if !categorised {
		return undescribed
	}
	best := len(kinds) - 1
	for _, c := range categories {
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.category == c })
		if level, ok := strings.CutPrefix(c, schema.LevelPrefix); ok {
			if level != schema.DefaultLevels[0] && best == len(kinds)-1 {
				return kind{c, "Marked as " + plain(strings.ReplaceAll(level, "_", " ")), "What the makers of the program have marked so."}
			}
			continue
		}
		if i < 0 {
			return kind{c, heading(plain(strings.ReplaceAll(c, "-", " "))), "What those who run the service, or the makers of the program, have marked “" + plain(c) + "”."}
		}
		best = min(best, i)
	}
	return kinds[best]
}

// before says which kind comes first on the page: what is known in its order,
// own words before, what is not described last.
func before(x, y kind) int {
	rank := func(k kind) int {
		if k == undescribed {
			return len(kinds)
		}
		return slices.IndexFunc(kinds, func(known kind) bool { return known.category == k.category })
	}
	if d := rank(x) - rank(y); d != 0 {
		return d
	}
	return strings.Compare(x.category, y.category)
}
