package elasticsearch

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"jupyter-events-agent/filters"
)

// longestIndex is in bytes. A data stream's own indices are called by its
// name with 29 bytes more, and none may be longer than 255.
const longestIndex = 255 - 29

const forbidden = `\/*?"<>| ,#:`

// filler takes the place of what a name may not hold.
const filler = '_'

// checkIndex finds what no value of a template could mend.
func checkIndex(t filters.Template) error {
	if t.Text == "" {
		return errors.New(`index: is empty: name a data stream or index, such as "logs-jupyter.events-default"`)
	}
	literal := 0
	for i, p := range t.Pieces() {
		if p.Place != "" && !p.OrElse {
			continue
		}
		literal += len(p.Text)
		for _, r := range p.Text {
			switch {
			case unicode.ToLower(r) != r:
				return errors.New("index: must be in lower case")
			case !fits(r):
				return fmt.Errorf("index: must not hold a space, a control character or any of %s", strings.ReplaceAll(forbidden, " ", ""))
			}
		}
		if i == 0 && p.Place == "" && strings.ContainsAny(p.Text[:1], "-_+") {
			return errors.New("index: must not begin with -, _ or +")
		}
	}
	if name, constant := constantIndex(t); constant && (name == "." || name == "..") {
		return errors.New("index: must not be a single or double dot")
	}
	if literal > longestIndex {
		return fmt.Errorf("index: must not be longer than %d bytes", longestIndex)
	}
	return nil
}

func fits(r rune) bool {
	return r != utf8.RuneError && !unicode.IsControl(r) && !unicode.IsSpace(r) && !strings.ContainsRune(forbidden, r)
}

// constantIndex is the one name that a template without places makes. One that
// cannot be read makes none: it stays a template, for what is wrong to be found.
func constantIndex(t filters.Template) (name string, constant bool) {
	if len(t.Mistakes()) > 0 {
		return "", false
	}
	for _, p := range t.Pieces() {
		if p.Place != "" {
			return "", false
		}
		name += p.Text
	}
	return name, true
}

// indexPattern is the names that a template can make, * for any part.
func indexPattern(t filters.Template) string {
	var pattern strings.Builder
	star := false
	for _, p := range t.Pieces() {
		if p.Place != "" && !star {
			pattern.WriteByte('*')
		} else if p.Place == "" {
			pattern.WriteString(p.Text)
		}
		star = p.Place != ""
	}
	return pattern.String()
}

// dataset is the event.dataset of an index: of a data stream, whose name is
// type-dataset-namespace, the middle part.
func dataset(t filters.Template) string {
	if name, constant := constantIndex(t); constant {
		if parts := strings.Split(name, "-"); len(parts) == 3 && parts[1] != "" {
			return parts[1]
		}
	}
	return "jupyter.events"
}

// appendIndex appends a value of the index's template as a name by
// Elasticsearch's rules: lower case, and _ for what may not stand there.
func appendIndex(b, value []byte) []byte {
	start := len(b)
	for i := 0; i < len(value); {
		r, size := rune(value[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(value[i:])
		}
		i += size
		if r = unicode.ToLower(r); !fits(r) {
			r = filler
		}
		if len(b) == start && (r == '-' || r == '_' || r == '+') {
			b = append(b, 'x')
		}
		if len(b)-start+utf8.RuneLen(r) > longestIndex {
			break
		}
		b = utf8.AppendRune(b, r)
	}
	if name := string(b[start:]); name == "" || name == "." || name == ".." {
		b = append(b[:start], 'x')
	}
	return b
}
