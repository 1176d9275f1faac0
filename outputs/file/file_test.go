package file

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

func TestConfigFromTOML(t *testing.T) {
	var c Config
	meta, err := toml.Decode(`
path   = "/var/log/audit.ndjson"
rotate = { size = "100MiB", age = "24h", keep = 30, compress = true }`, &c)
	want := Config{Path: "/var/log/audit.ndjson", Rotate: Rotate{Size: 100 * units.MiB, Age: units.Duration(units.Day), Keep: 30, Compress: true}}
	if err != nil || len(meta.Undecoded()) > 0 || c != want {
		t.Fatalf("%+v, %v, %v; want %+v", c, meta.Undecoded(), err, want)
	}
	if mistakes := c.Validate(); len(mistakes) > 0 {
		t.Error(mistakes)
	}
	if got := c.Files(); !slices.Equal(got, []string{"/var/log/audit.ndjson"}) {
		t.Errorf("it writes %v", got)
	}
	if got := (&Config{Path: "-"}).Files(); got != nil {
		t.Errorf("standard output writes %v", got)
	}
}

func TestValidate(t *testing.T) {
	outputtest.Mistakes(t, New, map[string][]string{
		``:                             {"path: is missing"},
		`path = "/log/"`:               {"path: is a folder"},
		`path = "/log/.."`:             {"path: is a folder"},
		`path = "/log/a.ndjson.gz"`:    {"path: ends in .gz"},
		`path = "-"`:                   nil,
		`path = "/log/a"`:              nil,
		`rotate.keep = -1`:             {"path: is missing", "rotate.keep: must not be negative"},
		"path = '-'\nrotate.size = 5":  {"rotate: standard output"},
		"path = '/a'\nrotate.keep = 3": {"rotate.keep: nothing is ever rotated"},
		"path = '/a'\n[rotate]\nage='1h'\nkeep=3\ncompress=true": nil,
		"path = '/a'\nrotate.compress = true":                    {"rotate.compress: nothing is ever rotated"},
	})
}

func TestAPathThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "file", "audit.ndjson"):       "the agent's user can write there",
		filepath.Join(dir, "no", "folder", "x", "audit"): "see that its folder exists",
		dir: "it is not a regular file",
	} {
		_, err := (&Config{Path: path}).Open(t.Context(), outputs.Env{})
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q and %q", err, path, want)
		}
	}
	if err := mustOpen(t, &Config{Path: "-"}).Write(t.Context(), outputtest.NewRecords(t).Plain(1).Records); err == nil {
		t.Error("standard output that is not there takes records")
	}
}

func mustOpen(t *testing.T, c *Config) outputs.Output {
	t.Helper()
	out, err := c.Open(t.Context(), outputs.Env{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

func TestWriteDoesNotAllocate(t *testing.T) {
	batch := outputtest.NewRecords(t).Plain(100)
	for name, out := range map[string]outputs.Output{
		"file":            mustOpen(t, &Config{Path: filepath.Join(t.TempDir(), "audit.ndjson")}),
		"standard output": &stream{to: &outputs.Stdout{To: nowhere{}}},
	} {
		if n := testing.AllocsPerRun(50, func() {
			if err := out.Write(t.Context(), batch.Records); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

func TestARotatedFileIsDue(t *testing.T) {
	dir := t.TempDir()
	out := mustOpen(t, &Config{Path: filepath.Join(dir, "audit.ndjson"), Rotate: Rotate{Size: units.KiB}}).(*output)
	batch := outputtest.NewRecords(t).Plain(20)
	for range 3 {
		if _, err := out.Sync(); err != nil {
			t.Fatal(err)
		}
		if out.Due() {
			t.Error("an empty file is to be rotated")
		}
		if err := out.Write(t.Context(), batch.Records); err != nil {
			t.Fatal(err)
		}
		if !out.Due() {
			t.Error("a file that is large enough is not to be rotated")
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "audit-*.ndjson"))
	if err != nil || len(names) != 2 {
		t.Errorf("%v, %v; want two generations", names, err)
	}
}

// TestWhatHasTheName: a file may be there or not; what is none could never be opened.
func TestWhatHasTheName(t *testing.T) {
	dir := t.TempDir()
	for path, wrong := range map[string]string{
		stdout:                        "",
		filepath.Join(dir, "not-yet"): "",
		dir:                           "is a directory: name a file in it",
		os.DevNull:                    `is no regular file: name one, or "-" for standard output`,
	} {
		err := (&Config{Path: path}).Unreadable()
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
