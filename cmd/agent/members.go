package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// member is one value of a record and the way to it: user.name, cells.0.type.
type member struct{ path, value string }

// members are a record's own values in its order, without the envelope and
// what the agent added.
func members(record []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(record))
	dec.UseNumber()
	var all []member
	var value func(path string) error
	value = func(path string) error {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		open, nested := t.(json.Delim)
		if !nested {
			all = append(all, member{path, scalar(t)})
			return nil
		}
		n := 0
		for ; dec.More(); n++ {
			name := strconv.Itoa(n)
			if open == '{' {
				key, err := dec.Token()
				if err != nil {
					return err
				}
				name, _ = key.(string)
			}
			if err := value(strings.TrimPrefix(path+"."+name, ".")); err != nil {
				return err
			}
		}
		if n == 0 {
			all = append(all, member{path, map[json.Delim]string{'{': "{}", '[': "[]"}[open]})
		}
		_, err = dec.Token()
		return err
	}
	if err := value(""); err != nil {
		return nil, err
	}
	kept := all[:0]
	for _, m := range all {
		if !strings.HasPrefix(m.path, "__") {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

func scalar(t json.Token) string {
	switch t := t.(type) {
	case string:
		if t == "" {
			return `""`
		}
		return t
	case json.Number:
		return t.String()
	case bool:
		return strconv.FormatBool(t)
	}
	return "null"
}
