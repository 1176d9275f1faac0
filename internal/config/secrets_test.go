package config_test

import (
	"slices"
	"testing"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/file"
)

// service is an output with every key that names a file of a secret.
type service struct {
	outputs.Config  `toml:"-"`
	TLS             tlsfiles.Config   `toml:"tls"`
	APIKeyFile      string            `toml:"api_key_file"`
	BearerTokenFile string            `toml:"bearer_token_file"`
	Labels          map[string]string `toml:"labels"`
	SASL            struct {
		PasswordFile string `toml:"password_file"`
	} `toml:"sasl"`
}

func (*service) Validate() []error { return nil }

func TestSecretFiles(t *testing.T) {
	const text = `
[[outputs.service]]
name = "elk"
tls = { ca_file = "ca.pem", cert_file = "/abs/cert.pem", key_file = "$CREDENTIALS_DIRECTORY/key.pem", server_name = "a.b" }
api_key_file = "$CREDENTIALS_DIRECTORY/es"
bearer_token_file = "$CREDENTIALS/token"
sasl = { password_file = "secrets/password" }
labels = { some_file = "stays" }
policy = { categories = [] }
`
	var named []string
	parse := func() *service {
		t.Helper()
		c, err := config.Parse("/etc/jea/agent.toml", text, config.Kinds{
			Outputs: map[string]func() outputs.Config{"service": func() outputs.Config { return &service{Config: file.New()} }},
		})
		if err != nil {
			t.Fatal(err)
		}
		named = c.Named
		return c.Outputs[0].Config.(*service)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "/run/credentials/agent.service")
	s := parse()
	for got, want := range map[string]string{
		s.TLS.CAFile: "/etc/jea/ca.pem", s.TLS.CertFile: "/abs/cert.pem", s.TLS.KeyFile: "/run/credentials/agent.service/key.pem",
		s.TLS.ServerName: "a.b", s.APIKeyFile: "/run/credentials/agent.service/es", s.BearerTokenFile: "/etc/jea/$CREDENTIALS/token",
		s.SASL.PasswordFile: "/etc/jea/secrets/password", s.Labels["some_file"]: "stays",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if want := []string{
		"/run/credentials/agent.service/es", "/etc/jea/$CREDENTIALS/token", "/etc/jea/secrets/password",
		"/etc/jea/ca.pem", "/abs/cert.pem", "/run/credentials/agent.service/key.pem",
	}; !slices.Equal(named, want) {
		t.Errorf("named are %q; want %q", named, want)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if got := parse().APIKeyFile; got != "$CREDENTIALS_DIRECTORY/es" {
		t.Errorf("without systemd: %s", got)
	}
}
