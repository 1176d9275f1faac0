package servers

import (
	"context"
	_ "embed" // loki.yaml
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed loki.yaml
var lokiConfig string

// LokiServer is a running Loki of one process. It must not be changed.
type LokiServer struct {
	URL                 string // without a slash at its end
	CAFile, OtherCAFile string // with HTTPS: the authority that signed its certificate, and one that did not
	CertFile, KeyFile   string // with HTTPS: of a client that the same authority signed

	client *http.Client
}

// Loki returns a Loki that answers, or skips t. Settings are such as
// "auth_enabled: true" and "limits_config.ingestion_rate_mb: 1".
func Loki(t testing.TB, options ...Option) *LokiServer {
	t.Helper()
	return shared(t, "loki", options, func(dir string) (*LokiServer, process, error) { return newLoki(dir, options) })
}

func newLoki(dir string, options []Option) (*LokiServer, process, error) {
	program, err := lokiProgram()
	if err != nil {
		return nil, process{}, err
	}
	at, err := ports(2)
	if err != nil {
		return nil, process{}, err
	}
	s := &LokiServer{URL: "http://" + at[0], client: &http.Client{}}
	lines := settings(options)
	if https(options) {
		if err := certificates(dir); err != nil {
			return nil, process{}, err
		}
		if s.client.Transport, err = trusting(dir); err != nil {
			return nil, process{}, err
		}
		in := func(name string) string { return filepath.Join(dir, name) }
		s.URL, s.CAFile, s.OtherCAFile, s.CertFile, s.KeyFile = "https://"+at[0], in("ca.pem"), in("other-ca.pem"), in("client.crt"), in("client.key")
		lines = append(lines, "server.http_tls_config.client_auth_type: RequireAndVerifyClientCert")
		for key, file := range map[string]string{"cert_file": "server.crt", "key_file": "server.key", "client_ca_file": "ca.pem"} {
			lines = append(lines, "server.http_tls_config."+key+": "+in(file))
		}
	}
	config, err := withSettings(fill(lokiConfig, map[string]string{"DIR": dir, "PORT": port(at[0]), "GRPC_PORT": port(at[1])}), lines)
	if err != nil {
		return nil, process{}, err
	}
	if err := write(dir, map[string]string{"loki.yaml": config}); err != nil {
		return nil, process{}, err
	}
	return s, process{ready: s.ready, command: func() *exec.Cmd {
		return exec.Command(program, "-config.file="+filepath.Join(dir, "loki.yaml"))
	}}, nil
}

// withSettings puts "a.b.c: value" into a configuration.
func withSettings(config string, lines []string) (string, error) {
	var all map[string]any
	if err := yaml.Unmarshal([]byte(config), &all); err != nil {
		return "", err
	}
	for _, line := range lines {
		path, text, _ := strings.Cut(line, ":")
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return "", fmt.Errorf("the setting %q: %w", line, err)
		}
		keys := strings.Split(strings.TrimSpace(path), ".")
		table := all
		for _, key := range keys[:len(keys)-1] {
			inner, ok := table[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
				table[key] = inner
			}
			table = inner
		}
		table[keys[len(keys)-1]] = value
	}
	text, err := yaml.Marshal(all)
	return string(text), err
}

func (s *LokiServer) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	status, body, err := s.ask(ctx, http.MethodGet, "/ready", nil, "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, body)
	}
	return err
}

func (s *LokiServer) ask(ctx context.Context, method, path string, header http.Header, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// Do sends a request. path begins with a slash; header may be nil.
func (s *LokiServer) Do(t testing.TB, method, path string, header http.Header, body string) (status int, answer []byte) {
	t.Helper()
	status, answer, err := s.ask(within(t, time.Minute), method, path, header, body)
	if err != nil {
		t.Fatalf("loki: %s %s: %v", method, path, err)
	}
	return status, answer
}

// Transport is how a client gets there that has its certificates.
func (s *LokiServer) Transport() http.RoundTripper { return s.client.Transport }

// Stop ends the server, by SIGTERM or, with Kill, by SIGKILL.
func (s *LokiServer) Stop(t testing.TB, how ...How) { t.Helper(); of(s).stop(t, how) }

// Start starts a stopped server with the same address and data. One that runs
// is left alone.
func (s *LokiServer) Start(t testing.TB) { t.Helper(); of(s).start(t) }
