package chain

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestThePagesOwnProgram runs the program of docs/audit.md, which is all that
// another one needs to know.
func TestThePagesOwnProgram(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is missing")
	}
	if out, err := exec.Command("openssl", "pkeyutl", "-help").CombinedOutput(); err != nil || !bytes.Contains(out, []byte("-rawin")) {
		t.Skip("openssl is missing or too old for Ed25519")
	}
	page, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```python\n")
	program, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no program")
	}
	dir := t.TempDir()
	key := newKey(t)
	script, public := filepath.Join(dir, "verify.py"), filepath.Join(dir, "key.pub")
	write := func(path string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(script, []byte(program))
	write(public, key.Public.PEM())
	set := files(t, key)
	args := []string{script, public}
	last := ""
	for name, content := range set {
		last = filepath.Join(dir, name)
		if len(args) == 2 {
			last, content = last+".gz", pack(t, content)
		}
		write(last, content)
		args = append(args, last)
	}
	if out, err := exec.Command(python, args...).CombinedOutput(); err != nil || string(out) != "ok: 23 lines\n" {
		t.Fatalf("%s, %v", out, err)
	}
	content := set[filepath.Base(last)]
	for what, changed := range map[string][]byte{
		"a record changed":    bytes.Replace(content, []byte(`"n":`), []byte(`"m":`), 1),
		"a signature changed": bytes.Replace(content, []byte(`"within":900`), []byte(`"within":901`), 1),
		"cut off":             content[:bytes.LastIndexByte(content[:len(content)-1], '\n')+1],
	} {
		write(last, changed)
		if out, err := exec.Command(python, args...).CombinedOutput(); err == nil {
			t.Errorf("%s: %s", what, out)
		}
	}
}
