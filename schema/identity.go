package schema

import (
	"strconv"
	"strings"
)

// A step of a place's identity is a member's name; a number for a position of an
// array and * for its items; and in braces what describes members that nothing
// names. Steps are escaped as those of pointers are.

// calledMember is the step of a member that is called by its name, in quotes
// where the name could be taken for another step, or for what stands behind one.
func calledMember(name string) string {
	_, isIndex := index(name)
	if isIndex || name != "" && strings.ContainsRune(`*{"`, rune(name[0])) || strings.HasSuffix(name, ")") {
		name = strconv.Quote(name)
	}
	return escaper.Replace(name)
}

// calledBeyond is the step of the members that match more patterns at once than
// are told apart.
const calledBeyond = "{*}{*}"

// calledMatching is the step of the members that nothing names and that match
// exactly these patterns, which are sorted; none: of all others.
func calledMatching(patterns []string) string {
	if len(patterns) == 0 {
		return "{*}" // no pattern is a star alone
	}
	var b strings.Builder
	for _, p := range patterns {
		b.WriteString("{" + strings.ReplaceAll(escaper.Replace(p), "}{", "}~2{") + "}")
	}
	return b.String()
}
