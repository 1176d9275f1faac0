package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Bounds of a schema file. Depth and values count what anchors and merge
// keys stand for, so a small YAML file cannot become a large document.
const (
	maxFile   = 16 << 20
	maxDepth  = 200
	maxValues = 500_000
)

// decodeJSON reads one JSON value: objects as map[string]any, numbers as
// json.Number. A member name twice in one object is refused, since readers
// differ in which of the two counts.
func decodeJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err == nil {
		if _, after := d.Token(); !errors.Is(after, io.EOF) {
			err = errors.New("there is something after the JSON value: take it out")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place(text, d), err)
	}
	return v, nil
}

// place is the line and column that d has come to, counted in bytes from 1.
func place(text []byte, d *json.Decoder) string {
	before := text[:d.InputOffset()]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	t, err := next(d)
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		object := map[string]any{}
		for d.More() {
			key, err := next(d)
			if err != nil {
				return nil, err
			}
			name := key.(string) // the decoder gives nothing else here
			if _, twice := object[name]; twice {
				return nil, fmt.Errorf("the member %q stands twice in one object: take one out", name)
			}
			if object[name], err = decodeValue(d, depth+1); err != nil {
				return nil, err
			}
		}
		_, err = next(d)
		return object, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			item, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = next(d)
		return list, err
	}
	return t, nil
}

func next(d *json.Decoder) (json.Token, error) {
	t, err := d.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("not JSON: the file ends in the middle: close every text, [ and {")
	case err != nil:
		return nil, fmt.Errorf("not JSON: %w: see whether a comma, a colon or a quote is missing or too much", err)
	}
	return t, nil
}
