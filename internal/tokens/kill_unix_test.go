//go:build unix

package tokens_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jupyter-events-agent/internal/tokens"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "make-tokens" {
		makeTokens(os.Args[2])
	}
	os.Exit(m.Run())
}

// makeTokens makes tokens for ever, and says each batch once it is durable.
func makeTokens(path string) {
	table, err := tokens.Open(path, secrets(1), 64<<20, nil)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	scope := table.Scope("vendor")
	for n := 0; ; {
		var batch strings.Builder
		for range 50 {
			value := fmt.Sprint("s", n%20_000)
			token, _ := scope([]byte(value))
			fmt.Fprintln(&batch, value, tokens.Token(token))
			n += 7
		}
		if err := table.Commit(); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		if _, err := os.Stdout.WriteString(batch.String()); err != nil {
			os.Exit(1)
		}
	}
}

// TestKilled kills who makes tokens with -9 again and again: what was said is
// what the table has ever after.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for kill := range 8 {
		cmd := exec.Command(program, "make-tokens", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 500*(kill+1) {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			value, token, whole := strings.Cut(lines.Text(), " ")
			if value == "error" {
				t.Fatal(lines.Text())
			}
			if !whole || len(token) != 2*tokens.Size {
				continue // the kill tore the line
			}
			if before, known := said[value]; known && before != token {
				t.Fatalf("after %d kills %s has another token", kill, value)
			}
			said[value] = token
		}
		if cmd.Wait() == nil {
			t.Fatal("it ended before it was killed")
		}
	}
	table := open(t, path, 1)
	for value, token := range said {
		if of(t, table, value, "vendor").String() != token {
			t.Errorf("%s has another token", value)
		}
	}
	if len(said) < 3000 {
		t.Errorf("only %d tokens were said", len(said))
	}
}
