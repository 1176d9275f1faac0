package validate

import (
	"unicode/utf8"

	"jupyter-events-agent/internal/jsonscan"
)

// judgement is one run over one line, with memory that serves many.
type judgement struct {
	line    []byte
	tape    []jsonscan.Token
	slots   []uint32 // memory of the frames; the ones in use stand before top
	top     int
	scratch []byte            // the string that was decoded last
	name    [1]jsonscan.Token // a member name as a tape of its own

	limited bool // the schema is recursive
	left    int  // of the effort; below 0 all that is left fails at once

	// What failed last. What fails last is what made the whole fail.
	keyword string
	at      uint32 // token
}

func (j *judgement) fail(keyword string, at uint32) bool {
	j.keyword, j.at = keyword, at
	return false
}

// value judges the token at by g.
func (j *judgement) value(g *group, at uint32) bool {
	t := &j.tape[at]
	if g.kinds>>(t.Kind&15)&1 == 0 {
		return j.wrongKind(g.root, at)
	}
	if g.leaf {
		return true
	}
	if t.Kind != jsonscan.Object || !g.about {
		return j.rest(g, g.root, at, nil)
	}
	if !g.framed {
		return j.members(g, at, nil) && j.rest(g, g.root, at, nil)
	}
	base := j.top
	j.top += g.slots
	frame := j.slots[base:j.top:j.top]
	clear(frame)
	ok := j.members(g, at, frame) && j.rest(g, g.root, at, frame)
	j.top = base
	return ok
}

// node judges the token at by n, a node of g beside the root.
func (j *judgement) node(g *group, n *node, at uint32, frame []uint32) bool {
	t := &j.tape[at]
	if n.kinds>>(t.Kind&15)&1 == 0 {
		return j.wrongKind(n, at)
	}
	if n.leaf {
		return true
	}
	if n.object != nil && t.Kind == jsonscan.Object && !j.object(g, n.object, at, frame) {
		return false
	}
	return j.rest(g, n, at, frame)
}

func (j *judgement) wrongKind(n *node, at uint32) bool {
	if n.never {
		return j.fail("false", at)
	}
	return j.fail("type", at)
}

// rest judges what n says beside the kind and an object's members.
func (j *judgement) rest(g *group, n *node, at uint32, frame []uint32) bool {
	t := &j.tape[at]
	if n.integer && t.Kind == jsonscan.Number && t.Flags&jsonscan.Integer == 0 && !isWhole(t.Value(j.line)) {
		return j.fail("type", at)
	}
	if n.constant != nil && !j.equal(n.constant, at) {
		return j.fail("const", at)
	}
	if n.enum != nil && !j.listed(n.enum, at) {
		return j.fail("enum", at)
	}
	switch t.Kind {
	case jsonscan.Array:
		if n.array != nil && !j.array(n.array, at) {
			return false
		}
	case jsonscan.String:
		if n.text != nil && !j.string(n.text, at) {
			return false
		}
		if n.format != nil && !n.format(j.text(t)) {
			return j.fail("format", at)
		}
	case jsonscan.Number:
		if n.number != nil {
			if keyword := n.number.violated(t.Value(j.line), t.Flags&jsonscan.Integer != 0); keyword != "" {
				return j.fail(keyword, at)
			}
		}
	}
	return n.single || j.combined(g, n, at, frame)
}

// combined judges what n says through other nodes on the same value.
func (j *judgement) combined(g *group, n *node, at uint32, frame []uint32) bool {
	if j.limited {
		if j.left--; j.left < 0 {
			return false
		}
	}
	for _, s := range n.all {
		if !j.node(g, s, at, frame) {
			return false
		}
	}
	if n.not != nil && j.node(g, n.not, at, frame) {
		return j.fail("not", at)
	}
	if n.anyOf != nil && !j.anyOf(g, n.anyOf, at, frame) {
		return j.fail("anyOf", at)
	}
	if n.oneOf != nil {
		taken := 0
		for _, s := range n.oneOf {
			if j.node(g, s, at, frame) {
				taken++
			}
		}
		if taken != 1 {
			return j.fail("oneOf", at)
		}
	}
	if n.cond != nil {
		branch := n.elze
		if j.node(g, n.cond, at, frame) {
			branch = n.then
		}
		return branch == nil || j.node(g, branch, at, frame)
	}
	return true
}

func (j *judgement) anyOf(g *group, list []*node, at uint32, frame []uint32) bool {
	for _, s := range list {
		if j.node(g, s, at, frame) {
			return true
		}
	}
	return false
}

func (j *judgement) array(r *arrayRules, at uint32) bool {
	end := j.tape[at].Next
	count := 0
	for i := at + 1; i < end; i = j.tape[i].Next {
		count++
		if r.items != nil && !j.value(r.items, i) {
			return false
		}
	}
	if count < r.min {
		return j.fail("minItems", at)
	}
	if r.max != -1 && count > r.max {
		return j.fail("maxItems", at)
	}
	return true
}

func (j *judgement) string(r *textRules, at uint32) bool {
	t := &j.tape[at]
	if r.min != -1 || r.max != -1 {
		n := j.length(t)
		if r.min != -1 && n < r.min {
			return j.fail("minLength", at)
		}
		if r.max != -1 && n > r.max {
			return j.fail("maxLength", at)
		}
	}
	if r.pattern != nil && !r.pattern.Match(j.text(t)) {
		return j.fail("pattern", at)
	}
	return true
}

// length is the string's length in code points, a surrogate escape without
// its partner counted as one.
func (j *judgement) length(t *jsonscan.Token) int {
	if t.Flags&(jsonscan.Escaped|jsonscan.NonASCII) == 0 {
		return int(t.End-t.Start) - 2
	}
	return utf8.RuneCount(j.text(t))
}

// text is the string's text; where it is escaped, until the next call.
func (j *judgement) text(t *jsonscan.Token) []byte {
	if t.Flags&jsonscan.Escaped == 0 {
		return j.line[t.Start+1 : t.End-1]
	}
	j.scratch = jsonscan.AppendText(j.scratch[:0], t.Value(j.line))
	return j.scratch
}
