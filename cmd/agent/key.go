package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/keyring"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make the keys of pseudonyms",
		Long: `Makes the keys that the action pseudonymize of a policy works with. Who has one can
find out by trying which values stand behind pseudonyms: keep it as a password.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "new FILE",
		Short: "Make a file with a key, 0600; a file that is there stays as it is",
		Args:  cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			if err := keyring.New(args[0]); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "made %s: let the agent's user own it, keep a copy in a safe place, and name it in [pseudonyms] key_file\n", visible(args[0]))
			return err
		}),
	}, &cobra.Command{
		Use:   "rotate FILE",
		Short: "Add a key to the file, for the epochs that begin from now on",
		Args:  cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			now := time.Now()
			if err := keyring.Rotate(args[0], now); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "added a key to %s, for epochs that begin after %s: start the agents that use it again before that\n", visible(args[0]), now.UTC().Format(time.RFC3339))
			return err
		}),
	})
	return cmd
}
