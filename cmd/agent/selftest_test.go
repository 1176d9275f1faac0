package main

import (
	"strings"
	"testing"

	"jupyter-events-agent/internal/noninterference"
)

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
