package loki

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// TestFaultsAmongGoodRecords: whatever is wrong with some records of a batch,
// those are rejected, all others are stored once, and few pushes find them.
func TestFaultsAmongGoodRecords(t *testing.T) {
	now := time.Now()
	const n = 1000
	good := func(i int) event { return event{at: now.Add(time.Duration(i) * time.Microsecond), text: "good"} }
	long := strings.Repeat("x", 300<<10)
	for _, c := range []struct {
		name   string
		faults func(i int) (event, string) // "": a good one
		pushes int                         // at most
	}{
		{"none", nil, 1},
		{"one line too long", func(i int) (event, string) {
			if i == 700 {
				return event{at: now, text: long}, classLineTooLong
			}
			return event{}, ""
		}, 24},
		{"all older than a week", func(i int) (event, string) {
			return event{at: now.Add(-8*24*time.Hour + time.Duration(i)*time.Microsecond)}, classTooOld
		}, 12},
		{"a clock that is a year behind", func(i int) (event, string) {
			return event{at: now.AddDate(-1, 0, 0)}, classTooOld
		}, 12},
		{"a clock that is a year ahead", func(i int) (event, string) {
			return event{at: now.AddDate(1, 0, 0).Add(time.Duration(i) * time.Microsecond)}, classTooNew
		}, 12},
		{"some an hour ahead", func(i int) (event, string) {
			if i%3 == 0 {
				return event{at: now.Add(time.Hour + time.Duration(i)*time.Microsecond)}, classTooNew
			}
			return event{}, ""
		}, 14},
		{"label values that are too long", func(i int) (event, string) {
			if i%5 == 0 {
				return event{at: now, free: strings.Repeat("v", 200)}, classLabelValue
			}
			return event{}, ""
		}, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStandIn(t)
			s.limits.labelValue = 100
			config := testConfig(s.URL)
			config.Burst = 64 * units.MiB
			config.Labels["free"], config.AllowHighCardinality = "{free}", true
			events, want := make([]event, n), map[int]string{}
			for i := range events {
				events[i] = good(i)
				if c.faults != nil {
					if e, class := c.faults(i); class != "" {
						events[i], want[i] = e, class
					}
				}
			}
			o := mustOpen(t, config)
			got := rejections(t, o.Write(t.Context(), newRecords(t, config).batch(events...)))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%d are rejected, want %d", len(got), len(want))
			}
			if stored := len(s.all()); stored != n-len(want) || s.pushes > c.pushes {
				t.Errorf("%d lines are stored in %d pushes; want %d and at most %d", stored, s.pushes, n-len(want), c.pushes)
			}
		})
	}
}

// TestTooFarBehind: what is more than an hour behind its own stream is
// rejected, not what is as old in another.
func TestTooFarBehind(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	r := newRecords(t, c)
	now := time.Now()
	o := mustOpen(t, c)
	if err := o.Write(t.Context(), r.batch(event{at: now, action: "start", text: "now"})); err != nil {
		t.Fatal(err)
	}
	batch := r.batch(
		event{at: now.Add(-61 * time.Minute), action: "start", text: "61 min"}, event{at: now.Add(-61 * time.Minute), action: "stop", text: "61 min"},
		event{at: now.Add(-59 * time.Minute), action: "start", text: "59 min"}, event{at: now.Add(-62 * time.Minute), action: "start", text: "62 min"},
	)
	want := map[int]string{0: classTooFarBehind, 3: classTooFarBehind}
	if got := rejections(t, o.Write(t.Context(), batch)); !reflect.DeepEqual(got, want) {
		t.Errorf("%v are rejected, want %v", got, want)
	}
	if n := len(s.all()); n != 3 {
		t.Errorf("%d lines are stored, want 3", n)
	}
}

// TestNoTime: an event without a time stands at 1970, which Loki takes only
// where it is set to take what is old.
func TestNoTime(t *testing.T) {
	s := newStandIn(t)
	c := testConfig(s.URL)
	batch := newRecords(t, c).batch(event{at: time.UnixMicro(0)}, event{at: time.Now()})
	if got := rejections(t, mustOpen(t, c).Write(t.Context(), batch)); !reflect.DeepEqual(got, map[int]string{0: classNoTime}) {
		t.Errorf("%v are rejected", got)
	}
}

// TestRandomFaults: any mixture, any limits, any answers between.
func TestRandomFaults(t *testing.T) {
	for seed := range uint64(25) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := newStandIn(t)
		s.limits.line, s.limits.labelValue = 2000, 50
		if rng.IntN(2) == 0 {
			s.limits.burst = 5000
		}
		c := testConfig(s.URL)
		c.Tenant, c.AllowHighCardinality = "{team|none}", true
		c.Labels["free"] = "{free}"
		c.Burst = units.Size(1 + rng.IntN(20_000))
		s.does(func(w http.ResponseWriter, r *http.Request, streams []pushed) bool {
			switch rng.IntN(8) {
			case 0:
				http.Error(w, "too many unhealthy instances in the ring", http.StatusInternalServerError)
			case 1: // taken, and nobody hears it
				for _, p := range streams {
					p.lines = p.lines[:rng.IntN(len(p.lines)+1)]
					for _, l := range p.lines {
						if s.refuseLabels(p.labels) == "" && s.refuseLine(p.labels, l) == "" {
							s.store(r.Header.Get("X-Scope-OrgID"), pushed{p.labels, []line{l}})
						}
					}
				}
				panic(http.ErrAbortHandler)
			case 2:
				if len(streams) > 1 || len(streams[0].lines) > 1 {
					w.WriteHeader(http.StatusRequestEntityTooLarge)
					return true
				}
				return false
			default:
				return false
			}
			return true
		})
		now := time.Now()
		events, want := make([]event, 200), map[int]string{}
		for i := range events {
			e := event{at: now.Add(-time.Duration(rng.IntN(30)) * time.Minute), team: []string{"", "red", "blue"}[rng.IntN(3)], text: fmt.Sprint(i)}
			switch rng.IntN(10) {
			case 0:
				e.at, want[i] = now.Add(-8*24*time.Hour-time.Duration(rng.IntN(1000))*time.Second), classTooOld
			case 1:
				e.at, want[i] = now.Add(time.Hour+time.Duration(rng.IntN(1000))*time.Second), classTooNew
			case 2:
				e.text, want[i] = strings.Repeat("x", 3000+rng.IntN(1000)), classLineTooLong
			case 3:
				e.free, want[i] = strings.Repeat(string(rune('a'+rng.IntN(3))), 60), classLabelValue
			}
			events[i] = e
		}
		batch := newRecords(t, c).batch(events...)
		o := mustOpen(t, c)
		got, index := map[int]string{}, make([]int, len(batch))
		for i := range index {
			index[i] = i
		}
		rest := batch
		for attempt := 0; len(rest) > 0; attempt++ {
			if attempt > 2000 {
				t.Fatalf("seed %d: it does not end", seed)
			}
			err := o.Write(t.Context(), rest)
			var partial *outputs.PartialError
			switch {
			case err == nil:
				rest = nil
			case errors.As(err, &partial):
				for _, r := range partial.Rejected {
					got[index[r.Index]] = r.Class
				}
				next, nextIndex := rest[:0:0], index[:0:0]
				for _, i := range partial.Retry {
					next, nextIndex = append(next, rest[i]), append(nextIndex, index[i])
				}
				rest, index = next, nextIndex
			case outputs.IsRefused(err), outputs.IsPermanent(err):
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		stored := map[string]int{}
		for _, text := range s.all() {
			stored[text]++
		}
		for i := range batch {
			once := 1
			if want[i] != "" {
				once = 0
			}
			if n := stored[string(batch[i].JSON())]; n != once || got[i] != want[i] {
				t.Errorf("seed %d: record %d is stored %d times and rejected as %q; want %d and %q", seed, i, n, got[i], once, want[i])
			}
		}
		s.Close()
	}
}

// TestPushesGetSmaller: where Loki's burst is smaller than this output's, the
// pushes are halved until one fits, and grow again slowly.
func TestPushesGetSmaller(t *testing.T) {
	s := newStandIn(t)
	s.limits.burst = 10_000
	c := testConfig(s.URL)
	o := mustOpen(t, c)
	rest := newRecords(t, c).spaced(2000, time.Now(), time.Microsecond)
	attempts := 0
	for len(rest) > 0 {
		if attempts++; attempts > 40 {
			t.Fatalf("%d records are left after %d attempts", len(rest), attempts)
		}
		err := o.Write(t.Context(), rest)
		var partial *outputs.PartialError
		switch {
		case err == nil:
			rest = nil
		case errors.As(err, &partial):
			rest = rest[partial.Retry[0]:]
		case outputs.IsRefused(err) || !strings.Contains(err.Error(), "status 429"):
			t.Fatal(err)
		}
	}
	if n := len(s.all()); n != 2000 {
		t.Errorf("%d lines are stored", n)
	}
	t.Logf("%d attempts, %d pushes", attempts, s.pushes)
}

// TestTooLarge: what a server or a gateway takes only in smaller parts is
// pushed so from then on; a record too large by itself is rejected.
func TestTooLarge(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter){
		"413": func(w http.ResponseWriter) { w.WriteHeader(http.StatusRequestEntityTooLarge) },
		"500": func(w http.ResponseWriter) {
			http.Error(w, "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5012345 vs. 4194304)", http.StatusInternalServerError)
		},
	} {
		s := newStandIn(t)
		refused := 0
		s.does(func(w http.ResponseWriter, _ *http.Request, streams []pushed) bool {
			size := 0
			for _, p := range streams {
				for _, l := range p.lines {
					size += len(l.text)
				}
			}
			if size < 20_000 {
				return false
			}
			refused++
			answer(w)
			return true
		})
		c := testConfig(s.URL)
		r := newRecords(t, c)
		batch := r.spaced(1000, time.Now(), time.Microsecond)
		batch = append(batch, r.batch(event{at: time.Now().Add(time.Second), text: strings.Repeat("x", 30_000)})...)
		o := mustOpen(t, c)
		if got := rejections(t, o.Write(t.Context(), batch)); !reflect.DeepEqual(got, map[int]string{1000: classTooLarge}) {
			t.Errorf("%s: %v are rejected", name, got)
		}
		before := refused
		if err := o.Write(t.Context(), r.spaced(1000, time.Now(), time.Microsecond)); err != nil || refused != before {
			t.Errorf("%s: %v; the next batch was refused %d times", name, err, refused-before)
		}
		if n := len(s.all()); n != 2000 || refused > 8 {
			t.Errorf("%s: %d lines are stored, %d pushes were refused", name, n, refused)
		}
	}
}
