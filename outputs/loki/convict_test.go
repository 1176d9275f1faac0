package loki

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// frozen is what a later version of Loki may say of a stream.
const frozen = "stream '%s' is frozen"

// refuses makes a stand-in refuse what wrong says, in words that nobody knows.
// What else a push holds is stored, as Loki does.
func (s *standIn) refuses(words string, wrong func(labels string, l line) bool) {
	s.does(func(w http.ResponseWriter, r *http.Request, streams []pushed) bool {
		said := ""
		for _, p := range streams {
			good := pushed{labels: p.labels}
			for _, l := range p.lines {
				if wrong(p.labels, l) {
					said = strings.ReplaceAll(words, "%s", p.labels)
				} else {
					good.lines = append(good.lines, l)
				}
			}
			s.store(r.Header.Get("X-Scope-OrgID"), good)
		}
		if said == "" {
			return false
		}
		http.Error(w, said, http.StatusUnprocessableEntity)
		return true
	})
}

// started are so many records of one stream; every nth has a fault in it.
func started(n, nth int) (events []event) {
	now := time.Now()
	for i := range n {
		e := event{at: now.Add(time.Duration(i) * time.Microsecond), action: "start", text: fmt.Sprintf("number %d", i)}
		if nth > 0 && i%nth == nth-1 {
			e.text = fmt.Sprintf("a fault %d", i)
		}
		events = append(events, e)
	}
	return events
}

// TestUnknownFault: a record is rejected for a fault that nobody here knows,
// where Loki names its stream and takes another record of it in turns; all else is there, once.
func TestUnknownFault(t *testing.T) {
	for _, nth := range []int{2, 7, 200} {
		s := newStandIn(t)
		s.refuses("line refused in stream '%s' by a rule of next year", func(_ string, l line) bool { return strings.Contains(l.text, "a fault") })
		c := testConfig(s.URL)
		o := mustOpen(t, c)
		err := o.Write(t.Context(), newRecords(t, c).batch(started(200, nth)...))
		got := rejections(t, err)
		if want := fmt.Sprintf("%d other) by %s, status 422", 200/nth, o.address); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v; want %q", err, want)
		}
		if len(got) != 200/nth || got[nth-1] != classOther {
			t.Errorf("every %d.: %d are rejected, the first as %q", nth, len(got), got[nth-1])
		}
		if stored := len(s.all()); stored != 200-200/nth {
			t.Errorf("every %d.: %d lines are stored", nth, stored)
		}
		t.Logf("every %d.: %d pushes", nth, s.pushes)
	}
}

// TestUnknownFaultOfAll: what refuses every record of a stream is no fault of
// theirs, whatever becomes of other streams. They wait, and somebody is to act.
func TestUnknownFaultOfAll(t *testing.T) {
	for name, c := range map[string]struct {
		words string
		wrong func(labels string, l line) bool
		most  int // pushes
	}{
		"all":                     {frozen, func(string, line) bool { return true }, 30},
		"one stream":              {frozen, func(labels string, _ line) bool { return strings.Contains(labels, `"stop"`) }, 30},
		"no stream is named":      {"bad request", func(_ string, l line) bool { return strings.Contains(l.text, "7") }, 1},
		"another stream is named": {`stream '{job="else"}' is frozen`, func(_ string, l line) bool { return strings.Contains(l.text, "7") }, 1},
	} {
		s := newStandIn(t)
		s.refuses(c.words, c.wrong)
		config := testConfig(s.URL)
		o := mustOpen(t, config)
		events := started(500, 0)
		for i := range 10 { // the newest
			events[490+i].action = "stop"
		}
		batch := newRecords(t, config).batch(events...)
		err := o.Write(t.Context(), batch)
		var partial *outputs.PartialError
		if errors.As(err, &partial) && len(partial.Rejected) > 0 {
			t.Errorf("%s: %d are rejected", name, len(partial.Rejected))
		}
		if !outputs.IsRefused(err) || !strings.Contains(fmt.Sprint(err), "see its log") && !strings.Contains(fmt.Sprint(err), "see Loki's log") || strings.Contains(err.Error(), "frozen") {
			t.Errorf("%s: %v; want it said that somebody has to act", name, err)
		}
		if s.pushes > c.most {
			t.Errorf("%s: %d pushes", name, s.pushes)
		}
		s.does(nil)
		if err := o.Write(t.Context(), batch); err != nil || len(s.all()) != 500 {
			t.Errorf("%s: %v, %d lines are stored afterwards", name, err, len(s.all()))
		}
	}
}

// TestUnknownFaultAlone: a record without another one of its stream waits until one
// comes: nothing else shows whether it is the record.
func TestUnknownFaultAlone(t *testing.T) {
	s := newStandIn(t)
	s.refuses(frozen, func(_ string, l line) bool { return strings.Contains(l.text, "a fault") })
	c := testConfig(s.URL)
	o, r := mustOpen(t, c), newRecords(t, c)
	now := time.Now()
	alone := event{at: now, action: "stop", text: "a fault"}
	for name, batch := range map[string][]filters.Record{
		"alone":               r.batch(alone),
		"with another stream": r.batch(alone, event{at: now, action: "start"}),
	} {
		if err := o.Write(t.Context(), batch); !outputs.IsRefused(err) || !outputs.IsUnclear(err) {
			t.Errorf("%s: %v; want it to wait for somebody, or for others", name, err)
		}
	}
	got := rejections(t, o.Write(t.Context(), r.batch(alone, event{at: now.Add(1), action: "stop"})))
	if want := map[int]string{0: classOther}; !maps.Equal(got, want) {
		t.Errorf("%v are rejected; want %v", got, want)
	}
}

// TestUnknownFaultThatPasses: a Loki that refuses everything for a while, or one
// of several that does, by chance, loses nothing.
func TestUnknownFaultThatPasses(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 8))
		s := newStandIn(t)
		from := rng.IntN(60)
		to, n := from+rng.IntN(60), 0
		byChance := seed%2 == 0
		s.does(func(w http.ResponseWriter, _ *http.Request, streams []pushed) bool {
			n++
			if byChance && rng.IntN(2) == 0 || !byChance && n >= from && n < to {
				http.Error(w, fmt.Sprintf(frozen, streams[0].labels), http.StatusBadRequest)
				return true
			}
			return false
		})
		c := testConfig(s.URL)
		c.Burst = 2000
		o, rest := mustOpen(t, c), newRecords(t, c).batch(started(100, 0)...)
		for attempt := 0; len(rest) > 0; attempt++ {
			if attempt > 1000 {
				t.Fatalf("seed %d: it does not end", seed)
			}
			err := o.Write(t.Context(), rest)
			var partial *outputs.PartialError
			if errors.As(err, &partial) {
				if len(partial.Rejected) > 0 {
					t.Fatalf("seed %d: %+v are rejected", seed, partial.Rejected)
				}
				again := rest[:0:0]
				for _, i := range partial.Retry {
					again = append(again, rest[i])
				}
				rest = again
			}
			if err == nil {
				rest = nil
			}
		}
		if stored := len(s.all()); stored != 100 {
			t.Errorf("seed %d: %d lines are stored", seed, stored)
		}
	}
}

// TestUnknownFaultOfWitness: a witness that turns out to be at fault itself, in
// words that are known, takes along what has the same fault: also the record on
// trial and the witnesses after it, none of them twice.
func TestUnknownFaultOfWitness(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		texts []string
		most  int // pushes: five turns, and what finds the two of them
		want  map[int]string
	}{
		"the record on trial":  {[]string{long(1000), "fine", "a fault " + long(2000)}, 5, map[int]string{0: classLineTooLong, 2: classLineTooLong}},
		"the witness after it": {[]string{long(1000), long(1001), "fine", "a fault"}, 14, map[int]string{0: classLineTooLong, 1: classLineTooLong, 3: classOther}},
	} {
		s := newStandIn(t)
		s.limits.line = 900
		s.refuses("line refused in stream '%s' by a rule of next year", func(_ string, l line) bool { return strings.Contains(l.text, "a fault") })
		config := testConfig(s.URL)
		var events []event
		for i, text := range c.texts {
			events = append(events, event{at: time.Now().Add(time.Duration(i) * time.Microsecond), action: "start", text: text})
		}
		got := rejections(t, mustOpen(t, config).Write(t.Context(), newRecords(t, config).batch(events...)))
		if !maps.Equal(got, c.want) || s.pushes > c.most {
			t.Errorf("%s: %v are rejected after %d pushes; want %v after %d", name, got, s.pushes, c.want, c.most)
		}
	}
}
