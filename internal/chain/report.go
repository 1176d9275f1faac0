package chain

import (
	"fmt"
	"time"
)

// Finding is something that is not as the agent has written it.
type Finding struct {
	File string `json:"file"`
	Line int64  `json:"line"` // from 1; 0 for the file as a whole
	Seq  uint64 `json:"sequence,omitempty"`
	Text string `json:"text"`
}

// maxFindings are kept; more are counted only.
const maxFindings = 100

// Report is what verification has found.
type Report struct {
	Findings []Finding `json:"findings"`
	More     int       `json:"more_findings"` // beyond those listed
	Notes    []string  `json:"notes"`         // what is not wrong yet should be known

	Chain   string `json:"chain"`
	Output  string `json:"output"`
	First   uint64 `json:"first_sequence"`
	Last    uint64 `json:"last_sequence"`
	Records int64  `json:"records"`
	Bytes   int64  `json:"bytes"`

	Signed     uint64    `json:"signed_sequence"` // up to here the signatures reach
	SignedTime time.Time `json:"signed_time"`
	Within     int64     `json:"within_seconds"` // after SignedTime the next signature is due, while the agent runs
	End        Kind      `json:"end"`            // kind of the last line; "" where that is not signed
	Unsigned   int64     `json:"unsigned_lines"` // behind Signed
	Starts     int       `json:"starts"`
	Crashes    int       `json:"starts_without_stop"`
	Head       string    `json:"head"`         // of the last signed line
	Settled    string    `json:"settled_head"` // of the last one that no crash takes back; "" for none
}

// OK reports whether nothing was found.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

func (v *Verifier) found(at place, format string, a ...any) {
	if len(v.report.Findings) >= maxFindings {
		v.report.More++
		return
	}
	v.report.Findings = append(v.report.Findings, Finding{at.file, at.line, at.seq, fmt.Sprintf(format, a...)})
}

func (v *Verifier) note(format string, a ...any) {
	if len(v.report.Notes) < maxFindings {
		v.report.Notes = append(v.report.Notes, fmt.Sprintf(format, a...))
	}
}
