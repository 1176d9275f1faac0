package loki

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPush: what stands in a push is what the records hold.
func TestPush(t *testing.T) {
	c := testConfig("http://127.0.0.1:1")
	c.Labels["free"] = "{free}"
	c.AllowHighCardinality = true
	o := mustOpen(t, c)
	r := newRecords(t, c, "id", "categories", "redacted", "policy", "source")
	at := time.Date(2026, 11, 22, 15, 52, 31, 123456000, time.UTC)
	batch := r.batch(
		event{at: at.Add(time.Microsecond), action: "start", text: "second"},
		event{at: at, action: "start", text: "first ä\u2028\U0001F600"},
		event{at: at, text: "no action", free: "a \"quote\", a \\ and a\nline"},
		event{at: at.Add(time.Microsecond), action: "start", text: "third, at the same time"},
		event{at: at, action: "empty", text: "empty action"},
	)
	o.read(batch)
	got, err := unpack(o.encode(o.entries))
	if err != nil {
		t.Fatal(err)
	}
	entry := func(i int) line {
		l := line{nanos: batch[i].Time().UnixNano(), text: string(batch[i].JSON()), metadata: [][2]string{{"__event_id__", string(batch[i].ID())}}}
		for _, m := range batch[i].Beside() {
			l.metadata = append(l.metadata, [2]string{m.Name, string(m.Value)})
		}
		return l
	}
	want := []pushed{
		{`{action="start", job="jupyter"}`, []line{entry(1), entry(0), entry(3)}},
		{`{action="none", free="a \"quote\", a \\ and a\nline", job="jupyter"}`, []line{entry(2)}},
		{`{job="jupyter"}`, []line{entry(4)}}, // Loki has no empty labels
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if members := got[0].lines[0].metadata; len(members) != 5 || members[2] != [2]string{"__redacted__", `["user-identifier"]`} {
		t.Errorf("the metadata is %v", members)
	}
	for _, p := range got {
		for _, l := range p.lines {
			if strings.Contains(l.text, "__event_id__") || strings.Contains(l.text, "__redacted__") {
				t.Errorf("the line holds metadata: %s", l.text)
			}
		}
	}
}

// TestNoMetadata: without metadata there is no trace of it.
func TestNoMetadata(t *testing.T) {
	c := testConfig("http://127.0.0.1:1")
	o := mustOpen(t, c)
	o.read(newRecords(t, c, none...).batch(event{at: time.Now(), text: "x"}))
	got, err := unpack(o.encode(o.entries))
	if err != nil || len(got) != 1 || len(got[0].lines) != 1 || got[0].lines[0].metadata != nil {
		t.Fatal(got, err)
	}
}

func TestMoment(t *testing.T) {
	for _, micros := range []int64{0, 1, 999_999, 1e6, 1_795_377_600_123_456, -1, -1e6, -1_500_001} {
		at := time.UnixMicro(micros)
		seconds, nanos := moment(micros)
		if int64(seconds) != at.Unix() || int(nanos) != at.Nanosecond() {
			t.Errorf("%d is %d s %d ns; want %d and %d", micros, int64(seconds), nanos, at.Unix(), at.Nanosecond())
		}
	}
}

func TestCutText(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aä", 2, "a"}, {"aä", 3, "aä"}, {"\U0001F600", 3, ""}, {"", 0, ""},
	} {
		if got := string(cutText([]byte(c.text), c.most)); got != c.want {
			t.Errorf("%q cut at %d is %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

// TestAllocs: records on their way into a push allocate nothing.
func TestAllocs(t *testing.T) {
	c := testConfig("http://127.0.0.1:1")
	c.Tenant = "{team|none}"
	o := mustOpen(t, c)
	r := newRecords(t, c, "id", "categories", "redacted", "source")
	var events []event
	for i := range 300 { // one piece: with the race detector Snappy's pool forgets a part of its tables, one for each
		e := event{at: time.UnixMicro(int64(i)), action: []string{"start", "stop"}[i%2], text: "x"}
		if i%10 == 0 {
			e.at = time.UnixMicro(1) // out of order
		}
		events = append(events, e)
	}
	batch := r.batch(events...)
	if n := testing.AllocsPerRun(20, func() {
		o.read(batch)
		o.encode(o.entries)
	}); n != 0 {
		t.Errorf("%v allocations for 300 records, want none", n)
	}
	if !slices.IsSortedFunc(o.entries, func(a, b entry) int { return int(a.micros - b.micros) }) {
		t.Error("not sorted by time")
	}
}

// TestForget: labels with any number of values do not fill the memory.
func TestForget(t *testing.T) {
	c := testConfig("http://127.0.0.1:1")
	c.Labels["free"] = "{free}"
	c.AllowHighCardinality = true
	o := mustOpen(t, c)
	r := newRecords(t, c)
	for range 10 {
		events := make([]event, 1000)
		for i := range events {
			events[i] = event{at: time.Now(), free: time.Duration(r.At.Offset + int64(i)).String()}
		}
		o.read(r.batch(events...))
		if n := len(o.streams.known); n > maxRemembered+1000 {
			t.Fatalf("%d streams are remembered", n)
		}
	}
}
