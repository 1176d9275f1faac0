package jsonscan

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"
)

// oracle is encoding/json with the rules added that it does not have.
func oracle(line []byte) (ok bool) {
	if !utf8.Valid(line) || !json.Valid(line) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	type level struct {
		names map[string]bool // nil for an array
		name  bool            // the next token is a name
	}
	var stack []level
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return false
		}
		top := len(stack) - 1
		if s, isText := tok.(string); isText && top >= 0 && stack[top].names != nil && stack[top].name {
			if stack[top].names[s] {
				return false
			}
			stack[top].names[s] = true
			stack[top].name = false
			continue
		}
		if n, isNumber := tok.(json.Number); isNumber {
			text := string(n)
			if len(text) > MaxNumber {
				return false
			}
			if i := strings.IndexAny(text, "eE"); i >= 0 {
				e, _ := new(big.Int).SetString(text[i+1:], 10)
				if e.CmpAbs(big.NewInt(MaxExponent)) > 0 {
					return false
				}
			}
		}
		switch tok {
		case json.Delim('{'):
			stack = append(stack, level{names: map[string]bool{}, name: true})
		case json.Delim('['):
			stack = append(stack, level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:top]
			top--
		}
		if len(stack) > MaxDepth {
			return false
		}
		if tok != json.Delim('{') && tok != json.Delim('[') && top >= 0 && stack[top].names != nil {
			stack[top].name = true
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		benchLine, `{"a":1,"\u0061":2}`, `[1e400,-0.5,{"x":[]}]`, "\"\xff\"", `"\ud800"`, `{"a":NaN}`, `{"a":{"b":[null,true,false]}}`, " [ ] ", `{"a":1}}`, `01`,
		`{"a":1,"b":{"path":2}}`, `{"a":1,"b":{"a":2}}`, `{"a":1,"ab":2}`, `{"a":1,"b":2,"b":3}`, `{"b":1,"a":{"path":[{"a":1},{"a":1}]}}`, `{"a`, `{"a"`, `{"a":1,"b`, `{"a":1,"b"`,
		`{"q\"uote":1,"a":2}`, `{"q\"uote":1,"q\"uote":2}`, `{"\u0061":1,"b":2}`, `{"\u0061":1,"a":2}`, `{"a":1,"x":2,"a":3}`, `{"x":1,"a":2}`, `[{"a":1},{"b":1},{"a":1}]`, `{"a" :1, "b": 2}`,
	} {
		f.Add([]byte(s))
	}
	var names Names
	for _, n := range []string{"a", "action", "b", "path", "ü", "ab", "q\"uote"} {
		names.Add(n)
	}
	scanner := NewScanner(&names)
	f.Fuzz(func(t *testing.T, line []byte) {
		tape, err := scanner.Scan(nil, line)
		if (err == nil) != oracle(line) {
			t.Fatalf("%q: scan says %v, encoding/json %v", line, err, oracle(line))
		}
		if err != nil {
			return
		}
		check(t, &names, line, tape)
	})
}

// check holds the tape against the line: every token is the JSON that it says
// it is, and the tree that it spans is whole.
func check(t *testing.T, names *Names, line []byte, tape []Token) {
	if int(tape[0].Next) != len(tape) {
		t.Fatalf("%q: the root ends at %d of %d", line, tape[0].Next, len(tape))
	}
	for i := range tape {
		tok := &tape[i]
		var v any
		d := json.NewDecoder(bytes.NewReader(tok.Value(line)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%q: token %d: %v", line, i, err)
		}
		count := 0
		for j := uint32(i + 1); j < tok.Next; j = tape[j].Next {
			count++
			if tape[j].Next <= j || tape[j].Next > tok.Next || tape[j].Start < tok.Start || tape[j].End > tok.End {
				t.Fatalf("%q: token %d lies outside %d", line, j, i)
			}
			if (tape[j].KeyLen > 0) != (tok.Kind == Object) {
				t.Fatalf("%q: token %d: name of %d bytes in kind %d", line, j, tape[j].KeyLen, tok.Kind)
			}
		}
		var kind Kind
		switch v := v.(type) {
		case nil:
			kind = Null
		case bool:
			kind = False
			if v {
				kind = True
			}
		case json.Number:
			kind = Number
			if (tok.Flags&Integer != 0) != !strings.ContainsAny(string(v), ".eE") {
				t.Fatalf("%q: integer flag of %s", line, v)
			}
		case string:
			kind = String
			if string(AppendText(nil, tok.Value(line))) != v {
				t.Fatalf("%q: text %q, want %q", line, AppendText(nil, tok.Value(line)), v)
			}
		case []any:
			kind = Array
			if count != len(v) {
				t.Fatalf("%q: %d items, want %d", line, count, len(v))
			}
		case map[string]any:
			kind = Object
			if count != len(v) {
				t.Fatalf("%q: %d members, want %d", line, count, len(v))
			}
		}
		if kind != tok.Kind {
			t.Fatalf("%q: token %d is of kind %d, want %d", line, i, tok.Kind, kind)
		}
		if tok.KeyLen > 0 && names.Lookup(AppendText(nil, tok.Key(line))) != tok.Name {
			t.Fatalf("%q: token %d has name %d", line, i, tok.Name)
		}
	}
}
