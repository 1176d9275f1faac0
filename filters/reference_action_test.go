package filters_test

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"jupyter-events-agent/filters"
)

// restriction is the order of actions, the most restrictive first.
var restriction = []string{"drop", "null", "mask", "tokenize", "pseudonymize", "truncate"}

// changing are the actions of which something of the value goes out.
var changing = restriction[3:]

// object is what goes out of an object: what is open as it stands, what an
// action makes of the denied, and what stands for them, sorted by name.
func (r *reference) object(v *value, a *at, judge func(name string) (at, bool)) *value {
	out := &value{kind: '{'}
	made := map[string]bool{}
	for _, m := range v.members {
		place, open := judge(m.name)
		if open {
			out.members = append(out.members, member{m.key, m.name, r.inside(m.value, &place)})
		} else if text, ok := r.made(&place, m.value); ok {
			made[m.name] = true
			if text == "" {
				continue // dropped, for want of a key
			}
			out.members = append(out.members, member{m.key, m.name, &value{text: text}})
		}
	}
	have := map[string]bool{}
	for _, m := range v.members {
		have[m.name] = true
	}
	names := map[string]bool{}
	for _, s := range a.sure {
		properties, _ := s["properties"].(map[string]any)
		for name := range properties {
			names[name] = true
		}
	}
	var instead []member
	for name := range names {
		place, open := judge(name)
		if open || made[name] || strings.HasPrefix(name, "__") {
			continue
		}
		text := map[string]string{"mask": `"***"`, "null": "null"}[r.action(&place).Action]
		if kind := r.action(&place).Action; r.policy.Denied == "null" && (kind == "" || slices.Contains(changing, kind) && have[name]) {
			text = "null"
		}
		if text != "" {
			instead = append(instead, member{string(quoted(name)), name, &value{text: text}})
		}
	}
	slices.SortFunc(instead, func(a, b member) int { return strings.Compare(a.name, b.name) })
	out.members = append(out.members, instead...)
	return out
}

// action is what the policy has done with a denied member; none for one that
// the schema does not declare by name.
func (r *reference) action(a *at) (most filters.Action) {
	if a.opened || !a.categorised || !a.named {
		return filters.Action{}
	}
	var all []filters.Action
	for _, c := range a.categories {
		if !r.allowed(c) {
			action, ok := r.policy.Actions[c]
			if !ok {
				return filters.Action{}
			}
			all = append(all, action)
		}
	}
	if len(all) == 0 {
		return filters.Action{}
	}
	most = slices.MinFunc(all, func(a, b filters.Action) int {
		return slices.Index(restriction, a.Action) - slices.Index(restriction, b.Action)
	})
	switch {
	case most.Action == "truncate" && slices.ContainsFunc(all, func(a filters.Action) bool { return a != most }), most.Action == "drop":
		return filters.Action{Action: "drop"}
	case most.Action == "truncate" && !a.may("string"), !a.may("string", "integer"):
		return filters.Action{}
	}
	return most
}

// changes says whether what goes out of a denied member hangs on its value.
func (r *reference) changes(a *at) bool {
	return slices.Contains(changing, r.action(a).Action)
}

// may says whether the schemas that surely apply permit one of the types.
func (a *at) may(types ...string) bool {
	for i, s := range a.sure {
		kind, typed := s["type"].(string)
		if typed && !a.mute[i] && !refers(s) && !slices.Contains(types, kind) {
			return false
		}
	}
	return true
}

// made is what an action makes of a value at a denied place, as JSON.
func (r *reference) made(a *at, v *value) (string, bool) {
	action := r.action(a)
	switch {
	case v.text == "null" && (action.Action == "pseudonymize" || action.Action == "tokenize"):
		return "null", true
	case action.Action == "pseudonymize" && v.kind == 0:
		return r.pseudonym(a, v.text), true
	case action.Action == "tokenize" && v.kind == 0:
		return r.token(a, v.text), true
	}
	if action.Action != "truncate" || !strings.HasPrefix(v.text, `"`) {
		return "", false
	}
	text := decoded(v.text)
	switch action.To {
	case "", "address":
		a, err := netip.ParseAddr(text)
		bits := 48
		if a = a.Unmap().WithZone(""); a.Is4() {
			bits = 24
		}
		if err != nil {
			return "", false
		}
		p, err := a.Prefix(bits)
		return fmt.Sprintf("%q", p.Addr()), err == nil
	case "hour", "day":
		t, err := time.Parse(time.RFC3339Nano, text)
		to := time.Hour
		if action.To == "day" {
			to *= 24
		}
		return fmt.Sprintf("%q", t.UTC().Truncate(to).Format("2006-01-02T15:04:05.000000Z")), err == nil
	}
	parts := slices.DeleteFunc(strings.Split(text, "/"), func(s string) bool { return s == "" })
	ext := "other"
	if n := len(parts); n > 0 {
		if own := strings.ToLower(path.Ext(parts[n-1])); own != strings.ToLower(parts[n-1]) && strings.Contains(listed, own+" ") && len(own) > 1 {
			ext = own[1:]
		}
	}
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	return fmt.Sprintf(`{"depth":%d,"ext":%q}`, min(len(parts), 8), ext), !strings.ContainsFunc(text, control)
}

// listed are the extensions that a path may keep.
const listed = ".ipynb .py .r .rmd .qmd .jl .md .rst .txt .tex .html .css .js .ts .json .yaml .yml .toml .xml .csv .tsv .xlsx .parquet .h5 .nc .pdf .png .jpg .jpeg .svg .gif .sh .sql .c .cpp .h .java .log .zip .gz .tar "

// pseudonym is that of a scalar in an event of November 2026, quoted; "" for
// want of a key.
func (r *reference) pseudonym(a *at, text string) string {
	if len(r.policy.Pseudonyms.Keys) == 0 {
		return ""
	}
	epoch := map[string]string{"": "2026-11", "month": "2026-11", "quarter": "2026-Q4", "year": "2026", "none": "none"}[r.policy.Pseudonyms.Epoch]
	info := []byte("jupyter-events-agent pseudonym")
	for _, word := range append([]string{r.policy.Output, epoch}, r.deniedOf(a)...) {
		info = append(append(info, 0, 0, 0, byte(len(word))), word...)
	}
	secret := r.policy.Pseudonyms.Keys[0].Secret
	key, err := hkdf.Key(sha256.New, secret[:], nil, string(info), 32)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(tagged(text))
	return fmt.Sprintf(`"%x"`, mac.Sum(nil))
}

// deniedOf are the categories that the output is denied, sorted.
func (r *reference) deniedOf(a *at) (denied []string) {
	for _, c := range a.categories {
		if !r.allowed(c) {
			denied = append(denied, c)
		}
	}
	slices.Sort(denied)
	return slices.Compact(denied)
}

// tagged is a scalar with the letter of its type; a number by its digits and
// the power of ten.
func tagged(text string) []byte {
	switch text[0] {
	case '"':
		return []byte("s" + decoded(text))
	case 't', 'f':
		return []byte("b" + text)
	}
	number, sign := strings.TrimPrefix(text, "-"), ""
	if number != text {
		sign = "-"
	}
	digits, power, _ := strings.Cut(strings.ToLower(number), "e")
	exponent, _ := strconv.Atoi(power)
	whole, fraction, _ := strings.Cut(digits, ".")
	digits, exponent = strings.TrimLeft(whole+fraction, "0"), exponent-len(fraction)
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return []byte("n0")
	}
	return fmt.Appendf(nil, "n%s%se%d", sign, short, exponent+len(digits)-len(short))
}

// token is that of a scalar, quoted.
func (r *reference) token(a *at, text string) string {
	token, _ := r.policy.Tokens(append([]string{r.policy.Output}, r.deniedOf(a)...)...)(tagged(text))
	return fmt.Sprintf(`"%x"`, token)
}
