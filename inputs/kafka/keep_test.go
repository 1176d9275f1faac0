package kafka

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/segmentio/kafka-go/protocol"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/internal/tlsfiles"
)

// reload ends a run and says whether the input goes on under a configuration.
func (a *agent) reload(c Config, readers ...*consumer) bool {
	a.t.Helper()
	if err := a.store.Sync(); err != nil {
		a.t.Error(err)
	}
	for _, r := range readers {
		if err := r.reader.Close(); err != nil {
			a.t.Error(err)
		}
	}
	return c.Keep(a.in, inputs.Env{
		Source: &inputs.Source{Input: "in"}, Store: a.store,
		Log: slog.New(slog.NewTextHandler(&a.log, nil)), Gap: func(g inputs.Gap) { a.gaps = append(a.gaps, g) },
	})
}

// lose reads a block that is not delivered, as what a reload forgets.
func (c *consumer) lose() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), longest)
	defer cancel()
	place, err := c.reader.Next(ctx)
	var b inputs.Block
	if err == nil {
		err = place.From.Read(ctx, place.At, &b)
	}
	if err != nil || len(b.Lines) == 0 {
		c.t.Fatalf("%d lines, %v", len(b.Lines), err)
	}
	c.reader.Advance(checkpoint.Position{Stream: place.At.Stream, Offset: b.End})
}

// next is the consumer of the run that follows.
func (c *consumer) next(a *agent) *consumer {
	c.t.Helper()
	n := a.consumer(c.cursor.Name())
	n.lines = c.lines
	return n
}

// TestAReloadStaysInTheGroup: after reloads each output goes on where it has
// delivered, as the member that it was.
func TestAReloadStaysInTheGroup(t *testing.T) {
	for name, delivered := range map[string]int{"nothing was delivered before": 0, "some was": 10} {
		t.Run(name, func(t *testing.T) {
			s := newStandin(t)
			s.topic("a", 2)
			a := open(t, t.TempDir(), s.config("a"), false)
			one := a.consumer("one")
			sent := 0
			for n := range 5 {
				if delivered > 0 {
					s.append("a", n%2, sent, delivered)
					sent += delivered
					one.until(sent)
				}
				s.append("a", n%2, sent, 10)
				sent += 10
				one.lose()
				if !a.reload(s.config("a"), one) {
					t.Fatal("the input does not go on")
				}
				one = one.next(a)
			}
			one.until(sent)
			count(t, one.numbers(), sent)
			if n := s.count(protocol.JoinGroup); n != 1 {
				t.Errorf("the group was joined %d times", n)
			}
			a.close(one)
			if n := s.count(protocol.LeaveGroup); n != 1 {
				t.Errorf("the group was left %d times", n)
			}
			if c := s.offset(groupOne, "a"); c != (committedText{int64(3 * (delivered + 10)), marker}) {
				t.Errorf("the group has %+v", c)
			}
		})
	}
}

// TestFromTheEndOverReloads: where it begins at the end, what came since is not
// skipped by a reload before anything was delivered.
func TestFromTheEndOverReloads(t *testing.T) {
	for name, anew := range map[string]bool{"in the same generation": false, "in another": true} {
		t.Run(name, func(t *testing.T) {
			s := newStandin(t)
			s.topic("a", 1)
			s.append("a", 0, 1000, 10)
			c := s.config("a")
			c.StartAt = "end"
			a := open(t, t.TempDir(), c, false)
			one := a.consumer("one")
			short, cancel := context.WithCancel(t.Context())
			go func() {
				eventually(t, "it has its share", func() bool { return len(*one.share()) == 1 })
				cancel()
			}()
			_, _ = one.reader.Next(short)
			s.append("a", 0, 0, 10)
			one.lose()
			if !a.reload(c, one) {
				t.Fatal("the input does not go on")
			}
			if anew {
				s.hangUp()
				eventually(t, "the share is over", func() bool { return one.reader.(*reader).share.gone() })
			}
			one = one.next(a)
			one.until(10)
			count(t, one.numbers(), 10)
			a.close(one)
		})
	}
}

// TestAMemberComesWhileAReloadIsMade: what the reader had is another's now, and
// what comes back to it is not skipped.
func TestAMemberComesWhileAReloadIsMade(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 2)
	a := open(t, t.TempDir(), s.config("a"), false)
	one := a.consumer("one")
	s.append("a", 0, 0, 10)
	one.until(10)
	s.append("a", 0, 10, 10)
	s.append("a", 1, 20, 10)
	one.lose()
	if !a.reload(s.config("a"), one) {
		t.Fatal("the input does not go on")
	}
	b := open(t, t.TempDir(), s.config("a"), false)
	other := b.consumer("one")
	var mu sync.Mutex
	var all []int
	ctx, cancel := context.WithCancel(t.Context())
	second := other.follow(ctx, &mu, &all)
	eventually(t, "the share is over", func() bool { return one.reader.(*reader).share.gone() })
	one = a.consumer("one")
	first := one.follow(ctx, &mu, &all)
	eventually(t, "each has one", func() bool { return len(*one.share()) == 1 && len(*other.share()) == 1 })
	got := func() int {
		mu.Lock()
		defer mu.Unlock()
		seen := map[int]bool{}
		for _, n := range all {
			seen[n] = n >= 10
		}
		return len(seen)
	}
	eventually(t, "the lines that were not delivered", func() bool { return got() == 20 })
	cancel()
	<-first
	<-second
	if len(all) != 20 {
		t.Errorf("%d lines for 20", len(all))
	}
	a.close(one)
	b.close(other)
}

// TestAnOutputGoes: who is not there any more leaves its group, the others stay.
func TestAnOutputGoes(t *testing.T) {
	s := newStandin(t)
	s.topic("a", 1)
	s.append("a", 0, 0, 10)
	a := open(t, t.TempDir(), s.config("a"), false)
	one, two := a.consumer("one"), a.consumer("two")
	one.until(10)
	two.until(10)
	if !a.reload(s.config("a"), one, two) {
		t.Fatal("the input does not go on")
	}
	one = a.consumer("one")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.in.Background(ctx) }()
	members := func(output string) int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.group("jupyter-events-agent.in." + output).members)
	}
	eventually(t, "the group has no member", func() bool { return members("two") == 0 })
	if members("one") != 1 {
		t.Error("the other has left too")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	a.close(one)
}

// TestWhatIsKept: another place to read, or another way to show who the agent
// is, needs another membership.
func TestWhatIsKept(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(password, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change func(*Config)
		kept   bool
	}{
		"nothing":               {func(*Config) {}, true},
		"the order of topics":   {func(c *Config) { c.Topics = []string{"b", "a"} }, true},
		"the default group":     {func(c *Config) { c.Group = "jupyter-events-agent.in" }, true},
		"path_fields":           {func(c *Config) { c.PathFields = &PathFields{} }, true},
		"topics":                {func(c *Config) { c.Topics = []string{"a"} }, false},
		"brokers":               {func(c *Config) { c.Brokers = []string{"127.0.0.1:2"} }, false},
		"group":                 {func(c *Config) { c.Group = "other" }, false},
		"start_at":              {func(c *Config) { c.StartAt = "end" }, false},
		"max_line":              {func(c *Config) { c.MaxLine = 100 }, false},
		"tls":                   {func(c *Config) { c.TLS = nil }, false},
		"tls.server_name":       {func(c *Config) { c.TLS = &tlsfiles.Config{ServerName: "other"} }, false},
		"sasl.username":         {func(c *Config) { c.SASL.Username = "other" }, false},
		"another password":      {func(*Config) { write("other") }, false},
		"the password is there": {func(*Config) { write("secret") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			write("secret")
			config := func() Config {
				return Config{
					Brokers: []string{"127.0.0.1:1"}, Topics: []string{"a", "b"}, TLS: &tlsfiles.Config{},
					SASL: kafkasasl.Config{Mechanism: kafkasasl.Plain, Username: "agent", PasswordFile: password},
				}
			}
			a := open(t, t.TempDir(), config(), false)
			next := config()
			c.change(&next)
			if kept := a.reload(next); kept != c.kept {
				t.Errorf("kept: %v", kept)
			}
			a.close()
		})
	}
}
