package noninterference

import (
	"fmt"
	"slices"
	"time"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/schema"
)

// bucket is what the policy rounds times down to, in microseconds.
func bucket(word string) int64 {
	return map[string]int64{"minute": 60e6, "hour": 3600e6, "day": 86400e6}[word]
}

// within is a time that the output may not tell from t.
func (w writer) within(t, bucket int64) int64 {
	if bucket == 0 {
		return t
	}
	return t - t%bucket + w.Int64N(bucket)
}

// stamp writes a time, in microseconds since 1970, as one of Jupyter's
// libraries might.
func (w writer) stamp(micros int64) string {
	at, zone := time.UnixMicro(micros).UTC(), "Z"
	switch w.IntN(6) {
	case 0:
		at, zone = at.In(time.FixedZone("", 7200)), "+02:00"
	case 1:
		zone = "+00:00Z"
	case 2:
		zone = ""
	case 3:
		at, zone = at.In(time.FixedZone("", -12600)), "-03:30"
	}
	layout := pick(w.Rand, "2006-01-02T15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04:05")
	switch n := at.Nanosecond() / 1000; {
	case n == 0 && w.one(2):
		return at.Format(layout) + zone
	case w.one(5): // what is below a microsecond is cut off
		return at.Format(layout) + fmt.Sprintf(".%06d%03d", n, w.IntN(1000)) + zone
	default:
		return at.Format(layout) + fmt.Sprintf(".%06d", n) + zone
	}
}

// enveloped is a line: the event's own members with an envelope anywhere
// between them. full: the output may see all that is not reserved.
func (w writer) enveloped(n *node, rules *schema.Rules, s *schema.Schema, micros int64, id string) *node {
	out := *n
	out.kids = slices.DeleteFunc(slices.Clone(n.kids), func(k *node) bool { return k.off })
	taken := map[string]bool{}
	for _, k := range out.kids {
		taken[k.name] = true
	}
	add := func(name string, value []byte) {
		if !taken[name] {
			taken[name] = true
			out.kids = slices.Insert(out.kids, w.IntN(len(out.kids)+1), &node{key: w.text(nil, name), name: name, kind: jsonscan.Null, text: value})
		}
	}
	version := w.text(nil, s.Version())
	if v := s.Version(); len(v) < 9 && v != "" && v[0] != '0' && !slices.ContainsFunc([]byte(v), func(c byte) bool { return c < '0' || c > '9' }) && w.one(2) {
		version = []byte(v)
	}
	stamp := []byte(`"` + w.stamp(micros) + `"`)
	switch rules.Envelope {
	case schema.None:
		return &out
	case schema.BinderHub:
		add("schema", w.text(nil, s.ID()))
		add("version", version)
		add("timestamp", stamp)
		return &out
	}
	add("__schema__", w.text(nil, s.ID()))
	add("__schema_version__", version)
	add("__timestamp__", stamp)
	if rules.Envelope == schema.Agent {
		add("__event_id__", []byte(`"`+id+`"`))
	}
	if w.one(2) {
		add("__metadata_version__", w.anyValue(nil, 1))
	}
	if w.one(6) {
		add("__"+w.anyName()+"x__", w.anyValue(nil, 2))
	}
	return &out
}
