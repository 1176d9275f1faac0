package validate

import "jupyter-events-agent/internal/jsonscan"

// Check is what is left to judge of one value of an event that has the same
// members, of the same kinds, as one that was valid.
type Check struct {
	texts *texts // where these are all that is said of a string
	group *group
	whole bool // numbers have to be whole, and nothing else
}

// Checks calls add for each value of the tape, which Validate has found valid, about
// which more is said than of which kind it is. Arrays may be longer or shorter in events
// built alike, so each of their elements is one.
func (v *Validator) Checks(tape []jsonscan.Token, add func(token uint32, c Check)) {
	if v.root == nil || v.recursive {
		add(0, Check{})
		return
	}
	c := collect{tape, add}
	c.value(v.root, 0)
}

// Passes judges the value that c was made for. false: Validate has to say
// whether the event is valid.
func (v *Validator) Passes(c Check, line []byte, tape []jsonscan.Token, token uint32) bool {
	t := &tape[token]
	if c.texts != nil && t.Flags&jsonscan.Escaped == 0 {
		return among(c.texts.list, line[t.Start+1:t.End-1])
	}
	if c.whole && t.Flags&jsonscan.Integer != 0 {
		return true
	}
	if v.root == nil || v.recursive {
		_, ok := v.Validate(line, tape)
		return ok
	}
	j := v.judgement(line, tape)
	ok := j.value(c.group, token)
	v.done(j)
	return ok
}

// collect finds the Checks of one event.
type collect struct {
	tape []jsonscan.Token
	add  func(uint32, Check)
}

// value collects from the token at, which g found valid.
func (c *collect) value(g *group, at uint32) {
	t, n := &c.tape[at], g.root
	if g.leaf || t.Kind < jsonscan.Number {
		return // null, false and true are their kind
	}
	plain := n.single && n.constant == nil && n.enum == nil
	if !plain {
		c.add(at, Check{group: g})
		return
	}
	switch t.Kind {
	case jsonscan.Object:
		switch {
		case g.framed:
			c.add(at, Check{group: g})
		case g.about:
			for i := at + 1; i < t.Next; i = c.tape[i].Next {
				if c.tape[i].Flags&jsonscan.Off == 0 {
					c.member(&g.rules[g.slotOf(c.tape[i].Name)], i)
				}
			}
		}
	case jsonscan.Array:
		switch a := n.array; {
		case a == nil:
		case a.min > 0 || a.max != -1:
			c.add(at, Check{group: g})
		case a.items != nil:
			for i := at + 1; i < t.Next; i = c.tape[i].Next {
				c.value(a.items, i)
			}
		}
	case jsonscan.String:
		if n.text != nil || n.format != nil {
			c.add(at, Check{group: g})
		}
	case jsonscan.Number:
		if n.number != nil || n.integer {
			c.add(at, Check{group: g, whole: n.number == nil})
		}
	}
}

func (c *collect) member(r *rule, at uint32) {
	kind := c.tape[at].Kind
	switch {
	case r.taken>>(kind&15)&1 != 0:
	case r.texts != nil && kind == jsonscan.String:
		c.add(at, Check{texts: r.texts, group: r.group})
	default:
		c.value(r.group, at)
	}
}
