package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/telemetry"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

func TestMembers(t *testing.T) {
	got, err := members([]byte(`{"__schema__":"x","a":"","b":{"c":[1.50,null,true],"d":{}},"e":[],"f":"\u001b[2J"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []member{{"a", `""`}, {"b.c.0", "1.50"}, {"b.c.1", "null"}, {"b.c.2", "true"}, {"b.d", "{}"}, {"e", "[]"}, {"f", "\x1b[2J"}}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
	if _, err := members([]byte(`{"a":`)); err == nil {
		t.Error("half a record was taken")
	}
}

// A screen of 80 columns holds no longer line, and no control character of an
// event reaches the terminal.
func TestScreen(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(&out)
	all := []member{{"action", "get"}, {"path", "\x1b[2J" + strings.Repeat("long ", 50)}}
	s.head("12:00:00", strings.Repeat("title ", 20), "schema")
	s.event(all, []received{{"open", true, all}, {"closed", true, all[:1]}, {"other", false, nil}})
	s.fault(&schema.Fault{Reason: schema.Invalid, Keyword: "enum", Pointer: strings.Repeat("/x", 60)})
	s.note(strings.Repeat("note ", 30))
	for _, line := range strings.Split(out.String(), "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"open       action=get", `path=\x1b[2Jlong`, "path=██████", "other      nothing"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("an escape reached the screen")
	}
}

// TestStatusFits: what status says of outputs with names of a usual length fits
// 80 columns, and no more lines are drawn than there is room for.
func TestStatusFits(t *testing.T) {
	var s telemetry.Status
	for _, name := range []string{"security", "analytics", "vendor"} {
		s.Outputs = append(s.Outputs, telemetry.OutputStatus{
			Name: name, Records: 1_234_567, Lag: 1 << 33, Behind: 5400, Withheld: map[string]int64{"schema": 1_234_567}, Rejected: map[string]int64{"mapping": 12_345},
		})
	}
	s.Inputs = []telemetry.InputStatus{{Name: "hub", Lines: 1_234_567, Files: []telemetry.FileStatus{{Path: "/var/log/jupyterhub/events.log", Bytes: 1 << 30}}}}
	draw := func(room int) []string {
		var out bytes.Buffer
		v := &statusView{screen: newScreen(&out)}
		v.bounded, v.room = room > 0, room
		v.show(s)
		return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	}
	all := draw(0)
	for _, line := range all {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if len(all) < 8 || !strings.Contains(all[3], "security") {
		t.Errorf("%q", all)
	}
	if some := draw(5); !slices.Equal(some, all[:5]) {
		t.Errorf("in five lines: %q", some)
	}
	s.Inputs[0].Lines, s.Inputs[0].Faults = 1, map[string]int64{"not_json": 1}
	if one := draw(0); !slices.ContainsFunc(one, func(line string) bool { return strings.HasPrefix(line, "hub  1 line, 0 B, 1 not valid (not_json") }) {
		t.Errorf("of one line: %q", one)
	}
}

func TestProgressLine(t *testing.T) {
	snap := pipeline.Snapshot{
		Inputs:  []pipeline.InputStats{{Lines: 1234567, Faults: map[schema.Reason]int64{schema.NotJSON: 3}}},
		Outputs: []pipeline.OutputStats{{Name: "a", Lag: 10 << 20, Records: 1}, {Name: "b", Lag: 2 << 30, Rejected: map[string]int64{"x": 2}}},
	}
	if got, want := progressLine(snap, 1<<20), "catching up: 1,234,567 lines read, 2.0 GiB still to go for b, 1 MiB/s, about 34m8s"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	snap.Inputs[0].Lines, snap.Inputs[0].Faults[schema.NotJSON] = 1, 1
	if got, want := summary(snap, time.Second), "read 1 line in 1s, 1 not valid event; delivered: a 1, b 0 (2 rejected)"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	snap.Inputs[0].Lines, snap.Inputs[0].Faults[schema.NotJSON] = 1234567, 3
	if got := progressLine(pipeline.Snapshot{Outputs: []pipeline.OutputStats{{Lag: 1000}}}, 0); got != "" {
		t.Errorf("said without a backlog: %s", got)
	}
	if got, want := summary(snap, 1500*time.Millisecond), "read 1,234,567 lines in 1.5s, 3 not valid events; delivered: a 1, b 0 (2 rejected)"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
