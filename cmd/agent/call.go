package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/control"
)

// call has the agent that runs with the configuration's state_dir do a command.
func call(ctx context.Context, file, command string, args any, take func(json.RawMessage) error) error {
	c, err := config.Load(file, kinds())
	if c == nil || c.StateDir == "" {
		return err
	}
	if err := control.Call(ctx, c.StateDir, command, args, take); err != nil {
		if refused := (control.Refusal)(nil); errors.As(err, &refused) {
			return failure{refused}
		}
		return failure{fmt.Errorf("%s: %w", c.StateDir, err)}
	}
	return nil
}

func healthCommand(file *string) *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Say whether the agent that runs is well: exit code 0, else 1",
		Long: `Asks the agent that runs, found by the state_dir of the configuration, whether it
has started and everything in it moves. A destination that is away is no illness
of the agent's. For the health check of a container.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := call(cmd.Context(), *file, "health", nil, nil); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "ok")
			return nil
		},
	}
}
