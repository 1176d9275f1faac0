package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
)

// looked is how many events are looked at.
const looked = 5000

// check compares what an agent wrote of the first events with the events. A
// property that its list does not have is an error: then the work that was
// measured is another. What it lost or made into something else it says.
func check(s setup) ([]string, error) {
	events := map[string]map[string]any{}
	err := objects(s.Events, func(e map[string]any) bool {
		at, _ := e["__timestamp__"].(string)
		events[at] = e
		return len(events) < looked
	})
	if err != nil {
		return nil, err
	}
	var findings []string
	for _, o := range s.Outputs {
		var found finding
		err := objects(o.File, func(record map[string]any) bool {
			at, _ := record["__timestamp__"].(string)
			if event := events[at]; event != nil {
				found.compare(event, record, o.Keep)
			}
			return found.records < len(events)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.File, err)
		}
		if len(found.beyond) > 0 {
			return nil, fmt.Errorf("%s has what its list does not: %s", o.File, strings.Join(found.beyond, ", "))
		}
		findings = append(findings, fmt.Sprintf("%s: %s", o.Name, found))
	}
	return findings, nil
}

// finding is how records differ from their events.
type finding struct {
	records, properties, same int
	asText, lost, changed     []string // names
	beyond                    []string
}

func (f finding) String() string {
	t := fmt.Sprintf("%d records, %d of %d properties are the event's", f.records, f.same, f.properties)
	for _, is := range []struct {
		what  string
		names []string
	}{{"written as text", f.asText}, {"lost", f.lost}, {"changed", f.changed}} {
		if len(is.names) > 0 {
			t += "; " + is.what + ": " + strings.Join(is.names, ", ")
		}
	}
	return t
}

func (f *finding) compare(event, record map[string]any, list []kept) {
	f.records++
	for _, k := range list {
		want, there := event[k.Name]
		if !there {
			continue
		}
		f.properties++
		got, there := record[k.Name]
		text, isText := got.(string)
		switch {
		case !there:
			note(&f.lost, k.Name)
		case reflect.DeepEqual(got, want):
			f.same++
		case isText && means(text, want):
			note(&f.asText, k.Name)
		default:
			note(&f.changed, k.Name)
		}
	}
	for name := range record {
		if !slices.ContainsFunc(list, func(k kept) bool { return k.Name == name }) {
			note(&f.beyond, name)
		}
	}
}

func note(names *[]string, name string) {
	if !slices.Contains(*names, name) {
		*names = append(*names, name)
	}
}

func means(text string, want any) bool {
	var v any
	return json.Unmarshal([]byte(text), &v) == nil && reflect.DeepEqual(v, want)
}

// objects reads the events of a file until yield has enough. A line is an
// event, or a batch in OTLP's JSON.
func objects(file string, yield func(map[string]any) bool) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) == 0 && err != nil {
			return nil
		}
		var o map[string]any
		if err := json.Unmarshal(line, &o); err != nil {
			return errors.New("a line that is not a JSON object")
		}
		batch := []map[string]any{o}
		if o["resourceLogs"] != nil {
			if batch, err = otlp(line); err != nil {
				return err
			}
		}
		for _, e := range batch {
			if !yield(e) {
				return nil
			}
		}
	}
}
