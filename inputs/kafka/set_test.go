package kafka

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go/protocol"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// encoded is a batch as kafka-go writes it, moved to the offset first.
func encoded(t *testing.T, first int64, compression protocol.Attributes, records ...protocol.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	set := protocol.RecordSet{Version: 2, Attributes: compression, Records: protocol.NewRecordReader(records...)}
	if _, err := set.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	batch := b.Bytes()[4:]
	binary.BigEndian.PutUint64(batch, uint64(first))
	return batch
}

// reseal makes the checksum right after a change.
func reseal(batch []byte) []byte {
	binary.BigEndian.PutUint32(batch[17:], crc32.Checksum(batch[21:], castagnoli))
	return batch
}

func values(texts ...string) (records []protocol.Record) {
	for _, text := range texts {
		records = append(records, protocol.Record{Value: protocol.NewBytes([]byte(text))})
	}
	return records
}

// read takes a set's lines from an offset on, block by block.
func read(t *testing.T, s *set, at int64) (lines []inputs.Line, blocks int) {
	t.Helper()
	for at < s.to {
		b := inputs.Block{At: checkpoint.Position{Stream: 1, Offset: at}}
		if err := s.fill(at, &b, 1<<20); err != nil {
			t.Fatal(err)
		}
		if b.End <= at {
			t.Fatalf("no way from %d on", at)
		}
		for _, l := range b.Lines {
			if l.At.Offset < at || l.End > b.End || l.At.Stream != 1 {
				t.Errorf("a line at %d to %d in a block from %d to %d", l.At.Offset, l.End, at, b.End)
			}
		}
		lines = append(lines, b.Lines...)
		at = b.End
		blocks++
	}
	return lines, blocks
}

func text(lines []inputs.Line) string {
	var all []string
	for _, l := range lines {
		all = append(all, fmt.Sprintf("%d %s", l.At.Offset, l.Raw))
	}
	return strings.Join(all, "\n")
}

func TestBatchesOfEveryCompression(t *testing.T) {
	for name, compression := range map[string]protocol.Attributes{"none": 0, "gzip": protocol.Gzip, "snappy": protocol.Snappy, "lz4": protocol.Lz4, "zstd": protocol.Zstd} {
		records := append(encoded(t, 100, compression, values(`{"a":1}`, `{"a":2}`)...), encoded(t, 102, compression, values(`{"a":3}`, ``, `{"a":5}`)...)...)
		s, err := newSet(101, &part{records: records})
		if err != nil {
			t.Fatal(name, err)
		}
		if s.from != 101 || s.to != 105 {
			t.Errorf("%s: from %d to %d", name, s.from, s.to)
		}
		lines, _ := read(t, s, 101)
		if got := text(lines); got != "101 {\"a\":2}\n102 {\"a\":3}\n103 \n104 {\"a\":5}" {
			t.Errorf("%s: %s", name, got)
		}
		// Another reader, somewhere within.
		if lines, _ = read(t, s, 103); text(lines) != "103 \n104 {\"a\":5}" {
			t.Errorf("%s: %s", name, text(lines))
		}
	}
}

func TestBlocksEndWithinABatch(t *testing.T) {
	for _, compression := range []protocol.Attributes{0, protocol.Zstd} {
		var records []protocol.Record
		for i := range 3000 {
			records = append(records, values(fmt.Sprintf(`{"n":%d,"x":%q}`, i, strings.Repeat("x", 400)))...)
		}
		s, err := newSet(0, &part{records: encoded(t, 0, compression, records...)})
		if err != nil {
			t.Fatal(err)
		}
		lines, blocks := read(t, s, 0)
		if len(lines) != 3000 || blocks < 4 || blocks > 8 {
			t.Errorf("%d lines in %d blocks", len(lines), blocks)
		}
		for i, l := range lines {
			if l.At.Offset != int64(i) || !strings.HasPrefix(string(l.Raw), fmt.Sprintf(`{"n":%d,`, i)) {
				t.Fatalf("line %d is %s", i, l.Raw[:20])
			}
		}
		// Two readers in turn, one behind the other.
		for at := int64(0); at < 3000; at += 500 {
			for _, from := range []int64{at, 3000 - at - 1} {
				b := inputs.Block{At: checkpoint.Position{Stream: 1, Offset: from}}
				if err := s.fill(from, &b, 1<<20); err != nil || b.Lines[0].At.Offset != from {
					t.Fatalf("from %d: %v, %d", from, err, b.Lines[0].At.Offset)
				}
			}
		}
	}
}

func TestWhatIsNotThereWhole(t *testing.T) {
	whole := encoded(t, 5, 0, values("a", "b")...)
	next := encoded(t, 7, 0, values("c")...)
	for cut := range len(next) {
		s, err := newSet(5, &part{records: append(bytes.Clone(whole), next[:cut]...)})
		if err != nil || s.to != 7 {
			t.Fatalf("with %d bytes of the next: %v, %+v", cut, err, s)
		}
	}
	for cut := range len(whole) {
		if s, err := newSet(5, &part{records: whole[:cut]}); err != nil || s != nil {
			t.Fatalf("with %d bytes: %v, %+v", cut, err, s)
		}
	}
	if s, err := newSet(9, &part{records: whole}); err != nil || s != nil {
		t.Errorf("what was asked for is behind: %v, %+v", err, s)
	}
}

func TestDamage(t *testing.T) {
	batch := encoded(t, 5, 0, values(`{"a":1}`, `{"a":2}`)...)
	for i := 21; i < len(batch); i++ {
		bad := bytes.Clone(batch)
		bad[i] ^= 1
		if _, err := newSet(5, &part{records: bad}); !errors.Is(err, errDamaged) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	// Before the damage there is something to read.
	bad := append(encoded(t, 3, 0, values("x", "y")...), batch...)
	bad[len(bad)-1] ^= 1
	if s, err := newSet(3, &part{records: bad}); err != nil || s.to != 5 {
		t.Errorf("%v %+v", err, s)
	}
	old := bytes.Clone(batch)
	old[16] = 1
	if _, err := newSet(5, &part{records: old}); !errors.Is(err, errOldFormat) {
		t.Errorf("%v", err)
	}
	// Lengths that are wrong under a checksum that is right: the rest of the batch is one fault.
	for i := batchHead; i < len(batch); i++ {
		bad := bytes.Clone(batch)
		bad[i] = 0xff
		s, err := newSet(5, &part{records: reseal(bad)})
		if err != nil {
			t.Fatal(err)
		}
		if lines, _ := read(t, s, 5); len(lines) == 0 && i < batchHead+8 {
			t.Errorf("byte %d: the batch is passed over without a word", i)
		}
	}
	packed := encoded(t, 5, protocol.Zstd, values(strings.Repeat("x", 1000))...)
	packed[batchHead+6] ^= 0xff
	s, err := newSet(5, &part{records: reseal(packed)})
	if err != nil {
		t.Fatal(err)
	}
	var b inputs.Block
	if err := s.fill(5, &b, 1<<20); !errors.Is(err, errDamaged) {
		t.Errorf("what cannot be unpacked: %v", err)
	}
}

func TestHugeBatchIsCut(t *testing.T) {
	value := `{"x":"` + strings.Repeat("0", 1<<20) + `"}`
	var records []protocol.Record
	for range largestBatch>>20 + 3 {
		records = append(records, values(value)...)
	}
	s, err := newSet(0, &part{records: encoded(t, 0, protocol.Gzip, records...)})
	if err != nil {
		t.Fatal(err)
	}
	at, whole, long := int64(0), 0, 0
	for at < s.to {
		b := inputs.Block{At: checkpoint.Position{Stream: 1, Offset: at}}
		if err := s.fill(at, &b, 2<<20); err != nil {
			t.Fatal(err)
		}
		for _, l := range b.Lines {
			if l.Long != nil {
				long++
			} else {
				whole++
			}
		}
		at = b.End
	}
	if whole != largestBatch>>20-1 || long != 1 || at != int64(len(records)) {
		t.Errorf("%d lines and %d long ones up to %d", whole, long, at)
	}
}

// A cut may fall between two records.
func TestCutBetweenRecords(t *testing.T) {
	s, err := newSet(0, &part{records: encoded(t, 0, 0, values("a", "b", "c")...)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.enter(0, 0); err != nil {
		t.Fatal(err)
	}
	s.rest.rest, s.cut = s.rest.rest[:len(s.rest.rest)/3], true
	b := inputs.Block{At: checkpoint.Position{Stream: 1}}
	if err := s.fill(0, &b, 10); err != nil {
		t.Fatal(err)
	}
	if text(b.Lines) != "0 a\n1 " || b.Lines[1].Long == nil || b.Lines[1].End != 3 || b.End != 3 {
		t.Errorf("%+v up to %d", b.Lines, b.End)
	}
}

// TestOffsetsThatAreWrong: what no broker takes is read forward all the same,
// within the batch's offsets.
func TestOffsetsThatAreWrong(t *testing.T) {
	good := encoded(t, 5, 0, values("a", "b", "c")...) // each record is 8 bytes
	records := func(change func(batch []byte)) *set {
		bad := bytes.Clone(good)
		change(bad)
		s, err := newSet(5, &part{records: reseal(bad)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	delta := func(record int) int { return batchHead + 8*record + 3 }
	for name, c := range map[string]struct {
		change func(batch []byte)
		want   string
	}{
		"as they are":            {func([]byte) {}, "5 a\n6 b\n7 c"},
		"back":                   {func(b []byte) { b[delta(2)] = 0 }, "5 a\n6 b"},
		"beyond the last":        {func(b []byte) { b[delta(1)] = 2 * 9 }, "5 a\n7 c"},
		"damage behind the last": {func(b []byte) { b[delta(1)], b[batchHead+16] = 2*2, 0x7e }, "5 a\n7 b"},
		"damage before the last": {func(b []byte) { b[batchHead+16] = 0x7e }, "5 a\n6 b\n7 "},
	} {
		s := records(c.change)
		for from := int64(5); from < 8; from++ { // readers in turn, each further than the one before
			var want []string
			for _, line := range strings.Split(c.want, "\n") {
				if line >= fmt.Sprint(from) {
					want = append(want, line)
				}
			}
			if lines, _ := read(t, s, from); text(lines) != strings.Join(want, "\n") {
				t.Errorf("%s: from %d on %q, want %q", name, from, text(lines), want)
			}
		}
	}
	end := bytes.Clone(good)
	binary.BigEndian.PutUint64(end, 1<<63-3)
	if _, err := newSet(5, &part{records: end}); !errors.Is(err, errDamaged) {
		t.Errorf("a batch without an offset after it: %v", err)
	}
}

func TestTransactions(t *testing.T) {
	of := func(first int64, attributes uint16, producer int64, records ...protocol.Record) []byte {
		b := encoded(t, first, 0, records...)
		binary.BigEndian.PutUint16(b[21:], binary.BigEndian.Uint16(b[21:])|attributes)
		binary.BigEndian.PutUint64(b[43:], uint64(producer))
		return reseal(b)
	}
	end := func(kind byte) protocol.Record {
		return protocol.Record{Key: protocol.NewBytes([]byte{0, 0, 0, kind}), Value: protocol.NewBytes([]byte{0, 0, 0, 0, 0, 0})}
	}
	const undone, done = 0, 1
	records := bytes.Join([][]byte{
		of(0, 0, -1, values("plain")...),
		of(1, transactional, 7, values("undone")...),
		of(2, transactional, 8, values("done")...),
		of(3, transactional|control, 8, end(done)),
		of(4, 0, -1, values("between")...),
		of(5, transactional, 7, values("undone too")...),
		of(6, transactional|control, 7, end(undone)),
		of(7, transactional, 7, values("again")...),
		of(8, transactional|control, 7, end(done)),
	}, nil)
	s, err := newSet(0, &part{records: records, aborted: []aborted{{7, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	lines, _ := read(t, s, 0)
	if got := text(lines); got != "0 plain\n2 done\n4 between\n7 again" || s.to != 9 {
		t.Errorf("up to %d:\n%s", s.to, got)
	}
}

func TestRecordsBecomeLines(t *testing.T) {
	const id = "00112233445566778899aabbccddeeff"
	h := func(pairs ...string) (headers []protocol.Header) {
		for i := 0; i < len(pairs); i += 2 {
			headers = append(headers, protocol.Header{Key: pairs[i], Value: []byte(pairs[i+1])})
		}
		return headers
	}
	for name, c := range map[string]struct {
		value   string
		headers []protocol.Header
		want    string
	}{
		"nothing beside":      {`{"a":1}`, nil, `{"a":1}`},
		"all that agents add": {`{"a":1}`, h("__event_id__", id, "__schema__", "s", "__schema_version__", "1", "__categories__", `["x"]`, "__redacted__", `[]`, "__policy__", `{"output":"o"}`, "__source__", `{"input":"i"}`), `{"a":1,"__event_id__":"` + id + `","__categories__":["x"],"__redacted__":[],"__policy__":{"output":"o"},"__source__":{"input":"i"}}`},
		"others are left":     {`{"a":1}`, h("traceparent", "00-1", "__path__", `{"username":"ann"}`, "__event_id", id), `{"a":1}`},
		"an empty object":     {"{ }\n", h("__redacted__", `["x"]`), `{ "__redacted__":["x"]}`},
		"spaces behind":       {"{\"a\":1} \r\n", h("__redacted__", `["x"]`), `{"a":1,"__redacted__":["x"]}`},
		"no object":           {`[1]`, h("__redacted__", `["x"]`), `[1]`},
		"an id that is none":  {`{"a":1}`, h("__event_id__", `"`+id+`"`), `{"a":1,"__event_id__":}`},
		"an id in capitals":   {`{"a":1}`, h("__event_id__", strings.ToUpper(id)), `{"a":1,"__event_id__":}`},
		"another member":      {`{"a":1}`, h("__redacted__", `["x"],"b":2`), `{"a":1,"__redacted__":}`},
		"nothing":             {`{"a":1}`, h("__redacted__", ``), `{"a":1,"__redacted__":}`},
	} {
		var b bytes.Buffer
		set := protocol.RecordSet{Version: 2, Records: protocol.NewRecordReader(protocol.Record{Key: protocol.NewBytes([]byte("k")), Value: protocol.NewBytes([]byte(c.value)), Headers: c.headers})}
		if _, err := set.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		s, err := newSet(0, &part{records: b.Bytes()[4:]})
		if err != nil {
			t.Fatal(err)
		}
		if lines, _ := read(t, s, 0); len(lines) != 1 || string(lines[0].Raw) != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, text(lines), c.want)
		}
	}

	tombstone := encoded(t, 0, 0, protocol.Record{Key: protocol.NewBytes([]byte("k")), Headers: h("__redacted__", `["x"]`)})
	s, err := newSet(0, &part{records: tombstone})
	if err != nil {
		t.Fatal(err)
	}
	if lines, _ := read(t, s, 0); len(lines) != 1 || len(lines[0].Raw) != 0 || lines[0].Long != nil {
		t.Errorf("a record without value: %+v", lines)
	}
}

func TestLongRecords(t *testing.T) {
	s, err := newSet(0, &part{records: encoded(t, 0, 0, values(`{"a":12345}`, `{"a":1}`)...)})
	if err != nil {
		t.Fatal(err)
	}
	b := inputs.Block{At: checkpoint.Position{Stream: 1}}
	if err := s.fill(0, &b, 10); err != nil {
		t.Fatal(err)
	}
	long := b.Lines[0].Long
	if long == nil || long.Length != 11 || long.SHA256 != sha256.Sum256([]byte(`{"a":12345}`)) || string(b.Lines[0].Raw) != `{"a":12345` {
		t.Errorf("%+v %s", long, b.Lines[0].Raw)
	}
	if b.Lines[1].Long != nil || string(b.Lines[1].Raw) != `{"a":1}` {
		t.Errorf("%s", text(b.Lines))
	}
}

// FuzzSet: whatever a broker sends, reading goes forward and ends.
func FuzzSet(f *testing.F) {
	f.Add([]byte{}, int64(0), false)
	t := &testing.T{}
	for _, compression := range []protocol.Attributes{0, protocol.Gzip, protocol.Snappy, protocol.Lz4, protocol.Zstd} {
		f.Add(append(encoded(t, 3, compression, values("a", `{"b":1}`)...), encoded(t, 5, compression, values("c")...)...), int64(4), true)
	}
	f.Fuzz(func(t *testing.T, records []byte, from int64, seal bool) {
		if from < 0 || from > 1<<40 {
			return
		}
		if seal && len(records) > batchHead {
			reseal(records)
		}
		s, err := newSet(from, &part{records: records, aborted: []aborted{{1, 2}}})
		if err != nil || s == nil {
			return
		}
		for at, turns := from, 0; at < s.to; turns++ {
			b := inputs.Block{At: checkpoint.Position{Stream: 1, Offset: at}}
			if s.fill(at, &b, 100) != nil {
				return
			}
			if b.End <= at || b.End > s.to {
				t.Fatalf("from %d to %d of %d", at, b.End, s.to)
			}
			last := at - 1
			for _, l := range b.Lines {
				if l.At.Offset <= last || l.End <= l.At.Offset || l.End > b.End {
					t.Fatalf("a line from %d to %d after %d in a block from %d to %d", l.At.Offset, l.End, last, at, b.End)
				}
				last = l.At.Offset
			}
			at = b.End
			if turns > len(records)+10 {
				t.Fatal("does not end")
			}
		}
	})
}
