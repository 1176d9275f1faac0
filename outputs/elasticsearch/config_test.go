package elasticsearch

import (
	"errors"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestConfig(t *testing.T) {
	const urls = `urls = ["http://127.0.0.1:9200"]` + "\n"
	for text, want := range map[string]string{
		urls:                                  "",
		``:                                    "urls: is missing",
		`urls = []`:                           "urls: is missing",
		`urls = ["127.0.0.1:9200"]`:           "urls: ",
		`urls = ["http://a:9200", "ftp://b"]`: "urls: must begin with https:// or http://",
		`urls = ["http://elastic:canary@a"]`:  "urls: holds a user name or password",
		urls + `index = ""`:                   "index: is empty",
		urls + `index = "Logs"`:               "index: must be in lower case",
		urls + `index = "a b"`:                "index: must not hold",
		urls + `index = "a/b"`:                "index: must not hold",
		urls + `index = "-a"`:                 "index: must not begin with",
		urls + `index = ".."`:                 "index: must not be a single or double dot",
		urls + `index = "a-{action|None}"`:    "index: must be in lower case",
		urls + `index = "` + strings.Repeat("a", 227) + `"`:                    "index: must not be longer than 226 bytes",
		urls + `index = "logs-jupyter.{action|none}-x"`:                        "",
		urls + `index = "{schema}"`:                                            "",
		urls + `product = "solr"`:                                              `product: must be "elasticsearch" or "opensearch"`,
		urls + `timeout = "0s"`:                                                "timeout: must be more than nothing",
		urls + `username = "elastic"`:                                          "password_file: is missing",
		urls + "username = \"e\"\npassword_file = \"p\"\napi_key_file = \"k\"": "several ways to log in",
		urls + `tls = { cert_file = "c" }`:                                     "tls.key_file: is missing",
		urls + `gzip = true`:                                                   "",
		urls + `gzip = 9`:                                                      "",
	} {
		c := New().(*Config)
		if _, err := toml.Decode(text, c); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.Validate()...); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) || err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

func TestGzip(t *testing.T) {
	for text, want := range map[string]Gzip{"true": 1, "false": 0, "0": 0, "1": 1, "9": 9, "10": -1, "-1": -1, `"best"`: -1, "1.5": -1} {
		var c Config
		if _, err := toml.Decode("gzip = "+text, &c); err != nil {
			c.Gzip = -1
		}
		if c.Gzip != want {
			t.Errorf("%s: %d", text, c.Gzip)
		}
	}
}

func TestDataset(t *testing.T) {
	for index, want := range map[string]string{
		"logs-jupyter.events-default": "jupyter.events", "logs-hub-prod": "hub", "jupyter": "jupyter.events", "a-b": "jupyter.events",
		"logs--x": "jupyter.events", "a-b-c-d": "jupyter.events", "logs-{action|x}-default": "jupyter.events",
	} {
		c := Config{Index: index}
		if got := dataset(c.index()); got != want {
			t.Errorf("%s: %s; want %s", index, got, want)
		}
	}
}

func TestIndexPattern(t *testing.T) {
	for index, want := range map[string]string{
		"logs-x-y": "logs-x-y", "a-{schema}{version}-{action|none}": "a-*-*", "{schema}": "*",
	} {
		c := Config{Index: index}
		if got := indexPattern(c.index()); got != want {
			t.Errorf("%s: %s; want %s", index, got, want)
		}
	}
}
