//go:build unix

package file

import (
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"jupyter-events-agent/outputs/outputtest"
)

// TestAFullDisk: the limit on the size of files does what a full disk does, it
// takes a part of the batch. Whatever the part, nothing is torn or doubled.
func TestAFullDisk(t *testing.T) {
	f := &folder{Config{Path: filepath.Join(t.TempDir(), "audit.ndjson")}}
	out := mustOpen(t, &f.config)
	records := outputtest.NewRecords(t)
	first, second := records.Plain(3), records.Plain(5)
	if err := out.Write(t.Context(), first.Records); err != nil {
		t.Fatal(err)
	}
	used := uint64(len(strings.Join(first.Bodies, "\n")) + 1)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	for _, room := range []uint64{0, 1, 100, uint64(len(second.Bodies[0])), 700} {
		limit := before
		limit.Cur = used + room
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		err := out.Write(t.Context(), second.Records)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
		if err == nil {
			t.Fatalf("with room for %d bytes all was taken", room)
		}
		if got := f.Received(t); !slices.Equal(got, first.Bodies) {
			t.Fatalf("with room for %d bytes: %q", room, got)
		}
	}
	if err := out.Write(t.Context(), second.Records); err != nil {
		t.Fatal(err)
	}
	if got := f.Received(t); !slices.Equal(got, append(first.Bodies, second.Bodies...)) {
		t.Fatalf("%q", got)
	}
}
