package file

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The generations of one log are read in the order in which they were
// written, however much each holds; files of other logs have their turns.
func TestGenerationsInOrder(t *testing.T) {
	b := newBench(t, "events.log*", "other.log")
	b.once = true
	n := 0
	begin := time.Now().Add(-time.Hour)
	for i, name := range []string{"events.log.3", "events.log.2", "events.log.1", "events.log"} {
		var text strings.Builder
		for text.Len() < 700<<10 { // three blocks
			fmt.Fprintf(&text, "line %09d\n", n)
			n++
		}
		b.write(name, text.String())
		at := begin.Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(b.path(name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	b.write("other.log", strings.Repeat("other\n", 100<<10))
	b.start(2).stop()
	for output := range 2 {
		all := b.lines(output)
		first, last := slices.Index(all, "other"), len(all)-1
		for all[last] != "other" {
			last--
		}
		if first == 0 || last > len(all)*3/4 {
			t.Errorf("output %d: other.log had the lines %d to %d of %d, want its turns among the first", output, first, last, len(all))
		}
		own := slices.DeleteFunc(all, func(line string) bool { return line == "other" })
		if len(own) != n || !slices.IsSorted(own) {
			t.Errorf("output %d: %d of %d lines, in order: %v", output, len(own), n, slices.IsSorted(own))
		}
	}
}
