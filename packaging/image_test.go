//go:build real

package packaging_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRealImage builds the image's last stage around a program that was built
// here, since a registry is not asked for the first, and runs it.
func TestRealImage(t *testing.T) {
	need(t, "buildah", "buildah")
	if os.Geteuid() != 0 {
		t.Skip("buildah is run as root here")
	}
	dir := t.TempDir()
	buildah := func(args ...string) *exec.Cmd {
		c := exec.Command("buildah", append([]string{"--root", filepath.Join(dir, "images"), "--runroot", filepath.Join(dir, "run"), "--storage-driver", "vfs"}, args...)...)
		c.Env = append(os.Environ(), "BUILDAH_ISOLATION=chroot")
		return c
	}
	do := func(args ...string) string {
		t.Helper()
		said, err := buildah(args...).CombinedOutput()
		if err != nil {
			t.Fatalf("buildah %s: %v\n%s", strings.Join(args, " "), err, said)
		}
		return strings.TrimSpace(string(said))
	}
	context := filepath.Join(dir, "context")
	if err := os.MkdirAll(filepath.Join(context, "built", "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	program := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(context, "built", "jupyter-events-agent"), "../cmd/agent")
	program.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := program.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if err := os.WriteFile(filepath.Join(context, "built", "ca-certificates.crt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	do("build", "--format", "docker", "--target", "image", "--build-context", "build="+context, "--file", "../Dockerfile", "--tag", "agent", context)

	described := do("inspect", "--type", "image", "agent")
	for _, want := range []string{`"65532:65532"`, `org.opencontainers.image.licenses`, `/usr/bin/jupyter-events-agent`, `"Healthcheck"`} {
		if !strings.Contains(described, want) {
			t.Errorf("no %s in the image's description:\n%s", want, described)
		}
	}
	// A log, a configuration, and an agent in the image that follows.
	for name, text := range map[string]string{"etc/agent.toml": strings.NewReplacer(records, "/state", "/var/lib/jupyter-events-agent", "/state").Replace(following), "log/events.log": line("n0.ipynb")} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Not the image's own VOLUME: buildah mounts one of its own there, over ours or below it.
	state := filepath.Join(dir, "state")
	if err := errors.Join(os.Mkdir(state, 0o700), os.Chown(state, 65532, 65532)); err != nil {
		t.Fatal(err)
	}
	container := do("from", "--pull-never", "agent")
	run := func(args ...string) *exec.Cmd {
		mounts := []string{"run", "--user", "65532:65532", "--volume", state + ":/state", "--volume", filepath.Join(dir, "etc") + ":/etc/jupyter-events-agent:ro", "--volume", filepath.Join(dir, "log") + ":/var/log/jupyter:ro", container, "--", "/usr/bin/jupyter-events-agent"}
		return buildah(append(mounts, args...)...)
	}
	agent := run("run")
	var log bytes.Buffer
	agent.Stdout, agent.Stderr = &log, &log
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Signal(os.Interrupt)
		_ = agent.Wait()
		do("rm", container)
	})
	delivered := await(t, time.Minute, func() bool {
		text, err := os.ReadFile(filepath.Join(state, "security.ndjson"))
		return err == nil && strings.Contains(string(text), "n0.ipynb")
	})
	if !delivered {
		_ = agent.Process.Signal(os.Interrupt) // it may have ended
		_ = agent.Wait()
		t.Fatalf("nothing was delivered within a minute:\n%s", log.String())
	}
	var said []byte
	healthy := await(t, 20*time.Second, func() bool {
		var err error
		said, err = run("health").CombinedOutput()
		return err == nil && strings.Contains(string(said), "ok")
	})
	if !healthy {
		t.Errorf("health: %s", said)
	}
}
