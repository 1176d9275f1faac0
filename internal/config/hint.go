package config

import (
	"fmt"
	"slices"
	"strings"

	"jupyter-events-agent/internal/near"
)

// hint says which key was perhaps meant in the table of that name, or where it
// belongs.
func hint(table string, path []string, parts []part) string {
	parent, key := path[:len(path)-1], path[len(path)-1]
	in := func(keys ...string) []string { return append(slices.Clone(parent), keys...) }
	if (table != "" || len(parent) > 0) && outermost(key) {
		return fmt.Sprintf(" (%s stands outside of all tables: write it above the first line that begins with [)", key)
	}
	if n := enclosing(table, path, parts, func(key []string) bool { return knows(key, parts) }); n >= 0 {
		return higher(table, path, n)
	}
	if file := key + "_file"; knows(in(file), parts) {
		return fmt.Sprintf(" (did you mean %q, which names a file?)", keyName(in(file)))
	}
	var here []string
	for _, w := range words {
		if knows(in(w), parts) {
			here = append(here, w)
		}
	}
	if w := near.Word(strings.ToLower(key), here); w != "" {
		return fmt.Sprintf(" (did you mean %q?)", keyName(in(w)))
	}
	for _, w := range here {
		if !knows(in(w, "no table has this key"), parts) && knows(in(w, key), parts) {
			return fmt.Sprintf(" (did you mean %q?)", keyName(in(w, key)))
		}
	}
	if len(here) == 0 || len(parent) == 0 && len(here) > 12 {
		return ""
	}
	return " (" + thereAre(here) + ")"
}

// enclosing is how many keys lead to the nearest table around the one that path
// stands in, below the table of that name, which has the last key, and it fits; -1
// for none. Of what stands outside of all tables outermost says that.
func enclosing(table string, path []string, parts []part, fits func(key []string) bool) int {
	for n := len(path) - 2; n > 0 || n == 0 && table != ""; n-- {
		if !usersOwn(path[:n], parts) && fits(append(slices.Clone(path[:n]), path[len(path)-1])) {
			return n
		}
	}
	return -1
}

// higher says that the last key of path belongs n keys below the table of that
// name: a line that begins a table ends all tables before it.
func higher(table string, path []string, n int) string {
	in := func(path []string) string {
		return strings.TrimPrefix(strings.Join([]string{table, keyName(path)}, "."), ".")
	}
	return fmt.Sprintf(" (%s belongs to %s: write it above the line [%s], or outside of its braces)", path[len(path)-1], strings.TrimSuffix(in(path[:n]), "."), in(path[:n+1]))
}

// slipped is the hint for a value that is wrong for a table whose keys are the
// user's own, and would be right for a key of a table around it.
func slipped(table string, path []string, value any, parts []part) string {
	fits := func(key []string) bool {
		return slices.ContainsFunc(parts, func(p part) bool { return knows(key, []part{p}) && accepts(key, value, p) })
	}
	if !usersOwn(path[:len(path)-1], parts) {
		return ""
	}
	if n := enclosing(table, path, parts, fits); n >= 0 {
		return higher(table, path, n)
	}
	return ""
}

// usersOwn reports whether the names in a table are the user's own.
func usersOwn(table []string, parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool { return chosen(table, p) })
}

// outermost says that a key belongs to no table: whatever is written below one
// is that table's.
func outermost(key string) bool {
	top := []part{of(&root{})}
	return knows([]string{key}, top) && !accepts([]string{key}, map[string]any{"x": true}, top[0])
}

func thereAre(list []string) string {
	if len(list) == 1 {
		return "there is " + list[0]
	}
	return "there are " + strings.Join(list, ", ")
}
