package filters

import (
	"strings"

	"jupyter-events-agent/schema"
)

// outgoing are the fields that go out, and before them the member that holds them.
func (p *pathPlan) outgoing() (all []Outgoing) {
	for i := range p.fields {
		f := &p.fields[i]
		if f.verdict == denied && f.action != masked {
			continue
		}
		if all == nil {
			all = append(all, Outgoing{[]string{pathName}, []string{"object"}})
		}
		if f.action == toPath {
			all = append(all, Outgoing{[]string{pathName, f.name}, []string{"object"}},
				Outgoing{[]string{pathName, f.name, "depth"}, []string{"integer"}}, Outgoing{[]string{pathName, f.name, "ext"}, []string{"string"}})
			continue
		}
		all = append(all, Outgoing{[]string{pathName, f.name}, []string{"string"}})
	}
	return all
}

// rows explain the fields of the input's paths.
func (p *pathPlan) rows(u *rules) (rows []Row) {
	for i := range p.fields {
		f := &p.fields[i]
		r := Row{
			Input: p.source.Input, Property: "/" + pathName + "/" + f.name, Declared: "path field",
			Categories: append([]string{}, f.categories...), Categorised: true, Verdict: f.word(u.null), Reason: f.why(u),
		}
		for _, c := range f.categories {
			r.Origins = append(r.Origins, schema.Origin{Category: c, Source: "path_fields", File: "inputs " + p.source.Input})
		}
		if r.Origins == nil {
			r.Origins = []schema.Origin{}
		}
		if f.action != noAction {
			r.Action = f.action.String()
		}
		if drops := u.dropsOf(f.categories); len(drops) > 0 {
			r.Drops = true
			r.Reason += "; drop_events_with drops every event of the input, for " + strings.Join(drops, ", ")
			if p.source.Pattern.Upstream() {
				r.Reason = strings.Replace(r.Reason, "every event of the input", "every event that has it", 1)
			}
		} else if p.drops && !p.source.Pattern.Upstream() {
			r.Drops = true
			r.Reason += "; drop_events_with drops every event of the input, for another field"
		}
		rows = append(rows, r)
	}
	return rows
}

// word is the field's verdict as Row has it.
func (f *pathField) word(null bool) string {
	switch {
	case f.verdict == open:
		return "sent"
	case f.action == tokenized:
		return "token"
	case f.action == pseudonymized:
		return "pseudonym"
	case f.verdict == changed:
		return "truncated"
	case f.action == masked:
		return "masked"
	case f.action == nulled, f.action != dropped && null:
		return "null"
	}
	return "denied"
}

func (f *pathField) why(u *rules) string {
	missing := u.missing(f.categories)
	switch {
	case u.everything:
		return `categories = ["*"] lets everything through`
	case f.verdict == open && len(missing) > 0:
		return `match = "any" opens it in spite of ` + strings.Join(missing, ", ")
	case f.verdict == open && len(f.categories) == 0:
		return "categories = []: nothing to protect"
	case f.verdict == open:
		return "all its categories are allowed"
	case f.action != noAction:
		return notAllowed(missing) + "; policy.actions: " + f.action.String()
	}
	return notAllowed(missing)
}

func notAllowed(missing []string) string {
	if len(missing) == 1 {
		return missing[0] + " is not allowed"
	}
	return strings.Join(missing, ", ") + " are not allowed"
}

// pathForm is the JSON Schema of __path__; nil where no record has it.
func (f *Filter) pathForm(upstream bool) map[string]any {
	if f.rules.everything && upstream {
		return map[string]any{"type": "object"}
	}
	forms := map[string][]any{}
	for _, p := range f.reachable() {
		for i := range p.fields {
			field := &p.fields[i]
			switch {
			case field.verdict == open && p.source.Pattern.Upstream():
				forms[field.name] = append(forms[field.name], map[string]any{"type": []string{"string", "number", "boolean", "null"}})
			case field.action == toPath:
				forms[field.name] = append(forms[field.name], map[string]any{"type": []string{"object", "null"}})
			case field.verdict != denied:
				forms[field.name] = append(forms[field.name], map[string]any{"type": []string{"string", "null"}})
			case field.action == masked:
				forms[field.name] = append(forms[field.name], constant("***"))
			case field.word(f.rules.null) == "null":
				forms[field.name] = append(forms[field.name], map[string]any{"type": "null"})
			}
		}
	}
	if len(forms) == 0 {
		return nil
	}
	properties := map[string]any{}
	for name, all := range forms {
		properties[name] = anyOf(all)
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}
