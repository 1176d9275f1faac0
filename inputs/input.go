// Package inputs holds the contract of an input: where lines come from.
//
// In comes what a source holds (files, topics); out come Blocks of Lines,
// each with its position. An input reads its source and waits on a context;
// it writes nothing, retries nothing, and starts no goroutine of its own:
// what must run beside reading is Background, which pipeline starts, or belongs
// to a library that ends it with its Reader. Offsets are what the source counts
// in: bytes of a file, records of a Kafka partition.
package inputs

import (
	"context"
	"log/slog"

	"jupyter-events-agent/checkpoint"
)

// Source is what all lines of one input have in common, or of one of its files
// where their paths have fields. It is immutable and shared by pointer.
type Source struct {
	Input   string // the input's name in the configuration
	Trusted bool   // the operator vouches for who can write here
	Index   int    // the input's index in the configuration, from 0

	Pattern *PathPattern // finds fields in the paths of files; nil for none
	Path    []string     // of one file: the values of the Pattern's fields, in their order
	Stray   bool         // of one file: its path does not match the Pattern, so none of its lines is an event
}

// Line is one line of a block.
type Line struct {
	Raw []byte              // without its line end (\n or \r\n); valid until the block is reset
	At  checkpoint.Position // its first byte
	End int64               // offset after its line end, where the next line begins
	// Long is set where the line was longer than max_line: Raw is then its
	// beginning only. Such a line is never an event.
	Long *Long
}

// Long describes a line above max_line.
type Long struct {
	Length int64    // bytes of the whole line without its end
	SHA256 [32]byte // of the whole line without its end
}

// Block is what one read gave: whole lines of one stream, in order. The
// reader of a Block owns it and may use it again after Reset.
type Block struct {
	Source *Source
	Path   string              // where the lines were read; for the quarantine only, never for a record
	At     checkpoint.Position // where the block begins
	End    int64               // offset at which the next block of this stream begins; > At.Offset
	Size   int64               // bytes that were read; 0: as many as there are offsets
	Lines  []Line
	Buf    []byte // backing of Lines[i].Raw, kept for use again
}

// Reset empties the block and keeps its memory.
func (b *Block) Reset() {
	clear(b.Lines)
	*b = Block{Lines: b.Lines[:0], Buf: b.Buf[:0]}
}

// Place is somewhere that has something to read: outputs that stand at the
// same place share one read of it (pipeline's window).
type Place struct {
	At   checkpoint.Position
	From Blocks
}

// Blocks is one open stream, shared by all outputs. Read is safe for
// concurrent use.
type Blocks interface {
	// Read fills b (reset by the caller) with whole lines from at on: at least one, or, where
	// only bytes without lines remain to be skipped, none but End > at.Offset.
	// It does not wait: nothing there is ErrNothing.
	Read(ctx context.Context, at checkpoint.Position, b *Block) error
}

// Reader is one pipeline's way through an input. Its methods are called by
// one goroutine, except Commit, which another may call.
type Reader interface {
	// Next returns a place where there is something to read. A place that is
	// ready is returned even where ctx is done, so a call with a context that
	// is done asks without waiting. io.EOF: in once mode, all that was there
	// has been read.
	Next(ctx context.Context) (Place, error)
	// Advance moves this reader on after a block was read.
	Advance(to checkpoint.Position)
	// Commit takes note of what was delivered: it goes into the cursor, and of
	// Kafka, once it is durable there, into the consumer group.
	Commit(ctx context.Context, ends ...checkpoint.Position) error
	// Lag is how many bytes this reader is behind what is known to be there; of
	// Kafka, which counts records, an estimate.
	Lag() int64
	Close() error
}

// Resume is where a Reader goes on.
type Resume struct {
	Output string // the consumer's name, for messages
	Cursor *checkpoint.Cursor
}

// Input is one configured source, shared by all outputs.
type Input interface {
	Open(from Resume) (Reader, error)
	// Background looks for files, watches folders, closes what is no longer
	// needed; it returns when ctx is done, and earlier only with an error
	// that ends the agent. Called once, before the first Next; again only after Keep.
	Background(ctx context.Context) error
	// Close releases what Open and Background hold; after all Readers.
	Close() error
}

// Counting is an Input of files that can say how many it knows now, rotated
// ones included; at any time, without waiting.
type Counting interface{ Files() int }

// Failing is an Input that can say how much of what it is to read it could not
// when it looked last; each was logged.
type Failing interface{ Failed() int }

// Telling is an Input that can say how far its consumers are in each of its
// files; at any time, without waiting: where it is busy with them it tells what
// it told last. What it returns is the caller's.
type Telling interface{ Progress() []Progress }

// Progress is one file, and how much of it each consumer has delivered.
type Progress struct {
	Path      string           // for who may know whose log it is
	Glob      string           // of the configuration, for everybody else
	Size      int64            // bytes, uncompressed; -1: not known yet
	Delivered map[string]int64 // bytes by consumer
}

// Config is one input's part of the configuration: the config is the
// constructor.
type Config interface {
	// Validate returns every mistake, each beginning with its key.
	Validate() []error
	// Globs are the files and globs that this input reads, for the check that
	// no output or store of the agent's own lies among them; nil where none.
	Globs() []string
	Open(Env) (Input, error)
}

// Keeper is a Config whose Input can be one that is open already, of the same
// kind, so that a reload loses nothing of what it holds open. The Input then
// goes on as this configuration says. false: it has to be closed, and another
// opened. Not while a Reader is open or Background runs.
type Keeper interface {
	Keep(old Input, env Env) bool
}

// Env is what an Input gets from its surroundings.
type Env struct {
	Source *Source
	Store  *checkpoint.Store
	Log    *slog.Logger
	Once   bool      // read what is there, then io.EOF
	Gap    func(Gap) // called, and nothing logged, where lines are or may be lost; by several goroutines; never nil
}

// Gap is a stretch of a stream that was lost before it could be read: the
// file was truncated, or a generation vanished while it was open.
type Gap struct {
	Input, Path string
	Stream      uint64 // 0: it had none yet
	From, To    int64  // To -1: unknown
	Reason      string
}
