package chain

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"jupyter-events-agent/internal/signkey"
)

// State is where a chain stands: all that is needed to go on with it.
type State struct {
	ID   string `json:"id"`  // 32 hexadecimal digits, made once
	Seq  uint64 `json:"seq"` // of the last line; 0 for none
	Prev string `json:"prev"`
	Key  string `json:"key"` // of the last signature; "" for none
}

// Chain makes the lines of one chain. Not for several goroutines.
type Chain struct {
	output string
	keys   []signkey.Key
	within time.Duration

	id      string
	seq     uint64
	hash    [sha256.Size]byte // of the line before
	key     string            // that signed last
	settled uint64            // what is up to here no crash takes back
	saved   uint64            // seq of the state before
}

// New goes on with a chain, or begins one where the state is nil. keys are the
// agent's, the oldest first; the last one signs. within is how long after a
// signature the next one comes at the latest.
func New(output string, keys []signkey.Key, within time.Duration, state *State) *Chain {
	c := &Chain{output: output, keys: keys, within: within}
	if state == nil {
		var id [16]byte
		rand.Read(id[:]) // never fails: it ends the process instead
		c.id = hex.EncodeToString(id[:])
		return c
	}
	c.id, c.seq, c.key, c.settled, c.saved = state.ID, state.Seq, state.Key, state.Seq, state.Seq
	// A state that was damaged makes a chain that verify finds broken, which it is.
	_, _ = hex.Decode(c.hash[:], []byte(state.Prev)[:min(len(state.Prev), 2*sha256.Size)])
	return c
}

// State is what New needs to go on after the lines made so far. It is asked for
// by a Sync, and so not before the state before is durable.
func (c *Chain) State() State {
	c.settled, c.saved = c.saved, c.seq
	return State{ID: c.id, Seq: c.seq, Prev: hex.EncodeToString(c.hash[:]), Key: c.key}
}

// Mark is a point to go back to.
type Mark struct {
	seq  uint64
	hash [sha256.Size]byte
	key  string
}

// Mark is the point after the lines made so far.
func (c *Chain) Mark() Mark { return Mark{c.seq, c.hash, c.key} }

// Back takes back the lines made since m, which did not reach the file.
func (c *Chain) Back(m Mark) { c.seq, c.hash, c.key = m.seq, m.hash, m.key }

// Head names the last line: its sequence and its hash.
func (c *Chain) Head() string { return head(c.seq, c.hash) }

func head(seq uint64, hash [sha256.Size]byte) string {
	return strconv.FormatUint(seq, 10) + ":" + hex.EncodeToString(hash[:])
}

const (
	beforeSeq  = `,"__audit__":{"seq":`
	beforePrev = `,"prev":"`
	afterPrev  = `"}}`
	hashLen    = 2 * sha256.Size // hexadecimal digits
)

// Record appends a record, a JSON object with a member at least, as the next
// line of the chain, with its end. The record's own bytes stay as they are.
func (c *Chain) Record(out, record []byte) []byte {
	c.seq++
	begin := len(out)
	out = append(append(out, record[:len(record)-1]...), beforeSeq...)
	out = append(strconv.AppendUint(out, c.seq, 10), beforePrev...)
	out = append(hex.AppendEncode(out, c.hash[:]), afterPrev...)
	c.hash = sha256.Sum256(out[begin:])
	return append(out, '\n')
}
