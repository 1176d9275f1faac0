//go:build real

package packaging_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// importing makes the image that the Dockerfile begins with, since no registry
// is asked: a fresh Debian, without what a build does not need. Go, its modules
// and what it has built are lent to it from here.
const importing = `tar --directory="$0" --exclude=./opt --exclude=./home --exclude=./var/lib/apt --exclude=./var/cache --exclude=./usr/share --create . |
"$@" import --quiet --change 'ENV PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin' --change 'ENV GOPATH=/go' --change 'ENV GOPROXY=off' --change 'ENV GOTOOLCHAIN=local' - golang:1.26`

// containers are podman's and buildah's, in a store of their own.
type containers struct {
	t   *testing.T
	dir string
}

func (c *containers) command(program string, args ...string) *exec.Cmd {
	all := []string{"--root", filepath.Join(c.dir, "images"), "--runroot", filepath.Join(c.dir, "run"), "--storage-driver", "vfs"}
	if program == "podman" {
		all = append(all, "--tmpdir", filepath.Join(c.dir, "tmp"), "--cgroup-manager", "cgroupfs", "--events-backend", "none", "--runtime", "runc")
	}
	return exec.Command(program, append(all, args...)...)
}

// run is what a program prints, trimmed, without what it complains of: here is
// no systemd that could call health checks.
func (c *containers) run(program string, args ...string) string {
	c.t.Helper()
	said, err := c.command(program, args...).Output()
	if err != nil {
		if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
			said = append(said, ended.Stderr...)
		}
		c.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, said)
	}
	return strings.TrimSpace(string(said))
}

// TestRealImage builds the image by every line of the Dockerfile, and runs it as
// docs/install.md does: its root cannot be written, its user is nobody's, its
// state is in a volume; it delivers, is healthy, stops when told to, and goes on.
func TestRealImage(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("containers are made as root here")
	}
	for _, program := range []string{"buildah", "podman", "runc"} {
		need(t, program, program)
	}
	root, err := debian()
	if not := (errNotFresh{}); errors.As(err, &not) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	context, err := tree("image")
	if errors.Is(err, errNotHere) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &containers{t: t, dir: t.TempDir()}

	base := exec.Command("sh", append([]string{"-c", importing, root}, c.command("podman").Args...)...)
	if said, err := base.CombinedOutput(); err != nil {
		t.Fatalf("the first image: %v\n%s", err, said)
	}
	output(t, "go", "-C", context, "mod", "download")
	build := []string{"build", "--isolation", "chroot", "--pull-never", "--format", "docker", "--build-arg", "VERSION=" + first, "--tag", "agent", "--file", filepath.Join(context, "Dockerfile")}
	for name, at := range map[string]string{"GOROOT": "/usr/local/go", "GOMODCACHE": "/go/pkg/mod", "GOCACHE": "/root/.cache/go-build"} {
		build = append(build, "--volume", strings.TrimSpace(output(t, "go", "env", name))+":"+at)
	}
	c.run("buildah", append(build, context)...)
	described := c.run("podman", "image", "inspect", "agent")
	for _, want := range []string{`"65532:65532"`, `"org.opencontainers.image.licenses": "BSD-3-Clause"`, `"org.opencontainers.image.version": "` + first, `"Healthcheck"`} {
		if !strings.Contains(described, want) {
			t.Errorf("no %s in the image's description:\n%s", want, described)
		}
	}

	// The volume is where state and, here, records are.
	const volume = "/var/lib/jupyter-events-agent"
	log := filepath.Join(c.dir, "log", "events.log")
	written := 0
	write := func(n int) {
		t.Helper()
		f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for range n {
			if _, err := f.WriteString(line(fmt.Sprintf("n%d.ipynb", written))); err != nil {
				t.Fatal(err)
			}
			written++
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(c.dir, "log"), 0o755), os.Mkdir(filepath.Join(c.dir, "etc"), 0o755),
		os.WriteFile(filepath.Join(c.dir, "etc", "agent.toml"), []byte(strings.ReplaceAll(following, records, volume)), 0o644)); err != nil {
		t.Fatal(err)
	}
	write(1000)
	// As the page has it, and what a machine without systemd and with few rights needs.
	c.run("podman", "run", "--read-only", "--user", "65532:65532", "-v", filepath.Join(c.dir, "etc")+":/etc/jupyter-events-agent:ro", "-v", filepath.Join(c.dir, "log")+":/var/log/jupyter:ro", "-v", "state:"+volume,
		"--detach", "--name", "agent", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--log-driver", "k8s-file", "agent")
	t.Cleanup(func() {
		if t.Failed() {
			said, _ := c.command("podman", "logs", "agent").CombinedOutput()
			t.Logf("%s", said)
		}
		_ = c.command("podman", "rm", "--force", "--time", "1", "agent").Run() // the test has said what failed
	})
	arrived := func() {
		t.Helper()
		var found [][]string
		await(t, time.Minute, func() bool {
			text, err := os.ReadFile(filepath.Join(c.dir, "images", "volumes", "state", "_data", "security.ndjson"))
			found = path.FindAllStringSubmatch(string(text), -1)
			return err == nil && len(found) >= written
		})
		if len(found) != written {
			t.Fatalf("%d records of %d lines", len(found), written)
		}
		for i, f := range found {
			if f[1] != fmt.Sprint(i) {
				t.Fatalf("record %d is of line %s: lost, doubled or out of order", i, f[1])
			}
		}
	}
	arrived()
	if err := syscall.Access(filepath.Join("/proc", c.run("podman", "inspect", "--format", "{{.State.Pid}}", "agent"), "root", "usr"), 2); !errors.Is(err, syscall.EROFS) {
		t.Errorf("its root can be written: %v", err)
	}
	var unhealthy error
	if !await(t, 20*time.Second, func() bool {
		unhealthy = c.command("podman", "healthcheck", "run", "agent").Run()
		return unhealthy == nil
	}) {
		t.Errorf("the health check: %v", unhealthy)
	}

	write(1000)
	begun := time.Now()
	c.run("podman", "stop", "--time", "60", "agent")
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("a stop took %v", took)
	}
	if code := c.run("podman", "inspect", "--format", "{{.State.ExitCode}}", "agent"); code != "0" {
		t.Errorf("stopped with code %s", code)
	}
	if err := c.command("podman", "healthcheck", "run", "agent").Run(); err == nil {
		t.Error("it is healthy after it was stopped")
	}
	write(1000)
	c.run("podman", "start", "agent")
	arrived()
}
