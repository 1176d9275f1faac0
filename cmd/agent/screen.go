package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"jupyter-events-agent/schema"
)

// withheld stands for a value that did not leave. Always as long, whatever
// the value was.
const withheld = "██████"

// wideEnough is from how many columns on destinations stand side by side.
const wideEnough = 100

// screen draws what each destination receives.
type screen struct {
	to     io.Writer
	colour bool

	bounded bool // it has room for so many lines more
	room    int
}

func newScreen(to io.Writer) *screen {
	return &screen{to: to, colour: isTerminal(to) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// The styles, as SGR codes.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// paint wraps a text that has its final length in a colour.
func (s *screen) paint(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// line draws a line, where there is room.
func (s *screen) line(format string, a ...any) {
	if s.bounded && s.room == 0 {
		return
	}
	s.room--
	fmt.Fprintf(s.to, format+"\n", a...)
}

// wrapped draws a text of which the end matters too, in one line or, on a
// terminal, in as many as it needs.
func (s *screen) wrapped(code, text string) {
	lines := []string{text}
	if s.terminal() {
		lines = wrap(text, s.columns(), 2)
	}
	for _, line := range lines {
		s.line("%s", s.paint(code, line))
	}
}

// columns is how wide the screen is now; a person may resize it.
func (s *screen) columns() int { return max(width(s.to), 40) }

// head begins an event.
func (s *screen) head(clock, title, schema string) {
	room := s.columns() - utf8.RuneCountInString(clock) - 2
	title = cut(title, room)
	left := room - utf8.RuneCountInString(title) - utf8.RuneCountInString(schema) - 2
	tail := ""
	if left >= 0 {
		tail = strings.Repeat(" ", left+2) + s.paint(dim, schema)
	}
	s.line("\n%s  %s%s", s.paint(dim, clock), s.paint(bold, title), tail)
}

// note is a line between events.
func (s *screen) note(text string) {
	text = cut("── "+text+" ", s.columns())
	s.line("\n%s", s.paint(cyan, text+strings.Repeat("─", s.columns()-utf8.RuneCountInString(text))))
}

// received is what one destination got of an event.
type received struct {
	name    string
	got     bool
	members []member
}

func (r *received) find(path string) (string, bool) {
	for _, m := range r.members {
		if m.path == path {
			return m.value, true
		}
	}
	return "", false
}

// event shows the members of an event as each destination received them.
func (s *screen) event(all []member, to []received) {
	if s.columns() < wideEnough {
		s.stacked(all, to)
		return
	}
	const label = 14 // the same for all events, so that a destination keeps its column
	cell := (s.columns() - label - 2 - 2*len(to)) / len(to)
	row := strings.Repeat(" ", label+2)
	for i := range to {
		row += "  " + s.paint(bold, pad(to[i].name, cell))
	}
	s.line("%s", strings.TrimRight(row, " "))
	for n, m := range all {
		row = "  " + s.paint(dim, pad(visible(m.path), label))
		for i := range to {
			value, sent := to[i].find(m.path)
			text := pad(visible(value), cell)
			switch {
			case !to[i].got && n == 0:
				text = s.paint(dim, pad("nothing: not this schema", cell))
			case !to[i].got:
				text = pad("", cell)
			case !sent:
				text = s.paint(red, pad(withheld, cell))
			case i > 0:
				text = s.paint(green, text)
			}
			row += "  " + text
		}
		s.line("%s", strings.TrimRight(row, " "))
	}
}

// stacked shows one destination below the other.
func (s *screen) stacked(all []member, to []received) {
	const label = 11
	for i := range to {
		row, used := "  "+s.paint(bold, pad(to[i].name, label)), label+2
		if !to[i].got {
			s.line("%s%s", row, s.paint(dim, "nothing: not this schema"))
			continue
		}
		for n, m := range all {
			value, sent := to[i].find(m.path)
			if !sent {
				value = withheld
			}
			room := s.columns() - label - 4
			name := visible(m.path)
			value = cut(visible(value), max(room-utf8.RuneCountInString(name)-1, 8))
			size := utf8.RuneCountInString(name) + 1 + utf8.RuneCountInString(value)
			if n > 0 && used+2+size > s.columns() {
				s.line("%s", row)
				row, used = strings.Repeat(" ", label+2), label+2
			} else if n > 0 {
				row += "  "
				used += 2
			}
			used += size
			switch {
			case !sent:
				value = s.paint(red, value)
			case i > 0:
				value = s.paint(green, value)
			}
			row += s.paint(dim, name+"=") + value
		}
		s.line("%s", row)
	}
}

// fault shows a line that nobody receives.
func (s *screen) fault(f *schema.Fault) {
	why := string(f.Reason)
	if f.Keyword != "" {
		why += ", " + f.Keyword + " at " + f.Pointer
	}
	s.line("  %s", s.paint(yellow, cut("no destination receives it; it is in the quarantine: "+visible(why), s.columns()-2)))
}

// pad fits a text into so many columns.
func pad(text string, columns int) string {
	text = cut(text, columns)
	return text + strings.Repeat(" ", max(columns-utf8.RuneCountInString(text), 0))
}
