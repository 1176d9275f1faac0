package pages

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/filters"
)

// form is what becomes of a property at an output, in the words of the page.
type form struct {
	Class string // goes, changed, stays, none
	Mark  string // a sign that says the same without colour
	Word  string
}

// formOf is the form of a row of explain.
func formOf(row *filters.Row) form {
	if row.Drops {
		return form{"stays", "○", "stays: the event does not go"}
	}
	switch row.Verdict {
	case "sent":
		return form{"goes", "●", "goes"}
	case "denied":
		return form{"stays", "○", "stays"}
	case "null":
		return form{"stays", "○", "stays, null instead"}
	case "empty array":
		return form{"changed", "◐", "changed: empty list"}
	case "masked":
		return form{"changed", "◐", "changed: masked"}
	case "pseudonym":
		return form{"changed", "◐", "changed: pseudonym"}
	case "token":
		return form{"changed", "◐", "changed: token"}
	case "truncated":
		return form{"changed", "◐", "changed: " + strings.Replace(cmp.Or(row.Action, "truncate"), "truncate", "cut", 1)}
	}
	return form{"changed", "◐", "changed: " + row.Verdict}
}

var notTaken = form{"none", "–", "not taken"}

// rule is one line of what a policy says.
type rule struct{ Name, Text string }

// rules are the policy of an output in words.
func (o *output) rules() (rules []rule) {
	p := &o.Policy
	add := func(name, text string) { rules = append(rules, rule{name, plain(text)}) }
	if o.everything() {
		add("Lets out", `EVERYTHING: every valid event that it takes, whole, whatever its categories (categories = ["*"])`)
	} else {
		named := []string{"unrestricted"}
		for _, c := range p.Categories {
			if c != "unrestricted" {
				named = append(named, c)
			}
		}
		add("Lets out", strings.Join(named, ", "))
	}
	if p.MaxLevel != "" {
		add("Levels", "up to "+p.MaxLevel)
	}
	for _, c := range slices.Sorted(maps.Keys(p.Actions)) {
		a := p.Actions[c]
		add("Changes", strings.TrimSpace(c+": "+a.Action+" "+a.To))
	}
	for _, id := range slices.Sorted(maps.Keys(p.Properties)) {
		add("Opens", strings.Join(p.Properties[id], ", ")+" of "+id+", whatever the categories")
	}
	if len(p.Schemas) > 0 {
		add("Only schemas", strings.Join(p.Schemas, ", "))
	}
	if o.Audit {
		add("Audit", "records are chained and signed, and of trusted inputs alone")
	} else if p.TrustedOnly {
		add("Only", "events of trusted inputs")
	}
	if p.Match == "any" {
		add("Match", "one allowed category of several is enough")
	}
	if p.Denied == "null" {
		add("Denied", "denied properties are there, as null")
	}
	if p.Undeclared == "inherit" {
		add("Undeclared", "members that no schema declares go out with the object that holds them, not those of the event itself")
	}
	if p.Time != "" && p.Time != "exact" {
		add("Time", "rounded down to the "+p.Time)
	}
	if p.Consent != nil {
		add("Consent", "an event that names people goes only while each of them has said yes")
	}
	if len(p.DropEvents) > 0 {
		add("Drops events with", strings.Join(p.DropEvents, ", "))
	}
	for _, group := range p.Never {
		add("Never together", strings.Join(group, ", "))
	}
	return rules
}

// caveat is a limit of what the policy promises (policy.md §5).
type caveat struct{ Letter, Title, Text string }

// caveats are what the promise does not cover, with the outputs that each is about.
func (a *Agent) caveats() []caveat {
	var acting, dropping, numbered []string
	for i := range a.outputs {
		o := &a.outputs[i]
		if slices.ContainsFunc(o.rows, func(r filters.Row) bool { return formOf(&r).Class == "changed" }) {
			acting = append(acting, o.Name)
		}
		if o.filter.Numbered() {
			numbered = append(numbered, o.Name)
		}
		if len(o.Policy.DropEvents) > 0 || o.Policy.Consent != nil {
			dropping = append(dropping, o.Name)
		}
	}
	return []caveat{
		{"a", "What an action leaves", "A pseudonym or token shows that there is a value and where two are the same; a shortened value shows what is left of it; an empty list shows that there is one." + at(acting)},
		{"b", "The event id", "Two outputs' ids of one event cannot be matched. Each record is given an id of its own, the same over retries." + at(numbered)},
		{"c", "Whether an event was valid", "A line that is not valid, too long or of an unknown schema goes nowhere, and that is seen by its absence. Validity depends on the whole event, denied values too."},
		{"d", "Whether the record came", "Where a policy drops events by what they hold, or asks the people whom they are about, the missing record says that there was such a one." + at(dropping)},
		{"e", "Timing", "When a record arrives, and how many in a time, is not hidden."},
		{"f", "What a schema implies", "Where the schema ties one value to another, a permitted value may tell something of a denied one."},
		{"g", "A program that puts a secret in the wrong place", "Who writes the log can write a secret into a permitted property, or name another schema. Pin an input's schemas, and mark as trusted only what is."},
	}
}

// at names the outputs that a caveat is about.
func at(outputs []string) string {
	if len(outputs) == 0 {
		return " None of these outputs does that."
	}
	return fmt.Sprintf(" Here: %s.", list(outputs))
}
