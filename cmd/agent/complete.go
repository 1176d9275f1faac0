package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jupyter-events-agent/internal/config"
)

// completions tell shells what the words are that a command line may go on with.
func completions(root *cobra.Command, file *string) {
	tell := func(cmd *cobra.Command, flag string, words cobra.CompletionFunc) {
		if cmd.Flags().Lookup(flag) == nil {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(flag, words); err != nil {
			panic(err) // told twice of one flag
		}
	}
	var allowed []string // before the categories, which bash would take for another word
	for _, d := range destinationKinds {
		allowed = append(allowed, d.name+"=")
	}
	_ = root.MarkPersistentFlagFilename("config", "toml") // it is there
	below(root, func(cmd *cobra.Command) {
		tell(cmd, "output", outputNames(file))
		tell(cmd, "input", inputNames(file))
		tell(cmd, "format", cobra.FixedCompletions(formats[cmd.Name()], cobra.ShellCompDirectiveNoFileComp))
		tell(cmd, "allow", cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
		if cmd.Flags().Lookup("dir") != nil {
			_ = cmd.MarkFlagDirname("dir") // it is there
		}
		for _, flag := range []string{"output-elasticsearch", "output-loki", "output-kafka"} {
			tell(cmd, flag, cobra.NoFileCompletions)
		}
		if cmd.Args != nil && cmd.Args(cmd, make([]string, 1)) != nil && cmd.Args(cmd, make([]string, 2)) != nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	})
}

// below calls do for a command and each below it.
func below(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		below(sub, do)
	}
}

// plain takes the backquotes out of what flags are for, which are for helps alone.
func plain(root *cobra.Command) {
	below(root, func(cmd *cobra.Command) {
		strip := func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) }
		cmd.Flags().VisitAll(strip)
		cmd.PersistentFlags().VisitAll(strip)
	})
}

// formats are what --format may be, by command.
var formats = map[string][]string{
	"explain": {"table", "json", "markdown", "html"},
	"notice":  {"markdown", "html"},
	"diff":    {"table", "json"},
}

// outputNames are the outputs of the configuration, those of setup's commands of
// their kind alone; nothing where it cannot be read.
func outputNames(file *string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) (names []string, _ cobra.ShellCompDirective) {
		if c, _ := config.Load(*file, kinds()); c != nil {
			for i := range c.Outputs {
				if o := &c.Outputs[i]; cmd.Parent().Name() != "setup" || o.Kind == cmd.Name() {
					names = append(names, cobra.CompletionWithDesc(o.Name, o.Kind))
				}
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

func inputNames(file *string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		if c, _ := config.Load(*file, kinds()); c != nil {
			for i := range c.Inputs {
				names = append(names, cobra.CompletionWithDesc(c.Inputs[i].Name, c.Inputs[i].Kind))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
