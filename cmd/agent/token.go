package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/filters"
	"jupyter-events-agent/internal/config"
	"jupyter-events-agent/internal/keyring"
	"jupyter-events-agent/internal/tokens"
)

// tokenTable is the table of tokens, in state_dir.
const tokenTable = "tokens.sealed"

func tokenCommand(file *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Look a token up, or forget whom it stands for",
		Long: `Looks into the table of the action tokenize, which is sealed with tokens.key_file: who
may read that file and state_dir may say who is behind a token, nobody else can.`,
	}
	return group(cmd, &cobra.Command{
		Use:   "find TOKEN|VALUE|-",
		Short: "Say which value a token stands for, or which tokens stand for a value",
		Long: `Says which value a token stands for, or which tokens stand for a value, a line each:
token, value, output, and the categories that the output is denied of it. Works while
the agent runs. With - the token or value is read from standard input, where no list
of processes shows it. Exit code 1 where there is none.`,
		Args: cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			what, err := given(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			path, secrets, err := sealedTable(*file)
			if err != nil {
				return err
			}
			entries, err := tokens.Read(path, secrets)
			if err != nil {
				return err
			}
			found := slices.DeleteFunc(entries, func(e tokens.Entry) bool { return e.Token.String() != strings.ToLower(what) && !e.Is(what) })
			if len(found) == 0 {
				return errors.New("the table has no such token or value")
			}
			return sayEntries(cmd.OutOrStdout(), found)
		}),
	}, &cobra.Command{
		Use:   "forget VALUE|-",
		Short: "Forget a value: nobody can say any more whom its tokens stand for",
		Long: `Takes a value out of the table, for all outputs, and says which tokens stood for it, a
line each as find does: find the records at the destinations by them, if those are to
go as well. From then on nothing connects them with the value, which gets other tokens
when it comes again. Stop the agent before. With - the value is read from standard
input, where no list of processes shows it. Exit code 1 where there is none.`,
		Args: cobra.ExactArgs(1),
		RunE: work(func(cmd *cobra.Command, args []string) error {
			value, err := given(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			gone, err := forget(*file, value)
			if err != nil {
				return err
			}
			return sayEntries(cmd.OutOrStdout(), gone)
		}),
	})
}

// given is the argument, or the line of standard input where that is "-".
func given(arg string, stdin io.Reader) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	line, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// sealedTable is where the configuration's table is, and its secrets.
func sealedTable(file string) (path string, secrets [][32]byte, err error) {
	c, err := config.Load(file, kinds())
	if err != nil {
		return "", nil, err
	}
	if c.Tokens.KeyFile == "" {
		return "", nil, config.Mistakes{c.File + ": tokens.key_file is missing: it names the key of the table of tokens"}
	}
	secrets, err = tokenSecrets(c.Tokens)
	return filepath.Join(c.StateDir, tokenTable), secrets, err
}

func tokenSecrets(c config.Tokens) (secrets [][32]byte, err error) {
	if c.KeyFile == "" {
		return nil, nil
	}
	keys, err := keyring.Read(c.KeyFile)
	for _, k := range keys {
		secrets = append(secrets, k.Secret)
	}
	return secrets, err
}

// forget takes a value out of the table, under the lock of the state folder.
func forget(file, value string) ([]tokens.Entry, error) {
	path, secrets, err := sealedTable(file)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		_, err := tokens.Read(path, secrets) // which says what to do
		return nil, err
	}
	store, err := checkpoint.Open(filepath.Dir(path))
	if errors.Is(err, checkpoint.ErrInUse) {
		return nil, fmt.Errorf("%w: stop it, forget, and start it again", err)
	}
	if err != nil {
		return nil, err
	}
	defer store.Close()
	table, err := tokens.Open(path, secrets, 1<<40, nil)
	if err != nil {
		return nil, err
	}
	gone, err := table.Forget(value)
	if err = errors.Join(err, table.Close()); err == nil && len(gone) == 0 {
		err = errors.New("the table has no such value: nothing was to be forgotten")
	}
	return gone, err
}

func sayEntries(to io.Writer, entries []tokens.Entry) error {
	slices.SortFunc(entries, func(a, b tokens.Entry) int {
		return strings.Compare(a.Text()+"\x00"+strings.Join(a.Scope, "\x00"), b.Text()+"\x00"+strings.Join(b.Scope, "\x00"))
	})
	for _, e := range entries {
		var output, categories string
		if len(e.Scope) > 0 {
			output, categories = e.Scope[0], strings.Join(e.Scope[1:], ", ")
		}
		if _, err := fmt.Fprintf(to, "%s\t%s\t%s\t%s\n", e.Token, visible(e.Text()), visible(output), visible(categories)); err != nil {
			return err
		}
	}
	return nil
}

// openTokens opens the table where an output needs it.
func (w *wiring) openTokens(l *loaded) error {
	if !slices.ContainsFunc(l.filters, (*filters.Filter).Tokenizes) {
		return nil
	}
	c := l.config
	table, err := tokens.Open(filepath.Join(c.StateDir, tokenTable), l.secrets, c.Tokens.MaxSize, w.log)
	if err != nil {
		return err
	}
	w.closers = append(w.closers, table)
	w.tokens = table
	return nil
}
