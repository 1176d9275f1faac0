package filters

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/schema"
)

// Compile makes the Filter of a policy. The error joins every mistake; the
// warnings say what is legal and perhaps not meant.
func Compile(p Policy, r *schema.Registry) (*Filter, []string, error) {
	return NewCompiler(r).Compile(p)
}

// Compiler compiles the policies of many outputs against one registry. Where
// policies agree on all that a schema has, they share its plan. Not for use
// by several goroutines at once; its Filters are.
type Compiler struct {
	registry   *schema.Registry
	ids        []string           // every id that events name schemas by
	own        [][]string         // categories by schema.Index
	categories []string           // of all schemas, sorted
	said       []string           // those of them that more than an alias names
	plans      []map[string]*plan // by schema.Index, then by what of the policy matters to it
	leads      [][]byte           // by number of a name, shared by all Filters
	key        []byte             // scratch
}

// NewCompiler makes a Compiler.
func NewCompiler(r *schema.Registry) *Compiler {
	c := &Compiler{registry: r, ids: r.IDs()}
	all := map[string]bool{schema.Unrestricted: true}
	c.own, c.plans = make([][]string, len(r.Schemas())), make([]map[string]*plan, len(r.Schemas()))
	for i, s := range r.Schemas() {
		own := map[string]bool{}
		for _, place := range s.Places() {
			for _, category := range place.Categories {
				own[category], all[category] = true, true
			}
		}
		c.own[i] = slices.Sorted(maps.Keys(own))
	}
	c.categories = slices.Sorted(maps.Keys(all))
	c.said = slices.DeleteFunc(slices.Clone(c.categories), func(category string) bool { return !r.Says(category) })
	names := r.Names()
	c.leads = make([][]byte, names.Len()+1)
	for id := range names.Len() {
		c.leads[id+1] = []byte(`,"` + names.Name(uint16(id+1)) + `":`)
	}
	return c
}

// options are what beside the rules makes a schema's plan.
type options struct {
	properties []schema.PlaceID // top-level members that properties opens
	captures   []schema.PlaceID // by slot of the templates' places
	metadata   metadata
	apart      bool
}

// Compile is the function Compile.
func (c *Compiler) Compile(p Policy) (*Filter, []string, error) {
	u, err := p.rules(c.registry)
	errs := []error{err}
	f := &Filter{rules: u, time: u.time, output: p.Output, pseudonyms: p.Pseudonyms, leads: c.leads, trusted: p.TrustedOnly, block: idCipher(p.Key), plans: make([]*plan, len(c.registry.Schemas()))}
	if f.metadata, err = readMetadata(p.Metadata); err != nil {
		errs = append(errs, err)
	}
	f.paths = c.paths(p.Sources, u)
	warnings := append(c.unknownCategories(&p), c.noLevels(u)...)
	taken, more := c.taken(p.Schemas)
	warnings = append(warnings, more...)
	properties, more := c.properties(p.Properties, taken)
	warnings = append(warnings, more...)
	fields, places, wrong := parseTemplates(p.Templates)
	errs = append(errs, wrong...)

	f.fields, f.slots = fields, len(places)
	f.numbered = p.Numbered || f.metadata&metaID != 0 || slices.ContainsFunc(fields, hasID)
	for _, s := range taken {
		o := options{properties: properties[s], metadata: f.metadata &^ (metaID | metaPolicy | metaSource), apart: p.Apart}
		for _, place := range places {
			o.captures = append(o.captures, place.in(s))
		}
		pl := c.plan(s, u, o)
		f.plans[s.Index()] = pl
		errs = append(errs, pl.together(u, f.reachable()))
		f.drop(pl, u)
		f.tokenize(pl, u, p.Tokens)
		few, err := pl.guessable()
		errs, warnings = append(errs, err), append(warnings, few...)
		warnings = append(warnings, pl.heldByRoot(u)...)
		if u.any {
			warnings = append(warnings, pl.openedByAny(u, o)...)
		}
	}
	f.tokenizePaths(u, p.Tokens)
	errs = append(errs, f.refusePlaces(places), f.templateFields(places, p.Sources))
	more, err = f.ask(p.Consent, c.registry)
	errs, warnings = append(errs, err), append(warnings, more...)
	if u.everything {
		warnings = append(warnings, `policy.categories: "*" lets every valid event through whole, whatever its categories, uncategorised and undeclared members too (meant for a local audit file)`)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, warnings, err
	}
	f.place(f.policyMetadata(p.Output), p.Apart)
	return f, warnings, nil
}

// plan is the schema's plan under the rules, shared where an equal one is there.
func (c *Compiler) plan(s *schema.Schema, u *rules, o options) *plan {
	k := append(c.key[:0], flag(u.everything)|flag(u.any)<<1|flag(u.null)<<2|flag(u.inherit)<<3|flag(o.apart)<<4, byte(o.metadata))
	for _, category := range c.own[s.Index()] {
		k = append(k, flag(u.allows(category)), byte(u.actions[category]))
	}
	for _, id := range o.properties {
		k = append(k, 'p', byte(id), byte(id>>8))
	}
	for _, id := range o.captures {
		k = append(k, 'c', byte(id), byte(id>>8))
	}
	c.key = k
	known := c.plans[s.Index()]
	if p, ok := known[string(k)]; ok {
		return p
	}
	if known == nil {
		known = map[string]*plan{}
		c.plans[s.Index()] = known
	}
	p := makePlan(s, u, o)
	known[string(k)] = p
	return p
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// taken are the schemas that the patterns name, sorted by index.
func (c *Compiler) taken(patterns []string) ([]*schema.Schema, []string) {
	if len(patterns) == 0 {
		return c.registry.Schemas(), nil
	}
	var warnings []string
	var taken []*schema.Schema
	for _, pattern := range patterns {
		before := len(taken)
		if !strings.Contains(pattern, "*") {
			taken = append(taken, c.registry.Versions(pattern)...)
		} else {
			for _, id := range c.ids {
				if schema.MatchID(pattern, id) {
					taken = append(taken, c.registry.Versions(id)...)
				}
			}
		}
		if len(taken) == before {
			warnings = append(warnings, fmt.Sprintf("policy.schemas: no schema is called %q%s", pattern, near.HintOfPattern(pattern, c.ids)))
		}
	}
	slices.SortFunc(taken, func(a, b *schema.Schema) int { return cmp.Compare(a.Index(), b.Index()) })
	taken = slices.Compact(taken)
	if len(taken) == 0 {
		warnings = append(warnings, "policy.schemas: none is known, so this output receives nothing (see schemas.paths)")
	}
	return taken, warnings
}

// unknownCategories warns of those that no schema has.
func (c *Compiler) unknownCategories(p *Policy) (warnings []string) {
	for _, list := range []struct {
		key   string
		names []string
	}{{"categories", p.Categories}, {"actions", slices.Sorted(maps.Keys(p.Actions))}, {"drop_events_with", p.DropEvents}, {"never_together", slices.Concat(p.Never...)}} {
		for _, name := range list.names {
			category := c.registry.Category(name)
			if _, known := slices.BinarySearch(c.categories, category); !known && name != everything && !ofPaths(p.Sources, category, c.registry) {
				warnings = append(warnings, fmt.Sprintf("policy.%s: no schema has %q%s", list.key, name, near.Hint(name, c.said)))
			}
		}
	}
	return warnings
}

// properties finds the top-level members that policy.properties opens.
func (c *Compiler) properties(open map[string][]string, taken []*schema.Schema) (map[*schema.Schema][]schema.PlaceID, []string) {
	var warnings []string
	out := map[*schema.Schema][]schema.PlaceID{}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		versions := c.registry.Versions(id)
		if len(versions) == 0 {
			warnings = append(warnings, fmt.Sprintf("policy.properties: no schema is called %q%s", id, near.Hint(id, c.ids)))
			continue
		}
		if !slices.ContainsFunc(versions, func(s *schema.Schema) bool { return slices.Contains(taken, s) }) {
			warnings = append(warnings, fmt.Sprintf("policy.properties: %q is not among policy.schemas, so it opens nothing", id))
		}
		for _, name := range open[id] {
			var names []string
			found := false
			for _, s := range versions {
				places := s.Places()
				for _, child := range places[schema.Root].Children {
					if place := &places[child]; topLevel(place) {
						names = append(names, place.Name)
						if place.Name == name {
							found = true
							out[s] = append(out[s], child)
						}
					}
				}
			}
			if !found {
				warnings = append(warnings, fmt.Sprintf("policy.properties: %q has no top-level member %q%s", id, name, near.Hint(name, names)))
			}
		}
	}
	for _, ids := range out {
		slices.Sort(ids)
	}
	return out, warnings
}

// place puts the metadata into the records or beside them.
func (f *Filter) place(policy []Member, apart bool) {
	f.policy = policy
	defer func() {
		for _, p := range f.reachable() {
			p.metadata(f, policy)
		}
	}()
	if !apart {
		f.inside, f.tail = f.metadata, appendMembers(nil, policy)
		return
	}
	f.apart, f.beside = true, make([]*[]Member, len(f.plans))
	for i, p := range f.plans {
		if p == nil {
			continue
		}
		f.beside[i] = &p.beside
		if len(policy) > 0 {
			own := slices.Concat(p.beside, policy)
			f.beside[i] = &own
		}
	}
}

// policyMetadata is the __policy__ of the output's records.
func (f *Filter) policyMetadata(output string) []Member {
	if f.metadata&metaPolicy == 0 {
		return nil
	}
	b := appendQuoted([]byte(`{"output":`), output)
	return []Member{{"__policy__", append(append(append(b, `,"hash":"`...), f.hash()...), `"}`...)}}
}

// hash is short and changes with whatever the compiled policy lets out.
func (f *Filter) hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "%v %v\n", f.rules.null, f.trusted)
	if f.time != exact {
		fmt.Fprintf(h, "%s\n", precisionWords[f.time])
	}
	for _, p := range f.reachable() {
		p.writeTo(h)
	}
	for i, drops := range f.drops {
		if drops != nil {
			fmt.Fprintf(h, "%d %v\n", i, drops)
		}
	}
	if f.consent != nil {
		fmt.Fprintf(h, "consent %v\n", f.consent.deliver)
	}
	if f.rules.pseudonymous() {
		fmt.Fprintf(h, "%s\n", cmp.Or(f.pseudonyms.Epoch, epochWords[0]))
	}
	for _, p := range f.plans {
		if p != nil {
			fmt.Fprintf(h, "%q %q %v %v %v %v\n", p.schema.ID(), p.schema.Version(), p.everything, p.top.verdicts, p.below.verdicts, p.opened.verdicts)
			if p.actions != nil {
				fmt.Fprintf(h, "%v\n", p.actions)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
