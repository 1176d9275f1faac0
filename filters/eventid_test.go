package filters_test

import (
	"crypto/aes"
	"encoding/hex"
	"math"
	"regexp"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

func TestEventIDIsOneBlock(t *testing.T) {
	key := filters.OutputKey([]byte("secret"), "elk")
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, at := range []checkpoint.Position{{}, {Stream: 1}, {Offset: 1}, {Stream: math.MaxUint64, Offset: math.MaxInt64}, {Stream: 0x0102030405060708, Offset: 0x090a0b0c0d0e0f}} {
		id := filters.EventID(key, at)
		plain := make([]byte, 16)
		for i := range 8 {
			plain[i], plain[8+i] = byte(at.Stream>>(56-8*i)), byte(uint64(at.Offset)>>(56-8*i))
		}
		block.Encrypt(plain, plain)
		if want := hex.EncodeToString(plain); string(id[:]) != want || seen[want] {
			t.Errorf("%v: %s, want %s", at, id, want)
		}
		seen[string(id[:])] = true
		if got, err := filters.Locate(key, string(id[:])); err != nil || got != at {
			t.Errorf("located %v (%v), want %v", got, err, at)
		}
	}
}

func TestEventIDsOfOutputsAreUnlinkable(t *testing.T) {
	at := checkpoint.Position{Stream: 5, Offset: 10}
	elk, lake := filters.OutputKey([]byte("secret"), "elk"), filters.OutputKey([]byte("secret"), "lake")
	if elk == lake || elk == filters.OutputKey([]byte("secret2"), "elk") || elk != filters.OutputKey([]byte("secret"), "elk") {
		t.Error("keys must follow the secret and the output, and nothing else")
	}
	if filters.EventID(elk, at) == filters.EventID(lake, at) {
		t.Error("two outputs have the same id")
	}
}

func TestLocateRefusesWhatIsNoID(t *testing.T) {
	for _, id := range []string{"", "12", "zz5b484898bfd30e46b0b6ec5e94be7a7", "66b484898bfd30e46b0b6ec5e94be7a700", "66b484898bfd30e46b0b6ec5e94be7ag"} {
		if at, err := filters.Locate([32]byte{}, id); err == nil {
			t.Errorf("%q is located at %v", id, at)
		}
	}
}

func TestRecord(t *testing.T) {
	r := registry(t, "contents.json", contents)
	l := newLines(t, r, schema.Rules{})
	key := filters.OutputKey([]byte("secret"), "o")
	f := compile(t, filters.Policy{Key: key}, r)
	var a filters.Arena
	var records []filters.Record
	for range 200 { // the arena grows on the way
		e, fault := l.event(contentsLine)
		if fault != nil {
			t.Fatal(fault)
		}
		record, ok := f.Apply(e, &a)
		if !ok {
			t.Fatal("not taken")
		}
		records = append(records, record)
	}
	form := regexp.MustCompile(`^\{"__schema__":"https://events.jupyter.org/jupyter_server/contents_service/v1","__schema_version__":"1",` +
		`"__timestamp__":"2026-11-22T14:20:46.357294Z","action":"save","__event_id__":"[0-9a-f]{32}",` +
		`"__categories__":\["unrestricted"\],"__redacted__":\["user-identifiable-information"\]\}$`)
	size := 0
	for i := range records {
		r := &records[i]
		at := checkpoint.Position{Stream: 7, Offset: int64(i * (len(contentsLine) + 1))}
		if id := filters.EventID(key, at); string(r.ID()) != string(id[:]) {
			t.Fatalf("record %d has the id %s, want %s", i, r.ID(), id)
		}
		if !form.Match(r.JSON()) {
			t.Fatalf("record %d is %s", i, r.JSON())
		}
		if r.Schema() != "https://events.jupyter.org/jupyter_server/contents_service/v1" || r.Version() != "1" || r.Time().Format("2006-01-02T15:04:05.000000Z") != "2026-11-22T14:20:46.357294Z" {
			t.Fatal(r.Schema(), r.Version(), r.Time())
		}
		size += len(r.JSON()) + 1 // its line end
	}
	if a.Len() != size {
		t.Errorf("the arena holds %d bytes, its records %d", a.Len(), size)
	}
	if a.Reset(); a.Len() != 0 {
		t.Error("the arena holds bytes after Reset")
	}
}
