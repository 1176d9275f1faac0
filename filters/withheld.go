package filters

// Withholding is why a valid event does not go out at an output at all.
type Withholding uint8

// The reasons, in the order in which they are looked at.
const (
	NotTaken    Withholding = iota // the policy's schemas leave it out
	Untrusted                      // trusted_only, and the input is not
	Dropped                        // drop_events_with
	Unconsented                    // somebody whom it is about has not said yes, or it is about nobody

	withholdings
)

// String is the reason as a label of metrics.
func (w Withholding) String() string {
	return [...]string{"schema", "untrusted", "drop_events_with", "consent"}[w]
}

// Withheld counts events by why they were withheld.
type Withheld [withholdings]int64

// Add adds what another has counted.
func (w *Withheld) Add(o *Withheld) {
	for i := range w {
		w[i] += o[i]
	}
}

// Sum is how many there are in all.
func (w *Withheld) Sum() (n int64) {
	for _, v := range w {
		n += v
	}
	return n
}

// Withheld is the events that were not taken since the last Reset.
func (a *Arena) Withheld() *Withheld { return &a.withheld }

// withhold counts one; false, for what Make returns.
func (a *Arena) withhold(why Withholding) bool {
	a.withheld[why]++
	return false
}
