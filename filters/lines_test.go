package filters_test

import (
	"strings"
	"testing"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// The lines of a batch are its records in order, whether they stand together,
// some of them are left out, or two Arenas hold them.
func TestLines(t *testing.T) {
	r := registry(t, "contents.json", contents)
	l := newLines(t, r, schema.Rules{})
	f := compile(t, filters.Policy{}, r)
	var a, b filters.Arena
	var records []filters.Record
	for i := range 7 {
		e, fault := l.event(contentsLine)
		if fault != nil {
			t.Fatal(fault)
		}
		arena := &a
		if i >= 5 {
			arena = &b
		}
		record, _ := f.Apply(e, arena)
		records = append(records, record)
	}
	var buf []byte
	for _, batch := range [][]filters.Record{
		nil, records[:1], records[:5], records[2:4], {records[0], records[2]}, {records[1], records[0]}, records,
		{records[0], records[6]}, // begins in its Arena where the other ends in its own
	} {
		var want strings.Builder
		for i := range batch {
			want.Write(batch[i].JSON())
			want.WriteByte('\n')
		}
		var got []byte
		if got, buf = filters.Lines(batch, buf); string(got) != want.String() {
			t.Errorf("%d records: got\n%swant\n%s", len(batch), got, want.String())
		}
	}
}
