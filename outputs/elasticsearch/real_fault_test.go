//go:build real

package elasticsearch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/outputs"
)

// refused sees that an error is one that says who has to do what, and that
// nothing is given up.
func refused(t *testing.T, err error, says ...string) {
	t.Helper()
	var partial *outputs.PartialError
	if errors.As(err, &partial) && len(partial.Rejected) > 0 || outputs.IsPermanent(err) || !outputs.IsRefused(err) {
		t.Errorf("%v: want outputs.Refused", err)
	}
	says = append(says, "127.0.0.1:")
	for _, s := range says {
		if err != nil && !strings.Contains(err.Error(), s) {
			t.Errorf("%v: want %q in it", err, s)
		}
	}
}

// later sees that an error is one after which the batch is sent again.
func later(t *testing.T, err error, says string) {
	t.Helper()
	var partial *outputs.PartialError
	if err == nil || errors.As(err, &partial) || outputs.IsPermanent(err) || outputs.IsRefused(err) || errors.Is(err, outputs.ErrTooLarge) || !strings.Contains(err.Error(), says) {
		t.Errorf("%v: want an error that is tried again and says %q", err, says)
	}
}

func TestRealLogin(t *testing.T) {
	s := servers.Elasticsearch(t, servers.HTTPS)
	stream := newStream(t, s, "false")
	right := func() *Config { c := writer(t, s); c.Index = stream; return c }
	m := newMaker(t, right(), filters.Policy{})
	for name, c := range map[string]struct {
		change func(*Config)
		probe  string
		write  string
	}{
		"wrong key":      {func(c *Config) { c.APIKeyFile = secret(t, "bm90OmF0YWxs") }, "status 401 (Unauthorized): the service refused the login: check api_key_file", "check api_key_file"},
		"wrong password": {func(c *Config) { c.APIKeyFile, c.Username, c.PasswordFile = "", "elastic", secret(t, "wrong") }, "status 401 (Unauthorized): the service refused the password: check username and password_file", "check username and password_file"},
		"no login":       {func(c *Config) { c.APIKeyFile = "" }, "status 401 (Unauthorized): the service asks for a login", "the service asks for a login"},
		"a key that may not write there": {func(c *Config) {
			c.APIKeyFile = secret(t, s.NewAPIKey(t, `{"x": {"indices": [{"names": ["other"], "privileges": ["create_doc"]}]}}`))
		}, "the login may not write to " + stream + ": give it the privileges auto_configure and create_doc", "privileges auto_configure and create_doc on"},
		"a key that may only read": {func(c *Config) {
			c.APIKeyFile = secret(t, s.NewAPIKey(t, `{"x": {"cluster": ["monitor"], "indices": [{"names": ["logs-*"], "privileges": ["read"]}]}}`))
		}, "the login may not write to " + stream, "privileges auto_configure and create_doc on"},
	} {
		t.Run(name, func(t *testing.T) {
			config := right()
			c.change(config)
			o := mustOpen(t, config)
			refused(t, o.Write(t.Context(), m.of(`"n": 1`, `"n": 2`)), c.write)
			refused(t, o.Probe(t.Context()), c.probe)
		})
	}
	t.Run("another authority", func(t *testing.T) {
		config := right()
		config.TLS.CAFile = s.OtherCAFile
		o := mustOpen(t, config)
		const says = "the server's certificate is signed by an unknown authority: set tls.ca_file"
		refused(t, o.Write(t.Context(), m.of(`"n": 1`)), says)
		refused(t, o.Probe(t.Context()), says)
	})
	t.Run("http to https", func(t *testing.T) {
		config := right()
		config.URLs = []string{strings.Replace(s.URL, "https", "http", 1)}
		later(t, mustOpen(t, config).Probe(t.Context()), "127.0.0.1")
	})
	t.Run("the key becomes right while it runs", func(t *testing.T) {
		config := right()
		key, err := os.ReadFile(config.APIKeyFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(config.APIKeyFile, []byte("bm90OmF0YWxs"), 0o600); err != nil {
			t.Fatal(err)
		}
		o := mustOpen(t, config)
		batch := m.of(`"n": 1`, `"n": 2`)
		refused(t, o.Write(t.Context(), batch))
		if err := os.WriteFile(config.APIKeyFile, key, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := o.Write(t.Context(), batch); err != nil {
			t.Error(err)
		}
		if err := o.Probe(t.Context()); err != nil {
			t.Error(err)
		}
		if docs := stored(t, s, stream); len(docs) != 2 {
			t.Errorf("%d documents", len(docs))
		}
	})
}

func TestRealMapping(t *testing.T) {
	s := servers.Elasticsearch(t)
	c := writer(t, s)
	c.Index = newStream(t, s, "strict")
	m := newMaker(t, c, filters.Policy{Metadata: []string{}})
	put(t, s, "/_index_template/"+c.Index, `{"index_patterns": ["`+c.Index+`"], "data_stream": {}, "priority": 600, "template": {"mappings": {"dynamic": "strict", "properties": {
		"@timestamp": {"type": "date"}, "event": {"properties": {"dataset": {"type": "keyword"}}}, "n": {"type": "long"}, "text": {"type": "long"},
		"__schema__": {"type": "keyword"}, "__schema_version__": {"type": "keyword"}, "__timestamp__": {"type": "date"}}}}}`)
	o := mustOpen(t, c)
	err := o.Write(t.Context(), m.of(`"n": 1`, `"text": "canary"`, `"n": 2`, `"inner": {"event": "canary"}`, `"n": 3`))
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) > 0 || !slices.Equal(partial.Rejected, []outputs.Rejection{
		{Index: 1, Class: "document_parsing_exception"}, {Index: 3, Class: "strict_dynamic_mapping_exception"}}) {
		t.Errorf("%+v", err)
	}
	if docs := stored(t, s, c.Index); len(docs) != 3 {
		t.Errorf("%d documents", len(docs))
	}
}

func TestRealNoTemplate(t *testing.T) {
	s := servers.Elasticsearch(t)
	c := writer(t, s)
	c.Index = "logs-untold-test"
	o := mustOpen(t, c)
	m := newMaker(t, c, filters.Policy{})
	refused(t, o.Probe(t.Context()), "there is no data stream logs-untold-test and no index template to make it by", "setup elasticsearch --output elk --apply")
	wider := newMaker(t, c, filters.Policy{Categories: []string{"user-identifier"}})
	for _, step := range []struct {
		m    maker
		says string
	}{{m, "installed"}, {m, "is as it should be"}, {wider, "replaced"}, {m, "replaced"}} {
		if said, err := admin(t, s).with(c).Install(t.Context(), c.Template("elk", step.m.Filter)); err != nil || !strings.HasSuffix(said[0], ": "+step.says) {
			t.Fatal(said, err)
		}
	}
	if err := o.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	if err := o.Write(t.Context(), m.of(`"n": 1, "action": "start"`, `"n": 2, "action": "stop", "text": "x"`, `"n": 3`)); err != nil {
		t.Error(err)
	}
	if err := o.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	stored(t, s, c.Index)
	if status, answer := s.Do(t, http.MethodPost, "/"+c.Index+"/_count", `{"query": {"bool": {"filter": [{"term": {"event.action": "start"}}, {"term": {"event.dataset": "untold"}},
		{"term": {"n": 1}}, {"term": {"action": "start"}}, {"range": {"@timestamp": {"gte": "2026-11-22T15:52:31Z", "lt": "2026-11-22T15:52:32Z"}}}]}}}`); status != http.StatusOK || !strings.HasPrefix(string(answer), `{"count":1,`) {
		t.Errorf("status %d: %s", status, answer)
	}
	if _, answer := s.Do(t, http.MethodGet, "/"+c.Index+"/_mapping", ""); strings.Contains(string(answer), `"who"`) || !strings.Contains(string(answer), `"dynamic":"false"`) {
		t.Errorf("the mapping is %s", answer)
	}
	said, err := admin(t, s).with(c).Install(t.Context(), c.Template("elk", wider.Filter))
	if err != nil || len(said) != 2 || !strings.Contains(said[1], "next rollover") {
		t.Error(said, err)
	}
}

// with is who sets up what another ships.
func (c *Config) with(what *Config) *Config { c.Index, c.Product = what.Index, what.Product; return c }

// narrow is a server that makes no index by itself and takes small requests.
func narrow(t *testing.T) *servers.ElasticsearchServer {
	return servers.Elasticsearch(t, servers.Setting("action.auto_create_index: false"), servers.Setting("http.max_content_length: 64kb"))
}

func TestRealNoAutoCreate(t *testing.T) {
	s := narrow(t)
	c := writer(t, s)
	o := mustOpen(t, c)
	m := newMaker(t, c, filters.Policy{})
	batch := m.of(`"n": 1`, `"n": 2`)
	refused(t, o.Write(t.Context(), batch), "status 404 (index_not_found_exception) for records of index logs-jupyter.events-default", "setup elasticsearch --output elk --apply")
	if _, err := c.Install(t.Context(), c.Template("elk", m.Filter)); err != nil {
		t.Fatal(err)
	}
	if err := o.Write(t.Context(), batch); err != nil {
		t.Error(err)
	}
	if docs := stored(t, s, c.Index); len(docs) != 2 {
		t.Errorf("%d documents", len(docs))
	}
}

func TestRealTooLarge(t *testing.T) {
	s := narrow(t)
	c := writer(t, s)
	c.Index = newStream(t, s, "false")
	o := mustOpen(t, c)
	m := newMaker(t, c, filters.Policy{})
	long := `"text": "` + strings.Repeat("x", 40_000) + `"`
	batch := m.of(long, long)
	if err := o.Write(t.Context(), batch); !errors.Is(err, outputs.ErrTooLarge) {
		t.Fatalf("%v: want ErrTooLarge", err)
	}
	for i := range batch {
		if err := o.Write(t.Context(), batch[i:i+1]); err != nil {
			t.Error(err)
		}
	}
	if docs := stored(t, s, c.Index); len(docs) != 2 {
		t.Errorf("%d documents", len(docs))
	}
}

func TestRealBusy(t *testing.T) {
	s := servers.Elasticsearch(t, servers.Setting("indexing_pressure.memory.limit: 2kb"))
	defer s.Stop(t)
	c := writer(t, s)
	c.Index = newStream(t, s, "false")
	o := mustOpen(t, c)
	m := newMaker(t, c, filters.Policy{})
	batch := m.of(`"text": "`+strings.Repeat("x", 4000)+`"`, `"n": 2`)
	later(t, o.Write(t.Context(), batch), "status 429 (Too Many Requests)")
	if err := o.Write(t.Context(), batch[1:]); err != nil {
		t.Error(err)
	}
}

func TestRealBlocked(t *testing.T) {
	s := servers.Elasticsearch(t)
	c := writer(t, s)
	c.Index = fmt.Sprintf("plain%d", streams.Add(1))
	o := mustOpen(t, c)
	m := newMaker(t, c, filters.Policy{})
	put(t, s, "/"+c.Index, `{"settings": {"index.number_of_replicas": 0}, "mappings": {"dynamic": "false"}}`)
	put(t, s, "/"+c.Index+"/_block/write", "")
	batch := m.of(`"n": 1`, `"n": 2`)
	refused(t, o.Write(t.Context(), batch), "status 403 (cluster_block_exception)", "blocked for writing")
	put(t, s, "/"+c.Index+"/_settings", `{"index.blocks.write": null}`)
	s.Do(t, http.MethodPost, "/"+c.Index+"/_close", "")
	refused(t, o.Write(t.Context(), batch), "(index_closed_exception)", "open it")
	s.Do(t, http.MethodPost, "/"+c.Index+"/_open", "")
	if err := o.Write(t.Context(), batch); err != nil {
		t.Error(err)
	}
	c.Index = "logs>"
	refused(t, mustOpen(t, c).Write(t.Context(), batch), "(invalid_index_name_exception)", "correct index")
}

// TestRealStopped kills the server in the middle of a run, and stops it once:
// every record is there, and once.
func TestRealStopped(t *testing.T) {
	s := servers.Elasticsearch(t)
	c := writer(t, s)
	c.Index = newStream(t, s, "false")
	c.URLs = []string{"http://127.0.0.1:1", s.URL} // and one node is dead all the time
	o := mustOpen(t, c)
	m := newMaker(t, c, filters.Policy{})
	const batches, each = 40, 50
	sent := 0
	for n := range batches {
		switch n {
		case 10:
			s.Stop(t, servers.Kill)
		case 25:
			s.Stop(t)
		}
		var events []string
		for range each {
			events = append(events, fmt.Sprintf(`"n": %d`, sent))
			sent++
		}
		batch := m.of(events...)
		if n == 10 || n == 25 {
			later(t, o.Write(t.Context(), batch), "connection refused")
			s.Start(t)
		}
		deadline := time.Now().Add(time.Minute)
		for {
			err := o.Write(t.Context(), batch)
			if err == nil {
				break
			}
			var partial *outputs.PartialError
			if errors.As(err, &partial) && len(partial.Rejected) > 0 || time.Now().After(deadline) {
				t.Fatal(err)
			}
			wait(t.Context(), 200*time.Millisecond)
		}
		if err := o.Write(t.Context(), batch); err != nil { // as after a restart of the agent: they are there
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for _, d := range stored(t, s, c.Index) {
		seen[d.id]++
	}
	if len(seen) != sent {
		t.Errorf("%d documents, want %d", len(seen), sent)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s is there %d times", id, times)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func TestRealOddRecords(t *testing.T) {
	s := servers.Elasticsearch(t)
	c := writer(t, s)
	c.Index = fmt.Sprintf("logs-t%d-test", streams.Add(1))
	m := newMaker(t, c, filters.Policy{Categories: []string{"*"}})
	if _, err := c.Install(t.Context(), c.Template("elk", m.Filter)); err != nil {
		t.Fatal(err)
	}
	o := mustOpen(t, c)
	event := func(at time.Time, members string) string {
		return `{"__schema__": "https://x.test/e", "__schema_version__": "1", "__timestamp__": "` + stampOf(at) + `", ` + members + `}`
	}
	now := time.Now()
	batch := m.lines(
		event(now, `"text": "`+strings.Repeat("\u00e4", 150<<10)+`"`), // 300 KiB
		event(now.AddDate(-1, 0, 0), `"n": 1`),
		event(now.AddDate(1, 0, 0), `"n": 2`),
		event(now, `"n": 99999999999999999999999999`),
		event(now, `"text": "\ud800 \u0000", "action": "sa\"y \\ \u0001 \u00e4"`),
		event(now, `"event": {"id": "x"}, "@timestamp": "nonsense"`),
		event(now, `"event": 5`),
		event(now, `"undeclared": {"a": {"b": [1, {"c": "x"}]}, "": 1}`),
	)
	if err := o.Write(t.Context(), batch); err != nil {
		t.Error(err)
	}
	if docs := stored(t, s, c.Index); len(docs) != len(batch) {
		t.Errorf("%d documents, want %d", len(docs), len(batch))
	}
}
