package genfile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// rename is what another program, or half a rotation, does.
func (b *bench) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(b.path(from), b.path(to)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) write(name, content string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(content), 0o640); err != nil {
		b.t.Fatal(err)
	}
}

// TestWhatIsFoundAtTheStart goes through everything that can lie in the folder
// of a state whose file holds "one", and what becomes of it.
func TestWhatIsFoundAtTheStart(t *testing.T) {
	for name, c := range map[string]struct {
		before func(b *bench) // the file holds one and two, the state knows one
		want   []string       // with a line "new" appended
		log    string
	}{
		"nothing happened": {
			before: func(*bench) {},
			want:   []string{"audit.ndjson", "one\nnew\n"},
			log:    "took back",
		},
		"a crash between rename and new file": {
			before: func(b *bench) { b.rename("audit.ndjson", gen1) },
			want:   []string{"audit.ndjson", "new\n", gen1, "one\n"},
		},
		"a crash after the rotation": {
			before: func(b *bench) { b.rename("audit.ndjson", gen1); b.write("audit.ndjson", "") },
			want:   []string{"audit.ndjson", "new\n", gen1, "one\n"},
		},
		"a crash after the rotation and more lines": {
			before: func(b *bench) { b.rename("audit.ndjson", gen1); b.write("audit.ndjson", "three\nfour\n") },
			want:   []string{"audit.ndjson", "new\n", gen1, "one\n"},
		},
		"two rotations later, so it was no crash": {
			before: func(b *bench) {
				b.rename("audit.ndjson", gen1)
				b.write(gen2, "three\n")
				b.write("audit.ndjson", "four\n")
			},
			want: []string{"audit.ndjson", "new\n", gen1, "one\n", gen2, "three\n", "audit-20261122T155231Z-000003.ndjson", "four\n"},
			log:  "kept a file",
		},
		"deleted": {
			before: func(b *bench) { os.Remove(b.config.Path) },
			want:   []string{"audit.ndjson", "new\n"},
			log:    "is not there",
		},
		"replaced by another": {
			before: func(b *bench) { b.write("other", "one\ntwo\nthree\n"); b.rename("other", "audit.ndjson") },
			want:   []string{"audit.ndjson", "new\n", gen2, "one\ntwo\nthree\n"},
			log:    "kept a file",
		},
		"shorter than it was": {
			before: func(b *bench) { _ = os.Truncate(b.config.Path, 3) },
			want:   []string{"audit.ndjson", "new\n", gen2, "one"},
			log:    "kept a file",
		},
		"another content under the same inode": {
			before: func(b *bench) { b.write("audit.ndjson", "of somebody else\n") },
			want:   []string{"audit.ndjson", "new\n", gen2, "of somebody else\n"},
			log:    "kept a file",
		},
		"renamed by logrotate": {
			before: func(b *bench) { b.rename("audit.ndjson", "audit.ndjson.1"); b.write("audit.ndjson", "") },
			want:   []string{"audit.ndjson", "new\n", "audit.ndjson.1", "one\n"},
		},
		"renamed by logrotate and written to by others": {
			before: func(b *bench) { b.rename("audit.ndjson", "audit.ndjson.1"); b.write("audit.ndjson", "x\n") },
			want:   []string{"audit.ndjson", "new\n", "audit.ndjson.1", "one\n", gen2, "x\n"},
			log:    "kept a file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			f := b.open(nil)
			b.append(f, "one")
			state := b.sync(f)
			b.append(f, "two")
			f.Close()
			c.before(b)
			f = b.open(state)
			b.append(f, "new")
			b.expect(c.want...)
			b.logged(c.log)
			b.open(b.sync(f))
			b.expect(c.want...)
		})
	}
}

// TestAnEmptyGenerationGoes: a crash takes back all of a generation of which no
// durable state knows a line. Once no state can name it, nobody is left with it.
func TestAnEmptyGenerationGoes(t *testing.T) {
	b := newBench(t)
	b.config.Size = 4
	b.config.Compress = true
	f := b.open(nil)
	durable := b.sync(f)
	b.append(f, "one")
	b.sync(f)
	b.sync(f) // rotates, and none of it is durable
	f.Close()
	f = b.open(durable)
	b.expect("audit.ndjson", "", gen1, "")
	b.tidy(f)
	b.expect("audit.ndjson", "", gen1, "") // another crash would need it
	b.append(f, "one")
	durable = b.sync(f)
	b.sync(f)
	b.tidy(f)
	b.expect("audit.ndjson", "", gen2, "one\n")
	f.Close()
	f = b.open(durable)
	b.append(f, "two")
	b.sync(f)
	b.expect("audit.ndjson", "two\n", gen2, "one\n")
}

func TestAnInodeAloneIsNoProof(t *testing.T) {
	b := newBench(t)
	state := b.sync(b.open(nil)) // of the empty file
	b.rename("audit.ndjson", "audit-of-another-output.ndjson")
	b.write("audit-of-another-output.ndjson", "theirs\n")
	f := b.open(state)
	b.append(f, "new")
	b.expect("audit.ndjson", "new\n", "audit-of-another-output.ndjson", "theirs\n")
}

func TestWithoutAStateNothingIsCut(t *testing.T) {
	for name, c := range map[string]struct {
		found string
		state string
		want  []string
	}{
		"whole lines":             {"found\n", "", []string{"audit.ndjson", "new\n", gen1, "found\n"}},
		"half a line":             {"fou", "", []string{"audit.ndjson", "new\n", gen1, "fou"}},
		"empty":                   {"", "", []string{"audit.ndjson", "new\n"}},
		"a state that is nothing": {"found\n", "{", []string{"audit.ndjson", "new\n", gen1, "found\n"}},
		"a state of another path": {"found\n", `{"name":"other.ndjson","number":7}`, []string{"audit.ndjson", "new\n", gen1, "found\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.write("audit.ndjson", c.found)
			f := b.open([]byte(c.state))
			b.append(f, "new")
			b.expect(c.want...)
		})
	}
}

func TestLogrotateWhileRunning(t *testing.T) {
	b := newBench(t)
	f := b.open(nil)
	b.sync(f)
	b.append(f, "one")
	b.rename("audit.ndjson", "audit.ndjson.1")
	b.append(f, "two")
	b.sync(f)
	b.logged("let the agent rotate it itself")
	b.append(f, "three")
	b.write("audit.ndjson.2", "")
	b.rename("audit.ndjson.2", "audit.ndjson") // over ours
	b.sync(f)
	b.append(f, "four")
	state := b.sync(f)
	b.append(f, "gone")
	f.Close()
	b.open(state)
	b.expect("audit.ndjson", "four\n", "audit.ndjson.1", "one\ntwo\n")
}

func TestCopyTruncateWhileRunning(t *testing.T) {
	b := newBench(t)
	f := b.open(nil)
	b.append(f, "one")
	if err := os.Truncate(b.config.Path, 0); err != nil {
		t.Fatal(err)
	}
	b.append(f, "two")
	state := b.sync(f)
	b.logged("changed the length")
	b.append(f, "three")
	f.Close()
	b.open(state)
	b.expect("audit.ndjson", "two\n")
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	b := newBench(t)
	b.write("file", "")
	for path, want := range map[string]string{
		b.path("file/audit.ndjson"):        "the agent's user can write there",
		b.path("no/such/folder/x.ndjson"):  "see that its folder exists",
		filepath.Dir(b.config.Path):        "not a regular file: name a file",
		b.path("made") + "/audit.ndjson":   "",
		strings.Repeat("x", 300) + ".json": "see that",
	} {
		c := b.config
		c.Path = path
		f, err := Open(c, nil)
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			f.Close()
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want %q", path, err, want)
		}
	}
}

func TestHalfABatchIsTakenBack(t *testing.T) {
	b := newBench(t)
	f := b.open(nil)
	b.append(f, "one")
	// What a full disk leaves: the first bytes of the batch.
	if _, err := f.file.Write([]byte("hal")); err != nil {
		t.Fatal(err)
	}
	f.torn = 3
	b.append(f, "two")
	b.expect("audit.ndjson", "one\ntwo\n")
	if _, err := f.file.Write([]byte("hal")); err != nil {
		t.Fatal(err)
	}
	f.torn = 3
	b.sync(f)
	b.expect("audit.ndjson", "one\ntwo\n")
}

func TestAfterAFailedSyncOnlyARestartHelps(t *testing.T) {
	b := newBench(t)
	f := b.open(nil)
	b.append(f, "one")
	file := f.file
	f.file = os.NewFile(^uintptr(0), "broken")
	if f.file == nil {
		f.file, _ = os.Open(os.DevNull)
		f.file.Close()
	}
	if _, err := f.Sync(); err == nil || !strings.Contains(err.Error(), "restart the agent") {
		t.Fatalf("%v; want an error with the next step", err)
	}
	f.file = file
	if _, err := f.Sync(); err == nil {
		t.Fatal("a second Sync takes back what the first has said")
	}
}

// TestCrashesAtRandom runs a writer as pipeline does, kills it between any two
// of its steps, and goes on from the last durable state.
func TestCrashesAtRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range 25 {
		b := newBench(t)
		b.config.Size = int64(1 + r.IntN(60))
		b.config.Age = time.Duration(r.IntN(3)) * time.Hour
		b.config.Compress = r.IntN(2) == 0
		var durable []byte        // state in the checkpoint
		durableNext, next := 0, 0 // the next line, as the checkpoint knows it and really
		f := b.open(nil)
		begin := func() { durable = b.sync(f); durableNext = next }
		begin()
		var pending []byte
		pendingNext := 0
		for range 200 {
			switch r.IntN(12) {
			case 0, 1, 2, 3, 4:
				b.append(f, fmt.Sprint("line ", next))
				next++
			case 5, 6:
				if pending == nil { // the rule of the caller
					pending, pendingNext = b.sync(f), next
				}
			case 7, 8:
				if pending != nil {
					durable, durableNext, pending = pending, pendingNext, nil
				}
			case 9:
				b.clock.now = b.clock.now.Add(time.Duration(r.IntN(100)) * time.Minute)
			case 10:
				b.tidy(f)
			case 11:
				f.Close() // the crash
				f = b.open(durable)
				next, pending = durableNext, nil
				begin()
			}
		}
		f.Close()
		b.open(durable)
		next = durableNext
		got := b.inOrder()
		var want strings.Builder
		for i := range next {
			fmt.Fprintln(&want, "line", i)
		}
		if got != want.String() {
			t.Fatalf("round %d: got %q\nwant %q\n%q", round, got, want.String(), b.files())
		}
	}
}

// inOrder is the content of all generations and the file.
func (b *bench) inOrder() string {
	b.t.Helper()
	list, err := namesOf(b.config.Path).list()
	if err != nil {
		b.t.Fatal(err)
	}
	var all strings.Builder
	for _, g := range list {
		if g.packed && slices.ContainsFunc(list, func(other generation) bool { return other.path == g.original() }) {
			continue
		}
		all.WriteString(b.read(filepath.Base(g.path)))
	}
	return all.String() + b.read(filepath.Base(b.config.Path))
}
