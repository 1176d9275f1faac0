package realtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// eachLine calls do with every line of a file, without its end.
func eachLine(t *testing.T, file string, do func(number int, line []byte)) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 64<<10), 4<<20)
	for n := 1; s.Scan(); n++ {
		do(n, s.Bytes())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}

// lines are all lines of some files, one file after another. A file that is
// not there has none.
func lines(t *testing.T, files ...string) []string {
	t.Helper()
	var all []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 0 && text[len(text)-1] != '\n' {
			t.Errorf("%s ends in a torn line", filepath.Base(file))
		}
		all = append(all, split(string(text))...)
	}
	return all
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// count is how many whole lines a file has now.
func count(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte("\n"))
}

// record is an event or a record taken apart: its reserved members, and the
// others in their order with every byte but the space between tokens.
type record struct {
	reserved map[string]json.RawMessage
	names    []string
	members  map[string]json.RawMessage
	own      string // the members outside the envelope, in order
}

func parse(t *testing.T, line string) record {
	t.Helper()
	r := record{reserved: map[string]json.RawMessage{}, members: map[string]json.RawMessage{}}
	d := json.NewDecoder(strings.NewReader(line))
	if _, err := d.Token(); err != nil {
		t.Fatalf("not an object: %v: %.200s", err, line)
	}
	var own bytes.Buffer
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatalf("%v: %.200s", err, line)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v: %.200s", err, line)
		}
		n := name.(string)
		if strings.HasPrefix(n, "__") && strings.HasSuffix(n, "__") {
			r.reserved[n] = value
			continue
		}
		r.names = append(r.names, n)
		r.members[n] = value
		own.WriteString(n + ":")
		if err := json.Compact(&own, value); err != nil {
			t.Fatal(err)
		}
		own.WriteByte('\n')
	}
	r.own = own.String()
	return r
}

// text is a member or reserved member that is a JSON string.
func text(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return s
}

// fault is one line of the quarantine.
type fault struct {
	Input, File, Reason string
	Offset, Length      int64
	Line                string
	LineBase64          []byte `json:"line_base64"`
}

// faults are all lines of a quarantine.
func faults(t *testing.T, dir string) []fault {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "quarantine", "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	var all []fault
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", filepath.Base(file), info.Mode().Perm())
		}
		for _, l := range lines(t, file) {
			var f fault
			if err := json.Unmarshal([]byte(l), &f); err != nil {
				t.Fatalf("quarantine: %v: %.200s", err, l)
			}
			all = append(all, f)
		}
	}
	return all
}
