package schema

import (
	"net/url"
	"slices"
	"strings"
)

// identity notes under which URIs the schema can be referred to.
func (r *reading) identity(l *loc, s map[string]any) {
	name := "$id"
	if l.doc.draft == 4 {
		name = "id"
	}
	id, ok := s[name].(string)
	if l.pointer == "" {
		id, ok = l.doc.id, true
	}
	if _, beside := s["$ref"]; beside && l.doc.draft < 2019 && l.pointer != "" {
		ok = false
	}
	switch anchor, isAnchor := strings.CutPrefix(id, "#"); {
	case !ok || id == "" && l.pointer != "":
	case isAnchor:
		r.note(l.base+"#"+anchor, l)
	default:
		l.base = join(l.base, strings.TrimSuffix(id, "#"))
		r.note(l.base, l)
	}
	for _, keyword := range []string{"$anchor", "$dynamicAnchor"} {
		if anchor, ok := s[keyword].(string); ok {
			r.note(l.base+"#"+anchor, l)
		}
	}
}

func (r *reading) note(uri string, l *loc) { r.resources[uri] = append(r.resources[uri], l) }

// join is a reference as seen from base. Ids of events need not be URIs: what
// cannot be joined stands for itself.
func join(base, ref string) string {
	if base == "" {
		return ref
	}
	b, err := url.Parse(base)
	if err != nil || !b.IsAbs() {
		return ref
	}
	u, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	return u.String()
}

// link finds what every $ref refers to. Files and the network are not asked.
func (r *reading) link() {
	for i := 0; i < len(r.all); i++ { // finding one may add to all
		l := r.all[i]
		if l.ref == "" {
			continue
		}
		switch found := r.find(l); {
		case len(found) == 0:
			r.mistake(l.doc.file, step(l.pointer, "$ref"), "refers to nothing among the schemas that are loaded: add the file it means to schemas.paths, or move the definition into this file; nothing is fetched")
		case !sameSource(found):
			r.mistake(l.doc.file, step(l.pointer, "$ref"), "may mean "+versions(found)+": a $ref names no version; move the definition into this file, or into one of its own with an $id that no other has")
		default:
			l.refs = found[0]
			l.conditional = append(l.conditional, found[1:]...) // which add their categories
			for _, to := range found {
				to.doc.used = to.doc.used || to.doc != l.doc
			}
		}
	}
}

// find is what a $ref refers to: in its own document where that has it, else in
// each that has the id, in the order of sources; these themselves where they are
// not of one source.
func (r *reading) find(l *loc) (found []*loc) {
	uri, fragment, _ := strings.Cut(l.ref, "#")
	resources := []string{l.base}
	if uri != "" {
		resources = []string{join(l.base, uri), uri}
	}
	if text, err := url.PathUnescape(fragment); err == nil {
		fragment = text
	}
	anchor := ""
	if fragment != "" && fragment[0] != '/' {
		anchor, fragment = "#"+fragment, ""
	}
	for _, resource := range resources {
		roots := r.resource(l, resource+anchor, uri == "")
		if !sameSource(roots) {
			return roots
		}
		for _, root := range roots {
			pointer := root.pointer + fragment
			to := root.doc.locs[pointer]
			if v, ok := root.doc.value(pointer); to == nil && ok {
				to = r.schema(root.doc, pointer, root.base, v)
			}
			found = r.push(found, to)
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// resource are the schemas with that URI: the one of l's own document where it
// has one, else all. own: no other document is meant.
func (r *reading) resource(l *loc, uri string, own bool) []*loc {
	known := r.resources[uri]
	for _, to := range known {
		if to.doc == l.doc {
			return []*loc{to}
		}
	}
	switch {
	case !own:
		return known
	case strings.Contains(uri, "#"):
		return nil
	}
	return []*loc{l.doc.locs[""]}
}

// sameSource says whether all are of one id and version: of these the first
// validates, and the categories of all hold. Otherwise the names of files would
// decide what is meant.
func sameSource(all []*loc) bool {
	return !slices.ContainsFunc(all, func(l *loc) bool { return l.doc.id != all[0].doc.id || l.doc.version != all[0].doc.version })
}

// versions names the files of schemas, for messages.
func versions(all []*loc) string {
	var names []string
	for _, l := range all {
		name := l.doc.file
		if l.doc.version != "" {
			name += " (version " + l.doc.version + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, " or ")
}
