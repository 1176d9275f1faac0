package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// serve answers calls until the test ends.
func serve(t *testing.T, dir string, commands map[string]Command) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no control socket")
	}
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Serve(t.Context(), commands)
		}
	}()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-done
		if _, err := os.Lstat(filepath.Join(dir, socket)); err == nil {
			t.Error("the socket is left behind")
		}
	})
}

var numbers = map[string]Command{
	"count": func(_ context.Context, args json.RawMessage, reply func(any) error) error {
		var to int
		if err := json.Unmarshal(args, &to); err != nil {
			return err
		}
		for n := range to {
			if err := reply(n); err != nil {
				return err
			}
		}
		return nil
	},
	"refuse": func(context.Context, json.RawMessage, func(any) error) error { return Refusal{"a", "b"} },
	"fail":   func(context.Context, json.RawMessage, func(any) error) error { return errors.New("c") },
	"nothing": func(_ context.Context, args json.RawMessage, _ func(any) error) error {
		if args != nil {
			return fmt.Errorf("args %s", args)
		}
		return nil
	},
}

func TestCall(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, numbers)
	for _, c := range []struct {
		command string
		args    any
		answers []string
		refused string
	}{
		{"count", 3, []string{"0", "1", "2"}, ""},
		{"count", 0, nil, ""},
		{"nothing", nil, nil, ""},
		{"refuse", nil, nil, "a\nb"},
		{"fail", nil, nil, "c"},
		{"dance", nil, nil, `this agent does not know "dance": it is another version than the command`},
	} {
		var got []string
		err := Call(t.Context(), dir, c.command, c.args, func(a json.RawMessage) error {
			got = append(got, string(a))
			return nil
		})
		said := ""
		if refusal := (Refusal)(nil); errors.As(err, &refusal) {
			said = refusal.Error()
		} else if err != nil {
			t.Errorf("%s: %v", c.command, err)
		}
		if said != c.refused || !slices.Equal(got, c.answers) {
			t.Errorf("%s: answers %q, refused %q; want %q, %q", c.command, got, said, c.answers, c.refused)
		}
	}
	if info, err := os.Lstat(filepath.Join(dir, socket)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
}

func TestALongPath(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux reaches sockets of any path")
	}
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	serve(t, dir, numbers)
	if err := Call(t.Context(), dir, "nothing", nil, nil); err != nil {
		t.Error(err)
	}
}

func TestNobodyListens(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no control socket")
	}
	dir := t.TempDir()
	if err := Call(t.Context(), dir, "nothing", nil, nil); !errors.Is(err, ErrNobody) {
		t.Errorf("without a socket: %v", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socket), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Call(t.Context(), dir, "nothing", nil, nil); !errors.Is(err, ErrNobody) {
		t.Errorf("with a socket that was left behind: %v", err)
	}
	serve(t, dir, numbers) // in its place
	if err := Call(t.Context(), dir, "nothing", nil, nil); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotACommand(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, numbers)
	for text, want := range map[string]string{
		"what?\n": "is not JSON",
		strings.Repeat("x", longestRequest) + "\n": "", // the connection ends
	} {
		c, err := net.Dial("unix", filepath.Join(dir, socket))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(text)); err != nil && want != "" {
			t.Error(err)
		}
		said := make([]byte, 1000)
		n, _ := c.Read(said)
		if !strings.Contains(string(said[:n]), want) || want == "" && n > 0 {
			t.Errorf("%.20q: %q", text, said[:n])
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
