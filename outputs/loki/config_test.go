package loki

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/schema"
)

func TestConfigFromTOML(t *testing.T) {
	c := New().(*Config)
	meta, err := toml.Decode(`
url     = "https://loki.example.org:3100"
tenant  = "jupyter"
labels  = { job = "jupyter", schema = "{schema}", action = "{action|none}" }
allow_high_cardinality = true
username = "agent"
password_file = "/etc/password"
tls     = { ca_file = "ca.pem", cert_file = "client.pem", key_file = "client.key", server_name = "loki" }
timeout = "30s"
burst   = "512KiB"`, c)
	if err != nil || len(meta.Undecoded()) > 0 {
		t.Fatal(err, meta.Undecoded())
	}
	if mistakes := c.Validate(); len(mistakes) > 0 {
		t.Error(mistakes)
	}
	want := Config{
		URL: "https://loki.example.org:3100", Tenant: "jupyter", AllowHighCardinality: true,
		Labels:   map[string]string{"job": "jupyter", "schema": "{schema}", "action": "{action|none}"},
		Username: "agent", PasswordFile: "/etc/password",
		TLS:     tlsfiles.Config{CAFile: "ca.pem", CertFile: "client.pem", KeyFile: "client.key", ServerName: "loki"},
		Timeout: units.Duration(30 * time.Second), Burst: 512 * units.KiB,
	}
	if fmt.Sprint(*c) != fmt.Sprint(want) {
		t.Errorf("%+v; want %+v", *c, want)
	}
	if d := New().(*Config); d.Timeout.Std() != 10*time.Second || d.Burst != units.MiB {
		t.Errorf("the defaults are %+v", d)
	}
	if traits := c.Traits(); traits.BatchAge != time.Second || !traits.Apart || traits.Local || c.Files() != nil {
		t.Errorf("%+v, files %v", traits, c.Files())
	}
}

func TestValidate(t *testing.T) {
	many := "labels = { a0 = 'x'"
	for i := range 15 {
		many += fmt.Sprintf(", b%d = 'x'", i)
	}
	for text, want := range map[string][]string{
		``:                                              {"url: is missing", "labels: is missing"},
		`url = "loki:3100"`:                             {"url: is no address"},
		`url = "http://u:p@loki:3100"`:                  {"url: holds a user name"},
		`url = "http://loki/?x=1"`:                      {"url: must end with the path"},
		`labels = {}`:                                   {"labels: is missing"},
		`labels = { "a.b" = "x" }`:                      {`labels: "a.b" is no name of a label`},
		`labels = { "1a" = "x" }`:                       {`labels: "1a" is no name of a label`},
		`labels = { "" = "x" }`:                         {`labels: "" is no name of a label`},
		`labels = { __a__ = "x" }`:                      {`labels: "__a__": names that begin with __`},
		`labels = { __a = "x" }`:                        {`labels: "__a": names that begin with __`},
		`labels = { a = "{action}" }`:                   {"labels: each may be absent"},
		`labels = { a = "{action|}" }`:                  {"labels: each may be absent"},
		`labels = { a = "" }`:                           {"labels: each may be absent"},
		`labels = { a = "x-{action}" }`:                 {"labels: each may be absent"},
		`labels = { job = "j", id = "{__event_id__}" }`: {"labels.id: {__event_id__} would make a stream of each record"},
		"allow_high_cardinality = true\nlabels = { job = 'j', id = 'x{__event_id__}' }": {"labels.id: {__event_id__}"},
		many + " }": {"labels: there are 16, and Loki takes 15"},
		`labels = { ` + strings.Repeat("a", 1025) + ` = "x" }`: {"labels: the name that begins with"},
		`tenant = "a|b"`:        {"tenant: may hold letters, digits"},
		`tenant = "a/b"`:        {"tenant: may hold letters, digits"},
		`tenant = "{team|a b}"`: {"tenant: may hold letters, digits"},
		`tenant = ".."`:         {"tenant: Loki takes at most 150 bytes"},
		`tenant = "` + strings.Repeat("a", 151) + `"`:                  {"tenant: Loki takes at most 150 bytes"},
		`username = "agent"`:                                           {"password_file: is missing"},
		`password_file = "x"`:                                          {"username: is missing"},
		"username = 'a'\npassword_file = 'p'\nbearer_token_file = 't'": {"username: there are several ways"},
		`tls = { cert_file = "x" }`:                                    {"tls.key_file: is missing"},
		`timeout = "0s"`:                                               {"timeout: must be more than nothing"},
		`burst = "0"`:                                                  {"burst: must be more than nothing"},

		`labels = { a = "{action|none}" }`:            nil,
		`labels = { a = "{schema}" }`:                 nil,
		`labels = { a = "{action}", service = "x" }`:  nil,
		`labels = { A_1 = "{version}" }`:              nil,
		`tenant = "{team|none}-!a_b.c*'()"`:           nil,
		`url = "http://loki:3100/loki/api/v1/push"`:   nil,
		`url = "https://gateway.example.org/prefix/"`: nil,
		`bearer_token_file = "token"`:                 nil,
	} {
		c := New().(*Config)
		if want == nil || !strings.Contains(want[0], "is missing") || !strings.HasPrefix(want[0], "url") {
			c.URL, c.Labels = "http://127.0.0.1:3100", map[string]string{}
			if !strings.Contains(text, "labels =") {
				c.Labels = map[string]string{"job": "jupyter"}
			}
		}
		if _, err := toml.Decode(text, c); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		mistakes := c.Validate()
		if len(mistakes) < len(want) || want == nil && len(mistakes) > 0 {
			t.Errorf("%s: %v; want %q", text, mistakes, want)
			continue
		}
		for _, w := range want {
			if !slices.ContainsFunc(mistakes, func(err error) bool { return strings.HasPrefix(err.Error(), w) }) {
				t.Errorf("%s: %v; want %q", text, mistakes, w)
			}
		}
	}
}

// TestServer: with and without the path of pushes it is the same Loki.
func TestServer(t *testing.T) {
	for url, want := range map[string]string{
		"http://loki:3100":                           "http://loki:3100",
		"http://loki:3100/":                          "http://loki:3100",
		"http://loki:3100/loki/api/v1/push":          "http://loki:3100",
		"https://gateway/a/b/":                       "https://gateway/a/b",
		"https://gateway/a/b/loki/api/v1/push/":      "https://gateway/a/b",
		"https://gateway/loki/api/v1/push/elsewhere": "https://gateway/loki/api/v1/push/elsewhere",
	} {
		if got := (&Config{URL: url}).server(); got != want {
			t.Errorf("%s is %s, want %s", url, got, want)
		}
	}
}

// TestHighCardinality: what a label may hold is asked of the schemas.
func TestHighCardinality(t *testing.T) {
	file := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(file, []byte(testSchema), 0o600); err != nil {
		t.Fatal(err)
	}
	registry, err := schema.Load(schema.Config{Paths: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Labels: map[string]string{"action": "{action}"}}, ""}, // may be absent
		{Config{Labels: map[string]string{"free": "{free|x}"}}, "labels.free: {free} has no end of values in schema https://test.example/event version 2 (this takes only places limited by enum, const or boolean, unless allow_high_cardinality = true)"},
		{Config{Labels: map[string]string{"free": "{free|x}"}, AllowHighCardinality: true}, ""},
		{Config{Labels: map[string]string{"who": "{secret|x}"}, AllowHighCardinality: true}, "labels.who: {secret} is not allowed"},
		{Config{Tenant: "{team}"}, "tenant: {team} may be absent"},
		{Config{Tenant: "{team|none}"}, ""},
		{Config{Tenant: "{free|none}", AllowHighCardinality: true}, "tenant: {free} has no end of values"},
		{Config{Tenant: "{__event_id__}", AllowHighCardinality: true}, "tenant: {__event_id__} has no end of values"},
	} {
		_, _, err := filters.Compile(filters.Policy{Output: "loki", Categories: []string{"unrestricted"}, Templates: c.config.Templates()}, registry)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v; want %q", c.config, err, c.want)
		}
	}
}

func TestOpenReadsSecrets(t *testing.T) {
	c := testConfig("http://127.0.0.1:1")
	c.Username, c.PasswordFile = "agent", filepath.Join(t.TempDir(), "missing")
	if o, err := c.Open(t.Context(), env()); err == nil || o != nil || !strings.Contains(err.Error(), c.PasswordFile) {
		t.Errorf("%v, %v; want the missing file named", o, err)
	}
}
