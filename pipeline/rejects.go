package pipeline

import (
	"maps"
	"slices"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// Rejected keeps the records that one output's destination will never take.
// Put may buffer, Sync makes durable and returns a state, with the rules of
// outputs.Syncer.
type Rejected interface {
	Put(record *filters.Record, class string) error
	Sync() (state []byte, err error)
	Folder() string // for messages
}

// RejectedCursor is the name of the cursor that holds the state of an output's
// rejected records. No output can have it: their names hold no parentheses.
func RejectedCursor(output string) string { return "(rejected " + output + ")" }

// classes of rejection that are the pipeline's own.
const (
	classTooLarge  = "too_large"
	classPermanent = "permanent"
)

// rejects is one output's way of keeping rejected records. What is kept is
// durable before the batch that it was in is committed, so a crash may keep a
// record twice and never loses one.
type rejects struct {
	store    Rejected
	attempts attempts
	seal     seal
	dirty    bool // something was put that is not durable
}

// put keeps a record, however long that takes.
func (k *rejects) put(record *filters.Record, class string) error {
	k.dirty = true
	return k.try(func() error { return k.store.Put(record, class) })
}

// settle makes durable what was put.
func (k *rejects) settle() error {
	if !k.dirty {
		return nil
	}
	if err := k.seal.sync(k.store.Sync); err != nil {
		return err
	}
	k.dirty = false
	return k.try(func() error { return k.seal.saver.save(k.seal.ticket) })
}

// try does something until it succeeds or trying is over.
func (k *rejects) try(do func() error) error {
	for {
		began := time.Now()
		err := do()
		if err == nil {
			k.attempts.well()
			return nil
		}
		if err := k.attempts.again(began, err); err != nil {
			return err
		}
	}
}

// part returns the records to send again, in order, at the front of the same
// memory, and counts and keeps the others. An answer that names records which
// there are not is no answer: all are sent again.
func (s *ship) part(records []filters.Record, answer *outputs.PartialError) ([]filters.Record, error) {
	last := -1
	for _, i := range answer.Retry {
		if i <= last || i >= len(records) {
			return records, nil
		}
		last = i
	}
	for _, r := range answer.Rejected {
		if r.Index < 0 || r.Index >= len(records) {
			return records, nil
		}
	}
	taken, bytes := len(records)-len(answer.Retry)-len(answer.Rejected), recordBytes(records)
	for _, r := range answer.Rejected {
		one := records[r.Index : r.Index+1]
		bytes -= recordBytes(one)
		if err := s.keep(r.Class, one); err != nil {
			return nil, err
		}
	}
	classes := answer.Classes()
	for _, class := range slices.Sorted(maps.Keys(classes)) { // in an order that tells nothing
		n := classes[class]
		s.count(class, n, answer)
	}
	for to, from := range answer.Retry {
		bytes -= recordBytes(records[from : from+1])
		records[to] = records[from]
	}
	s.delivered(max(taken, 0), max(bytes, 0))
	return records[:len(answer.Retry)], nil
}

// rejected keeps and counts records that the destination will never take. Its
// error is one that ends the way of trying.
func (s *ship) rejected(class string, records []filters.Record, err error) error {
	if err := s.keep(class, records); err != nil {
		return err
	}
	s.count(class, len(records), err)
	return nil
}

// keep keeps rejected records aside, where that is configured.
func (s *ship) keep(class string, records []filters.Record) error {
	if s.rejects == nil {
		return nil
	}
	for i := range records {
		if err := s.rejects.put(&records[i], class); err != nil {
			return err
		}
	}
	return nil
}

// count counts rejected records of a class, and logs the first answer with some.
func (s *ship) count(class string, records int, err error) {
	first := false
	s.stats.add(func(o *OutputStats) {
		if o.Rejected == nil {
			o.Rejected = map[string]int64{}
		}
		first = o.Rejected[class] == 0
		o.Rejected[class] += int64(records)
	})
	if !first {
		return
	}
	said := s.log.With("output", s.name, "class", class, "records", records, "error", err)
	const advice = "see the destination's own log for why, mend it, and what comes then is taken"
	if s.rejects == nil {
		said.Error("the destination will never take these records: they are counted and left out; " + advice)
	} else {
		said.Error("the destination will never take these records: they are counted and kept aside; "+advice, "kept", s.rejects.store.Folder())
	}
}
