package schema

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// document is one schema document as it was read.
type document struct {
	file  string
	named bool // see found
	root  any
	place int // its number, in the order of sources

	id      string   // without a trailing '#'; "" for none
	written string   // the id as it stands there, which is what events say
	others  []string // further ids of the same schema, by which events may name it
	version string
	title   string
	event   bool // has an id and a version: an event schema
	catalog bool
	draft   int  // 4, 6, 7, 2019 or 2020
	strange bool // its $schema is none of these: another schema says what it means
	used    bool

	locs map[string]*loc // by JSON pointer
}

// metaSchemas are the schemas of schemas that jupyter_events installs among
// its files. They describe no event.
var metaSchemas = []string{
	"http://event.jupyter.org/event-schema",
	"http://event.jupyter.org/event-metaschema",
	"http://event.jupyter.org/property-metaschema",
}

// noVersion is why a document with an id is no event schema. Others may
// refer to it all the same.
const noVersion = "has no version"

// source is what Origin calls the document.
func (d *document) source() string {
	if d.catalog {
		return "catalog"
	}
	return "schema"
}

// identify reads what the document says about itself. no says why it is no
// event schema; "" where it is one.
func (d *document) identify(m *messages) (no string) {
	root, ok := d.root.(map[string]any)
	if !ok {
		return "is not a JSON object"
	}
	d.draft, d.strange = draft(root)
	name := "$id"
	if _, has := root["$id"]; !has && d.draft == 4 {
		name = "id"
	}
	id, ok := root[name].(string)
	d.written = id
	if d.id = strings.TrimSuffix(id, "#"); !ok || d.id == "" {
		return "has no $id"
	}
	if slices.Contains(metaSchemas, d.id) {
		return "is a schema of schemas"
	}
	d.title, _ = root["title"].(string)
	if also, ok := root["also-known-as"].([]any); ok && d.catalog {
		for _, id := range also {
			d.others = append(d.others, id.(string))
		}
	}
	version, has := root["version"]
	if !has {
		return noVersion
	}
	if d.version, ok = versionOf(version); !ok {
		m.mistake(d.file, "/version", `is neither a text nor a whole number: write version: "1"`)
		return ""
	}
	d.event = true
	return ""
}

// versionOf is a version as text: 1 and "1" are equal.
func versionOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, v != ""
	case json.Number:
		_, whole := new(big.Int).SetString(v.String(), 10)
		return v.String(), whole
	}
	return "", false
}

// draft is the draft that $schema names, by its address or, where that is none
// of a draft, by what it looks like; 7 where it names none.
func draft(root map[string]any) (n int, strange bool) {
	uri, _ := root["$schema"].(string)
	address := strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(uri, "http://"), "https://"), "#/")
	for _, d := range []struct {
		has, address string
		draft        int
	}{
		{"draft-03", "", 4}, {"draft-04", "json-schema.org/draft-04/schema", 4}, {"draft-06", "json-schema.org/draft-06/schema", 6},
		{"2019-09", "json-schema.org/draft/2019-09/schema", 2019}, {"2020-12", "json-schema.org/draft/2020-12/schema", 2020},
		{"json-schema.org/schema", "json-schema.org/schema", 2020}, {"draft-07", "json-schema.org/draft-07/schema", 7},
	} {
		if strings.Contains(uri, d.has) {
			return d.draft, address != d.address
		}
	}
	return 7, uri != ""
}

// value is what stands at a JSON pointer of the document.
func (d *document) value(pointer string) (any, bool) {
	v := d.root
	for _, t := range tokens(pointer) {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[t]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, ok := index(t)
			if !ok || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// index reads an array index of a JSON pointer.
func index(token string) (int, bool) {
	n := 0
	for _, c := range []byte(token) {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, token == "0" || token != "" && token[0] != '0'
}
