package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
)

func locateCommand(file *string) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "locate ID",
		Short: "Say from which file and offset the event with this id came",
		Long: `Says from which file and byte offset the event with this id (__event_id__ of a
record) came. Works while the agent runs. Needs to read state_dir and the key.`,
		Args: cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(*file, kinds())
			if err != nil {
				return err
			}
			names := []string{output}
			if output == "" {
				names = nil
				for i := range c.Outputs {
					names = append(names, c.Outputs[i].Name)
				}
			}
			found, err := locate(c, strings.ToLower(args[0]), names)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s offset %d (output %q)\n", visible(found.path), found.offset, found.output)
			return err
		}),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "the `NAME` of the output that the id is of (default: try each)")
	return cmd
}

// found is where an event came from.
type found struct {
	output, path string
	offset       int64
}

// locate tries the key of each output: the right one gives a stream that the
// checkpoint knows, which no wrong one does but once in an age.
func locate(c *config.Config, id string, outputs []string) (found, error) {
	if _, err := filters.Locate([32]byte{}, id); err != nil {
		return found{}, usage{err}
	}
	store, err := checkpoint.Read(c.StateDir)
	if err != nil {
		return found{}, err
	}
	secret, err := store.Secret(c.IDKeyFile)
	if err != nil {
		return found{}, err
	}
	for _, name := range outputs {
		at, err := filters.Locate(filters.OutputKey(secret, name), id)
		if err != nil {
			return found{}, err
		}
		if stream, ok := store.Find(at.Stream); ok && at.Offset >= 0 {
			return found{name, stream.Path, at.Offset}, nil
		}
	}
	if len(outputs) == 0 {
		return found{}, errors.New("there is no output to try: name one with --output")
	}
	return found{}, fmt.Errorf("no file that state_dir knows has this event under the key of %s: "+
		"see that the id is complete, that the output still has its name (or give the old one with --output), and that the state is the one it was made with",
		strings.Join(outputs, ", "))
}
