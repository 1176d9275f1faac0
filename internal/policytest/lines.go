package policytest

import (
	"strings"

	"github.com/BurntSushi/toml"
)

// places knows on which line of a TOML file each test and each of its keys
// stands, which the TOML library does not say. It finds what is written in the
// usual way, [[test]] and [test.outputs.NAME], and does not know the rest.
type places struct {
	tests []int       // line of each [[test]]
	keys  []lineOfKey // in the order of lines
}

// lineOfKey is a line that begins a table or has a key.
type lineOfKey struct {
	line int
	test int // the number of [[test]] before it, from 1
	path string
}

const between = "\x00" // of the names of a path

func findPlaces(text string) *places {
	p := &places{}
	var table []string
	open := "" // the quotes of a text over several lines
	for i, line := range strings.Split(text, "\n") {
		if open != "" {
			if _, after, closed := strings.Cut(line, open); closed {
				open = begins(after)
			}
			continue
		}
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[["):
			header, _, _ := strings.Cut(line[2:], "]]")
			if table = dotted(header); len(table) == 1 && table[0] == "test" {
				p.tests = append(p.tests, i+1)
			}
		case strings.HasPrefix(line, "["):
			header, _, _ := strings.Cut(line[1:], "]")
			table = dotted(header)
			p.note(i+1, table, nil)
		case line != "" && line[0] != '#':
			key, value, found := strings.Cut(line, "=")
			if !found {
				continue
			}
			p.note(i+1, table, dotted(key))
			open = begins(value)
		}
	}
	return p
}

// begins is the quotes of a text that begins in the rest of a line and goes on
// in the next one.
func begins(rest string) string {
	for rest != "" {
		i := strings.IndexAny(rest, `"'#`)
		if i < 0 || rest[i] == '#' {
			return ""
		}
		quotes := rest[i : i+1]
		if strings.HasPrefix(rest[i:], strings.Repeat(quotes, 3)) {
			quotes = strings.Repeat(quotes, 3)
		}
		_, after, closed := strings.Cut(rest[i+len(quotes):], quotes)
		switch {
		case !closed && len(quotes) == 3:
			return quotes
		case !closed:
			return ""
		}
		rest = after
	}
	return ""
}

func (p *places) note(line int, table, key []string) {
	if len(p.tests) == 0 || len(table) == 0 || table[0] != "test" {
		return
	}
	path := append(append([]string{}, table[1:]...), key...)
	p.keys = append(p.keys, lineOfKey{line, len(p.tests), strings.Join(path, between)})
}

// dotted are the names of a key such as test.outputs."my output"; none where it
// is no key.
func dotted(key string) (names []string) {
	var doc map[string]any
	if _, err := toml.Decode(key+" = 0", &doc); err != nil {
		return nil
	}
	for table := doc; table != nil; {
		next := table
		table = nil
		for name, value := range next {
			names = append(names, name)
			table, _ = value.(map[string]any)
		}
	}
	return names
}

// of is the line of a key of the test with that number, from 0: of the longest
// part of its path that stands on a line of its own. 0 where it is not known.
func (p *places) of(test int, path ...string) int {
	if test >= len(p.tests) {
		return 0
	}
	for n := len(path); n > 0; n-- {
		want := strings.Join(path[:n], between)
		for _, k := range p.keys {
			if k.test == test+1 && k.path == want {
				return k.line
			}
		}
	}
	return p.tests[test]
}
