package corpus_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/internal/corpus"
)

func TestSameSeedSameBytes(t *testing.T) {
	made := func(seed uint64) string {
		var good, dirty, labels bytes.Buffer
		if _, err := corpus.New(corpus.Options{Seed: seed, Bad: .1}).Write(2000, &good, &dirty, &labels); err != nil {
			t.Fatal(err)
		}
		return good.String() + dirty.String() + labels.String()
	}
	first := made(7)
	if again := made(7); again != first {
		t.Error("the same seed gave two different corpora")
	}
	if made(8) == first {
		t.Error("two seeds gave the same corpus")
	}
}

func TestMix(t *testing.T) {
	const lines = 50_000
	s, err := corpus.New(corpus.Options{Bad: .01}).Write(lines, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if average := s.Bytes / lines; average < 345 || average > 365 {
		t.Errorf("a line has %d bytes on average, want about 355", average)
	}
	for family, want := range map[string]float64{corpus.Contents: .55, corpus.Kernel: .20, corpus.Server: .15, corpus.Telemetry: .08, corpus.Odd: .02} {
		if share := float64(s.Families[family]) / lines; share < want-.01 || share > want+.01 {
			t.Errorf("%s: share %.3f, want about %.2f", family, share, want)
		}
	}
	if share := float64(s.BadTotal) / lines; share < .008 || share > .012 {
		t.Errorf("share of bad lines %.4f, want about 0.01", share)
	}
	if len(s.Faults) != 7 {
		t.Errorf("faults %v, want all seven", s.Faults)
	}
}

// Every good line is valid, and every bad one is what its label says and
// nothing else: a judge that misses one fault must be found by it.
func TestLabels(t *testing.T) {
	judge := newJudge(t)
	g := corpus.New(corpus.Options{Seed: 3, Bad: .5})
	last := time.Time{}
	for range 20_000 {
		l := g.Next()
		if fault := judge.fault(l.Good); fault != "" {
			t.Fatalf("line %d, good: judged %s: %s", l.Number, fault, l.Good)
		}
		if !l.At.After(last) {
			t.Fatalf("line %d: its time does not come after the one before", l.Number)
		}
		last = l.At
		if l.Fault == "" {
			if !bytes.Equal(l.Bad, l.Good) {
				t.Fatalf("line %d has no fault, yet a bad twin", l.Number)
			}
			continue
		}
		got, want := judge.fault(l.Bad), l.Fault
		if want == corpus.NotJSON || want == corpus.Truncated {
			if want == corpus.Truncated && (len(l.Bad) >= len(l.Good) || !bytes.HasPrefix(l.Good, l.Bad)) {
				t.Fatalf("line %d: truncated, yet no beginning of the line", l.Number)
			}
			want = corpus.NotJSON
		}
		if got != want {
			t.Fatalf("line %d: labelled %s, judged %q: %s", l.Number, l.Fault, got, l.Bad)
		}
	}
}

func TestEnvelopeAndOrder(t *testing.T) {
	g := corpus.New(corpus.Options{Start: time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))})
	l := g.Next()
	if want := `{"__timestamp__": "2030-01-02T02:04:05.`; !strings.HasPrefix(string(l.Good), want) {
		t.Errorf("the line begins %.60s, want %s", l.Good, want)
	}
	if !strings.Contains(string(l.Good), `+00:00Z", "__schema__": "https://`) {
		t.Errorf("the timestamp does not end as jupyter_events writes it: %s", l.Good)
	}
	whole := 0
	for range 50_000 {
		if l := g.Next(); l.At.Nanosecond() == 0 {
			whole++
			if !bytes.Contains(l.Good[:60], []byte(l.At.Format("2006-01-02T15:04:05")+"+00:00Z")) {
				t.Errorf("a full second with a fraction: %s", l.Good)
			}
		}
	}
	if whole == 0 {
		t.Error("no event on a full second")
	}
}

func TestWriteDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	s, err := corpus.New(corpus.Options{Bad: .2}).WriteDir(dir, 500)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	good, dirty, labels := read("events.ndjson"), read("events-dirty.ndjson"), read("events-dirty.expect.tsv")
	if len(good) != 500 || len(dirty) != 500 || len(labels) != s.BadTotal || s.BadTotal == 0 {
		t.Fatalf("%d good, %d dirty, %d labels, %d bad", len(good), len(dirty), len(labels), s.BadTotal)
	}
	bad := map[int]bool{}
	for _, l := range labels {
		number, _, _ := strings.Cut(l, "\t")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		bad[n] = true
	}
	for i := range good {
		if bad[i+1] == (good[i] == dirty[i]) {
			t.Errorf("line %d: labelled bad %t, differs %t", i+1, bad[i+1], good[i] != dirty[i])
		}
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "schemas", "*.json")); len(found) != 4 {
		t.Errorf("schemas written: %v", found)
	}
}

// judge finds the fault of a line by encoding/json and jsonschema v5, and
// duplicate members by the decoder's tokens.
type judge struct{ schemas map[string]*jsonschema.Schema }

func newJudge(t *testing.T) judge {
	t.Helper()
	j := judge{map[string]*jsonschema.Schema{}}
	c := jsonschema.NewCompiler()
	names, err := fs.Glob(corpus.Schemas(), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(corpus.Schemas(), name)
		if err != nil {
			t.Fatal(err)
		}
		var id struct {
			ID string `json:"$id"`
		}
		if err := json.Unmarshal(text, &id); err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(id.ID, bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if j.schemas[id.ID], err = c.Compile(id.ID); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

var notNumber = regexp.MustCompile(`-?Infinity|NaN`)

func (j judge) fault(line []byte) corpus.Fault {
	if !json.Valid(line) {
		if json.Valid(notNumber.ReplaceAll(line, []byte("0"))) {
			return corpus.NaN
		}
		return corpus.NotJSON
	}
	var event map[string]any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if d.Decode(&event) != nil {
		return corpus.NotJSON
	}
	if repeats(json.NewDecoder(bytes.NewReader(line))) {
		return corpus.DuplicateKey
	}
	id, found := event["__schema__"].(string)
	if !found {
		return corpus.MissingSchema
	}
	schema := j.schemas[id]
	if schema == nil {
		return corpus.UnknownSchema
	}
	for name := range event {
		if strings.HasPrefix(name, "__") {
			delete(event, name)
		}
	}
	if schema.Validate(event) != nil {
		return corpus.SchemaViolation
	}
	return ""
}

// repeats reports whether an object of the document, at any depth, has a
// member twice.
func repeats(d *json.Decoder) bool {
	t, err := d.Token()
	if err != nil {
		return false
	}
	twice := false
	switch t {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return twice
			}
			twice = twice || seen[name.(string)]
			seen[name.(string)] = true
			twice = repeats(d) || twice
		}
		_, _ = d.Token()
	case json.Delim('['):
		for d.More() {
			twice = repeats(d) || twice
		}
		_, _ = d.Token()
	}
	return twice
}
