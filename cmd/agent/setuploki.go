package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"jupyter-events-agent/outputs/loki"
)

func setupLokiCommand(file *string) *cobra.Command {
	var how setup
	cmd := &cobra.Command{
		Use:   "loki",
		Short: "Show the limits of Loki that matter to an output, or compare them",
		Long: `Says which of Loki's limits matter to an [[outputs.loki]]. With --print it shows
them as a piece of Loki's configuration and connects to nothing. With --apply it
asks Loki for its configuration and says what to change there; it changes nothing
itself, since Loki has no request for that: its limits stand in a file of its own.
Exit code 1 where records would not be taken.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			l, i, err := how.choose(*file, "loki")
			if err != nil {
				return err
			}
			config := l.config.Outputs[i].Config.(*loki.Config)
			if how.print {
				fmt.Fprint(cmd.OutOrStdout(), config.Limits())
				return nil
			}
			said, wrong, err := config.Compare(cmd.Context())
			for _, line := range said {
				fmt.Fprintln(cmd.OutOrStdout(), visible(line))
			}
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), "nothing was changed: limits are set in Loki's own configuration, or its runtime overrides for the tenant")
			}
			if wrong {
				err = errors.New("as it is set up Loki would not take records: change the limits above")
			}
			return err
		}),
	}
	how.flags(cmd, "show the limits as a piece of Loki's configuration", "compare them with those of Loki; changes nothing")
	return cmd
}
