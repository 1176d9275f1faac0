// Package control is how a command talks to the agent that runs: over a unix
// socket in the state folder.
//
// In comes one command on a connection, as a line of JSON; out go its answers,
// a line each, and how it ended. It makes and removes the socket, and nothing
// else in the folder. Only the agent's own user and root are heard, by what the
// kernel says of the peer. Windows has none.
package control

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// socket is the name of the socket in the state folder.
const socket = "control"

// longestRequest is the most that a request may have, in bytes.
const longestRequest = 64 << 10

// requestWithin is how long a peer may take to say what it wants.
const requestWithin = 10 * time.Second

// readWithin is how long a peer may take to read an answer.
const readWithin = 5 * time.Second

// ErrNobody: no agent listens.
var ErrNobody = errors.New("no agent runs with this state folder: see that state_dir is the one of the agent, and start or restart it")

// request is the one line of the peer.
type request struct {
	Command string `json:"command"`
	Args    any    `json:"args,omitempty"`
}

// Refusal is an error that the agent answered with: what was asked for was not
// done, and why, a line each.
type Refusal []string

// Error is all the lines of it.
func (r Refusal) Error() string {
	if len(r) == 0 {
		return "the agent refused"
	}
	text := r[0]
	for _, line := range r[1:] {
		text += "\n" + line
	}
	return text
}

// address is a name of the socket that fits into an address, which holds some
// 100 bytes however long the folder's path is. It is good until release.
func address(dir string) (name string, release func(), err error) {
	name = filepath.Join(dir, socket)
	if len(name) < longestAddress {
		return name, func() {}, nil
	}
	return short(dir)
}

// remove takes the socket of an agent that was killed away.
func remove(dir string) error {
	err := os.Remove(filepath.Join(dir, socket))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
