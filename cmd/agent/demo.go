package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/pipeline"
	"jupyter-events-agent/schema"
)

func demoCommand() *cobra.Command {
	var keep bool
	var pace time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show in 20 seconds what each of three destinations receives of the same events",
		Long: `Writes events as Jupyter writes them into a temporary folder, runs the agent on
them with three outputs of different policy, and shows what each receives.
Needs nothing, changes nothing outside that folder.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if pace <= 0 {
				return usage{errors.New("--pace: must be more than nothing")}
			}
			return newDemo(cmd.OutOrStdout(), pace, keep).run(cmd.Context())
		}),
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "go on until ctrl-C")
	cmd.Flags().DurationVar(&pace, "pace", 1600*time.Millisecond, "the `TIME` between two events")
	return cmd
}

// demo writes a log, runs the agent on it and shows what comes out.
type demo struct {
	screen *screen
	pace   time.Duration
	keep   bool
	folder string
	agent  *loaded
	wiring wiring

	log     *os.File
	written int64 // lines
	faults  int64 // of them
	outputs []*arrivals
	last    []byte // what the last destination received last
}

func newDemo(to io.Writer, pace time.Duration, keep bool) *demo {
	return &demo{screen: newScreen(to), pace: pace, keep: keep}
}

func (d *demo) run(ctx context.Context) (err error) {
	if err := d.prepare(); err != nil {
		return fmt.Errorf("preparing the demo: %w", err)
	}
	agentLog, err := os.Create(filepath.Join(d.folder, "agent.log"))
	if err != nil {
		return err
	}
	defer agentLog.Close()
	d.wiring.log, d.wiring.stdout.To = newLog(agentLog, false, d.agent.config.Log), io.Discard
	d.introduce()

	// The agent is stopped after the scene that is on, so that what was written
	// is also shown.
	agentCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		ended <- d.wiring.run(agentCtx, d.agent)
		close(ended)
	}()
	err = d.play(ctx, ended)
	stop()
	err = errors.Join(err, <-ended, d.log.Close())
	if err == nil {
		d.conclude()
	}
	return err
}

func (d *demo) introduce() {
	s := d.screen
	s.line("Jupyter writes what people do into an event log. Here the agent follows such a")
	s.line("log for three destinations. What each may have is said by its policy:\n")
	for _, to := range destinations {
		s.line("  %s  %s", s.paint(bold, pad(to.name, 9)), to.may)
	}
	s.line("\n%s is what was withheld: nothing leaves that the policy does not name.", s.paint(red, withheld))
}

// play writes scene after scene and shows what comes out of each.
func (d *demo) play(ctx context.Context, ended chan error) error {
	tick := time.NewTicker(d.pace)
	defer tick.Stop()
	for round := 0; round == 0 || d.keep; round++ {
		for i, scene := range story(round) {
			if i == rotateAfter {
				if err := d.rotate(); err != nil {
					return err
				}
			}
			if err := d.act(&scene, ended); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	}
	return nil
}

// act writes one line, waits until the agent has dealt with it, and shows
// what each destination has received of it.
func (d *demo) act(scene *scene, ended chan error) error {
	now := time.Now()
	line := scene.line(now)
	if _, err := d.log.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing the event log: %w", err)
	}
	d.written++
	var arena schema.Arena
	var event schema.Event
	fault := d.agent.checkers[0].Check(&inputs.Line{Raw: line}, &arena, &event)
	if fault != nil {
		d.faults++
	}
	for i, out := range d.outputs {
		if fault == nil && d.agent.filters[i].Takes(event.Schema()) {
			out.due++
		}
	}
	if err := d.await(ended); err != nil {
		return err
	}
	d.screen.head(now.Format("15:04:05"), scene.title, scene.schema)
	if fault != nil {
		d.screen.fault(fault)
		return nil
	}
	var to []received
	for _, out := range d.outputs {
		record, err := out.next()
		if err != nil {
			return err
		}
		r := received{name: out.name, got: record != nil}
		if r.got {
			if r.members, err = members(record); err != nil {
				return fmt.Errorf("reading what %s received: %w", out.name, err)
			}
			if out == d.outputs[len(d.outputs)-1] {
				d.last = record
			}
		}
		to = append(to, r)
	}
	all, err := members(line)
	if err != nil {
		return err
	}
	d.screen.event(all, to)
	return nil
}

// await waits until every output has delivered what it is to receive.
func (d *demo) await(ended chan error) error {
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !d.delivered() {
		select {
		case err := <-ended:
			if err == nil {
				err = errors.New("it was not asked to")
			}
			return fmt.Errorf("the agent stopped: %w; see %s", err, filepath.Join(d.folder, "agent.log"))
		case <-deadline.C:
			return fmt.Errorf("the agent did not deliver within 10 seconds: see %s", filepath.Join(d.folder, "agent.log"))
		case <-poll.C:
		}
	}
	return nil
}

func (d *demo) delivered() bool {
	due := map[string]int64{pipeline.QuarantineCursor: d.faults}
	for _, out := range d.outputs {
		due[out.name] = out.due
	}
	for _, out := range d.wiring.stats.Snapshot().Outputs {
		if out.Records >= due[out.Name] {
			delete(due, out.Name)
		}
	}
	return len(due) == 0
}

// conclude says what was seen and what to do next.
func (d *demo) conclude() {
	s := d.screen
	s.note("that was it")
	got := make([]string, 0, len(d.outputs))
	for _, out := range d.outputs {
		got = append(got, fmt.Sprintf("%s %d", out.name, out.records))
	}
	s.line("%s written; received: %s; quarantined %d.\n", plural(d.written, "line"), strings.Join(got, ", "), d.faults)
	if d.last != nil {
		s.line("The last record of %s, whole, with what the agent says of it:", d.outputs[len(d.outputs)-1].name)
		s.line("%s\n", s.paint(dim, visible(string(d.last))))
	}
	self := program()
	s.line("Everything is in %s.\nDelete it when you are done. Go on:\n", d.folder)
	for _, next := range [][2]string{
		{"explain -c %s/agent.toml", "property by property: what goes where, and why"},
		{"preview -c %s/agent.toml -o vendor %[1]s/log/events.log", "what one destination would get of a log"},
		{"run -c %s/agent.toml", "the agent itself: append to the log and see"},
	} {
		s.line("  %s\n      %s", s.paint(bold, self+" "+fmt.Sprintf(next[0], d.folder)), s.paint(dim, next[1]))
	}
}

// program is how the person calls this program.
func program() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/agent"
	}
	return os.Args[0]
}
