package validate

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"jupyter-events-agent/internal/generate"
)

// maker makes schemas and values that have to do with one another.
type maker struct{ generate.Maker }

func TestAgreeOnRandom(t *testing.T) {
	m := &maker{generate.Maker{Rand: rand.New(rand.NewPCG(1, 2))}}
	var compiled, foreign, refused, valid, invalid int
	for n := range 3000 {
		m.Foreign = n%10 == 0
		root := m.Document(3)
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		b, err := compileBoth(schemaOf(t, string(text)))
		if err != nil {
			refused++ // definitions that lead in a circle
			continue
		}
		if b.compiled.Compiled() {
			compiled++
		} else {
			foreign++
		}
		for k := range 12 {
			v := m.Value(3)
			if k%2 == 0 {
				o := map[string]any{}
				for _, name := range []string{"a", "b", "c", "d", "é"} {
					if m.IntN(2) == 0 {
						o[name] = m.Value(2)
					}
				}
				v = o
			}
			if _, ok := b.check(t, string(text), m.Line(v)); ok {
				valid++
			} else {
				invalid++
			}
		}
	}
	t.Logf("%d compiled, %d judged by v5, %d refused; %d valid, %d invalid", compiled, foreign, refused, valid, invalid)
	if compiled < 1500 || foreign < 50 || refused > 1000 || valid < 5000 || invalid < 5000 {
		t.Error("the mix is off")
	}
}
