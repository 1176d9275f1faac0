package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func names(list []kept) []string {
	var all []string
	for _, k := range list {
		all = append(all, k.Name)
	}
	return all
}

func TestKeep(t *testing.T) {
	for categories, want := range map[string]string{
		strings.Join(policies[0].categories, " "): "action cells duration event kernel_error kernel_id kernel_name load msg notebook opened_at path servername session source_path status status_code tags user username",
		strings.Join(policies[1].categories, " "): "action duration event kernel_name load status status_code tags", // cells has ids in it
	} {
		list, err := keep(strings.Fields(categories))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(names(list)[4:], " "); got != want {
			t.Errorf("%s keeps\n%s, want\n%s", categories, got, want)
		}
	}
}

// TestRivalsAreConfigured renders each template: the list of each output, and
// nothing of the other's, is where its file is.
func TestRivalsAreConfigured(t *testing.T) {
	for _, r := range rivals("") {
		s := setup{Dir: t.TempDir(), Events: "/in.ndjson", Outputs: []rivalOutput{
			{"wide", "/wide.ndjson", []kept{{Name: "action"}, {Name: "user", Object: true}, {Name: "numeric", Number: true}}},
			{"closed", "/closed.ndjson", []kept{{Name: "action"}}},
		}}
		file, err := r.configure(s)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for want, times := range map[string]int{"/in.ndjson": 1, "/wide.ndjson": 1, "/closed.ndjson": 1} {
			if n := strings.Count(string(text), want); n != times {
				t.Errorf("%s has %s %d times, want %d:\n%s", r.config, want, n, times, text)
			}
		}
		for word, times := range map[string]int{"action": 2, "user": 1, "numeric": 1} {
			if n := linesWith(string(text), word); n != times {
				t.Errorf("%s names %s in %d lines, want %d:\n%s", r.config, word, n, times, text)
			}
		}
	}
}

func linesWith(text, word string) (n int) {
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ReplaceAll(line, "action(type", ""), word) {
			n++
		}
	}
	return n
}

func TestCounterCountsWhatIsCutAnywhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	text := `{"body":1}{"body":2}` + "\n" + `{"body":3}` + "\n"
	for _, is := range []struct {
		mark string
		want int
	}{{`"body":`, 3}, {"\n", 2}} {
		for cut := range len(text) {
			var c counter
			for _, part := range []string{text[:cut], text} {
				if err := os.WriteFile(file, []byte(part), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := c.read(file, []byte(is.mark)); err != nil {
					t.Fatal(err)
				}
			}
			if c.records != is.want {
				t.Errorf("%q, cut at %d: %d records, want %d", is.mark, cut, c.records, is.want)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	const event = `{"__timestamp__": "t", "action": "get", "load": 1.25, "cells": [1], "path": "p"}` + "\n"
	list := []kept{{Name: "__timestamp__"}, {Name: "action"}, {Name: "load"}, {Name: "cells"}}
	for name, is := range map[string]struct{ record, want, fails string }{
		"the same":      {`{"cells":[1],"load":1.250,"action":"get","__timestamp__":"t"}`, "out: 1 records, 4 of 4 properties are the event's", ""},
		"text":          {`{"cells":"[ 1 ]","load":"1.25","action":"get","__timestamp__":"t"}`, "out: 1 records, 2 of 4 properties are the event's; written as text: load, cells", ""},
		"lost, changed": {`{"load":1.2,"action":"get","__timestamp__":"t"}`, "out: 1 records, 2 of 4 properties are the event's; lost: cells; changed: load", ""},
		"beyond":        {`{"path":"p","action":"get","__timestamp__":"t"}`, "", "path"},
		"not an object": {`{"path":`, "", "not a JSON object"},
		"OTLP": {`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":{"values":[{"key":"__timestamp__","value":{"stringValue":"t"}},` +
			`{"key":"action","value":{"stringValue":"get"}},{"key":"load","value":{"doubleValue":1.25}},{"key":"cells","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}]}}}]}]}]}`,
			"out: 1 records, 4 of 4 properties are the event's", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := setup{Events: filepath.Join(dir, "in"), Outputs: []rivalOutput{{"out", filepath.Join(dir, "out"), list}}}
			if err := os.WriteFile(s.Events, []byte(event), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(s.Outputs[0].File, []byte(is.record+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := check(s)
			if is.fails != "" {
				if err == nil || !strings.Contains(err.Error(), is.fails) {
					t.Fatalf("got %v, want an error with %s", err, is.fails)
				}
				return
			}
			if err != nil || !slices.Equal(found, []string{is.want}) {
				t.Errorf("got %q, %v, want %s", found, err, is.want)
			}
		})
	}
}

func TestWaitFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, []byte("{}\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	outputs := []rivalOutput{{Name: "out", File: file}}
	n, _, err := waitFor(t.Context(), outputs, "\n", 2, nil)
	if n != 2 || err != nil {
		t.Errorf("got %d records, %v, want 2 and no error", n, err)
	}
	ended := make(chan struct{})
	close(ended)
	if _, _, err := waitFor(t.Context(), outputs, "\n", 3, ended); err == nil {
		t.Error("a rival that ended before its last record is taken to be done")
	}
}
