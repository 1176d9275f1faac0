package validate

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

// TestFormatsAsPython reads what Python's jsonschema answered.
func TestFormatsAsPython(t *testing.T) {
	f, err := os.Open("testdata/formats.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row [3]any
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		format, text, want := row[0].(string), row[1].(string), row[2].(bool)
		seen[format]++
		if got := formats[format]([]byte(text)); got != want {
			t.Errorf("%s %q: %v, Python says %v", format, text, got, want)
		}
	}
	for format := range formats {
		if seen[format] == 0 {
			t.Errorf("no answers for %s", format)
		}
	}
}
