package elasticsearch

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// TestProduct: only what says that it is Elasticsearch is taken for it, and
// OpenSearch says nothing.
func TestProduct(t *testing.T) {
	s := newStandIn(t)
	s.opensearch = true
	config := testConfig(s.URL)
	batch := newMaker(t, config, filters.Policy{}).of(`"n": 1`)
	o := mustOpen(t, config)
	for range 2 {
		for what, err := range map[string]error{"Write": o.Write(t.Context(), batch), "Probe": o.Probe(t.Context())} {
			if !outputs.IsRefused(err) || !strings.Contains(err.Error(), `product = "opensearch"`) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	config.Product = productOpenSearch
	o = mustOpen(t, config)
	if err := o.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	if err := o.Write(t.Context(), batch); err != nil {
		t.Error(err)
	}
	if len(s.docs) != 1 {
		t.Errorf("%d documents", len(s.docs))
	}
}

func TestProbe(t *testing.T) {
	s := newStandIn(t)
	config := testConfig(s.URL)
	o := mustOpen(t, config)
	for _, step := range []struct {
		change func()
		says   string // "": ready
	}{
		{func() {}, ""},
		{func() { s.there = false }, "there is no data stream logs-jupyter.events-default and no index template to make it by: run `jupyter-events-agent setup elasticsearch --output elk --apply`"},
		{func() { s.template = "{}" }, ""},
		{func() { s.whole = status(403, `{"error":{"type":"security_exception"}}`) }, ""}, // it may not look, which is right
		{func() { s.whole = status(401, "") }, "asks for a login"},
		{func() {
			s.whole = privileges(`{"has_all_requested":false,"index":{"logs-jupyter.events-default":{"create_doc":false}}}`)
		}, "give it the privileges auto_configure and create_doc"},
		{func() {
			s.whole = privileges(`{"has_all_requested":true,"index":{"logs-jupyter.events-default":{"create_doc":true}}}`)
		}, ""},
		{func() { s.whole = status(200, "<html>") }, "not JSON"},
		{func() { s.whole = status(503, "") }, "503"},
		{func() { s.Close() }, "connection refused"},
	} {
		s.set(step.change)
		err := o.Probe(t.Context())
		if step.says == "" && err != nil || step.says != "" && (err == nil || !strings.Contains(err.Error(), step.says)) {
			t.Errorf("%v; want %q", err, step.says)
		}
	}
	if len(s.docs) > 0 {
		t.Error("Probe sends documents")
	}
}

// privileges answers only what the login may.
func privileges(answer string) func(http.ResponseWriter, *http.Request, int) bool {
	return func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if !strings.HasSuffix(r.URL.Path, "/_has_privileges") {
			return false
		}
		_, _ = w.Write([]byte(answer))
		return true
	}
}

func TestInstall(t *testing.T) {
	s := newStandIn(t)
	config := testConfig(s.URL)
	template := config.Template("elk", newMaker(t, config, filters.Policy{}).Filter)
	other := config.Template("elk", newMaker(t, config, filters.Policy{Categories: []string{"user-identifier"}}).Filter)
	const at = "index template jupyter-events-agent-logs-jupyter.events-default: "
	for _, step := range []struct {
		change   func()
		template Template
		says     []string
		fails    string
	}{
		{func() { s.there = false }, template, []string{at + "installed", "the data stream logs-jupyter.events-default is made with the first record"}, ""},
		{func() { s.there = true }, template, []string{at + "is as it should be"}, ""},
		{func() {}, other, []string{at + "replaced", "the data stream logs-jupyter.events-default is there already and keeps its mapping until its next rollover: POST /logs-jupyter.events-default/_rollover"}, ""},
		{func() { s.whole = status(403, "") }, template, nil, "manage_index_templates"},
		{func() { s.whole = onlyPut(403, "") }, template, nil, "manage_index_templates"},
		{func() { s.whole = onlyPut(400, `{"error":{"type":"illegal_argument_exception","reason":"canary"}}`) }, template, nil, "status 400 (illegal_argument_exception)"},
		{func() { s.whole = status(401, "") }, template, nil, "asks for a login"},
		{func() { s.whole = status(500, "") }, template, nil, "500"},
	} {
		s.set(step.change)
		said, err := config.Install(t.Context(), step.template)
		if strings.Join(said, "\n") != strings.Join(step.says, "\n") || step.fails == "" && err != nil ||
			step.fails != "" && (err == nil || !strings.Contains(err.Error(), step.fails) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%q, %v; want %q, %q", said, err, step.says, step.fails)
		}
	}
}

func onlyPut(code int, body string) func(http.ResponseWriter, *http.Request, int) bool {
	return func(w http.ResponseWriter, r *http.Request, items int) bool {
		return r.Method == http.MethodPut && status(code, body)(w, r, items)
	}
}

// TestMappingOfConflicts: where schemas differ the mapping takes what any of
// them allows.
func TestMappingOfConflicts(t *testing.T) {
	place := func(kind string) string {
		return `{"$id": "https://x.test/` + kind + `", "version": "1", "type": "object", "properties": {"p": {"categories": ["unrestricted"], ` + kind + `}}}`
	}
	const (
		text, whole, number, truth = `"type": "string"`, `"type": "integer"`, `"type": "number"`, `"type": "boolean"`
		thing                      = `"type": "object", "properties": {"q": {"type": "string"}}`
	)
	for _, c := range []struct {
		types []string
		want  string
	}{
		{[]string{whole}, `{"type":"long","ignore_malformed":true}`},
		{[]string{whole, number}, `{"type":"double","ignore_malformed":true}`},
		{[]string{truth}, `{"type":"boolean"}`},
		{[]string{truth, whole}, `{"type":"keyword","ignore_above":1024}`},
		{[]string{text, whole}, `{"type":"keyword","ignore_above":1024}`},
		{[]string{`"type": ["integer", "string", "null"]`}, `{"type":"keyword","ignore_above":1024}`},
		{[]string{thing}, `{"properties":{"q":{"type":"keyword","ignore_above":1024}}}`},
		{[]string{thing, thing + `, "required": ["q"]`, `"type": "array", "items": {` + thing + `}`}, `{"properties":{"q":{"type":"keyword","ignore_above":1024}}}`},
		{[]string{thing, text}, `{"type":"object","enabled":false}`},
		{[]string{`"type": ["object", "string"]`}, `{"type":"object","enabled":false}`},
		{[]string{`"type": "object"`}, `{"type":"object"}`},
		{[]string{`"description": "anything"`}, `{"type":"object","enabled":false}`},
		{[]string{`"type": "array"`}, `{"type":"object","enabled":false}`},
		{[]string{`"type": "array", "items": {"type": "integer"}`}, `{"type":"long","ignore_malformed":true}`},
		{[]string{`"type": "null"`}, `null`},
	} {
		var schemas []string
		for i, kind := range c.types {
			schemas = append(schemas, strings.Replace(place(kind), "https://x.test/"+kind, "https://x.test/"+string(rune('a'+i)), 1))
		}
		config := testConfig("http://127.0.0.1:1")
		all := properties(newMaker(t, config, filters.Policy{}, schemas...).Filter.Outgoing())
		got, err := json.Marshal(all["p"])
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s; want %s", c.types, got, c.want)
		}
	}
}

// TestTemplateNames: names that Elasticsearch does not take are not mapped,
// and a wide schema raises the limit of fields.
func TestTemplateNames(t *testing.T) {
	var wide, odd []string
	for _, name := range []string{"", " ", ".", "a..b", ".c", "d.", "ok", "x.y.z", "__mine__", "_id"} {
		odd = append(odd, `"`+name+`": {"type": "string", "categories": ["unrestricted"]}`)
	}
	for i := range 1500 {
		wide = append(wide, `"f`+strings.Repeat("i", i)+`": {"type": "string", "categories": ["unrestricted"]}`)
	}
	config := testConfig("http://127.0.0.1:1")
	of := func(members []string) map[string]*field {
		return properties(newMaker(t, config, filters.Policy{}, `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {`+strings.Join(members, ",")+`}}`).Filter.Outgoing())
	}
	all := of(odd)
	for name := range own() {
		delete(all, name)
	}
	if len(all) != 2 || all["ok"] == nil || all["x"].Properties["y"].Properties["z"] == nil {
		got, _ := json.Marshal(all)
		t.Errorf("%s", got)
	}
	if n := count(of(wide)); n < 1500 {
		t.Errorf("%d fields", n)
	}
	m := newMaker(t, config, filters.Policy{}, `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {`+strings.Join(wide, ",")+`}}`)
	if body := string(config.Template("elk", m.Filter).Body); !strings.Contains(body, `"limit": 16`) {
		t.Error(body[len(body)-300:])
	}
}
