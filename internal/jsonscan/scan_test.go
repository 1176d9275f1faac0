package jsonscan

import (
	"fmt"
	"strings"
	"testing"
)

func scanString1(t *testing.T, line string) ([]Token, string) {
	t.Helper()
	var names Names
	for _, n := range []string{"a", "path", "__schema__", "übung", "kernel_name"} {
		names.Add(n)
	}
	tape, err := NewScanner(&names).Scan(nil, []byte(line))
	if err != nil {
		return nil, err.(*Error).Reason
	}
	return tape, ""
}

func TestAccepts(t *testing.T) {
	for _, line := range []string{
		`{}`, `[]`, `null`, `true`, `false`, `""`, `0`, `-0`, ` {"a" : [ 1 , 2.5e+3 ] } `, "{\"a\":1}\r",
		`{"a":"\ud800","b":"\udc00\ud800","c":"\ud83d\ude80"}`, `"\u0000\"\\\/\b\f\n\r\t"`, `1E400`, `1e-400`, `-12.0e00`,
		`{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}`, "\"del\x7f\"", `"é"`, "\"\u2028\U0001F680\"", `{"":0}`,
		`{"übung":1,"ubung":2}`, strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), "[" + strings.Repeat("9", MaxNumber) + "]",
		`"1234567"`, `"12345678"`, `"123456789"`, `{"` + strings.Repeat("k", MaxKey-2) + `":1}`,
	} {
		if _, why := scanString1(t, line); why != "" {
			t.Errorf("%.60q: refused: %s", line, why)
		}
	}
}

func TestRefuses(t *testing.T) {
	many := func(last string) string {
		var b strings.Builder
		for i := range 3 * fewMembers {
			fmt.Fprintf(&b, `"n%d":0,`, i)
		}
		return "{" + b.String() + `"` + last + `":1}`
	}
	if _, why := scanString1(t, many("other")); why != "" {
		t.Errorf("many members: refused: %s", why)
	}
	for _, c := range []struct{ line, why string }{
		{``, ErrSyntax}, {` `, ErrSyntax}, {`{`, ErrSyntax}, {`}`, ErrSyntax}, {`{]`, ErrSyntax}, {`[}`, ErrSyntax}, {`{"a":1]`, ErrSyntax}, {`[1}`, ErrSyntax},
		{`{"a":1}}`, ErrSyntax}, {`{"a":1} {"a":1}`, ErrSyntax}, {`{"a":1,}`, ErrSyntax}, {`[1,]`, ErrSyntax}, {`{,}`, ErrSyntax}, {`[,1]`, ErrSyntax}, {`{"a"}`, ErrSyntax},
		{`{"a":}`, ErrSyntax}, {`{a:1}`, ErrSyntax}, {`{'a':1}`, ErrSyntax}, {`{"a" 1}`, ErrSyntax}, {`[1 2]`, ErrSyntax}, {`{1:2}`, ErrSyntax},
		{`01`, ErrSyntax}, {`-`, ErrSyntax}, {`+1`, ErrSyntax}, {`.5`, ErrSyntax}, {`1.`, ErrSyntax}, {`1.e3`, ErrSyntax}, {`1e`, ErrSyntax}, {`1e+`, ErrSyntax}, {`0x1`, ErrSyntax}, {`-01`, ErrSyntax},
		{`NaN`, ErrSyntax}, {`Infinity`, ErrSyntax}, {`-Infinity`, ErrSyntax}, {`nul`, ErrSyntax}, {`nullx`, ErrSyntax}, {`True`, ErrSyntax}, {`tru`, ErrSyntax}, {`fals`, ErrSyntax},
		{`"`, ErrSyntax}, {`"abc`, ErrSyntax}, {`"a\`, ErrSyntax}, {`"\x"`, ErrSyntax}, {`"\u12"`, ErrSyntax}, {`"\u12g4"`, ErrSyntax}, {"\"a\tb\"", ErrSyntax}, {"\"12345678\x00\"", ErrSyntax}, {"\"\n\"", ErrSyntax},
		{"\"\xff\"", ErrUTF8}, {"\"\xc0\xaf\"", ErrUTF8}, {"\"\xed\xa0\x80\"", ErrUTF8}, {"{\"\xf8\":1}", ErrUTF8}, {"\"é\xc3\"", ErrUTF8}, {"\xef\xbb\xbf{}", ErrSyntax}, {"{}\x00", ErrSyntax},
		{`{"a":1,"a":1}`, ErrDuplicate}, {`{"x":1,"y":2,"x":3}`, ErrDuplicate}, {`{"path":1,"pa\u0074h":2}`, ErrDuplicate}, {`{"x\u0041":1,"xA":2}`, ErrDuplicate}, {`{"\u0078":1,"\u0078":2}`, ErrDuplicate},
		{`{"a":[{"b":{"c":1,"c":2}}]}`, ErrDuplicate}, {`{"":1,"":2}`, ErrDuplicate}, {many("n0"), ErrDuplicate}, {many("n191"), ErrDuplicate}, {many(`n\u0030`), ErrDuplicate}, {many("n63"), ErrDuplicate}, {many("n64"), ErrDuplicate},
		{strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), ErrDepth}, {strings.Repeat("[", 1<<20), ErrDepth}, {strings.Repeat(`{"a":`, 1000), ErrDepth},
		{`1e401`, ErrNumber}, {`1e-401`, ErrNumber}, {`[1e5000000]`, ErrNumber}, {`1e99999999999999999999999`, ErrNumber}, {strings.Repeat("9", MaxNumber+1), ErrNumber},
		{`{"` + strings.Repeat("k", MaxKey-1) + `":1}`, ErrLength},
	} {
		if _, why := scanString1(t, c.line); why != c.why {
			t.Errorf("%.60q: got %q, want %q", c.line, why, c.why)
		}
	}
}

func TestTape(t *testing.T) {
	line := ` {"a": [1, {"kernel_name": "x\n"}, []], "b\u0061": {}, "path": "ü", "n": -1.5, "z": null}`
	tape, why := scanString1(t, line)
	if why != "" {
		t.Fatal(why)
	}
	var b strings.Builder
	for i, tok := range tape {
		fmt.Fprintf(&b, "%d>%d k%d f%d n%d %s=%s\n", i, tok.Next, tok.Kind, tok.Flags, tok.Name, tok.Key([]byte(line)), tok.Value([]byte(line)))
	}
	want := `0>10 k7 f0 n0 ={"a": [1, {"kernel_name": "x\n"}, []], "b\u0061": {}, "path": "ü", "n": -1.5, "z": null}
1>6 k6 f0 n1 "a"=[1, {"kernel_name": "x\n"}, []]
2>3 k4 f8 n0 =1
3>5 k7 f0 n0 ={"kernel_name": "x\n"}
4>5 k5 f1 n5 "kernel_name"="x\n"
5>6 k6 f0 n0 =[]
6>7 k7 f2 n0 "b\u0061"={}
7>8 k5 f4 n2 "path"="ü"
8>9 k4 f0 n0 "n"=-1.5
9>10 k1 f0 n0 "z"=null
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// A second line's tape stands behind the first one's and counts from itself.
func TestAppends(t *testing.T) {
	s := NewScanner(nil)
	tape, err := s.Scan(nil, []byte(`{"a":[1]}`))
	if err != nil {
		t.Fatal(err)
	}
	tape, err = s.Scan(tape, []byte(`{"b":[2]}`))
	if err != nil || len(tape) != 6 || tape[3].Next != 3 || tape[4].Next != 3 {
		t.Fatalf("%v %+v", err, tape)
	}
	if tape, err = s.Scan(tape, []byte(`{"b":[2]`)); err == nil || len(tape) != 6 {
		t.Fatalf("a failed scan left %d tokens, error %v", len(tape), err)
	}
}

func TestNames(t *testing.T) {
	var n Names
	for i := range 5000 {
		name := fmt.Sprintf("n%d", i)
		if id := n.Add(name); id != uint16(i+1) || n.Add(name) != id {
			t.Fatalf("%s got %d", name, id)
		}
	}
	for i := range 5000 {
		if id := n.Lookup(fmt.Appendf(nil, "n%d", i)); id != uint16(i+1) || n.Name(id) != fmt.Sprintf("n%d", i) {
			t.Fatalf("n%d: %d", i, id)
		}
	}
	if n.Lookup([]byte("n5000")) != 0 || n.Name(0) != "" || n.Name(5001) != "" {
		t.Fatal("found what was never added")
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	line := []byte(benchLine)
	s := NewScanner(nil)
	var tape []Token
	if got := testing.AllocsPerRun(100, func() { tape, _ = s.Scan(tape[:0], line) }); got > 0 {
		t.Errorf("%v allocations a line", got)
	}
}

const benchLine = `{"__timestamp__": "2025-03-01T06:00:00.123456+00:00Z", "__schema__": "https://events.jupyter.org/jupyter_server/kernel_actions/v1", "__schema_version__": "1", "__metadata_version__": 1, "kernel_name": "python3", "action": "start", "status": "success", "msg": "Kernel 3f0c2f9e-1b5f-4f6e-9a53-0b9f9f1f2a11 was started.", "kernel_id": "3f0c2f9e-1b5f-4f6e-9a53-0b9f9f1f2a11"}`

func BenchmarkScan(b *testing.B) {
	line := []byte(benchLine)
	var n Names
	for _, name := range []string{"__timestamp__", "__schema__", "__schema_version__", "__metadata_version__", "kernel_name", "action", "status", "msg", "kernel_id"} {
		n.Add(name)
	}
	s := NewScanner(&n)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	var tape []Token
	for b.Loop() {
		var err error
		if tape, err = s.Scan(tape[:0], line); err != nil {
			b.Fatal(err)
		}
	}
}
