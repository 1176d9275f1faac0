package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// group is a command of commands. By itself it shows them; what it does not know
// is a mistake, and which there are the answer.
func group(cmd *cobra.Command, of ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(of...)
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
	asks := cmd.RunE
	if asks == nil {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	cmd.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		switch before := c.Flags().Args(); {
		case c != cmd: // one of its commands
			return err
		case len(before) > 0:
			return cmd.Args(cmd, before)
		case asks != nil:
			return asks(cmd, nil)
		}
		return fmt.Errorf("%s: %w: say its command first: %s", c.Name(), err, there)
	})
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
