package jsonscan

import (
	"fmt"
	"strings"
	"testing"
)

// TestShapesHaveBounds has lines learnt until all are forgotten: none may pass the
// bounds by itself, and not much before may they count as reached.
func TestShapesHaveBounds(t *testing.T) {
	var arrays strings.Builder // take more steps than they have tokens
	for i := range 110 {
		fmt.Fprintf(&arrays, `,"a%d":["x",1]`, i)
	}
	for _, c := range []struct {
		what, members string
		holds         int
	}{
		{what: "more steps than tokens", members: arrays.String()},
		{what: "few steps", members: `,"a":1,"b":2`},
		{what: "long texts", members: `,"` + strings.Repeat("x", 30_000) + `":1,"` + strings.Repeat("y", 30_000) + `":1`},
		{what: "what their shapes hold", holds: 60_000},
	} {
		t.Run(c.what, func(t *testing.T) {
			var shapes Shapes[int, int]
			steps, bytes := 0, 0
			for i := 0; shapes.steps >= steps; i++ {
				steps, bytes = shapes.steps, shapes.bytes
				if steps > maxSteps || max(bytes, i*c.holds) > maxStepBytes {
					t.Fatalf("%d steps and %d bytes are held, want at most %d and %d", steps, max(bytes, i*c.holds), maxSteps, maxStepBytes)
				}
				if i == 10_000 {
					t.Fatalf("%d steps and %d bytes were never forgotten", steps, bytes)
				}
				line := fmt.Appendf(nil, `{"n%d":1,"m%d":1%s}`, i%maxAfter, i/maxAfter, c.members)
				tape, err := NewScanner(nil).Scan(nil, line)
				if err != nil {
					t.Fatal(err)
				}
				shapes.Learn(&Lesson[int, int]{Line: line, Tape: tape, Shape: new(int), Holds: c.holds})
			}
			if steps < maxSteps/2 && bytes < maxStepBytes*9/10 {
				t.Errorf("forgotten at %d steps and %d bytes, of %d and %d", steps, bytes, maxSteps, maxStepBytes)
			}
		})
	}
}
