package config

import (
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// overlap reports whether some path could match both patterns. Where it
// cannot tell it says yes: a loop of the agent reading what it writes, or an
// event delivered twice, is worse than a pattern that is to be made narrower.
func overlap(a, b string) bool {
	for _, a := range braces(a, 64) {
		for _, b := range braces(b, 64) {
			if meet(tokens(a), tokens(b)) {
				return true
			}
		}
	}
	return false
}

// token is one step of a pattern: a character, any one character but /, any
// many but /, or any many.
type token struct {
	kind rune // 'c' | '?' | '*' | 'd' for **
	char rune
}

func tokens(pattern string) []token {
	var all []token
	runes := []rune(pattern)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; {
		case c == '*' && i+1 < len(runes) && runes[i+1] == '*':
			i++
			all = append(all, token{kind: 'd'})
			if i+1 < len(runes) && runes[i+1] == '/' {
				i++ // a/**/b matches a/b
			}
		case c == '*':
			all = append(all, token{kind: '*'})
		case c == '?':
			all = append(all, token{kind: '?'})
		case c == '[':
			for i++; i < len(runes) && runes[i] != ']'; i++ {
				if runes[i] == '\\' {
					i++
				}
			}
			all = append(all, token{kind: '?'})
		case c == '\\' && i+1 < len(runes):
			i++
			all = append(all, token{'c', runes[i]})
		default:
			all = append(all, token{'c', c})
		}
	}
	return all
}

// meet walks both patterns at once; seen cuts the ways that were gone.
func meet(a, b []token) bool {
	seen := make([]bool, (len(a)+1)*(len(b)+1))
	var from func(i, j int) bool
	from = func(i, j int) bool {
		at := i*(len(b)+1) + j
		if seen[at] {
			return false
		}
		seen[at] = true
		if i == len(a) && j == len(b) {
			return true
		}
		if i < len(a) && many(a[i]) && from(i+1, j) || j < len(b) && many(b[j]) && from(i, j+1) {
			return true
		}
		if i == len(a) || j == len(b) || !common(a[i], b[j]) {
			return false
		}
		// One character that both take: a pattern that takes many may take more.
		switch {
		case many(a[i]) && many(b[j]):
			return false // both may also take nothing: the two ways above are all there are
		case many(a[i]):
			return from(i, j+1)
		case many(b[j]):
			return from(i+1, j)
		}
		return from(i+1, j+1)
	}
	return from(0, 0)
}

func many(t token) bool { return t.kind == '*' || t.kind == 'd' }

// common reports whether some character fits both tokens.
func common(a, b token) bool {
	if a.kind == 'c' && b.kind == 'c' {
		return a.char == b.char
	}
	slash := func(t token) bool { return t.kind == 'c' && t.char == '/' }
	if slash(a) || slash(b) {
		return a.kind == 'd' || b.kind == 'd'
	}
	return true
}

// braces writes {a,b} out, up to limit patterns; what is left over counts as
// anything.
func braces(pattern string, limit int) []string {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		return []string{pattern}
	}
	depth, start := 0, open+1
	var parts []string
	for i := open; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts, start = append(parts, pattern[start:i]), i+1
			}
		case '}':
			if depth--; depth > 0 {
				continue
			}
			parts = append(parts, pattern[start:i])
			var all []string
			for _, p := range parts {
				all = append(all, braces(pattern[:open]+p+pattern[i+1:], limit/len(parts))...)
			}
			if limit < len(all) {
				return []string{pattern[:open] + "**"}
			}
			return all
		}
	}
	return []string{pattern}
}

// resolve follows symbolic links in the part of a pattern that is no pattern,
// as far as it exists, so that two names of one folder are seen as one.
func resolve(pattern string) string {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(pattern))
	for tail := ""; ; {
		if real, err := filepath.EvalSymlinks(base); err == nil {
			return strings.TrimSuffix(filepath.ToSlash(filepath.Join(real, tail)), "/") + "/" + rest
		}
		parent := filepath.Dir(base)
		if parent == base {
			return filepath.ToSlash(pattern)
		}
		tail, base = filepath.Join(filepath.Base(base), tail), parent
	}
}
