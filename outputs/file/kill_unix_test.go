//go:build unix

package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/internal/chain"
	"jupyter-events-agent/internal/genfile"
	"jupyter-events-agent/internal/signkey"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// killFolder tells the test binary that it is the child of TestKill.
const killFolder = "OUTPUTS_FILE_KILL_FOLDER"

// killAudited tells it that the file is an audit file.
const killAudited = "OUTPUTS_FILE_KILL_AUDITED"

// written is a file that the child writes.
type written interface {
	outputs.Syncer
	outputs.Background
	append(numbers []string) error
}

type plainFile struct{ *genfile.File }

func (f plainFile) append(numbers []string) error {
	var batch []byte
	for _, n := range numbers {
		batch = append(append(batch, n...), '\n')
	}
	return f.Append(batch)
}

type auditedFile struct{ *audited }

func (f auditedFile) append(numbers []string) error {
	return f.write(len(numbers), func(i int) []byte { return []byte(numbers[i]) })
}

// openWritten opens it, rotated often.
func openWritten(dir string, audit bool, state []byte) (written, error) {
	c := genfile.Config{Path: filepath.Join(dir, "audit.ndjson"), Mode: 0o640, Size: 8 << 10, Compress: true}
	if !audit {
		f, err := genfile.Open(c, state)
		return plainFile{f}, err
	}
	own := &Config{Path: c.Path, Audit: true, Sign: Sign{
		KeyFile: filepath.Join(dir, "signing.key"), Records: 50, Age: units.Duration(5 * time.Millisecond), Idle: defaultSign.Idle,
	}}
	o, err := openAudited(own, c, outputs.Env{Name: "audit", State: state}, time.Now)
	return auditedFile{o}, err
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(killFolder); dir != "" {
		if err := writer(dir, os.Getenv(killAudited) != ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writer appends numbered lines as pipeline appends records: the file syncs
// when the checkpoint is durable, the checkpoint is written beside it. It goes
// on until it is killed, or, when its standard input ends, stops cleanly.
func writer(dir string, audit bool) error {
	store, err := checkpoint.Open(filepath.Join(dir, "state"))
	if err != nil {
		return err
	}
	if len(store.Streams()) == 0 {
		if _, err := store.Add(checkpoint.Stream{Path: "numbers"}); err != nil {
			return err
		}
	}
	source := store.Streams()[0].ID
	cursor, err := store.Cursor("audit")
	if err != nil {
		return err
	}
	out, err := openWritten(dir, audit, cursor.State())
	if err != nil {
		return err
	}
	seal := func() error {
		state, err := out.Sync()
		if err == nil {
			cursor.Seal(state)
		}
		return err
	}
	if err := seal(); err != nil {
		return err
	}
	if err := store.Sync(); err != nil {
		return err
	}
	fmt.Println("ready")

	var stopped, durable atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stopped.Store(true)
	}()
	durable.Store(true)
	background, cancel := context.WithCancel(context.Background())
	defer cancel()
	failed := make(chan error, 2)
	go func() { failed <- out.Background(background) }()
	asked := make(chan struct{}, 1)
	go func() {
		for range asked {
			if err := store.Sync(); err != nil {
				failed <- err
				return
			}
			durable.Store(true)
		}
		failed <- nil
	}()
	var batch []string
	for next := cursor.Offset(source); !stopped.Load(); {
		batch = batch[:0]
		for range 1 + rand.IntN(20) {
			batch = append(batch, fmt.Sprintf(`{"number":%d}`, next))
			next++
		}
		if err := out.append(batch); err != nil {
			return err
		}
		cursor.Commit(checkpoint.Position{Stream: source, Offset: next})
		if durable.Load() && rand.IntN(10) == 0 {
			if err := seal(); err != nil {
				return err
			}
			durable.Store(false)
			asked <- struct{}{}
		}
	}
	close(asked)
	cancel()
	for range 2 {
		if err := <-failed; err != nil {
			return err
		}
	}
	if signing, ok := out.(outputs.Signing); ok {
		signing.Last()
	}
	if err := seal(); err != nil {
		return err
	}
	return store.Close()
}

// TestKill kills a writer at random moments: every number is in the output
// once, in order, and no line is torn.
func TestKill(t *testing.T) {
	testKill(t, t.TempDir())
}

// testKill does it in a folder; env is what the child is told beside it.
func testKill(t *testing.T, dir string, env ...string) {
	t.Helper()
	kills := 50
	for range kills {
		child, _ := startWriter(t, dir, env...)
		<-time.After(time.Duration(rand.IntN(40_000)) * time.Microsecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it says that it was killed
	}
	child, stop := startWriter(t, dir, env...)
	stop.Close()
	if err := child.Wait(); err != nil {
		t.Fatalf("the last writer: %v", err)
	}

	all, generations := wholeOutput(t, dir)
	number := int64(0)
	for line := range bytes.Lines(all) {
		if len(env) > 0 {
			if line = unchained(line); line == nil {
				continue
			}
		}
		if want := fmt.Sprintf("{\"number\":%d}\n", number); string(line) != want {
			t.Fatalf("line %d is %q, want %q", number, line, want)
		}
		number++
	}
	store, err := checkpoint.Read(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := store.Cursor("audit")
	if err != nil {
		t.Fatal(err)
	}
	if got := cursor.Offset(store.Streams()[0].ID); got != number {
		t.Errorf("the checkpoint says %d, and %d are there", got, number)
	}
	if generations < 3 || number < int64(kills) {
		t.Errorf("%d generations, %d numbers: too few for this to say anything", generations, number)
	}
	t.Logf("%d kills, %d generations, %d numbers", kills, generations, number)
}

// TestKillAudited: the chain of an audit file is whole after all of it.
func TestKillAudited(t *testing.T) {
	dir := t.TempDir()
	public, err := signkey.New(filepath.Join(dir, "signing.key"))
	if err != nil {
		t.Fatal(err)
	}
	testKill(t, dir, killAudited+"=1")
	paths, err := filepath.Glob(filepath.Join(dir, "audit*.ndjson*"))
	if err != nil {
		t.Fatal(err)
	}
	v := chain.NewVerifier([]signkey.Public{public}, chain.Expect{})
	if err := chain.Files(v, paths); err != nil {
		t.Fatal(err)
	}
	r := v.Report()
	if !r.OK() {
		t.Fatalf("%+v", r.Findings)
	}
	if r.Starts != 51 || r.Crashes < 40 { // the first kills may come before a start is durable
		t.Errorf("%d starts, %d of them without a stop", r.Starts, r.Crashes)
	}
}

// startWriter starts a writer; closing its standard input stops it.
func startWriter(t *testing.T, dir string, env ...string) (child *exec.Cmd, stop io.Closer) {
	t.Helper()
	child = exec.Command(os.Args[0])
	child.Env = append(append(os.Environ(), killFolder+"="+dir), env...)
	child.Stderr = os.Stderr
	stop, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the writer said %q, %v", line, err)
	}
	return child, stop
}

// wholeOutput is the content of all generations in order, and then the file.
func wholeOutput(t *testing.T, dir string) (all []byte, generations int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "audit-*"))
	if err != nil {
		t.Fatal(err)
	}
	byNumber := map[string]string{} // a crash may leave a generation and its compressed form
	var order []string
	for _, name := range names {
		_, number, _ := strings.Cut(strings.TrimPrefix(filepath.Base(name), "audit-"), "-")
		number, _, _ = strings.Cut(number, ".")
		if strings.HasSuffix(name, ".tmp") {
			t.Errorf("left over: %s", name)
			continue
		}
		if byNumber[number] == "" {
			order = append(order, number)
		}
		byNumber[number] = name
	}
	// The numbers have six digits; sorted by name they would be sorted by time first.
	for _, number := range slices.Sorted(slices.Values(order)) {
		all = append(all, readPlain(t, byNumber[number])...)
	}
	return append(all, readPlain(t, filepath.Join(dir, "audit.ndjson"))...), len(order)
}

func readPlain(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return content
	}
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err == nil {
		content, err = io.ReadAll(z)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return content
}
