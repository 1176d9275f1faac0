package outputtest

import (
	"bytes"
	"runtime"
	"time"
)

// outlives waits until no goroutine is left that the output has started, and
// returns the stack of one that stays. Known by where its functions are:
// stand-ins are in files of tests, the contract in this package.
func outlives() string {
	stacks := make([]byte, 1<<20)
	for deadline := time.Now().Add(soon); ; <-time.After(time.Millisecond) {
		left := ""
		for _, stack := range bytes.Split(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
			if bytes.Contains(stack, []byte("jupyter-events-agent/outputs/")) &&
				!bytes.Contains(stack, []byte("_test.go:")) && !bytes.Contains(stack, []byte("/outputs/outputtest/")) {
				left = string(stack)
			}
		}
		if left == "" || time.Now().After(deadline) {
			return left
		}
	}
}
