//go:build unix

package servers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func TestSettingsReachTheirPlace(t *testing.T) {
	text, err := withSettings(lokiConfig, []string{"auth_enabled: true", "limits_config.max_line_size: 1KB", "a.b.c: [1, x]"})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := yaml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	limits := got["limits_config"].(map[string]any)
	if got["auth_enabled"] != true || limits["max_line_size"] != "1KB" || limits["volume_enabled"] != true {
		t.Errorf("the settings are not there, or others are gone: %v", got)
	}
	if s := fmt.Sprint(got["a"]); s != "map[b:map[c:[1 x]]]" {
		t.Errorf("a setting of a new table is %s", s)
	}
	if !strings.Contains(text, `from: "2020-01-01"`) {
		t.Error("the date, which Loki takes as text only, has become a time")
	}
}

func TestPortsDifferAndAreFree(t *testing.T) {
	seen := map[string]bool{}
	all, err := ports(50)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range all {
		if n, err := strconv.Atoi(port(address)); err != nil || n < lowest || n >= highest || seen[address] {
			t.Errorf("the address %s", address)
		}
		seen[address] = true
	}
	l, err := net.Listen("tcp", all[0])
	if err != nil {
		t.Fatalf("a port is not free afterwards: %v", err)
	}
	l.Close()
}

func TestCertificatesFitTheirAuthority(t *testing.T) {
	dir := t.TempDir()
	if err := certificates(dir); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	pool := func(name string) *x509.CertPool {
		text, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		p := x509.NewCertPool()
		if !p.AppendCertsFromPEM(text) {
			t.Fatalf("%s holds no certificate", name)
		}
		return p
	}
	for _, who := range []string{"server", "client"} {
		pair, err := tls.LoadX509KeyPair(file(who+".crt"), file(who+".key"))
		if err != nil {
			t.Fatal(err)
		}
		for ca, fits := range map[string]bool{"ca.pem": true, "other-ca.pem": false} {
			_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: pool(ca), DNSName: "127.0.0.1", KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
			if fits != (err == nil) {
				t.Errorf("%s by %s: %v", who, ca, err)
			}
		}
	}
}

func TestTheCacheIsFilledOnce(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	var filled int
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			dir, err := Cached("thing", []string{"source"}, func(dir string) error {
				filled++ // the lock of the cache is held
				return os.WriteFile(filepath.Join(dir, "made"), nil, 0o600)
			})
			if err == nil {
				_, err = os.Stat(filepath.Join(dir, "made"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if filled != 1 {
		t.Errorf("filled %d times", filled)
	}
	broken := errors.New("no network")
	if _, err := Cached("thing", []string{"other"}, func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("filling failed: %v", err)
	}
	if _, err := Cached("thing", []string{"other"}, func(string) error { return nil }); err != nil {
		t.Errorf("after a failure the cache is not filled again: %v", err)
	}
}

func TestWhatIsMissingIsNamedAtOnce(t *testing.T) {
	err := need(map[string]string{"go": "Go", "no-such-javac": "a JDK", "no-such-java": "a JDK", "no-such-mvn": "Maven"})
	if why := (missing{}); !errors.As(err, &why) || err.Error() != "without no-such-java, no-such-javac, no-such-mvn: install a JDK and Maven" {
		t.Errorf("the error is %v", err)
	}
	if err := need(map[string]string{"go": "Go"}); err != nil {
		t.Errorf("with all there: %v", err)
	}
}

func TestWithoutNetworkOnlyCIFails(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	programs := t.TempDir()
	if err := os.WriteFile(filepath.Join(programs, "mvn"), []byte("#!/bin/sh\necho cannot resolve; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs)
	for ci, skips := range map[string]bool{"": true, "true": false} {
		t.Setenv("CI", ci)
		err := fetch(kafkaPOM, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "cannot resolve") {
			t.Errorf("CI=%s: Maven's words are lost: %v", ci, err)
		}
		if why := (missing{}); errors.As(err, &why) != skips {
			t.Errorf("CI=%s: the error %v, skips %v", ci, err, skips)
		}
	}
}

func TestLokiIsWaitedForWhileItIsBuilt(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	_, program, err := lokiModule()
	if err != nil {
		t.Fatal(err)
	}
	// says that Loki cannot be had, and whether it is being built.
	says := func(what string) {
		t.Helper()
		_, err := lokiProgram()
		if why := (missing{}); !errors.As(err, &why) || !strings.Contains(why.Error(), what) {
			t.Errorf("the error %v, want %s", err, what)
		}
	}
	t.Setenv(LokiUntil, fmt.Sprint(time.Now().Add(time.Hour).Unix()))
	says("is not built")
	release, err := lock(program+".lock", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(LokiUntil, "")
	says("still being built")
	t.Setenv(LokiUntil, fmt.Sprint(time.Now().Add(time.Hour).Unix()))
	go func() {
		defer release()
		<-time.After(200 * time.Millisecond)
		if err := os.WriteFile(program, nil, 0o700); err != nil {
			t.Error(err)
		}
	}()
	if got, err := lokiProgram(); err != nil || got != program {
		t.Errorf("built meanwhile: %s, %v", got, err)
	}
}

// lingering is a server that takes its time to answer and to stop.
func lingering(dir string) *process {
	return &process{
		name: "lingering", dir: dir,
		command: func() *exec.Cmd {
			return exec.Command("sh", "-c", `echo begun; trap 'echo told; exit 0' TERM; echo $$ > `+filepath.Join(dir, "pid")+`; while :; do sleep 0.05; done`)
		},
		ready: func(context.Context) error {
			_, err := os.Stat(filepath.Join(dir, "pid"))
			return err
		},
	}
}

func TestAProcessComesAndGoes(t *testing.T) {
	p := lingering(t.TempDir())
	t.Cleanup(p.kill)
	for _, how := range [][]How{nil, {Kill}} {
		p.start(t)
		p.start(t) // changes nothing
		if !p.running() {
			t.Fatal("started and not running")
		}
		p.stop(t, how)
		if p.running() {
			t.Fatal("stopped and running")
		}
		if err := os.Remove(filepath.Join(p.dir, "pid")); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.tail(9); got != "begun\ntold\nbegun" {
		t.Errorf("the log is %q", got)
	}
}

func TestAProcessThatEndsByItselfIsNoticed(t *testing.T) {
	p := &process{
		name: "short", dir: t.TempDir(),
		command: func() *exec.Cmd { return exec.Command("sh", "-c", "echo no such setting; exit 1") },
		ready:   func(context.Context) error { return http.ErrServerClosed },
	}
	if err := p.launch(); err != nil {
		t.Fatal(err)
	}
	if err := p.await(); err == nil || !strings.Contains(err.Error(), "ended by itself") || p.tail(1) != "no such setting" {
		t.Errorf("%v, with the log %q", err, p.tail(1))
	}
}

// TestAKilledTestLeavesNoServer runs itself as the test process that is killed.
func TestAKilledTestLeavesNoServer(t *testing.T) {
	const child = "SERVERS_TEST_CHILD"
	if dir := os.Getenv(child); dir != "" {
		p := lingering(dir)
		p.start(t)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a process with its parent")
	}
	dir := t.TempDir()
	c := exec.Command(os.Args[0], "-test.run=^TestAKilledTestLeavesNoServer$")
	c.Env = append(os.Environ(), child+"="+dir)
	if err := c.Run(); err == nil {
		t.Fatal("the test process was not killed")
	}
	text, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := poll(ctx, func() error {
		if !alive(pid) {
			return nil
		}
		return errors.New("it runs")
	}); err != nil {
		t.Errorf("the server of a killed test: %v", err)
	}
}

// alive: it runs, and is no zombie that nobody waits for.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}
