package schema

import (
	"errors"
	"strings"
)

// messages collects what is wrong and what may be.
type messages struct {
	mistakes []error
	warnings []string
	bad      map[string]bool // files with mistakes
}

// mistake notes something that refuses a file: where, and what to do.
func (m *messages) mistake(file, pointer, text string) {
	m.mistakes = append(m.mistakes, errors.New(at(file, pointer)+text))
	if m.bad == nil {
		m.bad = map[string]bool{}
	}
	m.bad[file] = true
}

func (m *messages) warn(file, pointer, text string) {
	m.warnings = append(m.warnings, at(file, pointer)+text)
}

// at is "file: " or "file: #/pointer: ".
func at(file, pointer string) string {
	if pointer == "" {
		return file + ": "
	}
	return file + ": #" + pointer + ": "
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// step appends one reference token to a JSON pointer.
func step(pointer, token string) string { return pointer + "/" + escaper.Replace(token) }

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

// tokens splits a JSON pointer.
func tokens(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i, p := range parts {
		parts[i] = unescaper.Replace(p)
	}
	return parts
}
