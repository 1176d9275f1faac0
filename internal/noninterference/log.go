package noninterference

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"

	"jupyter-events-agent/filters"
)

// log keeps every line that the agent logs, without what is timing.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a line, of whichever goroutine.
func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// logger writes text lines. Left out: when, how long, and the counts of what was
// read, which are about the input.
func (l *log) logger() *slog.Logger {
	return slog.New(aboutOutputs{slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Value.Kind() == slog.KindDuration {
			return slog.Attr{}
		}
		if t, ok := a.Value.Any().(time.Time); ok && !t.IsZero() {
			return slog.Attr{}
		}
		return a
	}})})
}

// aboutOutputs leaves out the line on the window of checked chunks.
type aboutOutputs struct{ slog.Handler }

// Handle writes all lines but that one.
func (h aboutOutputs) Handle(ctx context.Context, r slog.Record) error {
	if r.Level == slog.LevelDebug && bytes.Contains([]byte(r.Message), []byte("window of checked chunks")) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs leaves out the line as h does.
func (h aboutOutputs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return aboutOutputs{h.Handler.WithAttrs(attrs)}
}

// WithGroup leaves out the line as h does.
func (h aboutOutputs) WithGroup(name string) slog.Handler {
	return aboutOutputs{h.Handler.WithGroup(name)}
}

// aside keeps rejected records in memory.
type aside struct{ kept []entry }

// Put keeps a record with its class.
func (k *aside) Put(r *filters.Record, class string) error {
	k.kept = append(k.kept, entry{"a rejected record that is kept", r.AppendWhole([]byte(class + " "))})
	return nil
}

// Sync has no state.
func (k *aside) Sync() ([]byte, error) { return nil, nil }

// Folder is for log lines, of which none may tell two runs apart.
func (k *aside) Folder() string { return "memory" }
