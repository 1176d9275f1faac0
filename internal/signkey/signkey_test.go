package signkey

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestNewAndRotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signing.key")
	first, err := New(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := New(path); err == nil || !strings.Contains(err.Error(), "no key is ever replaced") {
		t.Errorf("a second key: %v", err)
	}
	second, err := Rotate(path)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := Read(path)
	if err != nil || len(keys) != 2 || keys[0].Public.ID != first.ID || keys[1].Public.ID != second.ID || first.ID == second.ID {
		t.Fatalf("%+v, %v", keys, err)
	}
	public, err := ReadPublic(path + PublicSuffix)
	if err != nil || len(public) != 2 || public[0].ID != first.ID || public[1].ID != second.ID {
		t.Fatalf("%+v, %v", public, err)
	}
	if !ed25519.Verify(public[1].Key, []byte("x"), ed25519.Sign(keys[1].Private, []byte("x"))) {
		t.Error("the keys are no pair")
	}
	if again, ok := ParseDER(first.DER()); !ok || again.ID != first.ID {
		t.Error("its DER is another key")
	}
	if _, ok := ParseDER([]byte("x")); ok {
		t.Error("anything is a key")
	}
}

func TestOpensslReadsThem(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is missing")
	}
	path := filepath.Join(t.TempDir(), "signing.key")
	public, err := New(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command("openssl", "pkey", "-in", path, "-pubout").Output()
	if err != nil || !bytes.Equal(got, public.PEM()) {
		t.Errorf("openssl says %s, %v; want %s", got, err, public.PEM())
	}
}

func TestWhatIsNoKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "signing.key")
	if _, err := New(path); err != nil {
		t.Fatal(err)
	}
	private, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(path + PublicSuffix)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content       []byte
		read, readPub string // of the error
	}{
		"nothing":     {nil, "it holds no key", "it holds no key"},
		"a text":      {[]byte("hello"), "not a key in PEM", "not a key in PEM"},
		"private":     {private, "", "this is the private key, which stays with the agent"},
		"public":      {public, "not an Ed25519 private key", ""},
		"then a text": {append(bytes.Clone(private), "x"...), "not a key in PEM", "not a key in PEM"},
		"long":        {bytes.Repeat([]byte(" "), longest+1), "longer than 1 MiB", "longer than 1 MiB"},
	} {
		file := filepath.Join(dir, "file")
		if err := os.WriteFile(file, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		said := func(what string, err error, want string) {
			t.Helper()
			if want == "" && err == nil {
				return
			}
			if err == nil || want == "" || !strings.Contains(err.Error(), want) || bytes.Contains([]byte(err.Error()), private[40:60]) {
				t.Errorf("%s, %s: %v; want %q", name, what, err, want)
			}
		}
		_, err := Read(file)
		said("Read", err, c.read)
		_, err = ReadPublic(file)
		said("ReadPublic", err, c.readPub)
	}
	if _, err := Read(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "make it with jupyter-events-agent key new --signing") {
		t.Error(err)
	}
	if _, err := Rotate(filepath.Join(dir, "none")); err == nil {
		t.Error("what is not there is rotated")
	}
	if _, err := ReadPublic(dir); err == nil {
		t.Error("a folder is a key")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); runtime.GOOS != "windows" && (err == nil || !strings.Contains(err.Error(), "chmod 600")) {
		t.Errorf("a key that others can read: %v", err)
	}
}
