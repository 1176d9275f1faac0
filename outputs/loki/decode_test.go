package loki

import (
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/encoding/protowire"
)

// line is one entry of a push as a server reads it.
type line struct {
	nanos    int64
	text     string
	metadata [][2]string // name and value, in the order of the push
}

// key tells entries apart as Loki does: time, line and metadata.
func (l line) key() string { return fmt.Sprint(l.nanos, l.text, l.metadata) }

// pushed is one stream of a push.
type pushed struct {
	labels string
	lines  []line
}

// unpack reads the body of a push.
func unpack(body []byte) ([]pushed, error) {
	b, err := s2.Decode(nil, body)
	if err != nil {
		return nil, err
	}
	return decode(b)
}

// decode reads a PushRequest.
func decode(b []byte) (streams []pushed, err error) {
	err = fields(b, func(number protowire.Number, value []byte, _ uint64) error {
		var p pushed
		err := fields(value, func(number protowire.Number, value []byte, _ uint64) error {
			switch number {
			case 1:
				p.labels = string(value)
			case 2:
				l, err := decodeLine(value)
				p.lines = append(p.lines, l)
				return err
			}
			return nil
		})
		streams = append(streams, p)
		return err
	})
	return streams, err
}

func decodeLine(b []byte) (l line, err error) {
	err = fields(b, func(number protowire.Number, value []byte, _ uint64) error {
		switch number {
		case 1:
			return fields(value, func(number protowire.Number, _ []byte, n uint64) error {
				switch number {
				case 1:
					l.nanos += int64(n) * 1e9
				case 2:
					l.nanos += int64(n)
				}
				return nil
			})
		case 2:
			l.text = string(value)
		case 3:
			var member [2]string
			err := fields(value, func(number protowire.Number, value []byte, _ uint64) error {
				member[number-1] = string(value)
				return nil
			})
			l.metadata = append(l.metadata, member)
			return err
		}
		return nil
	})
	return l, err
}

// fields calls visit for each field of a message, with its bytes or its number.
func fields(b []byte, visit func(protowire.Number, []byte, uint64) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var value []byte
		var whole uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			whole, n = protowire.ConsumeVarint(b)
		default:
			return fmt.Errorf("field %d has the type %d", number, kind)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := visit(number, value, whole); err != nil {
			return err
		}
	}
	return nil
}

// labelPairs are the name="value" of a stream's labels, which must be sorted.
func labelPairs(labels string) ([]string, error) {
	if !strings.HasPrefix(labels, "{") || !strings.HasSuffix(labels, "}") {
		return nil, fmt.Errorf("labels %q", labels)
	}
	inside := labels[1 : len(labels)-1]
	if inside == "" {
		return nil, nil
	}
	pairs := strings.Split(inside, ", ")
	if !slices.IsSorted(pairs) {
		return nil, fmt.Errorf("labels %q are not sorted", labels)
	}
	return pairs, nil
}
