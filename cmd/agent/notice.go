package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/pages"
)

func noticeCommand(file *string) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "notice",
		Short: "Say to users, in plain words, what is recorded about them and where it goes",
		Long: `Writes the page that tells the users of a Jupyter service what is recorded about
them, where it goes and in which form. It says what the configuration does, so it
is made anew when that changes; the same configuration gives the same bytes.
Who runs the service and who receives what is said by [notice], recipient and
purpose in the configuration.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if format != "markdown" && format != "html" {
				return usage{errors.New("--format: must be markdown or html")}
			}
			l, err := load(*file)
			if l != nil {
				err = l.config.Runnable()
			}
			if err != nil {
				return err
			}
			page, err := l.pages(nil)
			if err != nil {
				return err
			}
			if format == "html" {
				return page.NoticeHTML(cmd.OutOrStdout())
			}
			return page.NoticeMarkdown(cmd.OutOrStdout())
		}),
	}
	cmd.Flags().StringVar(&format, "format", "markdown", "`FORMAT`: markdown or html")
	return cmd
}

// pages are what people can read of the chosen outputs; nil for all.
func (l *loaded) pages(chosen []int) (*pages.Agent, error) {
	if chosen == nil {
		for i := range l.config.Outputs {
			chosen = append(chosen, i)
		}
	}
	warnings := l.warnings
	var mistakes config.Mistakes
	if errors.As(l.locked(), &mistakes) { // said on the page, as explain is where one looks then
		warnings = slices.Concat(mistakes, warnings)
	}
	warnings = slices.DeleteFunc(slices.Concat(warnings, ofKinds(l.config, false)), func(w string) bool {
		for i := range l.config.Outputs {
			if !slices.Contains(chosen, i) && strings.HasPrefix(w, l.config.Outputs[i].Where()+": ") {
				return true
			}
		}
		return false
	})
	return pages.Gather(l.config, l.registry, l.checkers, l.filters, chosen, warnings)
}
