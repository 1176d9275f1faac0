package kafka

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// keyedBy are records whose key is the value of who, which some leave empty.
func keyedBy(t *testing.T, c *Config, who ...string) *outputtest.Batch {
	m := outputtest.NewMaker(t, filters.Policy{
		Output: "test", Categories: []string{"unrestricted"}, Metadata: []string{"id"}, Apart: true, Templates: c.Templates(),
	}, `{"$id": "https://test.example/e", "version": "1", "type": "object", "properties": {"who": {"type": "string", "categories": ["unrestricted"]}}}`)
	b := &outputtest.Batch{}
	for i, name := range who {
		line := fmt.Sprintf(`{"__schema__": "https://test.example/e", "__schema_version__": "1", "__timestamp__": "2026-11-22T10:00:%02dZ", "who": %q}`, i, name)
		b.Records = append(b.Records, m.Make(new(filters.Arena), line)...)
		b.Bodies = append(b.Bodies, string(b.Records[i].JSON()))
	}
	return b
}

// wantNoKey holds that records 1 and 4 are rejected for the want of a key.
func wantNoKey(t *testing.T, err error, b *outputtest.Batch) {
	t.Helper()
	var partial *outputs.PartialError
	want := []outputs.Rejection{{Index: 1, Class: "no_key"}, {Index: 4, Class: "no_key"}}
	if !strings.Contains(fmt.Sprint(err), `(2 no_key) by topic "`) || !strings.Contains(fmt.Sprint(err), "Kafka's error 87") {
		t.Errorf("%v; want it said who rejects", err)
	}
	if !errors.As(err, &partial) || len(partial.Retry) > 0 || !slices.Equal(partial.Rejected, want) {
		t.Fatalf("%v; want %v", err, want)
	}
	b.Bodies = slices.Delete(slices.Delete(b.Bodies, 4, 5), 1, 2)
}

// TestOneWithoutAKey: where a key is configured, a record for which it comes out
// empty does not hold up the others on a topic that takes none without.
func TestOneWithoutAKey(t *testing.T) {
	for _, names := range []bool{true, false} { // brokers before 2.4 name none
		r := newRig(t, 1, 1, nil)
		r.config.Key = "{who}"
		r.open()
		r.do(func() {
			r.answer = func(b *standBatch) verdict {
				v := verdict{}
				for i := range b.records {
					if b.records[i].key == nil {
						v.code = kafka.InvalidRecord
						if names {
							v.bad = append(v.bad, int32(i))
						}
					}
				}
				return v
			}
		})
		b := keyedBy(t, &r.config, "ann", "", "bob", "cem", "", "dan")
		wantNoKey(t, r.write(b.Records), b)
		r.once(b)
	}
}
