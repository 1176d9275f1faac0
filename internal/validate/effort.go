package validate

import (
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"jupyter-events-agent/internal/jsonscan"
)

// A recursive schema with two ways down, such as oneOf with the same $ref in
// two branches, costs two to the power of an event's depth. What an event may
// cost is therefore limited; one that costs more is invalid, by "internal".

// effort is how many times an event may have schemas combined.
func effort(tape []jsonscan.Token) int { return 1<<16 + 64*len(tape) }

// judgesEffort is how many subschemas v5 may apply to an event. It is less,
// since what v5 writes about one failure deep in an event takes a good part
// of a millisecond.
func judgesEffort(tape []jsonscan.Token) int { return min(1<<11+16*len(tape), 1<<17) }

// limit counts what v5 does for a recursive schema. It hangs on every
// subschema as an extension, so one event is judged at a time.
type limit struct {
	sync.Mutex
	left int
}

// spent ends v5's work; fallback recovers it.
type spent struct{}

// Compile puts the limit on a subschema.
func (l *limit) Compile(jsonschema.CompilerContext, map[string]any) (jsonschema.ExtSchema, error) {
	return l, nil
}

// Validate counts.
func (l *limit) Validate(jsonschema.ValidationContext, any) error {
	if l.left--; l.left < 0 {
		panic(spent{})
	}
	return nil
}
