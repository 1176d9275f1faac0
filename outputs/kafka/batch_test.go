package kafka

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs/outputtest"
)

var whole = cut{records: math.MaxInt32, bytes: math.MaxInt}

// all are the indices of n records.
func all(n int) []int32 {
	take := make([]int32, n)
	for i := range take {
		take[i] = int32(i)
	}
	return take
}

func newEncoder(key func(*filters.Record) []byte, compression string) *encoder {
	return &encoder{key: key, codec: newCodec(compression)}
}

// decoded reads an encoded batch with kafka-go, which also checks its CRC.
func decoded(tb testing.TB, wire []byte) (*protocol.RecordBatch, []standRecord) {
	tb.Helper()
	var set protocol.RecordSet
	if _, err := set.ReadFrom(bufio.NewReader(bytes.NewReader(wire))); err != nil {
		tb.Fatal(err)
	}
	stream, ok := set.Records.(*protocol.RecordStream)
	if !ok || len(stream.Records) != 1 {
		tb.Fatalf("not one batch: %T", set.Records)
	}
	batch := stream.Records[0].(*protocol.RecordBatch)
	got, err := records(batch)
	if err != nil {
		tb.Fatal(err)
	}
	return batch, got
}

// TestBatchByBytes holds the header of a batch against the layout of Kafka's
// documentation, read here by hand.
func TestBatchByBytes(t *testing.T) {
	at := time.UnixMilli(1_800_000_000_123)
	r := outputtest.RecordsOf(t, New())
	b := r.BatchAt(at, "a", "b")
	b.Records = append(b.Records, r.BatchAt(at.Add(-time.Second), "c").Records...)
	wire, count, size := newEncoder(nil, "none").batch(nil, b.Records, all(3), identity{producer: 77, epoch: 3, sequence: 41}, whole)
	if count != 3 || size != len(wire) {
		t.Errorf("%d records in %d bytes of %d", count, size, len(wire))
	}
	be := binary.BigEndian
	for name, is := range map[string][2]int64{
		"length":            {int64(be.Uint32(wire)), int64(len(wire) - 4)},
		"base offset":       {int64(be.Uint64(wire[4:])), 0},
		"batch length":      {int64(be.Uint32(wire[12:])), int64(len(wire) - 16)},
		"leader epoch":      {int64(int32(be.Uint32(wire[16:]))), -1},
		"version":           {int64(wire[20]), 2},
		"crc":               {int64(be.Uint32(wire[21:])), int64(crc32.Checksum(wire[25:], crc32.MakeTable(crc32.Castagnoli)))},
		"attributes":        {int64(be.Uint16(wire[25:])), 0},
		"last offset delta": {int64(be.Uint32(wire[27:])), 2},
		"first time":        {int64(be.Uint64(wire[31:])), at.UnixMilli()},
		"latest time":       {int64(be.Uint64(wire[39:])), at.UnixMilli()},
		"producer":          {int64(be.Uint64(wire[47:])), 77},
		"epoch":             {int64(be.Uint16(wire[55:])), 3},
		"sequence":          {int64(be.Uint32(wire[57:])), 41},
		"records":           {int64(be.Uint32(wire[61:])), 3},
	} {
		if is[0] != is[1] {
			t.Errorf("%s is %d, want %d", name, is[0], is[1])
		}
	}
	_, got := decoded(t, wire)
	if got[2].time != at.UnixMilli()-1000 || got[0].key != nil {
		t.Errorf("time %d and key %q of the records", got[2].time, got[0].key)
	}
}

// checkRecords holds what arrived against the records.
func checkRecords(tb testing.TB, got []standRecord, want []filters.Record, key func(*filters.Record) []byte) {
	tb.Helper()
	if len(got) != len(want) {
		tb.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		r := &want[i]
		headers := []protocol.Header{
			{Key: "__event_id__", Value: r.ID()}, {Key: "__schema__", Value: []byte(r.Schema())}, {Key: "__schema_version__", Value: []byte(r.Version())},
		}
		for _, m := range r.Beside() {
			headers = append(headers, protocol.Header{Key: m.Name, Value: m.Value})
		}
		same := slices.EqualFunc(got[i].headers, headers, func(a, b protocol.Header) bool { return a.Key == b.Key && bytes.Equal(a.Value, b.Value) })
		if !same || got[i].value != string(r.JSON()) || got[i].time != r.Micros()/1000 {
			tb.Fatalf("record %d: %+v\nwant headers %q of time %d and the body %s", i, got[i], headers, r.Micros()/1000, r.JSON())
		}
		var k []byte
		if key != nil {
			k = key(r)
		}
		if !bytes.Equal(got[i].key, k) || (got[i].key == nil) != (k == nil) {
			tb.Fatalf("record %d: key %q, want %q", i, got[i].key, k)
		}
	}
}

// TestCompressions: each is read back by kafka-go's codecs.
func TestCompressions(t *testing.T) {
	r := outputtest.RecordsOf(t, New())
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = 'a' + byte(rand.IntN(26))
	}
	for number, name := range compressions {
		e := newEncoder((*filters.Record).ID, name)
		for _, b := range []*outputtest.Batch{r.Plain(1), r.Plain(1000), r.Batch("", string(noise), strings.Repeat("x", 300_000))} {
			wire, count, _ := e.batch(nil, b.Records, all(len(b.Records)), identity{}, whole)
			batch, got := decoded(t, wire)
			if int(batch.Attributes) != number || count != len(b.Records) {
				t.Fatalf("%s: attributes %d, %d records of %d", name, batch.Attributes, count, len(b.Records))
			}
			checkRecords(t, got, b.Records, (*filters.Record).ID)
		}
	}
}

func TestWhereABatchIsCut(t *testing.T) {
	b := outputtest.RecordsOf(t, New()).Plain(10)
	for _, name := range []string{"none", "snappy"} {
		e := newEncoder(nil, name)
		_, _, size := e.batch(nil, b.Records, all(10), identity{}, whole)
		for _, test := range []struct {
			end  cut
			want func(n int) bool
		}{
			{cut{10, size}, func(n int) bool { return n == 10 }},
			{cut{10, size - 1}, func(n int) bool { return n == 9 }},
			{cut{3, size}, func(n int) bool { return n == 3 }},
			{cut{10, 1}, func(n int) bool { return n == 1 }},
			{cut{10, size / 2}, func(n int) bool { return n > 3 && n < 6 }},
		} {
			wire, n, size := e.batch(nil, b.Records, all(10), identity{}, test.end)
			if !test.want(n) || n > 1 && size > test.end.bytes {
				t.Errorf("%s: %d records of %d bytes before %+v", name, n, size, test.end)
			}
			_, got := decoded(t, wire)
			checkRecords(t, got, b.Records[:n], nil)
		}
	}
}

// TestEncodingDoesNotAllocate, once its memory has grown.
func TestEncodingDoesNotAllocate(t *testing.T) {
	b := outputtest.RecordsOf(t, New()).Plain(500)
	take := all(500)
	for _, name := range compressions {
		e := newEncoder((*filters.Record).ID, name)
		var wire []byte
		if n := testing.AllocsPerRun(20, func() { wire, _, _ = e.batch(wire, b.Records, take, identity{}, whole) }); n != 0 {
			t.Errorf("%s: %v allocations for a batch, want none", name, n)
		}
	}
}

func FuzzBatch(f *testing.F) {
	f.Add("a", 1, uint8(0), false, int64(1_800_000_000_000))
	f.Add(strings.Repeat("long ", 100), 70, uint8(4), true, int64(-5))
	f.Add("\u00e4\u2028", 3, uint8(3), true, int64(0))
	printable := func(r rune) rune { // what strconv.Quote and JSON write alike
		if r == '\ufffd' || !strconv.IsPrint(r) {
			return -1
		}
		return r
	}
	f.Fuzz(func(t *testing.T, text string, n int, compression uint8, keyed bool, ms int64) {
		r := outputtest.RecordsOf(t, New())
		n = min(max(n, 1), 100)
		var key func(*filters.Record) []byte
		if keyed {
			key = (*filters.Record).ID
		}
		ms = min(max(ms, 1), 4_000_000_000_000)
		b := r.BatchAt(time.UnixMilli(ms), slices.Repeat([]string{strings.Map(printable, text)}, n)...)
		wire, count, _ := newEncoder(key, compressions[int(compression)%len(compressions)]).batch(nil, b.Records, all(n), identity{}, whole)
		if count != n {
			t.Fatalf("%d records of %d", count, n)
		}
		_, got := decoded(t, wire)
		checkRecords(t, got, b.Records, key)
	})
}

func TestSequencesBeginAnew(t *testing.T) {
	for _, test := range []struct{ from, n, want int32 }{
		{0, 1, 1}, {41, 3, 44}, {math.MaxInt32, 1, 0}, {math.MaxInt32 - 1, 1, math.MaxInt32}, {math.MaxInt32 - 1, 5, 3},
	} {
		if got := nextSequence(test.from, int(test.n)); got != test.want {
			t.Errorf("%d records after %d: %d, want %d", test.n, test.from, got, test.want)
		}
	}
}

// TestMurmur2 has the vectors of Kafka's own UtilsTest and of librdkafka.
func TestMurmur2(t *testing.T) {
	for key, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("%q: %d, want %d", key, got, want)
		}
	}
	for key, want := range map[string]uint32{
		"kafka": 0xd067cf64, "giberish123456789": 0x8f552b0c, "1234": 0x9fc97b14, "234": 0xe7c009ca, "34": 0x873930da, "4": 0x5a4b5ca1, "": 0x106e08d9,
		"AmbleWillBeRemoved,ThePrePartThatIs": 0x62b8b43f,
	} {
		if got := murmur2([]byte(key)); got != want {
			t.Errorf("%q: %#x, want %#x", key, got, want)
		}
	}
	// From librdkafka's 0048-partitioner: the partition of 17.
	for key, want := range map[string]int{"23456": 0x058d780f % 17, "hejsan": 0x5ec19395 % 17, "": 0x106e08d9 % 17} {
		if got := partitionOf([]byte(key), 17); got != want {
			t.Errorf("%q: partition %d, want %d", key, got, want)
		}
	}
}
