package filters_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// TestTimeIsRounded: what outputs make of the time, which is Micros and Time, is
// what the record itself says, and events of one period are the same to them.
func TestTimeIsRounded(t *testing.T) {
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "type": "object"}`)
	l := newLines(t, known, schema.Rules{})
	for word, length := range map[string]time.Duration{"": time.Microsecond, "exact": time.Microsecond, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour} {
		f := compile(t, filters.Policy{Time: word, Metadata: []string{}}, known)
		for _, text := range []string{"0001-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2024-02-29T12:34:56.789012Z", "9999-12-31T23:59:59.999999Z"} {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				t.Fatal(err)
			}
			e, fault := l.event(fmt.Sprintf(`{"__schema__":"https://x.test/e","__schema_version__":"1","__timestamp__":%q}`, text))
			if fault != nil {
				t.Fatal(fault)
			}
			var a filters.Arena
			r, _ := f.Apply(e, &a)
			want := at.Truncate(length) // since the year 1, of which days, hours and minutes are whole
			if !r.Time().Equal(want) || r.Micros() != want.UnixMicro() || !bytes.Contains(r.JSON(), []byte(want.Format(`"2006-01-02T15:04:05.000000Z"`))) {
				t.Errorf("%s of %s: %v, %d, %s", word, text, r.Time(), r.Micros(), r.JSON())
			}
		}
	}
}
