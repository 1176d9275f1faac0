package file

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"jupyter-events-agent/checkpoint"
	"jupyter-events-agent/inputs"
)

// known is the one stream of a bench on one file, and its file.
func (b *bench) known() (*Input, *stream, *generation) {
	b.t.Helper()
	in := b.run.in
	var s *stream
	await(b.t, "the file is known", func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		for _, s = range in.streams {
			return s.gen != nil
		}
		return false
	})
	in.mu.Lock()
	defer in.mu.Unlock()
	return in, s, s.gen
}

// TestReadWhileItMoves: a stream may get another file while its old one is read.
func TestReadWhileItMoves(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.log")
	b.write("a.log", "one\n")
	b.start(0)
	in, s, g := b.known()
	var both sync.WaitGroup
	both.Go(func() {
		var block inputs.Block
		for range 3000 {
			block.Reset()
			err := s.Read(context.Background(), checkpoint.Position{Stream: s.id}, &block)
			if err != nil && !errors.Is(err, inputs.ErrGone) && !errors.Is(err, inputs.ErrNothing) && !errors.Is(err, io.EOF) {
				t.Error(err)
			}
		}
	})
	both.Go(func() {
		for range 3000 {
			in.mu.Lock()
			in.attach(s, g, s.head)
			in.unlock()
		}
	})
	both.Wait()
	b.stop()
}

// TestAForgottenStreamIsGone: no file may carry a stream that no reader has.
func TestAForgottenStreamIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t, "a.log")
	b.write("a.log", "one\n")
	b.start(0)
	b.known()
	b.stop()
	b.start(0) // it comes out of the store
	in, s, _ := b.known()
	in.mu.Lock()
	in.dismiss(s)
	if len(in.byInode) > 0 {
		t.Errorf("%d left by inode", len(in.byInode))
	}
	in.unlock()
	b.stop()
}
