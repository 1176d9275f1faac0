package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/chain"
	"jupyter-events-agent/internal/genfile"
	"jupyter-events-agent/internal/signkey"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// unchained is a line without what the chain has added; nil for one of its own.
func unchained(line []byte) []byte {
	if bytes.HasPrefix(line, []byte(`{"__audit__":{`)) {
		return nil
	}
	at := bytes.LastIndex(line, []byte(`,"__audit__":{"seq":`))
	if at < 0 {
		return line
	}
	return append(slices.Clone(line[:at]), "}\n"...)
}

// auditConfig is an audit file in a folder of its own, with its key.
func auditConfig(tb testing.TB) (Config, signkey.Public) {
	tb.Helper()
	dir := tb.TempDir()
	public, err := signkey.New(filepath.Join(dir, "signing.key"))
	if err != nil {
		tb.Fatal(err)
	}
	c := Config{Path: filepath.Join(dir, "audit.ndjson"), Audit: true, Sign: defaultSign}
	c.Sign.KeyFile = filepath.Join(dir, "signing.key")
	return c, public
}

// verified fails unless the files prove themselves.
func verified(tb testing.TB, c Config, public signkey.Public, expect chain.Expect) *chain.Report {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(c.Path), "audit*.ndjson*"))
	if err != nil {
		tb.Fatal(err)
	}
	v := chain.NewVerifier([]signkey.Public{public}, expect)
	if err := chain.Files(v, paths); err != nil {
		tb.Fatal(err)
	}
	r := v.Report()
	if !r.OK() {
		tb.Fatalf("%+v", r.Findings)
	}
	return r
}

func TestContractOfAnAuditFile(t *testing.T) {
	for name, size := range map[string]units.Size{"never rotated": 0, "rotated": units.KiB} {
		t.Run(name, func(t *testing.T) {
			outputtest.Contract(t, obedient, func(t *testing.T) outputtest.Destination {
				c, _ := auditConfig(t)
				c.Rotate.Size, c.Sign.Records = size, 3
				return &auditFolder{folder{c}}
			})
		})
	}
}

// auditFolder is the destination of an audit file.
type auditFolder struct{ folder }

func (f *auditFolder) Received(tb testing.TB) (got []string) {
	tb.Helper()
	for _, line := range f.folder.Received(tb) {
		if own := unchained([]byte(line + "\n")); own != nil {
			got = append(got, strings.TrimSuffix(string(own), "\n"))
		}
	}
	return got
}

// auditRun is an audit file whose clock the test moves, used as pipeline does.
type auditRun struct {
	t     *testing.T
	c     Config
	now   time.Time
	out   *audited
	state []byte
}

func (r *auditRun) open() {
	r.t.Helper()
	files := genfile.Config{Path: r.c.Path, Mode: 0o640, Size: int64(r.c.Rotate.Size), Age: r.c.Rotate.Age.Std(), Now: func() time.Time { return r.now }}
	out, err := openAudited(&r.c, files, outputs.Env{Name: "audit", State: r.state}, files.Now)
	if err != nil {
		r.t.Fatal(err)
	}
	r.out = out
	r.t.Cleanup(func() { out.Close() })
	r.sync()
}

func (r *auditRun) sync() {
	r.t.Helper()
	state, err := r.out.Sync()
	if err != nil {
		r.t.Fatal(err)
	}
	r.state = state
}

func (r *auditRun) write(n int) {
	r.t.Helper()
	if err := r.out.write(n, func(i int) []byte { return fmt.Appendf(nil, `{"__schema__":"x","n":%d}`, i) }); err != nil {
		r.t.Fatal(err)
	}
}

func TestWhenItSigns(t *testing.T) {
	c, public := auditConfig(t)
	r := &auditRun{t: t, c: c, now: time.Now()}
	begin := r.now
	r.open()
	signed := func(want uint64) {
		t.Helper()
		if got := verified(t, c, public, chain.Expect{AnyEnd: true}); got.Signed != want {
			t.Fatalf("signed up to %d, want %d", got.Signed, want)
		}
	}
	signed(1)
	if at := r.out.Next().Sub(begin); at != 15*time.Minute {
		t.Errorf("without records the next is due after %v", at)
	}
	r.now = begin.Add(time.Minute)
	r.write(5)
	r.sync()
	signed(1)
	if at := r.out.Next().Sub(begin); at != time.Minute+10*time.Second {
		t.Errorf("with records the next is due after %v", at)
	}
	r.now = begin.Add(time.Minute + 10*time.Second)
	r.sync()
	signed(7)
	r.write(2500)
	signed(7 + 2*1001)
	r.now = r.now.Add(time.Hour)
	r.sync()
	signed(7 + 2*1001 + 501)
	r.now = r.now.Add(15 * time.Minute)
	r.sync()
	signed(7 + 2*1001 + 502)
	r.out.Last()
	r.sync()
	if got := verified(t, c, public, chain.Expect{}); got.End != chain.Close || got.Records != 2505 {
		t.Fatalf("%+v", got)
	}
	// Another run goes on with the same output, as after a reload.
	r.sync()
	r.write(1)
	r.out.Last()
	r.sync()
	if got := verified(t, c, public, chain.Expect{}); got.Starts != 2 || got.Crashes != 0 || got.Records != 2506 {
		t.Fatalf("%+v", got)
	}
}

func TestAnAuditFileIsRotatedAfterASignature(t *testing.T) {
	c, public := auditConfig(t)
	c.Rotate = Rotate{Size: units.KiB, Age: units.Duration(time.Hour)}
	r := &auditRun{t: t, c: c, now: time.Now()}
	r.open()
	for range 4 {
		r.write(10)
		if !r.out.Due() {
			t.Fatal("a file that is large enough is not due")
		}
		r.write(1) // it is not rotated by a write, even where it could be
		r.sync()
		r.sync()
	}
	r.write(1)
	r.sync()
	r.out.Last()
	r.sync()
	got := verified(t, c, public, chain.Expect{})
	generations, err := filepath.Glob(filepath.Join(filepath.Dir(c.Path), "audit-*"))
	if err != nil || len(generations) < 4 || got.Records != 45 {
		t.Fatalf("%v, %v, %+v", generations, err, got)
	}
	for _, path := range generations {
		v := chain.NewVerifier([]signkey.Public{public}, chain.Expect{AnyStart: true, AnyEnd: true})
		if err := chain.Files(v, []string{path}); err != nil {
			t.Fatal(err)
		}
		if r := v.Report(); !r.OK() || r.End != chain.Rotate {
			t.Errorf("%s alone: %+v", path, r)
		}
	}
}

func TestARefusedWriteLeavesTheChain(t *testing.T) {
	c, public := auditConfig(t)
	r := &auditRun{t: t, c: c, now: time.Now()}
	r.open()
	r.write(3)
	r.sync()
	before := r.out.chain.Head()
	if err := r.out.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.out.write(1, func(int) []byte { return []byte(`{"a":1}`) }); err == nil {
		t.Fatal("a closed file takes records")
	}
	r.out.seal(chain.Regular, r.now)
	if got := r.out.chain.Head(); got != before {
		t.Errorf("the chain is at %s, want %s", got, before)
	}
	if !r.out.Next().After(r.now) {
		t.Error("a disk that takes no signature is asked for ever")
	}
	r.open()
	r.write(1)
	r.out.Last()
	r.sync()
	if got := verified(t, c, public, chain.Expect{}); got.Crashes != 1 || got.Records != 4 {
		t.Errorf("%+v", got)
	}
}

// TestAuditOnAndOff: a file without a chain is kept, and one with a chain goes
// on without it, which verify finds.
func TestAuditOnAndOff(t *testing.T) {
	c, public := auditConfig(t)
	records := outputtest.NewRecords(t)
	step := func(audit bool, state []byte) []byte {
		t.Helper()
		c := c
		if !audit {
			c = Config{Path: c.Path}
		}
		out, err := c.Open(t.Context(), outputs.Env{Name: "audit", State: state})
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		for range 2 {
			if _, err := out.(outputs.Syncer).Sync(); err != nil {
				t.Fatal(err)
			}
			if err := out.Write(t.Context(), records.Plain(3).Records); err != nil {
				t.Fatal(err)
			}
		}
		if signs, ok := out.(outputs.Signing); ok {
			signs.Last()
		}
		state, err = out.(outputs.Syncer).Sync()
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	state := step(true, step(false, nil))
	v := chain.NewVerifier([]signkey.Public{public}, chain.Expect{})
	if err := chain.Files(v, []string{c.Path}); err != nil {
		t.Fatal(err)
	}
	if r := v.Report(); !r.OK() || r.Records != 6 {
		t.Fatalf("%+v", r)
	}
	kept, err := filepath.Glob(filepath.Join(filepath.Dir(c.Path), "audit-*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v, %v; want the file without a chain kept", kept, err)
	}
	step(false, state)
	v = chain.NewVerifier([]signkey.Public{public}, chain.Expect{})
	if err := chain.Files(v, []string{c.Path}); err != nil {
		t.Fatal(err)
	}
	if r := v.Report(); len(r.Findings) != 7 || r.End != "" { // the last is the end
		t.Fatalf("%+v", r.Findings)
	}
}

func TestAnAuditFileNeedsItsKey(t *testing.T) {
	c, _ := auditConfig(t)
	c.Sign.KeyFile += ".none"
	if _, err := c.Open(t.Context(), outputs.Env{}); err == nil || !strings.Contains(err.Error(), "key new --signing") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(c.Path); err == nil {
		t.Error("the file was made all the same")
	}
}

func TestWritingAnAuditFileDoesNotAllocate(t *testing.T) {
	c, _ := auditConfig(t)
	c.Sign.Records = 1 << 30
	out := mustOpen(t, &c)
	batch := outputtest.NewRecords(t).Plain(100)
	if n := testing.AllocsPerRun(50, func() {
		if err := out.Write(t.Context(), batch.Records); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestValidateOfAuditFiles(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string
	}{
		"right":           {func(*Config) {}, nil},
		"standard output": {func(c *Config) { c.Path = "-" }, []string{"audit: standard output cannot be sealed"}},
		"nothing signs": {func(c *Config) { c.Sign.Records, c.Sign.Age, c.Sign.Idle = 0, 0, 0 },
			[]string{"sign.records", "sign.age", "sign.idle"}},
		"without audit": {func(c *Config) { c.Audit, c.Sign.Records = false, 7 }, []string{"sign: stands only beside audit = true"}},
	} {
		config, _ := New().(*Config)
		config.Path, config.Audit = "/log/audit.ndjson", true
		c.change(config)
		got := config.Validate()
		if len(got) != len(c.want) {
			t.Errorf("%s: %v; want %q", name, got, c.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i].Error(), c.want[i]) {
				t.Errorf("%s: %v; want %q", name, got[i], c.want[i])
			}
		}
	}
}

// TestShapeOfAuditRecords: the derived schema has the chain's member.
func TestShapeOfAuditRecords(t *testing.T) {
	made := map[string]any{"properties": map[string]any{}, "required": []string{"a"}}
	(&Config{}).Shape(made)
	if len(made["properties"].(map[string]any)) != 0 {
		t.Error("a file without audit has it too")
	}
	(&Config{Audit: true}).Shape(made)
	text, err := json.Marshal(made)
	if err != nil || !strings.Contains(string(text), `"required":["a","__audit__"]`) || !strings.Contains(string(text), `"__audit__":{`) {
		t.Errorf("%s, %v", text, err)
	}
}
