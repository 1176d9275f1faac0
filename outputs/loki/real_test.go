//go:build real

package loki

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/outputs/outputtest"
)

func TestMain(m *testing.M) { servers.Main(m) }

// found is one line that a query gives.
type found struct {
	line
	labels map[string]string // of the stream
}

// query asks a Loki for all lines of a run, oldest first.
func query(tb testing.TB, s *servers.LokiServer, tenant, selector string) []found {
	tb.Helper()
	const most = 5000 // what Loki gives at once
	header := http.Header{"X-Loki-Response-Encoding-Flags": {"categorize-labels"}}
	if tenant != "" {
		header.Set("X-Scope-OrgID", tenant)
	}
	var all []found
	from := time.Now().Add(-8 * 24 * time.Hour).UnixNano()
	for {
		q := url.Values{
			"query": {selector}, "direction": {"forward"}, "limit": {strconv.Itoa(most)},
			"start": {strconv.FormatInt(from, 10)}, "end": {strconv.FormatInt(time.Now().Add(2*time.Hour).UnixNano(), 10)},
		}
		status, body := s.Do(tb, http.MethodGet, "/loki/api/v1/query_range?"+q.Encode(), header, "")
		page, err := readPage(body)
		if err != nil || status != http.StatusOK {
			tb.Fatalf("query_range: status %d, %v: %.300s", status, err, body)
		}
		all = append(all, page...)
		if len(page) < most {
			return all
		}
		// Lines of the last moment come again: there may be more of it.
		from = page[len(page)-1].nanos
		all = slices.DeleteFunc(all, func(f found) bool { return f.nanos == from })
	}
}

// count asks a Loki how many lines of a run it has.
func count(tb testing.TB, s *servers.LokiServer, selector string) int {
	tb.Helper()
	q := url.Values{"query": {"sum(count_over_time(" + selector + "[1h]))"}}
	status, body := s.Do(tb, http.MethodGet, "/loki/api/v1/query?"+q.Encode(), nil, "")
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK || len(answer.Data.Result) != 1 {
		tb.Fatalf("query: status %d, %v: %.300s", status, err, body)
	}
	n, err := strconv.Atoi(answer.Data.Result[0].Value[1].(string))
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func readPage(body []byte) (page []found, err error) {
	var answer struct {
		Data struct {
			Result []struct {
				Stream map[string]string
				Values [][3]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	for _, r := range answer.Data.Result {
		for _, v := range r.Values {
			f := found{labels: r.Stream}
			var nanos string
			var beside struct{ StructuredMetadata map[string]string }
			for i, into := range []any{&nanos, &f.text, &beside} {
				if err := json.Unmarshal(v[i], into); err != nil {
					return nil, err
				}
			}
			if f.nanos, err = strconv.ParseInt(nanos, 10, 64); err != nil {
				return nil, err
			}
			for _, name := range []string{"__event_id__", "__categories__", "__redacted__", "__policy__", "__source__"} {
				if value, ok := beside.StructuredMetadata[name]; ok {
					f.metadata = append(f.metadata, [2]string{name, value})
				}
			}
			page = append(page, f)
		}
	}
	slices.SortStableFunc(page, func(a, b found) int { return int(a.nanos - b.nanos) })
	return page, nil
}

// run gives a Config the label of a test, by which its lines are found.
func run(t *testing.T, s *servers.LokiServer) (c *Config, selector string) {
	c = testConfig(s.URL)
	c.Labels["run"] = fmt.Sprintf("%s-%d", t.Name(), time.Now().UnixNano())
	return c, fmt.Sprintf("{run=%q}", c.Labels["run"])
}

// special is a Loki with settings of its own, which ends with the test.
func special(t *testing.T, settings ...string) *servers.LokiServer {
	var options []servers.Option
	for _, line := range settings {
		options = append(options, servers.Setting(line))
	}
	s := servers.Loki(t, options...)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// arrived are the lines of a run in the form of arrival.
func arrived(tb testing.TB, s *servers.LokiServer, selector string) (all []string) {
	for _, f := range query(tb, s, "", selector) {
		all = append(all, f.key())
	}
	return all
}

// wantThere compares the lines of a run with records, whatever their order at
// one moment. A line may take a moment until it is found.
func wantThere(t *testing.T, s *servers.LokiServer, selector string, batch []filters.Record) {
	t.Helper()
	want := map[string]int{}
	for i := range batch {
		want[arrival(&batch[i])]++
	}
	until(t, func() error {
		missing, twice := maps.Clone(want), []string{}
		for _, key := range arrived(t, s, selector) {
			if missing[key]--; missing[key] < 0 {
				twice = append(twice, key)
			}
		}
		maps.DeleteFunc(missing, func(_ string, n int) bool { return n <= 0 })
		if len(missing)+len(twice) > 0 {
			return fmt.Errorf("of %d records %d are missing, %d are there that should not be\n%.600q\n%.600q", len(batch), len(missing), len(twice), slices.Collect(maps.Keys(missing)), twice)
		}
		return nil
	})
}

// until tries until there is no error, as pipeline does.
func until(t *testing.T, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(err)
		}
	}
}

// TestRealContract: before the real Loki stands one that misbehaves.
func TestRealContract(t *testing.T) {
	s := servers.Loki(t)
	outputtest.Contract(t, stateless, func(t *testing.T) outputtest.Destination {
		front := newStandIn(t)
		front.real = s.URL
		c, selector := run(t, s)
		c.URL = front.URL
		return &realDestination{destination{standIn: front, config: c}, s, selector}
	})
}

type realDestination struct {
	destination
	server   *servers.LokiServer
	selector string
}

func (d *realDestination) Received(tb testing.TB) []string {
	return arrived(tb, d.server, d.selector)
}

// TestRealReadBack: body, labels, metadata and time are what the records hold.
func TestRealReadBack(t *testing.T) {
	s := servers.Loki(t)
	c, selector := run(t, s)
	c.Labels["schema"], c.Labels["free"], c.AllowHighCardinality = "{schema}", "{free}", true
	now := time.Now()
	batch := newRecords(t, c, "id", "categories", "redacted", "policy", "source").batch(
		event{at: now, action: "start", text: "ä\u2028\U0001F600 \"quoted\" \\ \x01"},
		event{at: now.Add(time.Microsecond), text: "no action", free: "a \"quote\", a \\ and a\nline, ä \u00ad \U0001F600"},
		event{at: now.Add(2 * time.Microsecond), action: "empty"},
	)
	if err := mustOpen(t, c).Write(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	wantThere(t, s, selector, batch)
	got := query(t, s, "", selector)
	for i, want := range []map[string]string{
		{"action": "start"}, {"action": "none", "free": "a \"quote\", a \\ and a\nline, ä \u00ad \U0001F600"}, {},
	} {
		want["job"], want["run"], want["schema"] = "jupyter", c.Labels["run"], "https://test.example/event"
		want["service_name"] = "jupyter" // made of job by Loki
		if !maps.Equal(got[i].labels, want) {
			t.Errorf("the labels of line %d are %q; want %q", i, got[i].labels, want)
		}
	}
	// Metadata is there to be asked for.
	one := query(t, s, "", selector+` | __event_id__="`+string(batch[1].ID())+`"`)
	if len(one) != 1 || one[0].text != string(batch[1].JSON()) {
		t.Errorf("found by its id: %v", one)
	}
}
