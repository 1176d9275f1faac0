package elasticsearch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// Config is one [[outputs.elasticsearch]] of the configuration.
type Config struct {
	URLs         []string        `toml:"urls"`  // nodes of one cluster
	Index        string          `toml:"index"` // a template over closed places; of a data stream or an index
	Product      string          `toml:"product"`
	APIKeyFile   string          `toml:"api_key_file"`
	Username     string          `toml:"username"`
	PasswordFile string          `toml:"password_file"`
	TLS          tlsfiles.Config `toml:"tls"`
	Gzip         Gzip            `toml:"gzip"`
	Timeout      units.Duration  `toml:"timeout"` // of one request
}

// The products.
const (
	productElasticsearch = "elasticsearch"
	productOpenSearch    = "opensearch"
)

// Gzip is the level that requests are compressed with, 1 to 9; 0 for not at all.
type Gzip int

// UnmarshalTOML takes a level, or true for level 1.
func (g *Gzip) UnmarshalTOML(value any) error {
	switch value := value.(type) {
	case bool:
		*g = 0
		if value {
			*g = 1
		}
		return nil
	case int64:
		if value >= 0 && value <= 9 {
			*g = Gzip(value)
			return nil
		}
	}
	return errors.New("must be true, false or a level from 1 to 9")
}

// New is the kind "elasticsearch" with its defaults.
func New() outputs.Config {
	return &Config{Index: "logs-jupyter.events-default", Product: productElasticsearch, Timeout: units.Duration(30 * time.Second)}
}

// Validate returns every mistake, each beginning with its key.
func (c *Config) Validate() []error {
	var mistakes []error
	if len(c.URLs) == 0 {
		mistakes = append(mistakes, errors.New(`urls: is missing: list the nodes, such as ["https://es1.example.org:9200"]`))
	}
	for _, u := range c.URLs {
		if err := httpsend.CheckURL("urls", u); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	if err := checkIndex(c.index()); err != nil {
		mistakes = append(mistakes, err)
	}
	if c.Product != productElasticsearch && c.Product != productOpenSearch {
		mistakes = append(mistakes, fmt.Errorf("product: must be %q or %q", productElasticsearch, productOpenSearch))
	}
	if c.Timeout <= 0 {
		mistakes = append(mistakes, errors.New(`timeout: must be more than nothing, such as "30s"`))
	}
	return append(append(mistakes, c.auth().Validate()...), c.TLS.Validate("tls")...)
}

func (c *Config) auth() httpsend.Auth {
	return httpsend.Auth{Username: c.Username, PasswordFile: c.PasswordFile, APIKeyFile: c.APIKeyFile}
}

func (c *Config) index() filters.Template {
	return filters.Template{Use: "index", Text: c.Index, Closed: true}
}

// The templates by the number that Record.Field has for them.
const (
	fieldAction = iota
	fieldIndex  // only where the index has places
)

// Templates are event.action, which documents have where the policy lets the
// event's action out, and the index where it has places.
func (c *Config) Templates() []filters.Template {
	all := []filters.Template{fieldAction: {Use: "event.action", Text: "{action}", Permitted: true}}
	if _, constant := constantIndex(c.index()); !constant {
		all = append(all, c.index())
	}
	return all
}

// At is outputs.Movable's.
func (c *Config) At(to string) outputs.Config {
	return &Config{URLs: []string{"http://" + to}, Index: c.Index, Product: c.Product, Gzip: c.Gzip, Timeout: c.Timeout}
}

// Files is nil: it writes none.
func (c *Config) Files() []string { return nil }

// Traits: documents hold their metadata, and the event id is theirs; a request is worth waiting for.
func (c *Config) Traits() outputs.Traits {
	return outputs.Traits{BatchAge: time.Second, Numbered: true}
}

// Warnings are what is not wrong yet should not stay.
func (c *Config) Warnings() []string { return c.service().Warnings() }

// Unreadable is what is wrong with its certificates and its secret.
func (c *Config) Unreadable() error { return c.service().Unreadable() }

// Open reads the certificate and secret files and connects to nothing yet.
func (c *Config) Open(_ context.Context, env outputs.Env) (outputs.Output, error) {
	cluster, err := c.connect()
	if err != nil {
		return nil, err
	}
	if env.Log != nil {
		for _, warning := range c.Warnings() {
			env.Log.Warn(warning)
		}
	}
	o := &output{cluster: cluster, name: env.Name, template: c.index(), header: bulkHeader(c.Gzip), now: env.Now}
	if o.now == nil {
		o.now = time.Now
	}
	o.documents.dataset = string(appendText(nil, []byte(dataset(o.template))))
	if name, constant := constantIndex(o.template); constant {
		o.path = url.PathEscape(name)
	}
	o.documents.routed = o.path == ""
	if c.Gzip > 0 {
		if o.packer, err = newPacker(int(c.Gzip)); err != nil {
			return nil, err
		}
	}
	return o, nil
}
