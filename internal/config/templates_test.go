package config_test

import (
	"fmt"
	"strings"
	"testing"

	"jupyter-events-agent/internal/config"
)

// TestUnreadTemplates: a template that cannot be read is refused, whichever key
// of whichever kind it stands in, once and with what to write instead.
func TestUnreadTemplates(t *testing.T) {
	keys := []struct{ kind, own, use, write string }{
		{"elasticsearch", "urls = ['https://es.example.org:9200']", "index", "index = %q"},
		{"kafka", "brokers = ['kafka.example.org:9092']", "topic", "topic = %q"},
		{"kafka", "brokers = ['kafka.example.org:9092']\ntopic = 'events'", "key", "key = %q"},
		{"loki", "url = 'https://loki.example.org'\nlabels = { job = 'x' }", "tenant", "tenant = %q"},
		{"loki", "url = 'https://loki.example.org'", "labels.a", "labels = { job = 'x', a = %q }"},
	}
	const open, shut, none = `"{" without "}" (write {{ for a brace)`, `"}" without "{" (write }} for a brace)`, `{} names no place (write {{}} for braces)`
	texts := []struct{ text, want string }{
		{"{action", open}, {"logs-{action", open}, {"{action|none", open}, {"a-{action}-{", open},
		{"{}", none}, {"a-{}-b", none}, {"{|none}", none}, {"a}b", shut}, {"{action}}", shut},
	}
	for _, k := range keys {
		for _, c := range texts {
			text := fmt.Sprintf("[[outputs.%s]]\nname = 'x'\npolicy = { categories = [] }\n%s\n%s\n", k.kind, k.own, fmt.Sprintf(k.write, c.text))
			_, err := config.Parse("agent.toml", text, real)
			if want := fmt.Sprintf("agent.toml: outputs.%s \"x\": %s: %s", k.kind, k.use, c.want); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), " "+k.use+":") != 1 {
				t.Errorf("%s = %q: %v; want %s", k.use, c.text, err, want)
			}
		}
	}
}
