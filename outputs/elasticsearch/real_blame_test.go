//go:build real

package elasticsearch

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/outputs"
)

// TestRealNoRoom: a cluster that has all the shards that it may have, an alias
// without a write index and a pipeline that is not there each answer status 400
// for every record, and no record is at fault.
func TestRealNoRoom(t *testing.T) {
	s := servers.Elasticsearch(t)
	c := writer(t, s)
	m := newMaker(t, c, filters.Policy{})
	batch := m.of(`"n": 1`, `"n": 2`)
	name := func() string { return fmt.Sprintf("logs-t%d-test", streams.Add(1)) }
	put(t, s, "/_ingest/pipeline/nothing", `{"processors": []}`)
	for _, test := range []struct {
		what       string
		wrong      func(index string)
		mend       func(index string)
		says, todo string
	}{
		{"shards", func(index string) {
			put(t, s, "/_index_template/"+index, `{"index_patterns": ["`+index+`"], "data_stream": {}, "priority": 600}`)
			put(t, s, "/_cluster/settings", `{"persistent": {"cluster.max_shards_per_node": 1}}`)
		}, func(string) {
			put(t, s, "/_cluster/settings", `{"persistent": {"cluster.max_shards_per_node": null}}`)
		}, "status 400 (validation_exception)", "cluster.max_shards_per_node"},
		{"alias", func(index string) {
			put(t, s, "/"+index+"-1", "")
			put(t, s, "/"+index+"-2", "")
			put(t, s, "/"+index+"-1/_alias/"+index, "")
			put(t, s, "/"+index+"-2/_alias/"+index, "")
		}, func(index string) {
			put(t, s, "/"+index+"-1/_alias/"+index, `{"is_write_index": true}`)
		}, "status 400 (illegal_argument_exception)", "its alias has a write index"},
		{"pipeline", func(index string) {
			put(t, s, "/"+index, `{"settings": {"index.default_pipeline": "absent"}}`)
		}, func(index string) {
			put(t, s, "/"+index+"/_settings", `{"index.default_pipeline": "nothing"}`)
		}, "status 400 (illegal_argument_exception)", "its ingest pipeline is there"},
	} {
		t.Run(test.what, func(t *testing.T) {
			c := *c
			c.Index = name()
			o := mustOpen(t, &c)
			test.wrong(c.Index)
			refused(t, o.Write(t.Context(), batch), test.says, test.todo)
			test.mend(c.Index)
			if err := o.Write(t.Context(), batch); err != nil {
				t.Error(err)
			}
			if docs := stored(t, s, c.Index); len(docs) != len(batch) {
				t.Errorf("%d documents, want %d", len(docs), len(batch))
			}
		})
	}
}

// TestRealDecoy: no index stores the decoy, and each that takes documents
// refuses it as one, where its pipeline lets it through.
func TestRealDecoy(t *testing.T) {
	s := servers.Elasticsearch(t)
	put(t, s, "/_ingest/pipeline/nothing", `{"processors": []}`)
	put(t, s, "/_ingest/pipeline/ignores", `{"processors": [{"rename": {"field": "n", "target_field": "number", "ignore_missing": true}}]}`)
	for _, kind := range []string{`"data_stream": {}, `, ""} {
		for _, settings := range []string{"", `"index.default_pipeline": "nothing"`, `"index.default_pipeline": "ignores"`, `"index.mode": "logsdb"`} {
			for _, dynamic := range []string{"false", "true", "strict", "runtime"} {
				c := writer(t, s)
				c.Index = fmt.Sprintf("logs-t%d-test", streams.Add(1))
				put(t, s, "/_index_template/"+c.Index, `{"index_patterns": ["`+c.Index+`"], `+kind+`"priority": 600,
					"template": {"settings": {`+settings+`}, "mappings": {"dynamic": "`+dynamic+`"}}}`)
				o := mustOpen(t, c)
				items, err := o.send(t.Context(), o.documents.appendDecoy(nil, ""), 1)
				if err != nil || len(items) != 1 || items[0].Error.Type != "document_parsing_exception" {
					t.Errorf("%s%s, dynamic %s: %+v, %v", kind, settings, dynamic, items, err)
				}
				if docs := stored(t, s, c.Index); len(docs) != 0 {
					t.Errorf("%s%s, dynamic %s: it is stored", kind, settings, dynamic)
				}
			}
		}
	}
}

// TestRealPipelineThatReads: where the pipeline fails at whatever lacks a field, also
// at the decoy, nothing is said of a record alone; another one that the index takes
// shows that the record is at fault. One that comes to nothing for all rejects none.
func TestRealPipelineThatReads(t *testing.T) {
	s := servers.Elasticsearch(t)
	put(t, s, "/_ingest/pipeline/reads", `{"processors": [{"rename": {"field": "n", "target_field": "number"}}]}`)
	put(t, s, "/_ingest/pipeline/never", `{"processors": [{"rename": {"field": "there.is.none", "target_field": "number"}}]}`)
	for _, kind := range []string{`"data_stream": {}, `, ""} {
		c := writer(t, s)
		c.Index = fmt.Sprintf("logs-t%d-test", streams.Add(1))
		put(t, s, "/_index_template/"+c.Index, `{"index_patterns": ["`+c.Index+`"], `+kind+`"priority": 600, "template": {"settings": {"index.default_pipeline": "reads"}}}`)
		o := mustOpen(t, c)
		batch := newMaker(t, c, filters.Policy{}).of(`"action": "start"`, `"n": 1`, `"n": 2`)
		waits := func(batch []filters.Record) {
			t.Helper()
			err := o.Write(t.Context(), batch)
			if refused(t, err, "status 400 (illegal_argument_exception)", "ignore_missing"); !outputs.IsUnclear(err) {
				t.Errorf("%v: want it to be unclear", err)
			}
		}
		waits(batch[:1])
		if err := o.Write(t.Context(), batch[1:2]); err != nil {
			t.Error(err)
		}
		waits(batch[:1]) // that another one was taken before says nothing of now
		put(t, s, "/"+c.Index+"/_settings", `{"index.default_pipeline": "never"}`)
		waits(batch)
		put(t, s, "/"+c.Index+"/_settings", `{"index.default_pipeline": "reads"}`)
		var partial *outputs.PartialError
		if err := o.Write(t.Context(), batch); !errors.As(err, &partial) || len(partial.Retry) > 0 || !slices.Equal(partial.Rejected, []outputs.Rejection{{Index: 0, Class: "illegal_argument_exception"}}) {
			t.Errorf("%s%v; want the first alone rejected", kind, err)
		}
		if docs := stored(t, s, c.Index); len(docs) != 2 {
			t.Errorf("%s%d documents, want 2", kind, len(docs))
		}
	}
}
