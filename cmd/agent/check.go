package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
)

func checkCommand(file *string) *cobra.Command {
	var ask bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read and compile everything, open nothing; say every mistake at once",
		Long: `Reads the configuration, the schemas, the overlays, and the secrets and certificates
that are named, and compiles every policy. Opens no destination and no state. Exit
code 2 with every mistake at once. Run it as root or as the agent's user.

With --connect it then connects to every destination that is reached over a
network, as run would, sends no record, and says of each whether it would take
records now, and if not what to do. Exit code 1 where one would not.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 || cmd.Flags().Changed("timeout") && !ask {
				return usage{errors.New("--timeout: is a duration for --connect: how long a destination may take to answer")}
			}
			l, err := runnable(*file, true)
			if err != nil {
				return err
			}
			warn(cmd.ErrOrStderr(), l.warnings)
			warn(cmd.ErrOrStderr(), servantsWarnings(l.config))
			warn(cmd.ErrOrStderr(), ofKinds(l.config, ask))
			out := cmd.OutOrStdout()
			for i := range l.config.Inputs {
				fmt.Fprintln(out, visible(sayInput(&l.config.Inputs[i])))
			}
			for i := range l.config.Outputs {
				fmt.Fprintln(out, visible(sayOutput(&l.config.Outputs[i])+sayConsent(&l.config.Outputs[i], l.consents[i])))
			}
			if l.config.Quarantine == nil {
				fmt.Fprintln(out, "no [quarantine]: lines that are not valid events are counted, not kept")
			} else {
				fmt.Fprintln(out, visible("quarantine: lines that are not valid events go to "+l.config.Quarantine.Path))
			}
			if slices.ContainsFunc(l.config.Outputs, rejects) {
				fmt.Fprintln(out, visible("rejected: records that a destination will never take go to a folder of their output in "+l.config.Rejected.Path))
			}
			fmt.Fprintf(out, "ok: %s, %s, %s\n", count(len(l.registry.Schemas()), "schema"),
				count(len(l.config.Inputs), "input"), count(len(l.config.Outputs), "output"))
			if !ask {
				return nil
			}
			log := newLog(cmd.ErrOrStderr(), isTerminal(cmd.ErrOrStderr()), l.config.Log)
			return connect(cmd.Context(), l.config.Outputs, timeout, log, out)
		}),
	}
	cmd.Flags().BoolVar(&ask, "connect", false, "also ask every destination whether it would take records")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "with --connect: how long a destination may take to answer, as `TIME`")
	return cmd
}

func warn(to io.Writer, warnings []string) {
	for _, w := range warnings {
		fmt.Fprintln(to, "warning:", visible(w))
	}
}

// ofKinds is what the kinds have to say of their parts of the configuration that
// is not wrong yet should not stay, such as a password that others can read. A
// run has it in its log, and so have the destinations that are asked.
func ofKinds(c *config.Config, asked bool) (warnings []string) {
	say := func(where string, kind any) {
		if k, ok := kind.(interface{ Warnings() []string }); ok {
			for _, w := range k.Warnings() {
				warnings = append(warnings, where+": "+w)
			}
		}
	}
	for i := range c.Inputs {
		say(c.Inputs[i].Where(), c.Inputs[i].Config)
	}
	for i := range c.Outputs {
		if out := &c.Outputs[i]; !asked || out.Config.Traits().Local {
			say(out.Where(), out.Config)
		}
	}
	return warnings
}

// rejects says whether an output's destination may refuse a record for good.
func rejects(out config.Output) bool { return !out.Config.Traits().Local }

func sayInput(in *config.Input) string {
	s := in.Where() + ": "
	if globs := in.Config.Globs(); len(globs) > 0 {
		s += strings.Join(globs, ", ")
	} else {
		s += in.Kind
	}
	if in.Rules.Source.Trusted {
		s += "; trusted"
	}
	if len(in.Rules.Schemas) > 0 {
		s += "; only schemas " + strings.Join(in.Rules.Schemas, ", ")
	}
	return s
}

func sayOutput(out *config.Output) string {
	s := out.Where() + ": "
	if files := out.Config.Files(); len(files) > 0 {
		s += strings.Join(files, ", ") + "; "
	} else if out.Config.Traits().Local {
		s += "standard output; "
	}
	s += "gets " + sayPolicy(&out.Policy)
	if len(out.Policy.Schemas) > 0 {
		s += "; only schemas " + strings.Join(out.Policy.Schemas, ", ")
	}
	if out.Audit {
		s += "; audit: chained and signed"
	}
	if out.Policy.TrustedOnly {
		s += "; only of trusted inputs"
	}
	return s
}

// sayPolicy says what a policy lets through.
func sayPolicy(p *filters.Policy) string {
	s := sayCategories(p.Categories)
	if p.MaxLevel != "" {
		s += ", levels up to " + p.MaxLevel
	}
	for _, category := range slices.Sorted(maps.Keys(p.Actions)) {
		a := p.Actions[category]
		s += ", " + category + " by " + strings.TrimSpace(a.Action+" "+a.To)
	}
	if p.Time != "" && p.Time != "exact" {
		s += "; times to the " + p.Time
	}
	return s
}

// sayCategories says what a list of categories lets through.
func sayCategories(categories []string) string {
	for _, c := range categories {
		if c == "*" {
			return `EVERYTHING (categories = ["*"]): personal, uncategorised and undeclared members too`
		}
	}
	named := make([]string, 0, len(categories))
	for _, c := range categories {
		if c != "unrestricted" {
			named = append(named, c)
		}
	}
	return strings.Join(append([]string{"unrestricted"}, named...), ", ")
}

// count is a number with its noun: 1 input, 2 inputs.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
