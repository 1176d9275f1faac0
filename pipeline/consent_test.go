package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
)

// word is a Consent in memory: what is said counts from the next Look on.
type word struct {
	mu   sync.Mutex
	says []string
	yes  []string // as the last Look found it
	err  error
}

func (w *word) say(err error, yes ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.says, w.err = yes, err
}

func (w *word) Look() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.yes = w.says
	return w.err
}

func (w *word) said(person []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.yes, string(person))
}

// asks adds an output that asks.
func (x *test) asks(w *word, out outputs.Output, without string) {
	x.output("asked", out, Batch{Events: 4})
	f, _, err := filters.Compile(filters.Policy{
		Output: "asked", Categories: []string{"unrestricted"}, Metadata: []string{}, Consent: &filters.Consent{Yes: w.said, WithoutSubject: without},
	}, registry())
	if err != nil {
		x.Fatal(err)
	}
	x.Outputs[0].Filter, x.Outputs[0].Consent = f, w
}

// about are events numbered from n on, one about each person; "" for nobody.
func about(n int, persons ...string) string {
	var b strings.Builder
	for i, who := range persons {
		member := fmt.Sprintf(`, "who": %q`, who)
		if who == "" {
			member = ""
		}
		fmt.Fprintf(&b, `{"__schema__": "https://example.org/asked", "__schema_version__": "1", "__timestamp__": "2026-11-22T10:00:00Z", "stream": 1, "n": %d%s}`+"\n", n+i, member)
	}
	return b.String()
}

func delivered(d *dest) (n []int) {
	for _, r := range d.taken() {
		n = append(n, r.N)
	}
	return n
}

func (x *test) withheld() int64 {
	return x.Stats.Snapshot().Outputs[0].Withheld[filters.Unconsented]
}

// TestWithdrawn: what is withdrawn while the destination is away does not go
// when it is back, whole batches and parts of them.
func TestWithdrawn(t *testing.T) {
	for name, answer := range map[string]error{
		"away":      errDown,
		"in part":   &outputs.PartialError{Retry: []int{0, 1, 2}},
		"too large": outputs.ErrTooLarge,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, w := newFeed(t, "log"), &word{}
				x := newTest(t, f)
				w.say(nil, "ada", "bob", "eve")
				attempts := 0
				d := &dest{answer: func(context.Context, []rec) error {
					if attempts++; attempts == 1 {
						w.say(nil, "ada", "eve") // bob takes it back while it is on its way
						return answer
					}
					return nil
				}}
				x.asks(w, d, "deliver")
				f.add(1, about(0, "ada", "bob", "eve", "", "carol", "ada", "bob"))
				x.start()
				pass(10 * time.Second)
				want := []int{0, 2, 3, 5}
				got := delivered(d)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("delivered %v, want %v", got, want)
				}
				if n := x.withheld(); n != 3 {
					t.Errorf("%d are withheld", n)
				}
				if err := x.stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestConsentAsItIs: an event goes out where its person says yes when it comes,
// not later; one about nobody as without_subject says.
func TestConsentAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, w, d := newFeed(t, "log"), &word{}, &dest{}
		x := newTest(t, f)
		x.asks(w, d, "drop")
		f.add(1, about(0, "ada", "", "bob"))
		x.start()
		pass(5 * time.Second)
		w.say(nil, "ada")
		f.add(1, about(3, "ada", "", "bob"))
		pass(5 * time.Second)
		w.say(errors.New("read the consent file: it is gone"))
		f.add(1, about(6, "ada", "", "bob"))
		pass(5 * time.Second)
		f.add(1, about(9, "ada"))
		pass(2 * time.Minute)
		w.say(nil, "bob")
		f.add(1, about(10, "ada", "", "bob"))
		pass(5 * time.Second)
		if err := x.stop(); err != nil {
			t.Error(err)
		}
		if got := delivered(d); !slices.Equal(got, []int{3, 12}) {
			t.Errorf("delivered %v", got)
		}
		if n := x.withheld(); n != 11 {
			t.Errorf("%d are withheld", n)
		}
		log := x.log.String()
		if strings.Count(log, `level=ERROR msg="it is not known who has said yes, so nobody has: events about persons are withheld, for good" output=asked error="read the consent file: it is gone"`) != 1 ||
			strings.Count(log, "over: it is not known who has said yes") != 1 {
			t.Error(log)
		}
	})
}

// sealing is a table of tokens.
type sealing struct {
	commits int
	fail    int // so many times
}

func (s *sealing) Commit() error {
	if s.commits++; s.commits <= s.fail {
		return errors.New("write the token table: no space left on device")
	}
	return nil
}

// TestTokensAreDurableFirst: no batch is written before its tokens are kept.
func TestTokensAreDurableFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := newFeed(t, "log"), &sealing{fail: 3}
		x := newTest(t, f)
		d := &dest{answer: func(context.Context, []rec) error {
			if s.commits <= s.fail {
				t.Error("written before")
			}
			return nil
		}}
		x.output("coded", d, Batch{Events: 4})
		x.Outputs[0].Tokens = s
		f.add(1, events(1, 0, 12))
		x.start()
		pass(20 * time.Second)
		if err := x.stop(); err != nil {
			t.Error(err)
		}
		want(t, "coded", d.taken(), 1, 12)
		if s.commits != 6 {
			t.Errorf("%d commits of 3 batches", s.commits)
		}
		if !strings.Contains(x.log.String(), "no space left on device") {
			t.Error(x.log.String())
		}
	})
}
