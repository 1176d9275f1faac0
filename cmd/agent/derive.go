package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/outputs"
	"jupyter-events-agent/schema"
)

func deriveCommand(file *string) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "derive --output NAME",
		Short: "Write the JSON Schema of what an output really receives",
		Long: `Writes the JSON Schema (draft 7) that every record of an output is valid against,
for those who read them: which members it may have, must have, and in what form,
with what the agent adds, for each schema that the output takes and an input brings.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if output == "" {
				return usage{errors.New("--output: is missing: name the output whose records are to be described")}
			}
			l, err := load(*file)
			if err != nil {
				return err
			}
			i, err := l.output(output)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			return enc.Encode(l.derive(i))
		}),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the output `NAME`")
	return cmd
}

// brought is the i-th output's filter without what no input brings it, as explain
// says it.
func (l *loaded) brought(i int) *filters.Filter { return l.filters[i].Brought(l.checkers) }

// derive is the schema of what the i-th output receives.
func (l *loaded) derive(i int) map[string]any {
	var in filters.Intake
	for n, input := range l.config.Inputs {
		if !slices.ContainsFunc(l.registry.Schemas(), func(s *schema.Schema) bool { return slices.Contains(l.filters[i].From(l.checkers, s), n) }) {
			continue
		}
		in.Untimed = in.Untimed || input.Rules.Envelope != schema.Jupyter
		in.Upstream = in.Upstream || input.Rules.Envelope == schema.Agent
	}
	var shape func(map[string]any)
	if s, ok := l.config.Outputs[i].Config.(outputs.Shaper); ok {
		shape = s.Shape
	}
	made := l.brought(i).JSONSchema(in, shape)
	made["title"] = fmt.Sprintf("What the output %q receives", l.config.Outputs[i].Name)
	return made
}
