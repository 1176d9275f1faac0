package inputs

import "errors"

// ErrNothing is what Blocks.Read returns where no whole line is there yet.
var ErrNothing = errors.New("no whole line to read yet")

// ErrGone is what Blocks.Read returns where the stream cannot be read at that
// place any more; the Reader takes it into account at its next Next.
var ErrGone = errors.New("the stream has changed or gone")
