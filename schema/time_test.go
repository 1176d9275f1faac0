package schema

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestParseStamp(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"2026-11-22T14:20:46.357294+00:00Z", "2026-11-22T14:20:46.357294Z"}, // jupyter_events 0.12
		{"2026-11-22T14:20:46+00:00Z", "2026-11-22T14:20:46.000000Z"},        // whole second
		{"2024-02-29T10:00:00+02:00Z", "2024-02-29T08:00:00.000000Z"},        // POST /api/events
		{"2026-11-22T14:29:47.293628Z", "2026-11-22T14:29:47.293628Z"},       // jupyter_events 0.6
		{"2026-11-22T14:29:47.293628", "2026-11-22T14:29:47.293628Z"},
		{"2026-11-22 14:29:47,293", "2026-11-22T14:29:47.293000Z"},
		{"2026-11-22t14:29:47z", "2026-11-22T14:29:47.000000Z"},
		{"2026-01-01T00:30:00.5+01:00", "2025-12-31T23:30:00.500000Z"},
		{"2026-01-01T00:30:00-0130", "2026-01-01T02:00:00.000000Z"},
		{"2026-01-01T00:30:00-05", "2026-01-01T05:30:00.000000Z"},
		{"2026-01-01T00:00:00+05:53:28", "2025-12-31T18:06:32.000000Z"}, // Python's local mean times
		{"2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456Z"},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"}, // a leap second
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
		{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
		{"yesterday", ""},
		{"", ""},
		{"2026-11-22", ""},
		{"2026-11-22T14:20", ""},
		{"2026-13-01T00:00:00Z", ""},
		{"2026-00-01T00:00:00Z", ""},
		{"2026-02-29T00:00:00Z", ""},
		{"1900-02-29T00:00:00Z", ""},
		{"2026-04-31T00:00:00Z", ""},
		{"2026-01-00T00:00:00Z", ""},
		{"2026-01-01T24:00:00Z", ""},
		{"2026-01-01T00:60:00Z", ""},
		{"2026-01-01T00:00:61Z", ""},
		{"2026-01-01T00:00:00.Z", ""},
		{"2026-01-01T00:00:00.1234567890Z", ""},
		{"2026-01-01T00:00:00ZZ", ""},
		{"2026-01-01T00:00:00+Z", ""},
		{"2026-01-01T00:00:00+1Z", ""},
		{"2026-01-01T00:00:00+24:00", ""},
		{"2026-01-01T00:00:00+01:60", ""},
		{"2026-01-01T00:00:00+01:00:00:00", ""},
		{"2026-01-01T00:00:00 UTC", ""},
		{"0000-01-01T00:00:00Z", ""},
		{"0001-01-01T00:00:00+01:00", ""},
		{"9999-12-31T23:59:59-01:00", ""},
		{"2026-1-01T00:00:000Z", ""},
		{"2026-01-01T00:00:0\x00Z", ""},
		{"-026-01-01T00:00:00Z", ""},
	} {
		var stamp [StampLen]byte
		micros, ok := parseStamp([]byte(c.in), &stamp)
		if got := string(stamp[:]); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%q: %v %q, want %q", c.in, ok, got, c.want)
		}
		if ok && timeOf(micros).Format("2006-01-02T15:04:05.000000Z") != c.want {
			t.Errorf("%q: %d microseconds are %v", c.in, micros, timeOf(micros))
		}
	}
}

// Every moment comes back the same, whatever zone it is written in.
func TestParseStampAgreesWithTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const day = secondsPerDay * microsPerSecond
	for range 20000 {
		at := timeOf(minMicros + day + r.Int64N(maxMicros-minMicros-2*day))
		zone := time.FixedZone("", 60*(r.IntN(2*23*60)-23*60))
		text := at.In(zone).Format("2006-01-02T15:04:05.999999-07:00") + []string{"", "Z"}[r.IntN(2)]
		var stamp [StampLen]byte
		micros, ok := parseStamp([]byte(text), &stamp)
		if !ok || micros != at.UnixMicro() || string(stamp[:]) != at.Format("2006-01-02T15:04:05.000000Z") {
			t.Fatalf("%s: %v %d %s, want %s", text, ok, micros, stamp, at)
		}
	}
}

// What was read before changes nothing.
func FuzzMinute(f *testing.F) {
	for _, second := range []string{"2026-11-22T14:20:59.357294Z", "2026-11-22T14:20:60.357294Z", "2026-11-22 14:20:00.35729xZ", "2026-11-22T14:20:5-.357294Z", "1926-11-22T14:20:59.357294+00:00"} {
		f.Add("2026-11-22T14:20:46.357294+00:00Z", second)
		f.Add(second, second)
		f.Add("2026-11-22t14:20:46.357294+00:00:30", second)
	}
	f.Fuzz(func(t *testing.T, first, then string) {
		var m minute
		for _, text := range []string{first, then} {
			var got, want [StampLen]byte
			gotMicros, gotOK := m.parse([]byte(text), &got)
			wantMicros, wantOK := parseStamp([]byte(text), &want)
			if gotOK != wantOK || wantOK && (gotMicros != wantMicros || got != want) {
				t.Fatalf("%q after %q: %v %d %s, want %v %d %s", text, first, gotOK, gotMicros, got, wantOK, wantMicros, want)
			}
		}
	})
}

// TestMinute: a minute that was read before says nothing of another day, and
// none that was read is no minute.
func TestMinute(t *testing.T) {
	for _, texts := range [][]string{
		{strings.Repeat("\x00", 17) + "05.000000Z"},
		{"2026-01-02T10:00:00.000000+23:59:59", "2026-01-02T10:00:05.000000Z"},
		{"2026-01-02T10:00:59.000000-23:59:01", "2026-01-02T10:00:05.000000Z"},
		{"2026-01-02T10:00:45.000000+00:00:30", "2026-01-02T10:00:05.000000Z"},
		{"2026-01-02T10:00:60.000000Z", "2026-01-02T10:00:05.000000Z", "2026-01-02T10:00:60.000000Z"},
		{"2026-01-02 10:00:06.000000Z", "2026-01-02 10:00:05.000000Z", "2026-01-02 10:00:0x.000000Z"},
	} {
		var m minute
		for _, text := range texts {
			var got, want [StampLen]byte
			micros, ok := m.parse([]byte(text), &got)
			wantMicros, wantOK := parseStamp([]byte(text), &want)
			if ok != wantOK || ok && (micros != wantMicros || got != want) {
				t.Errorf("%q in %q: %v %d %s, want %v %d %s", text, texts, ok, micros, got, wantOK, wantMicros, want)
			}
		}
	}
}

func FuzzParseStamp(f *testing.F) {
	f.Add("2026-11-22T14:20:46.357294+00:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		var stamp, again [StampLen]byte
		micros, ok := parseStamp([]byte(text), &stamp)
		if !ok {
			return
		}
		if _, err := time.Parse(time.RFC3339Nano, string(stamp[:])); err != nil {
			t.Fatalf("%q became %q", text, stamp)
		}
		if m, ok := parseStamp(stamp[:], &again); !ok || m != micros || again != stamp {
			t.Fatalf("%q: %s and again %s", text, stamp, again)
		}
	})
}

func BenchmarkParseStamp(b *testing.B) {
	var stamp [StampLen]byte
	for _, text := range []string{"2026-11-22T14:20:46.357294+00:00Z", "2026-11-22T14:20:46.357294+02:00Z"} {
		b.Run(text[26:], func(b *testing.B) {
			in := []byte(text)
			for b.Loop() {
				parseStamp(in, &stamp)
			}
		})
		b.Run(text[26:]+" in the same minute", func(b *testing.B) {
			in, m := []byte(text), minute{}
			for b.Loop() {
				m.parse(in, &stamp)
			}
		})
	}
}
