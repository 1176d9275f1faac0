package filters

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/schema"
)

// Action is what a policy has done with values of a category that it does not
// allow (policy.md §3, Actions).
type Action struct {
	Action string // "drop" | "null" | "mask" | "tokenize" | "pseudonymize" | "truncate"
	To     string // of truncate: "" or "address" | "hour" | "day" | "path"
}

// action is an Action as plans have it: the smaller, the more restrictive.
type action uint8

const (
	noAction      action = iota // the place is denied as any other is
	dropped                     // absent, also where denied = "null"
	nulled                      // present as null, also where the event had none
	masked                      // present as "***", also where the event had none
	tokenized                   // a random code, which only the table of tokens connects with the value
	pseudonymized               // a code that only the key connects with the value
	toAddress                   // of an address the network
	toHour                      // of a time the hour
	toDay                       // of a time the day
	toPath                      // of a path its depth and extension
	unchanged                   // more permissive than any action
)

var (
	actionWords = []string{"drop", "null", "mask", "tokenize", "pseudonymize", "truncate"}
	toWords     = []string{"address", "hour", "day", "path"}
)

// String is the action's word.
func (a action) String() string {
	if a >= toAddress {
		return "truncate to " + toWords[a-toAddress]
	}
	return actionWords[a-dropped]
}

// mask stands where a value was or might have been.
const mask = `"***"`

// readActions reads the policy's actions, after what it allows.
func (u *rules) readActions(p *Policy, r *schema.Registry) error {
	var errs []error
	wrong := func(format string, a ...any) { errs = append(errs, fmt.Errorf("policy.actions: "+format, a...)) }
	u.actions = make(map[string]action, len(p.Actions))
	for _, name := range slices.Sorted(maps.Keys(p.Actions)) {
		a, said := p.Actions[name], u.actions[r.Category(name)]
		i, to := slices.Index(actionWords, a.Action), 0
		if a.To != "" {
			to = slices.Index(toWords, a.To)
		}
		switch category := r.Category(name); {
		case name == everything:
			wrong(`"*" is no category (name each one)`)
		case a.Action == "":
			wrong(`%q has no action (say what becomes of it, such as { action = "mask" })`, name)
		case i < 0:
			wrong("%q: action %q is not known%s (there are %s)", name, a.Action, near.Hint(a.Action, actionWords), strings.Join(actionWords, ", "))
		case a.To != "" && a.Action != "truncate":
			wrong("%q: to = %q has no meaning beside %q (it says what truncate leaves)", name, a.To, a.Action)
		case to < 0:
			wrong("%q: to = %q is not known%s (there are %s)", name, a.To, near.Hint(a.To, toWords), strings.Join(toWords, ", "))
		case category == schema.Unrestricted:
			wrong("%q is allowed always (take it out)", name)
		case u.allowed[category]:
			wrong("%q is allowed as well, in policy.categories or by policy.max_level (take it out of one of the two)", name)
		case said != noAction:
			wrong("%q is another word for a category that has an action here already (take one of the two out)", name)
		default:
			u.actions[category] = dropped + action(i) + action(to)
		}
	}
	return errors.Join(errs...)
}

// action is what becomes of a place that is denied: of all its categories that
// are not allowed each must have an action, and the most restrictive holds.
// Only a member that the schema declares by name has one, since other names are
// content and an array shows nothing of items that are denied.
func (u *rules) action(place *schema.Place) action {
	if place.Kind != schema.MemberPlace || place.Conditional {
		return noAction
	}
	return u.actionOf(place.Categories, place.Types)
}

// actionOf is the action of a denied value of these categories and types.
func (u *rules) actionOf(categories []string, types schema.TypeSet) action {
	least, most := unchanged, noAction
	for _, category := range u.missing(categories) {
		least, most = min(least, u.actions[category]), max(most, u.actions[category])
	}
	if least >= toAddress && least < most {
		least = dropped // two truncations
	}
	var takes schema.TypeSet
	switch {
	case most == noAction: // it is not its categories that deny it
		return noAction
	case least == dropped:
		takes = schema.AnyType
	case least >= toAddress:
		takes = schema.StringType
	default:
		takes = schema.ScalarTypes
	}
	if types&takes == 0 {
		return noAction
	}
	return least
}

// act notes the place's action, and says what its verdict then is.
func (p *plan) act(u *rules, place *schema.Place) verdict {
	a := u.action(place)
	if a == noAction {
		return denied
	}
	if p.actions == nil {
		p.actions = make([]action, len(p.schema.Places()))
	}
	p.actions[place.ID] = a
	if a >= tokenized {
		return changed
	}
	return denied
}

// actionAt is the action of a place that the table judged.
func (p *plan) actionAt(t *table, id schema.PlaceID) action {
	if p.actions == nil || t == &p.opened || t.verdicts[id] > changed {
		return noAction
	}
	return p.actions[id]
}

// instead is what stands for a member that is denied, whether or not the event
// had it; "" where it is absent. For one that is changed it stands where the
// action makes nothing of the value.
func (p *plan) instead(t *table, id schema.PlaceID, null bool) string {
	place := &p.schema.Places()[id]
	if t.verdicts[id] > changed || place.Kind != schema.MemberPlace || place.Conditional || t == &p.top && schema.Reserved(place.Name) {
		return ""
	}
	switch a := p.actionAt(t, id); {
	case a == masked:
		return mask
	case a == nulled, (a == noAction || a >= tokenized) && null:
		return "null"
	}
	return ""
}

// actionNotes say what stays visible of a value that an action changes
// (policy.md §5, a).
func (f *Filter) actionNotes() (notes []string) {
	var made [unchanged]bool
	for _, p := range f.reachable() {
		for i := range p.fields {
			if p.fields[i].verdict == changed {
				made[p.fields[i].action] = true
			}
		}
	}
	for _, p := range f.plans {
		if p == nil {
			continue
		}
		p.walk(func(place *schema.Place, v verdict) {
			if v == changed {
				made[p.actions[place.ID]] = true
			}
		})
	}
	if made[tokenized] {
		notes = append(notes, "policy.actions: tokenize: that there is a value shows, and where two of a record or of several are the same, until the token is forgotten")
	}
	if made[pseudonymized] {
		length := "epoch: " + cmp.Or(f.pseudonyms.Epoch, epochWords[0])
		if f.pseudonyms.months() == 0 {
			length = "key: there are no epochs"
		}
		notes = append(notes, "policy.actions: pseudonymize: that there is a value shows, and where two of a record or of several are the same, within one "+length)
	}
	for a := toAddress; a < unchanged; a++ {
		if made[a] {
			notes = append(notes, "policy.actions: "+a.String()+": that there is a value shows, and what is left of it; what is not exactly of the form is denied")
		}
	}
	return notes
}
