package elasticsearch

import (
	"bytes"
	"encoding/json"
	"strings"

	"jupyter-events-agent/filters"
)

// Template is an index template.
type Template struct {
	Name string
	Body []byte // JSON, indented, with a line end
}

// The priority of the template: above those that come with Elasticsearch
// (logs-*-* has 100), as its documentation says for own ones.
const priority = 500

// The limit of fields that an index has where nothing is said, and how many
// more than there are may come to be.
const (
	fieldsLimit = 1000
	fieldsRoom  = 100
)

// Template is the index template for the records that a filter lets out: the
// mapping of every property that the schemas declare and the policy permits,
// and dynamic: false for the rest, so that no event can add to it. output is
// the output's name. The same configuration gives the same bytes.
func (c *Config) Template(output string, f *filters.Filter) Template {
	pattern := indexPattern(c.index())
	type index map[string]any
	fields := properties(f.Outgoing())
	settings := index{"codec": "best_compression"}
	if n := count(fields); n+fieldsRoom > fieldsLimit {
		settings["mapping"] = map[string]any{"total_fields": map[string]any{"limit": n + fieldsRoom}}
	}
	body := map[string]any{
		"index_patterns": []string{pattern},
		"data_stream":    map[string]any{},
		"priority":       priority,
		"template": map[string]any{
			"settings": map[string]any{"index": settings},
			"mappings": map[string]any{"dynamic": false, "properties": fields},
		},
		"_meta": map[string]any{
			"description": "made by jupyter-events-agent setup elasticsearch from the schemas and the policy of its output; made anew, it is overwritten",
			"managed_by":  madeBy,
			"output":      output,
		},
	}
	if c.Product == productElasticsearch {
		body["allow_auto_create"] = true // also where action.auto_create_index is off
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(body) // maps of texts and numbers always encode
	return Template{Name: madeBy + "-" + strings.ReplaceAll(pattern, "*", "_"), Body: text.Bytes()}
}

const madeBy = "jupyter-events-agent"
