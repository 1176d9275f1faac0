package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for _, content := range []string{"first", "", "a longer second"} {
		if err := Write(path, []byte(content), 0o600, nil); err != nil {
			t.Fatal(err)
		}
		expect(t, path, content)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	onlyNames(t, path, "state")
}

func TestWriteThatFailsLeavesEverythingAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := Write(path, []byte("old"), 0o600, nil); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	err := Write(path, []byte("new"), 0o600, func() error {
		expect(t, path, "old")
		expect(t, path+Suffix, "new")
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("%v; want the error of before", err)
	}
	expect(t, path, "old")
	onlyNames(t, path, "state")
}

func TestWriteOverALeftoverTemporary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path+Suffix, []byte("half of a much longer content"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("new"), 0o600, nil); err != nil {
		t.Fatal(err)
	}
	expect(t, path, "new")
}

func TestWriteIntoAMissingFolder(t *testing.T) {
	err := Write(filepath.Join(t.TempDir(), "gone", "state"), nil, 0o600, nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%v; want not found", err)
	}
}

func TestCreateNeverReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := Create(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("second"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("%v; want fs.ErrExist", err)
	}
	expect(t, path, "first")
	onlyNames(t, path, "key")
}

func TestCreateWithoutLinksNeverReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for i, want := range []error{nil, fs.ErrExist} {
		temporary := path + Suffix
		if err := os.WriteFile(temporary, []byte{byte('a' + i)}, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := createWithoutLinks(temporary, path); !errors.Is(err, want) {
			t.Fatalf("%v; want %v", err, want)
		}
	}
	expect(t, path, "a")
}

func expect(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Fatalf("%s holds %q, %v; want %q", path, got, err, want)
	}
}

func onlyNames(t *testing.T, path string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != len(want) {
		t.Fatalf("the folder holds %v, %v; want %v", entries, err, want)
	}
	for i, e := range entries {
		if e.Name() != want[i] {
			t.Fatalf("the folder holds %v; want %v", entries, want)
		}
	}
}
