//go:build real

package realtest

import (
	"encoding/json"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"jupyter-events-agent/filters"
)

// arrived is what one destination has of each event, by its number in the log.
type arrived struct {
	t     *testing.T
	name  string // of the output, whose key its ids are made with
	key   [32]byte
	where []int64  // the offsets of the log
	times []uint8  // how often
	body  []uint64 // hash of the body
	last  int      // number of the latest that came for the first time
	wrong int
	begun time.Time
}

var seed = maphash.MakeSeed()

// hash is the same for bodies with the same members, but for the metadata that
// stands in some.
func hash(t *testing.T, body []byte, without ...func(map[string]json.RawMessage)) uint64 {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatalf("a record is not JSON: %v: %.300s", err, body)
	}
	for _, do := range without {
		do(members)
	}
	for _, name := range []string{"__event_id__", "__categories__", "__redacted__"} {
		delete(members, name)
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return maphash.Bytes(seed, text)
}

// undocumented takes away what documents of Elasticsearch have of their own; a
// member of the event that is called the same stands there by another name.
func undocumented(members map[string]json.RawMessage) {
	delete(members, "@timestamp")
	delete(members, "event")
	if own, renamed := members["__event__"]; renamed {
		members["event"] = own
		delete(members, "__event__")
	}
}

// at is an empty destination.
func (w *world) at(output string) *arrived {
	w.t.Helper()
	secret, err := os.ReadFile(filepath.Join(w.dir, "state", "id.key"))
	if err != nil {
		w.t.Fatal(err)
	}
	return &arrived{
		t: w.t, name: output, key: filters.OutputKey(secret, output), where: w.offsets,
		times: make([]uint8, len(w.offsets)), body: make([]uint64, len(w.offsets)), last: -1, begun: time.Now(),
	}
}

// take notes a record by its id, which says where in the log its event stands.
// It returns the event's number, and whether it came for the first time.
func (a *arrived) take(id string, body uint64) (number int, first bool) {
	a.t.Helper()
	at, err := filters.Locate(a.key, id)
	if err != nil {
		a.t.Fatalf("%s: %v", a.name, err)
	}
	number, found := slices.BinarySearch(a.where, at.Offset)
	if !found {
		a.t.Fatalf("%s has a record of no event, with the id %s", a.name, id)
	}
	if a.times[number]++; a.times[number] > 1 && a.body[number] != body {
		a.fault("event %d came with two bodies", number)
	}
	a.body[number] = body
	return number, a.times[number] == 1
}

// fault tells of the first few.
func (a *arrived) fault(format string, args ...any) {
	a.t.Helper()
	if a.wrong++; a.wrong <= 5 {
		a.t.Errorf("%s: "+format, append([]any{a.name}, args...)...)
	}
}

// like compares with what the output file has: the same bodies, each once, or
// where repeats are allowed at least once.
func (a *arrived) like(file *arrived, repeats bool) {
	a.t.Helper()
	missing, more, most := 0, 0, uint8(0)
	for i, times := range a.times {
		switch {
		case times == 0:
			missing++
		case a.body[i] != file.body[i]:
			a.fault("event %d has another body than in the file", i)
		}
		more += max(0, int(times)-1)
		most = max(most, times)
	}
	if missing > 0 || more > 0 && !repeats || a.wrong > 5 {
		a.t.Errorf("%s: of %d events %d are missing, %d came again; %d faults", a.name, len(a.times), missing, more, a.wrong)
	}
	a.t.Logf("%s: %d events, %d of them again, at most %d times; read in %.1f s", a.name, len(a.times)-missing, more, most, time.Since(a.begun).Seconds())
}

// compare reads everything back. kills is how often the agent was killed.
func (w *world) compare(kills int) {
	t := w.t
	t.Helper()
	file := w.at("audit")
	eachLine(t, w.audit, func(_ int, line []byte) {
		var record struct {
			ID string `json:"__event_id__"`
		}
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("the file: %v: %.300s", err, line)
		}
		if number, _ := file.take(record.ID, hash(t, line)); number != file.last+1 {
			file.fault("after event %d comes %d", file.last, number)
		} else {
			file.last = number
		}
	})
	file.like(file, false)

	lake := w.at("lake")
	w.readKafka(func(partition int, id string, body []byte, latest *int) {
		number, first := lake.take(id, hash(t, body))
		if first && number < *latest {
			lake.fault("in partition %d event %d comes after %d", partition, number, *latest)
		}
		if !first && kills == 0 {
			lake.fault("event %d is twice, and the agent was not started again", number)
		}
		*latest = max(*latest, number)
	})
	lake.like(file, kills > 0)

	elk := w.at("elk")
	w.readElasticsearch(func(id string, body []byte) { elk.take(id, hash(t, body, undocumented)) })
	elk.like(file, false)

	loki := w.at("loki")
	w.readLoki(func(id string, line []byte) { loki.take(id, hash(t, line)) })
	loki.like(file, false)

	if kept := faults(t, w.dir); len(kept) > 0 {
		t.Errorf("%d lines are in the quarantine, want none", len(kept))
	}
}
