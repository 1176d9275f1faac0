package policytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A value is JSON as encoding/json decodes it, numbers as json.Number.

// decodeJSON reads one value and nothing after it.
func decodeJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

// fromTOML makes a value of what the TOML library gives. wrong says what has no
// form in JSON.
func fromTOML(v any) (value any, wrong string) {
	switch v := v.(type) {
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), ""
	case float64:
		text, err := json.Marshal(v)
		if err != nil {
			return nil, "is no number in JSON"
		}
		return json.Number(text), ""
	case time.Time:
		return nil, `is a date: write it in "quotes", as it stands in the event`
	case []any:
		list := make([]any, len(v))
		for i := range v {
			if list[i], wrong = fromTOML(v[i]); wrong != "" {
				return nil, wrong
			}
		}
		return list, ""
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			if list[i], wrong = fromTOML(v[i]); wrong != "" {
				return nil, wrong
			}
		}
		return list, ""
	case map[string]any:
		members := make(map[string]any, len(v))
		for name := range v {
			if members[name], wrong = fromTOML(v[name]); wrong != "" {
				return nil, wrong
			}
		}
		return members, ""
	}
	return v, ""
}

// said is a value as JSON text, for messages.
func said(v any) string {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "a value that is not JSON"
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// equal compares two values; numbers by what they are, however written.
func equal(a, b any) bool {
	if a, ok := a.(json.Number); ok {
		b, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(b))
	}
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	const longest = 400 // what is longer is the same only where it is written the same
	if len(a) > longest || len(b) > longest || exponent(a) > longest || exponent(b) > longest {
		return false
	}
	x, ok := new(big.Rat).SetString(a)
	y, fine := new(big.Rat).SetString(b)
	return ok && fine && x.Cmp(y) == 0
}

// exponent is the size of a number's exponent.
func exponent(text string) int {
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimLeft(text[i+1:], "+-"))
	if err != nil {
		return 1 << 30
	}
	return n
}

// pointer is the way to a member as its names; "*" is any name or item. It is
// written user/name or /user/name.
func pointer(text string) []string {
	steps := strings.Split(strings.TrimPrefix(text, "/"), "/")
	for i := range steps {
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(steps[i])
	}
	return steps
}

// step is one more name on the way to a value.
func step(at, name string) string {
	return at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// find calls visit for every value that the pointer leads to.
func find(value any, at string, way []string, visit func(at string, value any)) {
	if len(way) == 0 {
		visit(at, value)
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if name == way[0] || way[0] == "*" {
				find(value[name], step(at, name), way[1:], visit)
			}
		}
	case []any:
		for i := range value {
			if n := strconv.Itoa(i); n == way[0] || way[0] == "*" {
				find(value[i], step(at, n), way[1:], visit)
			}
		}
	}
}

// walk calls visit for every value in a value, and for the names of members as
// texts, with the way there.
func walk(value any, at string, visit func(at string, value any, name bool)) {
	visit(at, value, false)
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			visit(step(at, name), name, true)
			walk(value[name], step(at, name), visit)
		}
	case []any:
		for i := range value {
			walk(value[i], step(at, strconv.Itoa(i)), visit)
		}
	}
}
