//go:build real

package kafka

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// TestRealCompressions: kafka-go's Reader and Kafka's own Java consumer read
// back every record with its key, time and headers; and Java's partitioner
// would have put each where it is.
func TestRealCompressions(t *testing.T) {
	for _, compression := range compressions {
		t.Run(compression, func(t *testing.T) {
			r := newRealRig(t, 5, nil, func(c *Config) { c.Compression = compression })
			b := r.records.Plain(400)
			line := r.records.Batch(strings.Repeat("long ", 60<<10)) // 300 KiB
			r.deliver(b)
			r.deliver(line)
			r.once(b, line)

			java := exec.Command("java", "-cp", filepath.Join(r.server.Jars, "*"), "testdata/Consume.java", r.server.Plain, r.config.Topic, "5")
			java.Stderr = nil // it has no logging set up, and says so
			text, err := java.Output()
			if err != nil {
				t.Fatalf("java: %v", err)
			}
			got := map[string]string{}
			for out := range strings.Lines(string(text)) {
				f := strings.Fields(out)
				if f[0] != f[1] {
					t.Errorf("a record is in partition %s, and Java's partitioner says %s", f[0], f[1])
				}
				body, err := base64.StdEncoding.DecodeString(f[4])
				if err != nil {
					t.Fatal(err)
				}
				got[string(body)] = strings.Join(slices.Delete(f, 4, 5)[2:], " ")
			}
			want := slices.Concat(b.Records, line.Records)
			if len(got) != len(want) {
				t.Fatalf("Java has read %d records, want %d", len(got), len(want))
			}
			for i := range want {
				if is, due := got[string(want[i].JSON())], asJava(&want[i]); is != due {
					t.Fatalf("Java has read\n%s\nwant\n%s", is, due)
				}
			}
		})
	}
}

// asJava is a record's time, key and headers as Consume.java prints them.
func asJava(r *filters.Record) string {
	text := base64.StdEncoding.EncodeToString
	words := []string{strconv.FormatInt(r.Micros()/1000, 10), text(r.ID()), "__event_id__=" + text(r.ID()),
		"__schema__=" + text([]byte(r.Schema())), "__schema_version__=" + text([]byte(r.Version()))}
	for _, m := range r.Beside() {
		words = append(words, m.Name+"="+text(m.Value))
	}
	return strings.Join(words, " ")
}

// TestRealKilled: the broker is killed and started again in the middle of a
// run: everything is there, once.
func TestRealKilled(t *testing.T) {
	r := newRealRig(t, 3, nil, nil)
	var all []*outputtest.Batch
	failures := 0
	for i := range 60 {
		if i == 20 || i == 40 {
			killed := make(chan struct{})
			go func() { // while batches are on their way
				defer close(killed)
				r.server.Stop(t, servers.Kill)
			}()
			for more := true; more; {
				select {
				case <-killed:
					more = false
				default:
					extra := r.records.Plain(300)
					all = append(all, extra)
					rest := slices.Clone(extra.Records)
					err := r.out.Write(t.Context(), rest)
					if err == nil {
						continue
					}
					<-killed
					more = false
					if err := r.out.Write(t.Context(), left(rest, err)); err == nil {
						t.Error("a broker that is dead takes records")
					}
					r.server.Start(t)
					failures += 2 + r.persist(left(rest, err))
				}
			}
			r.server.Start(t)
		}
		b := r.records.Plain(300)
		all = append(all, b)
		failures += r.persist(b.Records)
	}
	r.once(all...)
	if r.log.Len() > 0 {
		t.Errorf("the log has\n%s", &r.log)
	}
	if failures == 0 {
		t.Error("no Write has failed")
	}
	t.Logf("%d batches, %d failures", len(all), failures)
}

// TestRealStopped: a broker that is told to stop, and one that comes back.
func TestRealStopped(t *testing.T) {
	r := newRealRig(t, 3, nil, nil)
	before, b := r.records.Plain(100), r.records.Plain(100)
	r.deliver(before)
	r.server.Stop(t)
	for range 2 {
		says(t, r.out.Write(t.Context(), b.Records), false, r.server.Plain)
	}
	says(t, r.out.(outputs.Prober).Probe(t.Context()), false, "connection refused")
	r.server.Start(t)
	r.persist(b.Records)
	r.once(before, b)
}

func TestRealLogins(t *testing.T) {
	s := servers.Kafka(t)
	right, wrong := secretFile(t, s.Password), secretFile(t, "guess")
	for name, test := range map[string]struct {
		change func(*Config)
		want   []string // none: it works
	}{
		"plain":          {func(c *Config) { secure(c, s, "plain", right) }, nil},
		"scram 256":      {func(c *Config) { secure(c, s, "scram-sha-256", right) }, nil},
		"scram 512":      {func(c *Config) { secure(c, s, "scram-sha-512", right) }, nil},
		"mutual TLS":     {func(c *Config) { secure(c, s, "", "") }, nil},
		"wrong password": {func(c *Config) { secure(c, s, "plain", wrong) }, []string{"sasl.password_file", s.SASL}},
		"wrong 256":      {func(c *Config) { secure(c, s, "scram-sha-256", wrong) }, []string{"sasl.password_file"}},
		"wrong 512":      {func(c *Config) { secure(c, s, "scram-sha-512", wrong) }, []string{"sasl.password_file"}},
		"another user":   {func(c *Config) { secure(c, s, "scram-sha-512", right); c.SASL.Username = "nobody" }, []string{"sasl.username"}},
		"a token":        {func(c *Config) { secure(c, s, "oauthbearer", ""); c.SASL.TokenFile = right; c.SASL.Username = "" }, []string{"does not take sasl.mechanism oauthbearer", "plain, scram-sha-256, scram-sha-512"}},
		"another CA":     {func(c *Config) { secure(c, s, "", ""); c.TLS.CAFile = s.OtherCAFile }, []string{"tls.ca_file"}},
		"system's CAs":   {func(c *Config) { secure(c, s, "", ""); c.TLS.CAFile = "" }, []string{"tls.ca_file"}},
		"no certificate": {func(c *Config) { secure(c, s, "", ""); c.TLS.CertFile, c.TLS.KeyFile = "", "" }, []string{"tls.cert_file"}},
		"another name":   {func(c *Config) { secure(c, s, "", ""); c.TLS.ServerName = "kafka.example.org" }, []string{"tls.server_name"}},
		"no TLS":         {func(c *Config) { c.Brokers = []string{s.MTLS} }, []string{"tls = {}"}},
		"no login": {func(c *Config) {
			secure(c, s, "plain", right)
			c.SASL.Mechanism = ""
			c.SASL.Username = ""
			c.SASL.PasswordFile = ""
		}, []string{"sasl = {"}},
		"TLS on plain": {func(c *Config) { secure(c, s, "", ""); c.Brokers = []string{s.Plain} }, []string{s.Plain}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRealRig(t, 1, nil, test.change)
			b := r.records.Plain(10)
			probed, wrote := r.out.(outputs.Prober).Probe(t.Context()), r.out.Write(t.Context(), b.Records)
			if test.want == nil {
				if err := errors.Join(probed, wrote); err != nil {
					t.Fatal(err)
				}
				r.once(b)
				return
			}
			for _, err := range []error{probed, wrote} {
				refused := name != "no TLS" && name != "no login" && name != "TLS on plain" // from those nobody can tell a restart
				says(t, err, refused || outputs.IsRefused(err), test.want...)
			}
			r.once()
		})
	}
}

// TestRealNewSecrets: a password and a certificate that are mended while the
// agent runs count at the next try.
func TestRealNewSecrets(t *testing.T) {
	s := servers.Kafka(t)
	password := secretFile(t, "guess")
	r := newRealRig(t, 1, nil, func(c *Config) { secure(c, s, "scram-sha-512", password) })
	b := r.records.Plain(10)
	says(t, r.out.Write(t.Context(), b.Records), true, "sasl.password_file")
	if err := os.WriteFile(password, []byte(s.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	r.deliver(b)
	r.once(b)

	files := t.TempDir()
	copyTo := func(name, from string) string {
		text, err := os.ReadFile(from)
		to := filepath.Join(files, name)
		if err := errors.Join(err, os.WriteFile(to, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		return to
	}
	r = newRealRig(t, 1, nil, func(c *Config) {
		secure(c, s, "", "")
		c.TLS.CAFile = copyTo("ca.pem", s.OtherCAFile)
		c.TLS.CertFile, c.TLS.KeyFile = copyTo("client.crt", s.CertFile), copyTo("client.key", s.KeyFile)
	})
	b = r.records.Plain(10)
	says(t, r.out.Write(t.Context(), b.Records), true, "tls.ca_file")
	copyTo("ca.pem", s.CAFile)
	r.deliver(b)
	r.once(b)
}

// TestRealTopics: one that is missing is made by the broker where it does so,
// else records wait for it.
func TestRealTopics(t *testing.T) {
	r := newRealRig(t, 0, nil, nil)
	says(t, r.out.(outputs.Prober).Probe(t.Context()), false, "create it", r.config.Topic)
	b := r.records.Plain(20)
	r.persist(b.Records)
	r.once(b)

	s := servers.Kafka(t, servers.Setting("auto.create.topics.enable=false"))
	r = newRealRig(t, 0, nil, func(c *Config) { c.Brokers = []string{s.Plain} })
	r.server = s
	for i := range patience + 1 {
		says(t, r.out.Write(t.Context(), b.Records), i >= patience-1, "create it", r.config.Topic)
	}
	s.Topic(t, r.config.Topic, 2, nil)
	r.persist(b.Records)
	r.once(b)
	s.Stop(t)
}

// TestRealTooLarge: batches are cut until the topic takes them, and what it
// never takes is rejected.
func TestRealTooLarge(t *testing.T) {
	r := newRealRig(t, 2, map[string]string{"max.message.bytes": "5000"}, func(c *Config) { c.Compression = "none" })
	b := r.records.Plain(300)
	r.deliver(b)
	r.once(b)
	long := r.records.Batch("a", strings.Repeat("x", 300<<10), "b")
	err := r.out.Write(t.Context(), long.Records)
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) > 0 || !slices.Equal(partial.Rejected, []outputs.Rejection{{Index: 1, Class: "message_too_large"}}) {
		t.Fatalf("%v", err)
	}
	long.Bodies = slices.Delete(long.Bodies, 1, 2)
	r.once(b, long)
}

// TestRealClocks: an event of next year is refused by the broker, one of last
// year is not; neither holds the others back.
func TestRealClocks(t *testing.T) {
	r := newRealRig(t, 1, nil, nil)
	now := r.records.Plain(5)
	next, last := r.records.BatchAt(time.Now().AddDate(1, 0, 0), "next year"), r.records.BatchAt(time.Now().AddDate(-1, 0, 0), "last year")
	err := r.out.Write(t.Context(), slices.Concat(now.Records[:2], next.Records, now.Records[2:], last.Records))
	var partial *outputs.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) > 0 || !slices.Equal(partial.Rejected, []outputs.Rejection{{Index: 2, Class: "invalid_timestamp"}}) {
		t.Fatalf("%v", err)
	}
	r.once(now, last)
}

// TestRealRights: a topic that the agent may not write to.
func TestRealRights(t *testing.T) {
	s := servers.Kafka(t)
	password := secretFile(t, s.Password)
	r := newRealRig(t, 2, nil, func(c *Config) { secure(c, s, "scram-sha-256", password) })
	before, b := r.records.Plain(10), r.records.Plain(10)
	r.deliver(before)
	s.Deny(t, r.config.Topic)
	for range 2 {
		says(t, r.out.Write(t.Context(), b.Records), true, "give it Write", r.config.Topic)
		says(t, r.out.(outputs.Prober).Probe(t.Context()), true, "give it Write")
	}
	s.Allow(t, r.config.Topic)
	r.persist(b.Records)
	r.once(before, b)
}

// TestRealCompacted: a compacted topic takes no record without a key.
func TestRealCompacted(t *testing.T) {
	r := newRealRig(t, 1, map[string]string{"cleanup.policy": "compact"}, func(c *Config) { c.Key = "" })
	b := r.records.Plain(3)
	says(t, r.out.Write(t.Context(), b.Records), true, "set key")
	r.config.Key = eventID
	r.open()
	r.deliver(b)
	r.config.Key = "{who}"
	r.open()
	who := keyedBy(t, &r.config, "ann", "", "bob", "cem", "", "dan")
	wantNoKey(t, r.out.Write(t.Context(), who.Records), who)
	r.once(b, who)
}

// TestRealNewPartitions get records once the agent looks again.
func TestRealNewPartitions(t *testing.T) {
	r := newRealRig(t, 1, nil, func(c *Config) { c.Key = "" })
	first := r.records.Plain(10)
	r.deliver(first)
	grow(t, r.server.Plain, r.config.Topic, 3)
	o := r.out.(*output)
	o.cluster.now = func() time.Time { return time.Now().Add(refreshTime) }
	all := []*outputtest.Batch{first}
	for range 3 {
		b := r.records.Plain(10)
		r.deliver(b)
		all = append(all, b)
	}
	r.once(all...)
	for i, p := range values(t, r.server.Plain, r.config.Topic) {
		if len(p) == 0 {
			t.Errorf("partition %d has no records", i)
		}
	}
}
