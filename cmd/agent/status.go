package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/telemetry"
)

func statusCommand(file *string) *cobra.Command {
	var watch, asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how the agent that runs is doing",
		Long: `Shows what the agent that runs is doing: each output, how far it is behind and
what its destination said last; each input, and how far each output is in its
files. The agent is found by the state_dir of the configuration; only its own
user and root are heard, since paths of logs may say whose they are.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ask := func() (s telemetry.Status, err error) {
				err = call(cmd.Context(), *file, "status", nil, func(text json.RawMessage) error { return json.Unmarshal(text, &s) })
				return s, err
			}
			view := &statusView{screen: newScreen(cmd.OutOrStdout())}
			s, err := ask()
			switch {
			case err != nil:
				return err
			case asJSON:
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(s)
			case !watch:
				view.show(s)
				return nil
			}
			return view.watch(cmd.Context(), s, ask)
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "keep it up to date until stopped")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.MarkFlagsMutuallyExclusive("watch", "json")
	return cmd
}

// statusView draws a Status on a terminal or into a file.
type statusView struct {
	*screen
	before *telemetry.Status // of the last time; nil: no rates
}

// watch draws it once a second in place of itself.
func (v *statusView) watch(ctx context.Context, s telemetry.Status, ask func() (telemetry.Status, error)) error {
	const alternate, home, rest, back = "\x1b[?1049h\x1b[?25l", "\x1b[H", "\x1b[J", "\x1b[?25h\x1b[?1049l"
	fmt.Fprint(v.to, alternate)
	defer fmt.Fprint(v.to, back)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		fmt.Fprint(v.to, home+rest)
		v.bounded, v.room = true, height(v.to)-1 // more would push the outputs out at the top
		v.show(s)
		shown := s
		v.before = &shown
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		next, err := ask()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		s = next
	}
}

func (v *statusView) show(s telemetry.Status) {
	v.line("%s  %s, up %s", v.paint(bold, "jupyter-events-agent "+visible(s.Version)), s.Now.Local().Format("15:04:05"), age(s.Now.Sub(s.Started)))
	v.line("")
	rows := [][]string{{"OUTPUT", "STATE", "RECORDS", "PER S", "LAG", "WITHHELD", "REJECTED"}}
	for i := range s.Outputs {
		o := &s.Outputs[i]
		rows = append(rows, []string{visible(o.Name), stateOf(o), thousands(o.Records), v.rate(s.Now, o), size(o.Lag), total(o.Withheld), total(o.Rejected)})
	}
	v.table(rows, []int{2, 3, 4, 5, 6})
	for i := range s.Outputs {
		if o := &s.Outputs[i]; o.Error != "" && o.Failing > 0 {
			v.wrapped(red, visible(o.Name)+": "+visible(o.Error))
		}
	}
	for i := range s.Inputs {
		v.input(&s.Inputs[i], s.Outputs)
	}
	if s.Quarantined > 0 {
		v.line("")
		v.line("%s in the quarantine", plural(s.Quarantined, "line"))
	}
}

// mostFiles is how many files of an input are shown: those that are furthest behind.
const mostFiles = 10

func (v *statusView) input(in *telemetry.InputStatus, outs []telemetry.OutputStatus) {
	text := plural(in.Lines, "line") + ", " + size(in.Bytes)
	if n := total(in.Faults); n != "-" {
		text += ", " + n + " not valid (" + reasonsText(in.Faults) + ")"
	}
	if in.Gaps > 0 {
		text += ", " + plural(in.Gaps, "stretch") + " lost before they could be read"
	}
	v.line("")
	v.line("%s  %s", v.paint(bold, visible(in.Name)), text)
	if len(in.Files) == 0 {
		return
	}
	files := slices.Clone(in.Files)
	left := func(f *telemetry.FileStatus) (n int64) {
		for i := range outs {
			n = max(n, f.Bytes-f.Delivered[outs[i].Name])
		}
		return n
	}
	slices.SortStableFunc(files, func(a, b telemetry.FileStatus) int { return cmp.Compare(left(&b), left(&a)) })
	head := []string{"FILE", "SIZE"}
	for i := range outs {
		head = append(head, visible(outs[i].Name))
	}
	rows := [][]string{head}
	for i := range files[:min(len(files), mostFiles)] {
		f := &files[i]
		row := []string{visible(filepath.Base(f.Path)), size(f.Bytes)}
		if len(files) > 1 && filepath.Base(files[0].Path) == filepath.Base(files[1].Path) {
			row[0] = visible(f.Path)
		}
		for j := range outs {
			row = append(row, part(f.Delivered[outs[j].Name], f.Bytes))
		}
		rows = append(rows, row)
	}
	v.table(rows, nil)
	if more := len(files) - mostFiles; more > 0 {
		v.line("and %s", plural(int64(more), "more file"))
	}
}

// rate is how many records a second went out since the last look.
func (v *statusView) rate(now time.Time, o *telemetry.OutputStatus) string {
	if v.before == nil {
		return "-"
	}
	i := slices.IndexFunc(v.before.Outputs, func(b telemetry.OutputStatus) bool { return b.Name == o.Name })
	passed := now.Sub(v.before.Now).Seconds()
	if i < 0 || passed <= 0 || o.Records < v.before.Outputs[i].Records {
		return "-"
	}
	return thousands(int64(float64(o.Records-v.before.Outputs[i].Records)/passed + .5))
}

func stateOf(o *telemetry.OutputStatus) string {
	switch {
	case o.Failing > 0:
		return "FAILING for " + age(time.Duration(o.Failing*float64(time.Second)))
	case o.Behind > 10:
		return "behind for " + age(time.Duration(o.Behind*float64(time.Second)))
	case o.Behind > 0:
		return "delivering"
	}
	return "all delivered"
}

// part is how much of a file is delivered.
func part(done, all int64) string {
	switch {
	case all < 0:
		return "-"
	case done >= all:
		return "all"
	}
	return fmt.Sprintf("%.1f %%", min(99.9, 100*float64(done)/float64(all)))
}

func size(n int64) string {
	switch {
	case n < 0:
		return "-"
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	}
	return bytesText(n)
}

func age(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

func total(counts map[string]int64) string {
	var n int64
	for _, c := range counts {
		n += c
	}
	if n == 0 {
		return "-"
	}
	return thousands(n)
}

func reasonsText(counts map[string]int64) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, k+" "+thousands(counts[k]))
	}
	return strings.Join(all, ", ")
}
