package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/atomicfile"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/draft"
	"jupyter-events-agent/internal/survey"
)

// first is one call of the command init.
type first struct {
	dir     string
	root    string
	yes     bool
	logs    []string
	address map[string]*[]string // by kind of output
	allow   []string             // KIND=CATEGORY,…

	*interview
	out   io.Writer
	found *survey.Findings
	plan  draft.Config
	todo  []advice // of what is not written yet
}

// The files that init writes.
const (
	firstConfig  = "agent.toml"
	firstOverlay = "categories.toml"
)

func initCommand() *cobra.Command {
	f := first{address: map[string]*[]string{}}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first configuration from what is found on this machine",
		Long: `Looks for Jupyter's configuration, event logs and installed event schemas on this
machine, and writes a commented agent.toml, with an overlay (categories.toml) that
proposes categories for schemas that have none. Configuration in Python is read as
text and never run; of logs it reads which schemas their first events name. On a
terminal it asks where events shall go and what may go there; elsewhere, and with
--yes, the flags say it and it asks nothing.

Nothing is let out that you do not name: without --allow an output gets what is
unrestricted. Files that are there are never overwritten, nothing is sent or started.`,
		Example: `  jupyter-events-agent init
  jupyter-events-agent init --yes --output-file /var/log/jupyter-events-agent/events.ndjson
  jupyter-events-agent init --yes --output-elasticsearch https://es.example.org:9200 --allow elasticsearch=action-timestamp`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("config") {
				return usage{errors.New("--config: init writes a new " + firstConfig + ": say with --dir into which folder")}
			}
			f.interview = newInterview(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr(), f.yes)
			f.out = cmd.OutOrStdout()
			return f.begin(cmd)
		}),
	}
	cmd.Flags().StringVar(&f.dir, "dir", filepath.Dir(config.DefaultFile), "the `FOLDER` to write into; made where it is missing")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "ask nothing")
	cmd.Flags().StringArrayVar(&f.logs, "log", nil, "also follow the event log at this `PATH`; may be said several times")
	for _, kind := range destinationKinds {
		f.address[kind.name] = cmd.Flags().StringSlice("output-"+kind.name, nil, "send events to "+kind.what)
	}
	cmd.Flags().StringArrayVar(&f.allow, "allow", nil, "what an output may have beside what is unrestricted, as `KIND=CATEGORY,…`")
	cmd.Flags().StringVar(&f.root, "root", string(filepath.Separator), "look below this `FOLDER`")
	if err := cmd.Flags().MarkHidden("root"); err != nil {
		panic(err) // the flag is two lines above
	}
	return cmd
}

func (f *first) begin(cmd *cobra.Command) (err error) {
	if err := f.vacant(); err != nil {
		return err
	}
	if f.root, err = filepath.Abs(f.root); err != nil {
		return fmt.Errorf("--root: %w", err)
	}
	if f.found, err = survey.Look(cmd.Context(), f.root); err != nil {
		return fmt.Errorf("looking for Jupyter: %w", err)
	}
	f.say()
	registry, err := f.schemas()
	if err != nil {
		return err
	}
	if err := f.inputs(); err != nil {
		return err
	}
	if err := f.unknown(cmd.Context(), registry); err != nil {
		return err
	}
	if err := f.outputs(categoriesOf(registry)); err != nil {
		return err
	}
	overlay := draft.Overlay(registry.Schemas())
	if overlay != "" {
		f.plan.Overlay = firstOverlay
	}
	if ok, err := f.agree("Write " + filepath.Join(f.dir, firstConfig) + "?"); err != nil || !ok {
		return err
	}
	l, err := f.write(f.plan.Text(), overlay)
	if err != nil {
		return err
	}
	f.sum(l)
	return nil
}

// vacant says whether the folder has nothing that init would write.
func (f *first) vacant() error {
	for _, name := range []string{firstConfig, firstOverlay} {
		path := filepath.Join(f.dir, name)
		switch _, err := os.Lstat(path); {
		case err == nil:
			return fmt.Errorf("%s is there already, and init overwrites nothing: edit it (check and explain say what it does), or name another folder with --dir", path)
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("looking for %s: %w: name another folder with --dir", path, err)
		}
	}
	return nil
}

// write writes the files once what they say has been compiled, from a folder
// beside their places.
func (f *first) write(text, overlay string) (*loaded, error) {
	advice := func(err error) error {
		return fmt.Errorf("writing the configuration: %w: run init as a user who may write to %s, or name another folder with --dir", err, f.dir)
	}
	whose := readers()
	if err := whose.folder(f.dir); err != nil {
		return nil, advice(err)
	}
	stage, err := os.MkdirTemp(f.dir, ".init-*")
	if err != nil {
		return nil, advice(err)
	}
	defer os.RemoveAll(stage)
	type written struct{ name, text string }
	files := []written{{firstConfig, text}}
	if overlay != "" {
		files = []written{{firstOverlay, overlay}, {firstConfig, text}} // the one that is read first is there last
	}
	for _, file := range files {
		if err := atomicfile.Create(filepath.Join(stage, file.name), []byte(file.text), 0o644); err != nil {
			return nil, advice(err)
		}
	}
	l, err := runnable(filepath.Join(stage, firstConfig), true)
	if err != nil {
		var mistakes config.Mistakes
		if !errors.As(err, &mistakes) {
			return nil, err
		}
		for i := range mistakes {
			mistakes[i] = strings.ReplaceAll(mistakes[i], stage, f.dir)
		}
		return nil, mistakes
	}
	for _, file := range files {
		path := filepath.Join(f.dir, file.name)
		if err := atomicfile.Create(path, []byte(file.text), whose.mode); err != nil {
			return nil, advice(err)
		}
		if err := whose.give(path); err != nil {
			return nil, advice(err)
		}
		fmt.Fprintln(f.out, visible("wrote "+path+whose.say()))
	}
	if !whose.enter(f.dir) {
		fmt.Fprintln(f.out, visible(fmt.Sprintf("warning: %[1]s cannot be entered by the agent's user %[2]s: chgrp %[2]s %[1]s && chmod g+rx %[1]s", f.dir, serviceUser)))
	}
	return l, nil
}

// isNew says whether a list has no such input yet, by its path.
func (f *first) isNew(path string) bool {
	return !slices.ContainsFunc(f.plan.Inputs, func(in draft.Input) bool { return in.Path == path })
}
