package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
)

// arrivals is the file of one output, read as it grows.
type arrivals struct {
	name, path string
	offset     int64
	due        int64 // records that it is to receive
	records    int   // that were read here
}

// next is the next whole line of the file, nil where there is none.
func (w *arrivals) next() ([]byte, error) {
	f, err := os.Open(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, w.offset, 1<<20))
	if err != nil {
		return nil, err
	}
	line, _, whole := bytes.Cut(text, []byte("\n"))
	if !whole {
		return nil, nil
	}
	w.offset += int64(len(line)) + 1
	w.records++
	return line, nil
}
