package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/outputs/elasticsearch"
)

func setupCommand(file *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Set a destination up for what an output sends it",
		RunE: func(*cobra.Command, []string) error {
			return errors.New("setup: which kind of destination? There are elasticsearch, kafka and loki")
		},
	}
	return group(cmd, setupElasticsearchCommand(file), setupKafkaCommand(file), setupLokiCommand(file))
}

// setup is what the commands for all kinds of destinations have.
type setup struct {
	output       string
	print, apply bool
}

func (s *setup) flags(cmd *cobra.Command, print, apply string) {
	cmd.Flags().StringVarP(&s.output, "output", "o", "", "the output `NAME`; may be left out where there is one of this kind")
	cmd.Flags().BoolVar(&s.print, "print", false, print)
	cmd.Flags().BoolVar(&s.apply, "apply", false, apply)
}

// choose is the configuration and the index of the output that is meant: of the
// kind, by its name or the only one.
func (s *setup) choose(file, kind string) (*loaded, int, error) {
	if s.print == s.apply {
		return nil, 0, usage{errors.New("say one of --print and --apply")}
	}
	l, err := load(file)
	if err != nil {
		return nil, 0, err
	}
	if s.output != "" {
		i, err := l.output(s.output)
		if err == nil && l.config.Outputs[i].Kind != kind {
			err = usage{fmt.Errorf("--output: %s is none of %s", l.config.Outputs[i].Where(), kind)}
		}
		return l, i, err
	}
	found := 0
	var names []string
	for i := range l.config.Outputs {
		if l.config.Outputs[i].Kind == kind {
			found = i
			names = append(names, l.config.Outputs[i].Name)
		}
	}
	switch len(names) {
	case 0:
		return nil, 0, usage{fmt.Errorf("%s has no [[outputs.%s]]: add one, or name another file with --config", l.config.File, kind)}
	case 1:
		return l, found, nil
	}
	return nil, 0, usage{fmt.Errorf("--output: say which one of %s", strings.Join(names, ", "))}
}

func setupElasticsearchCommand(file *string) *cobra.Command {
	var how setup
	cmd := &cobra.Command{
		Use:   "elasticsearch",
		Short: "Make the index template of an output, and show or install it",
		Long: `Makes the index template of an [[outputs.elasticsearch]] from the schemas that the inputs
bring and the output's policy: a mapping for every property that may come, and none for
anything else.
With --print it is shown and nothing is connected to; with --apply it is installed,
for which the login needs the cluster privilege manage_index_templates.
Run it again after a change of the schemas, of the inputs or of the policy.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			l, i, err := how.choose(*file, "elasticsearch")
			if err != nil {
				return err
			}
			config := l.config.Outputs[i].Config.(*elasticsearch.Config)
			template := config.Template(l.config.Outputs[i].Name, l.brought(i))
			if how.print {
				_, err := cmd.OutOrStdout().Write(template.Body)
				fmt.Fprintf(cmd.ErrOrStderr(), "to install it by hand: PUT /_index_template/%s\n", template.Name)
				return err
			}
			said, err := config.Install(cmd.Context(), template)
			for _, line := range said {
				fmt.Fprintln(cmd.OutOrStdout(), visible(line))
			}
			return err
		}),
	}
	how.flags(cmd, "show the index template as JSON", "install the index template")
	return cmd
}
