package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/schema"
)

func locateCommand(file *string) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "locate ID",
		Short: "Say from which file and offset the event with this id came",
		Long: `Says from which file and byte offset the event with this id (__event_id__ of a
record) came, or from which partition and offset of a topic. Of an event that
another agent has sent (envelope = "agent") it says, with --output where there
are several, which id it had there: locate that one with the other agent's
configuration. Works while the agent runs. Needs to read state_dir and the key.`,
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
			if found.upstream != "" {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "sent by another agent as %s (output %q)\n", found.upstream, found.output)
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
	upstream     string // of an event of another agent: the id that it came with; then nothing else is known
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
			return found{output: name, path: stream.Path, offset: at.Offset}, nil
		}
	}
	fromAgents := slices.ContainsFunc(c.Inputs, func(in config.Input) bool { return in.Rules.Envelope == schema.Agent })
	hint := ""
	switch {
	case len(outputs) == 0:
		return found{}, errors.New("there is no output to try: name one with --output")
	case fromAgents && len(outputs) == 1:
		at, err := filters.Locate(filters.OutputKey(secret, outputs[0]), id)
		return found{output: outputs[0], upstream: fmt.Sprintf("%016x%016x", at.Stream, uint64(at.Offset))}, err
	case fromAgents:
		hint = "; if it came from another agent, name the output with --output, and the id that it had there is said"
	}
	return found{}, fmt.Errorf("no file that state_dir knows has this event under the key of %s: "+
		"see that the id is complete, that the output still has its name (or give the old one with --output), and that the state is the one it was made with%s",
		strings.Join(outputs, ", "), hint)
}
