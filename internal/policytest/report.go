package policytest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// File is a test file and what became of its tests.
type File struct {
	Name    string
	Results []*Result
}

// Failed is how many of the tests failed.
func (f *File) Failed() (n int) {
	for _, r := range f.Results {
		if len(r.Failures) > 0 {
			n++
		}
	}
	return n
}

// Took is how long the tests took.
func (f *File) Took() (all time.Duration) {
	for _, r := range f.Results {
		all += r.Took
	}
	return all
}

// Begin says that a test is about to run, for -v.
func Begin(to io.Writer, t *Test) { fmt.Fprintf(to, "=== RUN   %s\n", t.Name) }

// Say writes a result as go test does; verbose: also of one that passed.
func (r *Result) Say(to io.Writer, verbose bool) {
	took := fmt.Sprintf("(%.2fs)", r.Took.Seconds())
	if len(r.Failures) == 0 {
		if verbose {
			fmt.Fprintf(to, "--- PASS: %s %s\n", r.Test.Name, took)
		}
		return
	}
	fmt.Fprintf(to, "--- FAIL: %s %s\n", r.Test.Name, took)
	for _, f := range r.Failures {
		for _, line := range f.lines(r.Test.File) {
			fmt.Fprintf(to, "    %s\n", line)
		}
	}
}

// lines are the failure as a report has it.
func (f *Failure) lines(file string) []string {
	lines := []string{at(file, f.Line) + ": " + f.Text}
	if f.Got != "" {
		lines = append(lines, "    got: "+f.Got)
	}
	return lines
}

// text is all that failed in a test.
func (r *Result) text() string {
	var lines []string
	for i := range r.Failures {
		lines = append(lines, r.Failures[i].lines(r.Test.File)...)
	}
	return strings.Join(lines, "\n")
}

// Say writes the closing line of the file.
func (f *File) Say(to io.Writer) {
	word := "ok  "
	if f.Failed() > 0 {
		word = "FAIL"
	}
	tests := fmt.Sprintf("%d tests", len(f.Results))
	switch len(f.Results) {
	case 0:
		tests = "[no tests to run]"
	case 1:
		tests = "1 test"
	}
	fmt.Fprintf(to, "%s\t%s\t%.3fs\t%s\n", word, f.Name, f.Took().Seconds(), tests)
}
