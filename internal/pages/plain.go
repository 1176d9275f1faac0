package pages

import (
	"strconv"
	"strings"
	"unicode"
)

// plain writes control characters, and those that turn the direction of a
// text, out: a name must not look like another, nor end a line. Line ends and
// tabs become spaces.
func plain(s string) string {
	if strings.IndexFunc(s, odd) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n', r == '\t', r == '\r':
			b.WriteByte(' ')
		case odd(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func odd(r rune) bool { return !unicode.IsPrint(r) }

// markdown escapes what Markdown, GitHub's too, would take for markup. Addresses
// stay text that no reader makes a link of.
var markdown = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "#", "\\#", "|", "\\|", "~", "\\~",
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "!", "\\!", "$", "\\$",
)

// md is a text of somebody else's as Markdown.
func md(s string) string { return markdown.Replace(plain(s)) }

// mdCode is a name as Markdown code, which nothing is markup in but the end of it.
func mdCode(s string) string {
	s = plain(s)
	if s == "" || strings.ContainsAny(s, "`|\\<>") || s != strings.TrimSpace(s) {
		return md(s)
	}
	return "`" + s + "`"
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(s string) string { return stopped(heading(s)) }

// stopped ends with a full stop.
func stopped(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// heading begins with a capital letter, where it begins with a word: not with
// an address or another name, which a capital would make another one.
func heading(s string) string {
	s = strings.TrimSpace(s)
	word, _, _ := strings.Cut(s, " ")
	if strings.ContainsFunc(strings.TrimRight(word, ".,;:!?)"), func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' && r != '’' }) {
		return s
	}
	r := []rune(s)
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

// lower begins with a small letter, where the second one is small too.
func lower(s string) string {
	r := []rune(s)
	if len(r) > 1 && unicode.IsUpper(r[0]) && !unicode.IsUpper(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}

// list joins words as one says them: a, b and c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// count is a number with its noun: 1 property, 2 properties.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}
