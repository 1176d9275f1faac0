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
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the JSON value")
	}
	return v, nil
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
				return nil, fmt.Errorf("the member %q stands twice in one object, at byte %d", name, d.InputOffset())
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
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("not JSON at byte %d: %w", d.InputOffset(), err)
	}
	return t, nil
}
