package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/internal/docs"
)

// part is a struct that knows some keys of a table.
type part struct {
	into  any        // pointer to the struct to fill
	fresh func() any // another such pointer, to ask what the struct knows
}

// of is the part of a plain struct.
func of[T any](into *T) part {
	return part{into: into, fresh: func() any { return new(T) }}
}

// table fills the parts from a table of the file, value by value, so that
// every mistake is found and not just the first. at begins each mistake; name is
// how a line that begins the table has it, "" for what stands outside of all.
func (r *reading) table(at, name string, table map[string]any, parts ...part) {
	reported := map[string]bool{}
	for _, leaf := range leaves(nil, table) {
		unknown, path := "", leaf.path
		for i := range path {
			if !knows(path[:i+1], parts) {
				path, unknown = path[:i+1], path[i]
				break
			}
		}
		key := keyName(path)
		if reported[key] {
			continue
		}
		if unknown != "" {
			reported[key] = true
			r.mistake("%sunknown key %q%s", at, key, hint(name, path, parts))
			continue
		}
		value := r.resolved(path, leaf.value, parts)
		for _, p := range parts {
			if !knows(path, []part{p}) {
				continue
			}
			if _, err := decode(path, value, p.into); err != nil {
				bad := firstBad(path, value, p)
				r.mistake("%s%s: %s%s", at, keyName(bad), due(bad, value, len(bad) < len(path), p), slipped(name, path, value, parts))
			}
		}
	}
}

// leaf is one value of a table and the keys that lead to it.
type leaf struct {
	path  []string
	value any
}

// leaves are the values of a table in a fixed order. A list is one value, and
// so is a table with nothing in it.
func leaves(path []string, table map[string]any) []leaf {
	var all []leaf
	for _, key := range sortedKeys(table) {
		here := append(slices.Clone(path), key)
		if inner, ok := table[key].(map[string]any); ok && len(inner) > 0 {
			all = append(all, leaves(here, inner)...)
			continue
		}
		all = append(all, leaf{here, table[key]})
	}
	return all
}

// decode puts one value where its keys lead. Values that are there stay.
func decode(path []string, value any, into any) (toml.MetaData, error) {
	doc := map[string]any{path[len(path)-1]: value}
	for i := len(path) - 2; i >= 0; i-- {
		doc = map[string]any{path[i]: doc}
	}
	text, err := toml.Marshal(doc)
	if err != nil {
		return toml.MetaData{}, err
	}
	return toml.Decode(string(text), into)
}

// accepts reports whether a part takes this value there.
func accepts(path []string, value any, p part) bool {
	_, err := decode(path, value, p.fresh())
	return err == nil
}

// knows reports whether one of the parts has a key. The TOML library would
// take Name for name; keys are to be exact, names that the user chooses may
// be anything.
func knows(path []string, parts []part) bool {
	for _, p := range parts {
		meta, err := decode(path, true, p.fresh())
		if err == nil && len(meta.Undecoded()) > 0 {
			continue
		}
		last := path[len(path)-1]
		if last == strings.ToLower(last) || chosen(path[:len(path)-1], p) {
			return true
		}
	}
	return false
}

// chosen reports whether the names in a table are the user's own.
func chosen(table []string, p part) bool {
	if len(table) == 0 {
		return false
	}
	const nobodys = "no table has this key"
	for _, holds := range []any{[]string{"x"}, "x", map[string]any{}} {
		meta, err := decode(append(slices.Clone(table), nobodys), holds, p.fresh())
		if err == nil && len(meta.Undecoded()) == 0 {
			return true
		}
	}
	return false
}

// firstBad is where on the way to a value the file and the part part: the
// value itself, or a table above it where the part has none.
func firstBad(path []string, value any, p part) []string {
	for i := 1; i < len(path); i++ {
		if !accepts(path[:i], map[string]any{}, p) {
			return path[:i]
		}
	}
	return path
}

// due says what a key takes, found out by trying: the library's own words
// would quote the value.
func due(path []string, value any, isTable bool, p part) string {
	got := kindOf(value)
	if isTable {
		got = "a table"
	}
	text := accepts(path, "x", p)
	for _, try := range []struct {
		takes any
		want  string
	}{
		{"x", `a text in "quotes"`},
		{[]string{"x"}, `a list of texts: ["…", "…"]`},
		{true, "true or false"},
		{"1s", `a duration such as "500ms", "10s", "24h" or "30d"`},
		{"1MiB", `a size such as "512KiB", "5MiB" or "1GiB"`},
		{int64(1), "a whole number"},
		{map[string]any{}, "a table of keys"},
	} {
		if accepts(path, try.takes, p) && (text || try.takes != "x") {
			if most := largest(path, p); try.takes == true && most > 0 {
				try.want += fmt.Sprintf(", or a whole number from 1 to %d", most)
				if got == "a whole number" {
					return "must be " + try.want
				}
			}
			if got == "a whole number" && try.want == got {
				return "is out of range"
			}
			if _, isText := value.(string); isText && !isTable {
				return "must be " + try.want
			}
			return "must be " + try.want + ", not " + got
		}
	}
	return "is none of the values it may have: see " + docs.Page("config.md")
}

// largest is up to which whole number, from 1 on, a key that is a switch takes
// those too; 0 where it takes none.
func largest(path []string, p part) (most int64) {
	for most < 100 && accepts(path, most+1, p) {
		most++
	}
	return most
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case map[string]any:
		return "a table"
	case time.Time:
		return "a date"
	default:
		return "a list"
	}
}

// resolved makes relative paths start from the configuration's folder. The
// keys that hold paths are path, paths, overlays, lock, pattern, state_dir and all that end
// in _file; id_key_file stays, as it starts from state_dir.
func (r *reading) resolved(path []string, value any, parts []part) any {
	last := path[len(path)-1]
	switch {
	case last == "id_key_file":
		return value
	case last == "path", last == "paths", last == "overlays", last == "lock", last == "pattern", last == "state_dir", strings.HasSuffix(last, "_file"):
	default:
		return value
	}
	for _, p := range parts {
		if chosen(path[:len(path)-1], p) {
			return value
		}
	}
	switch value := value.(type) {
	case string:
		if !strings.HasSuffix(last, "_file") {
			return r.path(value)
		}
		path, ok := credential(value)
		if !ok {
			path = r.path(value)
		}
		if path != "" && !slices.Contains(r.named, path) {
			r.named = append(r.named, path)
		}
		return path
	case []any:
		list := slices.Clone(value)
		for i := range list {
			if s, ok := list[i].(string); ok {
				list[i] = r.path(s)
			}
		}
		return list
	}
	return value
}

// credentials is the variable that systemd sets for LoadCredential=.
const credentials = "CREDENTIALS_DIRECTORY"

// credential is a path that begins with $CREDENTIALS_DIRECTORY/ made absolute.
// Where systemd did not set that, as for check by hand, it stays as it is, and
// who opens the file says so.
func credential(s string) (string, bool) {
	name, ok := strings.CutPrefix(s, "$"+credentials+"/")
	if !ok {
		return "", false
	}
	if folder := os.Getenv(credentials); folder != "" {
		return filepath.Join(folder, name), true
	}
	return s, true
}

// path is a path of the file made absolute; "-" is standard output.
func (r *reading) path(s string) string {
	if s == "" || s == "-" || filepath.IsAbs(s) {
		return s
	}
	joined := filepath.Join(r.folder, s)
	if strings.HasSuffix(s, "/") {
		joined += "/"
	}
	return joined
}

// keyName is a dotted key as TOML writes it.
func keyName(path []string) string { return toml.Key(path).String() }
