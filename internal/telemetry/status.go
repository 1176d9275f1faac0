package telemetry

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/inputs"
	"jupyter-events-agent/pipeline"
)

// Status is how the agent is at one moment, as the status page and the command
// status show it. It holds names of the configuration, counters, and what
// outputs say of their destinations: no event's value and no path of a log,
// but for Files, which only the command status asks for.
type Status struct {
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Now     time.Time `json:"now"`
	Policy  string    `json:"policy"` // another one after a reload: the Matrix is to be read again

	Inputs      []InputStatus  `json:"inputs"`
	Outputs     []OutputStatus `json:"outputs"`
	Quarantined int64          `json:"quarantined"`
}

// InputStatus is one input.
type InputStatus struct {
	Name   string           `json:"name"`
	Lines  int64            `json:"lines"`
	Bytes  int64            `json:"bytes"`
	Faults map[string]int64 `json:"faults,omitempty"` // by reason
	Gaps   int64            `json:"gaps"`
	Logs   []LogStatus      `json:"logs,omitempty"` // by glob
	Files  []FileStatus     `json:"files,omitempty"`
}

// LogStatus is the files of one glob of the configuration, rotated ones
// included, in one: what a path itself says may be whose log it is.
type LogStatus struct {
	Glob      string           `json:"glob"`
	Files     int              `json:"files"`
	Bytes     int64            `json:"bytes"`     // as far as known: compressed files count when they have been read
	Delivered map[string]int64 `json:"delivered"` // bytes by output
}

// FileStatus is one file.
type FileStatus struct {
	Path      string           `json:"path"`
	Bytes     int64            `json:"bytes"` // -1: not known yet
	Delivered map[string]int64 `json:"delivered"`
}

// OutputStatus is one output.
type OutputStatus struct {
	Name     string           `json:"name"`
	Kind     string           `json:"kind"`
	Records  int64            `json:"records"`
	Bytes    int64            `json:"bytes"`
	Withheld map[string]int64 `json:"withheld,omitempty"`
	Rejected map[string]int64 `json:"rejected,omitempty"`
	Retries  int64            `json:"retries"`
	Lag      int64            `json:"lag_bytes"`
	Behind   float64          `json:"behind_seconds"`
	Failing  float64          `json:"failing_seconds"` // 0: its destination takes what it gets
	Error    string           `json:"error,omitempty"` // the last one
}

// Reporter makes Statuses. Its fields are set before it is used.
type Reporter struct {
	Version  string
	Started  time.Time
	Policy   func() string
	Snapshot func() pipeline.Snapshot
	Kind     func(output string) string
	Progress func(input string) []inputs.Progress // nil result: the input has no files
}

// Status is how the agent is now, with the paths of files where paths is set.
func (r *Reporter) Status(paths bool) Status {
	s := Status{Version: r.Version, Started: r.Started, Policy: r.Policy(), Now: time.Now(), Inputs: []InputStatus{}, Outputs: []OutputStatus{}}
	snap := r.Snapshot()
	for i := range snap.Inputs {
		in := &snap.Inputs[i]
		made := InputStatus{Name: in.Name, Lines: in.Lines, Bytes: in.Bytes, Gaps: in.Gaps, Faults: map[string]int64{}}
		for reason, n := range in.Faults {
			made.Faults[string(reason)] = n
		}
		progress := r.Progress(in.Name)
		made.Logs = fold(progress)
		if paths {
			for _, p := range progress {
				made.Files = append(made.Files, FileStatus{Path: p.Path, Bytes: p.Size, Delivered: p.Delivered})
			}
		}
		s.Inputs = append(s.Inputs, made)
	}
	for i := range snap.Outputs {
		out := &snap.Outputs[i]
		if out.Name == pipeline.QuarantineCursor {
			s.Quarantined += out.Records
			continue
		}
		s.Outputs = append(s.Outputs, r.output(out, s.Now))
	}
	return s
}

func (r *Reporter) output(out *pipeline.OutputStats, now time.Time) OutputStatus {
	made := OutputStatus{
		Name: out.Name, Kind: r.Kind(out.Name), Records: out.Records, Bytes: out.Bytes, Rejected: out.Rejected, Withheld: map[string]int64{},
		Retries: out.Retries, Lag: out.Lag, Behind: out.Behind.Seconds(), Error: out.Error,
	}
	for reason, n := range out.Withheld {
		if n > 0 {
			made.Withheld[filters.Withholding(reason).String()] = n
		}
	}
	if !out.Failing.IsZero() {
		made.Failing = max(now.Sub(out.Failing).Seconds(), 0.001)
	}
	return made
}

// fold sums up the files of each glob.
func fold(files []inputs.Progress) (logs []LogStatus) {
	for _, f := range files {
		i := slices.IndexFunc(logs, func(l LogStatus) bool { return l.Glob == f.Glob })
		if i < 0 {
			i = len(logs)
			logs = append(logs, LogStatus{Glob: f.Glob, Delivered: map[string]int64{}})
		}
		l := &logs[i]
		l.Files++
		l.Bytes += max(f.Size, 0)
		for output, n := range f.Delivered {
			if f.Size >= 0 {
				l.Delivered[output] += min(n, f.Size)
			}
		}
	}
	slices.SortFunc(logs, func(a, b LogStatus) int { return cmp.Compare(a.Glob, b.Glob) })
	return logs
}

// ServeHTTP answers with the Status, without paths.
func (r *Reporter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(true)
	_ = e.Encode(r.Status(false)) // who asked has gone
}
