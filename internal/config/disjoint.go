package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"jupyter-events-agent/inputs"
)

// owned is what the agent writes or reads, as a pattern.
type owned struct {
	pattern string
	what    string // for people
	own     int    // the output or input that it belongs to; -1 for the agent itself
}

// disjoint refuses an input that would read what the agent writes, two
// inputs that would read one file, and two outputs that would write one, or
// standard output.
func (r *reading) disjoint(c *Config) {
	var written []owned
	if c.Quarantine != nil {
		written = append(written, under(c.Quarantine.Path, "the quarantine folder")...)
	}
	if c.Rejected.Path != "" && c.Rejected.Path != filepath.Join(c.StateDir, "rejected") { // else state_dir says it
		written = append(written, under(c.Rejected.Path, "the folder of rejected records")...)
	}
	if c.StateDir != "" {
		written = append(written, under(r.path(c.StateDir), "state_dir")...)
	}
	var stdout *Output // who writes there
	for i := range c.Outputs {
		o := &c.Outputs[i]
		if o.Consent.File != "" {
			written = append(written, owned{literal(o.Consent.File), "the consent file of " + o.Where(), -1})
		}
		if s, ok := o.Config.(interface{ Stdout() bool }); ok && s.Stdout() {
			if stdout != nil {
				r.mistake(`%s: path: standard output is written by %s already, and two would cut each other's lines: name a file in path`, o.Where(), stdout.Where())
			}
			stdout = o
		}
		for _, file := range o.Config.Files() {
			for _, w := range written {
				if w.own >= 0 && w.own != i && overlap(resolve(w.pattern), resolve(literal(file))) {
					r.mistake("%s: path: is written by %s already: give each output its own file", o.Where(), w.what)
				}
			}
			for _, pattern := range generations(file) {
				written = append(written, owned{pattern, "what " + o.Where() + " writes", i})
			}
		}
	}
	for i := range c.Inputs {
		in := &c.Inputs[i]
		r.generation(in, c)
		for _, glob := range in.Config.Globs() {
			for _, w := range written {
				if overlap(resolve(glob), resolve(w.pattern)) {
					r.mistake("%s: paths: one of them covers %s: the agent would read its own files: make it narrower", in.Where(), w.what)
				}
			}
			for j := range i {
				other := &c.Inputs[j]
				for _, theirs := range other.Config.Globs() {
					if overlap(resolve(glob), resolve(theirs)) {
						r.mistake("%s: paths: one of them can match a file of %s: each file belongs to one input, so make one of the two narrower", in.Where(), other.Where())
					}
				}
			}
		}
	}
	r.mistakes = unique(r.mistakes)
}

// Strays warns of paths whose files the pattern of path_fields can never match:
// none of their lines would be an event.
func (in *Input) Strays() (warnings []string) {
	pattern := in.Rules.Source.Pattern
	if pattern == nil || pattern.Upstream() {
		return nil
	}
	for i, glob := range in.Config.Globs() {
		if !slices.ContainsFunc(pattern.Globs(), func(p string) bool { return overlap(filepath.ToSlash(glob), p) }) {
			warnings = append(warnings, fmt.Sprintf("path_fields.pattern: matches no file that paths[%d] can find, and no line of such a file would be an event: write it as %s, with a {field} in the place of a *, or take that path out", i, glob))
		}
	}
	return warnings
}

// generation refuses outputs whose files an input would take for rotated
// generations of its logs, which it reads whether or not paths cover them.
func (r *reading) generation(in *Input, c *Config) {
	logs, ok := in.Config.(interface{ IsGeneration(path string) bool })
	if !ok {
		return
	}
	for i := range c.Outputs {
		for _, file := range c.Outputs[i].Config.Files() {
			if logs.IsGeneration(filepath.Clean(file)) {
				r.mistake("%s: path: is called as a rotated generation of a log of %s would be: the agent would read its own file: give it another name", c.Outputs[i].Where(), in.Where())
			}
		}
	}
}

// under are patterns for a folder and everything below it.
func under(folder, what string) []owned {
	return []owned{{literal(folder), what, -1}, {literal(folder) + "/**", what, -1}}
}

// generations are the patterns of an output's file, of what it is renamed to
// when it is rotated (audit-20261122T155231Z-000017.ndjson), and of that
// compressed or on its way to it.
func generations(file string) []string {
	ext := filepath.Ext(file)
	stem := strings.TrimSuffix(file, ext)
	return []string{literal(file), literal(stem) + "-????????T??????Z-*" + literal(ext) + "*"}
}

// literal is a path as a pattern that matches that path only.
func literal(path string) string {
	var b strings.Builder
	for _, c := range filepath.ToSlash(path) {
		if strings.ContainsRune(`*?[]{}\`, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func unique(m Mistakes) Mistakes {
	seen := map[string]bool{}
	kept := m[:0]
	for _, s := range m {
		if !seen[s] {
			kept = append(kept, s)
		}
		seen[s] = true
	}
	return kept
}

// spoken reports whether one of the mistakes is about the key that a text of
// a kind begins with, or guessed that it was meant or where it belongs.
func spoken(noted Mistakes, at, text string) bool {
	key := firstWord(text)
	for _, m := range noted {
		if firstWord(strings.TrimPrefix(m, at)) == key || strings.Contains(m, `did you mean "`+key+`"`) || strings.Contains(m, " ("+key+" belongs to ") {
			return true
		}
	}
	return false
}

func firstWord(s string) string {
	s, _, _ = strings.Cut(s, " ")
	return strings.TrimSuffix(s, ":")
}

func newSource(name string, trusted bool, index int) *inputs.Source {
	return &inputs.Source{Input: name, Trusted: trusted, Index: index}
}
