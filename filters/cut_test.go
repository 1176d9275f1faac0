package filters

import (
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// TestAddressesAsNetip: the parsers, which make no string, take what
// netip.ParseAddr takes, on texts that are nearly addresses.
func TestAddressesAsNetip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	valid, tried := 0, 400_000
	if testing.Short() {
		tried /= 10
	}
	for range tried {
		var text []byte
		for _, part := range r.Perm(12)[:r.IntN(12)] {
			pieces := []string{":", ":", "::", "0", "ffff", "1a2b", "192.0.2.7", "255", ".", "AF", "12345", ":2"}
			text = append(text, pieces[part]...)
			if r.IntN(2) == 0 {
				text = append(text, ':')
			}
		}
		if r.IntN(3) == 0 && len(text) > 0 {
			text = text[:len(text)-1]
		}
		if r.IntN(2) == 0 {
			text = netip.AddrFrom16([16]byte{r2(r), 1, 14: r2(r), 15: byte(r.IntN(256))}).AppendTo(nil)
			if r.IntN(3) == 0 {
				text[r.IntN(len(text))] = ":.0g"[r.IntN(4)]
			}
		}
		want, err := netip.ParseAddr(string(text))
		six, is6 := parseIPv6(text)
		four, is4 := parseIPv4(text)
		if is6 != (err == nil && want.Is6()) || is6 && netip.AddrFrom16(six) != want || is4 != (err == nil && want.Is4()) || is4 && netip.AddrFrom4(four) != want {
			t.Fatalf("%s: %v %v, want %v %v", text, six, is6, want, err)
		}
		if err == nil {
			valid++
		}
	}
	if valid < tried/8 {
		t.Fatalf("only %d were addresses", valid)
	}
	for text, want := range map[string]bool{"0.0.0.0": true, "255.255.255.255": true, "256.0.0.1": false, "1.2.3": false, "1.2.3.4.5": false, "01.2.3.4": false, "1.2.3.4 ": false, "": false} {
		if _, ok := parseIPv4([]byte(text)); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
	for text, want := range map[string]bool{
		"1:2:3:4:5:6:7:8": true, "1:2:3:4:5:6:7:8:9": false, "1:2:3:4:5:6:7": false, "1:2:3:4:5:6:1.2.3.4": true, "1:2:3:4:5:6:7:1.2.3.4": false,
		"::": true, "::1:2:3:4:5:6:7": true, "::1:2:3:4:5:6:7:8": false, "1:2:3:4:5:6:7::": true, "1:2:3:4:5:6:7:8::": false, "1::2::3": false, "::1.2.3.4:5": false,
	} {
		if _, ok := parseIPv6([]byte(text)); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}

// r2 is often zero, so that addresses have gaps.
func r2(r *rand.Rand) byte { return byte(r.IntN(2) * r.IntN(256)) }

// TestEscapeFragment: what is escaped is all but what RFC 3986 lets stand in
// every part of a URI.
func TestEscapeFragment(t *testing.T) {
	for c := range 256 {
		name := string([]byte{byte(c)})
		got := escapeFragment(name)
		stands := strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:*", rune(c)) && c < 128
		if back, err := url.PathUnescape(got); err != nil || back != name || (got == name) != stands {
			t.Errorf("%q: %s", name, got)
		}
	}
}
