package realtest

import (
	"fmt"
	"strings"
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
	if len(skips.why) > 0 {
		fmt.Printf("realtest: %d skipped:\n  %s\n", len(skips.why), strings.Join(skips.why, "\n  "))
	}
}
