package filters

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"jupyter-events-agent/internal/jsonscan"
	"jupyter-events-agent/internal/near"
	"jupyter-events-agent/schema"
)

// Pseudonyms are what pseudonyms are made with (policy.md §3, Actions).
type Pseudonyms struct {
	Epoch string         // "" or "month" | "quarter" | "year" | "none"
	Keys  []PseudonymKey // by Since; none: every value is dropped
}

// PseudonymKey is a secret, for the epochs that begin at Since or later, until
// the next one's; with "none" for events from then on.
type PseudonymKey struct {
	Since  int64 // in microseconds since 1970
	Secret [32]byte
}

var epochWords = []string{"month", "quarter", "year", "none"}

// epoch is a period of time and the key that counts for it.
type epoch struct {
	number int32 // counts the periods from the year 0 on; 0 for no periods
	key    int32 // in Pseudonyms.Keys
}

// epoch is that of an event's time; false where there is no key for it. An
// event without a time is of no period.
func (p *Pseudonyms) epoch(micros int64, timed bool) (e epoch, ok bool) {
	from := micros
	if months := p.months(); months > 0 {
		if !timed {
			return e, false
		}
		t := time.UnixMicro(micros).UTC()
		first := int(t.Month()) - (int(t.Month())-1)%months
		e.number = int32((t.Year()*12 + first - 1) / months)
		from = time.Date(t.Year(), time.Month(first), 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	}
	for i := len(p.Keys) - 1; i >= 0; i-- {
		if p.Keys[i].Since <= from {
			e.key = int32(i)
			return e, true
		}
	}
	return e, false
}

// months is how long an epoch is; 0: there is but one.
func (p *Pseudonyms) months() int {
	return map[string]int{"": 1, "month": 1, "quarter": 3, "year": 12}[p.Epoch]
}

// name is the epoch's in the derivation of its keys.
func (p *Pseudonyms) name(e epoch) string {
	switch n := int(e.number); p.months() {
	case 1:
		return fmt.Sprintf("%04d-%02d", n/12, n%12+1)
	case 3:
		return fmt.Sprintf("%04d-Q%d", n/4, n%4+1)
	case 12:
		return fmt.Sprintf("%04d", n)
	}
	return "none"
}

// pseudonymKey is the key that the pseudonyms of an output are made with, in an
// epoch, for values whose categories that the output is denied are these: HKDF
// with SHA-256 of the secret, without salt, the info being the words below,
// each after its length in four bytes.
func pseudonymKey(secret [32]byte, output, epoch string, denied []string) []byte {
	info := "jupyter-events-agent pseudonym"
	for _, word := range append([]string{output, epoch}, denied...) {
		info += string(binary.BigEndian.AppendUint32(nil, uint32(len(word)))) + word
	}
	key, err := hkdf.Key(sha256.New, secret[:], nil, info, 32)
	if err != nil {
		panic("hkdf of 32 bytes: " + err.Error()) // no length or hash reaches it that it refuses
	}
	return key
}

// coded is where values stand that are coded with one key.
type coded struct {
	filter *Filter
	plan   *plan
	path   *pathPlan // instead of plan: place is a field of it
	place  schema.PlaceID
	epoch  epoch
}

// mostCodes bounds what an Arena remembers: the times of events are what the
// producer says.
const mostCodes = 1024

// code is the keyed hash for the values of a place.
func (a *Arena) code(c coded) hash.Hash {
	mac := a.codes[c]
	if mac == nil {
		p, u := c.filter.pseudonyms, c.filter.rules
		categories := []string(nil)
		if c.path != nil {
			categories = c.path.fields[c.place].categories
		} else {
			categories = c.plan.schema.Places()[c.place].Categories
		}
		denied := u.missing(categories)
		mac = hmac.New(sha256.New, pseudonymKey(p.Keys[c.epoch.key].Secret, c.filter.output, p.name(c.epoch), denied))
		if a.codes == nil || len(a.codes) >= mostCodes {
			a.codes = map[coded]hash.Hash{}
		}
		a.codes[c] = mac
	}
	return mac
}

// pseudonym appends the pseudonym of a value, of 64 hexadecimal digits; false
// where there is no key. The event's epoch is found out once, of its time as the
// output may know it: which key counts would else tell more of it.
func (s *splicer) pseudonym(out []byte, token *jsonscan.Token) ([]byte, bool) {
	if token.Kind == jsonscan.Null {
		return append(out, "null"...), true
	}
	s.arena.text = appendTagged(s.arena.text[:0], token, s.raw)
	return s.hashed(out, coded{filter: s.filter, plan: s.plan, place: token.Place})
}

// hashed appends the pseudonym of the tagged value in the arena's text.
func (s *splicer) hashed(out []byte, c coded) ([]byte, bool) {
	if !s.dated {
		s.epoch, s.keyed = s.filter.pseudonyms.epoch(s.filter.time.micros(s.event.Micros()), len(s.event.Stamp()) > 0)
		s.dated = true
	}
	if !s.keyed {
		return out, false
	}
	a := s.arena
	c.epoch = s.epoch
	mac := a.code(c)
	mac.Reset()
	mac.Write(a.text)
	a.text = mac.Sum(a.text[:0])
	return append(hex.AppendEncode(append(out, '"'), a.text), '"'), true
}

// appendTagged appends what is hashed of a scalar: a letter for its type, and
// the value: a text decoded, a number in its canonical form.
func appendTagged(b []byte, token *jsonscan.Token, raw []byte) []byte {
	switch token.Kind {
	case jsonscan.String:
		return jsonscan.AppendText(append(b, 's'), token.Value(raw))
	case jsonscan.Number:
		return appendCanonical(append(b, 'n'), token.Value(raw))
	}
	return append(append(b, 'b'), token.Value(raw)...)
}

// appendCanonical appends a number so that equal ones are alike: its digits
// without zeros before or behind, and the power of ten: 1.50 is 15e-1, 1200 is
// 12e2, 0.0 and -0 are 0.
func appendCanonical(b, number []byte) []byte {
	start, exponent, fraction, zeros := len(b), 0, false, 0
	if number[0] == '-' {
		b, number = append(b, '-'), number[1:]
	}
	first := len(b)
digits:
	for i, c := range number {
		switch {
		case c == '.':
			fraction = true
			continue
		case c|0x20 == 'e':
			exponent += decimal(number[i+1:])
			break digits
		}
		if fraction {
			exponent--
		}
		if c == '0' {
			zeros++
			continue
		}
		for ; zeros > 0 && len(b) > first; zeros-- {
			b = append(b, '0')
		}
		b, zeros = append(b, c), 0
	}
	if len(b) == first {
		return append(b[:start], '0')
	}
	return fmt.Appendf(b, "e%d", exponent+zeros)
}

// decimal reads an exponent, which the scan has bounded.
func decimal(text []byte) (n int) {
	for _, c := range text {
		if c-'0' < 10 {
			n = n*10 + int(c-'0')
		}
	}
	if text[0] == '-' {
		return -n
	}
	return n
}

// pseudonymous says whether an action of the policy is pseudonymize.
func (u *rules) pseudonymous() bool {
	for _, a := range u.actions {
		if a == pseudonymized {
			return true
		}
	}
	return false
}

// readPseudonyms finds what is wrong with what pseudonyms are made with.
func (u *rules) readPseudonyms(p *Pseudonyms) error {
	switch {
	case u.pseudonymous() && p == nil:
		return errors.New("policy.actions: pseudonymize needs a key: make one with jupyter-events-agent key new FILE, and name it in pseudonyms.key_file")
	case p != nil && p.Epoch != "" && !slices.Contains(epochWords, p.Epoch):
		return fmt.Errorf("pseudonyms.epoch: %q is not known%s (there are %s)", p.Epoch, near.Hint(p.Epoch, epochWords), strings.Join(epochWords, ", "))
	}
	return nil
}

// guessable finds places whose pseudonyms or tokens hide nothing, as their few values can
// be told by how often each comes, and warns of those with perhaps few.
func (p *plan) guessable() (warnings []string, err error) {
	var errs []error
	seen := map[schema.PlaceID]bool{}
	p.walk(func(place *schema.Place, v verdict) {
		if v != changed || p.actions[place.ID] > pseudonymized || seen[place.ID] {
			return
		}
		seen[place.ID] = true
		word := p.actions[place.ID].String()
		switch where := fmt.Sprintf("%s of schema %s version %s", place.Identity, p.schema.ID(), p.schema.Version()); {
		case place.Closed:
			errs = append(errs, fmt.Errorf("policy.actions: %s would hide nothing of %s, which has few values: they can be told by how often each comes (mask it, or take the schema out of policy.schemas)", word, where))
		case place.Bounded:
			warnings = append(warnings, fmt.Sprintf("policy.actions: %s may hide little of %s, a whole number between bounds: its values can be told by how often each comes (mask it where they are few)", word, where))
		}
	})
	return warnings, errors.Join(errs...)
}
