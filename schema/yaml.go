package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// yamlReader turns YAML into what decodeJSON would give for the same JSON:
// names are strings, dates stay text, numbers are json.Number.
type yamlReader struct {
	values int
	// old collects words that YAML 1.1, which PyYAML reads, takes for booleans.
	old []string
}

// decodeYAML reads every document of a YAML file.
func decodeYAML(text []byte) (docs []any, old []string, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	r := &yamlReader{}
	for {
		var n yaml.Node
		switch err := d.Decode(&n); {
		case errors.Is(err, io.EOF):
			return docs, r.old, nil
		case err != nil:
			return nil, nil, notYAML(text, err)
		}
		v, err := r.value(&n, 0)
		if err != nil {
			return nil, nil, err
		}
		docs = append(docs, v)
	}
}

// notYAML is the reader's error with what it leaves out: that it is in the first
// line, or where the byte is that no text has.
func notYAML(text []byte, err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	if i := bytes.IndexFunc(text, unfit); i >= 0 && (strings.Contains(what, "UTF") || strings.Contains(what, "control characters")) {
		return fmt.Errorf("not YAML: line %d: %s: save it as UTF-8, and take out what no editor shows", bytes.Count(text[:i], []byte("\n"))+1, what)
	}
	if !strings.HasPrefix(what, "line ") {
		what = "line 1: " + what
	}
	return fmt.Errorf("not YAML: %s: see that it is indented evenly and by blanks, that every quote and bracket is closed, and that a text with \": \" in it is in quotes", what)
}

// unfit says whether a character is none that YAML may hold, or no UTF-8.
func unfit(c rune) bool {
	return c == unicode.ReplacementChar || unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' && c != 0x85
}

func (r *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	if r.values++; r.values > maxValues {
		return nil, fmt.Errorf("line %d: more than %d values, anchors counted wherever they are used", n.Line, maxValues)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: nested more than %d deep", n.Line, maxDepth)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0], depth)
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := r.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n, depth)
	case yaml.ScalarNode:
		return r.scalar(n)
	}
	return nil, nil // an empty document
}

// mapping reads a mapping. What a merge key brings in gives way to the
// mapping's own members, and of several merged ones the first counts.
func (r *yamlReader) mapping(n *yaml.Node, depth int) (any, error) {
	object := map[string]any{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: a member name is not a word", key.Line)
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		r.old11(key)
		if _, twice := object[key.Value]; twice {
			return nil, fmt.Errorf("line %d: the member %q stands twice", key.Line, key.Value)
		}
		v, err := r.value(value, depth+1)
		if err != nil {
			return nil, err
		}
		object[key.Value] = v
	}
	for i := 0; i < len(merged); i++ {
		v, err := r.value(merged[i], depth+1)
		if err != nil {
			return nil, err
		}
		from, isList := v.([]any)
		if !isList {
			from = []any{v}
		}
		for _, f := range from {
			members, ok := f.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("line %d: << needs a mapping", merged[i].Line)
			}
			for name, v := range members {
				if _, own := object[name]; !own {
					object[name] = v
				}
			}
		}
	}
	return object, nil
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func (r *yamlReader) scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		return b, n.Decode(&b)
	case "!!str", "!!timestamp":
		r.old11(n)
		return n.Value, nil
	case "!!int", "!!float":
		if jsonNumber.MatchString(n.Value) {
			return json.Number(n.Value), nil
		}
		if whole, ok := new(big.Int).SetString(strings.ReplaceAll(strings.TrimPrefix(n.Value, "+"), "_", ""), 0); ok {
			return json.Number(whole.String()), nil
		}
		var f float64
		if err := n.Decode(&f); err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return nil, fmt.Errorf("line %d: a number that JSON does not have", n.Line)
		}
		return json.Number(strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return nil, fmt.Errorf("line %d: the tag %s means nothing in a schema", n.Line, n.ShortTag())
}

// old11 notes a plain word that PyYAML reads as a boolean and this as text.
func (r *yamlReader) old11(n *yaml.Node) {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return
	}
	switch strings.ToLower(n.Value) {
	case "yes", "no", "on", "off":
		r.old = append(r.old, fmt.Sprintf("line %d: the word %s is read as text, which PyYAML reads as a boolean; write it in quotes", n.Line, n.Value))
	}
}
