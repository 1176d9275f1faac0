package main

import (
	"fmt"
	"path/filepath"

	"jupyter-events-agent/inputs/file"
	"jupyter-events-agent/internal/config"
)

// whose is the index of the input whose rules count for the lines of a file, "-"
// for standard input: the one of that name, else the one that reads the file,
// else the first. said is which one that is and how another is taken, for where
// its rules refuse lines; "" where there was nothing to choose.
func (l *loaded) whose(name, from string) (i int, said string, err error) {
	if i, err = l.input(name); err != nil || name != "" || len(l.config.Inputs) == 1 {
		return i, "", err
	}
	why := "the first"
	if from != "-" {
		path, err := filepath.Abs(from)
		if err != nil {
			return 0, "", fmt.Errorf("finding the path of %s: %w", from, err)
		}
		why = "the first, as the file is in the paths of none"
		for n := range l.config.Inputs {
			if in, ok := l.config.Inputs[n].Config.(interface{ Reads(path string) bool }); ok && in.Reads(path) {
				i, why = n, "which reads this file"
				break
			}
		}
	}
	return i, fmt.Sprintf("the rules of input %q counted, %s (--input NAME takes another's)", l.config.Inputs[i].Name, why), nil
}

// sayWhose says once whose rules have refused lines, where others might not have.
func (p *preview) sayWhose() {
	if p.refused && p.whose != "" {
		fmt.Fprintln(p.held, visible(p.whose))
		p.whose = ""
	}
}

// maxLine is the max_line of an input, where its kind has one.
func maxLine(in *config.Input) int {
	if c, ok := in.Config.(*file.Config); ok && c.MaxLine > 0 {
		return int(c.MaxLine)
	}
	return 1 << 20
}
