package filters

import (
	"slices"

	"jupyter-events-agent/schema"
)

// Outgoing is a place that records of an output may hold, for kinds of outputs
// whose destination wants to know what is coming.
type Outgoing struct {
	Path  []string // names of the members that lead to it; the items of an array have the array's
	Types []string // JSON types of what may stand there: null, boolean, integer, number, string, array, object
}

// How far Outgoing looks: schemas may hold themselves and each other.
const (
	deepest = 32
	most    = 20_000 // of one schema
)

// Outgoing are the members of the event that go out, of every schema that the
// output takes; a path comes once for each schema, and once more for what an
// array there holds; then the fields of the paths of inputs' files. Members whose names no schema fixes are not among them,
// nor are the envelope and the metadata.
func (f *Filter) Outgoing() []Outgoing {
	var all []Outgoing
	for _, p := range f.plans {
		if p != nil {
			w := outgoing{plan: p, above: map[schema.PlaceID]bool{}}
			w.children(schema.Root, &p.top, nil)
			all = append(all, w.found...)
		}
	}
	for _, p := range f.reachable() {
		all = append(all, p.outgoing()...)
	}
	return all
}

// outgoing is one schema's walk.
type outgoing struct {
	plan  *plan
	above map[schema.PlaceID]bool // places on the way down
	found []Outgoing
}

func (w *outgoing) children(of schema.PlaceID, t *table, path []string) {
	places := w.plan.schema.Places()
	for _, id := range places[of].Children {
		place, v := &places[id], t.verdicts[id]
		if w.above[id] || len(path) == deepest || len(w.found) >= most {
			continue
		}
		if v <= changed {
			w.acted(t, id, path)
			continue
		}
		here := path
		switch place.Kind {
		case schema.PatternPlace, schema.AdditionalPlace:
			continue // the name is content
		case schema.MemberPlace:
			here = append(slices.Clone(path), place.Name)
		}
		w.found = append(w.found, Outgoing{here, typeNames(place.Types)})
		w.above[id] = true
		w.children(id, w.plan.inside(t, id, nil), here)
		delete(w.above, id)
	}
}

// acted notes what an action makes of a member that is denied.
func (w *outgoing) acted(t *table, id schema.PlaceID, path []string) {
	here := append(slices.Clone(path), w.plan.schema.Places()[id].Name)
	switch a := w.plan.actionAt(t, id); {
	case a == toPath:
		w.found = append(w.found, Outgoing{here, []string{"object"}},
			Outgoing{append(slices.Clone(here), "depth"), []string{"integer"}}, Outgoing{append(here, "ext"), []string{"string"}})
	case t.verdicts[id] == changed, w.plan.instead(t, id, false) == mask:
		w.found = append(w.found, Outgoing{here, []string{"string"}})
	}
}

func typeNames(types schema.TypeSet) []string {
	var names []string
	for _, t := range []struct {
		is   schema.TypeSet
		name string
	}{
		{schema.NullType, "null"}, {schema.BooleanType, "boolean"}, {schema.IntegerType, "integer"}, {schema.NumberType, "number"},
		{schema.StringType, "string"}, {schema.ArrayType, "array"}, {schema.ObjectType, "object"},
	} {
		if types&t.is != 0 {
			names = append(names, t.name)
		}
	}
	return names
}
