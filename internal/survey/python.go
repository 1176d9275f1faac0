package survey

import (
	"regexp"
	"strings"
)

// Config is a configuration in Python of Jupyter Server or JupyterHub.
type Config struct {
	File string
	Hub  bool
	Home bool // it is a person's own
	Line int  // where it sets the handlers of events; 0 where it does not
	// Logs are the files that its handlers write, as they stand there; Computed
	// says that there are some whose names stand nowhere in it.
	Logs     []string
	Computed bool
}

// EventLogger is jupyter_events', EventLog jupyter_telemetry's.
var (
	setsHandlers = regexp.MustCompile(`\bEventLog(?:ger)?\.handlers\s*(?:\+?=|\.(?:append|extend)\b)`)
	fileHandler  = regexp.MustCompile(`\w*FileHandler\s*\(`)
	literal      = regexp.MustCompile(`^\s*(?:(?:filename|baseFilename)\s*=\s*)?((?:(?:os\.path\.)?expanduser|(?:pathlib\.)?Path|str)\s*\(\s*)*([A-Za-z]{0,2})(?:"([^"\n\\]*)"|'([^'\n\\]*)')\s*([),]|$)`)
)

// search reads a configuration as text. Python computes; what stands there in so
// many words is found, and of the rest it is said that it was not.
func search(text string) Config {
	text = withoutComments(text)
	var c Config
	for _, at := range setsHandlers.FindAllStringIndex(text, -1) {
		if c.Line == 0 {
			c.Line = 1 + strings.Count(text[:at[0]], "\n")
		}
		c.take(statement(text[at[1]:]))
	}
	if c.Line > 0 && len(c.Logs) == 0 {
		c.Computed = false
		c.take(text) // as in: handler = FileHandler("…"); c.EventLogger.handlers = [handler]
		c.Computed = c.Computed || len(c.Logs) == 0 && !strings.Contains(text, "StreamHandler")
	}
	return c
}

// take adds the files of the handlers that are made in a piece of text.
func (c *Config) take(text string) {
	for _, at := range fileHandler.FindAllStringIndex(text, -1) {
		m := literal.FindStringSubmatch(text[at[1]:])
		if m == nil || strings.ContainsAny(m[2], "fFbB") || m[3]+m[4] == "" {
			c.Computed = true
			continue
		}
		c.Logs = append(c.Logs, m[3]+m[4])
	}
}

// statement is text to the end of a statement that has begun: to the end of the
// line in which every bracket is closed.
func statement(text string) string {
	open := 0
	for i, r := range text {
		switch r {
		case '(', '[', '{':
			open++
		case ')', ']', '}':
			open--
		case '\n':
			if open <= 0 {
				return text[:i]
			}
		}
	}
	return text
}

// withoutComments blanks comments out; the lines stay.
func withoutComments(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		var quote byte
		end := len(line)
		for i := 0; i < len(line); i++ {
			switch b := line[i]; {
			case quote != 0 && b == '\\':
				i++
			case quote != 0:
				if b == quote {
					quote = 0
				}
			case b == '"' || b == '\'':
				quote = b
			case b == '#':
				end = i
			}
			if end < len(line) {
				break
			}
		}
		out.WriteString(line[:end])
		if end < len(line) && strings.HasSuffix(line, "\n") {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
