package realtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"jupyter-events-agent/internal/corpus"
)

// witness is an agent with an audit file, and the public key that was put away
// before its first start.
type witness struct {
	t      *testing.T
	dir    string // of the agent's state and the audit file
	log    string
	keys   string // the signing key, which is rotated
	public string // the first public key
	config string
	r      *rand.Rand
}

const witnessTemplate = `
state_dir = %[1]q
grace = "5s"
retry = { first = "5ms", max = "50ms" }
log = { level = "debug", format = "json" }
[schemas]
paths = [%[2]q]
catalog = false
[[inputs.file]]
name = "events"
paths = [%[3]q]
trusted = true
[[outputs.file]]
name = "security"
path = %[4]q
audit = true
sign = { key_file = %[5]q, records = 200, age = "20ms" }
rotate = { size = "150KiB", compress = true }
policy = { categories = ["*"] }
`

func newWitness(t *testing.T, dir string) *witness {
	t.Helper()
	own := t.TempDir()
	w := &witness{
		t: t, dir: dir, log: filepath.Join(own, "in", "events.log"), keys: filepath.Join(own, "signing.key"),
		public: filepath.Join(own, "first.pub"), config: filepath.Join(own, "agent.toml"),
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w.r = rand.New(rand.NewPCG(seed, 1))
	schemas := filepath.Join(own, "schemas")
	text := fmt.Sprintf(witnessTemplate, filepath.Join(dir, "state"), schemas, w.log+"*", filepath.Join(dir, "security.ndjson"), w.keys)
	if err := errors.Join(
		corpus.WriteSchemas(schemas), os.MkdirAll(filepath.Dir(w.log), 0o755), os.MkdirAll(dir, 0o755), os.WriteFile(w.config, []byte(text), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	w.do("key", "new", "--signing", w.keys)
	pem, err := os.ReadFile(w.keys + ".pub")
	if err == nil {
		err = os.WriteFile(w.public, pem, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *witness) do(args ...string) {
	w.t.Helper()
	c, said := command(args...)
	if err := c.Run(); err != nil {
		w.t.Fatalf("%v: %v: %s", args, err, said)
	}
}

// life is one run of the agent that ends by kill -9 at any moment: some die
// before anything is durable, some while the audit file is rotated, which it is
// all the time, some within a reload, with a new key or without. It returns what
// the agent logged.
func (w *witness) life() (said string) {
	w.t.Helper()
	a := start(w.t, w.config)
	pause := func(most int) { <-time.After(time.Duration(w.r.IntN(most)) * time.Millisecond) }
	pause(1500)
	for range w.r.IntN(3) {
		if w.r.IntN(3) == 0 {
			w.do("key", "rotate", "--signing", w.keys)
		}
		if strings.Contains(a.stderr.String(), `"msg":"started"`) { // before it could end by a signal
			if err := a.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				w.t.Fatal(err)
			}
		}
		pause(100)
	}
	a.kill()
	return a.stderr.String()
}

// enough says that the log has events for a few files, however slow the machine is.
func (w *witness) enough() bool {
	w.t.Helper()
	logs, err := filepath.Glob(w.log + "*")
	if err != nil {
		w.t.Fatal(err)
	}
	size := int64(0)
	for _, log := range logs {
		if info, err := os.Stat(log); err == nil { // else it has just been renamed
			size += info.Size()
		}
	}
	return size > 1<<20
}

// grow has the log grow while do is done, and returns how many events it has.
func (w *witness) grow(do func()) (total int) {
	stop, written := make(chan struct{}), make(chan int, 1)
	go func() { written <- write(w.t, w.log, stop) }()
	defer func() {
		close(stop)
		total = <-written
	}()
	do()
	return 0 // which the log's end sets
}

func (w *witness) files() []string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "security*.ndjson*"))
	if err != nil || len(files) == 0 {
		w.t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}

// verify is the command, and its exit code.
func (w *witness) verify(files ...string) (said string, code int) {
	w.t.Helper()
	c, stderr := command(append([]string{"verify", "--public-key", w.public}, files...)...)
	var out bytes.Buffer
	c.Stdout = &out
	if err := c.Run(); err != nil && c.ProcessState == nil {
		w.t.Fatal(err)
	}
	return out.String() + stderr.String(), c.ProcessState.ExitCode()
}

// unpacked are the lines of each file, in the order of their sequences.
func (w *witness) unpacked() (all [][]string) {
	w.t.Helper()
	for _, file := range w.files() {
		f, err := os.Open(file)
		if err != nil {
			w.t.Fatal(err)
		}
		var from io.Reader = f
		if strings.HasSuffix(file, ".gz") {
			if from, err = gzip.NewReader(f); err != nil {
				w.t.Fatalf("%s: %v", filepath.Base(file), err)
			}
		}
		text, err := io.ReadAll(from)
		if err != nil {
			w.t.Fatalf("%s: %v", filepath.Base(file), err)
		}
		f.Close()
		if len(text) > 0 {
			all = append(all, split(string(text)))
		}
	}
	slices.SortFunc(all, func(a, b []string) int { return sequence(w.t, a[0]) - sequence(w.t, b[0]) })
	return all
}

func sequence(t *testing.T, line string) int {
	t.Helper()
	var l struct {
		Audit struct{ Seq int } `json:"__audit__"`
	}
	if err := json.Unmarshal([]byte(line), &l); err != nil || l.Audit.Seq == 0 {
		t.Fatalf("not a line of an audit file: %v: %.200s", err, line)
	}
	return l.Audit.Seq
}

// judge delivers what is left and fails unless the files prove themselves, hold
// every event once and in order, and show whatever is done to them.
func (w *witness) judge(total int) {
	w.t.Helper()
	once(w.t, w.config)
	said, code := w.verify(w.files()...)
	if code != 0 {
		w.t.Fatalf("exit code %d: %s", code, said)
	}
	w.t.Logf("%d events in %d files\n%s", total, len(w.files()), said)
	all := w.unpacked()
	var records []string
	for _, lines := range all {
		for _, l := range lines {
			if strings.HasPrefix(l, `{"__schema__":`) {
				records = append(records, l)
			}
		}
	}
	inOrder(w.t, records, total)
	if len(all) < 4 {
		w.t.Fatalf("%d files with lines: it did not rotate", len(all))
	}
	w.tamper(all)
}

// inner is a record within an inner file that a record follows. A file may be
// short: a kill or a rotated key ends one at any line.
func (w *witness) inner(all [][]string) (file, line int) {
	w.t.Helper()
	record := func(l string) bool { return strings.HasPrefix(l, `{"__schema__":`) }
	var places [][2]int
	for file := 1; file < len(all)-2; file++ {
		for line := 1; line < len(all[file])-3; line++ {
			if record(all[file][line]) && record(all[file][line+1]) {
				places = append(places, [2]int{file, line})
			}
		}
	}
	if len(places) == 0 {
		w.t.Fatalf("%d files, and no two records side by side within an inner one", len(all))
	}
	place := places[w.r.IntN(len(places))]
	return place[0], place[1]
}

// tamper does one thing after the other to copies of the files.
func (w *witness) tamper(all [][]string) {
	w.t.Helper()
	file, line := w.inner(all)
	for _, c := range []struct {
		name   string
		change func(files [][]string) [][]string
		want   string
	}{
		{"nothing", func(f [][]string) [][]string { return f }, `ok: output "security"`},
		{"a bit of a record flipped", func(f [][]string) [][]string {
			l := []byte(f[file][line])
			at := bytes.Index(l, []byte(`"path":`)) + len(`"path":"`)
			l[at] ^= 1
			f[file][line] = string(l)
			return f
		}, `sequence \d+ was changed: its hash is not the one that the next line holds`},
		{"a record deleted", func(f [][]string) [][]string {
			f[file] = slices.Delete(f[file], line, line+1)
			return f
		}, `follows sequence \d+: 1 line is missing before it`},
		{"two records exchanged", func(f [][]string) [][]string {
			f[file][line], f[file][line+1] = f[file][line+1], f[file][line]
			return f
		}, `lines were moved or put in twice`},
		{"a file deleted", func(f [][]string) [][]string { return slices.Delete(f, file, file+1) }, `\d+ lines are missing before it`},
		{"the last line cut off", func(f [][]string) [][]string {
			last := len(f) - 1
			f[last] = f[last][:len(f[last])-1]
			if len(f[last]) == 0 {
				f = f[:last]
			}
			return f
		}, `the end is open|the chain goes on after sequence \d+ in another file`},
		{"the last file cut off", func(f [][]string) [][]string { return f[:len(f)-1] }, `the chain goes on after sequence \d+ in another file`},
	} {
		dir := w.t.TempDir()
		files := make([][]string, len(all))
		for i := range all {
			files[i] = slices.Clone(all[i])
		}
		var paths []string
		for i, lines := range c.change(files) {
			path := filepath.Join(dir, fmt.Sprintf("%03d", i))
			if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				w.t.Fatal(err)
			}
			paths = append(paths, path)
		}
		said, code := w.verify(paths...)
		if ok := c.name == "nothing"; (code == 0) != ok || (code == 1) == ok || !regexp.MustCompile(c.want).MatchString(said) {
			w.t.Errorf("%s, in file %d of %d, line %d: exit code %d; want %s\n%.2000s", c.name, file, len(all), line, code, c.want, said)
		}
	}
}

func TestKillAudited(t *testing.T) {
	t.Parallel()
	killedAudited(t, 5)
}

// killedAudited kills an agent with an audit file at random moments over a log
// that grows and rotates, while the audit file rotates, keys are rotated and
// reloads are made.
func killedAudited(t *testing.T, kills int) {
	w := newWitness(t, t.TempDir())
	w.judge(w.grow(func() {
		for n := 0; n < kills || !w.enough(); n++ {
			w.life()
		}
	}))
}
