package elasticsearch

import (
	"net/url"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
)

// How long a node that failed is left alone: doubled each time up to longest.
const (
	firstRest   = time.Second
	longestRest = time.Minute
)

// nodes are the nodes of a cluster, asked in turn, those that failed only
// after a rest or when there are no others. The transport's own pool would wait
// out the rest in a goroutine. For one goroutine at a time.
type nodes struct {
	all  []node
	last int  // the node that was given out last
	sick bool // it answers, but not as a node that is well
	now  func() time.Time
}

type node struct {
	*elastictransport.Connection
	failures int
	until    time.Time // rests until then
}

func newNodes(connections []*elastictransport.Connection, now func() time.Time) *nodes {
	n := &nodes{last: len(connections) - 1, now: now}
	for _, c := range connections {
		n.all = append(n.all, node{Connection: c})
	}
	return n
}

// Next is the node whose turn it is; where all rest, the one that has rested
// most of its time.
func (n *nodes) Next() (*elastictransport.Connection, error) {
	now, best := n.now(), -1
	for i := range n.all {
		at := (n.last + 1 + i) % len(n.all)
		if !n.all[at].until.After(now) {
			best = at
			break
		}
		if best < 0 || n.all[at].until.Before(n.all[best].until) {
			best = at
		}
	}
	n.last, n.sick = best, false
	return n.all[best].Connection, nil
}

// OnSuccess notes that a node answers.
func (n *nodes) OnSuccess(c *elastictransport.Connection) error {
	if n.sick {
		return n.OnFailure(c)
	}
	for i := range n.all {
		if n.all[i].Connection == c {
			n.all[i].failures, n.all[i].until = 0, time.Time{}
		}
	}
	return nil
}

// OnFailure lets a node rest.
func (n *nodes) OnFailure(c *elastictransport.Connection) error {
	for i := range n.all {
		if at := &n.all[i]; at.Connection == c {
			at.until = n.now().Add(min(firstRest<<min(at.failures, 6), longestRest))
			at.failures++
		}
	}
	return nil
}

// address is the URL of the node that was given out last.
func (n *nodes) address() *url.URL { return n.all[n.last].URL }

// URLs are the URLs of all nodes.
func (n *nodes) URLs() []*url.URL {
	var all []*url.URL
	for i := range n.all {
		all = append(all, n.all[i].URL)
	}
	return all
}
