package validate

import (
	"strings"
	"sync"
	"testing"

	"jupyter-events-agent/internal/jsonscan"
)

// TestDeepEventsEnd: schemas that cost two to the power of the depth.
func TestDeepEventsEnd(t *testing.T) {
	const twice = `"oneOf":[{"properties":{"a":{"$ref":"#"}},"not":{}},{"properties":{"a":{"$ref":"#"}}}]`
	for _, schema := range []string{
		`{` + twice + `}`,
		`{"uniqueItems":true,` + twice + `}`,
		`{"not":{"not":{` + twice + `}}}`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"n","oneOf":[{"properties":{"a":{"$dynamicRef":"#n"}}},{"properties":{"a":{"$dynamicRef":"#n"}}}]}`,
	} {
		b, err := compileBoth(schemaOf(t, schema))
		if err != nil {
			t.Fatal(err)
		}
		deep := strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100)
		if got, ok := b.compiled.Validate([]byte(deep), b.scan(t, deep)); ok || got.Keyword != "internal" {
			t.Errorf("%s: %v %v", schema, got, ok)
		}
		if !strings.Contains(schema, "dynamic") {
			if got, ok := b.compiled.Validate([]byte(`{"a":{"a":1}}`), b.scan(t, `{"a":{"a":1}}`)); !ok {
				t.Errorf("%s: afterwards %v", schema, got)
			}
		}
	}
}

// TestManyAtOnce shares one Validator of each sort between goroutines.
func TestManyAtOnce(t *testing.T) {
	for _, schema := range []string{
		`{"properties":{"n":{"$ref":"#"},"s":{"enum":["é"]}},"if":{"required":["n"]},"then":{"required":["s"]}}`,
		`{"properties":{"n":{"$ref":"#"},"s":{"enum":["é"]}},"required":["s"],"uniqueItems":true}`,
	} {
		b, err := compileBoth(schemaOf(t, schema))
		if err != nil {
			t.Fatal(err)
		}
		good, bad := `{"n":{"s":"\u00e9"},"s":"é"}`, `{"n":{"s":"\u00e8"},"s":"é"}`
		tapes := [][]jsonscan.Token{b.scan(t, good), b.scan(t, bad)}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range 300 {
					if v, ok := b.compiled.Validate([]byte(good), tapes[0]); !ok {
						t.Errorf("%s: %v", schema, v)
					}
					if v, ok := b.compiled.Validate([]byte(bad), tapes[1]); ok || v != (Violation{"enum", "/n/s"}) {
						t.Errorf("%s: %v %v", schema, v, ok)
					}
				}
			})
		}
		wait.Wait()
	}
}
