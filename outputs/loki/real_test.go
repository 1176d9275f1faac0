//go:build real

package loki

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"jupyter-events-agent/internal/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// found is one line that a query gives.
type found struct {
	nanos  int64
	text   string
	labels map[string]string // of the stream and the structured metadata
}

// query asks a Loki for all lines of a selector, oldest first.
func query(tb testing.TB, s *servers.LokiServer, tenant, selector string) []found {
	tb.Helper()
	const most = 5000 // what Loki gives at once
	var all []found
	from := time.Now().Add(-8 * 24 * time.Hour).UnixNano()
	for {
		q := url.Values{"query": {selector}, "direction": {"forward"}, "limit": {strconv.Itoa(most)},
			"start": {strconv.FormatInt(from, 10)}, "end": {strconv.FormatInt(time.Now().Add(2*time.Hour).UnixNano(), 10)}}
		header := http.Header{}
		if tenant != "" {
			header.Set("X-Scope-OrgID", tenant)
		}
		status, body := s.Do(tb, http.MethodGet, "/loki/api/v1/query_range?"+q.Encode(), header, "")
		var answer struct {
			Data struct {
				Result []struct {
					Stream map[string]string
					Values [][]any
				}
			}
		}
		if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
			tb.Fatalf("query_range: status %d: %s", status, body)
		}
		var page []found
		for _, r := range answer.Data.Result {
			for _, v := range r.Values {
				nanos, err := strconv.ParseInt(v[0].(string), 10, 64)
				if err != nil {
					tb.Fatal(err)
				}
				page = append(page, found{nanos, v[1].(string), r.Stream})
			}
		}
		slices.SortStableFunc(page, func(a, b found) int { return int(a.nanos - b.nanos) })
		all = append(all, page...)
		if len(page) < most {
			return all
		}
		from = page[len(page)-1].nanos + 1 // tests that page have no two lines at one time
	}
}

func TestRealLook(t *testing.T) {
	s := servers.Loki(t)
	c := testConfig(s.URL)
	r := newRecords(t, c, "id", "categories", "redacted", "policy", "source")
	o := mustOpen(t, c)
	now := time.Now()
	b := r.batch(event{at: now, action: "start", text: "one"}, event{at: now, action: "stop", text: "two"}, event{at: now, text: "two"}, event{at: now, text: "two"})
	t.Log(o.Write(context.Background(), b))
	t.Log(o.Write(context.Background(), b))
	for _, f := range query(t, s, "", `{job="jupyter"}`) {
		t.Logf("%v", f)
	}
	t.Log(query(t, s, "", `{job="jupyter"} | __event_id__="`+string(b[1].ID())+`"`))
	t.Log(query(t, s, "", `{job="jupyter"} | __redacted__ =~ ".*user.*"`))
	t.Log(query(t, s, "", `{job="jupyter"} | json | text="one"`))
	t.Log(o.Probe(context.Background()))
	resp, err := http.Get(s.URL + "/loki/api/v1/labels")
	t.Log(resp, err)
}
