package outputtest

import (
	"slices"
)

// received is what has arrived, by partition.
func (r *rig) received() [][]string {
	r.t.Helper()
	if p, ok := r.to.(Partitioned); ok {
		return p.Partitions(r.t)
	}
	return [][]string{r.to.Received(r.t)}
}

// bodies are what a batch must be on arrival.
func (r *rig) bodies(b *Batch) []string {
	translating, ok := r.to.(Translating)
	if !ok {
		return b.Bodies
	}
	forms := make([]string, len(b.Records))
	for i := range b.Records {
		forms[i] = translating.Arrives(&b.Records[i])
	}
	return forms
}

// arrived compares what the destination has: everything once, and what was
// written first comes first.
func (r *rig) arrived() { r.t.Helper(); r.compare(r.received()) }

// arrivedAnyhow is for destinations that may have taken more than they said:
// everything is there, in order where the first of each counts.
func (r *rig) arrivedAnyhow() {
	r.t.Helper()
	seen := map[string]bool{}
	all := r.received()
	for i := range all {
		once := all[i][:0:0]
		for _, body := range all[i] {
			if !seen[body] {
				once = append(once, body)
			}
			seen[body] = true
		}
		all[i] = once
	}
	r.compare(all)
}

// compare holds what has arrived by partition against what was written.
func (r *rig) compare(partitions [][]string) {
	r.t.Helper()
	number := make(map[string]int, len(r.want))
	for i, body := range r.want {
		number[body] = i
	}
	times := map[string]int{}
	got := slices.Concat(partitions...)
	for _, bodies := range partitions {
		before := -1
		for _, body := range bodies {
			times[body]++
			n, ok := number[body]
			switch {
			case !ok:
				r.t.Fatalf("this has arrived and was never written, or was not to arrive: %s\nlike %s", clipped(body), clipped(slices.Concat(r.want, []string{""})[0]))
			case times[body] > 1:
				r.t.Fatalf("record %d has arrived twice", n)
			case n < before:
				r.t.Fatalf("record %d has arrived after record %d: the order is not kept\ngot  %q\nwant %q", n, before, shortened(got), shortened(r.want))
			}
			before = n
		}
	}
	for n, body := range r.want {
		if times[body] == 0 {
			r.t.Fatalf("record %d of %d has not arrived\ngot  %q\nwant %q", n, len(r.want), shortened(got), shortened(r.want))
		}
	}
}

// counts says how often each has arrived.
func (r *rig) counts() map[string]int {
	r.t.Helper()
	times := map[string]int{}
	for _, bodies := range r.received() {
		for _, body := range bodies {
			times[body]++
		}
	}
	return times
}

func clipped(body string) string { return body[:min(len(body), 400)] }

func shortened(bodies []string) []string {
	var short []string
	for _, body := range bodies[:min(len(bodies), 12)] {
		short = append(short, clipped(body))
	}
	return short
}
