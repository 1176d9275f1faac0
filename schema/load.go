package schema

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/internal/validate"
)

// loading is one Load.
type loading struct {
	messages
	aliases  map[string]string
	said     map[string]bool
	docs     []*document
	overlays []*overlay
	reading  *reading
	worded   map[*document]*wording
}

// Load reads every schema, overlay and the catalog and compiles them. The
// error joins every mistake, each with its file; the Registry beside it then
// holds the schemas that are right, so that the rest of a configuration can
// be checked as well.
func Load(c Config) (*Registry, error) {
	l := &loading{}
	l.aliases = resolveAliases(c.Aliases, &l.messages)
	l.documents(c)
	l.said = knownCategories()
	l.overlays = readOverlays(c.Overlays, l.aliases, l.said, &l.messages)
	l.reading = &reading{
		messages: &l.messages, aliases: l.aliases, said: l.said, names: map[string]bool{},
		resources: map[string][]*loc{},
	}
	for _, d := range l.docs {
		l.reading.read(d)
	}
	l.reading.link()
	l.wordings()
	l.unused()
	r := &Registry{names: l.names(), byID: map[string][]*Schema{}, aliases: l.aliases, said: l.said, levels: l.ladder(c.Levels)}
	l.schemas(c, r)
	l.unmatched(r)
	l.misled(r.levels)
	l.besideLadder(r)
	r.warnings = l.warnings
	return r, errors.Join(l.mistakes...)
}

// documents reads the schema files and the catalog.
func (l *loading) documents(c Config) {
	for _, f := range findFiles(c.Paths, &l.messages) {
		text, err := readFile(f.path)
		if err != nil {
			l.mistake(f.path, "", "cannot be read: "+cause(err)+"; let the agent's user read it")
			continue
		}
		l.take(text, document{file: f.path, named: f.named})
	}
	if c.Catalog {
		l.catalog()
	}
}

// take decodes a file and keeps its documents. like is what all of them have.
func (l *loading) take(text []byte, like document) {
	var roots []any
	var old []string
	var err error
	if strings.HasSuffix(strings.ToLower(like.file), ".json") {
		var root any
		root, err = decodeJSON(text)
		roots = []any{root}
	} else {
		roots, old, err = decodeYAML(text)
	}
	if err != nil {
		l.mistake(like.file, "", err.Error())
		return
	}
	if len(roots) == 0 {
		roots = []any{nil}
	}
	events := false
	for _, root := range roots {
		d := like
		d.root = root
		before := len(l.mistakes)
		no := d.identify(&l.messages)
		switch {
		case len(l.mistakes) > before:
		case no == "" || d.id != "" && no == noVersion:
			d.place = len(l.docs)
			l.docs = append(l.docs, &d)
			events = true
		case d.named:
			l.mistake(d.file, "", "is no event schema: it "+no+"; name only event schemas, or its folder, where others are skipped")
		default:
			l.warn(d.file, "", "skipped, it is no event schema: it "+no)
		}
	}
	if events {
		for _, o := range old {
			l.warn(like.file, "", o)
		}
	}
}

// names numbers every member name that schemas, overlays and the envelope
// speak of.
func (l *loading) names() *jsonscan.Names {
	for _, o := range l.overlays {
		for pointer := range o.categories {
			for _, t := range tokens(pointer) {
				l.reading.names[t] = true
			}
		}
	}
	names := &jsonscan.Names{}
	for _, name := range append(slices.Clone(envelopeNames), slices.Sorted(maps.Keys(l.reading.names))...) {
		if names.Add(name) == 0 {
			l.mistake("schemas.paths", "", fmt.Sprintf("the schemas speak of more than %d different member names; load fewer", jsonscan.MaxNames))
			break
		}
	}
	return names
}

// source is one id and version, and the documents that describe it.
type source struct {
	id, version string
	ids         []string // all that events may use
	docs        []*document
}

// sources brings together what has the same id and version.
func (l *loading) sources() []*source {
	canonical := map[string]string{}
	for _, d := range l.docs {
		for _, id := range d.others {
			canonical[id] = d.id
		}
	}
	known := map[[2]string]*source{}
	for _, d := range l.docs {
		if !d.event {
			continue
		}
		id := d.id
		if c, other := canonical[id]; other {
			id = c
		}
		s := known[[2]string{id, d.version}]
		if s == nil {
			s = &source{id: id, version: d.version, ids: []string{id}}
			known[[2]string{id, d.version}] = s
		}
		s.docs = append(s.docs, d)
		for _, id := range append([]string{d.id, d.written}, d.others...) {
			if !slices.Contains(s.ids, id) {
				s.ids = append(s.ids, id)
			}
		}
	}
	return slices.SortedFunc(maps.Values(known), func(a, b *source) int {
		return cmp.Or(cmp.Compare(a.id, b.id), compareVersions(a.version, b.version))
	})
}

func compareVersions(a, b string) int {
	x, xok := new(big.Int).SetString(a, 10)
	y, yok := new(big.Int).SetString(b, 10)
	if xok && yok {
		return cmp.Or(x.Cmp(y), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

// schemas compiles every schema of which no file has a mistake.
func (l *loading) schemas(c Config, r *Registry) {
	documents := make([]validate.Document, len(l.docs))
	for i, d := range l.docs {
		documents[i] = validate.Document{ID: d.id, File: d.file, Root: d.root}
	}
	compiler := validate.NewCompiler(r.names, documents)
	if c.Derived {
		r.deriving = &deriving{categories: map[string]bool{Unrestricted: true}, compiler: compiler}
	}
	for _, s := range l.sources() {
		if slices.ContainsFunc(s.docs, func(d *document) bool { return l.bad[d.file] }) {
			continue
		}
		first := s.docs[0]
		for _, d := range s.docs[1:] {
			if !sameEvents(first, d) {
				l.warn(first.file, "", fmt.Sprintf("says something else about the events of %s version %s than %s does: the former validates, and the categories of both hold", s.id, s.version, d.file))
			}
		}
		var over []*overlay
		for _, o := range l.overlays {
			if o.covers(s.version, s.ids) {
				o.matched = true
				over = append(over, o)
			}
		}
		b := &builder{messages: &l.messages, aliases: l.aliases, names: r.names}
		if !b.build(s.docs, overtree(over)) {
			continue
		}
		validator, err := compiler.Compile(first.place)
		if err != nil {
			l.mistakes = append(l.mistakes, err)
			continue
		}
		made := &Schema{
			id: s.id, version: s.version, ids: s.ids, index: len(r.schemas), title: first.title, file: first.file,
			places: b.places, marker: b.marker, names: r.names, validator: validator, digest: digest(s.docs), root: first.root, wording: l.worded[first],
		}
		if r.deriving != nil {
			made.origins = b.derive(first.place)
			for i := range made.places {
				for _, category := range made.places[i].Categories {
					r.deriving.categories[category] = true
				}
			}
		}
		r.schemas = append(r.schemas, made)
		for _, id := range s.ids {
			r.byID[id] = append(r.byID[id], made)
		}
		for _, o := range over {
			for _, p := range made.places[Root+1:] {
				o.places = append(o.places, p.Pointer)
			}
		}
		l.doubts(made)
	}
}
