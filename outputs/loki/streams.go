package loki

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"jupyter-events-agent/filters"
)

// most streams, and most metadata, that are remembered from one Write to the
// next: labels have few values, so a hundred is much.
const maxRemembered = 4096

// stream is one label set of one tenant.
type stream struct {
	tenant string
	labels []byte // field 1 of a StreamAdapter: {job="jupyter"}
	class  string // why Loki takes no record of it; "" where it does

	// Of the push in the making:
	push       int // its number
	size       int // of the entries, as fields
	head, tail int // in the push's entries
}

// streams finds the stream of a record by the values of its templates.
type streams struct {
	names      []string // of the labels
	hasTenant  bool
	first      int   // template of the first label
	varying    []int // templates that are not the same text for all
	known      map[string]*stream
	key        []byte // the values of the record before, each after its length
	last       *stream
	scratch    []byte
	beside     map[*filters.Member][]byte // structured metadata, encoded
	lastMember *filters.Member
	lastBeside []byte
}

func newStreams(c *Config) streams {
	s := streams{names: c.labelNames(), known: map[string]*stream{}, beside: map[*filters.Member][]byte{}}
	if c.Tenant != "" {
		s.hasTenant, s.first = true, 1
	}
	for i, t := range c.Templates() {
		if slices.ContainsFunc(t.Pieces(), func(p filters.Piece) bool { return p.Place != "" }) {
			s.varying = append(s.varying, i)
		}
	}
	return s
}

// forget keeps the memory bounded; not while a push is in the making.
func (s *streams) forget() {
	if len(s.known) > maxRemembered {
		clear(s.known)
		s.last = nil
	}
	if len(s.beside) > maxRemembered {
		clear(s.beside)
		s.lastMember = nil
	}
}

// of is the stream of a record.
func (s *streams) of(r *filters.Record) *stream {
	key := s.scratch[:0]
	for _, i := range s.varying {
		value, ok := r.Field(i)
		if !ok {
			value = nil // as empty: Loki has no empty labels
		}
		key = binary.LittleEndian.AppendUint32(key, uint32(len(value)))
		key = append(key, value...)
	}
	if s.last != nil && string(key) == string(s.key) {
		s.scratch = key
		return s.last
	}
	s.scratch, s.key = s.key, key
	found, ok := s.known[string(key)]
	if !ok {
		found = s.fresh(r)
		s.known[string(key)] = found
	}
	s.last = found
	return found
}

// fresh makes the stream of a record.
func (s *streams) fresh(r *filters.Record) *stream {
	made := &stream{}
	if s.hasTenant {
		value, _ := r.Field(0)
		tenant := appendTenant(nil, value)
		made.tenant = string(tenant)
		if !isTenant(tenant) {
			made.class = classTenant
		}
	}
	pairs := s.pairs(r)
	if len(pairs) == 0 {
		made.class = classNoLabels
	}
	made.labels = appendField(nil, fieldStreamLabels, []byte("{"+strings.Join(pairs, ", ")+"}"))
	return made
}

// pairs are the labels of a record, as Loki writes them: job="jupyter".
func (s *streams) pairs(r *filters.Record) (all []string) {
	for i, name := range s.names {
		if value, _ := r.Field(s.first + i); len(value) > 0 {
			all = append(all, name+"="+strconv.Quote(string(cutText(value, maxLabelValue))))
		}
	}
	return all
}

// cutText is the text without what is beyond so many bytes, whole characters only.
func cutText(text []byte, most int) []byte {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// metadata is the constant structured metadata of a record, encoded.
func (s *streams) metadata(r *filters.Record) []byte {
	members := r.Beside()
	if len(members) == 0 {
		return nil
	}
	if &members[0] == s.lastMember { // records of one input and schema share theirs
		return s.lastBeside
	}
	encoded, ok := s.beside[&members[0]]
	if !ok {
		for _, m := range members {
			encoded = appendMember(encoded, m.Name, m.Value)
		}
		encoded = slices.Clip(encoded)
		s.beside[&members[0]] = encoded
	}
	s.lastMember, s.lastBeside = &members[0], encoded
	return encoded
}
