package validate

import (
	"encoding/json"
	"math/big"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// samples are texts of the formats. Addresses and names are those that are kept
// for examples (RFC 2606, 5737 and 3849), so that they are nobody's.
var samples = map[string]string{
	"date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "time": "03:04:05Z", "duration": "PT1M",
	"email": "someone@example.org", "idn-email": "someone@example.org", "hostname": "host.example.org", "idn-hostname": "host.example.org",
	"ipv4": "192.0.2.17", "ipv6": "2001:db8:12:34::17", "uri": "https://example.org/example", "uri-reference": "/example",
	"iri": "https://example.org/example", "iri-reference": "/example", "uri-template": "/example/{name}",
	"json-pointer": "/example", "relative-json-pointer": "0", "regex": "example.*", "uuid": "12345678-1234-4234-8234-123456789abc",
}

// text makes a text by the member's name, in the form that the name, the format
// or the pattern asks for.
func (s *sampler) text(all, judges []*jsonschema.Schema, name string, turn int) (any, bool) {
	least, most := 0, 1<<16
	var candidates []string
	for _, schema := range all {
		if schema.MinLength > least {
			least = schema.MinLength
		}
		if schema.MaxLength >= 0 {
			most = min(most, schema.MaxLength)
		}
		if sample, ok := samples[schema.Format]; ok {
			candidates = append(candidates, sample)
		}
	}
	if least > most || least > 1<<16 {
		return nil, false
	}
	for _, schema := range all {
		if schema.Pattern == nil {
			continue
		}
		for times := 1; times <= 64; times *= 2 {
			for _, t := range []int{times, least} {
				if text, ok := matching(schema.Pattern.String(), t); ok {
					candidates = append(candidates, text)
				}
			}
		}
	}
	own := s.named(name, turn)
	candidates = append(candidates, fitted(own, least, most), fitted(strings.Repeat(own, 1+least/max(len(own), 1)), least, most), fitted("1", least, most))
	for _, text := range candidates {
		if s.takes(judges, text) {
			s.used[text] = true
			return text, true
		}
	}
	return nil, false
}

// named is a text that stands for itself: whoever finds it somewhere knows which
// member it came from.
func (s *sampler) named(name string, turn int) string {
	lower := strings.ToLower(name)
	before, after := "example-", ""
	switch {
	case strings.HasSuffix(lower, "path") || strings.HasSuffix(lower, "notebook"):
		before, after = "example/", ".ipynb"
	case strings.HasSuffix(lower, "email"):
		before, after = "", "@example.org"
	case lower == "ip" || strings.HasSuffix(lower, "_ip") || strings.HasSuffix(lower, "ip_address"):
		return "192.0.2." + strconv.Itoa(17+turn%200)
	}
	text := before + name + after
	for n := 2; s.used[text]; n++ {
		text = before + name + "-" + strconv.Itoa(n) + after
	}
	return text
}

// fitted is the text with as many characters as are allowed.
func fitted(text string, least, most int) string {
	if n := utf8.RuneCountInString(text); n < least {
		return text + strings.Repeat("x", least-n)
	} else if n > most {
		return string([]rune(text)[:most])
	}
	return text
}

// number makes a number, a whole one where that is allowed.
func (s *sampler) number(all, judges []*jsonschema.Schema, turn int) (any, bool) {
	low, high, step := (*big.Rat)(nil), (*big.Rat)(nil), (*big.Rat)(nil)
	for _, schema := range all {
		for _, bound := range []*big.Rat{schema.Minimum, schema.ExclusiveMinimum} {
			if bound != nil && (low == nil || bound.Cmp(low) > 0) {
				low = bound
			}
		}
		for _, bound := range []*big.Rat{schema.Maximum, schema.ExclusiveMaximum} {
			if bound != nil && (high == nil || bound.Cmp(high) < 0) {
				high = bound
			}
		}
		if schema.MultipleOf != nil {
			step = schema.MultipleOf
		}
	}
	var candidates []*big.Rat
	add := func(r *big.Rat) { candidates = append(candidates, r) }
	if step == nil {
		step = big.NewRat(1, 1)
	}
	add(big.NewRat(int64(turn)+42, 1))
	for _, bound := range []*big.Rat{low, high, new(big.Rat)} {
		if bound == nil {
			continue
		}
		multiple := new(big.Rat).Quo(bound, step)
		n := new(big.Int).Div(multiple.Num(), multiple.Denom())
		for _, i := range []int64{0, 1, -1, 2, -2} {
			at := new(big.Rat).SetInt(new(big.Int).Add(n, big.NewInt(i+int64(turn))))
			add(at.Mul(at, step))
		}
		add(bound)
	}
	if low != nil && high != nil {
		middle := new(big.Rat).Add(low, high)
		add(middle.Mul(middle, big.NewRat(1, 2)))
	}
	for _, r := range candidates {
		text := r.FloatString(9)
		if strings.Contains(text, ".") {
			text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
		}
		if value := json.Number(text); s.takes(judges, value) {
			return value, true
		}
	}
	return nil, false
}

// matching makes a text that a pattern matches, with every repeat as often as
// times says and the pattern allows. It is not sure to match: an assertion may
// forbid it.
func matching(pattern string, times int) (string, bool) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false
	}
	text, ok := appendMatch(nil, parsed, times)
	return string(text), ok
}

const longestMatch = 1 << 12

func appendMatch(b []byte, r *syntax.Regexp, times int) ([]byte, bool) {
	if len(b) > longestMatch {
		return b, false
	}
	repeat := func(n int) ([]byte, bool) {
		ok := true
		for range n {
			if b, ok = appendMatch(b, r.Sub[0], times); !ok {
				break
			}
		}
		return b, ok
	}
	switch r.Op {
	case syntax.OpNoMatch:
		return b, false
	case syntax.OpLiteral:
		return append(b, string(r.Rune)...), true
	case syntax.OpCharClass:
		return utf8.AppendRune(b, oneOf(r.Rune)), len(r.Rune) > 0
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return append(b, 'x'), true
	case syntax.OpCapture, syntax.OpQuest:
		return repeat(1)
	case syntax.OpStar, syntax.OpPlus:
		return repeat(times)
	case syntax.OpRepeat:
		n := max(r.Min, times)
		if r.Max >= 0 {
			n = min(n, r.Max)
		}
		return repeat(n)
	case syntax.OpConcat:
		for _, sub := range r.Sub {
			var ok bool
			if b, ok = appendMatch(b, sub, times); !ok {
				return b, false
			}
		}
		return b, true
	case syntax.OpAlternate:
		return appendMatch(b, r.Sub[0], times)
	}
	return b, true // begin, end, word boundaries: nothing
}

// oneOf is the character of a class that reads best.
func oneOf(ranges []rune) rune {
	in := func(c rune) bool {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= c && c <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	if i := slices.IndexFunc([]rune("ae1AE-_. "), in); i >= 0 {
		return []rune("ae1AE-_. ")[i]
	}
	if len(ranges) == 0 {
		return 0
	}
	return ranges[0]
}
