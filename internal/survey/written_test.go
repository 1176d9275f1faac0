package survey

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWritten(t *testing.T) {
	root := t.TempDir()
	write(t, root, "a/events.log", `{"__schema__": "b", "__schema_version__": "1", "x": "no schema"}
{"__schema__": "b", "__schema_version__": "1"}
{"__schema__": 1}
no line
{"__schema__": "a", "__schema_version__": 2}
{"__schema__": "`+strings.Repeat("c", 150)+strings.Repeat("é", 150)+`"}
{"__schema__": "cut off`)
	write(t, root, "b/events.log.1", `{"__schema__": "a", "__schema_version__": "1"}`+"\n"+strings.Repeat(" ", maxFirst)+"\n"+`{"__schema__": "too far"}`)
	got, err := Written(t.Context(), []string{filepath.Join(root, "*/events.log*"), filepath.Join(root, "[")})
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{{"a", "1"}, {"a", "2"}, {"b", "1"}, {strings.Repeat("c", 150) + strings.Repeat("é", 25) + "…", ""}}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Written(ctx, []string{filepath.Join(root, "*/*")}); err == nil {
		t.Error("goes on after the command was stopped")
	}
}

// TestWrittenIsBounded: whoever writes logs may name as many schemas, in as many
// files, as he likes.
func TestWrittenIsBounded(t *testing.T) {
	root := t.TempDir()
	var many strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&many, `{"__schema__": "%d"}`+"\n", n)
	}
	write(t, root, "many.log", many.String())
	for n := range maxFiles + 1 {
		write(t, root, fmt.Sprintf("files/%04d", n), fmt.Sprintf(`{"__schema__": "%d"}`, n%7))
	}
	write(t, root, fmt.Sprintf("files/%04d", maxFiles), `{"__schema__": "last"}`)
	for pattern, want := range map[string]int{"many.log": maxEvents, "files/*": 7} {
		if got, err := Written(t.Context(), []string{filepath.Join(root, pattern)}); err != nil || len(got) != want {
			t.Errorf("%s: %d events, %v", pattern, len(got), err)
		}
	}
}
