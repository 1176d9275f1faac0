package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Command does what a peer asked for. args are as it sent them, nil for none;
// reply sends an answer, as often as there is one. The error is told to the peer:
// a Refusal line by line. reply's error means that the peer has gone.
type Command func(ctx context.Context, args json.RawMessage, reply func(any) error) error

// Listener is the agent's end.
type Listener struct {
	dir string
	l   *net.UnixListener
}

// Listen makes the socket, 0600, in place of one that was left behind: whoever
// calls holds the folder's lock.
func Listen(dir string) (*Listener, error) {
	failed := func(err error) (*Listener, error) {
		return nil, fmt.Errorf("listen for commands in the state folder: %w: see that its file system can hold sockets", err)
	}
	if err := remove(dir); err != nil {
		return failed(err)
	}
	name, release, err := address(dir)
	if err != nil {
		return failed(err)
	}
	defer release()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return failed(err)
	}
	l.SetUnlinkOnClose(false) // by the name of now, which may be another file's later
	if err := os.Chmod(filepath.Join(dir, socket), 0o600); err != nil {
		return failed(errors.Join(err, l.Close()))
	}
	return &Listener{dir: dir, l: l}, nil
}

// Close removes the socket and ends Accept.
func (l *Listener) Close() error { return errors.Join(remove(l.dir), l.l.Close()) }

// Accept waits for a peer; the error is net.ErrClosed after Close.
func (l *Listener) Accept() (*Conn, error) {
	c, err := l.l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	return &Conn{c}, nil
}

// Conn is one peer.
type Conn struct{ c *net.UnixConn }

// Serve does the one command of the peer, then closes the connection. The error
// is for the log: a peer that was not heard, or that has gone.
func (c *Conn) Serve(ctx context.Context, commands map[string]Command) error {
	defer c.c.Close()
	uid, err := peer(c.c)
	if err != nil {
		return fmt.Errorf("a command was not heard: %w", err)
	}
	if uid != 0 && uid != os.Getuid() {
		return fmt.Errorf("a command was not heard: it came from user %d, and only the agent's own and root may give one", uid)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := c.c.SetReadDeadline(time.Now().Add(requestWithin)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.c.SetReadDeadline(time.Now()) })
	defer stop()
	line, err := bufio.NewReader(io.LimitReader(c.c, longestRequest)).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("a command did not come whole: %w", err)
	}
	return c.answer(ctx, line, commands)
}

// answer is a line of the agent: one of an answer, or the last.
type answer struct {
	Answer  json.RawMessage `json:"answer,omitempty"`
	Done    bool            `json:"done,omitempty"`
	Refused []string        `json:"refused,omitempty"` // with Done: why
}

func (c *Conn) answer(ctx context.Context, line []byte, commands map[string]Command) error {
	var asked struct {
		Command string
		Args    json.RawMessage
	}
	to := json.NewEncoder(c.c)
	if err := json.Unmarshal(line, &asked); err != nil {
		return c.say(to, answer{Done: true, Refused: []string{"the command is not JSON"}})
	}
	do := commands[asked.Command]
	if do == nil {
		return c.say(to, answer{Done: true, Refused: []string{fmt.Sprintf("this agent does not know %q: it is another version than the command", asked.Command)}})
	}
	err := do(ctx, asked.Args, func(a any) error {
		text, err := json.Marshal(a)
		if err != nil {
			return err
		}
		return c.say(to, answer{Answer: text})
	})
	last := answer{Done: true}
	if refusal := (Refusal)(nil); errors.As(err, &refusal) {
		last.Refused = refusal
	} else if err != nil {
		last.Refused = []string{err.Error()}
	}
	if err := c.say(to, last); err != nil && !gone(err) {
		return err
	}
	return nil
}

// gone says that the peer did not wait for the end, as who has seen enough.
func gone(err error) bool { return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) }

// say gives the peer an answer. One that does not read does not hold the agent up.
func (c *Conn) say(to *json.Encoder, a answer) error {
	if err := c.c.SetWriteDeadline(time.Now().Add(readWithin)); err != nil {
		return err
	}
	return to.Encode(a)
}
