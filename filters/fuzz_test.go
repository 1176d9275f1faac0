package filters_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// FuzzRedact takes any line, puts a canary into every string, and looks for
// the denied ones in the record; the record parses strictly, and what it
// holds is byte for byte what the reference permits of the event.
func FuzzRedact(f *testing.F) {
	type one struct {
		reference *reference
		filter    *filters.Filter
	}
	var schemas [][]one
	var checkers []*lines
	for i := range 24 {
		g := &generator{Rand: rand.New(rand.NewPCG(4, uint64(i)))}
		text := g.eventSchema()
		known := registry(f, "e.json", text)
		checkers = append(checkers, newLines(f, known, schema.Rules{}))
		var policies []one
		for range 8 {
			p := g.policy()
			policies = append(policies, one{newReference(text, p), compile(f, p, known)})
		}
		schemas = append(schemas, policies)
		for j := range 3 {
			f.Add(g.object(3), uint8(i), uint8(j))
		}
	}
	scanner := jsonscan.NewScanner(nil)
	f.Fuzz(func(t *testing.T, members string, schemaNumber, policyNumber uint8) {
		number := int(schemaNumber) % len(schemas)
		l, c := checkers[number], schemas[number][int(policyNumber)%8]
		if tape, err := scanner.Scan(nil, []byte(members)); err != nil || tape[0].Kind != jsonscan.Object {
			return
		}
		v := parse(members)
		n := 0
		canary(v, &n)
		members = v.render()
		if strings.Contains(members, `__`) || strings.Contains(members, `\u005`) || strings.Contains(members, "taskName") {
			return // the reference knows nothing of reserved names: the golden files do
		}
		if _, fault := l.event(line(members)); fault != nil {
			return
		}
		got, taken := record(t, c.filter, l, line(members))
		if !taken {
			return
		}
		if _, err := scanner.Scan(nil, []byte(got)); err != nil {
			t.Fatalf("the record is not strict JSON: %v\n%s", err, got)
		}
		permitted := c.reference.redact(v).render()
		for i := range n {
			if word := fmt.Sprintf("canary%dz", i); strings.Contains(got, word) && !strings.Contains(permitted, word) {
				t.Fatalf("%s went out\n%s\n%s", word, members, got)
			}
		}
		if own(t, got) != permitted {
			t.Fatalf("\ngot  %s\nwant %s", own(t, got), permitted)
		}
	})
}

// canary puts another word into every string.
func canary(v *value, n *int) {
	for _, i := range v.items {
		canary(i, n)
	}
	if strings.HasPrefix(v.text, `"`) {
		v.text = fmt.Sprintf(`"canary%dz%s`, *n, v.text[1:])
		*n++
	}
}
