package kafka

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/kafkasasl"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

func TestConfigFromTOML(t *testing.T) {
	c := New().(*Config)
	meta, err := toml.Decode(`
brokers = ["127.0.0.1:9092"]
topic   = "jupyter-events"
key     = "{__event_id__}"
compression = "zstd"
acks    = "all"
tls     = { ca_file = "ca.pem", cert_file = "client.pem", key_file = "client.key" }
sasl    = { mechanism = "scram-sha-512", username = "agent", password_file = "kafka-password" }`, c)
	if err != nil || len(meta.Undecoded()) > 0 {
		t.Fatal(err, meta.Undecoded())
	}
	if mistakes := c.Validate(); len(mistakes) > 0 {
		t.Error(mistakes)
	}
	if c.TLS == nil || c.TLS.CAFile != "ca.pem" || c.TLS.KeyFile != "client.key" || c.Compression != "zstd" ||
		c.SASL != (kafkasasl.Config{Mechanism: "scram-sha-512", Username: "agent", PasswordFile: "kafka-password"}) {
		t.Errorf("%+v", c)
	}
	if c.Traits() != (outputs.Traits{BatchAge: time.Second, Apart: true, Numbered: true}) || c.Files() != nil {
		t.Errorf("%+v, %v", c.Traits(), c.Files())
	}
	if other := (&Config{Key: "{schema}"}).Traits(); other.Numbered {
		t.Errorf("a key that is not the event id: %+v", other)
	}
	for text, on := range map[string]bool{"": false, "tls = {}": true, "[tls]": true} {
		c := New().(*Config)
		if _, err := toml.Decode(text, c); err != nil || (c.TLS != nil) != on {
			t.Errorf("%q: TLS is on: %v, %v", text, c.TLS != nil, err)
		}
	}
}

// TestValidate: all mistakes at once, each with what to do.
func TestValidate(t *testing.T) {
	right := "brokers = ['a:9092']\ntopic = 'events'\n"
	outputtest.Mistakes(t, New, map[string][]string{
		"":    {"brokers: is missing: name one", "topic: is missing: name one"},
		right: nil,
		"topic = 'e'\nbrokers = ['kafka', ':9092', 'a:0', 'a:99999', 'ssl://a:9092', 'a:1,b:2', '::1:9092']": {
			`brokers: "kafka" has no port: write "kafka:9092"`, `brokers: ":9092" has no host`, `brokers: "a:0" has no port`, `brokers: "a:99999" has no port`,
			`brokers: "ssl://a:9092" is a URL: write host:port`, `brokers: "a:1,b:2" holds several: write a list`, `brokers: "::1:9092" is no address`,
		},
		"topic = 'e'\nbrokers = ['[::1]:9092', 'kafka-1.example.org:9092']": nil,
		right + "compression = 'brotli'":                                    {"compression: must be one of none, gzip, snappy, lz4, zstd"},
		right + "acks = 'leader'":                                           {`acks: must be "all": with less`},
		right + "acks = ''":                                                 {`acks: must be "all"`},
		right + "key = ''":                                                  nil,
		right + "tls.cert_file = 'x'":                                       {"tls.key_file: is missing"},
		right + "sasl.mechanism = 'gssapi'":                                 {"sasl.mechanism: must be one of"},
		right + "sasl.mechanism = 'plain'":                                  {"sasl.username: is missing", "sasl.password_file: is missing"},
		"brokers = ['a:1']\ntopic = 'jupyter events'":                       {"topic: \"jupyter events\" holds a character"},
		"brokers = ['a:1']\ntopic = 'events/{schema}'":                      {"topic: \"events/{schema}\" holds a character"},
		"brokers = ['a:1']\ntopic = 'events-{schema}-{action|none}'":        nil,
		"brokers = ['a:1']\ntopic = 'events-{action|not set}'":              nil, // becomes not_set
		"brokers = ['a:1']\ntopic = '..'":                                   {"topic: cannot be . or .."},
		"brokers = ['a:1']\ntopic = '" + strings.Repeat("x", 249) + "'":     nil,
		"brokers = ['a:1']\ntopic = '" + strings.Repeat("x", 250) + "'":     {"topic: is longer than the 249"},
	})
}

func TestTemplates(t *testing.T) {
	topic := func(text string) filters.Template { return filters.Template{Use: "topic", Text: text, Closed: true} }
	key := func(text string) filters.Template { return filters.Template{Use: "key", Text: text} }
	for _, test := range []struct {
		topic, key string
		want       []filters.Template
	}{
		{"events", eventID, nil},
		{"events", "", nil},
		{"events", "{action}", []filters.Template{key("{action}")}},
		{"e-{schema}", eventID, []filters.Template{topic("e-{schema}")}},
		{"e-{schema}", "{action}", []filters.Template{topic("e-{schema}"), key("{action}")}},
		{"e-{", "", []filters.Template{topic("e-{")}}, // the policy's compiler says what is wrong with it
	} {
		if got := (&Config{Topic: test.topic, Key: test.key}).Templates(); !slices.Equal(got, test.want) {
			t.Errorf("topic %q, key %q: %+v", test.topic, test.key, got)
		}
	}
}

func TestOpen(t *testing.T) {
	c := New().(*Config)
	if _, err := c.Open(t.Context(), outputs.Env{}); err == nil || !strings.Contains(err.Error(), "topic: is missing") {
		t.Errorf("a configuration with mistakes: %v", err)
	}
	c.Brokers, c.Topic = []string{"127.0.0.1:1"}, "events"
	if _, err := toml.Decode(`tls.ca_file = "`+filepath.Join(t.TempDir(), "ca.pem")+`"`, c); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open(t.Context(), outputs.Env{}); err == nil || !strings.Contains(err.Error(), "ca.pem") {
		t.Errorf("a certificate that is missing: %v", err)
	}
	c.TLS = nil
	out, err := c.Open(t.Context(), outputs.Env{})
	if err != nil {
		t.Fatalf("with brokers that are away: %v", err)
	}
	out.Close()
}

// TestTheSecretIsAsItIsNow: logins, and a token that is renewed; what a broker
// says about one that it refuses is not shown.
func TestTheSecretIsAsItIsNow(t *testing.T) {
	for mechanism, says := range map[string]func(secret string) string{
		"plain":       func(s string) string { return "\x00agent\x00" + s },
		"oauthbearer": func(s string) string { return "n,,\x01auth=Bearer " + s + "\x01\x01" },
	} {
		file := filepath.Join(t.TempDir(), "secret")
		write := func(secret string) {
			if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("old-secret")
		r := newRig(t, 2, 4, func(c *Config) {
			c.SASL = kafkasasl.Config{Mechanism: mechanism, TokenFile: file}
			if mechanism == "plain" {
				c.SASL = kafkasasl.Config{Mechanism: mechanism, Username: "agent", PasswordFile: file}
			}
		})
		logins, right := 0, "new-secret"
		r.do(func() {
			r.login = func(name string, token []byte) bool {
				logins++
				return name == strings.ToUpper(mechanism) && string(token) == says(right)
			}
		})
		b := r.records.Plain(20)
		err := r.write(b.Records)
		if !outputs.IsRefused(err) || !strings.Contains(err.Error(), "_file") || strings.Contains(err.Error(), "old-secret") {
			t.Errorf("%s: %v", mechanism, err)
		}
		if err := r.out.Probe(t.Context()); err == nil {
			t.Errorf("%s: Probe says that it would take records", mechanism)
		}
		write("new-secret")
		r.deliver(b)
		r.once(b)
		said := func() (n int) { r.do(func() { n = logins }); return n }
		was := said()
		more := r.records.Plain(20)
		r.deliver(more)
		if said() != was {
			t.Errorf("%s: %d logins on connections that there are", mechanism, said()-was)
		}
		// The broker says that a login is good for an hour: before it is over there is another.
		r.out.cluster.now = func() time.Time { return time.Now().Add(time.Hour) }
		last := r.records.Plain(20)
		r.deliver(last)
		if said() == was {
			t.Errorf("%s: no new login after an hour", mechanism)
		}
		r.once(b, more, last)
		if !strings.Contains(r.log.String(), "without tls") {
			t.Errorf("%s: the log does not say that the secret can be read on the way:\n%s", mechanism, &r.log)
		}
	}
}
