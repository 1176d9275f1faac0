package main

import (
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"

	"jupyter-events-agent/internal/config"
)

// newLog is the agent's own log: text for a person at a terminal, JSON for a
// machine, unless the configuration says which.
func newLog(to io.Writer, terminal bool, c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration allows no other words
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "text" || c.Format == "auto" && terminal {
		return slog.New(slog.NewTextHandler(to, options))
	}
	options.ReplaceAttr = func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration { // else a count of nanoseconds
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		return a
	}
	return slog.New(slog.NewJSONHandler(to, options))
}

// isTerminal reports whether a person looks at what is written there.
func isTerminal(to any) bool {
	file, ok := to.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// width is how many columns a terminal has; 80 where it does not say.
func width(to any) int {
	if file, ok := to.(*os.File); ok {
		if w, _, err := term.GetSize(int(file.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// height is how many lines a terminal has; 24 where it does not say.
func height(to any) int {
	if file, ok := to.(*os.File); ok {
		if _, h, err := term.GetSize(int(file.Fd())); err == nil && h > 1 {
			return h
		}
	}
	return 24
}

// visible writes control and other unprintable characters out, line ends
// excepted: what a file or an event holds must not steer a terminal.
func visible(s string) string {
	if strings.IndexFunc(s, steers) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func steers(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
