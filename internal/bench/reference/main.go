// Command reference does the agent's main job in the plain way, as one would
// write it in an afternoon: bufio, encoding/json, jsonschema v5, delete what
// is denied, Marshal. It is what the benchmark compares the agent with, and
// it is honest: schemas are compiled once, policies are worked out once,
// reading and writing are buffered. It finds no duplicate members, follows no
// file, keeps no position.
//
//	reference SCHEMAS EVENTS OUTPUT=CATEGORY,CATEGORY …
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("reference: ")
	if len(os.Args) < 4 {
		log.Fatal("usage: reference SCHEMAS EVENTS OUTPUT=CATEGORY,CATEGORY …")
	}
	schemas, err := load(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	in, err := os.Open(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	outs, err := openAll(os.Args[3:], schemas)
	if err != nil {
		log.Fatal(err)
	}
	bad, err := run(in, schemas, outs)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bad, "bad lines")
}

func run(in *os.File, schemas map[string]*schema, outs []*output) (bad int, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	for lines.Scan() {
		event, s := check(lines.Bytes(), schemas)
		if s == nil {
			bad++
			continue
		}
		for _, o := range outs {
			record, err := json.Marshal(redact(event, o.plans[s.id]))
			if err != nil {
				return bad, err
			}
			record = append(record, '\n')
			if _, err := o.w.Write(record); err != nil {
				return bad, err
			}
		}
	}
	for _, o := range outs {
		if err := o.w.Flush(); err != nil {
			return bad, err
		}
		if err := o.file.Close(); err != nil {
			return bad, err
		}
	}
	return bad, lines.Err()
}

// schema is one event schema, compiled, and as it was read.
type schema struct {
	id       string
	validate *jsonschema.Schema
	doc      map[string]any
}

func load(dir string) (map[string]*schema, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]*schema{}
	c := jsonschema.NewCompiler()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s := &schema{}
		if err := json.Unmarshal(text, &s.doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		s.id, _ = s.doc["$id"].(string)
		if err := c.AddResource(s.id, bytes.NewReader(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if s.validate, err = c.Compile(s.id); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all[s.id] = s
	}
	return all, nil
}

var envelope = map[string]bool{"__timestamp__": true, "__schema__": true, "__schema_version__": true, "__metadata_version__": true}

// check is the event of a line with its schema, nil where the line is none.
func check(line []byte, schemas map[string]*schema) (map[string]any, *schema) {
	var event map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if d.Decode(&event) != nil || d.More() {
		return nil, nil
	}
	id, _ := event["__schema__"].(string)
	s := schemas[id]
	if s == nil {
		return nil, nil
	}
	own := make(map[string]any, len(event))
	for name, v := range event {
		if !envelope[name] {
			own[name] = v
		}
	}
	if s.validate.Validate(own) != nil {
		return nil, nil
	}
	return event, s
}

// plan says which members of an object go out: a nil plan is a value that
// goes out as it is.
type plan struct {
	members map[string]*plan
	items   *plan
}

type output struct {
	file  *os.File
	w     *bufio.Writer
	plans map[string]*plan
}

func openAll(args []string, schemas map[string]*schema) ([]*output, error) {
	var outs []*output
	for _, arg := range args {
		path, categories, found := strings.Cut(arg, "=")
		if !found {
			return nil, fmt.Errorf("%s: want OUTPUT=CATEGORY,CATEGORY", arg)
		}
		allowed := map[string]bool{"unrestricted": true}
		for c := range strings.SplitSeq(categories, ",") {
			allowed[c] = true
		}
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		o := &output{f, bufio.NewWriterSize(f, 64<<10), map[string]*plan{}}
		for id, s := range schemas {
			p := plans(s.doc, allowed)
			for name := range envelope {
				p.members[name] = nil
			}
			o.plans[id] = p
		}
		outs = append(outs, o)
	}
	return outs, nil
}

// plans works out what of a schema's places may go out.
func plans(doc map[string]any, allowed map[string]bool) *plan {
	p := &plan{}
	if members, _ := doc["properties"].(map[string]any); members != nil {
		p.members = map[string]*plan{}
		for name, v := range members {
			if sub, _ := v.(map[string]any); open(sub, allowed) {
				p.members[name] = plans(sub, allowed)
			}
		}
	}
	if items, _ := doc["items"].(map[string]any); open(items, allowed) {
		p.items = plans(items, allowed)
	}
	return p
}

func open(doc map[string]any, allowed map[string]bool) bool {
	categories, found := doc["categories"].([]any)
	for _, c := range categories {
		name, _ := c.(string)
		if !allowed[strings.TrimPrefix(name, "category.jupyter.org/")] {
			return false
		}
	}
	return found
}

// redact is a copy of v without what p does not let out.
func redact(v any, p *plan) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, m := range v {
			if sub, found := p.sub(name); found {
				out[name] = redact(m, sub)
			}
		}
		return out
	case []any:
		out := []any{}
		if p == nil || p.items == nil {
			return out
		}
		for _, item := range v {
			out = append(out, redact(item, p.items))
		}
		return out
	}
	return v
}

func (p *plan) sub(name string) (*plan, bool) {
	if p == nil {
		return nil, false
	}
	sub, found := p.members[name]
	return sub, found
}
