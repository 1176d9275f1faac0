package filters

import (
	"encoding/hex"
	"errors"

	"jupyter-events-agent/internal/jsonscan"
)

// Tokens finds the tokens of a scope, which is named by words: the output, and
// the sorted categories of the values that it is denied. It is called when a
// policy is compiled; what it returns when values come, by many goroutines: the
// random code that stands for a value there, ever the same. false: there is none.
// Whoever sends records sees to it first that their tokens are kept. A value comes
// as pseudonyms are made of it: a letter for its type before it.
type Tokens func(scope ...string) func(value []byte) (token [16]byte, ok bool)

// tokenOf gives the tokens of one place.
type tokenOf func(value []byte) (token [16]byte, ok bool)

// readTokens finds what is wrong with where tokens come from.
func (u *rules) readTokens(t Tokens) error {
	for _, a := range u.actions {
		if a == tokenized && t == nil {
			return errors.New("policy.actions: tokenize needs a key that its table is sealed with: make one with jupyter-events-agent key new FILE, and name it in tokens.key_file")
		}
	}
	return nil
}

// tokenize finds the scopes of the plan's places.
func (f *Filter) tokenize(p *plan, u *rules, t Tokens) {
	for id, a := range p.actions {
		if a != tokenized || t == nil {
			continue
		}
		if f.tokens == nil {
			f.tokens = make([][]tokenOf, len(f.plans))
		}
		of := f.tokens[p.schema.Index()]
		if of == nil {
			of = make([]tokenOf, len(p.actions))
			f.tokens[p.schema.Index()] = of
		}
		of[id] = f.scope(u, t, p.schema.Places()[id].Categories)
	}
}

// scope is that of values of these categories.
func (f *Filter) scope(u *rules, t Tokens, categories []string) tokenOf {
	return tokenOf(t(append([]string{f.output}, u.missing(categories)...)...))
}

// token appends the token of a value, of 32 hexadecimal digits; false where
// there is none.
func (s *splicer) token(out []byte, token *jsonscan.Token) ([]byte, bool) {
	if token.Kind == jsonscan.Null {
		return append(out, "null"...), true
	}
	s.arena.text = appendTagged(s.arena.text[:0], token, s.raw)
	return s.filter.tokens[s.plan.schema.Index()][token.Place].append(out, s.arena.text)
}

// append appends the token of a tagged value.
func (of tokenOf) append(out, tagged []byte) ([]byte, bool) {
	code, ok := of(tagged)
	if !ok {
		return out, false
	}
	return append(hex.AppendEncode(append(out, '"'), code[:]), '"'), true
}

// Tokenizes says whether records may hold tokens, so that what gives them must
// have kept them before they go.
func (f *Filter) Tokenizes() bool { return f.tokens != nil }
