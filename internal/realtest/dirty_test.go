package realtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/internal/corpus"
)

func TestDirtyCorpus(t *testing.T) { dirtyCorpus(t, 100_000) }

// dirtyCorpus: every good line is a record on each output, every bad one is
// in the quarantine with its reason and its place, and nothing that the closed
// output may not have is in it.
func dirtyCorpus(t *testing.T, n int) {
	dir := t.TempDir()
	in := filepath.Join(dir, "corpus")
	stats, err := corpus.New(corpus.Options{Bad: .01}).WriteDir(in, n)
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(in, "events-dirty.ndjson")
	config := configure(t, dir, fmt.Sprintf("[schemas]\npaths = [%q]\ncatalog = false\n", filepath.Join(in, "schemas")), log,
		// Two of the schemas say personal-data at their root, which is on every place.
		output{name: "open", categories: []string{"unrestricted", "personal-data", "user-identifier", "user-identifiable-information", "action-timestamp"}},
		output{name: "closed", categories: []string{"unrestricted", "personal-data"}})
	once(t, config)

	open, closed := filepath.Join(dir, "open.ndjson"), filepath.Join(dir, "closed.ndjson")
	for _, file := range []string{open, closed} {
		if got := count(file); got != n-stats.BadTotal {
			t.Errorf("%s has %d records, want %d", filepath.Base(file), got, n-stats.BadTotal)
		}
	}
	checkFaults(t, dir, log, filepath.Join(in, "events-dirty.expect.tsv"))
	checkClosed(t, closed, corpus.New(corpus.Options{Bad: .01}))

	// A second run over the same finds nothing new.
	once(t, config)
	if got := count(open); got != n-stats.BadTotal {
		t.Errorf("after a second run open.ndjson has %d records, want %d", got, n-stats.BadTotal)
	}
	if got := len(faults(t, dir)); got != stats.BadTotal {
		t.Errorf("after a second run the quarantine has %d lines, want %d", got, stats.BadTotal)
	}
}

// reasonOf is the reason that each label has in the quarantine.
var reasonOf = map[corpus.Fault]string{
	corpus.NotJSON:         "not_json",
	corpus.Truncated:       "not_json",
	corpus.UnknownSchema:   "unknown_schema",
	corpus.SchemaViolation: "invalid",
	corpus.NaN:             "not_json",
	corpus.DuplicateKey:    "duplicate_member",
	corpus.MissingSchema:   "missing_schema",
}

// checkFaults compares the quarantine with the labels: the same lines, in
// order, each found at its offset, with a reason that fits the label.
func checkFaults(t *testing.T, dir, log, labels string) {
	t.Helper()
	got := faults(t, dir)
	wanted := lines(t, labels)
	if len(got) != len(wanted) {
		t.Fatalf("the quarantine has %d lines, want %d", len(got), len(wanted))
	}
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, w := range wanted {
		_, kind, _ := strings.Cut(w, "\t")
		if want := reasonOf[corpus.Fault(kind)]; got[i].Reason != want {
			t.Errorf("a line labelled %s is in the quarantine as %q, want %q: %s", kind, got[i].Reason, want, got[i].Line)
		}
		if got[i].File != log || got[i].Input != "events" {
			t.Fatalf("fault %d: input %q, file %q", i, got[i].Input, got[i].File)
		}
		there := make([]byte, len(got[i].Line)+1)
		if _, err := f.ReadAt(there, got[i].Offset); err != nil {
			t.Fatal(err)
		}
		if string(there) != got[i].Line+"\n" {
			t.Fatalf("fault %d: at offset %d stands another line than the quarantine says", i, got[i].Offset)
		}
	}
}

// The places that the closed output may have, by schema: a member of them,
// and of what is an object or array in them.
var closedPlaces = map[string][]string{
	corpus.ContentsID:  {"action"},
	corpus.KernelID:    {"action", "kernel_name", "status", "status_code"},
	corpus.ServerID:    {"action"},
	corpus.TelemetryID: {"event", "cells", "cells/index", "cells/type", "duration", "load", "tags"},
}

// checkClosed walks the closed output beside the good lines that it was made
// from: no place that is not open, and none of the event's denied texts.
func checkClosed(t *testing.T, file string, g *corpus.Generator) {
	t.Helper()
	allowed := map[string]map[string]bool{}
	for id, places := range closedPlaces {
		allowed[id] = map[string]bool{}
		for _, p := range places {
			allowed[id][p] = true
		}
	}
	eachLine(t, file, func(number int, line []byte) {
		l := g.Next()
		for l.Fault != "" {
			l = g.Next()
		}
		var event, got map[string]any
		if err := json.Unmarshal(l.Good, &event); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("record %d: %v", number, err)
		}
		id := event["__schema__"].(string)
		if got["__schema__"] != id || got["__schema_version__"] != "1" || got["__timestamp__"] != l.At.Format("2006-01-02T15:04:05.000000Z") {
			t.Fatalf("record %d: envelope %v %v %v", number, got["__timestamp__"], got["__schema__"], got["__schema_version__"])
		}
		eachText(event, "", func(place, value string) {
			if !strings.HasPrefix(place, "__") && !allowed[id][place] && len(value) > 6 && bytes.Contains(line, []byte(value)) {
				t.Fatalf("record %d holds the value of %s", number, place)
			}
		})
		eachPlace(got, "", func(place string) {
			if !strings.HasPrefix(place, "__") && !allowed[id][place] {
				t.Fatalf("record %d of %s has a place that is denied: %s", number, id, place)
			}
		})
		for name := range event {
			if _, found := got[name]; allowed[id][name] && !found {
				t.Fatalf("record %d of %s lacks %s, which is permitted", number, id, name)
			}
		}
	})
}

// eachPlace calls do with every member of v, the items of an array being one
// place.
func eachPlace(v any, at string, do func(place string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			do(at + name)
			if !strings.HasPrefix(name, "__") {
				eachPlace(m, at+name+"/", do)
			}
		}
	case []any:
		for _, item := range v {
			eachPlace(item, at, do)
		}
	}
}

func eachText(v any, at string, do func(place, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			eachText(m, at+"/"+name, do)
		}
	case []any:
		for _, item := range v {
			eachText(item, at, do)
		}
	case string:
		do(strings.TrimPrefix(at, "/"), v)
	}
}
