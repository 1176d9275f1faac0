package secretfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"jupyter-events-agent/internal/secretfile"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"plain":                {"s3cret", "s3cret"},
		"one line":             {"s3cret\n", "s3cret"},
		"one line of Windows":  {"s3cret\r\n", "s3cret"},
		"spaces belong to it":  {" s3 cret \n", " s3 cret "},
		"other letters":        {"pässwörd\n", "pässwörd"},
		"as long as it may be": {strings.Repeat("x", 64<<10), strings.Repeat("x", 64<<10)},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := secretfile.New(path).Read(); got != c.want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestNotRead(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "is empty: write the secret into it, on one line"},
		"only a line end": {"\n", "is empty"},
		"two lines":       {"canary\ncanary\n", "more than one line"},
		"two line ends":   {"canary\n\n", "more than one line"},
		"zero bytes":      {"c\x00a\x00n\x00", "a character that no secret has"},
		"byte order mark": {"\ufeffcanary", "a character that no secret has"},
		"too long":        {strings.Repeat("canary", 11<<10), "longer than 64 KiB"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := secretfile.New(path).Read()
		if err == nil || got != "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %q, %v, want %q in it", name, got, err, c.want)
		}
	}
	if _, err := secretfile.New(filepath.Join(dir, "none")).Read(); err == nil || !strings.HasSuffix(err.Error(), "none: no such file or directory: make the file, or correct the path") {
		t.Errorf("%v", err)
	}
	if _, err := secretfile.New("$CREDENTIALS_DIRECTORY/token").Read(); err == nil || !strings.Contains(err.Error(), "the variable is not set: it is for an agent that systemd starts with LoadCredential=") {
		t.Errorf("%v", err)
	}
	if _, err := secretfile.New(dir).Read(); err == nil || !strings.Contains(err.Error(), "is not a plain file") {
		t.Errorf("%v", err)
	}
}

// TestChanged: a new secret of the same length, at once.
func TestChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	f := secretfile.New(path)
	for _, want := range []string{"first", "other", "third"} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Read(); got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no mode bits")
	}
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, warned := range map[os.FileMode]bool{0o400: false, 0o600: false, 0o640: false, 0o440: false, 0o644: true, 0o660: true, 0o604: true, 0o777: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		w := secretfile.New(path).Warnings()
		if (len(w) > 0) != warned {
			t.Errorf("%04o: %q", mode, w)
		}
		if warned && !strings.Contains(w[0], "chmod 640 "+path) {
			t.Errorf("%q", w)
		}
	}
	if w := secretfile.New(path + "none").Warnings(); w != nil {
		t.Errorf("%q", w)
	}
}
