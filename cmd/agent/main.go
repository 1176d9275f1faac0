// Command jupyter-events-agent ships Jupyter's event logs and lets each
// destination see only what its policy permits.
//
// In come arguments and one configuration file; out go what the configured
// outputs receive, and the agent's own log on standard error. It owns the
// process: signals, exit codes, the terminal. run.go is the only wiring.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/config"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1 // what was asked for could not be done
	exitUsage   = 2 // the configuration or the command line is wrong
	exitPartly  = 3 // nothing was found, and not all was looked at
)

func main() {
	os.Exit(execute(os.Args[1:]))
}

// execute runs one command line and returns its exit code.
func execute(args []string) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go obey(signals, stop, os.Exit)
	root := commands()
	root.SetArgs(args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		plain(root)
	}
	return exitCode(root.ExecuteContext(ctx), root.ErrOrStderr())
}

// obey stops the commands, which end by themselves, at the first signal. Who
// asks a second time does not want to wait.
func obey(signals <-chan os.Signal, stop func(), exit func(int)) {
	<-signals
	stop()
	<-signals
	exit(exitFailure)
}

// commands is the program with all its subcommands.
func commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "jupyter-events-agent",
		Short:         "Ships Jupyter's event logs; each destination sees only what its policy permits",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	file := root.PersistentFlags().StringP("config", "c", config.DefaultFile, "the configuration `FILE`")
	root.AddCommand(initCommand(), runCommand(file), reloadCommand(file), checkCommand(file), previewCommand(file), explainCommand(file), noticeCommand(file), policyCommand(), schemaCommand(file),
		locateCommand(file), setupCommand(file), keyCommand(), tokenCommand(file), verifyCommand(file), demoCommand(), versionCommand())
	root.AddCommand(testCommand(file), selftestCommand(file))
	root.AddCommand(statusCommand(file), tapCommand(file), healthCommand(file))
	root.AddCommand(manCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	completions(root, file)
	return root
}

// failure is an error of the work itself, as against one of the command line.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// partly says that nothing is wrong as far as was looked, which is not everywhere.
type partly struct{ error }

// usage is a mistake in the command line that cobra cannot see.
type usage struct{ error }

// work makes a command's function whose errors are failures, unless they are
// mistakes of the user.
func work(do func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := do(cmd, args)
		if err == nil || errors.As(err, new(config.Mistakes)) || errors.As(err, new(usage)) {
			return err
		}
		return failure{err}
	}
}

// once is a text without the lines that stand in it already: several parts of a run
// may have failed by the same, such as a full disk.
func once(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// exitCode tells the error to the user, once, and says how the process ends.
func exitCode(err error, to io.Writer) int {
	var mistakes config.Mistakes
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &mistakes):
		fmt.Fprintln(to, visible(mistakes.Error()))
		if len(mistakes) > 1 {
			fmt.Fprintf(to, "%d mistakes\n", len(mistakes))
		}
		return exitUsage
	case errors.As(err, new(partly)):
		fmt.Fprintln(to, "jupyter-events-agent:", visible(err.Error()))
		return exitPartly
	case errors.As(err, new(failure)):
		fmt.Fprintln(to, "jupyter-events-agent:", visible(once(err.Error())))
		return exitFailure
	case errors.As(err, new(usage)):
		fmt.Fprintln(to, "jupyter-events-agent:", visible(err.Error()))
		return exitUsage
	}
	text := strings.ReplaceAll(err.Error(), "\n\t", "\n  ") // cobra's "did you mean"
	fmt.Fprintf(to, "jupyter-events-agent: %s\nsee jupyter-events-agent --help\n", strings.TrimSpace(visible(text)))
	return exitUsage
}
