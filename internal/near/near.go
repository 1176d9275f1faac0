// Package near finds the word that somebody may have meant who wrote another.
//
// In come a word and those that are known; out comes one of them, or the end of a
// message that names it. It touches nothing.
package near

import (
	"fmt"
	"strings"
)

// Hint is " (did you mean …?)", the end of a message, or "" where no word is near.
func Hint(word string, known []string) string {
	if w := Word(word, known); w != "" {
		return fmt.Sprintf(" (did you mean %q?)", w)
	}
	return ""
}

// HintOfPattern is Hint for what may end in a star, which then stands for any end: the beginnings of
// known words, each up to a slash, are known as well.
func HintOfPattern(pattern string, known []string) string {
	if !strings.HasSuffix(pattern, "*") {
		return Hint(pattern, known)
	}
	var all []string
	for _, word := range known {
		for i := range len(word) {
			if word[i] == '/' {
				all = append(all, word[:i+1]+"*")
			}
		}
	}
	return Hint(pattern, all)
}

// Word is the one of known, the first of equals, that is most like word: one mistake away, or in
// longer words one in three letters of the shorter, up to three. "" where none is.
func Word(word string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		shorter, longer := min(len(word), len(k)), max(len(word), len(k))
		most := max(1, min(3, shorter/3))
		if longer-shorter > most {
			continue
		}
		if d := distance(word, k); d < least && d <= most {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters are to be added, left out, changed or swapped
// with their neighbour to make b of a.
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
