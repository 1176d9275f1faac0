package noninterference

import (
	"regexp/syntax"
	"strings"
)

// matching is a text that a pattern of a schema fits, mostly; whether it does
// the schema's own check says.
func (w writer) matching(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return w.anyText()
	}
	var b strings.Builder
	if !strings.HasPrefix(pattern, "^") && w.one(3) {
		b.WriteString(pick(w.Rand, "a", "x ", "é"))
	}
	w.sample(&b, re, 6)
	if !strings.HasSuffix(pattern, "$") && w.one(3) {
		b.WriteString(pick(w.Rand, "z", "0", " ü"))
	}
	return b.String()
}

func (w writer) sample(b *strings.Builder, re *syntax.Regexp, depth int) {
	if depth < 0 || b.Len() > 400 {
		return
	}
	repeat := func(least, most int) {
		if most < 0 {
			most = least + 6
		}
		for range least + w.IntN(max(most-least, 0)+1) {
			w.sample(b, re.Sub[0], depth-1)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return
		}
		i := w.IntN(len(re.Rune)/2) * 2
		b.WriteRune(re.Rune[i] + rune(w.IntN(int(min(re.Rune[i+1]-re.Rune[i], 90))+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteString(pick(w.Rand, "a", "b", "0", " ", "é", "-", "/"))
	case syntax.OpCapture:
		w.sample(b, re.Sub[0], depth)
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			w.sample(b, sub, depth)
		}
	case syntax.OpAlternate:
		w.sample(b, pick(w.Rand, re.Sub...), depth)
	}
}

// formed are texts of the formats that schemas name.
var formed = map[string][]string{
	"date-time": {"2026-11-22T14:20:46Z", "1999-01-01T00:00:00.5+02:00"}, "date": {"2026-11-22", "2000-02-29"}, "time": {"14:20:46Z", "00:00:00+01:00"},
	"email": {"a@b.example", "user@hub.example"}, "idn-email": {"a@b.example"}, "ipv4": {"192.0.2.1", "10.4.17.20"}, "ipv6": {"::1", "2001:db8::7"},
	"uri": {"https://x.test/a", "urn:a:b"}, "uri-reference": {"/a/b", "#x"}, "iri": {"https://x.test/é"}, "hostname": {"hub.example", "localhost"}, "idn-hostname": {"hub.example"},
	"uuid": {"123e4567-e89b-12d3-a456-426614174000"}, "regex": {"^a", "b*"}, "json-pointer": {"/a/b", ""}, "relative-json-pointer": {"0", "1/a"}, "duration": {"P1D", "PT5M"}, "color": {"#ff0000", "red"},
}
