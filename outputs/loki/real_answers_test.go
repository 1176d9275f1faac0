//go:build real

package loki

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/servers"
	"jupyter-events-agent/internal/tlsfiles"
	"jupyter-events-agent/outputs"
)

// TestRealTLS: Loki's own server with TLS takes records where the agent trusts
// its authority and says who it is. Else nothing is rejected, and the words say
// what to do.
func TestRealTLS(t *testing.T) {
	s := servers.Loki(t, servers.HTTPS)
	for name, c := range map[string]struct {
		change func(*Config)
		words  string // "": it is taken
	}{
		"trusted":           {func(*Config) {}, ""},
		"another authority": {func(c *Config) { c.TLS.CAFile = s.OtherCAFile }, "tls.ca_file"},
		"the system's":      {func(c *Config) { c.TLS.CAFile = "" }, "tls.ca_file"},
		"no certificate":    {func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile = "", "" }, "cert_file"},
		"another name":      {func(c *Config) { c.TLS.ServerName = "loki.example.org" }, "server_name"},
		"http":              {func(c *Config) { c.URL = strings.Replace(c.URL, "https://", "http://", 1) }, "write https://"},
	} {
		t.Run(name, func(t *testing.T) {
			config, selector := run(t, s)
			config.TLS = tlsfiles.Config{CAFile: s.CAFile, CertFile: s.CertFile, KeyFile: s.KeyFile}
			c.change(config)
			o, batch := mustOpen(t, config), newRecords(t, config).spaced(3, time.Now(), time.Microsecond)
			wrote, probed := o.Write(t.Context(), batch), o.Probe(t.Context())
			if c.words == "" {
				if wrote != nil || probed != nil {
					t.Errorf("Write: %v, Probe: %v", wrote, probed)
				}
				wantThere(t, s, selector, batch)
				return
			}
			for what, err := range map[string]error{"Write": wrote, "Probe": probed} {
				// A server that does not read on may get no answer through.
				if (name == "http" || name == "no certificate") && err != nil && strings.Contains(err.Error(), "closed before the answer") {
					continue
				}
				if partial := new(outputs.PartialError); !outputs.IsRefused(err) || errors.As(err, &partial) || !strings.Contains(err.Error(), c.words) {
					t.Errorf("%s: %v; want Refused with %q", what, err, c.words)
				}
			}
		})
	}
}

// TestRealLogin: a gateway with TLS and passwords before a real Loki, which has
// none itself. The password's file is read again, and nothing is rejected.
func TestRealLogin(t *testing.T) {
	s := servers.Loki(t, servers.HTTPS)
	behind, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.Transport = s.Transport()
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case user == "agent" && password == "right":
			proxy.ServeHTTP(w, r)
		case user == "reader":
			http.Error(w, "", http.StatusForbidden)
		default:
			http.Error(w, "", http.StatusUnauthorized)
		}
	}))
	t.Cleanup(gateway.Close)
	c, selector := run(t, s)
	file := filepath.Join(t.TempDir(), "password")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("wrong")
	c.URL, c.Username, c.PasswordFile = gateway.URL, "agent", file
	o, batch := mustOpen(t, c), newRecords(t, c).spaced(3, time.Now(), time.Microsecond)
	refused := func(o *output, words string) {
		t.Helper()
		for _, err := range []error{o.Write(t.Context(), batch), o.Probe(t.Context())} {
			if !outputs.IsRefused(err) || !strings.Contains(err.Error(), words) {
				t.Errorf("%v; want Refused with %q", err, words)
			}
		}
	}
	refused(o, "password_file")
	reader := *c
	reader.Username = "reader"
	refused(mustOpen(t, &reader), "the right")
	write("right")
	if err := o.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	if err := o.Write(t.Context(), batch); err != nil {
		t.Error(err)
	}
	wantThere(t, s, selector, batch)
}

// TestRealUnknownFault: a real Loki says what the agent has been made to forget.
// It names the stream, so a line is convicted among others of its stream; what
// holds for a stream, and a line alone in it, wait.
func TestRealUnknownFault(t *testing.T) {
	all := phrases
	t.Cleanup(func() { phrases = all })
	phrases = slices.DeleteFunc(slices.Clone(all), func(p struct{ said, class, todo string }) bool {
		return p.class == classLineTooLong || p.class == classLabelValue || strings.Contains(p.said, "required labels")
	})
	s := servers.Loki(t)
	c, selector := run(t, s)
	o, r, now := mustOpen(t, c), newRecords(t, c), time.Now()
	good := r.spaced(50, now, time.Microsecond)
	long := r.batch(event{at: now.Add(30 * time.Microsecond), action: "start", text: strings.Repeat("x", 300<<10)})
	if got := rejections(t, o.Write(t.Context(), append(slices.Clone(good), long...))); !reflect.DeepEqual(got, map[int]string{50: classOther}) {
		t.Errorf("rejected are %v", got)
	}
	wantThere(t, s, selector, good)
	if err := o.Write(t.Context(), long); !outputs.IsRefused(err) {
		t.Errorf("alone: %v; want it to wait", err)
	}
	for _, setting := range []string{"limits_config.max_label_value_length: 5", "limits_config.enforced_labels: [team]"} {
		c, _ := run(t, special(t, setting))
		if err := mustOpen(t, c).Write(t.Context(), newRecords(t, c).spaced(50, now, time.Microsecond)); !outputs.IsRefused(err) || !strings.Contains(err.Error(), "see Loki's log") {
			t.Errorf("%s: %v; want it to wait", setting, err)
		}
	}
}

// TestRealBlocked: a Loki that is set to take nothing of a tenant, whatever
// status it says so with.
func TestRealBlocked(t *testing.T) {
	const until = ": 2100-01-01T00:00:00Z"
	for _, status := range []string{"260", "400", "422", "201"} {
		s := special(t, "limits_config.block_ingestion_until"+until, "limits_config.block_ingestion_status_code: "+status)
		c, _ := run(t, s)
		err := mustOpen(t, c).Write(t.Context(), newRecords(t, c).spaced(3, time.Now(), time.Microsecond))
		if !outputs.IsRefused(err) || !strings.Contains(err.Error(), "block_ingestion") {
			t.Errorf("%s: %v; want Refused", status, err)
		}
	}
}
