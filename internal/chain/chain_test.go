package chain

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/internal/signkey"
)

var start = time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)

func newKey(tb testing.TB) signkey.Key {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return signkey.Key{Private: private, Public: signkey.PublicOf(public)}
}

// writer writes the lines of a chain, as an output does.
type writer struct {
	tb    testing.TB
	chain *Chain
	now   time.Time
	n     int
}

func newWriter(tb testing.TB, keys []signkey.Key, state *State) *writer {
	return &writer{tb: tb, chain: New("audit", keys, 15*time.Minute, state), now: start}
}

func (w *writer) seal(out []byte, kind Kind) []byte {
	w.tb.Helper()
	w.now = w.now.Add(time.Second)
	out, err := w.chain.Seal(out, kind, w.now)
	if err != nil {
		w.tb.Fatal(err)
	}
	return out
}

func (w *writer) records(out []byte, n int) []byte {
	for range n {
		w.n++
		out = w.chain.Record(out, fmt.Appendf(nil, `{"__schema__":"x","n":%d,"text":"\"__audit__\":{"}`, w.n))
	}
	return out
}

// files is three generations: the first is packed, the agent stopped and
// started in the second, and stopped in the third.
func files(tb testing.TB, key signkey.Key) map[string][]byte {
	w := newWriter(tb, []signkey.Key{key}, nil)
	var a, b, c []byte
	a = w.seal(w.records(w.seal(w.records(w.seal(a, Open), 4), Regular), 3), Rotate)
	b = w.seal(w.records(b, 3), Close)
	w.chain.State()
	b = w.seal(w.records(w.seal(b, Open), 2), Rotate)
	w.chain.State()
	c = w.seal(w.records(w.seal(w.records(c, 2), Regular), 1), Close)
	return map[string][]byte{"audit-20261122T140000Z-000001.ndjson": a, "audit-20261122T150000Z-000002.ndjson": b, "audit.ndjson": c}
}

func pack(tb testing.TB, b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// verify writes the files and verifies them, in no order.
func verify(tb testing.TB, keys []signkey.Public, expect Expect, set map[string][]byte) *Report {
	tb.Helper()
	dir := tb.TempDir()
	var paths []string
	for name, content := range set {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			tb.Fatal(err)
		}
		paths = append(paths, path)
	}
	return verifyPaths(tb, keys, expect, paths)
}

func verifyPaths(tb testing.TB, keys []signkey.Public, expect Expect, paths []string) *Report {
	tb.Helper()
	rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	v := NewVerifier(keys, expect)
	if err := Files(v, paths); err != nil {
		tb.Fatal(err)
	}
	return v.Report()
}

func TestWholeFiles(t *testing.T) {
	key := newKey(t)
	set := files(t, key)
	r := verify(t, []signkey.Public{key.Public}, Expect{}, set)
	if !r.OK() || r.Records != 15 || r.First != 1 || r.Last != 23 || r.Signed != 23 || r.End != Close || r.Starts != 2 || r.Crashes != 0 || r.Output != "audit" {
		t.Fatalf("%+v", r)
	}
	first := "audit-20261122T140000Z-000001.ndjson"
	set[first+".gz"] = pack(t, set[first])
	if r := verify(t, []signkey.Public{key.Public}, Expect{}, set); !r.OK() || len(r.Notes) != 1 {
		t.Errorf("a generation and its packed form: %+v", r)
	}
	delete(set, first)
	set["empty"] = nil
	if r := verify(t, []signkey.Public{key.Public}, Expect{}, set); !r.OK() || r.Records != 15 {
		t.Errorf("packed: %+v", r)
	}
}

// every is of how many bytes one is tampered with, from a random one on: all of
// them take minutes, and were found.
const every = 16

// TestEveryTampering does to a set of files what can be done to one. Each must
// be found, but where what is left is the same.
func TestEveryTampering(t *testing.T) {
	key, other := newKey(t), newKey(t)
	keys := []signkey.Public{key.Public}
	set, foreign := files(t, key), files(t, key)
	forged := files(t, other)
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range set {
			if !yield(name) {
				return
			}
		}
	})
	dir := t.TempDir()
	done, dirty := 0, map[string]bool{}
	for name := range set {
		dirty[name] = true
	}
	try := func(what string, change func(map[string][]byte)) {
		t.Helper()
		done++
		changed := map[string][]byte{}
		for name, content := range set {
			changed[name] = slices.Clone(content)
		}
		change(changed)
		var paths []string
		for name, content := range changed {
			path := filepath.Join(dir, name)
			paths = append(paths, path)
			if bytes.Equal(content, set[name]) && !dirty[name] {
				continue
			}
			dirty[name] = !bytes.Equal(content, set[name])
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if r := verifyPaths(t, keys, Expect{}, paths); r.OK() {
			t.Errorf("%s: not found", what)
		}
	}
	at := func(content []byte) [][]byte { return bytes.SplitAfter(content[:len(content)-1], []byte("\n")) }
	for _, name := range names {
		content := set[name]
		lines := at(content)
		lines[len(lines)-1] = append(slices.Clone(lines[len(lines)-1]), '\n')
		for i := rand.IntN(every); i < len(content); i += every {
			bit := byte(1) << rand.IntN(8)
			try(fmt.Sprintf("%s: byte %d flipped by %#x", name, i, bit), func(m map[string][]byte) { m[name][i] ^= bit })
			try(fmt.Sprintf("%s: cut at %d", name, i), func(m map[string][]byte) { m[name] = m[name][:i] })
			if i%every%2 == 0 {
				try(fmt.Sprintf("%s: byte %d doubled", name, i), func(m map[string][]byte) { m[name] = slices.Insert(m[name], i, content[i]) })
				try(fmt.Sprintf("%s: byte %d deleted", name, i), func(m map[string][]byte) { m[name] = slices.Delete(m[name], i, i+1) })
			}
		}
		put := func(lines ...[]byte) func(m map[string][]byte) {
			return func(m map[string][]byte) { m[name] = bytes.Join(lines, nil) }
		}
		for i := range lines {
			try(fmt.Sprintf("%s: line %d deleted", name, i+1), put(slices.Delete(slices.Clone(lines), i, i+1)...))
			try(fmt.Sprintf("%s: line %d doubled", name, i+1), put(slices.Insert(slices.Clone(lines), i, lines[i])...))
			for j := range i {
				swapped := slices.Clone(lines)
				swapped[i], swapped[j] = swapped[j], swapped[i]
				try(fmt.Sprintf("%s: lines %d and %d swapped", name, i+1, j+1), put(swapped...))
			}
			for _, line := range []string{"\n", "{}\n", "null\n", `{"__schema__":"x"}` + "\n", `{"__audit__":{}}` + "\n"} {
				try(fmt.Sprintf("%s: %q put in at %d", name, line, i+1), put(slices.Insert(slices.Clone(lines), i, []byte(line))...))
			}
			for from, theirs := range map[string][]byte{"another chain": foreign[name], "another key": forged[name]} {
				try(fmt.Sprintf("%s: line %d of %s", name, i+1, from), func(m map[string][]byte) {
					changed := slices.Clone(lines)
					changed[i] = append(bytes.TrimSuffix(at(theirs)[i], []byte("\n")), '\n')
					m[name] = bytes.Join(changed, nil)
				})
			}
		}
		try(name+" dropped", func(m map[string][]byte) { delete(m, name); dirty[name] = true })
		try(name+" of another chain", func(m map[string][]byte) { m[name] = foreign[name] })
		try(name+" of another key", func(m map[string][]byte) { m[name] = forged[name] })
		try(name+" twice", func(m map[string][]byte) { m["again"] = m[name] })
		for _, with := range names {
			if with != name {
				try(name+" instead of "+with, func(m map[string][]byte) { m[with] = m[name] })
				// That both are there under each other's name changes nothing: the
				// order is found by what they hold.
			}
		}
	}
	t.Logf("%d ways", done)
	all := map[string][]byte{}
	for name := range set {
		all[name] = forged[name]
	}
	if r := verify(t, keys, Expect{}, all); r.OK() {
		t.Error("everything signed with another key: not found")
	}
}

// TestTamperingWithAPackedFile: what it holds is the same, or it is found.
func TestTamperingWithAPackedFile(t *testing.T) {
	key := newKey(t)
	w := newWriter(t, []signkey.Key{key}, nil)
	plain := w.seal(w.records(w.seal(nil, Open), 5), Close)
	packed := pack(t, plain)
	same := 0
	for i := range packed {
		for _, change := range []func([]byte) []byte{
			func(b []byte) []byte { b[i] ^= 1 << rand.IntN(8); return b },
			func(b []byte) []byte { return b[:i] },
		} {
			changed := change(slices.Clone(packed))
			r := verify(t, []signkey.Public{key.Public}, Expect{}, map[string][]byte{"a.gz": changed})
			if !r.OK() {
				continue
			}
			same++
			z, err := gzip.NewReader(bytes.NewReader(changed))
			if err != nil {
				t.Fatalf("byte %d: %v, and nothing was found", i, err)
			}
			var got bytes.Buffer
			if _, err := got.ReadFrom(z); err != nil || !bytes.Equal(got.Bytes(), plain) {
				t.Fatalf("byte %d: other content, and nothing was found", i)
			}
		}
	}
	if same > 20 { // the header's time, flags and system
		t.Errorf("%d changes were not found", same)
	}
}

func TestMessages(t *testing.T) {
	key, other := newKey(t), newKey(t)
	w := newWriter(t, []signkey.Key{key}, nil)
	content := w.seal(w.records(w.seal(nil, Open), 5), Close)
	lines := strings.SplitAfter(strings.TrimSuffix(string(content), "\n"), "\n")
	join := func(l ...string) string { return strings.TrimSuffix(strings.Join(l, ""), "\n") + "\n" }
	without := func(i, j int) []string { return slices.Delete(slices.Clone(lines), i, j) }
	for name, c := range map[string]struct {
		content string
		keys    []signkey.Public
		expect  Expect
		want    []string // at line, text
	}{
		"a record changed": {content: strings.Replace(string(content), `"n":3`, `"n":4`, 1),
			want: []string{"4: was changed: its hash is not the one that the next line holds"}},
		"the hash in a record changed": {content: func() string {
			l := slices.Clone(lines)
			l[3] = strings.Replace(l[3], `"prev":"`+l[3][strings.Index(l[3], `"prev":"`)+8:][:1], `"prev":"x`, 1)
			return join(l...)
		}(), want: []string{"4: was changed: it does not hold the hash of the line before it, and the next line does not hold its own"}},
		"the last record changed": {content: strings.Replace(string(content), `"n":5`, `"n":6`, 1),
			want: []string{"6: was changed: its hash is not the one that the next line holds"}},
		"the first signature changed": {content: strings.Replace(string(content), `"kind":"open"`, `"kind":"close"`, 1),
			want: []string{"1: has a signature that is not one of the key"}},
		"two records gone":    {content: join(without(2, 4)...), want: []string{"3: follows sequence 2: 2 lines are missing before it"}},
		"one doubled":         {content: join(slices.Insert(slices.Clone(lines), 2, lines[1])...), want: []string{"3: follows sequence 2: lines were moved or put in twice"}},
		"the stop gone":       {content: join(without(6, 7)...), want: []string{"6: the end is open: 5 lines after the last signature, of sequence 1 at 2026-11-22T14:00:01Z, prove nothing: it is cut off, or the agent was killed, or is running (then say --live)"}},
		"cut within a line":   {content: string(content[:len(content)-1]), want: []string{"7: the last line has no end", "6: the end is open"}},
		"the first line gone": {content: join(without(0, 1)...), want: []string{"0: the files begin at sequence 2: older ones are missing (if rotate.keep has deleted them, say --any-start)"}},
		"another key":         {content: string(content), keys: []signkey.Public{other.Public}, want: []string{"1: is signed with the key", "7: is signed with the key", "7: there is not one signature that counts"}},
		"nothing":             {content: "", want: []string{"0: there is not one line"}},
		"something else":      {content: "hello\n", want: []string{"1: is neither a record of an audit file nor one of its signatures", "1: there is not one signature"}},
		"until later":         {content: string(content), expect: Expect{Until: start.Add(time.Hour)}, want: []string{"7: the last signature is of 2026-11-22T14:00:02Z, and 2026-11-22T15:00:00Z is to be proven"}},
		"another head":        {content: string(content), expect: Expect{Seq: 3, Hash: zeros}, want: []string{"0: the line that was noted (--expect-head) is not there"}},
		"late": {content: join(without(6, 7)...), expect: Expect{Live: true, Now: start.Add(16*time.Minute + 2*time.Second)},
			want: []string{"6: the last signature is of 2026-11-22T14:00:01Z, and a running agent signs every 900 s: the end is cut off, or the agent is not running"}},
	} {
		t.Run(name, func(t *testing.T) {
			keys := c.keys
			if keys == nil {
				keys = []signkey.Public{key.Public}
			}
			r := verify(t, keys, c.expect, map[string][]byte{"a": []byte(c.content)})
			if len(r.Findings) != len(c.want) {
				t.Fatalf("%+v; want %q", r.Findings, c.want)
			}
			for i, f := range r.Findings {
				if got := fmt.Sprintf("%d: %s", f.Line, f.Text); !strings.HasPrefix(got, c.want[i]) {
					t.Errorf("%q; want %q", got, c.want[i])
				}
			}
		})
	}
}

// TestOpenEnds: an end without a stop is taken where the caller says why.
func TestOpenEnds(t *testing.T) {
	key := newKey(t)
	keys := []signkey.Public{key.Public}
	w := newWriter(t, []signkey.Key{key}, nil)
	open := w.records(w.seal(w.records(w.seal(nil, Open), 2), Regular), 2)
	lines := bytes.SplitAfter(open, []byte("\n"))
	v := NewVerifier(nil, Expect{})
	v.Line(bytes.TrimSuffix(lines[2], []byte("\n")))
	noted := head(3, v.last.hash)
	seq, hash, err := ParseHead(noted)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		expect Expect
		ok     bool
	}{
		"nothing said":          {Expect{}, false},
		"live":                  {Expect{Live: true, Now: start.Add(15 * time.Minute)}, true},
		"live, too late":        {Expect{Live: true, Now: start.Add(time.Hour)}, false},
		"any end":               {Expect{AnyEnd: true}, true},
		"until before the last": {Expect{Until: start.Add(2 * time.Second)}, true},
		"until after it":        {Expect{Until: start.Add(3 * time.Second)}, false},
		"a head":                {Expect{Seq: seq, Hash: hash}, true},
		"another head":          {Expect{Seq: seq + 1, Hash: hash}, false},
	} {
		if r := verify(t, keys, c.expect, map[string][]byte{"a": open}); r.OK() != c.ok {
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
	torn := map[string][]byte{"a": open[:len(open)-5]}
	if r := verify(t, keys, Expect{Live: true, Now: start}, torn); !r.OK() {
		t.Errorf("a line that is being written: %+v", r.Findings)
	}
	// Cut off behind an earlier stop.
	stopped := w.seal(open, Close)
	if r := verify(t, keys, Expect{Live: true, Now: start.Add(15 * time.Minute)}, map[string][]byte{"a": stopped}); !r.OK() || len(r.Notes) == 0 {
		t.Errorf("a stop a moment ago: %+v", r)
	}
	if r := verify(t, keys, Expect{Live: true, Now: start.Add(time.Hour)}, map[string][]byte{"a": stopped}); r.OK() {
		t.Errorf("an agent that runs has signed last when it stopped an hour ago: %+v", r)
	}
	// A generation alone.
	set := files(t, key)
	for name, content := range set {
		if r := verify(t, keys, Expect{AnyStart: true, AnyEnd: true}, map[string][]byte{name: content}); !r.OK() {
			t.Errorf("%s alone: %+v", name, r.Findings)
		}
	}
}

func TestParseHead(t *testing.T) {
	for _, text := range []string{"", "1", "0:" + zeros, "1:" + zeros[1:], "1:" + zeros + "0", "1:" + strings.Repeat("A", 64), "x:" + zeros} {
		if _, _, err := ParseHead(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// TestACrash: what was taken back is written again, with other signatures.
func TestACrash(t *testing.T) {
	key := newKey(t)
	keys := []signkey.Key{key}
	w := newWriter(t, keys, nil)
	content := w.records(w.seal(nil, Open), 3)
	state := w.chain.State()
	_ = w.seal(w.records(nil, 2), Regular) // lost
	w = newWriter(t, keys, &state)
	w.now = start.Add(time.Minute)
	content = w.seal(w.records(w.seal(content, Open), 2), Close)
	r := verify(t, []signkey.Public{key.Public}, Expect{}, map[string][]byte{"a": content})
	if !r.OK() || r.Starts != 2 || r.Crashes != 1 {
		t.Fatalf("%+v", r)
	}
}

// TestTheSettledHead is one that a crash at any later moment leaves there.
func TestTheSettledHead(t *testing.T) {
	key := newKey(t)
	w := newWriter(t, []signkey.Key{key}, nil)
	content := w.seal(nil, Open) // 1
	w.chain.State()              // durable when the next is asked for
	content = w.seal(w.records(content, 2), Regular)
	w.chain.State()
	at := w.chain.Head()
	content = w.seal(w.records(content, 2), Regular)
	w.chain.State()
	content = w.seal(w.records(content, 2), Regular)
	r := verify(t, []signkey.Public{key.Public}, Expect{AnyEnd: true}, map[string][]byte{"a": content})
	if !r.OK() || r.Settled != at {
		t.Fatalf("%+v; want %s settled", r, at)
	}
}

func TestKeysFollowOneAnother(t *testing.T) {
	first, second, third := newKey(t), newKey(t), newKey(t)
	w := newWriter(t, []signkey.Key{first}, nil)
	content := w.seal(w.records(w.seal(nil, Open), 2), Close)
	state := w.chain.State()
	w = newWriter(t, []signkey.Key{first, second, third}, &state)
	w.now = start.Add(time.Hour)
	content = w.seal(w.records(w.seal(content, Open), 2), Close)
	state = w.chain.State()
	w = newWriter(t, []signkey.Key{third}, &state) // the old ones were taken out
	w.now = start.Add(2 * time.Hour)
	content = w.seal(w.records(w.seal(content, Open), 2), Close)
	state = w.chain.State()
	set := map[string][]byte{"a": content}
	if r := verify(t, []signkey.Public{first.Public}, Expect{}, set); !r.OK() || len(r.Notes) != 2 || r.Crashes != 0 {
		t.Errorf("with the first key: %+v", r)
	}
	if r := verify(t, []signkey.Public{third.Public}, Expect{}, set); r.OK() {
		t.Error("with the last key alone the older lines are not proven")
	}
	// Who has an old key cannot go on with it.
	w = newWriter(t, []signkey.Key{first}, &state)
	forged := w.seal(w.records(w.seal(slices.Clone(content), Open), 1), Close)
	if r := verify(t, []signkey.Public{first.Public}, Expect{}, map[string][]byte{"a": forged}); r.OK() || !strings.Contains(r.Findings[0].Text, "forged with the old key") {
		t.Errorf("%+v", r)
	}
	// Without the old key there is no handing over: both must be given.
	w = newWriter(t, []signkey.Key{second}, &state)
	content = w.seal(w.records(w.seal(content, Open), 1), Close)
	set["a"] = content
	if r := verify(t, []signkey.Public{first.Public}, Expect{}, set); r.OK() {
		t.Error("a retired key signs again, unnoticed")
	}
}

func TestManyFindingsAreCounted(t *testing.T) {
	key := newKey(t)
	r := verify(t, []signkey.Public{key.Public}, Expect{}, map[string][]byte{"a": bytes.Repeat([]byte("x\n"), 1000)})
	if len(r.Findings) != maxFindings || r.More != 1000+1-maxFindings {
		t.Errorf("%d listed, %d more", len(r.Findings), r.More)
	}
}

// BenchmarkFiles is how fast files are verified.
func BenchmarkFiles(b *testing.B) {
	key := newKey(b)
	w := newWriter(b, []signkey.Key{key}, nil)
	content := w.seal(nil, Open)
	record := []byte(`{"__schema__":"x","text":"` + strings.Repeat("text ", 60) + `"}`)
	for range 50 {
		for range 1000 {
			content = w.chain.Record(content, record)
		}
		content = w.seal(content, Regular)
	}
	content = w.seal(content, Close)
	path := filepath.Join(b.TempDir(), "a")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if r := verifyPaths(b, []signkey.Public{key.Public}, Expect{}, []string{path}); !r.OK() {
			b.Fatalf("%+v", r)
		}
	}
}
