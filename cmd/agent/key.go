package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/internal/keyring"
	"jupyter-events-agent/internal/signkey"
)

func keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make the keys of pseudonyms and tokens, and those that sign audit files",
		Long: `Makes the keys that the action pseudonymize of a policy works with. Who has one can
find out by trying which values stand behind pseudonyms: keep it as a password. The
table of the action tokenize is sealed with such a key too: give it one of its own.

With --signing it makes Ed25519 keys that audit files are signed with. The private
ones stay with the agent; the public ones, in FILE.pub, are for verify. With --id it
makes the key of event ids for agents that share one: each of them needs a copy.`,
	}
	return group(cmd, newKeyCommand(), rotateKeyCommand(), publicKeyCommand())
}

func newKeyCommand() *cobra.Command {
	var signing, id bool
	cmd := &cobra.Command{
		Use:   "new FILE",
		Short: "Make a file with a key, 0600; a file that is there stays as it is",
		Args:  cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			file, out := args[0], cmd.OutOrStdout()
			if signing {
				public, err := signkey.New(file)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out, "made %s: let the agent's user own it, and name it in sign.key_file\nmade %s, the public key %s: keep a copy where who can change the audit files cannot write\n",
					visible(file), visible(file+signkey.PublicSuffix), public.ID)
				return err
			}
			if id {
				if err := checkpoint.NewKey(file); err != nil {
					return err
				}
				_, err := fmt.Fprintf(out, "made %s: name it in id_key_file of every agent that shall give one event one id, and give each a copy that its user may read, mode 0600, or 0640 with its group\n", visible(file))
				return err
			}
			if err := keyring.New(file); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "made %s: let the agent's user own it, keep a copy in a safe place, and name it in pseudonyms.key_file, or one of its own in tokens.key_file\n", visible(file))
			return err
		}),
	}
	cmd.Flags().BoolVar(&signing, "signing", false, "a key that signs audit files, with its public key in FILE.pub")
	cmd.Flags().BoolVar(&id, "id", false, "a key of event ids, for agents that share one (id_key_file)")
	cmd.MarkFlagsMutuallyExclusive("signing", "id")
	return cmd
}

func rotateKeyCommand() *cobra.Command {
	var signing bool
	cmd := &cobra.Command{
		Use:   "rotate FILE",
		Short: "Add a key to the file, that counts from now on",
		Long: `Adds a key to the file. One of pseudonyms counts for the epochs that begin from now
on; one of tokens seals the table from the agents' next reload on. With --signing the new one signs from the agent's next start on; the one before
it signs that, so that who has only the first public key can verify all.`,
		Args: cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			file, out := args[0], cmd.OutOrStdout()
			if signing {
				public, err := signkey.Rotate(file)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out, "added a key to %s: start the agent again, then the first one may be taken out of the file\nadded the public key %s to %s\n",
					visible(file), public.ID, visible(file+signkey.PublicSuffix))
				return err
			}
			now := time.Now()
			if err := keyring.Rotate(file, now); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "added a key to %s: reload the agents that use it. As one of pseudonyms it counts for the epochs that begin after %s, so reload before the next one begins; as one of tokens it seals the table from the reload on\n",
				visible(file), now.UTC().Format(time.RFC3339))
			return err
		}),
	}
	cmd.Flags().BoolVar(&signing, "signing", false, "the file of a key that signs audit files")
	return cmd
}

func publicKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "public FILE",
		Short: "Print the public keys of a file of signing keys, as PEM",
		Args:  cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			keys, err := signkey.Read(args[0])
			if err != nil {
				return err
			}
			for _, k := range keys {
				if _, err := cmd.OutOrStdout().Write(k.Public.PEM()); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}
