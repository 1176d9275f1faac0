package elasticsearch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"jupyter-events-agent/filters"
)

func TestNodes(t *testing.T) {
	now := time.Unix(0, 0)
	var all []*elastictransport.Connection
	for _, host := range []string{"a", "b", "c"} {
		all = append(all, &elastictransport.Connection{URL: &url.URL{Scheme: "http", Host: host}})
	}
	n := newNodes(all, func() time.Time { return now })
	// next takes nodes, of which those in down fail.
	next := func(down string, times int) (got string) {
		for range times {
			c, err := n.Next()
			if err != nil {
				t.Fatal(err)
			}
			got += c.URL.Host
			if strings.Contains(down, c.URL.Host) {
				_ = n.OnFailure(c)
			} else {
				_ = n.OnSuccess(c)
			}
		}
		return got
	}
	for _, step := range []struct {
		what, down, want string
		after            time.Duration
	}{
		{"in turn", "", "abcabc", 0},
		{"one fails and is avoided", "b", "abcaca", 0},
		{"it is tried again after a second", "b", "bcacac", time.Second},
		{"then not after one", "b", "acac", time.Second},
		{"but after two", "", "ab", time.Second},
		{"and is as the others again", "", "cabcab", 0},
		{"all fail: the one that rests longest is next", "abc", "cabcab", 0},
		{"one is back", "bc", "c", 0},
	} {
		now = now.Add(step.after)
		if got := next(step.down, len(step.want)); got != step.want {
			t.Fatalf("%s: %s; want %s", step.what, got, step.want)
		}
	}
	for range 20 { // never longer than the longest rest
		_ = n.OnFailure(all[0])
	}
	if rests := n.all[0].until.Sub(now); rests != longestRest {
		t.Errorf("it rests for %v", rests)
	}
}

// TestDeadNode: with one node dead and one that is not well a record gets
// there by the first Write, and later ones do not ask those two.
func TestDeadNode(t *testing.T) {
	well, ill := newStandIn(t), newStandIn(t)
	ill.whole = status(http.StatusServiceUnavailable, "")
	config := testConfig("http://127.0.0.1:1", ill.URL+"/", well.URL)
	o := mustOpen(t, config)
	m := newMaker(t, config, filters.Policy{})
	for range 10 {
		if err := o.Write(t.Context(), m.of(`"n": 1`)); err != nil {
			t.Fatal(err)
		}
	}
	if len(well.docs) != 10 || ill.requests > 2 {
		t.Errorf("%d documents; the node that is not well was asked %d times", len(well.docs), ill.requests)
	}
}

// TestPath: a cluster may stand below a path.
func TestPath(t *testing.T) {
	s := newStandIn(t)
	config := testConfig(s.URL + "/es/")
	if err := mustOpen(t, config).Write(t.Context(), newMaker(t, config, filters.Policy{}).of(`"n": 1`)); err != nil {
		t.Fatal(err)
	}
	if s.docs[0].index != "es/logs-jupyter.events-default" {
		t.Error(s.docs[0].index)
	}
}
