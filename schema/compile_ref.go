package schema

import (
	"net/url"
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
		r.anchors[l.base+"#"+anchor] = l
	default:
		l.base = join(l.base, strings.TrimSuffix(id, "#"))
		r.resources[l.base] = append(r.resources[l.base], l)
	}
	for _, keyword := range []string{"$anchor", "$dynamicAnchor"} {
		if anchor, ok := s[keyword].(string); ok {
			r.anchors[l.base+"#"+anchor] = l
		}
	}
}

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
		if l.refs = r.find(l); l.refs == nil {
			r.mistake(l.doc.file, step(l.pointer, "$ref"), "refers to nothing among the schemas that are loaded: add the file it means to schemas.paths, or move the definition into this file; nothing is fetched")
			continue
		}
		l.refs.doc.used = l.refs.doc.used || l.refs.doc != l.doc
	}
}

func (r *reading) find(l *loc) *loc {
	uri, fragment, _ := strings.Cut(l.ref, "#")
	resources := []string{l.base}
	if uri != "" {
		resources = []string{join(l.base, uri), uri}
	}
	if text, err := url.PathUnescape(fragment); err == nil {
		fragment = text
	}
	for _, resource := range resources {
		if fragment != "" && fragment[0] != '/' {
			if to := r.anchors[resource+"#"+fragment]; to != nil {
				return to
			}
			continue
		}
		root := r.resource(l, resource, uri == "")
		if root == nil {
			continue
		}
		pointer := root.pointer + fragment
		if to := root.doc.locs[pointer]; to != nil {
			return to
		}
		if v, ok := root.doc.value(pointer); ok {
			return r.schema(root.doc, pointer, root.base, v)
		}
	}
	return nil
}

// resource is the schema with that URI: of l's own document where it has one,
// else the first that was read.
func (r *reading) resource(l *loc, uri string, own bool) *loc {
	known := r.resources[uri]
	for _, to := range known {
		if to.doc == l.doc {
			return to
		}
	}
	if own {
		return l.doc.locs[""]
	}
	if len(known) == 0 {
		return nil
	}
	return known[0]
}
