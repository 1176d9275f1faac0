package noninterference

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf8"
)

// writer writes JSON in the many ways in which one value can be written.
type writer struct{ *rand.Rand }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (w writer) one(in int) bool { return w.IntN(in) == 0 }

// space is white space between tokens.
func (w writer) space(b []byte) []byte {
	switch n := w.IntN(16); {
	case n < 11:
		return b
	case n < 15:
		return append(b, ' ')
	}
	return append(b, pick(w.Rand, "\t", "  ", "\r", " \t \r    ")...)
}

// text writes a string; some characters as escapes.
func (w writer) text(b []byte, s string) []byte {
	often := 0 // of 16 characters
	if w.one(3) {
		often = pick(w.Rand, 1, 4, 16)
	}
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n' && w.one(2):
			b = append(b, '\\', 'n')
		case r == '/' && often > 0 && w.one(2):
			b = append(b, '\\', '/')
		case r > 0xffff && often > 0:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04X`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case r < ' ' || r <= 0xffff && often > w.IntN(16):
			b = fmt.Appendf(b, pick(w.Rand, `\u%04x`, `\u%04X`), r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// again writes a string's decoded text anew where it can be.
func (w writer) again(b, quoted []byte) []byte {
	var s string
	if strings.Contains(string(quoted), `\u`) { // perhaps half a pair: only JSON has it
		return append(b, quoted...)
	}
	s, err := strconv.Unquote(strings.ReplaceAll(string(quoted), `\/`, `/`))
	if err != nil {
		return append(b, quoted...)
	}
	return w.text(b, s)
}

// number writes a number's text in another way of the same value.
func (w writer) number(b []byte, text string) []byte {
	if strings.ContainsAny(text, "eE") || len(text) > 15 {
		return append(b, text...)
	}
	whole, fraction, dotted := strings.Cut(text, ".")
	switch w.IntN(6) {
	case 0:
		if dotted {
			return append(append(b, text...), "00"...)
		}
		return append(append(b, text...), ".0"...)
	case 1:
		return append(append(b, text...), pick(w.Rand, "e0", "E0", "e+0", "e-00")...)
	case 2:
		if !dotted && whole != "0" && whole != "-0" {
			return append(append(b, whole...), "0e-1"...)
		}
	case 3:
		if dotted && len(fraction) > 0 {
			return append(append(append(append(b, whole...), '.'), fraction...), "0E+0"...)
		}
	}
	return append(b, text...)
}

// likely are texts that look like something; a part of them is made up anew.
var likely = []string{
	"", "a", "start", "Task-7", "null", "true", "0", "user@hub.example", "/home/ada/thesis.ipynb", "192.0.2.7", "2001:db8::1", "2026-11-22T14:20:46Z",
	"é", "日本語", "😀 z", "\u2028", "a\nb\t\x01", `"quoted"`, `back\slash`, "__x__", "{action}", "Ω≈ç", "https://x.test/e?q=1#f", "a b", "event", "@timestamp",
}

// anyText is a text of any length.
func (w writer) anyText() string {
	switch w.IntN(8) {
	case 0, 1, 2:
		return pick(w.Rand, likely...)
	case 3:
		return pick(w.Rand, likely...) + strings.Repeat(pick(w.Rand, "x", "long ", "é"), w.IntN(400))
	}
	return strconv.FormatUint(w.Uint64()>>w.IntN(64), 36)
}

// anyNumber is the text of a number.
func (w writer) anyNumber() string {
	switch w.IntN(5) {
	case 0:
		return pick(w.Rand, "0", "-0", "1", "-1", "1.0", "10e-1", "1e300", "-2.50", "12345678901234567890", "1E-7", "0.1")
	case 1:
		return strconv.FormatFloat(w.NormFloat64()*100, 'f', w.IntN(6), 64)
	}
	return strconv.Itoa(w.IntN(2_000_000) >> w.IntN(20))
}

// anyName is a member's name that no schema has, mostly.
func (w writer) anyName() string {
	if w.one(4) {
		return pick(w.Rand, likely...)
	}
	return pick(w.Rand, "x", "user_", "p_", "é", "1", "_") + strconv.FormatUint(w.Uint64()>>(20+w.IntN(44)), 36)
}

// anyValue is any value, not deeper than depth.
func (w writer) anyValue(b []byte, depth int) []byte {
	n := w.IntN(10)
	if depth <= 0 {
		n = w.IntN(7)
	}
	switch n {
	case 0:
		return append(b, "null"...)
	case 1:
		return append(b, pick(w.Rand, "true", "false")...)
	case 2, 3:
		return append(b, w.anyNumber()...)
	case 4, 5, 6:
		return w.text(b, w.anyText())
	case 7:
		b = append(b, '[')
		for i := range w.IntN(5) {
			if i > 0 {
				b = append(b, ',')
			}
			b = w.space(w.anyValue(w.space(b), depth-1))
		}
		return append(b, ']')
	}
	b = append(b, '{')
	seen := map[string]bool{}
	for range w.IntN(5) {
		name := w.anyName()
		if seen[name] {
			continue
		}
		if len(seen) > 0 {
			b = append(b, ',')
		}
		seen[name] = true
		b = append(w.space(w.text(w.space(b), name)), ':')
		b = w.space(w.anyValue(w.space(b), depth-1))
	}
	return append(b, '}')
}

// fixed is chance that is none.
func fixed() *rand.Rand { return rand.New(rand.NewPCG(0, 0)) }
