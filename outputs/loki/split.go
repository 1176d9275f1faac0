package loki

import "context"

// judge follows from the answer to a push what becomes of its entries. Its
// error is why those still open are to be sent again.
func (o *output) judge(ctx context.Context, entries []entry, a answer) error {
	switch {
	case a.class == "":
		return a.err
	case len(entries) == 1 && a.class == classOther:
		return o.convict(ctx, &entries[0], a.err)
	case len(entries) == 1:
		o.blame(&entries[0], a.class)
		return nil
	}
	return o.split(ctx, entries, a.class)
}

// split sends the entries of a refused push in halves, until those that are at
// fault stand alone. Loki may have stored all others of the push at once; sent
// again they are the same entries to it.
//
// The newer half goes first: the first record found too old says that all
// older ones are, which ends it after as many pushes as there are halvings.
// Where a clock is ahead it is the other way round.
func (o *output) split(ctx context.Context, entries []entry, class string) error {
	middle := len(entries) / 2
	halves := [2][]entry{entries[middle:], entries[:middle]}
	if class == classTooNew {
		halves[0], halves[1] = halves[1], halves[0]
	}
	for _, half := range halves {
		half = o.undecided(half)
		if len(half) == 0 {
			continue
		}
		if err := o.judge(ctx, half, o.push(ctx, half)); err != nil {
			return err
		}
	}
	return nil
}

// blame rejects a record that Loki refused by itself, and those that it would
// refuse for the same reason.
func (o *output) blame(e *entry, class string) {
	culprit := *e
	for i := range o.entries {
		other := &o.entries[i]
		if o.states[other.index] == open && sameFault(class, &culprit, other) {
			o.reject(other.index, named(class, other))
		}
	}
	if o.states[culprit.index] == open {
		o.reject(culprit.index, named(class, &culprit))
	}
}

// sameFault reports whether what is wrong with a record must be wrong with the
// other as well.
func sameFault(class string, e, other *entry) bool {
	switch class {
	case classTooOld:
		return other.stream.tenant == e.stream.tenant && other.micros <= e.micros
	case classTooNew:
		return other.stream.tenant == e.stream.tenant && other.micros >= e.micros
	case classTooFarBehind, classOutOfOrder:
		return other.stream == e.stream && other.micros <= e.micros
	case classLineTooLong:
		return other.stream.tenant == e.stream.tenant && len(other.record.JSON()) >= len(e.record.JSON())
	case classTooManyLabels, classLabelName, classLabelValue, classInvalidLabels, classNoLabels:
		return other.stream == e.stream
	}
	return false
}

// named is the class under which a record is rejected.
func named(class string, e *entry) string {
	if class == classTooOld && e.micros == 0 {
		return classNoTime
	}
	return class
}
