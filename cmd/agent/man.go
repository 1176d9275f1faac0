package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes the manual pages of the packages. cobra's own writer would
// put a Markdown parser into the agent.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write a manual page for each command",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: work(func(cmd *cobra.Command, args []string) error {
			return manual(cmd.Root(), args[0])
		}),
	}
}

// manual writes the pages of a command and of those below it into dir.
func manual(cmd *cobra.Command, dir string) error {
	cmd.InitDefaultHelpFlag()
	file := filepath.Join(dir, page(cmd)+".1")
	if err := os.WriteFile(file, []byte(manPage(cmd)), 0o644); err != nil {
		return fmt.Errorf("writing a manual page: %w", err)
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			if err := manual(sub, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

func page(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage is the page of one command: man(7).
func manPage(cmd *cobra.Command) string {
	var s strings.Builder
	fmt.Fprintf(&s, ".TH %q 1 \"\" %q \"User Commands\"\n", strings.ToUpper(page(cmd)), "jupyter-events-agent "+versionText())
	s.WriteString(".nh\n.ad l\n")
	fmt.Fprintf(&s, ".SH NAME\n%s \\- %s\n", roff(page(cmd)), roff(cmd.Short))
	fmt.Fprintf(&s, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	if long := cmd.Long; long != "" {
		s.WriteString(".SH DESCRIPTION\n")
		prose(&s, long)
	}
	if cmd.HasAvailableSubCommands() {
		s.WriteString(".SH COMMANDS\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&s, ".TP\n.BR %s (1)\n%s\n", roff(page(sub)), roff(sub.Short))
			}
		}
	}
	flags(&s, "OPTIONS", cmd.LocalFlags())
	flags(&s, "OPTIONS OF EVERY COMMAND", cmd.InheritedFlags())
	if cmd.HasExample() {
		s.WriteString(".SH EXAMPLES\n")
		prose(&s, cmd.Example)
	}
	s.WriteString(".SH SEE ALSO\n")
	if cmd.HasParent() {
		fmt.Fprintf(&s, ".BR %s (1),\n", roff(page(cmd.Parent())))
	}
	s.WriteString(".BR jupyter\\-events\\-agent.toml (5)\n")
	return s.String()
}

func flags(to io.Writer, title string, set *pflag.FlagSet) {
	if !set.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(to, ".SH %s\n", title)
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, text := pflag.UnquoteUsage(f)
		if name != "" {
			name = " " + name
		}
		short := ""
		if f.Shorthand != "" {
			short = "-" + f.Shorthand + ", "
		}
		switch f.DefValue {
		case "", "false", "[]", "0", "0s":
		default:
			text += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(to, ".TP\n.B %s\n%s\n", roff(short+"--"+f.Name+name), roff(text))
	})
}

// prose writes paragraphs; lines that are set in stand as they are.
func prose(to io.Writer, text string) {
	for _, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		fmt.Fprint(to, ".PP\n")
		for _, line := range strings.Split(paragraph, "\n") {
			if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
				fmt.Fprintf(to, ".EX\n%s\n.EE\n", roff(line))
			} else {
				fmt.Fprintln(to, roff(line))
			}
		}
	}
}

// roff is text as troff prints it: nothing in it is a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
