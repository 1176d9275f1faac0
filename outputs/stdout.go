package outputs

import "io"

// Stdout is the process's standard output. It outlives the Outputs that write
// to it, one after the other as the configuration is reloaded, and so knows
// what the last of them left unfinished. Used by one Output at a time.
type Stdout struct {
	To io.Writer

	// Cut is the line of which only the first Went bytes went out, with its
	// end; empty where the last line is whole. The Output that writes keeps it.
	Cut  []byte
	Went int
}
