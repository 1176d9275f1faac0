package loki

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/httpsend"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/internal/units"
	"jupyter-events-agent/outputs"
)

// Config is one [[outputs.loki]] of the configuration.
type Config struct {
	URL                  string            `toml:"url"`                    // the server's, or a gateway's; with or without the path of pushes
	Tenant               string            `toml:"tenant"`                 // template; "" sends no tenant
	Labels               map[string]string `toml:"labels"`                 // templates by name
	AllowHighCardinality bool              `toml:"allow_high_cardinality"` // labels over properties of any value
	Username             string            `toml:"username"`
	PasswordFile         string            `toml:"password_file"`
	BearerTokenFile      string            `toml:"bearer_token_file"`
	TLS                  tlsfiles.Config   `toml:"tls"`
	Timeout              units.Duration    `toml:"timeout"` // of one request
	Burst                units.Size        `toml:"burst"`   // of one push, before compression
}

// Defaults. The burst is a quarter of the 4 MiB that Loki's components take
// from each other in one message, where a push arrives with what Loki adds, and
// of the 4 MB that it takes from a tenant in a second.
const (
	defaultTimeout = 10 * time.Second
	defaultBurst   = units.MiB
)

// pushPath is where Loki takes pushes.
const pushPath = "/loki/api/v1/push"

// New is the kind "loki" with its defaults.
func New() outputs.Config {
	return &Config{Timeout: units.Duration(defaultTimeout), Burst: defaultBurst}
}

// Validate returns every mistake, each beginning with its key.
func (c *Config) Validate() []error {
	var mistakes []error
	if err := httpsend.CheckURL("url", c.URL); err != nil {
		mistakes = append(mistakes, err)
	}
	mistakes = append(mistakes, c.tenantMistakes()...)
	mistakes = append(mistakes, c.labelMistakes()...)
	mistakes = append(mistakes, c.auth().Validate()...)
	mistakes = append(mistakes, c.TLS.Validate("tls")...)
	if c.Timeout <= 0 {
		mistakes = append(mistakes, errors.New(`timeout: must be more than nothing, such as "10s"`))
	}
	if c.Burst < 1 {
		mistakes = append(mistakes, errors.New(`burst: must be more than nothing, such as "1MiB"`))
	}
	return mistakes
}

// Templates are the tenant's, where there is one, and the labels' by name.
func (c *Config) Templates() []filters.Template {
	var all []filters.Template
	if c.Tenant != "" {
		all = append(all, filters.Template{Use: "tenant", Text: c.Tenant, Closed: true})
	}
	for _, name := range c.labelNames() {
		all = append(all, filters.Template{
			Use: "labels." + name, Text: c.Labels[name],
			Closed: !c.AllowHighCardinality, Absent: true, Unless: "allow_high_cardinality = true",
		})
	}
	return all
}

func (c *Config) labelNames() []string { return slices.Sorted(maps.Keys(c.Labels)) }

// At is outputs.Movable's.
func (c *Config) At(to string) outputs.Config {
	return &Config{URL: "http://" + to, Tenant: c.Tenant, Labels: c.Labels, AllowHighCardinality: c.AllowHighCardinality, Timeout: c.Timeout, Burst: c.Burst}
}

// Files is nil: it writes none.
func (c *Config) Files() []string { return nil }

// Traits: metadata goes as structured metadata, and a push is for many records.
func (c *Config) Traits() outputs.Traits { return outputs.Traits{BatchAge: time.Second, Apart: true} }

// Open reads the secrets and certificates; it connects with the first Write.
func (c *Config) Open(_ context.Context, env outputs.Env) (outputs.Output, error) {
	sender, err := httpsend.Open(c.connection())
	if err != nil {
		return nil, err
	}
	for _, warning := range c.Warnings() {
		env.Log.Warn(warning)
	}
	at, err := url.Parse(c.server())
	if err != nil {
		return nil, errors.New("url: is no address of a service")
	}
	o := &output{
		sender: sender, url: c.server() + pushPath, server: c.server(), address: httpsend.Address(at), tenant: c.probeTenant(),
		timeout: c.Timeout.Std(), streams: newStreams(c), most: int(c.Burst),
	}
	o.room = o.most
	return o, nil
}

// server is the URL without the path of pushes.
func (c *Config) server() string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.URL, "/"), pushPath), "/")
}

func (c *Config) connection() httpsend.Config {
	return httpsend.Config{URLs: []string{c.server()}, TLS: c.TLS, Auth: c.auth()}
}

// Unreadable is what is wrong with its certificates and its secret.
func (c *Config) Unreadable() error { return c.connection().Unreadable() }

// Warnings are what is not wrong yet should not stay.
func (c *Config) Warnings() []string { return c.connection().Warnings() }

func (c *Config) auth() httpsend.Auth {
	return httpsend.Auth{Username: c.Username, PasswordFile: c.PasswordFile, BearerTokenFile: c.BearerTokenFile}
}
