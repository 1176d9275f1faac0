package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/internal/near"
)

// overlay is one [[schema]] of an overlay file: categories that an operator
// gives to places of schemas written by others.
type overlay struct {
	file       string
	id         string // a pattern
	version    string // "" for every version
	replace    bool
	categories map[string][]string // by JSON pointer into the event, * for one level
	matched    bool
	reached    map[string]bool // pointers that lead to a place; true: that a schema describes
	places     []string        // pointers of all places of the schemas it speaks of
}

// readOverlays reads overlay files. Unknown keys are mistakes.
func readOverlays(files []string, aliases map[string]string, said map[string]bool, m *messages) []*overlay {
	var all []*overlay
	for _, file := range files {
		text, err := readFile(file)
		if err != nil {
			m.mistake(file, "", "cannot be read: "+cause(err)+"; correct schemas.overlays, or let the agent's user read it")
			continue
		}
		tables := map[string]any{}
		if _, err := toml.Decode(string(text), &tables); err != nil {
			var bad toml.ParseError
			if errors.As(err, &bad) {
				m.mistake(fmt.Sprintf("%s:%d", file, bad.Position.Line), "", "not TOML: "+bad.Message)
			} else {
				m.mistake(file, "", "not TOML: "+err.Error())
			}
			continue
		}
		o := overlayReader{file, aliases, said, m}
		o.known("", tables, "schema")
		list, ok := tables["schema"].([]map[string]any)
		if !ok && tables["schema"] != nil {
			m.mistake(file, "", "schema: is not a list of tables: begin each with [[schema]]")
		}
		if len(list) == 0 && ok {
			m.warn(file, "", "has no [[schema]]: it does nothing")
		}
		for i, t := range list {
			if o := o.read(fmt.Sprintf("schema[%d]", i), t); o != nil {
				all = append(all, o)
			}
		}
	}
	return all
}

type overlayReader struct {
	file    string
	aliases map[string]string
	said    map[string]bool
	*messages
}

func (r *overlayReader) read(where string, t map[string]any) *overlay {
	before := len(r.mistakes)
	r.known(where+".", t, "id", "version", "replace", "categories")
	o := &overlay{file: r.file, categories: map[string][]string{}, reached: map[string]bool{}}
	var ok bool
	if o.id, ok = t["id"].(string); !ok || o.id == "" {
		r.wrong(where+".id", `is missing or no text: give the schema's $id, or a pattern such as "https://events.jupyter.org/*"`)
	}
	o.id = strings.TrimSuffix(o.id, "#")
	switch v := t["version"].(type) {
	case nil:
	case string:
		o.version = v
	case int64:
		o.version = fmt.Sprint(v)
	default:
		r.wrong(where+".version", `is neither a text nor a whole number: write version = "1"`)
	}
	if v, has := t["replace"]; has {
		if o.replace, ok = v.(bool); !ok {
			r.wrong(where+".replace", "is neither true nor false")
		}
	}
	places, ok := t["categories"].(map[string]any)
	if !ok {
		r.wrong(where+".categories", `is missing or no table: write categories = { "/path" = ["user-identifiable-information"] }`)
	}
	for _, pointer := range slices.Sorted(maps.Keys(places)) {
		key := fmt.Sprintf("%s.categories.%q", where, pointer)
		if pointer != "" && pointer[0] != '/' {
			r.wrong(key, fmt.Sprintf("is no JSON pointer into the event (did you mean %q?)", "/"+pointer))
			continue
		}
		if strings.Count(pointer, "/") > maxDepth {
			r.wrong(key, "goes deeper than any event may")
			continue
		}
		list, ok := places[pointer].([]any)
		words := []string{}
		for _, v := range list {
			word, isText := v.(string)
			if ok = ok && isText; ok {
				r.said[short(word)] = true
				words = append(words, resolve(r.aliases, word))
			}
		}
		if !ok {
			r.wrong(key, `is not a list of texts: write ["unrestricted"] or another category`)
		}
		o.categories[pointer] = words
	}
	if len(r.mistakes) > before {
		return nil
	}
	return o
}

func (r *overlayReader) wrong(key, text string) { r.mistake(r.file, "", key+": "+text) }

// known refuses every key but those of the list.
func (r *overlayReader) known(where string, t map[string]any, keys ...string) {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		if slices.Contains(keys, key) {
			continue
		}
		hint := near.Hint(key, keys)
		if hint == "" {
			hint = "; known are " + strings.Join(keys, ", ")
		}
		r.wrong(where+key, "unknown key"+hint)
	}
}

// covers reports whether the overlay speaks of a schema under any of its ids.
func (o *overlay) covers(version string, ids []string) bool {
	return (o.version == "" || o.version == version) &&
		slices.ContainsFunc(ids, func(id string) bool { return MatchID(o.id, id) })
}

// overnode is one step of the pointers of all overlays of one schema.
type overnode struct {
	n       int
	members map[string]*overnode // by member name or index; "*" is star
	star    *overnode
	says    []saying
}

// saying is what one overlay says of one place.
type saying struct {
	of      *overlay
	pointer string
}

// overtree joins the pointers of overlays; nil where there are none.
func overtree(overlays []*overlay) *overnode {
	count := 0
	node := func() *overnode { count++; return &overnode{n: count, members: map[string]*overnode{}} }
	var root *overnode
	for _, o := range overlays {
		for _, pointer := range slices.Sorted(maps.Keys(o.categories)) {
			if root == nil {
				root = node()
			}
			at := root
			for _, t := range tokens(pointer) {
				next := at.members[t]
				if t == "*" {
					next = at.star
				}
				switch {
				case next != nil:
				case t == "*":
					next = node()
					at.star = next
				default:
					next = node()
					at.members[t] = next
				}
				at = next
			}
			at.says = append(at.says, saying{o, pointer})
		}
	}
	return root
}
