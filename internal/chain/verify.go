package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"jupyter-events-agent/internal/signkey"
)

// place is where a line stands.
type place struct {
	file string
	line int64
	seq  uint64
}

// link is a line that has been read.
type link struct {
	place
	hash  [sha256.Size]byte
	said  bool // something was found at it
	valid bool // a signature of its own proves it
}

// sealed is a signed line that may become the settled head.
type sealed struct {
	seq  uint64
	head string
}

// Verifier tests lines one after the other, in the order of the chain. Its
// memory does not grow with what it reads. Not for several goroutines.
type Verifier struct {
	report Report
	expect Expect

	given   map[string]signkey.Public
	retired map[string]uint64 // by key id: the sequence at which another took over

	at     place // file and line
	last   link
	any    bool
	doubt  *link    // the line before last, where last does not hold its hash
	seals  []sealed // signed lines that are not settled yet
	seen   bool     // the expected head was found
	closed bool     // the last signed line but the newest was a stop
	torn   bool     // the file ended within a line
}

// NewVerifier makes a Verifier of chains that these keys have signed.
func NewVerifier(keys []signkey.Public, expect Expect) *Verifier {
	v := &Verifier{expect: expect, given: map[string]signkey.Public{}, retired: map[string]uint64{}}
	for _, k := range keys {
		v.given[k.ID] = k
	}
	v.report.Findings, v.report.Notes = []Finding{}, []string{}
	return v
}

// File begins a file; its lines follow.
func (v *Verifier) File(name string) {
	if v.torn {
		v.found(v.at, "the last line of the file has no end: the file was cut off within it")
		v.torn = false
	}
	v.at = place{file: name}
}

// Torn says that the file ends in a line that has no end.
func (v *Verifier) Torn(length int) {
	v.at.line++
	v.at.seq = 0
	v.report.Bytes += int64(length)
	v.torn = true
}

// Line takes the next line, without its end.
func (v *Verifier) Line(line []byte) {
	v.at.line++
	v.report.Bytes += int64(len(line)) + 1
	now := link{place: v.at, hash: sha256.Sum256(line)}
	var s *seal
	seq, prev, ok := readRecord(line)
	if !ok && bytes.HasPrefix(line, []byte(beginning)) {
		var err error
		if s, err = readSeal(line); err == nil {
			seq, prev, ok = s.Seq, []byte(s.Prev), true
		}
	}
	if !ok {
		if v.any {
			seq = v.last.seq + 1 // most likely; where not, the next line says so
		}
		now.seq, now.said = seq, true
		v.at.seq, v.report.End = 0, "" // which it has nobody knows
		v.report.Unsigned++
		v.found(v.at, "is neither a record of an audit file nor one of its signatures: it was changed, or put in")
		v.follow(now)
		return
	}
	now.seq, v.at.seq = seq, seq
	if s == nil {
		v.report.Records++
		v.report.Unsigned++
	}
	if v.expect.Seq == seq && v.expect.Seq > 0 && hex.EncodeToString(now.hash[:]) == v.expect.Hash {
		v.seen = true
	}
	v.connect(&now, prev)
	v.report.End = ""
	if s != nil {
		v.sealed(s, &now)
	}
	v.follow(now)
}

// follow makes now the last line.
func (v *Verifier) follow(now link) {
	if !v.any {
		v.any, v.report.First = true, now.seq
	}
	v.last, v.report.Last = now, now.seq
}

// connect tests the place of a line in the chain.
func (v *Verifier) connect(now *link, prev []byte) {
	if !v.any {
		if now.seq == 1 && string(prev) != zeros {
			now.said = true
			v.found(now.place, "is the first of its chain, and names one before it: it was changed")
		}
		return
	}
	var digits [hashLen]byte
	hex.Encode(digits[:], v.last.hash[:])
	same := bytes.Equal(prev, digits[:])
	v.judge(same && now.seq == v.last.seq+1)
	switch {
	case now.seq > v.last.seq+1:
		now.said = true
		missing := now.seq - v.last.seq - 1
		v.found(now.place, "follows sequence %d: %s missing before it", v.last.seq, count(missing, "line is", "lines are"))
	case now.seq <= v.last.seq:
		now.said = true
		v.found(now.place, "follows sequence %d: lines were moved or put in twice", v.last.seq)
	case !same && !v.last.said && v.last.valid:
		now.said = true
		v.found(now.place, "was changed: it does not hold the hash of the signed line before it")
	case !same && !v.last.said:
		before := v.last
		v.doubt = &before
	}
}

// judge says which of two lines was changed that do not fit: the second where
// the third does not fit to it either.
func (v *Verifier) judge(fits bool) {
	if v.doubt == nil {
		return
	}
	if fits {
		v.found(v.doubt.place, "was changed: its hash is not the one that the next line holds")
	} else {
		v.found(v.last.place, "was changed: it does not hold the hash of the line before it, and the next line does not hold its own")
		v.last.said = true
	}
	v.doubt = nil
}

// sealed tests a signed line.
func (v *Verifier) sealed(s *seal, now *link) {
	r := &v.report
	wrong := func(format string, a ...any) {
		now.said = true
		r.Unsigned++
		v.found(now.place, format, a...)
	}
	key, given := v.given[s.Key]
	over, retired := v.retired[s.Key]
	at, err := time.Parse(timeForm, s.Time)
	switch {
	case s.V != version:
		wrong("is signed in form %d, which this version does not know: take a newer one", s.V)
		return
	case !given:
		wrong("is signed with the key %s, which is neither among the public keys nor one that such a key has handed over to: give its public key too, if it is the agent's", s.Key)
		return
	case !s.signedBy(key.Key):
		wrong("has a signature that is not one of the key %s: it was changed, or forged", s.Key)
		return
	case retired:
		wrong("is signed with the key %s, which another has followed at sequence %d: it was forged with the old key", s.Key, over)
		return
	case err != nil || s.Settled > s.Seq:
		wrong("is signed, and makes no sense: see which version of the agent wrote it")
		return
	case r.Chain != "" && s.Chain != r.Chain:
		wrong("is of the chain %s of output %q, the lines before are of %s of output %q: files of two outputs, or from before and after the agent lost its state: verify each alone", s.Chain, s.Output, r.Chain, r.Output)
		return
	}
	now.valid = true
	if v.doubt != nil { // the line before is at fault: this one is proven
		v.judge(true)
	}
	if r.Chain == "" {
		r.Chain, r.Output = s.Chain, s.Output
	}
	if at.Before(r.SignedTime) {
		v.note("%s:%d: sequence %d is signed at %s, before the one before it: the clock was set back", now.file, now.line, now.seq, s.Time)
	}
	if s.Kind == Key {
		v.handOver(s, now.place)
	}
	if s.Kind == Open {
		if r.Starts++; r.Signed > 0 && !v.closed {
			r.Crashes++
		}
	}
	v.closed = s.Kind == Close || s.Kind == Key && v.closed
	r.Signed, r.SignedTime, r.Within, r.End, r.Unsigned = s.Seq, at, s.Within, s.Kind, 0
	r.Head = head(now.seq, now.hash)
	for len(v.seals) > 0 && v.seals[0].seq <= s.Settled {
		r.Settled, v.seals = v.seals[0].head, v.seals[1:]
	}
	if v.seals = append(v.seals, sealed{s.Seq, r.Head}); len(v.seals) > 1000 {
		v.seals = v.seals[1:]
	}
}

// handOver takes the key that follows the one that signed.
func (v *Verifier) handOver(s *seal, at place) {
	b, err := base64.StdEncoding.DecodeString(s.Next)
	next, ok := signkey.ParseDER(b)
	if err != nil || !ok {
		v.found(at, "is signed, and hands over to what is no key: see which version of the agent wrote it")
		return
	}
	v.given[next.ID] = next
	v.retired[s.Key] = s.Seq
	delete(v.retired, next.ID)
	v.note("from sequence %d on the key %s signs, to which the key %s has handed over", s.Seq+1, next.ID, s.Key)
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// readRecord finds the chain's member at the end of a record.
func readRecord(line []byte) (seq uint64, prev []byte, ok bool) {
	const least = len(`{""`) + len(beforeSeq) + 1 + len(beforePrev) + hashLen + len(afterPrev)
	if len(line) < least || line[0] != '{' || bytes.HasPrefix(line, []byte(beginning)) {
		return 0, nil, false
	}
	rest, ok := bytes.CutSuffix(line, []byte(afterPrev))
	if !ok {
		return 0, nil, false
	}
	rest, prev = rest[:len(rest)-hashLen], rest[len(rest)-hashLen:]
	if rest, ok = bytes.CutSuffix(rest, []byte(beforePrev)); !ok {
		return 0, nil, false
	}
	at := len(rest)
	for at > 0 && rest[at-1] >= '0' && rest[at-1] <= '9' {
		at--
	}
	digits := rest[at:]
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' || !bytes.HasSuffix(rest[:at], []byte(beforeSeq)) {
		return 0, nil, false
	}
	seq, err := strconv.ParseUint(string(digits), 10, 64)
	return seq, prev, err == nil
}

// count is a number with its noun.
func count(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
