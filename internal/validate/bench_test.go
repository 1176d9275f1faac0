package validate

import (
	"os"
	"testing"

	"jupyter-events-agent/internal/jsonscan"
)

// The schemas are of the kinds that real servers have: conditions on closed
// lists, and nested objects with arrays.
var benchmarks = []struct{ name, file, line string }{
	{"kernel_actions", "testdata/kernel_actions.json", `{"__timestamp__": "2026-11-22T14:20:46.357294+00:00Z", "__schema_version__": "1", "__schema__": "https://events.example.org/kernel_actions/v1", "__metadata_version__": 1, "action": "start", "kernel_id": "0a1b2c3d-1111-2222-3333-444455556666", "kernel_name": "python3", "status": "success", "status_code": 201, "msg": "kernel 0a1b2c3d-1111-2222-3333-444455556666 was started"}`},
	{"notebook", "testdata/notebook.json", `{"event": "run", "notebook": "work/a b.ipynb", "session": "0a1b2c3d-1111-2222-3333-444455556666", "opened_at": 1764000000000, "user": {"id": 17, "name": "Zo\u00eb", "email": "zoe@example.org", "ip": "10.1.2.3"}, "cells": [{"id": "c1", "index": 0, "type": "code", "source": "print(1)"}, {"id": "c2", "index": 1, "type": "markdown", "source": "# A"}, {"id": "c3", "index": 2, "type": "code", "source": "x"}], "kernel_error": null, "duration": 0.25, "load": 12.5, "tags": ["a", "b"]}`},
}

// prepared compiles the schema of a benchmark and scans its line, with the
// envelope's members taken off as package schema does.
func prepared(t testing.TB, file, text string) (b *both, line []byte, tape []jsonscan.Token) {
	t.Helper()
	schema, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = compileBoth(schemaOf(t, string(schema))); err != nil {
		t.Fatal(err)
	}
	line, tape = []byte(text), b.scan(t, text)
	for i := uint32(1); i < tape[0].Next; i = tape[i].Next {
		if k := tape[i].Key(line); len(k) > 5 && k[1] == '_' && k[2] == '_' {
			tape[i].Flags |= jsonscan.Off
		}
	}
	return b, line, tape
}

func BenchmarkValidate(b *testing.B) {
	for _, c := range benchmarks {
		both, line, tape := prepared(b, c.file, c.line)
		for name, v := range map[string]*Validator{"compiled": both.compiled, "v5": both.judged} {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if violation, ok := v.Validate(line, tape); !ok {
						b.Fatal(violation)
					}
				}
			})
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, c := range benchmarks {
		both, line, tape := prepared(t, c.file, c.line)
		if !both.compiled.Compiled() {
			t.Errorf("%s is not compiled", c.name)
		}
		if n := testing.AllocsPerRun(100, func() {
			if violation, ok := both.compiled.Validate(line, tape); !ok {
				t.Fatal(violation)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
	if raced {
		return // a sync.Pool forgets at random under the race detector: make test runs this once more without it
	}
	// Escapes, formats, patterns, numbers and a schema that is recursive and
	// wide: through the pools.
	wide := `{"type":"object","properties":{"s":{"type":"string","minLength":2,"pattern":"^a","enum":["aé\"b"]},
		"d":{"format":"date-time"},"h":{"format":"hostname"},"u":{"format":"uri"},"e":{"format":"email"},"i":{"format":"ipv6"},
		"n":{"type":"integer","minimum":1.5,"maximum":1e3,"multipleOf":0.5,"not":{"const":3}},
		"child":{"$ref":"#"}},"propertyNames":{"maxLength":9},"additionalProperties":{"type":"null"}}`
	line := []byte(`{"s":"a\u00e9\"b","d":"2026-11-22T10:00:00Z","h":"example.org","u":"https://example.org/a?b","e":"a@b","i":"::1","n":20e-1,"child":{"child":{"n":7}},"more":null}`)
	b, err := compileBoth(schemaOf(t, wide))
	if err != nil {
		t.Fatal(err)
	}
	tape := b.scan(t, string(line))
	if n := testing.AllocsPerRun(100, func() {
		if violation, ok := b.compiled.Validate(line, tape); !ok {
			t.Fatal(violation)
		}
	}); n >= 1 {
		t.Errorf("the wide schema: %v allocations", n)
	}
}
