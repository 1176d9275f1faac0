package filters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// TestNoLinkIsLetOutUnsaid makes up pairs of policies that code the same value in
// three places, by keys and epochs that differ. Where the diff says that nothing
// is let out, what is the same after, at whatever times and places, was the same
// before.
func TestNoLinkIsLetOutUnsaid(t *testing.T) {
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "properties": {
		"one": {"categories": ["first"], "type": "string"}, "two": {"categories": ["second"], "type": "string"}, "both": {"categories": ["first", "second"], "type": "string"}}}`)
	moment := time.Date(2026, 5, 10, 10, 20, 0, 0, time.UTC)
	var times []time.Time // around every moment that a key may count from
	var since []int64
	for _, month := range []time.Month{0, 1, 2, 7, 20} {
		for _, later := range []time.Duration{0, 30 * time.Second, 25 * time.Minute, 5 * time.Hour} {
			at := moment.AddDate(0, int(month), 0).Add(later)
			since = append(since, at.UnixMicro())
			times = append(times, at.Add(-time.Second), at.Add(time.Second))
		}
	}
	since = append(since, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), 0)
	slices.Sort(since)
	all, silent, coded := rounds(3000), 0, 0
	for i := range all {
		g := &generator{Rand: newRand(5, uint64(i))}
		policy := func(before *filters.Policy) filters.Policy {
			p := filters.Policy{Tokens: numbered(), Metadata: []string{}, Actions: map[string]filters.Action{}}
			p.Time = pick(g, []string{"", "minute", "hour", "day"})
			p.Pseudonyms = &filters.Pseudonyms{Epoch: pick(g, []string{"", "quarter", "year", "none", "none"})}
			for _, at := range since {
				if g.one(len(since) / 2) {
					p.Pseudonyms.Keys = append(p.Pseudonyms.Keys, filters.PseudonymKey{Since: at, Secret: secretOf(byte(g.IntN(4)))})
				}
			}
			for _, c := range []string{"first", "second"} {
				switch word := pick(g, []string{"", "tokenize", "pseudonymize", "pseudonymize", "pseudonymize", "mask"}); word {
				case "":
					p.Categories = append(p.Categories, c)
				default:
					p.Actions[c] = filters.Action{Action: word}
				}
			}
			if before != nil && !g.one(5) { // all but one thing as it was
				q := *before
				switch g.IntN(5) {
				case 0:
					q.Time = p.Time
				case 1:
					q.Pseudonyms = p.Pseudonyms
				case 2:
					q.Pseudonyms = &filters.Pseudonyms{Epoch: p.Pseudonyms.Epoch, Keys: q.Pseudonyms.Keys}
				case 3:
					q.Pseudonyms = &filters.Pseudonyms{Epoch: q.Pseudonyms.Epoch, Keys: p.Pseudonyms.Keys}
				default:
					q.Actions, q.Categories = p.Actions, p.Categories
				}
				q.Tokens = p.Tokens
				return q
			}
			return p
		}
		p := policy(nil)
		q := policy(&p)
		was, is := compile(t, p, known), compile(t, q, known)
		said := filters.Diff(filters.Fed{Filter: was}, filters.Fed{Filter: is})
		if slices.ContainsFunc(said, func(c filters.Change) bool { return c.LetOut }) {
			continue
		}
		silent++
		before := map[any]string{} // by what goes out after
		var a, b filters.Arena
		for _, at := range times {
			event := fmt.Sprintf(`{"__schema__":"https://x.test/e","__schema_version__":"1","__timestamp__":"%s","one":"x","two":"x","both":"x"}`, at.Format(time.RFC3339Nano))
			e, fault := newLines(t, known, schema.Rules{}).event(event)
			if fault != nil {
				t.Fatal(fault)
			}
			old, _ := was.Apply(e, &a)
			now, _ := is.Apply(e, &b)
			had, has := inJSON(old.JSON()).(map[string]any), inJSON(now.JSON()).(map[string]any)
			for _, name := range []string{"one", "two", "both"} {
				if has[name] == nil || has[name] == "***" {
					continue
				}
				coded++
				looked := fmt.Sprint(had[name])
				if first, known := before[has[name]]; had[name] == nil || looked == "***" || known && first != looked {
					t.Fatalf("round %d: %s at %s: %v, was %s and %s\nbefore %s\nafter  %s\nsaid %+v", i, name, at, has[name], first, looked, keysOf(&p), keysOf(&q), said)
				}
				before[has[name]] = looked
			}
		}
	}
	t.Logf("%d of %d pairs with nothing let out, %d values", silent, all, coded)
	if silent < all/10 || coded < 10*all {
		t.Errorf("too few: %d of %d pairs with nothing let out, %d values", silent, all, coded)
	}
}

// keysOf is what a policy's codes are made with.
func keysOf(p *filters.Policy) string {
	var keys []string
	for _, k := range p.Pseudonyms.Keys {
		keys = append(keys, fmt.Sprint(time.UnixMicro(k.Since).UTC().Format(time.RFC3339), " ", k.Secret[0]))
	}
	return fmt.Sprintf("%q %q, epoch %q, time %q, keys %s", p.Categories, p.Actions, p.Pseudonyms.Epoch, p.Time, strings.Join(keys, ", "))
}
