package filters

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// Policy is one output's policy as the configuration says it (policy.md §3),
// together with what the output asks of its records.
type Policy struct {
	Output      string // the output's name
	Categories  []string
	Schemas     []string // patterns of schema ids; empty: every schema known
	Match       string   // "" or "all" | "any"
	Denied      string   // "" or "drop" | "null"
	Undeclared  string   // "" or "deny" | "inherit"
	Properties  map[string][]string
	Actions     map[string]Action // by category that is not allowed
	Pseudonyms  *Pseudonyms       // what the action pseudonymize makes them with; nil for none
	Tokens      Tokens            // what the action tokenize gives them of; nil for none
	Consent     *Consent          // whom an event is about must have said yes; nil: nobody is asked
	TrustedOnly bool
	DropEvents  []string   // drop_events_with: an event in which one of these is present does not go out
	Never       [][]string // never_together: categories that no schema may let out together
	MaxLevel    string     // a level of the registry's ladder; it and those below it are allowed
	Time        string     // "" or "exact" | "minute" | "hour" | "day": what times are rounded down to

	Metadata []string // nil: the default id, categories, redacted
	Apart    bool     // metadata travels beside the record, not in it: Record.Beside, ID and HasID
	Numbered bool     // the destination gets the event id whatever the metadata says
	Key      [32]byte // the event ids' key of this output: OutputKey(instance secret, output name)

	// Templates are the templates of the output over permitted fields, by what
	// they are for; Record.Field(i) is the value of the i-th.
	Templates []Template

	Sources []*inputs.Source // the inputs, for what their paths have to say
}

// Template is a text with {places} in it, see template.go.
type Template struct {
	Use    string // where the configuration has it: "topic", "key", "labels.action", …
	Text   string
	Closed bool   // only places limited by enum, const or boolean (topic, index, tenant); no absent values
	Absent bool   // with Closed: the value may be absent all the same (label)
	Unless string // with Closed: what the operator may set to lift it, for the error's hint

	// Permitted takes a place only where it goes out plainly as one scalar:
	// where it is denied, not declared, an array or object, or null, it is
	// absent, and nothing is an error. For what an output adds by itself.
	Permitted bool
}

// everything is the category that stands for all valid events, whole.
const everything = "*"

// rules is a policy in the form that judges places.
type rules struct {
	everything bool // categories = ["*"]
	any        bool // match = "any"
	null       bool // denied = "null"
	inherit    bool // undeclared = "inherit"
	categories []string
	allowed    map[string]bool // the same, and what max_level adds
	actions    map[string]action
	time       precision
	maxLevel   string
	levels     []string // the categories that max_level allows, the lowest first
	drops      []string // of drop_events_with, sorted
	never      [][]string
}

// rules reads the policy's own words; the error joins everything wrong.
func (p *Policy) rules(r *schema.Registry) (*rules, error) {
	var errs []error
	word := func(key, value string, words ...string) bool {
		if value != "" && !slices.Contains(words, value) {
			errs = append(errs, fmt.Errorf("policy.%s: %q is not known (%s)", key, value, strings.Join(words, " or ")))
		}
		return value == words[1]
	}
	u := &rules{allowed: make(map[string]bool, len(p.Categories))}
	u.any = word("match", p.Match, "all", "any")
	u.null = word("denied", p.Denied, "drop", "null")
	u.inherit = word("undeclared", p.Undeclared, "deny", "inherit")
	errs = append(errs, u.readLevels(p.MaxLevel, r), u.readNever(p.Never, r))
	u.drops = resolved(p.DropEvents, r)
	for _, name := range p.Categories {
		u.everything = u.everything || name == everything
		u.allowed[r.Category(name)] = true
	}
	for c := range u.allowed {
		u.categories = append(u.categories, c)
	}
	slices.Sort(u.categories)
	var err error
	u.time, err = readPrecision(p.Time)
	errs = append(errs, err, u.readActions(p, r), u.readPseudonyms(p.Pseudonyms), u.readTokens(p.Tokens))
	if u.everything {
		errs = append(errs, p.besideEverything()...)
	}
	return u, errors.Join(errs...)
}

// besideEverything finds what may not stand beside categories = ["*"].
func (p *Policy) besideEverything() (errs []error) {
	if len(p.Categories) > 1 {
		errs = append(errs, errors.New(`policy.categories: "*" must stand alone (it lets everything through; name categories to let less through)`))
	}
	for _, k := range []struct {
		key string
		set bool
	}{
		{"match", p.Match != ""}, {"denied", p.Denied != ""}, {"undeclared", p.Undeclared != ""}, {"properties", len(p.Properties) > 0}, {"actions", len(p.Actions) > 0}, {"time", p.Time != ""}, {"max_level", p.MaxLevel != ""},
		{"drop_events_with", len(p.DropEvents) > 0}, {"never_together", len(p.Never) > 0},
	} {
		if k.set {
			errs = append(errs, fmt.Errorf(`policy.%s: has no meaning beside categories = ["*"] (only schemas and trusted_only may stand there)`, k.key))
		}
	}
	return errs
}

// allows says whether one category is on the list.
func (u *rules) allows(category string) bool {
	return category == schema.Unrestricted || u.allowed[category]
}

// opens judges a place by its categories alone (policy.md §3, rule 2). What
// "all" opens "any" opens too.
func (u *rules) opens(categories []string, categorised bool) bool {
	if !categorised {
		return false
	}
	every, one := true, false
	for _, c := range categories {
		if !u.allows(c) {
			every = false
		} else if c != schema.Unrestricted && !strings.HasPrefix(c, "level:") {
			one = true // the two count only where they stand alone, which is every
		}
	}
	return every || u.any && one
}

// missing are those of the categories that are not on the list.
func (u *rules) missing(categories []string) []string {
	var out []string
	for _, c := range categories {
		if !u.allows(c) {
			out = append(out, c)
		}
	}
	return out
}
