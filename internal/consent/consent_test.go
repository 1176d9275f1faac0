package consent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/consent"
)

// write puts a file in the place of another, as whoever writes it should.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestForms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consent.json")
	for _, c := range []struct{ text, yes, wrong string }{
		{`{}`, "", ""},
		{`{"ada": true, "bob": false}`, "ada", ""},
		{" {\r\n\t\"ada\": true,\n\"bob\":true\n}\n", "ada bob", ""},
		{`{"\u0061da": true}`, "ada", ""},
		{`{"": true}`, "", ""},
		{`{"x\ud800": true, "x\ufffd": true, "ada": true}`, "", "has a name twice"},
		{`{"x\ud800": true, "ada": true}`, "ada", ""},
		{``, "", "is not one JSON object"},
		{`null`, "", "is not one JSON object"},
		{`["ada"]`, "", "is not one JSON object"},
		{`{"ada": true`, "", "is not one JSON object"},
		{`{"ada": true} {"bob": true}`, "", "is not one JSON object"},
		{"\ufeff{}", "", "is not one JSON object"},
		{"{\n\"ada\": true,\n\"ad\\u0061\": true}", "", "has a name twice, the second time in line 3"},
		{"{\"ada\": true,\n\"bob\": \"yes\"}", "", "has something else than true or false in line 2"},
		{`{"ada": 1}`, "", "has something else than true or false in line 1"},
	} {
		write(t, path, c.text)
		f := consent.New(path)
		if f.Yes([]byte("ada")) {
			t.Error("yes before anybody looked")
		}
		err := f.Look()
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), path+": "+c.wrong)) {
			t.Errorf("%q: %v, want %q", c.text, err, c.wrong)
		}
		if err != nil && (strings.Contains(err.Error(), "bob\"") && !strings.Contains(err.Error(), `{"ada": true, "bob": false}`)) {
			t.Errorf("the error holds a name: %v", err)
		}
		for _, name := range []string{"ada", "bob", "Ada", "ada ", "carol", "x\ufffd"} {
			if want := strings.Contains(" "+c.yes+" ", " "+name+" "); f.Yes([]byte(name)) != want {
				t.Errorf("%q: %q: want %v", c.text, name, want)
			}
		}
	}
}

// TestChanges: what the file says counts at the next look, however it changed.
func TestChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consent.json")
	f := consent.New(path)
	is := func(when string, want bool) {
		t.Helper()
		_ = f.Look()
		if f.Yes([]byte("ada")) != want {
			t.Errorf("%s: want %v", when, want)
		}
	}
	is("no file", false)
	write(t, path, `{"ada": true}`)
	is("made", true)
	for i := range 50 { // within the clock's tick, and of one length
		write(t, path, `{"ada":false}`)
		is(fmt.Sprint("withdrawn ", i), false)
		write(t, path, `{"ada": true}`)
		is(fmt.Sprint("said again ", i), true)
	}
	if err := os.WriteFile(path, []byte(`{"ada":false}`), 0o640); err != nil {
		t.Fatal(err)
	}
	is("written in place", false)
	write(t, path, `{"ada": true}`)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	is("old", true)
	is("old and unchanged", true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	is("gone", false)
	write(t, path, `{"ada": true, "bob": false}`)
	is("back", true)
	if yes, all := f.Count(); yes != 1 || all != 2 {
		t.Errorf("%d of %d", yes, all)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
		is("open to all writers", false)
		if err := f.Look(); err == nil || !strings.Contains(err.Error(), "can be written by anyone (mode 0666): run chmod o-w") {
			t.Error(err)
		}
	}
}

// TestUnchanged: a file that stays is not read again.
func TestUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consent.json")
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	write(t, path, `{"ada": true}`)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	f := consent.New(path)
	if err := f.Look(); err != nil {
		t.Fatal(err)
	}
	// Other bytes behind the same look: seen only by who reads.
	if err := os.WriteFile(path, []byte(`{"ada":false}`), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	if err := f.Look(); err != nil || !f.Yes([]byte("ada")) {
		t.Error("it was read again", err)
	}
}

func TestYesAllocatesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consent.json")
	write(t, path, `{"ada": true}`)
	f := consent.New(path)
	if err := f.Look(); err != nil {
		t.Fatal(err)
	}
	name := []byte("ada")
	if n := testing.AllocsPerRun(100, func() { f.Yes(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
