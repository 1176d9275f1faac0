package pages

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// value is a JSON value with its members in their order and its scalars as
// they were written.
type value struct {
	kind  byte   // '{', '[', or 0 for a scalar
	text  string // of a scalar
	names []string
	items []*value // members or elements
}

// parse reads JSON that the agent has checked or made.
func parse(b []byte) *value {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return read(d)
}

func read(d *json.Decoder) *value {
	token, err := d.Token()
	if err != nil {
		return &value{text: "null"}
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return &value{text: scalar(token)}
	}
	v := &value{kind: byte(delim)}
	for d.More() {
		if v.kind == '{' {
			name, err := d.Token()
			if err != nil {
				return v
			}
			v.names = append(v.names, name.(string))
		}
		v.items = append(v.items, read(d))
	}
	_, _ = d.Token() // the closing bracket
	return v
}

// scalar is a scalar as JSON that shows no characters that would deceive.
func scalar(token any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(token); err != nil {
		return "null"
	}
	return plain(strings.TrimSuffix(b.String(), "\n"))
}

func (v *value) member(name string) *value {
	if i := slices.Index(v.names, name); i >= 0 {
		return v.items[i]
	}
	return nil
}

func (v *value) equal(w *value) bool {
	return v.kind == w.kind && v.text == w.text && slices.Equal(v.names, w.names) && slices.EqualFunc(v.items, w.items, (*value).equal)
}

// text is one line of an event or record as a page shows it.
type text struct {
	Class  string // "" as in the event; changed, added by the agent, withheld
	Indent int
	Name   string // with quotes; "" for elements and closing brackets
	Text   string
}

// layout lays a value out, line by line.
type layout struct{ lines []text }

func (l *layout) line(class string, indent int, name, says string) {
	if name != "" {
		name = scalar(name)
	}
	l.lines = append(l.lines, text{class, indent, name, says})
}

// lay is a value by itself.
func lay(v *value) []text {
	var l layout
	l.value("", 0, "", v, "")
	return l.lines
}

// value lays out v, all of one class.
func (l *layout) value(class string, indent int, name string, v *value, comma string) {
	if v.kind == 0 {
		l.line(class, indent, name, v.text+comma)
		return
	}
	end := map[byte]string{'{': "}", '[': "]"}[v.kind]
	if len(v.items) == 0 || v.flat() {
		l.line(class, indent, name, v.inline()+comma)
		return
	}
	l.line(class, indent, name, string(v.kind))
	for i, item := range v.items {
		l.value(class, indent+1, v.name(i), item, more(i, len(v.items)))
	}
	l.line(class, indent, "", end+comma)
}

// flat says that a list is short enough for one line.
func (v *value) flat() bool {
	return v.kind == '[' && !slices.ContainsFunc(v.items, func(i *value) bool { return i.kind != 0 })
}

func (v *value) inline() string {
	if v.kind == 0 {
		return v.text
	}
	var parts []string
	for _, item := range v.items {
		parts = append(parts, item.inline())
	}
	return string(v.kind) + strings.Join(parts, ", ") + map[byte]string{'{': "}", '[': "]"}[v.kind]
}

func (v *value) name(i int) string {
	if v.kind == '{' {
		return v.names[i]
	}
	return ""
}

// more is the comma after the i-th of n.
func more(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

// compare lays out what an output gets beside the event that it is of, in the
// event's order: what was withheld keeps its place.
func compare(event, record *value) []text {
	var l layout
	l.compare(0, "", event, record, "")
	return l.lines
}

func (l *layout) compare(indent int, name string, event, record *value, comma string) {
	switch {
	case event.equal(record):
		l.value("", indent, name, record, comma)
	case event.kind == '{' && record.kind == '{':
		l.line("", indent, name, "{")
		left := len(record.items) // without a line yet
		for i, name := range event.names {
			if got := record.member(name); got != nil {
				left--
				l.compare(indent+1, name, event.items[i], got, more(0, left+1))
			} else if name != "__metadata_version__" { // which every record loses, and nobody misses
				l.line("withheld", indent+1, name, "")
			}
		}
		for i, name := range record.names {
			if event.member(name) == nil {
				left--
				l.value("added", indent+1, name, record.items[i], more(0, left+1))
			}
		}
		l.line("", indent, "", "}"+comma)
	case event.kind == '[' && record.kind == '[' && len(event.items) == len(record.items):
		l.line("", indent, name, "[")
		for i := range event.items {
			l.compare(indent+1, "", event.items[i], record.items[i], more(i, len(event.items)))
		}
		l.line("", indent, "", "]"+comma)
	default:
		l.value("changed", indent, name, record, comma)
	}
}

// indent is the value as indented JSON.
func (v *value) indent() string {
	var b strings.Builder
	for _, t := range lay(v) {
		b.WriteString(strings.Repeat("  ", t.Indent))
		if t.Name != "" {
			b.WriteString(t.Name + ": ")
		}
		b.WriteString(t.Text + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
