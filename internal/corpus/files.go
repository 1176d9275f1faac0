package corpus

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Stats says what a corpus holds.
type Stats struct {
	Lines    int            `json:"lines"`
	Seed     uint64         `json:"seed"`
	Bytes    int64          `json:"bytes"`    // of the good lines with their ends
	MaxLine  int            `json:"max_line"` // longest good line, without its end
	Families map[string]int `json:"families"`
	Faults   map[Fault]int  `json:"faults"`
	BadTotal int            `json:"bad_total"`
}

// Write writes lines lines: good ones to good, the dirty corpus to dirty, and
// "number TAB fault" for each bad line to labels. Any of the three may be nil.
func (g *Generator) Write(lines int, good, dirty, labels io.Writer) (Stats, error) {
	s := Stats{Lines: lines, Seed: g.opt.Seed, Families: map[string]int{}, Faults: map[Fault]int{}}
	for range lines {
		l := g.Next()
		s.Families[l.Family]++
		s.Bytes += int64(len(l.Good)) + 1
		s.MaxLine = max(s.MaxLine, len(l.Good))
		if err := writeLine(good, l.Good); err != nil {
			return s, err
		}
		if err := writeLine(dirty, l.Bad); err != nil {
			return s, err
		}
		if l.Fault == "" {
			continue
		}
		s.Faults[l.Fault]++
		s.BadTotal++
		if labels == nil {
			continue
		}
		if _, err := fmt.Fprintf(labels, "%d\t%s\n", l.Number, l.Fault); err != nil {
			return s, err
		}
	}
	return s, nil
}

var newline = []byte{'\n'}

func writeLine(w io.Writer, line []byte) error {
	if w == nil {
		return nil
	}
	if _, err := w.Write(line); err != nil {
		return err
	}
	_, err := w.Write(newline)
	return err
}

// WriteDir writes a whole corpus into dir, which is made where it is missing:
// events.ndjson, events-dirty.ndjson, events-dirty.expect.tsv, stats.json and
// schemas/.
func (g *Generator) WriteDir(dir string, lines int) (s Stats, err error) {
	if err := WriteSchemas(filepath.Join(dir, "schemas")); err != nil {
		return s, err
	}
	var out [3]*bufio.Writer
	for i, name := range []string{"events.ndjson", "events-dirty.ndjson", "events-dirty.expect.tsv"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return s, fmt.Errorf("writing the corpus: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out[i] = bufio.NewWriterSize(f, 1<<20)
	}
	s, err = g.Write(lines, out[0], out[1], out[2])
	for _, w := range out {
		err = errors.Join(err, w.Flush())
	}
	if err != nil {
		return s, fmt.Errorf("writing the corpus: %w", err)
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(filepath.Join(dir, "stats.json"), append(text, '\n'), 0o644)
}
