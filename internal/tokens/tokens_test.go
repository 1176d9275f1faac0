package tokens_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"jupyter-events-agent/internal/tokens"
)

func secret(b byte) (s [32]byte) { s[0] = b; return s }

func secrets(list ...byte) (all [][32]byte) {
	for _, b := range list {
		all = append(all, secret(b))
	}
	return all
}

func open(t *testing.T, path string, keys ...byte) *tokens.Table {
	t.Helper()
	table, err := tokens.Open(path, secrets(keys...), 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}

func commit(t *testing.T, table *tokens.Table) {
	t.Helper()
	if err := table.Commit(); err != nil {
		t.Fatal(err)
	}
}

func of(t *testing.T, table *tokens.Table, value string, scope ...string) tokens.Token {
	t.Helper()
	token, ok := table.Scope(scope...)([]byte(value))
	if !ok || token == (tokens.Token{}) {
		t.Fatalf("no token for %q", value)
	}
	return token
}

func TestTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	table := open(t, path, 1)
	seen := map[tokens.Token]string{}
	each := func(visit func(value string, scope []string)) {
		for _, scope := range [][]string{{"vendor", "a"}, {"vendor", "b"}, {"vendora"}, {"vendor"}, {"lake", "a"}, {"vendor", "a", "b"}} {
			for _, value := range []string{"sada", "sbob", "n1e0", "s", "bob"} {
				visit(value, scope)
			}
		}
	}
	each(func(value string, scope []string) {
		token := of(t, table, value, scope...)
		if other, known := seen[token]; known {
			t.Errorf("%q in %q has the token of %s", value, scope, other)
		}
		seen[token] = fmt.Sprintf("%q in %q", value, scope)
		commit(t, table)
	})
	same := func(when string, table *tokens.Table) {
		t.Helper()
		each(func(value string, scope []string) {
			if got := seen[of(t, table, value, scope...)]; got != fmt.Sprintf("%q in %q", value, scope) {
				t.Errorf("%s: %q in %q has the token of %q", when, value, scope, got)
			}
		})
	}
	same("at once", table)
	table.Close()
	same("after a start", open(t, path, 1))
	same("with a new key", open(t, path, 1, 2))
	if _, err := tokens.Open(path, secrets(1), 1<<20, nil); err == nil || !strings.Contains(err.Error(), "is sealed with another key: put back the key file") {
		t.Error("it was not sealed anew:", err)
	}
	same("with the new key alone", open(t, path, 2))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("ada")) || bytes.Contains(text, []byte("vendor")) {
		t.Error("it is not sealed")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	entries, err := tokens.Read(path, secrets(2))
	if err != nil || len(entries) != len(seen) {
		t.Fatal(len(entries), err)
	}
	for _, e := range entries {
		if want := fmt.Sprintf("%q in %q", string(e.Tag)+e.Value, e.Scope); seen[e.Token] != want && e.Value != "" {
			t.Errorf("read %s, want %s", seen[e.Token], want)
		}
	}
}

func TestForget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	table := open(t, path, 1)
	ada, bob := of(t, table, "sada", "vendor"), of(t, table, "sbob", "vendor")
	of(t, table, "sada", "lake")
	of(t, table, "n12e2", "lake")
	commit(t, table)
	if gone, err := table.Forget("carol"); len(gone) != 0 || err != nil {
		t.Error(gone, err)
	}
	if gone, err := table.Forget("ada"); len(gone) != 2 || err != nil || gone[0].Text() != "ada" {
		t.Error(gone, err)
	}
	if gone, err := table.Forget("1200"); len(gone) != 1 || err != nil || gone[0].Text() != "1200" {
		t.Error(gone, err)
	}
	carol := of(t, table, "scarol", "vendor")
	commit(t, table)
	table.Close()
	table = open(t, path, 1)
	if of(t, table, "sada", "vendor") == ada {
		t.Error("forgotten and yet there")
	}
	if of(t, table, "sbob", "vendor") != bob || of(t, table, "scarol", "vendor") != carol {
		t.Error("others were forgotten")
	}
}

// TestTorn cuts a table at every byte, and spoils every byte of its last frame:
// what was durable before that frame is there.
func TestTorn(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "table")
	table := open(t, path, 1)
	first := of(t, table, "sada", "vendor")
	commit(t, table)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	durable := int(info.Size())
	of(t, table, "sbob", "vendor")
	commit(t, table)
	table.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, text []byte, want bool) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		table, err := tokens.Open(path, secrets(1), 1<<20, nil)
		if (err == nil) != want {
			t.Fatalf("%s: %v", what, err)
		}
		if err != nil {
			return
		}
		if of(t, table, "sada", "vendor") != first {
			t.Errorf("%s: what was durable is lost", what)
		}
		carol := of(t, table, "scarol", "vendor")
		commit(t, table)
		table.Close()
		again := open(t, path, 1)
		if of(t, again, "scarol", "vendor") != carol {
			t.Errorf("%s: what came later is lost", what)
		}
		again.Close()
	}
	for n := durable; n < len(whole); n++ {
		check(fmt.Sprintf("cut at %d", n), whole[:n], true)
		spoilt := bytes.Clone(whole)
		spoilt[n] ^= 0x55
		check(fmt.Sprintf("spoilt at %d", n), spoilt, true)
	}
	check("zeros behind it", append(bytes.Clone(whole), make([]byte, 5000)...), true)
	for n := range durable {
		spoilt := bytes.Clone(whole)
		spoilt[n] ^= 0x55
		check(fmt.Sprintf("damaged at %d", n), spoilt, false)
	}
	check("cut in its first frame", whole[:60], false)
}

// TestFailing: what cannot be written is kept for the next time.
func TestFailing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "in", "table")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	table := open(t, path, 1)
	ada := of(t, table, "sada", "vendor")
	table.Close() // as when an append fails: the whole file is written anew
	if err := os.Rename(filepath.Dir(path), filepath.Join(folder, "away")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := table.Commit(); err == nil || !strings.Contains(err.Error(), "write the token table") {
			t.Fatal(err)
		}
	}
	if err := os.Rename(filepath.Join(folder, "away"), filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	commit(t, table)
	table.Close()
	if of(t, open(t, path, 1), "sada", "vendor") != ada {
		t.Error("lost")
	}
}

func TestFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	var said strings.Builder
	table, err := tokens.Open(path, secrets(1), 4000, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	given := 0
	for n := range 1000 {
		if _, ok := table.Scope("vendor")(fmt.Appendf(nil, "svalue %d", n)); ok {
			given++
		}
		commit(t, table)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 4000+100 || given < 20 || given == 1000 {
		t.Error(given, info.Size(), err)
	}
	of(t, table, "svalue 0", "vendor") // what is known stays
	if strings.Count(said.String(), "the token table is full") != 1 || strings.Contains(said.String(), "value 9") {
		t.Error(said.String())
	}
	if _, ok := tokens.Fresh().Scope("vendor")(make([]byte, tokens.MaxValue+1)); ok {
		t.Error("a long value has a token")
	}
}

// TestTogether: many goroutines get one token for one value, durable once any
// of them has committed after it got it.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table")
	table := open(t, path, 1)
	got := make([]map[string]tokens.Token, 4)
	var all sync.WaitGroup
	for i := range got {
		got[i] = map[string]tokens.Token{}
		all.Go(func() {
			scope := table.Scope("vendor", "user-identifier")
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for range 20 {
				batch := map[string]tokens.Token{}
				for range 20 {
					value := fmt.Sprint("s", r.IntN(500))
					batch[value], _ = scope([]byte(value))
				}
				if err := table.Commit(); err != nil {
					t.Error(err)
				}
				entries, err := tokens.Read(path, secrets(1))
				if err != nil {
					t.Error(err)
				}
				durable := map[string]tokens.Token{}
				for _, e := range entries {
					durable["s"+e.Value] = e.Token
				}
				for value, token := range batch {
					if durable[value] != token {
						t.Errorf("the token of %s is not durable", value)
					}
					if before, known := got[i][value]; known && before != token {
						t.Errorf("%s has two tokens", value)
					}
					got[i][value] = token
				}
			}
		})
	}
	all.Wait()
	for value, token := range got[0] {
		for _, other := range got {
			if theirs, known := other[value]; known && theirs != token {
				t.Errorf("%s has two tokens", value)
			}
		}
	}
}

func TestKnownAllocatesNothing(t *testing.T) {
	scope, value := tokens.Fresh().Scope("vendor"), []byte("sada")
	scope(value)
	if n := testing.AllocsPerRun(100, func() { scope(value) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkKnown(b *testing.B) {
	scope := tokens.Fresh().Scope("vendor")
	values := make([][]byte, 10_000)
	for i := range values {
		values[i] = fmt.Appendf(nil, "suser-%d", i)
		scope(values[i])
	}
	b.ReportAllocs()
	for i := range b.N {
		scope(values[i%len(values)])
	}
}
