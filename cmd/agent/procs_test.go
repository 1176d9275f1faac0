package main

import (
	"runtime"
	"testing"
)

func TestOneCoreForTwoOutputs(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	t.Setenv("GOMAXPROCS", "")
	for outputs, want := range []int{1, 1, 1, 2, 2, 3, 3, 4, 4, 4} {
		undo := limitProcs(outputs)
		if got := runtime.GOMAXPROCS(0); got != want {
			t.Errorf("%d outputs run on %d cores, want %d", outputs, got, want)
		}
		undo()
		if got := runtime.GOMAXPROCS(0); got != 4 {
			t.Errorf("%d cores after it was taken back, want 4", got)
		}
	}
	t.Setenv("GOMAXPROCS", "3")
	if limitProcs(1); runtime.GOMAXPROCS(0) != 4 {
		t.Error("GOMAXPROCS in the environment is not respected")
	}
}
