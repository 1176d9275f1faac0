package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// folded is where a table goes: on a terminal its lines break between words and
// go on under the column that they belong to; elsewhere they stay as they are.
func folded(to io.Writer) io.Writer {
	if !isTerminal(to) {
		return to
	}
	return &folding{to: to, columns: max(width(to), 40)}
}

type folding struct {
	to      io.Writer
	columns int
	begun   []byte // a line that has no end yet
}

// Write takes whole lines and parts of them; what has no line end stays back.
func (f *folding) Write(b []byte) (int, error) {
	f.begun = append(f.begun, b...)
	for {
		line, rest, whole := bytes.Cut(f.begun, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		for _, part := range fold(string(line), f.columns) {
			if _, err := fmt.Fprintln(f.to, part); err != nil {
				return 0, err
			}
		}
		f.begun = rest
	}
}

// roomy is how many columns a table's last one should have at least; with less
// it goes below the others.
const roomy = 24

// fold breaks one line of a table: columns stand two spaces apart.
func fold(line string, columns int) []string {
	if utf8.RuneCountInString(line) <= columns {
		return []string{line}
	}
	lead := len(line) - len(strings.TrimLeft(line, " "))
	last := strings.LastIndex(line, "  ") + len("  ")
	if last <= max(lead, 1) { // there are no columns
		return wrap(line, columns, lead+2)
	}
	head := line[:last]
	if at := utf8.RuneCountInString(head); columns-at >= roomy {
		return wrap(line, columns, at)
	}
	below := lead + 4
	return append(wrap(strings.TrimRight(head, " "), columns, below), wrap(strings.Repeat(" ", below)+line[last:], columns, below)...)
}

// wrap cuts a text into lines between its words, all but the first indented.
func wrap(text string, columns, indent int) (lines []string) {
	for utf8.RuneCountInString(text) > columns {
		room := string([]rune(text)[:columns])
		at := len(room)
		if text[at] != ' ' {
			at = strings.LastIndexByte(room, ' ')
		}
		if strings.Trim(room[:max(at, 0)], " ") == "" || at < indent { // one long word
			at = len(room)
		}
		lines = append(lines, strings.TrimRight(text[:at], " "))
		text = strings.Repeat(" ", indent) + strings.TrimLeft(text[at:], " ")
	}
	return append(lines, text)
}
