package noninterference

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// seeds: make seeds plants each of these faults into a copy of the agent's
// source, by go test -overlay, and the tests here must then fail.
var seeds = flag.Int("seeds", 0, "plant every N-th fault of TestSeeds; 0: none")

// mostPlanted is how long the tests may run with a fault.
const mostPlanted = "90s"

// edit is a text of a file that stands there once, and what stands there instead.
type edit struct{ file, old, new string }

// raw lets outputs reach the line, which they cannot: some faults need it.
var raw = []edit{
	{"filters/record.go", "	beside     *[]Member // nil unless apart\n", "	beside     *[]Member // nil unless apart\n	raw        string\n"},
	{"filters/record.go", "// Lines are the records of a batch as NDJSON.", "// Raw is a fault.\nfunc (r *Record) Raw() []byte { return []byte(r.raw) }\n\n// Lines are the records of a batch as NDJSON."},
	{"filters/filter.go", "	r.hasID, r.apart, r.beside = f.metadata&metaID != 0, f.apart, nil\n", "	r.hasID, r.apart, r.beside = f.metadata&metaID != 0, f.apart, nil\n	r.raw = string(e.Raw())\n"},
}

type seeded struct {
	name  string
	raw   bool
	edits []edit
}

var faults = []seeded{
	{name: "validity differs", edits: []edit{
		{"schema/check.go", "if v, ok := s.validator.Validate(line, tape); !ok {", `if v, ok := s.validator.Validate(line, tape); !ok && v.Keyword != "type" {`}}},
	{name: "error text of a fault", edits: []edit{
		{"schema/check.go", "if v, ok := s.validator.Validate(line, tape); !ok {\n", "if v, ok := s.validator.Validate(line, tape); !ok {\n		v.Pointer += string(line)\n"}}},
	{name: "error text of a destination", edits: []edit{
		{"outputs/elasticsearch/answer.go", "	if _, known := classes[said]; known {\n		return said\n	}\n	return unknownClass\n", "	return said\n"}}},
	{name: "error text of an output", raw: true, edits: []edit{
		{"outputs/loki/output.go", "	return o.result(err)\n", "	if err != nil {\n		err = errors.Join(err, errors.New(string(batch[0].Raw())))\n	}\n	return o.result(err)\n"}}},
	{name: "log line", raw: true, edits: []edit{
		{"pipeline/ship.go", "		began := time.Now()\n		err := s.write(records)\n", "		began := time.Now()\n		s.log.Debug(\"writing\", \"bytes\", len(records[0].Raw()))\n		err := s.write(records)\n"}}},
	{name: "counter of raw bytes", raw: true, edits: []edit{
		{"pipeline/ship.go", "		n += int64(len(records[i].JSON()))\n", "		n += int64(len(records[i].Raw()))\n"}}},
	{name: "event id from content", edits: []edit{
		{"filters/filter.go", "a.eventID(f.block, e.At())", "a.eventID(f.block, checkpoint.Position{Stream: e.At().Stream, Offset: e.At().Offset + int64(len(e.Raw()))})"},
		{"filters/filter.go", `	"jupyter-events-agent/schema"`, "	\"jupyter-events-agent/checkpoint\"\n	\"jupyter-events-agent/schema\""}}},
	{name: "Kafka key", raw: true, edits: []edit{
		{"outputs/kafka/config.go", "		return (*filters.Record).ID\n", "		return (*filters.Record).Raw\n"}}},
	{name: "document id", raw: true, edits: []edit{
		{"outputs/elasticsearch/document.go", "b = append(append(b, `{\"create\":{\"_id\":\"`...), r.ID()...)", "b = append(append(append(b, `{\"create\":{\"_id\":\"`...), r.ID()...), byte('0'+len(r.Raw())%10))"}}},
	{name: "label", raw: true, edits: []edit{
		{"outputs/loki/streams.go", "append(text, '}'))", "append(text, byte('0'+len(r.Raw())%10), '}'))"}}},
	{name: "index template", raw: true, edits: []edit{
		{"outputs/elasticsearch/write.go", "Index: o.path,", "Index: fmt.Sprint(o.path, len(batch[0].Raw())),"}}},
	{name: "topic template", raw: true, edits: []edit{
		{"filters/template.go", "			a.bytes = append(a.bytes, r.plan.schema.ID()...)\n", "			a.bytes = append(a.bytes, r.plan.schema.ID()...)\n			a.bytes = append(a.bytes, byte('0'+len(r.raw)%10))\n"}}},
	{name: "batch cut by raw size", edits: []edit{
		{"pipeline/batch.go", "		n := int64(len(record.JSON()))\n", "		n := int64(len(events[i].Raw()))\n"}}},
	{name: "compression of unredacted bytes", raw: true, edits: []edit{
		{"outputs/loki/encode.go", "p.begin(size)", "p.begin(size + len(entries[0].record.Raw()))"},
		{"outputs/loki/encode.go", "	p.flush()\n", "	p.piece = append(p.piece, entries[0].record.Raw()...)\n	p.flush()\n"}}},
	{name: "map keys of additionalProperties", edits: []edit{
		{"filters/splice.go", "			if v == changed {\n				out = s.change(out, j, i, t)\n			}\n", "			if v == changed {\n				out = s.change(out, j, i, t)\n			} else if s.plan.schema.Places()[token.Place].Kind == schema.AdditionalPlace {\n				out = append(s.lead(out, token), \"null\"...)\n			}\n"}}},
	{name: "branch of oneOf", edits: []edit{
		{"filters/plan.go", "	if !u.inherit && !isItem(place) {\n		return denied, denied\n	}\n", ""}}},
	{name: "null against absent", edits: []edit{
		{"filters/splice.go", "			if v == changed && t.Flags&jsonscan.Off == 0 {\n", "			if t.Kind == jsonscan.Null && t.Place != schema.Undeclared {\n				out = append(s.lead(out, t), \"null\"...)\n			} else if v == changed && t.Flags&jsonscan.Off == 0 {\n"}}},
	{name: "number re-formatting", edits: []edit{
		{"filters/splice.go", "		case t.Kind < jsonscan.Array && v != captured:\n", "		case t.Kind == jsonscan.Number && v != captured:\n			f, _ := strconv.ParseFloat(string(t.Value(s.raw)), 64)\n			out = strconv.AppendFloat(out, f, 'g', -1, 64)\n		case t.Kind < jsonscan.Array && v != captured:\n"},
		{"filters/splice.go", "	\"slices\"\n", "	\"slices\"\n	\"strconv\"\n"}}},
	{name: "number re-formatting where a denied one is not whole", edits: []edit{
		{"filters/splice.go", "		case t.Kind < jsonscan.Array && v != captured:\n", "		case t.Kind == jsonscan.Number && v != captured && slices.ContainsFunc(s.tape, func(t jsonscan.Token) bool { return t.Kind == jsonscan.Number && t.Flags&jsonscan.Integer == 0 }):\n			out = append(append(out, t.Value(s.raw)...), \"e0\"...)\n		case t.Kind < jsonscan.Array && v != captured:\n"}}},
	{name: "member order", edits: []edit{
		{"filters/splice.go", "	for i, end := uint32(1), s.tape[0].Next; i < end; i = s.tape[i].Next {\n		t := &s.tape[i]\n		v := verdicts[t.Place]\n", "	first := p.top.nulls != nil\n	for i, end := uint32(1), s.tape[0].Next; i < end; i = s.tape[i].Next {\n		t := &s.tape[i]\n		v := verdicts[t.Place]\n		if first && v == denied && t.Place != schema.Undeclared && p.top.late == nil {\n			out, first = s.nulls(out, 0, schema.Root, &p.top), false\n		}\n"},
		{"filters/splice.go", "	if p.top.nulls != nil {\n		out", "	if first {\n		out"}}},
	{name: "duplicates by escape", edits: []edit{
		{"internal/jsonscan/duplicate.go", "	if a.Name != 0 || b.Name != 0 {\n", "	if (a.Flags^b.Flags)&KeyEscaped != 0 {\n		return false\n	}\n	if a.Name != 0 || b.Name != 0 {\n"}}},
	{name: "time before rounding", edits: []edit{
		{"filters/filter.go", "			r.micros = f.time.micros(r.micros)\n", ""}}},
	// A wider policy comes into force after some records of a batch are made.
	{name: "reload between read and write", edits: []edit{
		{"filters/filter.go", "	raw := e.Raw()\n", "	if len(a.bytes) > 4096 {\n		wide := *p\n		wide.everything, wide.captures = true, nil\n		wide.top = table{verdicts: slices.Repeat([]verdict{open}, len(p.top.verdicts))}\n		wide.top.verdicts[0] = whole\n		wide.below, wide.opened, p = wide.top, wide.top, &wide\n	}\n	raw := e.Raw()\n"}}},
}

// TestSeeds plants one fault after the other. make seeds plants all.
func TestSeeds(t *testing.T) {
	if *seeds == 0 {
		t.Skip("takes minutes, as each fault is a build: make seeds")
	}
	for i, fault := range faults {
		if i%*seeds != 0 {
			continue
		}
		t.Run(fault.name, func(t *testing.T) {
			edits := fault.edits
			if fault.raw {
				edits = append(append([]edit(nil), raw...), edits...)
			}
			said, err := planted(t, edits)
			if err == nil {
				t.Fatalf("was not noticed:\n%s", said)
			}
			if !bytes.Contains(said, []byte("--- FAIL")) {
				t.Fatalf("the tests did not run: %v\n%s", err, said)
			}
			t.Logf("%s", firstLine(said))
		})
	}
}

// firstLine is what a test that failed said first.
func firstLine(said []byte) string {
	for line := range strings.Lines(string(said)) {
		if _, text, ok := strings.Cut(line, "differ in "); ok {
			return strings.TrimSpace(text)[:min(len(strings.TrimSpace(text)), 160)]
		}
	}
	return ""
}

// planted runs the other tests of this package with the edits.
func planted(t *testing.T, edits []edit) (said []byte, err error) {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, e := range edits {
		if _, ok := texts[e.file]; !ok {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				t.Fatal(err)
			}
			texts[e.file] = string(text)
		}
		if n := strings.Count(texts[e.file], e.old); n != 1 {
			t.Fatalf("%s holds this %d times, so the fault cannot be planted: correct it in seeds_test.go:\n%s", e.file, n, e.old)
		}
		texts[e.file] = strings.Replace(texts[e.file], e.old, e.new, 1)
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for file, text := range texts {
		copied := filepath.Join(dir, fmt.Sprint(len(overlay.Replace), ".go"))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, filepath.FromSlash(file))] = copied
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-count=1", "-failfast", "-timeout", mostPlanted, "-overlay", file, "-run", "^(TestGenerated|TestCatalog)$", ".", "-pairs", "30000")
	return cmd.CombinedOutput()
}
