package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// list is what is known to make no difference. Its lines are those of
// change.name; what begins with # says why the lines below it are there.
type list struct {
	lines []string
	used  map[string]bool
}

func readList(name string) (*list, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	l := &list{used: map[string]bool{}}
	reason := false
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			reason = true
		case line == "":
			reason = false
		case !reason:
			return nil, fmt.Errorf("%s:%d: no reason stands above it: write why it makes no difference, as a line that begins with #", name, i+1)
		default:
			l.lines = append(l.lines, line)
		}
	}
	return l, nil
}

func (l *list) has(line string) bool {
	l.used[line] = true
	return slices.Contains(l.lines, line)
}

// unused are the lines of files that were gone through, all or those of only,
// without the ones left, that no survivor has.
func (l *list) unused(only, left []string) (lines []string) {
	for _, line := range l.lines {
		file, _, _ := strings.Cut(line, " ")
		if !l.used[line] && (len(only) == 0 || slices.Contains(only, file)) && !slices.Contains(left, file) {
			lines = append(lines, line)
		}
	}
	return lines
}
