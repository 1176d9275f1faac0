//go:build real

package elasticsearch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"jupyter-events-agent/internal/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

var streams atomic.Int64

// newStream is the name of a data stream that no other test has, with a template
// that indexes nothing but the numbers of the records.
func newStream(t testing.TB, s *servers.ElasticsearchServer, dynamic string) string {
	t.Helper()
	name := fmt.Sprintf("logs-t%d-test", streams.Add(1))
	put(t, s, "/_index_template/"+name, `{"index_patterns": ["`+name+`"], "data_stream": {}, "priority": 600,
		"template": {"mappings": {"dynamic": "`+dynamic+`", "properties": {"@timestamp": {"type": "date"}, "n": {"type": "long"}}}}}`)
	return name
}

func put(t testing.TB, s *servers.ElasticsearchServer, path, body string) {
	t.Helper()
	if status, answer := s.Do(t, http.MethodPut, path, body); status != http.StatusOK {
		t.Fatalf("PUT %s: status %d: %s", path, status, answer)
	}
}

// stored are the documents of a data stream or index in the order in which
// they were written.
func stored(t testing.TB, s *servers.ElasticsearchServer, name string) (docs []document) {
	t.Helper()
	if status, _ := s.Do(t, http.MethodPost, "/"+name+"/_refresh", ""); status == http.StatusNotFound {
		return nil
	}
	var hits struct {
		Hits struct {
			Hits []struct {
				ID     string          `json:"_id"`
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	status, answer := s.Do(t, http.MethodPost, "/"+name+"/_search", `{"size": 10000, "sort": [{"_seq_no": "asc"}]}`)
	if err := json.Unmarshal(answer, &hits); err != nil || status != http.StatusOK {
		t.Fatalf("search: status %d: %s", status, answer)
	}
	for _, h := range hits.Hits.Hits {
		docs = append(docs, document{index: name, id: h.ID, source: string(h.Source)})
	}
	return docs
}

// writer is the configuration with all that is needed for shipping: a key that
// may create documents and nothing else.
func writer(t testing.TB, s *servers.ElasticsearchServer) *Config {
	t.Helper()
	c := testConfig(s.URL)
	if s.CAFile != "" {
		c.TLS.CAFile = s.CAFile
		c.APIKeyFile = secret(t, s.NewAPIKey(t, `{"ship": {"indices": [{"names": ["logs-*-*"], "privileges": ["auto_configure", "create_doc"]}]}}`))
	}
	return c
}

// admin is the configuration of who sets the server up.
func admin(t testing.TB, s *servers.ElasticsearchServer) *Config {
	t.Helper()
	c := testConfig(s.URL)
	if s.CAFile != "" {
		c.TLS.CAFile, c.Username, c.PasswordFile = s.CAFile, s.User, secret(t, s.Password)
	}
	return c
}

func secret(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestRealAnswers holds what the stand-in answers against what the real one
// does.
func TestRealAnswers(t *testing.T) {
	s := servers.Elasticsearch(t)
	name := newStream(t, s, "strict")
	const query = "/_bulk?filter_path=errors,items.*.status,items.*.error.type"
	line := func(id, source string) string {
		return `{"create":{"_id":"` + strings.Repeat(id, 32) + `"}}` + "\n" + source + "\n"
	}
	const good, bad = `{"@timestamp":"2026-11-22T15:52:31.000005Z","n":1}`, `{"@timestamp":"2026-11-22T15:52:31.000005Z","n":"x"}`
	for _, c := range []struct{ body, want string }{
		{line("a", good) + line("b", good), `{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}`},
		{line("a", good) + line("c", bad), `{"errors":true,"items":[{"create":{"status":409,"error":{"type":"version_conflict_engine_exception"}}},{"create":{"status":400,"error":{"type":"document_parsing_exception"}}}]}`},
		{line("d", `{"@timestamp":"2026-11-22T15:52:31.000005Z","other":1}`), `{"errors":true,"items":[{"create":{"status":400,"error":{"type":"strict_dynamic_mapping_exception"}}}]}`},
	} {
		status, answer := s.Do(t, http.MethodPost, "/"+name+query, c.body)
		if status != http.StatusOK || string(answer) != c.want {
			t.Errorf("status %d: %s\nwant %s", status, answer, c.want)
		}
	}
	if status, answer := s.Do(t, http.MethodGet, "/_security/user/_has_privileges", ""); status != http.StatusBadRequest {
		t.Errorf("status %d: %s", status, answer)
	}
	if status, answer := s.Do(t, http.MethodPost, "/_index_template/_simulate_index/nothing-of-this-name", ""); status != http.StatusOK || string(answer) != "{}" {
		t.Errorf("status %d: %s", status, answer)
	}
}
