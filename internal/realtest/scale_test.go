//go:build real

package realtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/corpus"
	"jupyter-events-agent/internal/servers"
)

// TestRealScalePage runs the two configurations of docs/scale.md, with this
// test's addresses and folders in the place of the page's.
func TestRealScalePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	k, elastic := servers.Kafka(t), servers.Elasticsearch(t, servers.HTTPS)
	k.Topic(t, "jupyter-events", 12, nil)
	dir := t.TempDir()
	schemas := filepath.Join(dir, "schemas")
	if err := corpus.WriteSchemas(schemas); err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer(
		`["kafka-1.example.org:9093", "kafka-2.example.org:9093"]`, fmt.Sprintf("[%q]", k.SASL),
		"https://elastic-1.example.org:9200", elastic.URL,
		`"/etc/jupyter-events-agent/kafka-ca.pem"`, fmt.Sprintf("%q", k.CAFile),
		`"/etc/jupyter-events-agent/elastic-ca.pem"`, fmt.Sprintf("%q", elastic.CAFile),
		`api_key_file = "/etc/jupyter-events-agent/elastic-api-key"`, fmt.Sprintf("username = %q\npassword_file = %q", elastic.User, filepath.Join(dir, "elastic-password")),
		"/etc/jupyter-events-agent/kafka-password", filepath.Join(dir, "kafka-password"),
		"/etc/jupyter-events-agent/id.key", filepath.Join(dir, "id.key"),
		`username = "edge"`, fmt.Sprintf("username = %q", k.User), `username = "aggregator"`, fmt.Sprintf("username = %q", k.User),
		"/var/log/jupyterhub", filepath.Join(dir, "log"),
		"/srv/archive", dir,
	)
	configs := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```toml\n# ([a-z]+).toml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		text := strings.ReplaceAll(here.Replace(block[2]), "/var/lib/jupyter-events-agent", filepath.Join(dir, block[1]))
		file := filepath.Join(dir, block[1]+".toml")
		// Only what is before the first table belongs to the agent.
		put(t, file, strings.Replace(text, "\n[[", fmt.Sprintf("\n[schemas]\npaths = [%q]\n\n[[", schemas), 1))
		configs[block[1]] = file
	}
	if len(configs) != 2 {
		t.Fatalf("the page has %d configurations", len(configs))
	}
	put(t, filepath.Join(dir, "kafka-password"), k.Password)
	put(t, filepath.Join(dir, "elastic-password"), elastic.Password)
	var log strings.Builder
	g := corpus.New(corpus.Options{Start: time.Now().Add(-time.Hour)})
	const events = 1000
	for range events {
		log.Write(g.Next().Good)
		log.WriteByte('\n')
	}
	if err := os.Mkdir(filepath.Join(dir, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "log", "events.log"), log.String())
	for _, args := range [][]string{
		{"check", "--connect", "--config", configs["edge"]},
		{"run", "--once", "--timeout", "1m", "--config", configs["edge"]},
		{"setup", "elasticsearch", "--apply", "--config", configs["aggregator"]},
		{"check", "--connect", "--config", configs["aggregator"]},
		{"run", "--once", "--timeout", "1m", "--config", configs["aggregator"]},
	} {
		c, said := command(args...)
		if err := c.Run(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, tail(said.String(), 20))
		}
	}
	ids := map[string]bool{}
	eachLine(t, filepath.Join(dir, "jupyter-events.ndjson"), func(_ int, line []byte) {
		var record struct {
			ID       string   `json:"__event_id__"`
			Redacted []string `json:"__redacted__"`
		}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatal(err)
		}
		ids[record.ID] = true
	})
	if len(ids) != events {
		t.Errorf("%d of %d events are in the archive", len(ids), events)
	}
	if kept := faults(t, filepath.Join(dir, "aggregator")); len(kept) > 0 {
		t.Errorf("%d records are in the quarantine: %+v", len(kept), kept[0])
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
