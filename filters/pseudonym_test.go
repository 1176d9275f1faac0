package filters_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// vector is a known answer, made by a program in Python of ten lines (hmac,
// hashlib, decimal).
type vector struct {
	Secret, Epochs, Output, Time, Epoch string
	Denied                              []string
	Value, Pseudonym                    string
}

const oneUser = `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {"user": {"categories": %s}}}`

// pseudonym is what an output gets for a user.
func pseudonym(t testing.TB, f *filters.Filter, l *lines, when, user string) string {
	t.Helper()
	text := fmt.Sprintf(`{"__schema__":"https://x.test/e","__schema_version__":"1","__timestamp__":%q,"user":%s}`, when, user)
	var got struct{ User string }
	r, _ := record(t, f, l, text)
	if err := json.Unmarshal([]byte(r), &got); err != nil {
		t.Fatal(err)
	}
	return got.User
}

func secretsOf(first byte) *filters.Pseudonyms {
	return &filters.Pseudonyms{Keys: []filters.PseudonymKey{{Since: math.MinInt64, Secret: secretOf(first)}}}
}

func TestPseudonymsAreAsKnown(t *testing.T) {
	text, err := os.ReadFile("testdata/pseudonyms.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) < 30 {
		t.Fatal(len(vectors), err)
	}
	for _, v := range vectors {
		denied, actions := new(bytes.Buffer), map[string]filters.Action{}
		if err := json.NewEncoder(denied).Encode(append(v.Denied, "unrestricted")); err != nil {
			t.Fatal(err)
		}
		for _, c := range v.Denied {
			actions[c] = filters.Action{Action: "pseudonymize"}
		}
		secret, _ := hex.DecodeString(v.Secret)
		keys := secretsOf(secret[0])
		keys.Epoch = v.Epochs
		known := registry(t, "e.json", fmt.Sprintf(oneUser, denied))
		f := compile(t, filters.Policy{Output: v.Output, Actions: actions, Pseudonyms: keys, Metadata: []string{}}, known)
		if got := pseudonym(t, f, newLines(t, known, schema.Rules{}), v.Time, v.Value); got != v.Pseudonym {
			t.Errorf("%+v: %s", v, got)
		}
	}
}

// TestPseudonymsCannotBeMatched: of one user, between outputs, epochs, sets of
// categories and secrets, no pseudonym is another; within one they all are.
func TestPseudonymsCannotBeMatched(t *testing.T) {
	seen, same := map[string]string{}, map[string]int{}
	for _, categories := range []string{`["user-identifier"]`, `["user-identifier", "location"]`} {
		known := registry(t, "e.json", fmt.Sprintf(oneUser, categories))
		l := newLines(t, known, schema.Rules{})
		for _, output := range []string{"analytics", "vendor"} {
			for _, allowed := range [][]string{nil, {"location"}} {
				for secret := range byte(2) {
					actions := map[string]filters.Action{"user-identifier": {Action: "pseudonymize"}, "location": {Action: "pseudonymize"}}
					denied := "both"
					if allowed != nil || !strings.Contains(categories, "location") {
						denied = "user"
					}
					if allowed != nil {
						delete(actions, "location")
					}
					f := compile(t, filters.Policy{Output: output, Categories: allowed, Actions: actions, Pseudonyms: secretsOf(secret), Metadata: []string{}}, known)
					for _, month := range []string{"10", "11"} {
						for _, user := range []string{`"ada"`, `"bob"`, `1`, `"1"`} {
							where := fmt.Sprint(output, denied, secret, month, user)
							for day := range 2 {
								got := pseudonym(t, f, l, fmt.Sprintf("2026-%s-0%dT00:00:00Z", month, day+1), user)
								if other, known := seen[got]; known && other != where || len(got) != 64 {
									t.Errorf("%s: %s, as %s", where, got, other)
								}
								seen[got] = where
								same[where]++
							}
						}
					}
				}
			}
		}
	}
	if len(seen) != len(same) || len(seen) != 2*2*2*2*4 {
		t.Errorf("%d pseudonyms of %d", len(seen), len(same))
	}
}

// TestKeysRotate: a key counts for epochs that begin when it does or later, and
// for those before the first key there are no pseudonyms.
func TestKeysRotate(t *testing.T) {
	known := registry(t, "e.json", fmt.Sprintf(oneUser, `["user-identifier"]`))
	l := newLines(t, known, schema.Rules{})
	at := func(text string) int64 {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when.UnixMicro()
	}
	for epoch, want := range map[string]string{"month": ".1222", "quarter": "..222", "year": "....2", "none": ".1222"} {
		keys := &filters.Pseudonyms{Epoch: epoch, Keys: []filters.PseudonymKey{
			{Since: at("2026-02-01T00:00:00Z"), Secret: secretOf(1)}, {Since: at("2026-03-15T12:00:00Z"), Secret: secretOf(2)}}}
		policy := filters.Policy{Output: "o", Actions: map[string]filters.Action{"user-identifier": {Action: "pseudonymize"}}, Metadata: []string{}, Pseudonyms: keys}
		f := compile(t, policy, known)
		got := ""
		for _, when := range []string{"2026-01-31T23:59:59Z", "2026-03-15T11:59:59Z", "2026-06-30T00:00:00Z", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"} {
			made := "."
			for number := range byte(2) {
				policy.Pseudonyms = &filters.Pseudonyms{Epoch: epoch, Keys: []filters.PseudonymKey{{Since: math.MinInt64, Secret: secretOf(number + 1)}}}
				if p := pseudonym(t, f, l, when, `"ada"`); p != "" && p == pseudonym(t, compile(t, policy, known), l, when, `"ada"`) {
					made = string('1' + rune(number))
				}
			}
			got += made
		}
		if got != want {
			t.Errorf("%s: %s, want %s", epoch, got, want)
		}
	}
}

// TestKeysKeepTheTimeRounded: which key counts is found out from the time as the
// output may know it. Where there are no epochs a key counts from any moment on,
// and a pseudonym of the old or the new key, or none, would tell the time of day.
func TestKeysKeepTheTimeRounded(t *testing.T) {
	known := registry(t, "e.json", fmt.Sprintf(oneUser, `["user-identifier"]`))
	l := newLines(t, known, schema.Rules{})
	since := time.Date(2026, 3, 15, 12, 30, 30, 0, time.UTC).UnixMicro()
	for _, keys := range [][]filters.PseudonymKey{
		{{Since: math.MinInt64, Secret: secretOf(1)}, {Since: since, Secret: secretOf(2)}},
		{{Since: since, Secret: secretOf(2)}},
	} {
		for word, next := range map[string]string{"minute": "2026-03-15T12:31:00Z", "hour": "2026-03-15T13:00:00Z", "day": "2026-03-16T00:00:00Z"} {
			f := compile(t, filters.Policy{Output: "o", Time: word, Actions: map[string]filters.Action{"user-identifier": {Action: "pseudonymize"}}, Metadata: []string{},
				Pseudonyms: &filters.Pseudonyms{Epoch: "none", Keys: keys}}, known)
			before, after := pseudonym(t, f, l, "2026-03-15T12:30:29Z", `"ada"`), pseudonym(t, f, l, "2026-03-15T12:30:31Z", `"ada"`)
			if before != after {
				t.Errorf("%s, %d keys: %q before the key counts and %q after, of one rounded time", word, len(keys), before, after)
			}
			if p := pseudonym(t, f, l, next, `"ada"`); p == "" || p == before {
				t.Errorf("%s, %d keys: the new key does not count at %s", word, len(keys), next)
			}
		}
	}
}

// BenchmarkPseudonym: one value more than the record has without, and how many
// times a plain hmac of the same bytes it takes.
func BenchmarkPseudonym(b *testing.B) {
	known := registry(b, "e.json", fmt.Sprintf(oneUser, `["user-identifier"]`))
	e, fault := newLines(b, known, schema.Rules{}).event(`{` + envelope + `,"user":"ada.lovelace@example.org"}`)
	if fault != nil {
		b.Fatal(fault)
	}
	per := func(b *testing.B, of func()) float64 { // the least of many: a mean says nothing on a busy machine
		b.ReportAllocs()
		least := math.Inf(1)
		for b.Loop() {
			begin := time.Now()
			for range 1000 {
				of()
			}
			least = min(least, float64(time.Since(begin))/1000)
		}
		b.ReportMetric(least, "least-ns/value")
		return least
	}
	apply := func(b *testing.B, p filters.Policy) float64 {
		p.Metadata, p.Pseudonyms = []string{}, secretsOf(1)
		f := compile(b, p, known)
		var a filters.Arena
		return per(b, func() { a.Reset(); f.Apply(e, &a) })
	}
	var plain, without float64
	b.Run("hmac", func(b *testing.B) {
		mac, text, sum := hmac.New(sha256.New, make([]byte, 32)), []byte("sada.lovelace@example.org"), []byte(nil)
		plain = per(b, func() {
			mac.Reset()
			mac.Write(text)
			sum = mac.Sum(sum[:0])
		})
	})
	b.Run("denied", func(b *testing.B) { without = apply(b, filters.Policy{}) })
	b.Run("pseudonymize", func(b *testing.B) {
		with := apply(b, filters.Policy{Actions: map[string]filters.Action{"user-identifier": {Action: "pseudonymize"}}})
		b.ReportMetric(with-without, "ns/pseudonym")
		if with-without >= 1000 {
			b.Errorf("a pseudonym takes %.0f ns, at most 1000", with-without)
		}
		b.ReportMetric((with-without)/plain, "x-hmac")
	})
}
