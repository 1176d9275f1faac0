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
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q: there is elasticsearch", args[0], cmd.CommandPath())
			}
			return fmt.Errorf("%s: which kind of destination? There is elasticsearch", cmd.CommandPath())
		},
	}
	cmd.AddCommand(setupElasticsearchCommand(file))
	return cmd
}

func setupElasticsearchCommand(file *string) *cobra.Command {
	var output string
	var print, apply bool
	cmd := &cobra.Command{
		Use:   "elasticsearch",
		Short: "Make the index template of an output, and show or install it",
		Long: `Makes the index template of an [[outputs.elasticsearch]] from the schemas and the output's
policy: a mapping for every property that may come, and none for anything else.
With --print it is shown and nothing is connected to; with --apply it is installed,
for which the login needs the cluster privilege manage_index_templates.
Run it again after a change of the schemas or of the policy.`,
		Args: cobra.NoArgs,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if print == apply {
				return usage{errors.New("say one of --print and --apply")}
			}
			l, err := load(*file)
			if err != nil {
				return err
			}
			i, config, err := l.elasticsearch(output)
			if err != nil {
				return err
			}
			template := config.Template(l.config.Outputs[i].Name, l.filters[i])
			if print {
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
	cmd.Flags().StringVarP(&output, "output", "o", "", "the output `NAME`; may be left out where there is one of this kind")
	cmd.Flags().BoolVar(&print, "print", false, "show the index template as JSON")
	cmd.Flags().BoolVar(&apply, "apply", false, "install the index template")
	return cmd
}

// elasticsearch is the output of that name, or the only one of its kind.
func (l *loaded) elasticsearch(name string) (int, *elasticsearch.Config, error) {
	if name != "" {
		i, err := l.output(name)
		if err != nil {
			return 0, nil, err
		}
		config, ok := l.config.Outputs[i].Config.(*elasticsearch.Config)
		if !ok {
			return 0, nil, usage{fmt.Errorf("--output: %s is none of elasticsearch", l.config.Outputs[i].Where())}
		}
		return i, config, nil
	}
	var found int
	var only *elasticsearch.Config
	var names []string
	for i := range l.config.Outputs {
		if config, ok := l.config.Outputs[i].Config.(*elasticsearch.Config); ok {
			found, only = i, config
			names = append(names, l.config.Outputs[i].Name)
		}
	}
	switch len(names) {
	case 0:
		return 0, nil, usage{fmt.Errorf("%s has no [[outputs.elasticsearch]]", l.config.File)}
	case 1:
		return found, only, nil
	}
	return 0, nil, usage{fmt.Errorf("--output: say which one of %s", strings.Join(names, ", "))}
}
