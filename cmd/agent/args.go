package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// group is a command of commands, some flags of which may already be said where
// none of them was meant: which there are is then the answer.
func group(cmd *cobra.Command, of ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(of...)
	cmd.FParseErrWhitelist.UnknownFlags = true
	var names []string
	for _, c := range of {
		names = append(names, c.Name())
	}
	there := "there is " + names[0]
	if last := len(names) - 1; last > 0 {
		there = "there are " + strings.Join(names[:last], ", ") + " and " + names[last]
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("%s: there is no %q: %s", cmd.Name(), args[0], there)
		}
		return nil
	}
	if cmd.RunE == nil {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	return cmd
}

// noArguments is for commands that are told everything by flags.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.Flags().Lookup("output") != nil && !cmd.Flags().Changed("output"):
		return fmt.Errorf("%s takes no %q: is --output %s meant?", cmd.Name(), args[0], args[0])
	}
	return fmt.Errorf("%s takes no %q, nor any argument but flags", cmd.Name(), args[0])
}
