// Package servers starts the real destinations that tests run against: Kafka,
// Elasticsearch and Loki, each a process of its own on 127.0.0.1, without
// containers.
//
// In come options; out comes a server that answers. What the servers are made
// of is fetched with Maven and Go once and kept in the user's cache folder;
// their state is in a temporary folder and goes with the test process. Only
// tests with the build tag real use the package. A test is skipped, with the
// reason, where something is missing.
package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Option is how a server differs from the plain one.
type Option struct {
	https   bool
	setting string
}

// HTTPS is Elasticsearch with TLS, users and API keys, or Loki with TLS, which
// has neither users nor keys and asks for a client's certificate.
var HTTPS = Option{https: true}

// Setting is a line of the server's own configuration: "key: value" for
// Elasticsearch and, with the keys joined by dots, for Loki; "key=value" for
// Kafka.
func Setting(line string) Option { return Option{setting: line} }

// How is a way to stop a server.
type How int

// Kill ends a server by SIGKILL; without it, it is told to stop by SIGTERM and
// waited for.
const Kill How = 1

// patience is how long a server may take to start: 20 s on a quiet machine.
const patience = 4 * time.Minute

var pool struct {
	sync.Mutex
	dir     string             // holds the state of all; "" before the first
	servers map[string]*server // by kind and options
}

// server is what the kinds have in common: a process, its folder and its address.
type server struct {
	process
	of any // *KafkaServer, *ElasticsearchServer, *LokiServer
}

// Main is the body of a TestMain: it runs the tests, then ends every server
// that they started and takes its state away.
func Main(m *testing.M) {
	defer func() {
		pool.Lock()
		defer pool.Unlock()
		for _, s := range pool.servers {
			s.kill()
		}
		if pool.dir != "" {
			os.RemoveAll(pool.dir)
		}
		pool.servers, pool.dir = nil, ""
	}()
	m.Run()
}

// shared returns the server of a kind and options: running, the same one for
// every test of the process. create makes it, with its state in dir. When t fails
// the end of the server's log is shown.
func shared[S any](t testing.TB, kind string, options []Option, create func(dir string) (*S, process, error)) *S {
	t.Helper()
	key := kind
	for _, o := range options {
		key += fmt.Sprintf("|%v %s", o.https, o.setting)
	}
	pool.Lock()
	defer pool.Unlock()
	s, found := pool.servers[key]
	if !found {
		dir, err := folder(kind)
		if err != nil {
			t.Fatal(err)
		}
		of, p, err := create(dir)
		if why := (missing{}); errors.As(err, &why) {
			t.Skip(why.Error())
		}
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		p.name, p.dir = kind, dir
		s = &server{process: p, of: of}
		if pool.servers == nil {
			pool.servers = map[string]*server{}
		}
		pool.servers[key] = s
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the log of %s:\n%s", kind, s.tail(30))
		}
	})
	s.start(t)
	return s.of.(*S)
}

// folder makes a folder for the state of one server. pool is locked.
func folder(kind string) (string, error) {
	if pool.dir == "" {
		dir, err := os.MkdirTemp("", "servers-")
		if err != nil {
			return "", err
		}
		pool.dir = dir
	}
	return os.MkdirTemp(pool.dir, kind+"-")
}

// of finds the process of a server that shared has given out.
func of(server any) *process {
	pool.Lock()
	defer pool.Unlock()
	for _, s := range pool.servers {
		if s.of == server {
			return &s.process
		}
	}
	panic("servers: a server that servers did not start, or after Main has ended")
}

// settings are the lines of the options.
func settings(options []Option) (lines []string) {
	for _, o := range options {
		if o.setting != "" {
			lines = append(lines, o.setting)
		}
	}
	return lines
}

func https(options []Option) bool {
	return slices.ContainsFunc(options, func(o Option) bool { return o.https })
}

// within bounds one question to a server.
func within(t testing.TB, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// write writes files below dir, making folders.
func write(dir string, files map[string]string) error {
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// fill puts values into a template with ${NAME}.
func fill(template string, values map[string]string) string {
	for name, value := range values {
		template = strings.ReplaceAll(template, "${"+name+"}", value)
	}
	return template
}
