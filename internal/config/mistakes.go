package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/internal/docs"
)

// Mistakes is everything that is wrong with a configuration, one line each.
type Mistakes []string

func (m Mistakes) Error() string { return strings.Join(m, "\n") }

// unreadable says why a file could not be read and what to do about it.
func unreadable(file string, err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file + ": there is no such file: \"jupyter-events-agent init\" writes a first configuration, --config FILE names another one"
	case errors.Is(err, fs.ErrPermission):
		return file + ": may not be read by this user: run as root or as the agent's user, or change the file's permissions"
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Sprintf("%s: cannot be read: %v", file, err)
}

// syntax parses TOML. The mistake begins after the file's name.
func syntax(text string) (tables map[string]any, mistake string) {
	_, err := toml.Decode(text, &tables)
	if err == nil {
		return tables, ""
	}
	var bad toml.ParseError
	if !errors.As(err, &bad) {
		return nil, ": is not a TOML file"
	}
	at := fmt.Sprintf(":%d:%d: ", bad.Position.Line, max(bad.Position.Col, 1))
	if other := otherForm(text); other != "" {
		return nil, fmt.Sprintf("%slooks like %s, and the agent reads TOML: see %s, or have \"jupyter-events-agent init\" write one", at, other, docs.Page("config.md"))
	}
	mistake = at + plain(bad.Message)
	if bad.LastKey != "" && printable(bad.LastKey) {
		mistake += fmt.Sprintf(" (the last key before it is %q)", bad.LastKey)
	}
	return nil, mistake
}

// otherForm is what a file that is not TOML was perhaps written as, by its
// first line that is no remark; "" where nothing tells.
func otherForm(text string) string {
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '{':
			return "JSON"
		case yamlLine.MatchString(line):
			return "YAML"
		default:
			return ""
		}
	}
	return ""
}

var yamlLine = regexp.MustCompile(`^(---|- |[A-Za-z_][\w-]*:(\s|$))`)

// plain is a TOML error without what it quotes of the file, which may be
// part of a value. Key names may stay.
func plain(message string) string {
	for _, known := range []struct{ has, say string }{
		{"has already been defined", strings.TrimSuffix(message, ".") + ": write it once, with all that belongs to it"},
		{"Key '", strings.TrimSuffix(message, ".")},
		{"is not a table", "a key is used as a table and is none"},
		{"expected '.' or '='", `"=" is missing: write each line as key = value, or as [table]`},
		{"to end table name", "the name of a table is not closed: write [table] or [[inputs.file]], alone on its line"},
		{"end of table array name", "the name of a table is not closed: write two brackets before it and two behind, [[inputs.file]]"},
		{"array terminator", `a list is not closed, or a comma is missing: write ["a", "b"]`},
		{"inline table terminator", "a table in braces is not closed, or a comma is missing: write { a = 1, b = 2 }"},
		{"key name appears blank", `a key is missing before "="`},
		{"nteger", `not a whole number: a text must be in "quotes"`},
		{"out of range", "a number that is too large"},
		{"float", `not a number: a text must be in "quotes"`},
		{"number", `not a number: a text must be in "quotes"`},
		{"date", `not a date or time: a text must be in "quotes"`},
		{"scape", `not an escape: double \ in "texts", or write them in 'single quotes'`},
		{"UTF-8", "not UTF-8: save the file as UTF-8"},
		{"control char", "a control character: take it out"},
		{"strings cannot contain newlines", `a text is not closed: its quote is missing`},
		{"expected a top-level item to end", `a value must end at the end of the line: a text must be in "quotes"`},
		{"expected value", `a value is missing here, or a text is not in "quotes"`},
		{"unexpected EOF", "the file ends within a text or list: close it"},
	} {
		if strings.Contains(message, known.has) {
			if !printable(known.say) {
				return "not TOML"
			}
			return known.say
		}
	}
	for _, quote := range []string{", but got", " but got", " but found"} {
		message, _, _ = strings.Cut(message, quote)
	}
	if (strings.HasPrefix(message, "expected") || strings.HasPrefix(message, "unexpected")) && printable(message) {
		return message
	}
	return "not TOML"
}

var printableText = regexp.MustCompile(`^[\PC]*$`)

// printable keeps control characters of a file out of terminals.
func printable(s string) bool { return printableText.MatchString(s) }

func where(group, kind, name string) string {
	return group + "." + kind + " " + strconv.Quote(name)
}
