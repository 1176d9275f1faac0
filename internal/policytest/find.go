package policytest

import (
	"encoding/json"
	"strings"
)

// plain is a text or a number as it is looked for.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	}
	return said(v)
}

// holds says where in a value something is, as a text or a part of one, as the
// name of a member, or as a number.
func holds(value, what any) (where string, held bool) {
	text := plain(what)
	walk(value, "", func(at string, v any, _ bool) {
		if held {
			return
		}
		switch v := v.(type) {
		case string:
			held = strings.Contains(v, text)
		case json.Number:
			held = equal(v, what) || string(v) == text
		}
		where = at
	})
	if !held {
		return "", false
	}
	return where, true
}
