package kafkasasl

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		config Config
		want   []string
	}{
		"none":               {Config{}, nil},
		"plain":              {Config{Mechanism: "plain", Username: "u", PasswordFile: "p"}, nil},
		"scram":              {Config{Mechanism: "scram-sha-512", Username: "u", PasswordFile: "p"}, nil},
		"bearer":             {Config{Mechanism: "oauthbearer", TokenFile: "t"}, nil},
		"nothing of scram":   {Config{Mechanism: "scram-sha-256"}, []string{"sasl.username: is missing", "sasl.password_file: is missing"}},
		"no mechanism":       {Config{Username: "u", PasswordFile: "p"}, []string{"sasl.mechanism: is missing"}},
		"another":            {Config{Mechanism: "PLAIN", Username: "u", PasswordFile: "p"}, []string{"sasl.mechanism: must be one of plain, "}},
		"a token for scram":  {Config{Mechanism: "scram-sha-256", Username: "u", TokenFile: "t"}, []string{"sasl.password_file: is missing", "sasl.token_file: stands only"}},
		"a user's bearer":    {Config{Mechanism: "oauthbearer", Username: "u", PasswordFile: "p"}, []string{"sasl.token_file: is missing", "sasl.username: has no", "sasl.password_file: has no"}},
		"a NUL in the name":  {Config{Mechanism: "plain", Username: "u\x00v", PasswordFile: "p"}, []string{"sasl.username: holds"}},
		"nothing but a file": {Config{PasswordFile: "p"}, []string{"sasl.mechanism: is missing"}},
	} {
		got := test.config.Validate("sasl")
		if len(got) != len(test.want) {
			t.Errorf("%s: %v; want %q", name, got, test.want)
			continue
		}
		for i, want := range test.want {
			if !strings.HasPrefix(got[i].Error(), want) {
				t.Errorf("%s: %v; want %q", name, got[i], want)
			}
		}
	}
}

// TestTheSecretIsReadEachTime: a changed file counts at the next start.
func TestTheSecretIsReadEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for mechanism, says := range map[string]func(secret string) string{
		Plain:       func(s string) string { return "\x00agent\x00" + s },
		OAuthBearer: func(s string) string { return "n,,\x01auth=Bearer " + s + "\x01\x01" },
	} {
		write("one")
		m, err := Config{Mechanism: mechanism, Username: "agent", PasswordFile: file, TokenFile: file}.Open()
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"one", "two"} {
			write(secret + "\n")
			_, first, err := m.Start(t.Context())
			if err != nil || string(first) != says(secret) {
				t.Errorf("%s: %q, %v; want %q", m.Name(), first, err, says(secret))
			}
		}
	}
	for mechanism, name := range map[string]string{ScramSHA256: "SCRAM-SHA-256", ScramSHA512: "SCRAM-SHA-512"} {
		m, err := Config{Mechanism: mechanism, Username: "agent", PasswordFile: file}.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, first, err := m.Start(t.Context()); err != nil || m.Name() != name || !strings.HasPrefix(string(first), "n,,n=agent,r=") {
			t.Errorf("%s: %q, %v", m.Name(), first, err)
		}
	}
	if m, err := (Config{}).Open(); m != nil || err != nil {
		t.Errorf("no table sasl is a mechanism: %v, %v", m, err)
	}
}

func TestNoSecretInErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	c := Config{Mechanism: ScramSHA256, Username: "agent", PasswordFile: file}
	for _, mechanism := range mechanisms {
		c := Config{Mechanism: mechanism, Username: "agent", PasswordFile: file, TokenFile: file}
		if m, err := c.Open(); m != nil || err == nil || !strings.Contains(err.Error(), file+": no such file") {
			t.Errorf("%s: a file that is not there: %v, %v", mechanism, m, err)
		}
	}
	if err := os.WriteFile(file, []byte("right"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	// SASLprep (RFC 4013) forbids private use characters.
	if err := os.WriteFile(file, []byte("canary\ue000"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Start(t.Context()); err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), file) {
		t.Errorf("a secret that cannot be: %v", err)
	}
	if _, err := c.Open(); err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), file) {
		t.Errorf("a secret that cannot be, at the start: %v", err)
	}
}

func TestARefusedToken(t *testing.T) {
	m, _ := bearer("t")
	s, _, err := m.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if done, _, err := s.Next(t.Context(), nil); !done || err != nil {
		t.Errorf("an empty answer: %v, %v", done, err)
	}
	if _, _, err := s.Next(t.Context(), []byte(`{"status":"invalid_token"}`)); !errors.Is(err, ErrToken) || strings.Contains(err.Error(), "invalid_token") {
		t.Errorf("a refusal: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{Mechanism: Plain, Username: "agent", PasswordFile: file}
	if got := c.Warnings(true); len(got) > 0 {
		t.Errorf("over TLS: %q", got)
	}
	if got := c.Warnings(false); len(got) != 1 || !strings.Contains(got[0], "tls") {
		t.Errorf("without TLS: %q", got)
	}
	c.Mechanism = ScramSHA512
	if got := c.Warnings(false); len(got) > 0 {
		t.Errorf("scram without TLS: %q", got)
	}
}
