package file

import (
	"maps"
	"path/filepath"
	"testing"

	"jupyter-events-agent/inputs"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log", "hub/events.log")
	b.write("a.log", "one\ntwo\n")
	b.write("b.log", "three\n")
	b.write("b.log.1", "zero\n") // of a first start's globs no part
	b.start(2)
	in := b.run.in
	full := func(p inputs.Progress, size int64) bool {
		return p.Size == size && maps.Equal(p.Delivered, map[string]int64{"out0": size, "out1": size})
	}
	await(t, "everything to be delivered", func() bool {
		p := in.Progress()
		return len(p) == 2 && full(p[0], 8) && full(p[1], 6)
	})
	p := in.Progress()
	if p[0].Path != b.path("a.log") || p[1].Path != b.path("b.log") || p[0].Glob != filepath.Join(b.dir, "*.log") || in.Files() != 2 {
		t.Errorf("%+v, %d files", p, in.Files())
	}
	b.rename("a.log", "a.log.1")
	b.write("a.log", "four\n")
	await(t, "the rotated file", func() bool {
		p := in.Progress()
		return len(p) == 3 && p[1].Path == b.path("a.log.1") && p[1].Glob == p[0].Glob && full(p[0], 5)
	})

	in.mu.Lock() // as while a folder on a network does not answer
	told := in.Progress()
	in.mu.Unlock()
	if len(told) != 3 {
		t.Errorf("while busy: %+v", told)
	}
	b.stop()
}
