//go:build real

package packaging_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// machine is booted by systemd, without a network: a fresh Debian, or, where
// none can be had, a copy of this machine. Both are thrown away.
type machine struct {
	t     *testing.T
	pid   int    // of its init, as seen from here
	root  string // its files, as seen from here
	fresh bool   // it is a Debian that nobody has used before
}

// mounting makes root, an overlay on a folder that stays as it is, in a mount
// namespace of its own: when the last process in it is gone, so is the mount.
const mounting = `set -e
cd "$0"
mkdir memory root
mount -t tmpfs tmpfs memory
mkdir memory/upper memory/work
mount -t overlay overlay -o "lowerdir=$1,upperdir=memory/upper,workdir=memory/work" root
`

const starting = mounting + `
if [ "$1" = / ]; then
  : > root/etc/machine-id
  # policy-rc.d is what keeps services from being started where an image is built.
  rm -f root/etc/hostname root/usr/sbin/policy-rc.d
  # Nothing of this machine's own services: what is tested is installed.
  rm -rf root/etc/systemd/system/multi-user.target.wants root/etc/systemd/system/timers.target.wants
fi
exec systemd-nspawn --quiet --directory=root --machine="$2" --register=no --keep-unit --private-network \
  --bind="$3:/share" --kill-signal=SIGRTMIN+3 --console=pipe --boot systemd.unit=multi-user.target`

// boot returns a machine that runs, or skips t. It sees share as /share.
func boot(t *testing.T, share string) *machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("booting a machine needs root")
	}
	need(t, "systemd-nspawn", "systemd-container")
	need(t, "dpkg", "dpkg")
	for _, program := range []string{"unshare", "nsenter"} {
		need(t, program, "util-linux")
	}
	root, fresh := lower(t)
	dir := t.TempDir()
	var said bytes.Buffer
	c := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", starting, dir, root, fmt.Sprint("agent-test-", os.Getpid()), share)
	c.Stdout, c.Stderr = &said, &said
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		defer close(ended)
		// The signal for a dead parent is sent when this thread ends.
		runtime.LockOSThread()
		err := c.Start()
		started <- err
		if err == nil {
			_ = c.Wait() // what it said is shown where it ends too early
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, fresh: fresh}
	t.Cleanup(func() {
		if m.pid != 0 {
			_ = syscall.Kill(m.pid, syscall.SIGKILL) // its whole namespace with it; it may be gone
		}
		_ = c.Process.Kill()
		<-ended
	})
	begun := time.Now()
	up := await(t, 2*time.Minute, func() bool {
		select {
		case <-ended:
			t.Fatalf("the machine ended while it started:\n%s", said.String())
		default:
		}
		if m.pid == 0 {
			m.pid = child(c.Process.Pid)
			m.root = fmt.Sprintf("/proc/%d/root", m.pid)
		}
		if m.pid == 0 {
			return false
		}
		state, _ := m.try("systemctl", "is-system-running")
		return state == "running" || state == "degraded"
	})
	if !up {
		t.Fatalf("the machine did not start:\n%s", said.String())
	}
	t.Logf("booted in %.1f s", time.Since(begun).Seconds())
	return m
}

// child is the systemd that another process has started, or 0. A shell's other
// children come first.
func child(of int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", of, of))
	if err != nil {
		return 0
	}
	for _, one := range strings.Fields(string(text)) {
		if name, err := os.ReadFile("/proc/" + one + "/comm"); err == nil && string(name) == "systemd\n" {
			pid, _ := strconv.Atoi(one) // the kernel's own number
			return pid
		}
	}
	return 0
}

// try runs a program on the machine and returns what it said, trimmed.
func (m *machine) try(args ...string) (string, error) {
	return m.say("", args...)
}

// say is try with something to read for the program.
func (m *machine) say(words string, args ...string) (string, error) {
	inside := append([]string{"-t", strconv.Itoa(m.pid), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "--"}, args...)
	c := exec.Command("nsenter", inside...)
	c.Stdin = strings.NewReader(words)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "HOME=/root", "SYSTEMD_COLORS=0"}
	said, err := c.CombinedOutput()
	return strings.TrimSpace(string(said)), err
}

// run runs a program that must not fail.
func (m *machine) run(args ...string) string {
	m.t.Helper()
	said, err := m.try(args...)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return said
}

// write writes a file.
func (m *machine) write(path, text string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// read returns a file; "" where there is none.
func (m *machine) read(path string) string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, path))
	if err != nil && !os.IsNotExist(err) {
		m.t.Fatal(err)
	}
	return string(text)
}

func (m *machine) exists(path string) bool {
	_, err := os.Lstat(filepath.Join(m.root, path))
	return err == nil
}

// show is one property of the agent's unit.
func (m *machine) show(property string) string {
	m.t.Helper()
	return m.run("systemctl", "show", "-P", property, unit)
}

// until waits for what must become true.
func (m *machine) until(what string, holds func() bool) {
	m.t.Helper()
	if !await(m.t, 3*time.Minute, holds) {
		journal, _ := m.try("journalctl", "-u", unit, "--no-pager", "-n", "40")
		m.t.Fatalf("not within three minutes: %s\n%s", what, journal)
	}
}

// await polls until what holds.
func await(t *testing.T, limit time.Duration, what func() bool) bool {
	t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if what() {
			return true
		}
		select {
		case <-end:
			return false
		case <-tick.C:
		}
	}
}

// forward has an address of the machine's own loopback lead to one of this machine's.
func (m *machine) forward(inside, here string) {
	m.t.Helper()
	var listener net.Listener
	opened := make(chan error)
	go func() {
		// Never unlocked: the thread ends with this function, since it is in another network now.
		runtime.LockOSThread()
		namespace, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", m.pid))
		if err == nil {
			defer namespace.Close()
			err = unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			listener, err = net.Listen("tcp", inside)
		}
		opened <- err
	}()
	if err := <-opened; err != nil {
		m.t.Fatalf("forwarding %s: %v", inside, err)
	}
	m.t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", here)
				if err != nil {
					return // seen as a connection that ends at once
				}
				defer out.Close()
				go func() {
					_, _ = out.(*net.TCPConn).ReadFrom(in)
					_ = out.(*net.TCPConn).CloseWrite()
				}()
				_, _ = in.(*net.TCPConn).ReadFrom(out)
			}()
		}
	}()
}
