package pipeline

import (
	"slices"
	"unsafe"

	"jupyter-events-agent/inputs"
	"jupyter-events-agent/schema"
)

// chunk is one block and what its check found: immutable from the moment that
// it stands in the window, and held there by who refers to it.
type chunk struct {
	block  inputs.Block
	events []schema.Event
	faults []fault
	arena  schema.Arena

	// The rest is the window's, under its lock.
	key        key
	source     *source
	class      int
	refs       int
	size       int64 // what window.size has for it
	builder    int   // the consumer that read it
	front      bool  // read by a consumer in step
	waited     set   // consumers in step that have yet to take it
	prev, next *chunk
}

// fault is a line of the block that is no event.
type fault struct {
	line  int // in block.Lines
	fault *schema.Fault
}

// Chunks are kept for use again by the bytes of lines that they held, so that
// a window full of short chunks, as of a thousand quiet files, does not cost
// the memory of as many long ones. Every block is read into one of the last
// class and, if it is shorter, copied into one of its own.
const classes = 4

var (
	classBytes = [classes - 1]int{2 << 10, 16 << 10, 96 << 10}
	// classSize is what a chunk of the class takes with tapes and events, until it is known.
	classSize = [classes]int64{8 << 10, 64 << 10, 384 << 10, 1 << 20}
)

func classOf(bytes int) int {
	for i, top := range classBytes {
		if bytes <= top {
			return i
		}
	}
	return classes - 1
}

// reset empties the chunk and keeps its memory.
func (c *chunk) reset() {
	c.block.Reset()
	clear(c.events)
	clear(c.faults)
	c.events, c.faults = c.events[:0], c.faults[:0]
	c.arena.Reset()
}

// copy makes the chunk's block one like from, in memory of its own.
func (c *chunk) copy(from *inputs.Block, bytes int) {
	lines, buf := append(c.block.Lines[:0], from.Lines...), slices.Grow(c.block.Buf[:0], bytes)
	for i := range lines {
		start := len(buf)
		buf = append(buf, lines[i].Raw...)
		lines[i].Raw = buf[start:len(buf):len(buf)]
	}
	c.block = *from
	c.block.Lines, c.block.Buf = lines, buf
}

// check judges every line of the block.
func (c *chunk) check(checker *schema.Checker) {
	c.arena.From(c.block.Source)
	for i := range c.block.Lines {
		n := len(c.events)
		if n == cap(c.events) {
			c.events = slices.Grow(c.events, 1)
		}
		c.events = c.events[:n+1]
		if f := checker.Check(&c.block.Lines[i], &c.arena, &c.events[n]); f != nil {
			c.events = c.events[:n]
			c.faults = append(c.faults, fault{i, f})
		}
	}
}

// bytes is the memory that the chunk holds, used or not.
func (c *chunk) bytes() int64 {
	return int64(unsafe.Sizeof(chunk{})) +
		int64(cap(c.block.Buf)) +
		int64(cap(c.block.Lines))*int64(unsafe.Sizeof(inputs.Line{})) +
		int64(cap(c.events))*int64(unsafe.Sizeof(schema.Event{})) +
		int64(cap(c.faults))*int64(unsafe.Sizeof(fault{})) +
		int64(len(c.faults))*int64(unsafe.Sizeof(schema.Fault{})) +
		int64(c.arena.Size())
}

func lineBytes(b *inputs.Block) (n int) {
	for i := range b.Lines {
		n += len(b.Lines[i].Raw)
	}
	return n
}
