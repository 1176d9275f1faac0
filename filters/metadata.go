package filters

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/schema"
)

// metadata is what an output adds to its records, in the order in which it
// stands in them (policy.md §4).
type metadata uint8

const (
	metaID metadata = 1 << iota
	metaCategories
	metaRedacted
	metaPolicy
	metaSource
)

var metadataWords = []string{"id", "categories", "redacted", "policy", "source"}

// readMetadata reads the list of the configuration; nil is the default.
func readMetadata(list []string) (m metadata, err error) {
	if list == nil {
		return metaID | metaCategories | metaRedacted, nil
	}
	for _, word := range list {
		i := slices.Index(metadataWords, word)
		if i < 0 {
			return 0, fmt.Errorf("metadata: %q is not known%s (there are %s)", word, near.Hint(word, metadataWords), strings.Join(metadataWords, ", "))
		}
		m |= 1 << i
	}
	return m, nil
}

// prefix is the envelope of a schema's records up to the timestamp's first
// byte, and how much of it a record without a time has.
func prefix(s *schema.Schema) ([]byte, int) {
	b := appendQuoted([]byte(`{"__schema__":`), s.ID())
	b = appendQuoted(append(b, `,"__schema_version__":`...), s.Version())
	bare := len(b)
	return append(b, `,"__timestamp__":"`...), bare
}

// metadata is the constant metadata of the schema's records.
func (p *plan) metadata(u *rules, m metadata) (members []Member) {
	if m&(metaCategories|metaRedacted) == 0 {
		return nil
	}
	contains, redacted := p.categories(u)
	return listMembers(m, contains, redacted)
}

// listMembers are the members of those two lists that the output has.
func listMembers(m metadata, contains, redacted []string) (members []Member) {
	if m&metaCategories != 0 {
		members = append(members, Member{"__categories__", appendList(nil, contains)})
	}
	if m&metaRedacted != 0 && len(redacted) > 0 {
		members = append(members, Member{"__redacted__", appendList(nil, redacted)})
	}
	return members
}

// categories are what records of this schema may contain here, and what
// would be withheld of it, both sorted.
func (p *plan) categories(u *rules) (contains, redacted []string) {
	sent, withheld := map[string]bool{}, map[string]bool{}
	p.walk(func(place *schema.Place, v verdict) {
		if v != denied {
			for _, c := range p.added(place) {
				sent[c] = true
			}
		}
		if v > changed {
			return
		}
		for _, c := range u.missing(p.added(place)) {
			withheld[c] = true
		}
	})
	return slices.Sorted(maps.Keys(sent)), slices.Sorted(maps.Keys(withheld))
}

// walk calls visit for every place in every way in which events can reach it,
// with what becomes of it there: denied also where something above it is.
func (p *plan) walk(visit func(place *schema.Place, v verdict)) {
	places := p.schema.Places()
	closed := table{verdicts: make([]verdict, len(places))}
	type state struct {
		at *table
		id schema.PlaceID
	}
	seen := map[state]bool{}
	var children func(of schema.PlaceID, t *table)
	children = func(of schema.PlaceID, t *table) {
		for _, c := range places[of].Children {
			if seen[state{t, c}] {
				continue
			}
			seen[state{t, c}] = true
			v := t.verdicts[c]
			visit(&places[c], v)
			children(c, p.inside(t, c, &closed))
		}
	}
	children(schema.Root, &p.top)
}

// inside is the table for what stands in the value at a place, which t judged.
func (p *plan) inside(t *table, id schema.PlaceID, closed *table) *table {
	switch v := t.verdicts[id]; {
	case v <= changed:
		return closed
	case v == opened, t == &p.opened:
		return &p.opened
	}
	return &p.below
}

// appendSource appends what a record says of the input that it came from.
func appendSource(b []byte, s *inputs.Source) []byte {
	b = append(b, `{"input":`...)
	b = appendQuoted(b, s.Input)
	if s.Trusted {
		return append(b, `,"trusted":true}`...)
	}
	return append(b, `,"trusted":false}`...)
}

func appendList(b []byte, words []string) []byte {
	b = append(b, '[')
	for i, w := range words {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, w)
	}
	return append(b, ']')
}

// appendQuoted appends a text as JSON.
func appendQuoted(b []byte, text string) []byte {
	if !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f || r == '\ufffd' }) {
		return append(append(append(b, '"'), text...), '"')
	}
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text always encodes
	return append(b, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...)
}
