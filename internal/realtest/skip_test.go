package realtest

import (
	"fmt"
	"sync"
	"testing"
)

var skips struct {
	sync.Mutex
	why []string
}

// skip ends a test that lacks something, and remembers why for the summary.
func skip(t *testing.T, why string) {
	t.Helper()
	skips.Lock()
	skips.why = append(skips.why, t.Name()+": "+why)
	skips.Unlock()
	t.Skip(why)
}

func summary() {
	fmt.Printf("realtest: %d skipped\n", len(skips.why))
	for _, why := range skips.why {
		fmt.Println("  " + why)
	}
}
