package chain

import (
	"fmt"
	"strings"
	"time"
)

// Expect is what the files are to prove beyond that they fit.
type Expect struct {
	AnyStart bool      // lines before the first may be missing, as with rotate.keep
	AnyEnd   bool      // later files may be missing, as where one generation is verified alone
	Live     bool      // the agent is running: the end is open, and its last signature is recent
	Until    time.Time // what was written until then is proven; zero for none
	Seq      uint64    // of a line that was noted before; 0 for none
	Hash     string    // of that line
	Now      time.Time
}

// ParseHead reads SEQUENCE:HASH.
func ParseHead(text string) (seq uint64, hash string, err error) {
	if n, scanErr := fmt.Sscanf(text, "%d:%s", &seq, &hash); n != 2 || scanErr != nil || seq == 0 || len(hash) != hashLen || strings.Trim(hash, "0123456789abcdef") != "" {
		return 0, "", fmt.Errorf("%q is not a head: write SEQUENCE:HASH, as verify prints it", text)
	}
	return seq, hash, nil
}

// slack is how late a signature may be before that is a finding: clocks differ,
// and a checkpoint may have to be waited for.
const slack = time.Minute

// Report judges the two ends and returns what was found.
func (v *Verifier) Report() *Report {
	r, e := &v.report, &v.expect
	if v.doubt != nil {
		v.found(v.doubt.place, "or the line after it was changed: the second does not hold the hash of the first")
		v.doubt = nil
	}
	if v.torn && !e.Live {
		v.found(v.at, "the last line has no end: the file was cut off within it, or is still being written (then say --live)")
	}
	at := v.last.place
	if !v.any {
		v.found(v.at, "there is not one line: nothing is proven")
		return r
	}
	if r.First > 1 {
		if !e.AnyStart {
			v.found(place{file: "", seq: r.First}, "the files begin at sequence %d: older ones are missing (if rotate.keep has deleted them, say --any-start)", r.First)
		} else {
			v.note("the files begin at sequence %d: what was before it is not proven", r.First)
		}
	}
	if r.Signed == 0 {
		v.found(at, "there is not one signature that counts: nothing is proven")
		return r
	}
	v.judgeEnd(at)
	return r
}

// judgeEnd tells a whole end from one that was cut off.
func (v *Verifier) judgeEnd(at place) {
	r, e := &v.report, &v.expect
	reached := false
	if e.Seq > 0 {
		if reached = v.seen; !v.seen {
			v.found(place{seq: e.Seq}, "the line that was noted (--expect-head) is not there: the files were cut off before it, or written anew")
		}
	}
	signed := r.SignedTime.Format(time.RFC3339)
	if !e.Until.IsZero() {
		if r.SignedTime.Before(e.Until) {
			v.found(at, "the last signature is of %s, and %s is to be proven: what came between is cut off, or the agent was not running", signed, e.Until.UTC().Format(time.RFC3339))
		} else {
			reached = true
		}
	}
	if e.Live {
		if e.Now.Sub(r.SignedTime)-time.Duration(r.Within)*time.Second > slack {
			v.found(at, "the last signature is of %s, and a running agent signs every %d s: the end is cut off, or the agent is not running (then leave out --live)", signed, r.Within)
		} else if r.End == Close {
			v.note("the agent has stopped at %s", signed)
		}
		reached = true
	}
	open := v.openEnd()
	if open == "" {
		return
	}
	if reached || e.AnyEnd {
		v.note("%s", open)
		return
	}
	v.found(at, "%s: it is cut off, or the agent was killed, or is running (then say --live)", open)
}

// openEnd says how the end is open; "" where a stop closes it.
func (v *Verifier) openEnd() string {
	r := &v.report
	switch {
	case r.End == Close:
		return ""
	case r.End == Rotate:
		return fmt.Sprintf("the chain goes on after sequence %d in another file", r.Last)
	case r.Unsigned > 0:
		return fmt.Sprintf("the end is open: %s after the last signature, of sequence %d at %s, prove nothing", count(uint64(r.Unsigned), "line", "lines"), r.Signed, r.SignedTime.Format(time.RFC3339))
	}
	return fmt.Sprintf("the end is open: no stop of the agent closes it after the last signature, of sequence %d at %s", r.Signed, r.SignedTime.Format(time.RFC3339))
}
