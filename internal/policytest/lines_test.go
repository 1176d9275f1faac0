package policytest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const placed = `# [[test]] in a comment
[[test]]
name = "one [[test]]"   # '''
event = '''
[[test]]
receives = 1
'''
note = """one line""" # and more
other = 'a'

  [test.outputs."my.out"]
  receives = { a = 1 }
  lacks = [
    "x",
  ]

[[ test ]]
outputs.sec.delivered = false
[test.outputs]
ana = {}
`

func TestPlaces(t *testing.T) {
	p := findPlaces(placed)
	if !slices.Equal(p.tests, []int{2, 17}) {
		t.Fatalf("tests on lines %v", p.tests)
	}
	for _, c := range []struct {
		test int
		path string
		want int
	}{
		{0, "", 2}, {0, "name", 3}, {0, "event", 4}, {0, "receives", 2}, {0, "note", 8}, {0, "other", 9},
		{0, "outputs my.out", 11}, {0, "outputs my.out receives", 12}, {0, "outputs my.out lacks", 13}, {0, "outputs my.out exactly", 11},
		{1, "outputs sec delivered", 18}, {1, "outputs ana", 20}, {1, "outputs ana lacks", 20}, {1, "outputs", 19}, {2, "name", 0},
	} {
		if got := p.of(c.test, strings.Fields(c.path)...); got != c.want {
			t.Errorf("test %d, %q: line %d, want %d", c.test, c.path, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"agent.toml", "b.test.toml", "a.test.ndjson", "events.ndjson", "tests/x.toml", "tests/deep/y.TOML", "tests/events.ndjson", "tests/z.test.jsonl", "other/a.test.toml"} {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = strings.TrimPrefix(filepath.ToSlash(files[i]), filepath.ToSlash(folder)+"/")
	}
	if want := []string{"a.test.ndjson", "b.test.toml", "tests/deep/y.TOML", "tests/x.toml", "tests/z.test.jsonl"}; !slices.Equal(files, want) {
		t.Errorf("%v, want %v", files, want)
	}
	if _, err := Find(filepath.Join(folder, "nosuch")); err == nil {
		t.Error("a folder that is not there")
	}
}
