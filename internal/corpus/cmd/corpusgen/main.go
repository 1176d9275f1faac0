// Command corpusgen writes a corpus of Jupyter event-log lines into a folder.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"jupyter-events-agent/internal/corpus"
)

func main() {
	lines := flag.Int("lines", 1_000_000, "how many lines")
	dir := flag.String("dir", "", "folder to write to (required)")
	seed := flag.Uint64("seed", 0, "seed; 0 for the default one")
	bad := flag.Float64("bad", 0.01, "share of bad lines in the dirty corpus")
	start := flag.String("start", "", "time of the first event, RFC 3339")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	opt := corpus.Options{Seed: *seed, Bad: *bad}
	if *start != "" {
		at, err := time.Parse(time.RFC3339Nano, *start)
		if err != nil {
			fmt.Fprintln(os.Stderr, "corpusgen: --start:", err)
			os.Exit(2)
		}
		opt.Start = at
	}
	s, err := corpus.New(opt).WriteDir(*dir, *lines)
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpusgen:", err)
		os.Exit(1)
	}
	fmt.Printf("%d lines, %d bytes, %d bad ones in the dirty corpus: %s\n", s.Lines, s.Bytes, s.BadTotal, *dir)
}
