package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/docs"
	"jupyter-events-agent/internal/noninterference"
)

// selftestTime is how long a selftest takes that is not told how many pairs.
const selftestTime = 15 * time.Second

func selftestCommand(file *string) *cobra.Command {
	var pairs int
	var seed uint64
	var output string
	var complete bool
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Test on this configuration that no output can tell what its policy withholds",
		Long: `Makes up pairs of valid events, from the schemas, that agree on everything that an
output may see and differ wherever they may: in denied values, names, order, number and
writing. Both go the agent's own way to each output's own encoder, and all that comes
out is compared, byte for byte: bodies, keys, headers, labels, indices, batches, kept
rejects, log lines and counters. Nothing is sent to a real destination, and no log of
events is read. What it proves and what not: ` + docs.Page("selftest.md") + `

Exits with 1 where an output could tell a pair apart, and says which and where; with
3 where none could and an output was NOT TESTED, as nothing that it takes could be made
up. With --complete also where a schema was left out, or fewer pairs were compared
than --pairs asks for. With 0 otherwise, and 2 for mistakes.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if pairs < 0 {
				return usage{errors.New("--pairs: must be 1 or more")}
			}
			l, err := load(*file)
			if err == nil {
				err = l.config.Runnable()
			}
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("seed") {
				seed = rand.Uint64() >> 32
			}
			c, err := l.selftest(output)
			if err != nil {
				return err
			}
			c.Pairs, c.Seed = pairs, seed
			if pairs == 0 {
				c.Pairs = 10_000
				part := selftestTime / time.Duration(len(c.Outputs))
				var until time.Time
				last := -1
				c.Until = func(output int) bool {
					if output != last {
						last, until = output, time.Now().Add(part)
					}
					return time.Now().Before(until)
				}
			}
			if c.Folder, err = os.MkdirTemp("", "jupyter-events-agent-selftest-"); err != nil {
				return err
			}
			defer os.RemoveAll(c.Folder)
			report, err := noninterference.Run(cmd.Context(), c)
			if err != nil {
				return err
			}
			if err := showSelftest(cmd.OutOrStdout(), report); err != nil {
				return err
			}
			return leftOut(report, pairs, complete)
		}),
	}
	cmd.Flags().IntVar(&pairs, "pairs", 0, "`NUMBER` of pairs at each output (default as many as 15 seconds give, at most 10000)")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "what is made up follows from this `NUMBER` (default any)")
	cmd.Flags().StringVarP(&output, "output", "o", "", "only the output `NAME`")
	cmd.Flags().BoolVar(&complete, "complete", false, "exit with 3 as well where a schema or some of the pairs were left out")
	return cmd
}

// leftOut is the error of a test that found nothing and did not look everywhere;
// complete: not at every schema, nor at all the pairs.
func leftOut(r *noninterference.Report, pairs int, complete bool) error {
	var not, less []string
	for i := range r.Outputs {
		switch o := &r.Outputs[i]; {
		case o.Pairs == 0:
			not = append(not, o.Name)
		case len(o.Untested) > 0, o.Pairs < pairs:
			less = append(less, o.Name)
		}
	}
	switch {
	case len(not) > 0:
		return partly{fmt.Errorf("not tested: %s (see the lines NOT TESTED; --output NAME tests one output alone)", strings.Join(not, ", "))}
	case complete && len(less) > 0:
		return partly{fmt.Errorf("not tested in full: %s (see the lines \"not tested\", or ask for fewer --pairs)", strings.Join(less, ", "))}
	}
	return nil
}

// selftest is what is tested: every output, or that of the name.
func (l *loaded) selftest(name string) (noninterference.Config, error) {
	c := noninterference.Config{Registry: l.registry}
	for i := range l.config.Inputs {
		in := &l.config.Inputs[i]
		c.Inputs = append(c.Inputs, noninterference.Input{Name: in.Name, Rules: in.Rules, Checker: l.checkers[i]})
	}
	only := -1
	if name != "" {
		var err error
		if only, err = l.output(name); err != nil {
			return c, err
		}
	}
	for i := range l.config.Outputs {
		if o := &l.config.Outputs[i]; only < 0 || only == i {
			c.Outputs = append(c.Outputs, noninterference.Output{Kind: o.Kind, Name: o.Name, Policy: o.Policy, Batch: o.Batch, Config: o.Config})
		}
	}
	return c, nil
}

// showSelftest says what was found; its error is that something was.
func showSelftest(to io.Writer, r *noninterference.Report) error {
	worst := 0
	for i := range r.Outputs {
		o := &r.Outputs[i]
		verdict := "cannot tell"
		switch {
		case o.Difference != nil:
			verdict = "CAN TELL"
			worst++
		case o.Pairs == 0:
			verdict = "NOT TESTED"
		case o.Everything:
			verdict = "sees everything"
		}
		fmt.Fprintf(to, "%-16s %s %s: %s, %s, %s varied\n", verdict, o.Kind, o.Name, count(o.Pairs, "pair"), count(len(o.Schemas), "schema"), count(len(o.Places), "denied place"))
		if o.Everything {
			fmt.Fprintf(to, "%16s categories = [\"*\"] withholds nothing but reserved members: only these, white space and the envelope were varied\n", "")
		}
		for _, u := range o.Untested {
			fmt.Fprintf(to, "%16s not tested, as no valid event of it could be made up: %s\n", "", visible(u))
		}
		for _, u := range o.Unsteady {
			fmt.Fprintf(to, "%16s differed once and not when it was repeated, so by timing: %s\n", "", u)
		}
		if o.Pairs == 0 && o.Difference == nil && len(o.Untested) == 0 {
			fmt.Fprintf(to, "%16s no input brings it a schema that it takes: see inputs' schemas and trusted, and policy.schemas and trusted_only\n", "")
		}
		if o.Difference != nil {
			fmt.Fprintf(to, "%16s %s\n", "", visible(o.Difference.String()))
		}
	}
	fmt.Fprintln(to, strings.TrimSpace(`
not covered: what an action makes of a value, and that it is there; the event id; whether a line was valid; whether
drop_events_with or consent let the record come; timing; what a schema says of a denied value; what a producer puts
into a permitted member; the agent's counts of what it has read`))
	fmt.Fprintf(to, "seed %d\n", r.Seed)
	if worst > 0 {
		return fmt.Errorf("%d of %d outputs can tell what their policy withholds: do not run this configuration, and report it privately to the agent's maintainers with the line above; --seed %d --output NAME shows it again", worst, len(r.Outputs), r.Seed)
	}
	return nil
}
