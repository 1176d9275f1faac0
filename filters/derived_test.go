package filters_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// strict adds keywords that hang on what an event has, to every schema below s.
// Events of the generator satisfy them or do not.
func (g *generator) strict(v any) {
	s, ok := v.(map[string]any)
	if !ok {
		for _, item := range list(v) {
			g.strict(item)
		}
		return
	}
	for keyword, sub := range s {
		switch keyword {
		case "properties", "patternProperties", "definitions":
			for _, p := range sub.(map[string]any) {
				g.strict(p)
			}
		case "items", "additionalItems", "additionalProperties", "allOf", "anyOf", "if", "contains":
			g.strict(sub)
		}
	}
	name := func() string { return pick(g, names) }
	some := func() map[string]any {
		switch g.IntN(4) {
		case 0:
			return map[string]any{"required": []any{name()}}
		case 1:
			return map[string]any{"properties": map[string]any{name(): map[string]any{"minLength": 12}}}
		case 2:
			return map[string]any{"properties": map[string]any{name(): map[string]any{"required": []any{name()}}}}
		}
		return map[string]any{"maxProperties": g.IntN(5)}
	}
	for keyword, make := range map[string]func() any{
		"required":      func() any { return []any{name()} },
		"minProperties": func() any { return 1 },
		"maxProperties": func() any { return 4 + g.IntN(4) },
		"minItems":      func() any { return 1 },
		"uniqueItems":   func() any { return true },
		"oneOf":         func() any { return []any{some(), map[string]any{"not": some()}} },
		"not":           func() any { return some() },
		"dependencies":  func() any { return map[string]any{name(): []any{name()}, name(): some()} },
		"contains":      func() any { return some() },
		"propertyNames": func() any { return map[string]any{"minLength": 2} },
		"then":          func() any { return some() },
		"else":          func() any { return some() },
	} {
		if _, has := s[keyword]; !has && g.one(9) {
			s[keyword] = make()
		}
	}
}

// derive is a registry that keeps what envelope = "agent" needs.
func derive(t testing.TB, text string) *schema.Registry {
	t.Helper()
	dir := t.TempDir()
	write(t, dir+"/e.json", text)
	r, err := schema.Load(schema.Config{Paths: []string{dir}, Derived: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhatIsRedactedIsValidDownstream: whatever a policy takes from a valid
// event, the next agent takes its record, and a policy that lets no more
// through gets the same of it as of the event.
func TestWhatIsRedactedIsValidDownstream(t *testing.T) {
	events, changed := 0, 0
	for seed := range uint64(rounds(200)) {
		g := &generator{Rand: rand.New(rand.NewPCG(11, seed))}
		var s map[string]any
		if err := json.Unmarshal([]byte(g.eventSchema()), &s); err != nil {
			t.Fatal(err)
		}
		g.strict(s)
		text, _ := json.Marshal(s)
		known := derive(t, string(text))
		edge, next := newLines(t, known, schema.Rules{}), newLines(t, known, schema.Rules{Envelope: schema.Agent})
		for range 6 {
			p := g.policy()
			p.Metadata, p.DropEvents, p.Consent = nil, nil, nil
			f := compile(t, p, known)
			maps.DeleteFunc(p.Actions, func(_ string, a filters.Action) bool {
				return a.To == "path" || a.Action == "pseudonymize" || a.Action == "tokenize"
			}) // what is made twice differs
			for range 6 {
				members := g.object(3)
				e, fault := edge.event(line(members))
				if fault != nil {
					continue
				}
				events++
				var a filters.Arena
				r, _ := f.Apply(e, &a)
				sent := string(r.JSON())
				got, fault := next.event(sent)
				if fault != nil {
					t.Fatalf("%v\nschema %s\npolicy %+v\nevent %s\nsent  %s", fault, text, p, members, sent)
				}
				if id, ok := got.Upstream(); !ok || !bytes.Equal(id[:], raw(t, r.ID())) {
					t.Fatalf("the id %x of %s", id, sent)
				}
				if own(t, sent) != line(members) {
					changed++
				}
				p.Match, p.Properties, p.Undeclared, p.Metadata = "", nil, "", []string{}
				narrow := compile(t, p, known)
				var b, c filters.Arena
				direct, _ := narrow.Apply(e, &b)
				derived, _ := narrow.Apply(got, &c)
				if string(direct.JSON()) != string(derived.JSON()) && p.Denied != "null" {
					t.Fatalf("\ndirect  %s\nderived %s", direct.JSON(), derived.JSON())
				}
				p.Metadata = nil
			}
		}
	}
	if events < rounds(1500) || changed < rounds(800) {
		t.Fatalf("only %d events were valid, and %d of them changed", events, changed)
	}
}

func raw(t testing.TB, id []byte) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(id))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const derivedSchema = `{"$id":"https://x.test/e","version":"1","type":"object","required":["user","action"],"properties":{
	"user":{"type":"string","categories":["user-identifier"]},
	"place":{"type":"object","required":["city"],"categories":["unrestricted"],"properties":{"city":{"type":"string","categories":["location"]}}},
	"action":{"enum":["start","stop"],"categories":["unrestricted"]},
	"count":{"type":"integer","categories":["unrestricted"]}}}`

// TestDerived goes through what is said of records that another agent sent.
func TestDerived(t *testing.T) {
	known := derive(t, derivedSchema)
	l := newLines(t, known, schema.Rules{Envelope: schema.Agent})
	const id = `"__event_id__":"00112233445566778899aabbccddeeff"`
	redacted := `"__redacted__":["location","user-identifier"]`
	for name, c := range map[string]struct {
		members string
		reason  schema.Reason
		keyword string
	}{
		"withheld and absent":             {`"action":"start",` + id + `,` + redacted, "", ""},
		"withheld and null":               {`"user":null,"place":{"city":null},"action":"start",` + redacted, "", ""},
		"withheld below":                  {`"place":{},"action":"start",` + redacted, "", ""},
		"withheld and there":              {`"user":"ann","action":"start",` + redacted, "", ""},
		"what an action made":             {`"user":7,"place":{"city":{"depth":1,"ext":"py"}},"action":"start",` + redacted, "", ""},
		"what no action makes":            {`"user":["ann"],"action":"start",` + redacted, schema.Invalid, "type"},
		"where no action is":              {`"place":7,"action":"start",` + redacted, schema.Invalid, "type"},
		"not withheld and absent":         {`"user":"ann",` + redacted, schema.Invalid, "required"},
		"not withheld and null":           {`"action":"start","count":null,` + redacted, schema.Invalid, "type"},
		"not withheld and wrong":          {`"action":"pause",` + redacted, schema.Invalid, "enum"},
		"not said to be withheld":         {`"action":"start"`, schema.Invalid, "required"},
		"another category withheld":       {`"action":"start","__redacted__":["location"]`, schema.Invalid, "required"},
		"withheld but for what is nested": {`"user":"ann","place":{"city":[7]},"action":"start",` + redacted, schema.Invalid, "type"},
		"a category that is not known":    {`"action":"start","__redacted__":["location","user-identifier","weather"]`, schema.UnknownCategory, ""},
		"and one that may be there":       {`"action":"start","__categories__":["weather"],` + redacted, schema.UnknownCategory, ""},
		"redacted is no list":             {`"action":"start","__redacted__":"location"`, schema.BadEnvelope, ""},
		"redacted holds numbers":          {`"action":"start","__redacted__":[1]`, schema.BadEnvelope, ""},
		"redacted is null":                {`"action":"start","__redacted__":null`, schema.BadEnvelope, ""},
		"an id that is too short":         {`"action":"start","__event_id__":"0011",` + redacted, schema.BadEnvelope, ""},
		"an id in capitals":               {`"action":"start","__event_id__":"00112233445566778899AABBCCDDEEFF",` + redacted, schema.BadEnvelope, ""},
		"an id that is no text":           {`"action":"start","__event_id__":12,` + redacted, schema.BadEnvelope, ""},
		"twice":                           {`"action":"start",` + redacted + `,` + redacted, schema.DuplicateMember, ""},
	} {
		for range 2 { // the second time by its shape, if it has one
			_, fault := l.event("{" + envelope + "," + c.members + "}")
			switch {
			case fault == nil && c.reason == "":
			case fault == nil || fault.Reason != c.reason || fault.Keyword != c.keyword:
				t.Errorf("%s: %v, want %s %s", name, fault, c.reason, c.keyword)
			}
		}
	}
}

// TestDerivedMetadata: what either withholds is redacted, what both let out
// may be there, and the id is a permutation of the one that came.
func TestDerivedMetadata(t *testing.T) {
	known := derive(t, derivedSchema)
	edge := filters.Policy{Output: "edge", Categories: []string{"user-identifier"}, Key: [32]byte{1}}
	edge2 := edge
	edge2.Categories = []string{}
	hub := filters.Policy{Output: "hub", Categories: []string{"location"}, Key: [32]byte{2}, Metadata: []string{"id", "categories", "redacted", "policy", "source"}}
	up, l := newLines(t, known, schema.Rules{}), newLines(t, known, schema.Rules{Envelope: schema.Agent, Source: &inputs.Source{Input: "agents", Trusted: true}})
	event := line(`{"user":"ann","place":{"city":"Oslo"},"action":"start"}`)
	apart := hub
	apart.Apart = true
	f, g := compile(t, hub, known), compile(t, apart, known)
	var a filters.Arena
	var ids []string
	for _, p := range []filters.Policy{edge, edge2, edge} {
		up.offset = 0
		sent, _ := record(t, compile(t, p, known), up, event)
		e, fault := l.event(sent)
		if fault != nil {
			t.Fatal(fault)
		}
		r, _ := f.Apply(e, &a)
		var got struct {
			ID         string   `json:"__event_id__"`
			Categories []string `json:"__categories__"`
			Redacted   []string `json:"__redacted__"`
			Policy     struct{ Output string }
			Source     struct{ Input string } `json:"__source__"`
			User       *string
		}
		if err := json.Unmarshal(r.JSON(), &got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Categories, []string{"unrestricted"}) || !slices.Equal(got.Redacted, []string{"location", "user-identifier"}) || got.Source.Input != "agents" || got.User != nil {
			t.Errorf("%s", r.JSON())
		}
		ids = append(ids, got.ID)
		beside, _ := g.Apply(e, &a)
		if whole := string(beside.AppendWhole(nil)); whole != string(r.JSON()) {
			t.Errorf("apart   %s\nwithin  %s", whole, r.JSON())
		}
		located, err := filters.Locate(hub.Key, got.ID)
		given, _ := e.Upstream()
		at, err2 := filters.Locate(edge.Key, hex.EncodeToString(given[:]))
		if err != nil || err2 != nil || at != (checkpoint.Position{Stream: 7}) {
			t.Errorf("the id is of %v (%v %v)", at, err, err2)
		}
		if upstream := append(be(located.Stream), be(uint64(located.Offset))...); !bytes.Equal(upstream, given[:]) {
			t.Errorf("the id hides %x, not %x", upstream, given)
		}
	}
	if ids[0] != ids[1] || ids[0] != ids[2] {
		t.Errorf("one event has the ids %v", ids)
	}

	// An event without an id is known by where it stood.
	e, fault := l.event("{" + envelope + `,"user":"ann","action":"stop"}`)
	if fault != nil {
		t.Fatal(fault)
	}
	r, _ := f.Apply(e, &a)
	if at, _ := filters.Locate(hub.Key, string(r.ID())); at != e.At() {
		t.Errorf("located at %v, was at %v", at, e.At())
	}
	if !strings.Contains(string(r.JSON()), `"__redacted__":["user-identifier"]`) {
		t.Errorf("%s", r.JSON())
	}
}

func be(n uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(n >> (56 - 8*i))
	}
	return b
}

func TestDerivedDoesNotAllocate(t *testing.T) {
	known := derive(t, derivedSchema)
	l := newLines(t, known, schema.Rules{Envelope: schema.Agent})
	text := []byte("{" + envelope + `,"action":"start","count":3,"__event_id__":"00112233445566778899aabbccddeeff","__categories__":["unrestricted"],"__redacted__":["location","user-identifier"]}`)
	f := compile(t, filters.Policy{Output: "o"}, known)
	var chunk schema.Arena
	var a filters.Arena
	var e schema.Event
	var r filters.Record
	in := inputs.Line{Raw: text}
	run := func() {
		chunk.Reset()
		a.Reset()
		if fault := l.checker.Check(&in, &chunk, &e); fault != nil {
			t.Fatal(fault)
		}
		if !f.Make(&e, &a, &r) {
			t.Fatal("not taken")
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 0 {
		t.Errorf("%v allocations an event", n)
	}
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAForgedIDIsNotBelieved: but from another agent, on an input that is
// trusted, an event is known by where it stood.
func TestAForgedIDIsNotBelieved(t *testing.T) {
	known := derive(t, derivedSchema)
	text := "{" + envelope + `,"user":"ann","action":"start","__event_id__":"00112233445566778899aabbccddeeff","__redacted__":["location"]}`
	f := compile(t, filters.Policy{Output: "o", Key: [32]byte{3}}, known)
	for _, trusted := range []bool{false, true} {
		l := newLines(t, known, schema.Rules{Source: &inputs.Source{Trusted: trusted}})
		for i := range 3 { // later ones by their shape
			e, fault := l.event(text)
			if fault != nil {
				t.Fatal(fault)
			}
			var a filters.Arena
			r, _ := f.Apply(e, &a)
			if at, _ := filters.Locate([32]byte{3}, string(r.ID())); at != e.At() {
				t.Errorf("trusted %v, line %d: located at %v, was at %v", trusted, i, at, e.At())
			}
			if _, given := e.Upstream(); given || e.Derived() != nil {
				t.Errorf("trusted %v, line %d: believed", trusted, i)
			}
		}
	}
}
