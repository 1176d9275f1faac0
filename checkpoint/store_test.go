package checkpoint

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestOpenMakesThePrivateFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := opened(t, dir)
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%v, %v; want 0700", info.Mode(), err)
	}
	added(t, s, Stream{})
	for _, name := range []string{newestFile, lockFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want 0600", name, info.Mode(), err)
		}
	}
	if len(s.Warnings()) > 0 {
		t.Errorf("a new folder warns: %v", s.Warnings())
	}
}

func TestASecondAgentFails(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir)
	_, err := Open(dir)
	if err == nil || !strings.Contains(err.Error(), "in use by another agent (process ") || !strings.Contains(err.Error(), dir) {
		t.Fatalf("%v; want in use", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	opened(t, dir)
}

func TestAddGivesEachAnIDOfItsOwnAndMakesItDurable(t *testing.T) {
	s := opened(t, t.TempDir())
	files := make([]Stream, 1000)
	for i := range files {
		files[i] = Stream{ID: 5, Path: "/log", Start: int64(i), Identity: Identity{Inode: uint64(i)}}
	}
	streams := added(t, s, files...)
	ids := map[uint64]bool{}
	for i, st := range streams {
		if st.ID == 0 || st.ID == 5 || ids[st.ID] || st.Start != int64(i) || st.Identity.Inode != uint64(i) {
			t.Fatalf("file %d got %+v", i, st)
		}
		ids[st.ID] = true
	}
	s = reopened(t, s)
	if got := s.Streams(); len(got) != len(files) {
		t.Fatalf("%d streams are durable, want %d", len(got), len(files))
	}
	for _, st := range streams {
		if got, ok := s.Find(st.ID); !ok || got != st {
			t.Fatalf("%+v, %v; want %+v", got, ok, st)
		}
	}
}

func TestAddThatCannotBeMadeDurableAddsNothing(t *testing.T) {
	s := opened(t, t.TempDir())
	kept := added(t, s, Stream{Path: "kept"})
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	_, err := s.Add(Stream{Path: "lost"})
	if err == nil || !strings.Contains(err.Error(), "state folder is writable") {
		t.Fatalf("%v; want an error with the next step", err)
	}
	if got := s.Streams(); !slices.Equal(got, kept) {
		t.Fatalf("%v; want only the one before", got)
	}
	// The folder is back: nothing of what was to be written is lost.
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	synced(t, s)
	if got := reopened(t, s).Streams(); !slices.Equal(got, kept) {
		t.Fatalf("%v; want the one before", got)
	}
}

func TestUpdate(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{Path: "events.log"})[0]
	st.Path, st.Identity.Inode = "events.log.1", 9
	s.Update(st)
	s.Update(Stream{ID: st.ID + 1, Path: "nobody knows it"})
	synced(t, s)
	if got := reopened(t, s).Streams(); len(got) != 1 || got[0] != st {
		t.Fatalf("%+v; want %+v", got, st)
	}
}

func TestSyncWithoutChangesWritesNothing(t *testing.T) {
	s := opened(t, t.TempDir())
	synced(t, s)
	if _, err := os.Stat(filepath.Join(s.dir, newestFile)); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("a new store was written without need")
	}
	st := added(t, s, Stream{})[0]
	s.Update(st)
	s.Forget(st.ID + 1)
	before := newestOf(t, s)
	synced(t, s)
	if !os.SameFile(newestOf(t, s), before) {
		t.Fatal("the same checkpoint was written again")
	}
	s.Forget(st.ID)
	synced(t, s)
	if os.SameFile(newestOf(t, s), before) {
		t.Fatal("a change was not written")
	}
}

func newestOf(t *testing.T, s *Store) os.FileInfo {
	t.Helper()
	info, err := os.Stat(filepath.Join(s.dir, newestFile))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestClose(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{})[0]
	c := cursorOf(t, s, "audit")
	c.Commit(Position{st.ID, 9})
	c.Seal(nil)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sync(); !errors.Is(err, errClosed) {
		t.Errorf("Sync after Close: %v", err)
	}
	if _, err := s.Cursor("audit"); !errors.Is(err, errClosed) {
		t.Errorf("Cursor after Close: %v", err)
	}
	if got := cursorOf(t, opened(t, s.dir), "audit").Offset(st.ID); got != 9 {
		t.Errorf("Close lost what was sealed: %d, want 9", got)
	}
}

func TestManyGoroutines(t *testing.T) {
	s := opened(t, t.TempDir())
	streams := added(t, s, make([]Stream, 8)...)
	var group sync.WaitGroup
	for i, st := range streams {
		c := cursorOf(t, s, string(rune('a'+i%3)))
		group.Go(func() {
			for offset := range int64(50) {
				c.Commit(Position{st.ID, offset + 1})
				c.Seal([]byte{byte(offset)})
				if err := s.Sync(); err != nil {
					t.Error(err)
				}
				c.Offset(st.ID)
				s.Streams()
			}
		})
	}
	group.Wait()
	s = reopened(t, s)
	for i, st := range streams {
		if got := cursorOf(t, s, string(rune('a'+i%3))).Offset(st.ID); got != 50 {
			t.Errorf("stream %d is at %d, want 50", i, got)
		}
	}
}

func TestReadOfAFolderInUse(t *testing.T) {
	s := opened(t, t.TempDir())
	st := added(t, s, Stream{Path: "events.log"})[0]
	if _, err := s.Secret(""); err != nil {
		t.Fatal(err)
	}
	r, err := Read(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := r.Find(st.ID); !ok || got != st {
		t.Errorf("%+v, %v; want %+v", got, ok, st)
	}
	if _, err := r.Secret(""); err != nil {
		t.Error(err)
	}
	if _, err := r.Secret("other.key"); err == nil {
		t.Error("looking made a key")
	}
	if _, err := r.Add(Stream{}); err == nil || !strings.Contains(err.Error(), "reading only") {
		t.Errorf("Add: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Read(filepath.Join(s.dir, "missing")); err == nil {
		t.Error("a folder that is not there can be read")
	}
}

func TestSecret(t *testing.T) {
	s := opened(t, t.TempDir())
	key, err := s.Secret("")
	if err != nil || len(key) != 32 || bytes.Equal(key, make([]byte, 32)) {
		t.Fatalf("%d bytes, %v", len(key), err)
	}
	info, err := os.Stat(filepath.Join(s.dir, "id.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v; want 0600", info.Mode(), err)
	}
	again, err := reopened(t, s).Secret("id.key")
	if err != nil || !bytes.Equal(key, again) {
		t.Fatalf("the key is another one after a restart, %v", err)
	}
	other := filepath.Join(t.TempDir(), "group.key")
	group, err := s.Secret(other)
	if err != nil || bytes.Equal(key, group) {
		t.Fatalf("two key files hold one key, %v", err)
	}
	// As in a Kubernetes Secret: root's, and readable for the pod's group.
	if err := os.Chmod(other, 0o440); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Secret(other); err != nil || !bytes.Equal(again, group) {
		t.Fatalf("a key that its group may read: %v", err)
	}
}

func TestSecretRefuses(t *testing.T) {
	s := opened(t, t.TempDir())
	for name, c := range map[string]struct {
		bytes int
		mode  os.FileMode
		want  string
	}{
		"empty":     {0, 0o600, "exactly 32 bytes"},
		"short":     {31, 0o600, "exactly 32 bytes"},
		"long":      {33, 0o600, "exactly 32 bytes"},
		"others":    {32, 0o604, "chmod 600"},
		"others'":   {32, 0o606, "chmod 600"},
		"writeable": {32, 0o660, "chmod 600"},
	} {
		path := filepath.Join(s.dir, name)
		content := bytes.Repeat([]byte("k"), c.bytes)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Secret(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, content) {
			t.Errorf("%s: the key file was changed", name)
		}
	}
	if _, err := s.Secret(filepath.Join(s.dir, "no", "such", "folder")); err == nil || !strings.Contains(err.Error(), "make its folder") {
		t.Errorf("a folder that is missing: %v", err)
	}
}

// TestLookAtSecret: what Secret would say, and nothing is made.
func TestLookAtSecret(t *testing.T) {
	dir, shared := t.TempDir(), t.TempDir()
	key := filepath.Join(shared, "id.key")
	if err := NewKey(key); err != nil {
		t.Fatal(err)
	}
	if err := NewKey(key); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), key) {
		t.Errorf("a second key: %v", err)
	}
	short := filepath.Join(shared, "short.key")
	if err := os.WriteFile(short, []byte("no secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir, file string
		missing   bool
		want      string
	}{
		{dir, "", true, ""},
		{filepath.Join(dir, "not", "yet"), "", true, ""},
		{filepath.Join(key, "no folder"), "", false, ""}, // which Open says
		{dir, "other.key", true, ""},
		{dir, "no/folder.key", true, "the agent may not make it in " + filepath.Join(dir, "no")},
		{dir, key, false, ""},
		{dir, filepath.Join(shared, "next.key"), true, ""},
		{dir, filepath.Join(shared, "no", "id.key"), true, "key new --id " + filepath.Join(shared, "no", "id.key")},
		{dir, short, false, "exactly 32 bytes"},
		{shared, "short.key", false, "exactly 32 bytes"},
		{dir, shared, false, "is not a plain file"},
	} {
		missing, err := LookAtSecret(c.dir, c.file)
		if missing != c.missing || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, %v; want %v, %q", c.dir, c.file, missing, err, c.missing, c.want)
		}
	}
	for folder, want := range map[string]int{dir: 0, shared: 2} {
		if there, err := os.ReadDir(folder); err != nil || len(there) != want {
			t.Errorf("%v, %v; want %d files", there, err, want)
		}
	}
}
