package elasticsearch

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// TestBlame: a record is not rejected for what is wrong with the destination,
// where what is said of it could mean both.
func TestBlame(t *testing.T) {
	const doubt = "illegal_argument_exception"
	for name, c := range map[string]struct {
		records  []string                                          // the index of each
		says     func(n int, decoy bool) (status int, kind string) // of the n-th record
		rejected []int
		retry    []int
		words    string // where some are sent again
		refused  bool
		requests int
	}{
		"a pipeline that is not there": {
			records:  []string{"start", "start", "start"},
			says:     func(int, bool) (int, string) { return 400, doubt },
			retry:    []int{0, 1, 2},
			words:    "status 400 (illegal_argument_exception) for records of index events-{action|none}: nothing shows yet whether it takes any",
			refused:  true,
			requests: 2,
		},
		"one record alone, and what it says is not known": {
			records:  []string{"start"},
			says:     func(int, bool) (int, string) { return 400, "canary" },
			retry:    []int{0},
			words:    "status 400 (other) for records of index events-{action|none}: nothing shows yet",
			refused:  true,
			requests: 2,
		},
		"every record's own": {
			records: []string{"start", "start"},
			says: func(_ int, decoy bool) (int, string) {
				if decoy {
					return 400, "mapper_parsing_exception"
				}
				return 400, doubt
			},
			rejected: []int{0, 1},
			requests: 2,
		},
		"one's own, as another is taken": {
			records: []string{"start", "start"},
			says: func(n int, _ bool) (int, string) {
				if n == 0 {
					return 201, ""
				}
				return 400, doubt
			},
			rejected: []int{1},
			requests: 1,
		},
		"one's own, as another is there": {
			records: []string{"start", "start"},
			says: func(n int, _ bool) (int, string) {
				if n == 1 {
					return 409, "version_conflict_engine_exception"
				}
				return 400, doubt
			},
			rejected: []int{0},
			requests: 1,
		},
		"one's own, as another is refused as a document": {
			records: []string{"start", "start"},
			says: func(n int, _ bool) (int, string) {
				if n == 1 {
					return 400, "strict_dynamic_mapping_exception"
				}
				return 400, doubt
			},
			rejected: []int{0, 1},
			requests: 1,
		},
		"one of several indices": {
			records: []string{"start", "stop", "start", "stop", "none"},
			says: func(n int, decoy bool) (int, string) {
				switch {
				case n == 0:
					return 201, ""
				case decoy && n == 4:
					return 400, "document_parsing_exception"
				}
				return 400, doubt
			},
			rejected: []int{2, 4},
			retry:    []int{1, 3},
			words:    "nothing shows yet whether it takes any",
			refused:  true,
			requests: 2,
		},
		"the index is busy by then": {
			records: []string{"start", "start"},
			says: func(_ int, decoy bool) (int, string) {
				if decoy {
					return 429, "es_rejected_execution_exception"
				}
				return 400, doubt
			},
			retry:    []int{0, 1},
			words:    "cannot take them now",
			requests: 2,
		},
	} {
		s := newStandIn(t)
		config := testConfig(s.URL)
		config.Index = "events-{action|none}"
		o := mustOpen(t, config)
		var members []string
		for i, action := range c.records {
			member := fmt.Sprintf(`"n": %d`, i)
			if action != "none" {
				member += fmt.Sprintf(`, "action": %q`, action)
			}
			members = append(members, member)
		}
		batch := newMaker(t, config, filters.Policy{}).of(members...)
		s.each = func(d document) (int, string) {
			if d.source == decoy {
				return c.says(slices.Index(c.records, strings.TrimPrefix(d.index, "events-")), true)
			}
			n := slices.IndexFunc(batch, func(r filters.Record) bool { return string(r.ID()) == d.id })
			return c.says(n, false)
		}
		err := o.Write(t.Context(), batch)
		var rejected, retry []int
		if partial := (*outputs.PartialError)(nil); errors.As(err, &partial) {
			retry = partial.Retry
			for _, r := range partial.Rejected {
				rejected = append(rejected, r.Index)
			}
		} else if err != nil {
			for i := range batch {
				retry = append(retry, i)
			}
		}
		if !slices.Equal(rejected, c.rejected) || !slices.Equal(retry, c.retry) || s.requests != c.requests {
			t.Errorf("%s: rejected %v, sent again %v in %d requests; want %v, %v, %d (%v)", name, rejected, retry, s.requests, c.rejected, c.retry, c.requests, err)
		}
		if unclear := strings.Contains(c.words, "nothing shows yet"); outputs.IsUnclear(err) != unclear {
			t.Errorf("%s: unclear: %v", name, !unclear)
		}
		if outputs.IsRefused(err) != c.refused || !strings.Contains(fmt.Sprint(err), c.words) || strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%s: %v (refused: %v)", name, err, outputs.IsRefused(err))
		}
	}
}

// TestBlameLater: where the decoy gets no answer, all is sent again.
func TestBlameLater(t *testing.T) {
	for name, c := range map[string]*Config{"one index": {}, "packed": {Gzip: 1}} {
		s := newStandIn(t)
		config := testConfig(s.URL)
		config.Gzip = c.Gzip
		o := mustOpen(t, config)
		batch := newMaker(t, config, filters.Policy{}).of(`"n": 1`, `"n": 2`)
		s.each = func(document) (int, string) { return 400, "illegal_argument_exception" }
		s.whole = func(w http.ResponseWriter, _ *http.Request, items int) bool {
			if items == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return items == 1
		}
		if err := o.Write(t.Context(), batch); err == nil || outputs.IsRefused(err) || !strings.Contains(err.Error(), "503") {
			t.Errorf("%s: %v", name, err)
		}
		s.set(func() { s.each, s.whole = nil, nil })
		if err := o.Write(t.Context(), batch); err != nil || len(s.docs) != 2 {
			t.Errorf("%s: %v, %d documents", name, err, len(s.docs))
		}
	}
}
