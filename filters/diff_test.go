package filters_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// TestNothingIsLetOutUnsaid makes up pairs of schemas and policies that differ
// in a few things. Where the diff says that nothing is let out, no record of the
// second shows what that of the first did not.
func TestNothingIsLetOutUnsaid(t *testing.T) {
	silent, compared, less := 0, 0, 0
	n := rounds(700)
	for i := range n {
		g := &generator{Rand: newRand(4, uint64(i))}
		text := g.eventSchema()
		other := text
		if !g.one(4) {
			other = g.otherSchema(text)
		}
		p := g.policy()
		p.Time = pick(g, []string{"", "hour", "day"})
		q := p
		if !g.one(3) {
			q = g.otherPolicy(p)
		}
		sides := [2]told{newTold(t, text, p), newTold(t, other, q)}
		for way := range 2 {
			was, is := sides[way], sides[1-way]
			refused := false // it says that events may come that were not valid, and nothing more
			if slices.ContainsFunc(filters.Diff(was.fed(), is.fed()), func(c filters.Change) bool {
				refused = refused || c.Property == "(events that were not valid)"
				return c.LetOut && c.Property != "(events that were not valid)"
			}) {
				continue
			}
			silent++
			for range 6 {
				event := shrunk.ReplaceAllString(line(g.object(3)), "${1}0${2}")
				before, valid := was.record(t, event)
				after, _ := is.record(t, event)
				if after == nil || refused && !valid {
					continue
				}
				compared++
				if wrong := more(event, before, after, &was, &is); wrong != "" {
					t.Fatalf("round %d: %s\nevent  %s\nbefore %s\nafter  %s\nschema %s\nthen   %s\npolicy %+v\nthen   %+v\nsaid %+v", i, wrong, event, before, after, was.text, is.text, was.policy, is.policy, filters.Diff(was.fed(), is.fed()))
				}
				if !bytes.Equal(before, after) {
					less++
				}
			}
		}
	}
	t.Logf("%d of %d pairs with nothing let out, %d events, of which %d showed less", silent, 2*n, compared, less)
	if silent < n/4 || compared < n/2 || less < n/20 {
		t.Errorf("too few: %d pairs of %d with nothing let out, %d events, of which %d showed less", silent, 2*n, compared, less)
	}
}

// shrunk has values be the same here and there.
var shrunk = regexp.MustCompile(`(canary|90)\d+(\d)`)

// told is one side.
type told struct {
	text   string
	policy filters.Policy
	filter *filters.Filter
	known  *schema.Registry
}

func newTold(t *testing.T, text string, p filters.Policy) told {
	r := registry(t, "e.json", text)
	return told{text, p, compile(t, p, r), r}
}

func (s *told) fed() filters.Fed { return filters.Fed{Filter: s.filter} }

// record is what the side makes of an event, nil where it does not go out; and
// whether it is valid.
func (s *told) record(t *testing.T, event string) ([]byte, bool) {
	e, fault := newLines(t, s.known, schema.Rules{}).event(event)
	if fault != nil {
		return nil, false
	}
	r, taken := s.filter.Apply(e, new(filters.Arena))
	if !taken {
		return nil, true
	}
	return r.JSON(), true
}

func inJSON(text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

// more says what the record after shows that the one before did not; "" for nothing.
func more(event string, before, after []byte, was, is *told) string {
	if before == nil {
		return "goes out, and did not"
	}
	raw, old, now := inJSON([]byte(event)).(map[string]any), inJSON(before).(map[string]any), inJSON(after).(map[string]any)
	if old["__timestamp__"].(string) < now["__timestamp__"].(string) {
		return "a time more exact"
	}
	for _, m := range []map[string]any{raw, old, now} {
		maps.DeleteFunc(m, func(name string, _ any) bool { return name[:2] == "__" })
	}
	d := &differing{epochs: was.policy.Pseudonyms.Epoch != "none", codes: map[string][]string{}}
	if d.value("", raw, old, now); d.wrong != "" {
		return d.wrong
	}
	for code, said := range d.codes {
		if len(slices.Compact(slices.Sorted(slices.Values(said)))) > 1 {
			return fmt.Sprintf("that values are the same: %s for %q", code, said)
		}
	}
	return ""
}

type differing struct {
	wrong  string
	epochs bool                // the pseudonyms before were of epochs
	codes  map[string][]string // what the values looked like before, by the code after
}

var aCode = regexp.MustCompile(`^(?:[0-9a-f]{32}|[0-9a-f]{64})$`)

// value compares one value, raw in the event.
func (d *differing) value(at string, raw, old, now any) {
	switch now := now.(type) {
	case map[string]any:
		in, isObject := raw.(map[string]any)
		had, was := old.(map[string]any)
		if !isObject { // a path that was cut
			d.same(at, raw, old, now)
			return
		}
		if !was {
			d.wrong = at + ": an object"
			return
		}
		for _, name := range slices.Sorted(maps.Keys(now)) {
			d.value(at+"/"+name, in[name], had[name], now[name])
		}
	case []any:
		in, _ := raw.([]any)
		had, was := old.([]any)
		if !was || len(had) != len(now) && len(now) > 0 {
			d.wrong = at + ": an array"
			return
		}
		for i := range now {
			d.value(fmt.Sprint(at, "/", i), in[i], had[i], now[i])
		}
	case nil:
	default:
		if now != "***" {
			d.same(at, raw, old, now)
		}
	}
}

// same compares what both make of a scalar.
func (d *differing) same(at string, raw, old, now any) {
	if code, isText := now.(string); isText && aCode.MatchString(code) {
		d.codes[code] = append(d.codes[code], fmt.Sprintf("%T %v", old, old))
	}
	text, isText := old.(string)
	coded := isText && aCode.MatchString(text)
	switch is, isText := now.(string); {
	case reflect.DeepEqual(old, raw), reflect.DeepEqual(old, now):
	case isText && aCode.MatchString(is) && coded && len(is) <= len(text) && (len(is) == len(text) || !d.epochs):
	case isText && len(is) == 27 && len(text) == 27 && is[:10] == text[:10] && is[10:] == "T00:00:00.000000Z": // the day for the hour
	default:
		d.wrong = fmt.Sprintf("%s: %v, and was %v", at, now, old)
	}
}

// otherSchema is the schema with a few things said otherwise.
func (g *generator) otherSchema(text string) string {
	root := inJSON([]byte(text)).(map[string]any)
	for range 1 + g.IntN(6) {
		var all []map[string]any
		schemas(root, &all)
		s := pick(g, all)
		keys := []string{}
		for _, k := range []string{"categories", "properties", "patternProperties", "additionalProperties", "items", "additionalItems", "contains", "anyOf", "allOf", "if", "$ref", "type"} {
			if s[k] != nil && (len(all) == 1 || s["$id"] == nil || k != "type") {
				keys = append(keys, k)
			}
		}
		switch g.IntN(6) {
		case 0, 1:
			delete(s, "categories")
			g.categories(s)
		case 2:
			if len(keys) > 0 {
				delete(s, pick(g, keys))
			}
		case 3:
			if p, ok := s["properties"].(map[string]any); ok && len(p) > 0 {
				delete(p, pick(g, slices.Sorted(maps.Keys(p))))
			}
		case 4:
			s["patternProperties"] = map[string]any{pick(g, []string{"^p_", "^q_", "^u", "^._s", "s$"}): g.categories(map[string]any{})}
		case 5:
			s["additionalProperties"] = g.categories(map[string]any{})
		}
		if s["$id"] != nil {
			s["type"] = "object"
		}
	}
	b, err := json.Marshal(root)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// schemas are all that stand in a schema, in a fixed order.
func schemas(s map[string]any, all *[]map[string]any) {
	*all = append(*all, s)
	for _, k := range slices.Sorted(maps.Keys(s)) {
		switch v := s[k].(type) {
		case map[string]any:
			if k != "properties" && k != "patternProperties" && k != "definitions" {
				schemas(v, all)
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(v)) {
				schemas(v[name].(map[string]any), all)
			}
		case []any:
			for _, v := range v {
				if m, ok := v.(map[string]any); ok {
					schemas(m, all)
				}
			}
		}
	}
}

// otherPolicy is the policy with one thing from another.
func (g *generator) otherPolicy(p filters.Policy) filters.Policy {
	q := g.policy()
	q.Tokens = p.Tokens
	switch g.IntN(8) {
	case 0:
		p.Match, p.Denied = q.Match, q.Denied
	case 1:
		p.Undeclared = q.Undeclared
	case 2:
		p.Properties = q.Properties
	case 3:
		p.DropEvents = q.DropEvents
	case 4:
		p.Consent = q.Consent
	case 5:
		p.Pseudonyms = q.Pseudonyms
	case 6:
		p.Categories, p.MaxLevel, p.Actions = q.Categories, q.MaxLevel, q.Actions
	default:
		p.Actions = maps.Clone(p.Actions)
		for c := range p.Actions {
			p.Actions[c] = filters.Action{Action: pick(g, []string{"drop", "mask", "tokenize", "pseudonymize"})}
		}
	}
	return p
}
