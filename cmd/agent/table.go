package main

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// table draws rows under their first one, a space and more between columns;
// right says which columns end together. What is wider than the screen is cut.
func (s *screen) table(rows [][]string, right []int) {
	var widths []int
	for _, row := range rows {
		for i, text := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for n, row := range rows {
		var b strings.Builder
		for i, text := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			switch {
			case slices.Contains(right, i):
				b.WriteString(pad + text)
			case i == len(row)-1:
				b.WriteString(text)
			default:
				b.WriteString(text + pad)
			}
			if i < len(row)-1 {
				b.WriteString("  ")
			}
		}
		text := b.String()
		if s.terminal() {
			text = cut(text, s.columns())
		}
		switch {
		case n == 0:
			text = s.paint(dim, text)
		case strings.Contains(text, "  FAILING for "):
			text = s.paint(red, text)
		}
		s.line("%s", text)
	}
}

func (s *screen) terminal() bool { return isTerminal(s.to) }
