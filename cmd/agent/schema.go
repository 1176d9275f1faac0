package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"jupyter-events-agent/internal/atomicfile"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/schema"
)

func schemaCommand(file *string) *cobra.Command {
	cmd := &cobra.Command{Use: "schema", Short: "Lock the schemas' categories, say what has changed since, derive those of outputs"}
	return group(cmd, lockCommand(file), driftCommand(file), deriveCommand(file))
}

func lockCommand(file *string) *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "Write the lock file: what the schemas say now is what is meant",
		Long: `Writes the file of schemas.lock: a hash of every schema that the agent knows, and
the categories of each of its properties, overlays and the catalog included. Read
schema diff first, and keep the file beside the configuration.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			l, err := load(*file)
			if err != nil {
				return err
			}
			path, err := l.lockPath()
			if err != nil {
				return err
			}
			if err := atomicfile.Write(path, l.registry.Lock().Text(), 0o644, nil); err != nil {
				return fmt.Errorf("writing the lock file: %w; let your user write there", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", visible(path), count(len(l.registry.Schemas()), "schema"))
			return nil
		}),
	}
}

func driftCommand(file *string) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Say what has changed in the schemas since schema lock",
		Long: `Compares the schemas as they are with the file of schemas.lock: properties that
are new or gone, and that gained or lost categories.

Exit code 1 where a property has lost a category or a new one has none, and
where one that was added may open it to an output with match = "any", all of
which also fails check; 0 where not; 2 for mistakes.`,
		Args: noArguments,
		RunE: work(func(cmd *cobra.Command, _ []string) error {
			if format != "table" && format != "json" {
				return usage{errors.New("--format: must be table or json")}
			}
			l, err := load(*file)
			if err != nil {
				return err
			}
			path, err := l.lockPath()
			if err != nil {
				return err
			}
			lock, err := readLock(path)
			if err != nil {
				return config.Mistakes{l.config.File + ": schemas.lock: " + err.Error()}
			}
			drift := lock.Drift(l.registry, l.any())
			if format == "json" {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				err = enc.Encode(drift)
			} else {
				err = driftTable(cmd.OutOrStdout(), drift)
			}
			if n := failing(drift); err == nil && n > 0 {
				err = fmt.Errorf("%s not accepted yet: give what is uncategorised its categories by an overlay, and accept the rest with schema lock", isOrAre(n, "change"))
			}
			return err
		}),
	}
	cmd.Flags().StringVar(&format, "format", "table", "`FORMAT`: table or json")
	return cmd
}

// lockPath is where the configuration has the lock file.
func (l *loaded) lockPath() (string, error) {
	if l.config.Schemas.Lock == "" {
		return "", config.Mistakes{l.config.File + `: schemas.lock is missing: say where the lock file is, such as lock = "schemas.lock"`}
	}
	return l.config.Schemas.Lock, nil
}

// readLock reads a lock file.
func readLock(path string) (*schema.Lock, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there: write it with schema lock", path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	lock, err := schema.ReadLock(text)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return lock, nil
}

// locked fails where the schemas are not as the configuration has them locked,
// and warns of what else has changed.
func (l *loaded) locked() error {
	if l.config.Schemas.Lock == "" {
		return nil
	}
	at := l.config.File + ": schemas.lock: "
	lock, err := readLock(l.config.Schemas.Lock)
	if err != nil {
		return config.Mistakes{at + err.Error()}
	}
	var mistakes config.Mistakes
	for _, d := range lock.Drift(l.registry, l.any()) {
		what := "schema " + d.Schema + " version " + d.Version + ": " + d.Property
		if d.Property != "" {
			what += " "
		}
		if d.Fails {
			mistakes = append(mistakes, at+what+d.Change+" (see schema diff; schema lock accepts it)")
		} else {
			l.warnings = append(l.warnings, "schemas.lock: "+what+d.Change)
		}
	}
	if len(mistakes) > 0 {
		return mistakes
	}
	return nil
}

// any says whether one of several categories opens a place to some output.
func (l *loaded) any() bool {
	return slices.ContainsFunc(l.config.Outputs, func(o config.Output) bool { return o.Policy.Match == "any" })
}

func failing(drift []schema.Drift) (n int) {
	for _, d := range drift {
		if d.Fails {
			n++
		}
	}
	return n
}

func driftTable(to io.Writer, drift []schema.Drift) error {
	out := tabwriter.NewWriter(folded(to), 0, 0, 2, ' ', 0)
	last := ""
	for _, d := range drift {
		if s := d.Schema + " version " + d.Version; s != last {
			last = s
			fmt.Fprintf(out, "SCHEMA %s\n", visible(s))
		}
		word := "changed"
		if d.Fails {
			word = "FAILS"
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\n", word, visible(d.Property), visible(d.Change))
	}
	if len(drift) == 0 {
		fmt.Fprintln(out, "no difference: the schemas are as they were locked")
	}
	return out.Flush()
}
