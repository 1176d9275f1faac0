package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/internal/jsonscan"
)

// Document is one schema document.
type Document struct {
	ID   string // as events and references name it, without a trailing '#'; "" for none
	File string // where it was read, for errors
	Root any    // decoded JSON, numbers as json.Number; never changed
}

// Compiler compiles the schemas of one registry. Not for several goroutines.
type Compiler struct {
	names *jsonscan.Names
	docs  []Document
}

// NewCompiler makes a Compiler of docs, which may refer to one another by ID;
// of several with the same ID the first is found. Compile adds to names.
func NewCompiler(names *jsonscan.Names, docs []Document) *Compiler {
	return &Compiler{names: names, docs: docs}
}

// Compile compiles docs[doc]. The error names the file, JSON pointers into it
// and what to do.
func (c *Compiler) Compile(doc int) (*Validator, error) { return c.compile(doc, nil) }

// compile is Compile; relax is what is done to what v5 made, nil for nothing.
func (c *Compiler) compile(doc int, relax func(*jsonschema.Schema)) (*Validator, error) {
	if relax == nil {
		relax = func(*jsonschema.Schema) {}
	}
	d := &c.docs[doc]
	s, err := c.judge(doc, nil)
	if err != nil {
		return nil, d.explain(err)
	}
	relax(s)
	w := &walk{seen: map[*jsonschema.Schema]bool{}, known: map[string]bool{}}
	w.schema(s)
	if cycle := w.cycle(); cycle != nil {
		return nil, fmt.Errorf("schema %s: %s refers back to itself without going deeper into the event: "+
			"put properties or items between the $ref and what it refers to", d.name(), fragment(cycle.Location))
	}
	v := &Validator{judge: s, known: w.known}
	if w.foreign {
		if w.recursive() {
			v.limit = &limit{}
			if v.judge, err = c.judge(doc, v.limit); err != nil {
				return nil, d.explain(err)
			}
			relax(v.judge)
		}
		return v, c.addNames(d, w.known)
	}
	t := &translation{names: c.names, groups: map[*jsonschema.Schema]*group{}}
	v.root = t.group(s)
	t.rulesOf()
	v.slots, v.recursive = t.slots(v.root)
	if t.full {
		return nil, errFull(d)
	}
	return v, nil
}

func (c *Compiler) addNames(d *Document, known map[string]bool) error {
	for _, name := range sorted(known) {
		if c.names.Add(name) == 0 {
			return errFull(d)
		}
	}
	return nil
}

func errFull(d *Document) error {
	return fmt.Errorf("schema %s: all schemas together have more than %d member names: load fewer schemas",
		d.name(), jsonscan.MaxNames)
}

// judge has v5 compile docs[doc], with a limit or nil.
func (c *Compiler) judge(doc int, l *limit) (s *jsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("it cannot be compiled (%v)", r)
		}
	}()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft7
	compiler.AssertFormat = true
	compiler.Formats = asserted()
	compiler.LoadURL = c.load
	if l != nil {
		compiler.RegisterExtension("effort", nil, l)
	}
	at := c.docs[doc].url()
	text, err := c.docs[doc].encode()
	if err != nil {
		return nil, err
	}
	if err := compiler.AddResource(at, bytes.NewReader(text)); err != nil {
		return nil, err
	}
	return compiler.Compile(at)
}

// errNotHere is a reference to a document that is not among the given ones.
type errNotHere struct{ url string }

func (e *errNotHere) Error() string { return "no schema with the id " + e.url + " is known" }

// load is all that v5 can reach: the other documents.
func (c *Compiler) load(at string) (io.ReadCloser, error) {
	for i := range c.docs {
		if d := &c.docs[i]; d.url() == at || d.ownID() == at {
			text, err := d.encode()
			if err != nil {
				return nil, err
			}
			return io.NopCloser(bytes.NewReader(text)), nil
		}
	}
	return nil, &errNotHere{at}
}

// url is the document's address for v5. Ids that are no URI (older JupyterHubs
// have hub.jupyter.org/server-action) get a scheme, or v5 would make them
// paths of files.
func (d *Document) url() string {
	id, _, _ := strings.Cut(d.ID, "#")
	if u, err := url.Parse(id); err == nil && u.IsAbs() {
		return id
	}
	return (&url.URL{Scheme: "schema", Path: "/" + id}).String()
}

// ownID is the absolute id that the document gives itself, "" for none.
func (d *Document) ownID() string {
	root, _ := d.Root.(map[string]any)
	for _, keyword := range []string{"$id", "id"} {
		id, _ := root[keyword].(string)
		if u, err := url.Parse(id); err == nil && u.IsAbs() {
			id, _, _ = strings.Cut(id, "#")
			return id
		}
	}
	return ""
}

// encode writes the document for v5, with an id that is an address.
func (d *Document) encode() ([]byte, error) {
	root := d.Root
	if m, ok := root.(map[string]any); ok && d.ownID() == "" {
		own := make(map[string]any, len(m))
		for k, v := range m {
			own[k] = v
		}
		for _, keyword := range []string{"$id", "id"} {
			if id, ok := m[keyword].(string); ok && !strings.HasPrefix(id, "#") {
				own[keyword] = d.url()
			}
		}
		root = own
	}
	if at, ok := oversized(root, ""); !ok {
		return nil, &errAt{at, fmt.Sprintf("a number of more than %d characters or with an exponent beyond ±%d: "+
			"write a smaller one", jsonscan.MaxNumber, jsonscan.MaxExponent)}
	}
	text, err := json.Marshal(root)
	if err != nil {
		return nil, fmt.Errorf("it cannot be written as JSON: %w", err)
	}
	return text, nil
}

// oversized finds a number whose arithmetic would cost too much.
func oversized(v any, at string) (pointer string, ok bool) {
	switch v := v.(type) {
	case json.Number:
		return at, numberFits(string(v))
	case []any:
		for i, item := range v {
			if at, ok := oversized(item, fmt.Sprintf("%s/%d", at, i)); !ok {
				return at, false
			}
		}
	case map[string]any:
		for k, item := range v {
			if at, ok := oversized(item, at+"/"+escape(k)); !ok {
				return at, false
			}
		}
	}
	return "", true
}

func numberFits(text string) bool {
	if len(text) > jsonscan.MaxNumber {
		return false
	}
	_, exp, ok := strings.Cut(strings.ToLower(text), "e")
	exp = strings.TrimLeft(strings.TrimLeft(exp, "+-"), "0")
	if !ok || len(exp) < 3 {
		return true
	}
	return len(exp) == 3 && exp <= fmt.Sprint(jsonscan.MaxExponent)
}

// errAt is a mistake at a JSON pointer into the document.
type errAt struct{ pointer, what string }

func (e *errAt) Error() string { return e.pointer + ": " + e.what }

func isUnresolved(err error) (*errNotHere, bool) {
	var e *errNotHere
	return e, errors.As(err, &e)
}
