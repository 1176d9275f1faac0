package loki

import (
	"bytes"
	"context"
	"slices"

	"jupyter-events-agent/outputs"
)

// What it takes to reject a record for a fault that nobody here knows.
const (
	witnesses = 16 // are asked at most, until one of them is taken
	turns     = 5  // of the witness taken and the record refused
)

// convict rejects a record that Loki refused by itself in words that the agent
// does not know, as a later version may, where it is sure that the record alone
// is at fault: another one of its stream, by itself too, is taken after it, and
// then it is refused again, in turns. What is wrong with more than a record,
// such as a setting of Loki, refuses the other one as well; and where one of
// several Lokis is wrong, chance does not give such turns.
//
// Its error is why the record is to be sent again: doubt, where that is not so.
//
// A witness that was taken before in this Write is the same entry to Loki. None
// of an earlier Write is kept for this: its person may have said no since.
func (o *output) convict(ctx context.Context, e *entry, doubt error) error {
	for _, witness := range o.witnesses(e) {
		was := o.states[witness.index]
		if was == rejected {
			continue // for the fault of a witness before it
		}
		a := o.push(ctx, []entry{witness})
		switch {
		case a.class == "" && a.err == nil:
			return o.inTurns(ctx, *e, witness, doubt)
		case a.class == "":
			return a.err
		case a.class != classOther && was == open:
			if o.blame(&witness, a.class); o.states[e.index] != open {
				return nil // it has the same fault
			}
		}
	}
	return outputs.Unclear(doubt) // others of its stream may come
}

// witnesses are other entries of the stream that are not rejected: first those
// that were taken, then the oldest, as what begins to be at fault may go on so.
func (o *output) witnesses(e *entry) (all []entry) {
	for _, want := range []state{taken, open} {
		for _, other := range o.entries {
			if len(all) < witnesses && other.stream == e.stream && other.index != e.index && o.states[other.index] == want {
				all = append(all, other)
			}
		}
	}
	return all
}

// inTurns sends a record and, while it is refused, its witness.
func (o *output) inTurns(ctx context.Context, e, witness entry, doubt error) error {
	for turn := 1; ; turn++ {
		if a := o.push(ctx, []entry{e}); a.class != classOther {
			return o.judge(ctx, []entry{e}, a)
		}
		if turn == turns {
			o.reject(e.index, classOther)
			return nil
		}
		if a := o.push(ctx, []entry{witness}); a.class != "" {
			return doubt
		} else if a.err != nil {
			return a.err
		}
	}
}

// named reports whether a text names the labels of one of the entries, which
// only who has read the push knows: a proxy or a TLS server does not.
func (s *streams) named(text []byte, entries []entry) bool {
	seen := map[*stream]bool{}
	return slices.ContainsFunc(entries, func(e entry) bool {
		if seen[e.stream] {
			return false
		}
		seen[e.stream] = true
		return !slices.ContainsFunc(s.pairs(e.record), func(pair string) bool { return !bytes.Contains(text, []byte(pair)) })
	})
}
