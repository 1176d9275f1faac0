package filters_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"jupyter-events-agent/filters"
	"jupyter-events-agent/schema"
)

// What actions make of values, once more and plainly: from the words of policy.md
// §3 and the standards that it names, with none of the code that it is held against.

// plainHMAC is RFC 2104, with SHA-256.
func plainHMAC(key, text []byte) []byte {
	if len(key) > 64 {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	inner, outer := bytes.Repeat([]byte{0x36}, 64), bytes.Repeat([]byte{0x5c}, 64)
	for i, b := range key {
		inner[i], outer[i] = inner[i]^b, outer[i]^b
	}
	first := sha256.Sum256(append(inner, text...))
	second := sha256.Sum256(append(outer, first[:]...))
	return second[:]
}

// plainHKDF is RFC 5869, with SHA-256.
func plainHKDF(secret, salt, info []byte, length int) (out []byte) {
	if len(salt) == 0 {
		salt = make([]byte, 32)
	}
	key := plainHMAC(salt, secret)
	var t []byte
	for i := byte(1); len(out) < length; i++ {
		t = plainHMAC(key, append(append(slices.Clone(t), info...), i))
		out = append(out, t...)
	}
	return out[:length]
}

// plainAddress is the /24 of an IPv4 address, mapped ones too, the /48 of an IPv6
// address without zone; of 6to4 (RFC 3056) the /24 of the address in it.
func plainAddress(text string) (string, bool) {
	host, zone, zoned := strings.Cut(text, "%")
	ip := net.ParseIP(host)
	switch {
	case ip == nil, zoned && (zone == "" || !strings.Contains(host, ":")):
		return "", false
	case ip.To4() != nil:
		return ip.To4().Mask(net.CIDRMask(24, 32)).String(), true
	case ip[0] == 0x20 && ip[1] == 0x02:
		return ip.Mask(net.CIDRMask(16+24, 128)).String(), true
	}
	return ip.Mask(net.CIDRMask(48, 128)).String(), true
}

var timeForm = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)([.,]\d{1,9})?(?:([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?[Zz]?$`)

// plainTime is the hour or day, in UTC, of a time as timestamps are written.
func plainTime(text string, to time.Duration) (string, bool) {
	m := timeForm.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	n := make([]int, len(m))
	for i, digits := range m {
		n[i], _ = strconv.Atoi(digits)
	}
	if n[1] < 1 || n[2] < 1 || n[2] > 12 || n[3] < 1 || n[4] > 23 || n[5] > 59 || n[6] > 60 || n[9] > 23 || n[10] > 59 || n[11] > 59 {
		return "", false
	}
	if time.Date(n[1], time.Month(n[2]), n[3], 0, 0, 0, 0, time.UTC).Day() != n[3] {
		return "", false // there is no such day
	}
	east := time.Duration(n[9])*time.Hour + time.Duration(n[10])*time.Minute + time.Duration(n[11])*time.Second
	if m[8] == "-" {
		east = -east
	}
	at := time.Date(n[1], time.Month(n[2]), n[3], n[4], n[5], n[6], 0, time.UTC).Add(-east)
	if at.Year() < 1 || at.Year() > 9999 {
		return "", false
	}
	return at.Truncate(to).Format("2006-01-02T15:04:05.000000Z"), true
}

// plainPath is how deep a path is, 8 at most, and its extension from the list.
func plainPath(text string) (string, bool) {
	for _, r := range text {
		if r < 0x20 || r == 0x7f {
			return "", false
		}
	}
	var parts []string
	for _, part := range strings.Split(text, "/") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	ext := "other"
	if len(parts) > 0 {
		last := parts[len(parts)-1]
		if dot := strings.LastIndex(last, "."); dot > 0 {
			for _, known := range strings.Fields(listed) {
				if strings.ToLower(last[dot:]) == known && len(last[dot:]) == len(known) {
					ext = known[1:]
				}
			}
		}
	}
	return fmt.Sprintf(`{"depth":%d,"ext":%q}`, min(len(parts), 8), ext), true
}

// plainTagged is a scalar by its type and value: numbers as a whole number
// without zeros at its end, and the power of ten.
func plainTagged(v plainValue) string {
	if v.kind != 'n' {
		return string(v.kind) + v.text
	}
	mantissa, power, _ := strings.Cut(strings.ToLower(v.text), "e")
	exponent, _ := strconv.Atoi(power)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	number, _ := new(big.Int).SetString(whole+fraction, 10)
	exponent -= len(fraction)
	if number.Sign() == 0 {
		return "n0"
	}
	for ten := big.NewInt(10); new(big.Int).Mod(number, ten).Sign() == 0; exponent++ {
		number.Quo(number, ten)
	}
	return fmt.Sprintf("n%se%d", number, exponent)
}

// plainPseudonym is HMAC over type and value, the key HKDF of secret, output, epoch
// and sorted denied categories, each word after its length.
func plainPseudonym(v plainValue, secret [32]byte, words ...string) string {
	info := []byte("jupyter-events-agent pseudonym")
	for _, word := range words {
		info = append(binary.BigEndian.AppendUint32(info, uint32(len(word))), word...)
	}
	return hex.EncodeToString(plainHMAC(plainHKDF(secret[:], nil, info, 32), []byte(plainTagged(v))))
}

// plainValue is a value: 's' with the text itself, 'n' and 'b' as they are written,
// '0' null, 'c' an object or array.
type plainValue struct {
	kind byte
	text string
}

// spelt is the value as some producer might write it.
func (v plainValue) spelt(r *rand.Rand) string {
	if v.kind != 's' {
		return v.text
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range v.text {
		short, hasShort := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}[c]
		switch way := r.IntN(6); {
		case c > 0xffff && way == 0:
			c -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		case c <= 0xffff && (way == 0 || way > 2 && c < 0x20):
			fmt.Fprintf(&b, `\u%04x`, c)
		case hasShort && (way < 3 || c == '"' || c == '\\'):
			b.WriteString(short)
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + `"`
}

func madeUpValue(r *rand.Rand) plainValue {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	several := func(n int, of ...string) (s string) {
		for range r.IntN(n + 1) {
			s += one(of...)
		}
		return s
	}
	digits := func(n int) string { return several(n, "0", "0", "1", "2", "5", "9") }
	text := ""
	switch r.IntN(12) {
	case 0:
		return plainValue{'0', "null"}
	case 1:
		return plainValue{'b', one("true", "false")}
	case 2:
		return plainValue{'c', one(`{}`, `[]`, `{"depth":1,"ext":"py"}`, `["192.0.2.1"]`)}
	case 3:
		return plainValue{'n', one("", "-") + one("0", "1", "7", "10", "1200", "1"+digits(30)) + one("", "."+digits(5)+"0", "."+digits(25)+"1") + one("", "", "e"+one("", "+", "-")+one("0", "1", "02", "17", "300"), "E5")}
	case 4, 5:
		four := fmt.Sprintf("%d.%d.%d.%d", r.IntN(260), r.IntN(256), r.IntN(256), r.IntN(256))
		text = one(four, "::ffff:"+four, "::"+four, "2002:"+several(3, "c000:", "24d:", "0:", "1:")+":1", several(8, "2001:", "db8:", "0:", "ABC:", "::", "1:")+one("1", ":", "", four), "fe80::1%"+one("eth0", "", "a%b")) + one("", "", "", " ", "%1", ":80", "/24")
	case 6, 7:
		text = fmt.Sprintf("%04d-%02d-%02d%s%02d:%02d:%02d", r.IntN(3)*1000+r.IntN(30), 1+r.IntN(13), 1+r.IntN(31), one("T", "T", " ", "t", "x"), r.IntN(25), r.IntN(60), r.IntN(62)) +
			one("", ".5", ".123456", ",123456789", ".1234567890", ".") + one("Z", "z", "", "+00:00Z", "+00:00", "-08:00", "+0530", "+05", "-23:59:59Z", "+24:00", "+1", "ZZ", " Z")
	case 8, 9:
		text = several(12, "/", "/", "a", "ä", "home", ".", "..", ".py", ".IPYNB", ".tar.gz", ".zz", "😀", " ", "\\", ".ſh", ".Kt") + one("", "", ".Csv", ".md/", "\x00", "\u0080", "\x7f")
	default:
		text = several(10, "ada", "\"", "\\", "/", "\n", "\x00", "é", "e\u0301", "😀", "\u2028", "\ufffd", "1", "null")
	}
	return plainValue{'s', text}
}

// TestActionsAreAsPlainlySaid: values of all kinds, in the forms of the actions and
// nearly so, however they are written, become what the plain reference says.
func TestActionsAreAsPlainlySaid(t *testing.T) {
	names := []string{"mask", "null", "address", "hour", "day", "path", "code", "token"}
	var properties []string
	for _, name := range names {
		properties = append(properties, fmt.Sprintf(`%q: {"categories": [%q]}`, name, "of "+name))
	}
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {`+strings.Join(properties, ",")+`}}`)
	f := compile(t, filters.Policy{
		Output: "plain", Metadata: []string{}, Tokens: numbered(), Pseudonyms: &filters.Pseudonyms{Epoch: "quarter", Keys: secretsOf(7).Keys},
		Actions: map[string]filters.Action{
			"of mask": {Action: "mask"}, "of null": {Action: "null"}, "of address": {Action: "truncate"}, "of hour": {Action: "truncate", To: "hour"}, "of day": {Action: "truncate", To: "day"},
			"of path": {Action: "truncate", To: "path"}, "of code": {Action: "pseudonymize"}, "of token": {Action: "tokenize"},
		},
	}, known)
	l := newLines(t, known, schema.Rules{})
	r := newRand(20261123, 5)
	made, codes, tokens := map[string]int{}, map[string]string{}, map[string]string{}
	alike := func(what string, of map[string]string, code, value string) {
		if before, seen := of[code]; seen && before != value {
			t.Errorf("%s: %q and %q have one code", what, before, value)
		}
		of[code] = value
	}
	for range rounds(8_000) {
		v := madeUpValue(r)
		want := map[string]string{"mask": `"***"`, "null": "null"}
		cut := func(name, text string, ok bool) {
			if ok && v.kind == 's' {
				want[name] = text
				made[name]++
			}
		}
		quoted := func(text string, ok bool) (string, bool) { return `"` + text + `"`, ok }
		address, ok := quoted(plainAddress(v.text))
		cut("address", address, ok)
		hour, ok := quoted(plainTime(v.text, time.Hour))
		cut("hour", hour, ok)
		day, ok := quoted(plainTime(v.text, 24*time.Hour))
		cut("day", day, ok)
		path, ok := plainPath(v.text)
		cut("path", path, ok)
		switch v.kind {
		case 'c':
		case '0':
			want["code"], want["token"] = "null", "null"
		default:
			want["code"] = `"` + plainPseudonym(v, secretOf(7), "plain", "2026-Q4", "of code") + `"`
		}
		var members []string
		for _, name := range names {
			members = append(members, fmt.Sprintf(`%q: %s`, name, v.spelt(r)))
		}
		text := line("{" + strings.Join(members, ", ") + "}")
		record, taken := record(t, f, l, text)
		if !taken {
			t.Fatal(text)
		}
		var got map[string]json.RawMessage
		if err := json.Unmarshal([]byte(record), &got); err != nil {
			t.Fatal(err, record)
		}
		if v.kind == 's' || v.kind == 'n' || v.kind == 'b' {
			alike("pseudonymize", codes, string(got["code"]), plainTagged(v))
			alike("tokenize", tokens, string(got["token"]), plainTagged(v))
			want["token"] = string(got["token"]) // random: only who is the same is said
			if len(want["token"]) != 34 {
				t.Errorf("%q: the token %s", v.text, want["token"])
			}
		}
		for _, name := range names {
			if string(got[name]) != want[name] {
				t.Fatalf("%s of %c %q: %q, want %q\n%s", name, v.kind, v.text, got[name], want[name], text)
			}
		}
	}
	for _, name := range []string{"address", "hour", "day", "path"} {
		if made[name] < rounds(8_000)/50 {
			t.Errorf("only %d values were of the form of %s", made[name], name)
		}
	}
	if distinct := len(slices.Compact(slices.Sorted(maps.Values(codes)))); len(codes) != distinct || len(tokens) != distinct {
		t.Errorf("%d values have %d pseudonyms and %d tokens", distinct, len(codes), len(tokens))
	}
}

// TestPlainReferenceIsTheStandards holds the reference, and with it the agent, to
// the examples of the standards.
func TestPlainReferenceIsTheStandards(t *testing.T) {
	unhex := func(text string) []byte {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	twice, salt, info := bytes.Repeat([]byte{0x0b}, 22), unhex("000102030405060708090a0b0c"), unhex("f0f1f2f3f4f5f6f7f8f9")
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"RFC 4231, 4.2": {plainHMAC(bytes.Repeat([]byte{0x0b}, 20), []byte("Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		"RFC 4231, 4.3": {plainHMAC([]byte("Jefe"), []byte("what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		"RFC 4231, 4.7": {plainHMAC(bytes.Repeat([]byte{0xaa}, 131), []byte("Test Using Larger Than Block-Size Key - Hash Key First")), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		"RFC 5869, A.1": {plainHKDF(twice, salt, info, 42), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
		"RFC 5869, A.3": {plainHKDF(twice, nil, nil, 42), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
	} {
		if hex.EncodeToString(c.got) != c.want {
			t.Errorf("%s: %x", name, c.got)
		}
	}
	known := registry(t, "e.json", `{"$id": "https://x.test/e", "version": "1", "type": "object", "properties": {"address": {"categories": ["a"]}, "hour": {"categories": ["h"]}, "day": {"categories": ["d"]}}}`)
	f := compile(t, filters.Policy{Metadata: []string{}, Actions: map[string]filters.Action{"a": {Action: "truncate"}, "h": {Action: "truncate", To: "hour"}, "d": {Action: "truncate", To: "day"}}}, known)
	l := newLines(t, known, schema.Rules{})
	for _, c := range []struct{ name, member, text, want string }{
		{"RFC 4291, 2.2", "address", "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345::"},
		{"RFC 4291, 2.2", "address", "2001:DB8:0:0:8:800:200C:417A", "2001:db8::"},
		{"RFC 4291, 2.2", "address", "FF01::101", "ff01::"},
		{"RFC 4291, 2.2", "address", "::1", "::"},
		{"RFC 4291, 2.2", "address", "0:0:0:0:0:0:13.1.68.3", "::"},
		{"RFC 4291, 2.2", "address", "::FFFF:129.144.52.38", "129.144.52.0"},
		{"RFC 4007, 11", "address", "fe80::1234%ne0", "fe80::"},
		{"RFC 5737", "address", "203.0.113.255", "203.0.113.0"},
		{"RFC 3056, 2", "address", "2002:cb00:71ff::1", "2002:cb00:7100::"},
		{"RFC 3339, 5.8", "hour", "1985-04-12T23:20:50.52Z", "1985-04-12T23:00:00.000000Z"},
		{"RFC 3339, 5.8", "hour", "1996-12-19T16:39:57-08:00", "1996-12-20T00:00:00.000000Z"},
		{"RFC 3339, 5.8", "day", "1996-12-19T16:39:57-08:00", "1996-12-20T00:00:00.000000Z"},
		{"RFC 3339, 5.8", "hour", "1990-12-31T23:59:60Z", "1991-01-01T00:00:00.000000Z"},
		{"RFC 3339, 5.8", "day", "1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000000Z"},
		{"RFC 3339, 5.8", "hour", "1937-01-01T12:00:27.87+00:20", "1937-01-01T11:00:00.000000Z"},
	} {
		record, _ := record(t, f, l, line(fmt.Sprintf(`{%q: %q}`, c.member, c.text)))
		if !strings.HasSuffix(record, fmt.Sprintf(`,%q:%q}`, c.member, c.want)) {
			t.Errorf("%s: %s of %s: %s", c.name, c.member, c.text, record)
		}
		plain, ok := plainAddress(c.text)
		if to, of := map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour}[c.member]; of {
			plain, ok = plainTime(c.text, to)
		}
		if !ok || plain != c.want {
			t.Errorf("%s: the reference says %q of %s", c.name, plain, c.text)
		}
	}
}
