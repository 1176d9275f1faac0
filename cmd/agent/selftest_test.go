package main

import (
	"io"
	"strings"
	"testing"

	"jupyter-events-agent/internal/noninterference"
)

// TestSelftestSaysWhatItLeftOut: what was not tested is not what was tested and found well.
func TestSelftestSaysWhatItLeftOut(t *testing.T) {
	tested, less := noninterference.OutputReport{Name: "lake", Pairs: 10}, noninterference.OutputReport{Name: "audit", Pairs: 9}
	some := noninterference.OutputReport{Name: "loki", Pairs: 10, Untested: []string{"schema e version 1 of input hub"}}
	none := noninterference.OutputReport{Name: "elk"}
	for _, c := range []struct {
		outputs  []noninterference.OutputReport
		pairs    int
		complete bool
		want     string
	}{
		{[]noninterference.OutputReport{tested}, 10, true, ""},
		{[]noninterference.OutputReport{tested, less, some}, 10, false, ""},
		{[]noninterference.OutputReport{tested, less, some}, 10, true, "not tested in full: audit, loki ("},
		{[]noninterference.OutputReport{tested, less}, 0, true, ""},
		{[]noninterference.OutputReport{tested, none}, 0, false, "not tested: elk ("},
		{[]noninterference.OutputReport{none, some}, 10, true, "not tested: elk ("},
	} {
		err := leftOut(&noninterference.Report{Outputs: c.outputs}, c.pairs, c.complete)
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
			t.Errorf("%+v: %v", c, err)
		case err != nil && exitCode(failure{err}, io.Discard) != exitPartly:
			t.Errorf("%v: another exit code", err)
		}
	}
}

func TestSelftestSaysWhatAnOutputCanTell(t *testing.T) {
	var said strings.Builder
	err := showSelftest(&said, &noninterference.Report{Seed: 9, Outputs: []noninterference.OutputReport{
		{Kind: "kafka", Name: "lake", Pairs: 10, Difference: &noninterference.Difference{Channel: "the record", Subject: "schema e version 1 of input hub", Places: []string{"/user"}, Together: 1}},
		{Kind: "file", Name: "audit", Pairs: 10},
	}})
	if err == nil || !strings.Contains(err.Error(), "1 of 2 outputs can tell") || !strings.Contains(err.Error(), "--seed 9") {
		t.Errorf("%v", err)
	}
	if want := `schema e version 1 of input hub: two events that it may not tell apart differ in the record; what differs is ["/user"]`; !strings.Contains(said.String(), want) {
		t.Errorf("got %s\nwant %s", &said, want)
	}
}
