package survey

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Event is what a line of a log says that it is. Both are content that others
// wrote, cut off after maxWord bytes.
type Event struct{ Schema, Version string }

// Bounds of what is read of logs, of each its first maxFirst bytes.
const (
	maxFiles  = 200 // of all patterns together
	maxEvents = 100
	maxWord   = 200
)

// Written are the schemas that the first events in the files of a pattern name,
// each once, sorted. The error is that of ctx alone.
func Written(ctx context.Context, patterns []string) ([]Event, error) {
	all, files := map[Event]bool{}, 0
	for _, pattern := range patterns {
		names, err := doublestar.FilepathGlob(pattern)
		if err != nil {
			continue // a path with brackets that are no pattern
		}
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if files++; files > maxFiles || len(all) >= maxEvents {
				break
			}
			text, _ := beginning(name, maxFirst)
			for line := range strings.Lines(text) {
				if e := named(line); e.Schema != "" && len(all) < maxEvents {
					all[e] = true
				}
			}
		}
	}
	events := make([]Event, 0, len(all))
	for e := range all {
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b Event) int {
		return strings.Compare(a.Schema+"\n"+a.Version, b.Schema+"\n"+b.Version)
	})
	return events, nil
}

// named is what a line says that it is; nothing where it is no event.
func named(line string) Event {
	var envelope struct {
		Schema  string          `json:"__schema__"`
		Version json.RawMessage `json:"__schema_version__"`
	}
	if json.Unmarshal([]byte(line), &envelope) != nil {
		return Event{}
	}
	version := string(envelope.Version)
	if text := ""; json.Unmarshal(envelope.Version, &text) == nil { // up to JupyterHub 4 it is a number
		version = text
	}
	return Event{short(envelope.Schema), short(version)}
}

func short(s string) string {
	if len(s) > maxWord {
		return strings.ToValidUTF8(s[:maxWord], "") + "…"
	}
	return s
}
