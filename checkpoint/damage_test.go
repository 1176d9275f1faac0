package checkpoint

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// twoGenerations is a folder whose newest checkpoint has audit at 20 and
// whose older one has it at 10.
func twoGenerations(t *testing.T) (dir string, stream uint64) {
	t.Helper()
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{Path: "events.log"})[0]
	c := cursorOf(t, s, "audit")
	for _, offset := range []int64{10, 20} {
		c.Commit(Position{st.ID, offset})
		c.Seal([]byte{byte(offset)})
		synced(t, s)
	}
	s.lock.Close()
	return s.dir, st.ID
}

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, content []byte, parts ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(parts...), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheNewestTornAtEveryLengthFallsBack(t *testing.T) {
	dir, stream := twoGenerations(t)
	newest, older := read(t, dir, newestFile), read(t, dir, olderFile)
	for n := range newest {
		write(t, newest[:n], dir, newestFile)
		s, err := Open(dir)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		c := cursorOf(t, s, "audit")
		if c.Offset(stream) != 10 || string(c.State()) != "\x0a" {
			t.Fatalf("%d bytes: at %d with %q, want 10 with its state", n, c.Offset(stream), c.State())
		}
		warnings := strings.Join(s.Warnings(), "; ")
		if !strings.Contains(warnings, "checkpoint is damaged and was renamed to checkpoint.damaged") || !strings.Contains(warnings, "may be sent again") {
			t.Fatalf("%d bytes: %q does not say so", n, warnings)
		}
		if !bytes.Equal(read(t, dir, newestFile+damagedSuffix), newest[:n]) {
			t.Fatalf("%d bytes: the damaged one was not kept", n)
		}
		// The next one written must not push the sound one out by the damaged.
		c.Commit(Position{stream, 11})
		c.Seal(nil)
		synced(t, s)
		if !bytes.Equal(read(t, dir, olderFile), older) {
			t.Fatalf("%d bytes: the sound one is gone", n)
		}
		s.lock.Close()
	}
}

func TestACrashBetweenTheTwoRenames(t *testing.T) {
	dir, stream := twoGenerations(t)
	if err := os.Rename(filepath.Join(dir, newestFile), filepath.Join(dir, olderFile)); err != nil {
		t.Fatal(err)
	}
	write(t, []byte("the next one"), dir, newestFile+".tmp")
	write(t, []byte("half a key"), dir, keyName+".tmp")
	s := opened(t, dir)
	if got := cursorOf(t, s, "audit").Offset(stream); got != 20 {
		t.Fatalf("at %d, want 20", got)
	}
	if len(s.Warnings()) != 1 || !strings.Contains(s.Warnings()[0], "missing") {
		t.Errorf("%q does not say that the newest was missing", s.Warnings())
	}
	leftover, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(leftover) > 0 {
		t.Errorf("left over: %v, %v", leftover, err)
	}
}

func TestBothDamagedBeginsAnew(t *testing.T) {
	dir, stream := twoGenerations(t)
	write(t, []byte("nonsense"), dir, newestFile)
	write(t, nil, dir, olderFile)
	s := opened(t, dir)
	if len(s.Streams()) > 0 || cursorOf(t, s, "audit").Offset(stream) != 0 {
		t.Error("something was taken from a damaged checkpoint")
	}
	if w := strings.Join(s.Warnings(), "; "); strings.Count(w, "is damaged") != 2 || !strings.Contains(w, "began anew") {
		t.Errorf("%q does not say so", w)
	}
	for _, name := range []string{newestFile, olderFile} {
		if _, err := os.Stat(filepath.Join(dir, name+damagedSuffix)); err != nil {
			t.Errorf("%s was not set aside: %v", name, err)
		}
	}
	added(t, s, Stream{})
	if w := reopened(t, s).Warnings(); len(w) > 0 {
		t.Errorf("it still warns: %v", w)
	}
}

func TestTheOnlyOneDamaged(t *testing.T) {
	dir := t.TempDir()
	write(t, []byte("nonsense"), dir, newestFile)
	s := opened(t, dir)
	if w := strings.Join(s.Warnings(), "; "); !strings.Contains(w, "began anew") {
		t.Errorf("%q does not say so", w)
	}
}

// TestAnew: until a checkpoint is written again it is known that one is lost, also
// where the agent ended before that.
func TestAnew(t *testing.T) {
	dir := t.TempDir()
	if s := opened(t, dir); s.Anew() {
		t.Error("a first start has lost nothing")
	} else {
		s.lock.Close()
	}
	write(t, []byte("nonsense"), dir, newestFile)
	for range 2 {
		s := opened(t, dir)
		if !s.Anew() {
			t.Fatal("the only checkpoint was damaged")
		}
		s.lock.Close()
	}
	s := opened(t, dir)
	added(t, s, Stream{})
	if reopened(t, s).Anew() {
		t.Error("there is a checkpoint again")
	}
	dir, _ = twoGenerations(t)
	write(t, []byte("nonsense"), dir, newestFile)
	if opened(t, dir).Anew() {
		t.Error("the one before it was sound")
	}
}

// TestWhatPassesIsNoDamage: a checkpoint that cannot be read just now stops the
// agent, and stays.
func TestWhatPassesIsNoDamage(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EACCES, syscall.ENOENT} {
		if err := unread(&os.PathError{Op: "open", Path: "x", Err: errno}); !errors.Is(err, errno) {
			t.Errorf("%v: %v", errno, err)
		}
	}
	for _, errno := range []syscall.Errno{syscall.EIO, syscall.EISDIR} {
		if err := unread(&os.PathError{Op: "read", Path: "x", Err: errno}); err != errDamaged {
			t.Errorf("%v: %v, want damaged", errno, err)
		}
	}
}

func TestACheckpointThatIsAFolder(t *testing.T) {
	dir, stream := twoGenerations(t)
	os.Remove(filepath.Join(dir, newestFile))
	if err := os.Mkdir(filepath.Join(dir, newestFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := cursorOf(t, opened(t, dir), "audit").Offset(stream); got != 10 {
		t.Fatalf("at %d, want 10", got)
	}
}

func TestANewerVersionIsRefusedAndStays(t *testing.T) {
	future := framed(version+1, []byte("of the future"))
	for _, name := range []string{newestFile, olderFile} {
		dir, _ := twoGenerations(t)
		write(t, []byte("nonsense"), dir, newestFile)
		write(t, future, dir, name)
		_, err := Open(dir)
		if err == nil || !strings.Contains(err.Error(), "newer agent") || !strings.Contains(err.Error(), name) {
			t.Fatalf("%s: %v; want refused", name, err)
		}
		if !bytes.Equal(read(t, dir, name), future) {
			t.Errorf("%s was changed", name)
		}
	}
	// An older agent went on after it: the one that is in use counts.
	dir, stream := twoGenerations(t)
	write(t, future, dir, olderFile)
	if got := cursorOf(t, opened(t, dir), "audit").Offset(stream); got != 20 {
		t.Errorf("at %d, want 20", got)
	}
}

func TestReadOfADamagedFolderChangesNothing(t *testing.T) {
	dir, stream := twoGenerations(t)
	write(t, []byte("nonsense"), dir, newestFile)
	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := cursorOf(t, s, "audit").Offset(stream); got != 10 || len(s.Warnings()) == 0 {
		t.Errorf("at %d with %v, want 10 with a warning", got, s.Warnings())
	}
	if string(read(t, dir, newestFile)) != "nonsense" {
		t.Error("looking changed the folder")
	}
}
