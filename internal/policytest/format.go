package policytest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var bare = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// key is a name as a key of TOML.
func key(name string) string {
	if bare.MatchString(name) {
		return name
	}
	return quoted(name)
}

// quoted is a text of TOML. What JSON escapes TOML reads the same way.
func quoted(text string) string {
	return strings.ReplaceAll(said(text), "\x7f", `\u007f`)
}

func list(texts []string) string {
	all := make([]string, len(texts))
	for i := range texts {
		all[i] = quoted(texts[i])
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// table is an object as a table of TOML on one line, or as JSON in a text where
// TOML has no word for something in it.
func table(members map[string]any) string {
	if text, ok := inline(members); ok {
		return text
	}
	if text := said(members); !strings.Contains(text, "'") {
		return "'" + text + "'"
	}
	return quoted(said(members))
}

func inline(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return quoted(v), true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		_, err := strconv.ParseInt(string(v), 10, 64)
		f, bad := strconv.ParseFloat(string(v), 64)
		if err == nil {
			return string(v), true
		}
		text := strconv.FormatFloat(f, 'f', -1, 64)
		return text, bad == nil && strings.Contains(text, ".") && sameNumber(text, string(v))
	case []any:
		all := make([]string, len(v))
		for i := range v {
			text, ok := inline(v[i])
			if !ok {
				return "", false
			}
			all[i] = text
		}
		return "[" + strings.Join(all, ", ") + "]", true
	case map[string]any:
		var all []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			text, ok := inline(v[name])
			if !ok {
				return "", false
			}
			all = append(all, key(name)+" = "+text)
		}
		if len(all) == 0 {
			return "{}", true
		}
		return "{ " + strings.Join(all, ", ") + " }", true
	}
	return "", false // null
}
