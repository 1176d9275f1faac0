//go:build unix

package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"jupyter-events-agent/outputs"
	"jupyter-events-agent/outputs/outputtest"
)

// TestAReaderThatStandsStill: a stop, and a reload, do not wait for who reads
// standard output; what is not out goes with the next try, each byte once.
func TestAReaderThatStandsStill(t *testing.T) {
	for name, ends := range map[string]func() ([]int, error){
		"pipe": func() ([]int, error) { fds := make([]int, 2); return fds, unix.Pipe(fds) },
		"socket": func() ([]int, error) {
			fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			return fds[:], err
		},
	} {
		t.Run(name, func(t *testing.T) {
			fds, err := ends()
			if err != nil {
				t.Fatal(err)
			}
			from, to := os.NewFile(uintptr(fds[0]), "from"), os.NewFile(uintptr(fds[1]), "to")
			defer from.Close()
			out, err := (&Config{Path: stdout}).Open(t.Context(), outputs.Env{Stdout: &outputs.Stdout{To: to}})
			if err != nil {
				t.Fatal(err)
			}
			batch := outputtest.NewRecords(t).Plain(10_000).Records
			var want bytes.Buffer
			for i := range batch {
				want.Write(append(batch[i].JSON(), '\n'))
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := became(func() error { return out.Write(ctx, batch) })
			first := []byte{0} // it has begun, and no pipe holds all of it
			if _, err := io.ReadFull(from, first); err != nil {
				t.Fatal(err)
			}
			cancel()
			err = <-ended // the test's own time bounds it
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%v; want that it was ended", err)
			}
			got := became(func() error {
				text, err := io.ReadAll(from)
				if err == nil && !bytes.Equal(append(first, text...), want.Bytes()) {
					err = errors.New("what came is not what was written")
				}
				return err
			})
			for err != nil {
				var partial *outputs.PartialError
				if errors.As(err, &partial) {
					batch = batch[partial.Retry[0]:]
				}
				err = out.Write(t.Context(), batch)
			}
			to.Close()
			if err := <-got; err != nil {
				t.Error(err)
			}
		})
	}
}

// became is what do returns, once it does.
func became(do func() error) <-chan error {
	end := make(chan error, 1)
	go func() { end <- do() }()
	return end
}
