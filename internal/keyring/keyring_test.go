package keyring_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/keyring"
)

func TestNewAndRotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pseudonym.key")
	if err := keyring.New(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	before, _ := os.ReadFile(path)
	if err := keyring.New(path); err == nil || !strings.Contains(err.Error(), "no key is ever replaced") {
		t.Error(err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("new changed a file that was there")
	}
	now := time.Date(2026, 11, 22, 14, 20, 1, 5, time.FixedZone("", 3600))
	if err := keyring.Rotate(path, now); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Rotate(path, now); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Error(err)
	}
	after, _ := os.ReadFile(path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || !strings.HasPrefix(string(after), string(before)) {
		t.Error(info.Mode(), err)
	}
	keys, err := keyring.Read(path)
	if err != nil || len(keys) != 2 || !keys[0].Since.IsZero() || !keys[1].Since.Equal(now.Truncate(time.Second)) || keys[0].Secret == keys[1].Secret || keys[1].Secret == [32]byte{} {
		t.Error(len(keys), err)
	}
}

// TestRotateAfterALineWithoutEnd: as an editor may have left it.
func TestRotateAfterALineWithoutEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	if err := os.WriteFile(path, []byte("2026-01-01T00:00:00Z "+strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Rotate(path, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if keys, err := keyring.Read(path); len(keys) != 2 {
		t.Error(len(keys), err)
	}
}

func TestMistakes(t *testing.T) {
	secret := strings.Repeat("5e", 32)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"open to others": {"2026-01-01T00:00:00Z " + secret, 0o644, "chmod 600"},
		"empty":          {"# nothing\n", 0o600, "holds no key"},
		"no secret":      {"2026-01-01T00:00:00Z\n", 0o600, "line 1"},
		"short":          {"\n2026-01-01T00:00:00Z " + secret[1:], 0o600, "line 2"},
		"no time":        {secret, 0o600, "line 1"},
		"order":          {"2026-01-01T00:00:00Z " + secret + "\n2025-01-01T00:00:00Z " + secret, 0o600, "line 2 is not later"},
		"too long":       {strings.Repeat("#", 1<<20+1), 0o600, "longer than 1 MiB"},
	} {
		path := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := keyring.Read(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "5e5e") {
			t.Errorf("%s: %v", name, err)
		}
		if c.mode == 0o600 {
			if err := keyring.Rotate(path, time.Now()); err == nil {
				t.Errorf("%s: rotated", name)
			}
		}
	}
	if _, err := keyring.Read(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "key new") {
		t.Error(err)
	}
	if _, err := keyring.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "plain file") {
		t.Error(err)
	}
	if err := keyring.New(filepath.Join(t.TempDir(), "no", "folder")); err == nil || !strings.Contains(err.Error(), "make its folder") {
		t.Error(err)
	}
}
