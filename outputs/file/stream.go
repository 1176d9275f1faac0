package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// stream is standard output: at least once, as nobody can say what the reader
// at its other end has taken.
type stream struct {
	to  *outputs.Stdout // nil: closed
	buf []byte          // one batch, kept for use again
}

var errClosed = errors.New("standard output is closed")

// Write writes the batch. Where only a part of it goes out, as into a pipe whose
// reader stands still until ctx is done, what has not begun to go out is to be tried
// again, and the record that was cut goes on where it was cut. A reader that
// has gone away is an error like any other: the records stay unsent rather
// than lost, and the next start sends them. (Go ends a process that writes to
// a broken pipe as its standard output, as is the custom, before that.)
func (s *stream) Write(ctx context.Context, batch []filters.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(batch) == 0 {
		return nil
	}
	if s.to == nil || s.to.To == nil {
		return errClosed
	}
	s.buf = append(s.buf[:0], '\n') // in case the cut line must be ended first
	for i := range batch {
		s.buf = append(append(s.buf, batch[i].JSON()...), '\n')
	}
	from := 1
	if len(s.to.Cut) > 0 {
		from = 0
		if bytes.HasPrefix(s.buf[1:], s.to.Cut) {
			from = 1 + s.to.Went
		}
	}
	n, err := write(ctx, s.to.To, s.buf[from:])
	end := from + n
	if end == len(s.buf) {
		s.to.Cut = s.to.Cut[:0]
		return nil
	}
	if err == nil {
		err = io.ErrShortWrite
	}
	err = fmt.Errorf("write to standard output: %w: see the program that reads it", err)
	if n == 0 {
		return err
	}
	if first := s.remember(max(1, end)); first > 0 {
		again := &outputs.PartialError{Err: err}
		for i := first; i < len(batch); i++ {
			again.Retry = append(again.Retry, i)
		}
		return again
	}
	return err
}

// remember keeps the line that was cut where the first end bytes of the buffer
// went out, and returns the index of its record.
func (s *stream) remember(end int) (first int) {
	went := s.buf[1:end]
	first = bytes.Count(went, []byte{'\n'})
	begin := 1 + bytes.LastIndexByte(went, '\n') + 1
	length := bytes.IndexByte(s.buf[begin:], '\n') + 1
	s.to.Went = end - begin
	s.to.Cut = s.to.Cut[:0]
	if s.to.Went > 0 {
		s.to.Cut = append(s.to.Cut, s.buf[begin:begin+length]...)
	}
	return first
}

// Close leaves standard output open: it belongs to the process.
func (s *stream) Close() error {
	s.to = nil
	return nil
}
