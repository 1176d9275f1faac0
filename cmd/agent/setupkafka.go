package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/outputs/kafka"
)

func setupKafkaCommand(file *string) *cobra.Command {
	var how setup
	var wanted kafka.Wanted
	var settings []string
	cmd := &cobra.Command{
		Use:   "kafka",
		Short: "Make the topics that an output writes to",
		Long: `Makes the topics of an [[outputs.kafka]]: the one that topic names, or, where it is
a template, every one that the schemas that inputs bring and the policy let it become.
With --print it shows the commands of Kafka's own tools and connects to nothing;
with --apply it makes those that are missing, for which the login needs the right
Create on them, and leaves those that are there as they are.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if wanted.Partitions < 1 || wanted.Replication < 1 || wanted.Partitions > 1<<20 || wanted.Replication > 1<<14 {
				return usage{errors.New("--partitions, --replication-factor: must be 1 or more")}
			}
			wanted.Settings = map[string]string{}
			if wanted.Replication > 2 {
				wanted.Settings["min.insync.replicas"] = "2" // one may fail, and what is acknowledged has a copy
			}
			for _, text := range settings {
				key, value, ok := strings.Cut(text, "=")
				if !ok || key == "" {
					return usage{fmt.Errorf("--set: %q: write KEY=VALUE, such as retention.ms=604800000", text)}
				}
				wanted.Settings[key] = value
			}
			l, i, err := how.choose(*file, "kafka")
			if err != nil {
				return err
			}
			config := l.config.Outputs[i].Config.(*kafka.Config)
			topics, err := config.Topics(l.brought(i))
			if err != nil {
				return fmt.Errorf("%s: %w", l.config.Outputs[i].Where(), err)
			}
			var said []string
			if how.print {
				said = config.Commands(topics, wanted)
			} else {
				said, err = config.Create(cmd.Context(), topics, wanted)
			}
			for _, line := range said {
				fmt.Fprintln(cmd.OutOrStdout(), visible(line))
			}
			return err
		}),
	}
	how.flags(cmd, "show the commands of Kafka's own tools", "make the topics that are missing")
	cmd.Flags().IntVar(&wanted.Partitions, "partitions", 12, "partitions of each topic, `N`")
	cmd.Flags().IntVar(&wanted.Replication, "replication-factor", 3, "copies of each partition, `N`; at most as many as there are brokers")
	cmd.Flags().StringArrayVar(&settings, "set", nil, "a setting of the topics, `KEY=VALUE`; may be said several times")
	return cmd
}
