package genfile

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// clock is a time that tests move.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock {
	return &clock{time.Date(2026, 11, 22, 15, 52, 31, 0, time.UTC)}
}

// bench is a folder with one file in it.
type bench struct {
	t      *testing.T
	config Config
	clock  *clock
	log    bytes.Buffer
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, clock: newClock()}
	b.config = Config{Path: filepath.Join(t.TempDir(), "audit.ndjson"), Mode: 0o640, Now: b.clock.Now}
	b.config.Log = slog.New(slog.NewTextHandler(&b.log, nil))
	return b
}

func (b *bench) open(state []byte) *File {
	b.t.Helper()
	f, err := Open(b.config, state)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { f.Close() })
	return f
}

func (b *bench) append(f *File, lines ...string) {
	b.t.Helper()
	for _, line := range lines {
		if err := f.Append([]byte(line + "\n")); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) sync(f *File) []byte {
	b.t.Helper()
	state, err := f.Sync()
	if err != nil {
		b.t.Fatal(err)
	}
	return state
}

func (b *bench) tidy(f *File) {
	b.t.Helper()
	if err := f.tidy(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// files are the names in the folder with their content; .gz unpacked.
func (b *bench) files() map[string]string {
	b.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(b.config.Path))
	if err != nil {
		b.t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		files[e.Name()] = b.read(e.Name())
	}
	return files
}

func (b *bench) read(name string) string {
	b.t.Helper()
	content, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(content))
		if err == nil {
			content, err = io.ReadAll(z)
		}
		if err != nil {
			b.t.Fatalf("%s: %v", name, err)
		}
	}
	return string(content)
}

func (b *bench) path(name string) string { return filepath.Join(filepath.Dir(b.config.Path), name) }

// expect compares the folder with pairs of name and content.
func (b *bench) expect(pairs ...string) {
	b.t.Helper()
	got := b.files()
	want := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		want[pairs[i]] = pairs[i+1]
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Fatalf("the folder holds %q\nwant %q\n%s", got, want, b.log.String())
	}
}

func (b *bench) logged(text string) {
	b.t.Helper()
	if !strings.Contains(b.log.String(), text) {
		b.t.Errorf("the log does not say %q:\n%s", text, b.log.String())
	}
}

const gen1, gen2 = "audit-20261122T155231Z-000001.ndjson", "audit-20261122T155231Z-000002.ndjson"

func TestAppendAndGoOn(t *testing.T) {
	b := newBench(t)
	f := b.open(nil)
	b.append(f, "one", "two")
	state := b.sync(f)
	f.Close()
	f = b.open(state)
	b.append(f, "three")
	b.expect("audit.ndjson", "one\ntwo\nthree\n")
	info, err := os.Stat(b.config.Path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v; want 0640", info.Mode(), err)
	}
	if b.log.Len() > 0 {
		t.Errorf("nothing happened, and the log says %s", b.log.String())
	}
}

func TestWhatTheStateDoesNotKnowIsTakenBack(t *testing.T) {
	b := newBench(t)
	f := b.open(nil)
	empty := b.sync(f)
	b.append(f, "one")
	state := b.sync(f)
	b.append(f, "two", "thr")
	f.Close()
	f = b.open(state)
	b.expect("audit.ndjson", "one\n")
	b.append(f, "TWO")
	b.expect("audit.ndjson", "one\nTWO\n")
	f.Close()
	b.open(empty)
	b.expect("audit.ndjson", "")
}

func TestRotationBySize(t *testing.T) {
	b := newBench(t)
	b.config.Size = 8
	f := b.open(nil)
	b.sync(f)
	b.append(f, "one", "two")
	if !f.Due() {
		t.Fatal("8 bytes of 8 and no rotation is due")
	}
	b.append(f, "three")
	b.expect("audit.ndjson", "one\ntwo\nthree\n") // only a Sync may rotate
	b.sync(f)
	b.expect("audit.ndjson", "", gen1, "one\ntwo\nthree\n")
	b.append(f, "four")
	if f.Due() {
		t.Error("5 bytes of 8 and a rotation is due")
	}
	b.append(f, "five")
	b.sync(f)
	b.expect("audit.ndjson", "", gen1, "one\ntwo\nthree\n", gen2, "four\nfive\n")
	b.sync(f)
	b.expect("audit.ndjson", "", gen1, "one\ntwo\nthree\n", gen2, "four\nfive\n") // nothing to rotate
}

func TestNothingIsRotatedBeforeAStateKnowsIt(t *testing.T) {
	b := newBench(t)
	b.config.Size = 1
	f := b.open(nil)
	b.append(f, "one")
	if f.Due() {
		t.Error("a file that is in no state cannot be rotated, so a Sync is not urgent")
	}
	b.sync(f)
	b.expect("audit.ndjson", "one\n")
	b.sync(f)
	b.expect("audit.ndjson", "", gen1, "one\n")
}

func TestARotationThatFailsIsNotTriedAllTheTime(t *testing.T) {
	b := newBench(t)
	b.config.Size = 1
	f := b.open(nil)
	b.sync(f)
	b.append(f, "one")
	if err := os.MkdirAll(b.path(gen1)+"/x", 0o750); err != nil { // in the way of the rename
		t.Fatal(err)
	}
	for range 3 {
		b.sync(f)
		b.append(f, "more")
	}
	if n := strings.Count(b.log.String(), "could not rotate"); n != 1 || f.Due() {
		t.Errorf("tried %d times, due again at once: %v", n, f.Due())
	}
	if err := os.RemoveAll(b.path(gen1)); err != nil {
		t.Fatal(err)
	}
	b.clock.now = b.clock.now.Add(time.Minute)
	b.sync(f)
	b.expect("audit.ndjson", "", "audit-20261122T155331Z-000001.ndjson", "one\nmore\nmore\nmore\n")
}

func TestRotationByAge(t *testing.T) {
	b := newBench(t)
	b.config.Age = time.Hour
	f := b.open(nil)
	b.sync(f)
	b.append(f, "one")
	b.clock.now = b.clock.now.Add(30 * time.Minute)
	state := b.sync(f)
	f.Close()
	f = b.open(state) // the age goes on over a restart
	b.clock.now = b.clock.now.Add(31 * time.Minute)
	b.append(f, "two") // of the next day
	b.expect("audit.ndjson", "two\n", "audit-20261122T165331Z-000001.ndjson", "one\n")
	b.sync(f)
	b.sync(f) // only now the state with two is surely durable
	b.clock.now = b.clock.now.Add(2 * time.Hour)
	b.tidy(f) // nobody writes any more
	b.expect("audit.ndjson", "", "audit-20261122T165331Z-000001.ndjson", "one\n", "audit-20261122T185331Z-000002.ndjson", "two\n")
	b.clock.now = b.clock.now.Add(2 * time.Hour)
	b.tidy(f)
	b.append(f, "three")
	b.sync(f)
	b.tidy(f)
	if len(b.files()) != 3 {
		t.Errorf("an empty file was rotated, or one that is not old enough: %q", b.files())
	}
}

// TestTheFirstStateIsThatOfTheLastRun: also where the file has come of age meanwhile,
// so a full state folder keeps nobody from going on.
func TestTheFirstStateIsThatOfTheLastRun(t *testing.T) {
	b := newBench(t)
	b.config.Age = time.Hour
	f := b.open(nil)
	b.sync(f)
	b.append(f, "one")
	state := b.sync(f)
	f.Close()
	b.clock.now = b.clock.now.Add(2 * time.Hour)
	f = b.open(state)
	b.tidy(f) // runs beside
	if first := b.sync(f); !bytes.Equal(first, state) {
		t.Errorf("%s, want %s", first, state)
	}
	b.append(f, "two")
	b.expect("audit.ndjson", "two\n", "audit-20261122T175231Z-000001.ndjson", "one\n")
}

func TestCompressionAndKeep(t *testing.T) {
	b := newBench(t)
	b.config.Size, b.config.Compress, b.config.Keep = 1, true, 3
	f := b.open(nil)
	b.sync(f)
	for i := range 5 {
		b.append(f, fmt.Sprint("line ", i))
		b.sync(f)
	}
	b.tidy(f)
	name := func(n int) string { return fmt.Sprintf("audit-20261122T155231Z-%06d.ndjson", n) }
	// The fifth may be named by the state before the last, which the last one may not have replaced yet.
	b.expect("audit.ndjson", "", name(3)+".gz", "line 2\n", name(4)+".gz", "line 3\n", name(5), "line 4\n")
	info, err := os.Stat(b.path(name(3) + ".gz"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v; want 0640", info.Mode(), err)
	}
	state := b.sync(f)
	b.tidy(f)
	b.expect("audit.ndjson", "", name(3)+".gz", "line 2\n", name(4)+".gz", "line 3\n", name(5)+".gz", "line 4\n")
	f.Close()
	f = b.open(state)
	b.append(f, "line 5")
	b.sync(f)
	b.expect("audit.ndjson", "", name(3)+".gz", "line 2\n", name(4)+".gz", "line 3\n", name(5)+".gz", "line 4\n", name(6), "line 5\n")
}

func TestAnInterruptedCompressionIsTakenUp(t *testing.T) {
	b := newBench(t)
	b.config.Size, b.config.Compress = 1, true
	f := b.open(nil)
	b.sync(f)
	b.append(f, "one")
	b.sync(f)
	b.append(f, "two")
	b.sync(f)
	state := b.sync(f)
	b.tidy(f)
	f.Close()
	for name, content := range map[string]string{
		gen1:              "one\n", // a crash between rename and delete
		gen2 + ".gz.tmp":  "half",
		"audit.other.tmp": "of somebody else",
	} {
		if err := os.WriteFile(b.path(name), []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	f = b.open(state)
	b.tidy(f)
	b.expect("audit.ndjson", "", gen1+".gz", "one\n", gen2+".gz", "two\n", "audit.other.tmp", "of somebody else")
}

func TestCompressionEndsAfterTheStop(t *testing.T) {
	b := newBench(t)
	b.config.Compress = true
	f := b.open(nil)
	if err := os.WriteFile(b.path(gen1), []byte("one\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Background(ctx); err != nil {
		t.Fatal(err)
	}
	b.expect("audit.ndjson", "", gen1, "one\n") // nothing new is begun
	if err := f.compress(ctx, b.path(gen1)); err != nil {
		t.Fatalf("what is under way is not finished: %v", err)
	}
	p := &patient{ctx: ctx, from: strings.NewReader("x"), until: time.Now().Add(-time.Second)}
	if _, err := p.Read(make([]byte, 1)); err == nil {
		t.Error("it goes on for ever")
	}
}

func TestTotalAndAgeOfGenerations(t *testing.T) {
	b := newBench(t)
	b.config.Size, b.config.MaxTotal, b.config.MaxAge = 1, 25, time.Hour
	var dropped []string
	b.config.Dropping = func(path string) { dropped = append(dropped, b.read(filepath.Base(path))) }
	f := b.open(nil)
	b.sync(f)
	for i := range 5 {
		b.append(f, fmt.Sprint("line ", i)) // 7 bytes
		b.sync(f)
	}
	b.sync(f)
	b.tidy(f)
	if want := []string{"line 0\n", "line 1\n"}; !slices.Equal(dropped, want) {
		t.Fatalf("dropped %q, want %q", dropped, want)
	}
	b.clock.now = b.clock.now.Add(59 * time.Minute)
	b.append(f, "new")
	b.sync(f)
	b.clock.now = b.clock.now.Add(2 * time.Minute)
	b.sync(f)
	b.tidy(f)
	b.expect("audit.ndjson", "", "audit-20261122T165131Z-000006.ndjson", "new\n")
	if len(dropped) != 5 {
		t.Errorf("dropped %q, want all of the first five", dropped)
	}
}

func TestNames(t *testing.T) {
	for path, want := range map[string]string{
		"/x/audit.ndjson":  "/x/audit-20261122T155231Z-000017.ndjson",
		"/x/audit":         "/x/audit-20261122T155231Z-000017",
		"/x/.ndjson":       "/x/.ndjson-20261122T155231Z-000017",
		"/x/a.b.json":      "/x/a.b-20261122T155231Z-000017.json",
		"/x/a-1.gz":        "/x/a-1-20261122T155231Z-000017.gz",
		"/x/lines.ndjson1": "/x/lines-20261122T155231Z-000017.ndjson1",
	} {
		n := namesOf(path)
		got := n.of(newClock().now, 17)
		if got != want || filepath.Join(n.folder, n.stem+n.ext) != path {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		for _, name := range []string{got, got + ".gz"} {
			g, ok := n.parse(filepath.Base(name))
			if !ok || g.number != 17 || !g.rotated.Equal(newClock().now) || g.packed != (name != got) {
				t.Errorf("%s: %+v, %v", name, g, ok)
			}
		}
	}
	n := namesOf("/x/audit.ndjson")
	for _, name := range []string{
		"audit.ndjson", "audit-x.ndjson", "audit-x-20261122T155231Z-000017.ndjson", "audit-20261122T155231Z-17.ndjson",
		"audit-20261122T155231Z-000017.ndjson.1", "audit-20261199T155231Z-000017.ndjson", "audit-20261122T155231Z-0000017.ndjson",
		"audit-20261122T155231Z-000017", "audit-20261122T155231Z--00017.ndjson", "audit-20261122T155231Z-000017.ndjson.gz.tmp",
	} {
		if g, ok := n.parse(name); ok {
			t.Errorf("%s is taken for a generation: %+v", name, g)
		}
	}
	if g, ok := n.parse("audit-20261122T155231Z-1234567.ndjson"); !ok || g.number != 1234567 {
		t.Errorf("a long number: %+v, %v", g, ok)
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	b := newBench(t)
	f := b.open(nil)
	line := bytes.Repeat([]byte("x"), 999)
	line = append(line, '\n')
	if n := testing.AllocsPerRun(100, func() {
		if err := f.Append(line); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
