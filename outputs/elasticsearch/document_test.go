package elasticsearch

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
)

const head = `"__schema__":"https://x.test/e","__schema_version__":"1","__timestamp__":"2026-11-22T15:52:31.000005Z"`

func TestDocument(t *testing.T) {
	for name, c := range map[string]struct {
		policy filters.Policy
		event  string
		want   string // of the document, behind @timestamp; ID for the event id
	}{
		"an action": {
			filters.Policy{}, `"action": "start", "n": 1, "who": "somebody"`,
			`"event":{"id":"ID","dataset":"jupyter.events","action":"start"},` + head + `,"action":"start","n":1,"__event_id__":"ID","__categories__":["unrestricted"],"__redacted__":["user-identifier"]}`,
		},
		"no action, no metadata": {
			filters.Policy{Metadata: []string{}}, `"n": 1`,
			`"event":{"dataset":"jupyter.events"},` + head + `,"n":1}`,
		},
		"an action to be quoted": {
			filters.Policy{Metadata: []string{}}, `"action": "sa\"y \\ \u0001 ä"`,
			`"event":{"dataset":"jupyter.events","action":"sa\"y \\ \u0001 ä"},` + head + `,"action":"sa\"y \\ \u0001 ä"}`,
		},
		"a null action": {
			filters.Policy{Metadata: []string{}}, `"action": null`,
			`"event":{"dataset":"jupyter.events"},` + head + `,"action":null}`,
		},
		"members called as ours": {
			filters.Policy{Metadata: []string{}}, `"event": {}, "n": 1, "@timestamp": "x"`,
			`"event":{"dataset":"jupyter.events"},` + head + `,"__event__":{},"n":1,"__@timestamp__":"x"}`,
		},
		"the same, written with escapes": {
			filters.Policy{Categories: []string{"*"}, Metadata: []string{}}, `"\u0065vent": 1, "\u0040timestamp": "\u0041"`,
			`"event":{"dataset":"jupyter.events"},` + head + `,"__event__":1,"__@timestamp__":"\u0041"}`,
		},
		"inside of others they stay": {
			filters.Policy{Metadata: []string{}}, `"text": "\"event\"", "inner": {"event": "x", "@timestamp": "@"}`,
			`"event":{"dataset":"jupyter.events"},` + head + `,"text":"\"event\"","inner":{"event":"x","@timestamp":"@"}}`,
		},
		"everything": {
			filters.Policy{Categories: []string{"*"}, Metadata: []string{"id"}}, `"other": [1, {"event": 2}], "who": "somebody"`,
			`"event":{"id":"ID","dataset":"jupyter.events"},` + head + `,"other":[1,{"event":2}],"who":"somebody","__event_id__":"ID"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := testConfig("http://127.0.0.1:1")
			batch := newMaker(t, config, c.policy).of(c.event)
			id := string(batch[0].ID())
			want := `{"create":{"_id":"` + id + `"}}` + "\n" + `{"@timestamp":"2026-11-22T15:52:31.000005Z",` + strings.ReplaceAll(c.want, "ID", id) + "\n"
			if got := string(mustOpen(t, config).documents.of(batch, 0)); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestIndexOfRecords(t *testing.T) {
	config := testConfig("http://127.0.0.1:1")
	config.Index = "logs-{schema}-{action|None}"
	batch := newMaker(t, config, filters.Policy{Metadata: []string{}}).of(`"action": "start"`, `"action": "sa\"y \\ \u0001 ä"`, `"n": 1`)
	o := mustOpen(t, config)
	docs := parseBulk("", o.documents.of(batch, 0))
	for i, want := range []string{"logs-https___x.test_e-start", "logs-https___x.test_e-sa_y_____ä", "logs-https___x.test_e-none"} {
		if docs[i].index != want {
			t.Errorf("%q; want %q", docs[i].index, want)
		}
	}
	if o.path != "" {
		t.Errorf("path %q", o.path)
	}
}

func TestAppendIndex(t *testing.T) {
	long := strings.Repeat("ä", 200)
	for value, want := range map[string]string{
		"": "x", ".": "x", "..": "x", "...": "...", "-a": "x-a", "_": "x_", "+1": "x+1", "A B": "a_b", "a/b\\c*d?e\"f<g>h|i,j#k:l": "a_b_c_d_e_f_g_h_i_j_k_l",
		"\x00\xff\u00c4": "x__ä", long: long[:226], "/x": "x_x",
	} {
		if got := string(appendIndex([]byte("before"), []byte(value))); got != "before"+want {
			t.Errorf("%q: %q; want %q", value, got, want)
		}
		if got := appendIndex(nil, []byte(value)); checkIndex(filters.Template{Text: string(got)}) != nil {
			t.Errorf("%q: %q is no name of an index", value, got)
		}
	}
}

func TestStamper(t *testing.T) {
	var s stamper
	for _, at := range []time.Time{
		time.Unix(0, 0), time.UnixMicro(1), time.UnixMicro(-1), time.UnixMicro(999_999), time.UnixMicro(1_000_000), time.UnixMicro(123_456_789),
		time.Date(2026, 11, 22, 15, 52, 31, 5000, time.UTC), time.Date(2026, 11, 22, 15, 52, 31, 999_999_000, time.UTC),
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC),
	} {
		for range 2 {
			if got, want := string(s.append([]byte("x"), at.UnixMicro())), "x"+stampOf(at); got != want {
				t.Errorf("%s; want %s", got, want)
			}
		}
	}
}

// TestNoTime: a data stream takes no document without a time; the time of
// sending stands for one that no event gave.
func TestNoTime(t *testing.T) {
	config := testConfig("http://127.0.0.1:1")
	m := newMaker(t, config, filters.Policy{})
	batch := m.lines(`{"__schema__": "https://x.test/e", "__schema_version__": "1", "__timestamp__": "1970-01-01T00:00:00Z", "n": 1}`)
	now := time.Date(2026, 11, 22, 15, 52, 31, 0, time.UTC)
	doc := parseBulk("", mustOpen(t, config).documents.of(batch, now.UnixMicro()))[0].source
	if !strings.HasPrefix(doc, `{"@timestamp":"2026-11-22T15:52:31.000000Z",`) {
		t.Error(doc)
	}
}

func TestAppendText(t *testing.T) {
	for _, text := range []string{"", "plain", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "ä\u2028\U0001F600", "a\xffb\xed\xa0\x80"} {
		got := appendText(nil, []byte(text))
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != strings.ToValidUTF8(text, "\ufffd") && text != "a\xffb\xed\xa0\x80" {
			t.Errorf("%q: %s: %q %v", text, got, back, err)
		}
		if _, err := scanner.Scan(nil, got); err != nil {
			t.Errorf("%q: %s: %v", text, got, err)
		}
	}
}

// TestManyNames: what it costs to find a name does not grow with how often it
// stands in other objects. Were it quadratic this would take a minute.
func TestManyNames(t *testing.T) {
	record := `{"a":[` + strings.TrimSuffix(strings.Repeat(`{"event":1},`, 80_000), ",") + `],"event":2}`
	var d documents
	if got := string(d.append([]byte("{"), []byte(record))); !strings.HasSuffix(got, `{"event":1}],"__event__":2}`) {
		t.Error(got[len(got)-60:])
	}
}
