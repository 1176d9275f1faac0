package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
)

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Compare what two configurations let out"}
	var format string
	diff := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say, output by output, what a new configuration lets out or holds back",
		Long: `Compares two configuration files, with the schemas and overlays that each names:
for each output, by its name, which property of which schema is newly let out,
in which form, and which is newly held back. What is no property stands in brackets:
the events of each input, those that were dropped or not valid, where the output writes.
What cannot be told to let nothing more out counts as let out. "new codes" is said where the same goes
out by other pseudonyms or tokens, for another epoch, key or set of denied categories:
those who receive them cannot match the new ones with the old ones.

Exit code 1 where anything is newly let out, 0 where not, 2 for mistakes. New codes
alone are no such thing; a longer epoch is, since who is the same shows for longer, and
so are tokens for the pseudonyms of an epoch.`,
		Args: cobra.ExactArgs(2),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			if format != "table" && format != "json" {
				return usage{errors.New("--format: must be table or json")}
			}
			var mistakes config.Mistakes
			var both [2]*loaded
			for i, what := range []string{"OLD", "NEW"} {
				if _, err := os.Stat(args[i]); errors.Is(err, fs.ErrNotExist) {
					mistakes = append(mistakes, fmt.Sprintf("%s: there is no such file: policy diff OLD NEW compares two configuration files, and this one is %s", args[i], what))
					continue
				}
				l, err := load(args[i])
				var more config.Mistakes
				if err != nil && !errors.As(err, &more) {
					return err
				}
				mistakes = append(mistakes, more...)
				both[i] = l
			}
			if len(mistakes) > 0 {
				return mistakes
			}
			var err error
			changes := policyDiff(both[0], both[1])
			if format == "json" {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				err = enc.Encode(changes)
			} else {
				err = policyDiffTable(cmd.OutOrStdout(), changes)
			}
			if n := letOut(changes); err == nil && n > 0 {
				err = fmt.Errorf("%s newly let out", isOrAre(n, "thing"))
			}
			return err
		}),
	}
	diff.Flags().StringVar(&format, "format", "table", "`FORMAT`: table or json")
	return group(cmd, diff)
}

// changed is one row of policy diff --format json.
type changed struct {
	Output string `json:"output"`
	filters.Change
}

// policyDiff compares the outputs by name, those of the new configuration first.
func policyDiff(before, after *loaded) []changed {
	changes := []changed{}
	add := func(name string, all []filters.Change) {
		for _, c := range all {
			changes = append(changes, changed{name, c})
		}
	}
	was := map[string]int{}
	for i := range before.config.Outputs {
		was[before.config.Outputs[i].Name] = i
	}
	for i := range after.config.Outputs {
		name := after.config.Outputs[i].Name
		old, known := was[name]
		if !known {
			add(name, filters.Diff(filters.Fed{}, after.fed(i)))
			continue
		}
		delete(was, name)
		add(name, moved(before, old, after, i))
		add(name, filters.Diff(before.fed(old), after.fed(i)))
	}
	for i := range before.config.Outputs {
		if _, gone := was[before.config.Outputs[i].Name]; gone {
			add(before.config.Outputs[i].Name, filters.Diff(before.fed(i), filters.Fed{}))
		}
	}
	return changes
}

func letOut(changes []changed) (n int) {
	for _, c := range changes {
		if c.LetOut {
			n++
		}
	}
	return n
}

func isOrAre(n int, noun string) string {
	if n == 1 {
		return count(n, noun) + " is"
	}
	return count(n, noun) + " are"
}

func policyDiffTable(to io.Writer, changes []changed) error {
	out := tabwriter.NewWriter(folded(to), 0, 0, 2, ' ', 0)
	output, schema := "", ""
	for _, c := range changes {
		if c.Output != output {
			if output != "" {
				fmt.Fprintln(out)
			}
			output, schema = c.Output, ""
			fmt.Fprintf(out, "OUTPUT %s\n", output)
		}
		s := "SCHEMA " + c.Schema + " version " + c.Version
		switch input, ok := strings.CutPrefix(c.Schema, "of input "); {
		case ok && c.Version == "":
			s = "INPUT " + input
		case c.Schema == "" && c.Version == "":
			s = "THE OUTPUT ITSELF"
		}
		if s != schema {
			schema = s
			fmt.Fprintf(out, "\n  %s\n  \tCHANGE\tPROPERTY\tBEFORE\tAFTER\tREASON\n", visible(s))
		}
		word := "held back"
		switch {
		case c.LetOut:
			word = "LET OUT"
		case c.Recoded:
			word = "new codes"
		}
		fmt.Fprintf(out, "  \t%s\t%s\t%s\t%s\t%s\n", word, visible(c.Property), visible(c.Before), visible(c.After), visible(c.Reason))
	}
	if len(changes) == 0 {
		fmt.Fprintln(out, "no difference: nothing is newly let out, nothing newly held back")
	}
	return out.Flush()
}
