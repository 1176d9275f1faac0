package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/pages"
)

func explainCommand(file *string) *cobra.Command {
	var output, format string
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Say, property by property, what goes to which output and why",
		Args:  noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"table", "json", "markdown", "html"}, format) {
				return usage{fmt.Errorf("--format: must be table, json, markdown or html")}
			}
			l, err := load(*file)
			if err != nil {
				return err
			}
			chosen := make([]int, len(l.config.Outputs))
			for i := range chosen {
				chosen[i] = i
			}
			if output != "" || len(chosen) == 0 {
				i, err := l.output(output)
				if err != nil {
					return err
				}
				chosen = []int{i}
			}
			switch format {
			case "json":
				return explainJSON(cmd.OutOrStdout(), cmd.ErrOrStderr(), l, chosen)
			case "table":
				return explainTable(cmd.OutOrStdout(), l, chosen)
			}
			page, err := l.pages(chosen)
			if err != nil {
				return err
			}
			if format == "html" {
				return page.ExplainHTML(cmd.OutOrStdout())
			}
			return page.ExplainMarkdown(cmd.OutOrStdout())
		}),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "only the output `NAME`")
	cmd.Flags().StringVar(&format, "format", "table", "`FORMAT`: table, json, markdown or html (one page that needs nothing but itself)")
	return cmd
}

// explained is one row of explain --format json.
type explained struct {
	Output string `json:"output"`
	filters.Row
	Origins []origin `json:"origins"`
}

// origin is who said a category.
type origin struct {
	Category string `json:"category"`
	Source   string `json:"source"`
	File     string `json:"file"`
}

func explainJSON(to, notes io.Writer, l *loaded, chosen []int) error {
	rows := []explained{}
	for _, i := range chosen {
		name := l.config.Outputs[i].Name
		for _, row := range l.rows(i) {
			said := make([]origin, len(row.Origins))
			for i, o := range row.Origins {
				said[i] = origin(o)
			}
			rows = append(rows, explained{name, row, said})
		}
		for _, note := range l.filters[i].Notes() {
			fmt.Fprintf(notes, "note: output %q: %s\n", name, visible(note))
		}
	}
	fmt.Fprintf(notes, "note: %s\n", uncovered)
	enc := json.NewEncoder(to)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(rows)
}

// rows explain an output's policy, without what no input brings it.
func (l *loaded) rows(output int) []filters.Row {
	return pages.Rows(l.config, l.registry, l.checkers, l.filters[output])
}

// uncovered is what the promise leaves out beside what the notes of an output say
// (policy.md §5: c, e, f and g).
const uncovered = "not covered by any policy: whether a line was a valid event, too long or of an unknown schema; when a record comes; " +
	"what a schema says of a denied value by a permitted one; what a program writes into a permitted member, or of another schema (pin the inputs' schemas, use trusted)"

func explainTable(to io.Writer, l *loaded, chosen []int) error {
	out := tabwriter.NewWriter(folded(to), 0, 0, 2, ' ', 0)
	for n, i := range chosen {
		o, filter := &l.config.Outputs[i], l.filters[i]
		if n > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "OUTPUT %s gets %s\n", o.Name, visible(sayPolicy(&o.Policy)))
		for _, note := range filter.Notes() {
			fmt.Fprintf(out, "  note: %s\n", visible(note))
		}
		schema := ""
		for _, row := range l.rows(i) {
			s := "SCHEMA " + row.Schema + " version " + row.Version
			if row.Input != "" {
				s = "INPUT " + row.Input
			}
			if s != schema {
				schema = s
				fmt.Fprintf(out, "\n  %s\n  \tPROPERTY\tCATEGORIES\tVERDICT\tREASON\n", visible(s))
			}
			fmt.Fprintf(out, "  \t%s\t%s\t%s\t%s\n", visible(row.Property), visible(sayRowCategories(&row)), sayVerdict(&row), visible(sayReason(&row)))
		}
		for _, s := range l.registry.Schemas() {
			name := visible(s.ID() + " version " + s.Version())
			switch {
			case !filter.Takes(s):
				fmt.Fprintf(out, "\n  SCHEMA %s\n  \tnot taken: events of it do not go here at all\n", name)
			case !filter.Gets(l.checkers, s) && o.Policy.TrustedOnly:
				fmt.Fprintf(out, "\n  SCHEMA %s\n  \tnot brought: no trusted input takes events of it (see inputs' schemas and trusted)\n", name)
			case !filter.Gets(l.checkers, s):
				fmt.Fprintf(out, "\n  SCHEMA %s\n  \tnot brought: no input takes events of it (see inputs' schemas)\n", name)
			}
		}
	}
	fmt.Fprintf(out, "\n%s\n", uncovered)
	return out.Flush()
}

// sayVerdict is the row's verdict, in place of what would become of the value if
// its event went out.
func sayVerdict(row *filters.Row) string {
	if row.Drops {
		return "drops event"
	}
	return row.Verdict
}

func sayRowCategories(row *filters.Row) string {
	switch {
	case !row.Categorised:
		return "(uncategorised)"
	case len(row.Categories) == 0:
		return "[]"
	}
	return strings.Join(row.Categories, ", ")
}

// sayReason is the reason, and who said the categories that it speaks of.
func sayReason(row *filters.Row) string {
	var who []string
	for _, o := range row.Origins {
		s := o.Source
		if o.File != "" && o.File != o.Source {
			s += " " + o.File
		}
		if !slices.Contains(who, s) {
			who = append(who, s)
		}
	}
	if len(who) == 0 {
		return row.Reason
	}
	return row.Reason + " (said by " + strings.Join(who, "; ") + ")"
}
